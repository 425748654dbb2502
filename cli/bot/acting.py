"""A delivery becomes a run, or a hand on a run. The only module that decides which; every step may be done again.

Who may command is decided elsewhere; what is true is asked of the forge and of the run's folder. Each command is kept
in the book with what became of it, under the comment that it stands in, and is done once. Whoever is killed on the way
comes back with the same message: the run's id is made from the command, a hand on a run is found among its facts, and a
reply by its marker.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace

from ...orchestrator.errors import AgentctlError, DiskFull, ForgeAway, UsageError
from ...orchestrator.faults import reach
from ...orchestrator.nouns.forge import RepoName
from ...orchestrator.nouns.happenings import Commented, Delivery, Judged, Labelled, Remarked
from ...orchestrator.rules.asked_by_issue import left_out
from ...orchestrator.store.folder import RunFolder
from ...tui.clean import clean
from ...tui.snapshot import FINISHED
from ..output import say
from ..repository import OpenRun, opened
from .beginning import Asked, SpecOfIssue, begun, run_id
from .commanding import Allowed, Decision, Refused
from .drivers import MOST_BREAKS, Drivers, Left
from .explaining import help_lines, told
from .groups import GroupGate
from .hands import Hand, amended
from .happened import happened
from .own_questions import answer_own
from .place import Place, digest, is_ours
from .remarks import Outcome, Reviewed, Sentence, settle
from .replies import block, reply

Allow = Callable[[Place, Delivery], Awaitable[Decision]]
"""Who may do what."""
Rebase = Callable[[Place, RunFolder], Awaitable[str]]
"""Brings a run's pull requests onto what their base is now; what came of it, in words."""

_STARTS = ("run", "plan")
_TELLS = ("status", "explain", "queue")
_QUIET = ("run", "plan", "approve", "refuse", "answer")
"""What is told by the run's own comments once it is done: it needs no reply."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Others:
    """What other parts of the bot do for this one."""

    place: Callable[[RepoName], Awaitable[Place]]
    """The repository of a message, with its policy as it is now."""
    allow: Allow
    spec_of_issue: SpecOfIssue
    sentence_of: Sentence
    rebase: Rebase
    judge_group: GroupGate


@dataclass(slots=True, kw_only=True)
class Acting:
    """What the bot does about messages, and about runs whose drivers are gone."""

    others: Others
    drivers: Drivers
    _one_by_one: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def act(self, delivery: Delivery) -> str:
        """Do what a message asks for; what became of it, in words.

        Raises:
            ForgeAway: the forge is not there: what was done stays done, and the rest is done when it comes again.
            ForgeRefused: the forge does not take an answer.
            DiskFull: nothing more can be kept.
        """
        place = await self.others.place(delivery.repo)
        ruling = await self.others.allow(place, delivery)
        said = _Said.of(delivery)
        if isinstance(ruling, Allowed) and said is not None:
            return await self._obey(place, said, ruling)
        if isinstance(ruling, Refused):
            if ruling.reply and said is not None:
                await self._reply(place, said, [block([ruling.words])])
            return f"refused: {clean(ruling.words, width=200)}"
        return await self._happened(place, delivery) or str(getattr(ruling, "reason", "no command"))

    async def revive(self) -> tuple[Left, ...]:
        """Begin a driver for each run that can go on and has none, and tell of runs that are left.

        Called at the start and at every look: one that waits for a person, was cancelled, or is driven stays as it is.
        """
        async with self._one_by_one:
            repos = dict.fromkeys(thread.repo for thread in self.drivers.book.threads())
            left = [each for repo in repos for each in await self._revived(repo)]
        return tuple(left)

    async def amend(self, run: OpenRun, sentence: str, /, *, author: str) -> str:
        """Add a sentence to a run, as a check that is red does; it is driven at the next look. The requirement's id.

        Raises:
            UsageError: nothing can be added to it.
        """
        return amended(run.folder, sentence, author=author, force=True)

    async def _revived(self, repo: RepoName) -> tuple[Left, ...]:
        """The runs of one repository; what is wrong there is said, and holds up no other."""
        try:
            place = await self.others.place(repo)
            settle(place)
            return await self._drive(place)
        except AgentctlError as error:
            say(f"{repo}: {error}")
            return ()

    async def _drive(self, place: Place) -> tuple[Left, ...]:
        threads = place.book.threads(place.forge.repo)
        found = [(each, place.folder(each.run), place.policy.runs_at_once) for each in threads]
        left = self.drivers.revive([(thread, folder, most) for thread, folder, most in found if folder is not None])
        for each in left:
            await _tell_left(place, each)
            self.drivers.told(each)
        return left

    async def _happened(self, place: Place, delivery: Delivery) -> str:
        """What is done about a message that commands nothing."""
        reviewed = Reviewed(place=place, sentence_of=self.others.sentence_of)
        match delivery.happening:
            case Remarked() as remarked:
                return await self._more(place, await reviewed.remarked(remarked))
            case Judged() as judged:
                return await self._more(place, await reviewed.judged(judged))
            case other:
                return await happened(place, other, delivery.id, judge=self.others.judge_group)

    async def _more(self, place: Place, outcome: Outcome) -> str:
        if outcome.folder is not None:
            await self._go_on(place, outcome.folder.run)
        return outcome.words

    async def _obey(self, place: Place, said: "_Said", ruling: Allowed) -> str:
        """Do commands in their order, each once, and say what has to be said in one reply."""
        if said.comment is not None:
            await place.forge.react(said.comment)
        blocks: list[str] = []
        words: list[str] = []
        for number, command in enumerate(ruling.commands, start=1):
            key = (
                f"{said.key(place)}:{number}:{digest(command.word, *command.args, *map(str, command.options.items()))}"
            )
            done = _Done.of(place.book.deed(key))
            if done is None:
                asked = Asked(
                    number=said.number,
                    command=command,
                    key=key,
                    by=ruling.by,
                    sha=ruling.sha,
                    usd=ruling.usd,
                    read=said.read,
                )
                done = await self._done(place, asked)
                reach("bot.command.done")
                place.book.keep(key, {"words": done.words, "blocks": list(done.blocks)}, at=place.clock())
                reach("bot.command.kept")
            words.append(f"{command.word}: {done.words}")
            blocks += done.blocks
        if blocks:
            await self._reply(place, said, blocks)
        return clean("; ".join(words), width=400)

    async def _done(self, place: Place, asked: Asked) -> "_Done":
        """One command; what is wrong with it is told, and is what became of it."""
        word = asked.command.word
        try:
            if word == "help":
                return _Done(words="told", blocks=(block(help_lines()),))
            if word in _STARTS:
                return await self._start(place, asked)
            return await self._on_run(place, asked)
        except (ForgeAway, DiskFull):
            raise
        except AgentctlError as error:
            return _Done(words=str(error), blocks=(f"`{word}` was not done:", block([str(error)])))

    async def _start(self, place: Place, asked: Asked) -> "_Done":
        pull = await place.forge.pull(asked.number)
        made = place.thread_of_branch(pull.head) if pull is not None and is_ours(pull) else None
        if made is not None:
            raise UsageError(
                f"#{asked.number} is a part of run {made.run}: say in a review what it should do otherwise, or "
                f"`/agentctl run` in #{made.number}."
            )
        run = run_id(place.forge.repo, asked, pull=pull is not None)
        for thread in place.threads(asked.number):
            state = _state(place.folder(thread.run)) if thread.run != run else ""
            if state and state not in FINISHED:
                return _told(
                    f"run {thread.run} is {state} here: `/agentctl cancel` ends it, and then another can begin; "
                    "`/agentctl status` says how it stands"
                )
        await begun(place, asked, run, self.others.spec_of_issue)
        await self._go_on(place, run)
        reach("bot.run.driven")
        ignored = await _ignored(place, asked, is_pull=pull is not None)
        return _Done(words=f"run {run}", blocks=(block(ignored),) if ignored else ())

    async def _on_run(self, place: Place, asked: Asked) -> "_Done":
        """A command about the run of a thread."""
        thread = await place.thread(asked.number)
        folder = place.folder(thread.run) if thread is not None else None
        word = asked.command.word
        if folder is None:
            raise UsageError("There is no run here yet: `/agentctl run` starts one.")
        if word in _TELLS:
            return _Done(words="told", blocks=(block(await asyncio.to_thread(told, folder, asked.command)),))
        if word == "rebase":
            return _told(await self.others.rebase(place, folder))
        if word == "answer" and asked.command.args[0].upper().startswith("C") and thread is not None:
            question, *words_ = asked.command.args
            return _Done(words=answer_own(place.book, thread, question, words_, by=asked.by, at=place.clock()))
        hand = Hand(book=place.book, folder=folder, key=asked.key, by=asked.by, now=place.clock())
        words = await hand.put(asked.command)
        self.drivers.hear(folder)
        await self._go_on(place, folder.run)
        return _Done(words=words) if word in _QUIET else _told(words)

    async def _go_on(self, place: Place, run: str) -> None:
        """Have a run driven that somebody said something to, as far as its repository lets so many at once.

        Where nothing more was told of it, it is told of again.
        """
        for thread in place.book.threads(place.forge.repo, also_over=True):
            if thread.run == run and thread.over:
                place.book.bind(replace(thread, over=False))
        async with self._one_by_one:
            await self._drive(place)

    async def _reply(self, place: Place, said: "_Said", blocks: list[str]) -> None:
        await reply(place.forge, said.number, to=said.name, blocks=blocks)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Done:
    """What became of a command; ``blocks`` are markdown to be said back."""

    words: str
    blocks: tuple[str, ...] = ()

    @classmethod
    def of(cls, deed: object) -> "_Done | None":
        """As the book has it."""
        if not isinstance(deed, dict):
            return None
        return cls(words=str(deed["words"]), blocks=tuple(map(str, deed["blocks"])))


async def _ignored(place: Place, asked: Asked, *, is_pull: bool) -> tuple[str, ...]:
    """What of an issue's front matter does not count, where its text is the spec; a sentence each."""
    issue = None if is_pull or asked.command.args else await place.forge.issue(asked.number)
    return left_out(issue.body, policy=place.policy) if issue is not None else ()


def _told(words: str) -> _Done:
    return _Done(words=words, blocks=(block([words]),))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Said:
    """Where commands stand: a comment, or a label that somebody put on."""

    number: int
    name: str
    comment: int | None = None
    read: str = ""

    @classmethod
    def of(cls, delivery: Delivery) -> "_Said | None":
        """Of a message that can command."""
        match delivery.happening:
            case Commented(number=number, comment=comment, read=read):
                return cls(number=number, name=f"comment:{comment.id}", comment=comment.id, read=read)
            case Labelled(number=number, read=read):
                return cls(number=number, name=f"label:{digest(delivery.id)}", read=read)
            case _:
                return None

    def key(self, place: Place) -> str:
        """In the book."""
        return f"did:{place.forge.repo.host}/{place.forge.repo}:{self.name}"


def _state(folder: RunFolder | None) -> str:
    """A run's state; empty where there is none."""
    if folder is None:
        return ""
    with opened(folder) as run:
        return run.store.run().state


async def _tell_left(place: Place, left: Left) -> None:
    """Say in its thread that a run is not driven any more."""
    run = left.thread.run
    words = (
        f"Run `{run}` stopped: its driver broke {MOST_BREAKS} times in a row, the last time with these words. "
        "Any command to the run tries again."
    )
    said = [words, block(left.lines or ("it said nothing",))]
    await reply(place.forge, left.thread.number, to=f"left:{run}", blocks=said)
