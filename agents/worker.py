"""The worker: one model call a turn, then the tools it asked for. Its history is the call journal, nothing else.

A turn is told in full by the journal: `work` adds the reply, `act` the results of its tool calls, `tell` what the gate
or a person said to the one that waited. So a turn that a kill interrupted is done again with the same prompt.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, get_args

from ..orchestrator.errors import SettingsError, WorkerStuck
from ..orchestrator.nouns.keys import CallKey
from ..orchestrator.nouns.plan import Tier
from ..orchestrator.ports import Move, Teller
from .approaches import temperature
from .fences import plain
from .history import ROLE, WHOLE_TURN, History, Turn, conversation
from .mcp.outside import NONE as NO_SERVERS
from .mcp.outside import OutsideTools
from .models.errors import BadReply, ContextOverflow, Filtered
from .models.port import Message, Request
from .pack import CHARACTERS_PER_TOKEN, Packer
from .pictures import EMPTY, Album
from .progress import no_progress
from .steered import asides
from .tools.advise import SPEC as ADVISE
from .tools.advise import Reaching
from .tools.ask import question, same_wording
from .tools.review import SPEC as REVIEW
from .tools.site import FAILURE, Outcome, Refused, Site, failure, said
from .tools.table import LOOKS, SPECS, carry_out

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ..guides.load import Guide
    from ..orchestrator.nouns.keys import AttemptKey
    from ..orchestrator.nouns.questions import Question
    from ..orchestrator.ports import Git, Job, TestRun, Workspace
    from ..orchestrator.store.journal import Journal
    from .advice import Advice
    from .models.port import Model, ToolCall, ToolSpec
    from .tools.advise import Advisor
    from .tools.table import Reach

PROMPT_BUDGET = 40_000
"""Tokens of a request beyond which old tool results are shortened."""

_USE_TOOLS = (
    "Nothing was done: you called no tool. Answer with tool calls. If the work is done, call submit; "
    "if only a person can decide what is missing, call ask."
)
_GATE = "Not accepted:\n"
_ANSWERS: dict[Teller, str] = {
    "person": "A person answered:\n",
    "lead": "Your lead answered, and quotes what settles it:\n",
    "rules": FAILURE,
}
_NOTE = "About this turn:\n"
_HOPELESS = (BadReply, ContextOverflow, Filtered)
"""What asking this tier again would not change."""
_SHOWN_CALLS = 3
_SUMMARY = 2_000


class ToolWorker:
    """A Worker that uses tools.

    Args:
        model: what answers; a Caller, so that no turn is paid for twice.
        journal: where that Caller enters its calls, and the worker its results.
        git: the repository the jobs' base trees are in.
        guides: advice for the system prompt; None for those that come with agentctl.
        advice: what chooses among them and the repository's own; None for one with its default places.
        budget: tokens of a request beyond which old tool results are shortened.
        album: the spec's pictures; a worker is shown those of its task's requirements.
        outside: tools of MCP servers; a worker has those of its team.
        advisor: the lead, for a question about how; None where workers have none.
        critic: whether patches are read before they land, by one who goes on from a worker's first prompt.
    """

    def __init__(  # noqa: PLR0913 - its parts, which are wired in one place
        self,
        model: Model,
        journal: Journal,
        *,
        git: Git,
        guides: Sequence[Guide] | None = None,
        advice: Advice | None = None,
        budget: int = PROMPT_BUDGET,
        album: Album = EMPTY,
        outside: OutsideTools = NO_SERVERS,
        advisor: Advisor | None = None,
        critic: bool = False,
    ) -> None:
        self._model = model
        self._journal = journal
        self._history = History(journal)
        self._packer = Packer(git, guides=guides, advice=advice, critic=critic)
        self._album = album
        self._outside = outside
        self._advisor = advisor
        self._budget = int(budget * CHARACTERS_PER_TOKEN)

    @property
    def prompt_version(self) -> str:
        """Changes when the worker's prompt, a guide, a picture or a tool from outside does."""
        outside = [self._outside.version] if self._outside.version else []
        advisor = [self._advisor.version] if self._advisor is not None and self._advisor.version else []
        return "-".join([self._packer.version, *(each.sha256 for each in self._album.all()), *outside, *advisor])

    async def work(self, job: Job, workspace: Workspace, *, turn: int) -> None:  # noqa: ARG002 - the port's signature
        """One model call, unless the journal has its reply, or what came before shows that it would be wasted.

        Raises WorkerStuck where this tier cannot go on, SettingsError if the job's rung is no tier, and whatever else
        the model raises: what is wrong with the account or the network.
        """
        if self._history.turn(job.key, turn) is not None:
            return
        turns = self._history.turns(job.key, before=turn)
        if reason := no_progress(turns):
            raise WorkerStuck(reason)
        request = await self.request(job, turns)
        try:
            await self._model.complete(CallKey(attempt=job.key, role=ROLE, turn=turn), request)
        except _HOPELESS as error:
            raise WorkerStuck(f"the model gave no usable answer in turn {turn + 1}: {error}") from error

    async def request(self, job: Job, turns: Sequence[Turn]) -> Request:
        """What the model is asked after these turns; a pure function of its arguments, the album and what is in git."""
        pack = await self._packer.pack(job)
        pictures = self._album.of(job.task.requirements)
        opening = (Message(role="system", text=pack.system), Message(role="user", text=pack.user, pictures=pictures))
        messages = conversation(opening, turns, budget=self._budget, asides=asides(job.steering))
        return Request(
            tier=_tier(job.rung),
            messages=messages,
            tools=(*SPECS, *self._outside.specs(job.task.team), *self._advise(job), *self._review(job)),
            temperature=temperature(job.key.rollout),
        )

    async def opening(self, job: Job) -> Request:
        """What a Flash worker of the job is asked first, whatever the rung: where its critic goes on."""
        return await self.request(replace(job, rung="flash"), ())

    async def act(self, job: Job, workspace: Workspace, *, turn: int, test: TestRun) -> Move:
        """Carry out the calls of this turn's reply; may be called again after a kill.

        Raises LookupError if the turn has no reply.
        """
        current = self._history.turn(job.key, turn)
        if current is None:
            raise LookupError(f"turn {turn} of {job.key} has no reply in the journal")
        if not current.calls:
            self._journal.set_result(job.key, turn, WHOLE_TURN, _USE_TOOLS)
            return self._judged(job, turn, Move(kind="continue", text="answered without a tool"))
        site = Site(job=job, workspace=workspace, test=test)
        outcomes = await carry_out(site, current.calls, reach=self._reach(job, current))
        move = _end(job, current.calls, outcomes)
        for call, outcome in outcomes.items():
            self._journal.set_result(job.key, turn, call, outcome.text)
        return self._judged(job, turn, move)

    def has_begun(self, key: AttemptKey, *, turn: int) -> bool:
        """Whether the journal has this turn's call, and not as one that failed: what is sent again stays as it was."""
        call = self._journal.call(CallKey(attempt=key, role=ROLE, turn=turn))
        return call is not None and call.state != "failed"

    def _advise(self, job: Job) -> tuple[ToolSpec, ...]:
        """The tool that asks the lead, for those who have it."""
        return (ADVISE,) if self._advisor is not None and self._advisor.offered(job) else ()

    def _review(self, job: Job) -> tuple[ToolSpec, ...]:
        """The critic's tool. Workers cannot use it, and have it because tools stand before all else in a prompt."""
        return (REVIEW,) if self._packer.is_read(job) else ()

    def _reach(self, job: Job, current: Turn) -> Reach:
        """What can be called outside the workspace in this turn."""
        outside = self._outside.at(job, current.number)
        if self._advisor is None or not self._advise(job):
            return outside
        turns = self._history.turns(job.key, before=current.number)
        return Reaching(
            outside=outside, advisor=self._advisor, job=job, turn=current.number, turns=turns, calls=current.calls
        )

    def tell(self, job: Job, *, turn: int, call: str, text: str, by: Teller = "person") -> None:
        """Keep what the gate, a person, a lead or a rule said to the call of this turn that waited for it.

        An empty ``call`` stands for the turn as a whole: what it wrote was undone.
        """
        current = self._history.turn(job.key, turn)
        asked = current is not None and any(each.id == call and each.name == "ask" for each in current.calls)
        told = f"{_GATE if call else _NOTE}{said(text, 'what happened')}"
        self._journal.set_result(job.key, turn, call, f"{_ANSWERS[by]}{plain(text)}" if asked else told)

    def _judged(self, job: Job, turn: int, move: Move) -> Move:
        """The move, or that the attempt gets nowhere."""
        reason = no_progress(self._history.turns(job.key, before=turn + 1))
        return Move(kind="stuck", text=reason) if reason and move.kind != "ask" else move


def _end(job: Job, calls: Sequence[ToolCall], outcomes: dict[str, Outcome]) -> Move:
    """What the turn comes to: the first valid question, else the submission, if nothing before it went wrong.

    Adds to ``outcomes`` those of the calls that are not carried out; the one that waits has none yet.
    """
    asking = _asked(job, calls, outcomes)
    wrong = next(
        (call for call in calls if not outcomes.get(call.id, Outcome(text="")).ok and call.name not in LOOKS), None
    )
    move = asking
    for call in calls:
        if call.name != "submit" or call.id in outcomes:
            continue
        if asking is not None:
            outcomes[call.id] = failure("not submitted: your question has to be answered first")
        elif wrong is not None:
            outcomes[call.id] = failure(f"not submitted: {wrong.name} went wrong in the same reply; see to it first")
        elif move is not None:
            outcomes[call.id] = failure("submitted already in this reply")
        else:
            move = Move(kind="submit", text=_summary(call), call=call.id)
    return move or Move(kind="continue", text=_activity(calls, outcomes))


def _asked(job: Job, calls: Sequence[ToolCall], outcomes: dict[str, Outcome]) -> Move | None:
    """The first question that is one; the others are answered at once, by what is decided or by what is wrong."""
    move: Move | None = None
    for call in calls:
        if call.name != "ask" or call.id in outcomes:
            continue
        if move is not None:
            outcomes[call.id] = failure("one question at a time: ask this again after the answer to the first")
            continue
        try:
            asked = question(job, call.arguments)
        except Refused as refused:
            outcomes[call.id] = failure(refused)
            continue
        if not asked.may_widen and (answer := _decided(job, asked)) is not None:
            outcomes[call.id] = Outcome(text=f"This is decided already:\n{plain(answer)}")
        else:
            move = Move(kind="ask", text=asked.text, question=asked, call=call.id)
    return move


def _decided(job: Job, asked: Question) -> str | None:
    wording = same_wording(asked.text)
    return next((answer for text, answer in job.decisions if same_wording(text) == wording), None)


def _summary(call: ToolCall) -> str:
    summary = call.arguments.get("summary")
    return plain(summary).strip()[:_SUMMARY] if isinstance(summary, str) else ""


def _activity(calls: Sequence[ToolCall], outcomes: Mapping[str, Outcome]) -> str:
    """What was done, in a few words for the progress display."""
    said_of = [f"{call.name}{_object(call)}{'' if outcomes[call.id].ok else ' failed'}" for call in calls]
    more = f" and {len(said_of) - _SHOWN_CALLS} more" if len(said_of) > _SHOWN_CALLS else ""
    return ", ".join(said_of[:_SHOWN_CALLS]) + more


def _object(call: ToolCall) -> str:
    value = call.arguments.get("path") or call.arguments.get("command") or call.arguments.get("text")
    return f" {' '.join(plain(value).split())[:60]}" if isinstance(value, str) else ""


def _tier(rung: str) -> Tier:
    """The tier of a rung such as ``flash`` or ``flash*3``."""
    name = rung.partition("*")[0]
    for tier in get_args(Tier):
        if tier == name:
            return tier  # type: ignore[no-any-return]
    raise SettingsError(f"the rung {rung!r} of the ladder is no tier; there are {', '.join(get_args(Tier))}")
