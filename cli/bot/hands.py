"""What a command does to a run, by the same functions as on a terminal, in the name of who said it.

Each is done once: before it is said to the run, the book keeps up to which fact the run had got. Whoever comes again
after a kill finds it among the facts that came later, and does nothing.
"""

from collections.abc import Callable
from dataclasses import dataclass

from ...orchestrator.errors import UsageError
from ...orchestrator.faults import reach
from ...orchestrator.git.opening import open_repository
from ...orchestrator.nouns.events import BudgetRaised, Fact, QuestionAnswered
from ...orchestrator.nouns.hand_facts import Amended, CancelAsked, RetryAsked, RevertAsked
from ...orchestrator.nouns.questions import Asked
from ...orchestrator.opened import open_again
from ...orchestrator.rules.said import Said
from ...orchestrator.store.folder import RunFolder
from .. import amending, reverting
from ..asking import already_answered, enter
from ..batch_runs import last_event
from ..by_hand import cancel, must_go_on, sentence, try_again
from ..finding import question_named, task_named
from ..money import raised
from ..opening import must_take_more
from ..repository import OpenRun, opened
from .book import Book

DONE_BEFORE = "it was done; the bot was begun anew just then, and cannot say more"


@dataclass(frozen=True, slots=True, kw_only=True)
class Hand:
    """One hand on one run: whose it is, and the key by which the book knows what it does."""

    book: Book
    folder: RunFolder
    key: str
    by: str
    """The login."""
    now: float

    @property
    def author(self) -> str:
        """As the run's facts have it."""
        return f"person:{self.by}"

    async def put(self, command: Said) -> str:
        """Do what a command says; returns what happens, in words.

        Raises:
            UsageError: it cannot be done, as the terminal would say it.
            AgentctlError: what is to be undone is in the way of other work.
        """
        args, rung = command.args, command.options.get("rung", "")
        match command.word:
            case "answer":
                return self.answer(args[0], args[1])
            case "approve" | "refuse":
                return self.decide(" ".join(args))
            case "retry":
                return self._once(
                    lambda fact: isinstance(fact, RetryAsked) and fact.task == args[0].upper(),
                    lambda run: try_again(_going_on(run), args[0], rung=rung, author=self.author),
                )
            case "cancel":
                task = args[0] if args else None
                return self._once(
                    lambda fact: isinstance(fact, CancelAsked), lambda run: cancel(run, task, author=self.author)
                )
            case "budget":
                return self._once(
                    lambda fact: isinstance(fact, BudgetRaised | QuestionAnswered),
                    lambda run: raised(_going_on(run), args[0], author=self.author),
                )
            case _:
                return await self.undo(args[0])

    def answer(self, name: str, typed: str) -> str:
        """Answer a question by its id."""
        return self._answered(lambda run: question_named(run, name), typed)

    def decide(self, reason: str = "") -> str:
        """Approve the plan that waits, or refuse it, with a reason for the planner. Raises UsageError for none."""
        return self._answered(_plan_question, f"refuse: {reason}" if reason else "approve")

    async def undo(self, name: str) -> str:
        """Have what a task landed taken back."""
        with opened(self.folder, write=True) as run:
            if self._found(lambda fact: isinstance(fact, RevertAsked) and fact.task == name.upper(), run) is not None:
                open_again(run.store)
                return DONE_BEFORE
            must_take_more(run)
            status = task_named(run, name)
            await reverting.check(run, open_repository(self.folder.path.parents[2]), status)
            self._begin()
            reverting.ask(run, status.task.id, "", author=self.author)
            open_again(run.store)
        reach("bot.hand.put")
        return f"{status.task.id} is to be taken back: the gate judges the branch without it"

    def amend(self, text: str, *, force: bool = False) -> str:
        """Add a sentence to the run's spec, also when it is over; returns the requirement that it is.

        Raises:
            UsageError: nothing can be added to the run, or its spec cannot take that in.
            VerificationFailed: lint finds errors in the sentence.
        """
        with opened(self.folder, write=True) as run:
            said = " ".join(text.split())
            there = self._found(lambda fact: isinstance(fact, Amended) and fact.text == said, run)
        if isinstance(there, Amended):
            with opened(self.folder, write=True) as run:
                open_again(run.store)
            return there.requirement
        self._begin()
        return amended(self.folder, text, author=self.author, force=force)

    def _answered(self, find: Callable[[OpenRun], Asked], typed: str) -> str:
        with opened(self.folder, write=True) as run:
            asked = find(run)
            if asked.answer is not None:
                if self._found(_answers(asked), run) is not None and asked.answered_by == self.author:
                    return DONE_BEFORE
                raise already_answered(asked)
            self._begin()
            said = enter(run, asked, typed, author=self.author)
        reach("bot.hand.put")
        return said

    def _once(self, is_it: Callable[[Fact], bool], act: Callable[[OpenRun], str]) -> str:
        with opened(self.folder, write=True) as run:
            if self._found(is_it, run) is not None:
                return DONE_BEFORE
            self._begin()
            said = act(run)
        reach("bot.hand.put")
        return said

    def _begin(self) -> None:
        """Keep up to which fact the run has got; of a second try that is where the first one was."""
        self.book.once(self._mark, last_event(self.folder), at=self.now)
        reach("bot.hand.begun")

    def _found(self, is_it: Callable[[Fact], bool], run: OpenRun) -> Fact | None:
        """The fact that this hand put down, if it did."""
        begun = self.book.deed(self._mark)
        if not isinstance(begun, int):
            return None
        facts = (event for event in run.store.events(after=begun) if event.author == self.author)
        return next((event.fact for event in facts if is_it(event.fact)), None)

    @property
    def _mark(self) -> str:
        return f"{self.key}:begun"


def amended(folder: RunFolder, text: str, *, author: str, force: bool = False) -> str:
    """Add a sentence to a run's spec, which opens it again where it is over; returns the requirement that it is.

    Raises as `Hand.amend` does.
    """
    with opened(folder, write=True) as run:
        must_take_more(run)
        line, _ = amending.checked(run, sentence(text, command=f"amend {run.folder.run}"), force=force)
        requirement = amending.keep(run, line, author=author)
        reach("bot.hand.put")
        open_again(run.store)
    return requirement


def _plan_question(run: OpenRun) -> Asked:
    plans = [asked for asked in run.store.questions() if asked.question.kind == "plan"]
    if not plans:
        raise UsageError(f"Run {run.folder.run} asks nothing about a plan.")
    return next((asked for asked in plans if asked.answer is None), plans[-1])


def _answers(asked: Asked) -> Callable[[Fact], bool]:
    return lambda fact: isinstance(fact, QuestionAnswered) and fact.key == asked.question.key


def _going_on(run: OpenRun) -> OpenRun:
    must_go_on(run)
    return run
