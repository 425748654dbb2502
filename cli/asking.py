"""Asks a person on their terminal what a run wants to know, and stores the answer."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from ..orchestrator.errors import UsageError
from ..orchestrator.nouns.events import QuestionAnswered
from ..orchestrator.nouns.questions import Asked
from ..orchestrator.rules.asking import read_budget_answer
from ..orchestrator.rules.ranking import Ranked, reasons
from ..tui.inbox import standing
from ..tui.snapshot import FINISHED
from .answers import ReasonMissing, confirmation, describe, form, how_to_answer, interpret, named
from .output import prompt, say
from .plan_editing import checks, edited
from .repository import OpenRun
from .terminal import Lines
from .words import plan_lines, question_lines


def answer(run: OpenRun, asked: Asked, text: str, *, author: str) -> None:
    """Store an answer; the first one stands, and whoever comes later is told.

    Raises:
        UsageError: it was answered before, or the repository's policy does not allow that budget.
    """
    if asked.question.kind == "budget":
        run.may_raise(read_budget_answer(text).usd)
    (said,) = run.store.append(QuestionAnswered(key=asked.question.key, answer=text), author=author)
    stands = run.store.question(asked.question.key)
    if stands is not None and (stands.answered_by, stands.answered_at) != (author, said.at):
        raise already_answered(stands)


def must_be_open(run: OpenRun) -> None:
    """Raises UsageError where a run is over, so that no answer can change it any more."""
    if (state := run.store.run().state) in FINISHED:
        raise UsageError(f"Run {run.folder.run} is {state}: nothing in it waits for an answer any more.")


def enter(run: OpenRun, asked: Asked, typed: str, *, author: str) -> str:
    """Store what was typed as the answer to an open question; returns what was taken, in a few words.

    Raises:
        UsageError: the run is over, the words mean no answer, or it was answered before.
    """
    must_be_open(run)
    cap = run.cap_usd  # before the answer, which the driver may hear at once
    text = interpret(asked.question, typed, cap_usd=cap)
    return taken(run, asked, text, author=author, cap_usd=cap)


def taken(run: OpenRun, asked: Asked, text: str, *, author: str, cap_usd: float) -> str:
    """Store an answer as `answer` does; returns what was taken, in a few words."""
    answer(run, asked, text, author=author)
    return f"{asked.id} of run {run.folder.run}: {confirmation(asked.question, text, cap_usd=cap_usd)}"


def already_answered(asked: Asked) -> UsageError:
    """The error that says who answered what."""
    from ..orchestrator.rules.assumptions import may_be_overruled

    who, what = named(asked.answered_by or "someone"), describe(asked.answer or "").rstrip(".")
    again = f" `agentctl answer --anew {asked.id} ...` says otherwise." if may_be_overruled(asked, anew=True) else ""
    return UsageError(f"{asked.id} was already answered by {who}: {what}. The first answer stands.{again}")


def overrule(run: OpenRun, asked: Asked, text: str, *, author: str) -> Asked:
    """Store a person's word against an answer that a lead or a rule gave; returns the question that holds it.

    Raises:
        UsageError: that is what the answer says already, it was overruled before, or this run replays a recording.
    """
    from ..orchestrator.nouns.events import QuestionAsked
    from ..orchestrator.rules.assumptions import overruling, replaced

    questions = run.store.questions()
    if run.store.run().settings.replay is not None:
        raise UsageError(f"{asked.id} is part of a recording, which cannot follow another answer: run the spec anew.")
    if (by := replaced(questions).get(asked.question.key)) is not None:
        place = next(each.id for each in questions if each.question.key == by)
        raise UsageError(f"{asked.id} was overruled before: what holds is {place}.")
    if text.strip().casefold() == (asked.answer or "").strip().casefold():
        raise UsageError(f"{asked.id} is answered so already, by {named(asked.answered_by or '?')}: nothing changes.")
    question = overruling(asked, questions)
    run.store.append(QuestionAsked(question=question), QuestionAnswered(key=question.key, answer=text), author=author)
    stands = run.store.question(question.key)
    if stands is None or stands.answer != text:
        raise UsageError(f"{asked.id} was overruled by somebody else a moment ago: see `agentctl inbox --all`.")
    return stands


@dataclass(slots=True, kw_only=True)
class Asker:
    """One person at one terminal; remembers what they put off."""

    run: OpenRun
    lines: Lines
    author: str
    put_off: set[str] = field(default_factory=set)

    def next(self) -> Asked | None:
        """The most urgent open question that was not put off."""
        if self.lines.closed:
            return None
        if self.put_off and self.lines.waiting():
            self.lines.discard()
            self.put_off.clear()
        free = (each.asked for each in self._ranked() if not each.held)
        return next((asked for asked in free if asked.question.key not in self.put_off), None)

    def ask(self, asked: Asked, *, given_up: Callable[[], bool]) -> None:
        """Show one question and store what is typed; an empty line puts it off, ``e`` opens a plan in an editor.

        Returns without an answer once ``given_up`` says so, or when the question was answered elsewhere.
        """
        self._show(asked)
        self.lines.discard()
        while True:
            typed = self._read(asked, given_up=given_up)
            if typed is None:
                return
            if not typed.strip():
                self._later(asked)
                return
            cap = self.run.cap_usd  # before the answer, which the driver may hear at once
            try:
                text = self._meant(asked, typed, given_up=given_up)
                if text is not None:
                    answer(self.run, asked, text, author=self.author)
            except UsageError as error:
                say(str(error))
                if self._settled(asked):
                    return
                continue
            if text is not None:
                say(f"{asked.id}: {confirmation(asked.question, text, cap_usd=cap)}")
                return

    def _ranked(self) -> tuple[Ranked, ...]:
        return standing(self.run.store, self.run.store.questions(only_open=True), now=time.time())

    def _show(self, asked: Asked) -> None:
        why = next((reasons(each, now=time.time()) for each in self._ranked() if each.asked.id == asked.id), "")
        plan = self.run.store.plan() if asked.question.kind == "plan" else None
        text = [*(plan_lines(plan) if plan else ()), *question_lines(asked, reasons=why)]
        edit = "e opens the plan in your editor, " if plan else ""
        say("\n".join(["", *text, f"  {how_to_answer(asked.question)}; {edit}an empty line puts it off"]))

    def _read(self, asked: Asked, *, given_up: Callable[[], bool]) -> str | None:
        prompt(f"{asked.id}>")
        typed = self.lines.read(given_up=lambda: given_up() or self._settled(asked))
        if typed is None or self.lines.closed:
            say("")  # nobody pressed Enter: the next words begin on a line of their own
        if typed is None and self._settled(asked):
            say(f"{asked.id} was answered elsewhere.")
        return typed

    def _settled(self, asked: Asked) -> bool:
        now = self.run.store.question(asked.question.key)
        return now is None or now.answer is not None

    def _later(self, asked: Asked) -> None:
        self.put_off.add(asked.question.key)
        run = self.run.folder.run
        back = "" if self.lines.closed else "press Enter to come back to it, or "
        way = f"agentctl answer --run {run} {asked.id} {form(asked.question)}"
        say(f"{asked.id} waits: {back}type in any terminal: {way}")

    def _meant(self, asked: Asked, typed: str, *, given_up: Callable[[], bool]) -> str | None:
        question = asked.question
        if question.kind == "plan" and typed.strip().lower() == "e":
            plan = self.run.store.plan()
            if plan is None:
                return None
            root = self.run.folder.path.parents[2]
            return edited(plan, asked.id, folder=self.run.folder.path, check=checks(self.run, root, plan))
        try:
            return interpret(question, typed, cap_usd=self.run.cap_usd)
        except ReasonMissing:
            say("Why not? One line, for the planner:")
            reason = self.lines.read(given_up=given_up)
            return f"refuse: {reason.strip()}" if reason and reason.strip() else None
