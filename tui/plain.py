"""One plain line per event, for pipes, logs and screen readers; untrusted text is cleaned here."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self, TextIO

from ..orchestrator.nouns.events import (
    Acted,
    AttemptEnded,
    AttemptStarted,
    BudgetRaised,
    Chosen,
    Contracted,
    Event,
    EvidenceFound,
    Fact,
    Heard,
    Judged,
    Landed,
    Noted,
    Patched,
    PlanApproved,
    Planned,
    PlanRefused,
    QuestionAnswered,
    QuestionAsked,
    QuestionRaised,
    Reviewed,
    RolloutMoved,
    RunCreated,
    RunMoved,
    TaskMoved,
    Unlocked,
)
from ..orchestrator.nouns.forge_facts import PullRebuilt, PullStands
from ..orchestrator.nouns.hand_facts import (
    Amended,
    AutonomySet,
    CancelAsked,
    FollowAsked,
    LessonJudged,
    PathsAllowed,
    PauseAsked,
    PauseEnded,
    Preferred,
    RetryAsked,
    RevertAsked,
    Reverted,
    Steered,
    Submitted,
    TaskGivenBack,
    TaskTaken,
    Widened,
    WorkTreeMade,
)
from ..orchestrator.nouns.notices import HumanNeeded
from ..orchestrator.rules.asking import money
from ..orchestrator.rules.ladder import RACE, in_words
from .clean import clean
from .snapshot import counted

if TYPE_CHECKING:
    from ..orchestrator.ports import Store

_WIDTH = 160
"""Characters of untrusted text in one line."""


@dataclass(slots=True, kw_only=True)
class EventLines:
    """Writes each event after ``after`` once, as ``shown`` puts it; None there, or ``shown`` None, writes nothing."""

    store: Store
    stream: TextIO
    shown: Callable[[Event], str | None] | None
    after: int = 0
    _seen: int = -1

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.tick()

    def tick(self) -> None:
        """Write what is new."""
        if self.shown is None or (version := self.store.version()) == self._seen:
            return
        self._seen = version
        for event in self.store.events(after=self.after):
            self.after = event.seq
            if (text := self.shown(event)) is not None:
                self.stream.write(f"{text}\n")
        self.stream.flush()

    def pause(self) -> None:
        """Lines leave the terminal to others as it is."""

    def resume(self) -> None:
        """As `pause`."""


def line(event: Event, *, local: bool = True) -> str | None:
    """``HH:MM:SS what happened``; None for events that only the machinery needs."""
    text = describe(event.fact, author=event.author)
    if text is None:
        return None
    moment = time.localtime(event.at) if local else time.gmtime(event.at)
    return f"{time.strftime('%H:%M:%S', moment)} {text}"


def describe(fact: Fact, *, author: str = "") -> str | None:
    """What a fact says, in a few words; None for the machinery's own."""
    by = clean(author)
    said = (_of_run(fact, by), _of_attempt(fact), _of_question(fact, author), _of_hands(fact, by), _of_pulls(fact))
    return next((text for text in said if text is not None), None)


def _of_run(fact: Fact, by: str) -> str | None:  # noqa: C901, PLR0911, PLR0912 - one case a kind of fact
    match fact:
        case RunCreated():
            return f"run {fact.run} began: {clean(fact.title, width=_WIDTH)}"
        case RunMoved():
            return _with(f"run is {fact.state}", fact.reason)
        case Planned(plan=plan, conflicts=conflicts):
            told = f", {counted(len(conflicts), 'conflict')} foreseen" if conflicts else ""
            size = f"plan: {counted(len(plan.tasks), 'task')} in {counted(len(plan.teams), 'team')}"
            return _with(f"{size}{told}", plan.summary)
        case PlanRefused():
            return _refused(fact, by=by.removeprefix("policy:"))
        case PlanApproved():
            return f"plan approved by {by}"
        case Contracted(contract=contract):
            stubs, tests = counted(len(contract.stubs), "stub"), counted(len(contract.tests), "locked test file")
            left = f"; {len(contract.left)} left out: agentctl show contract" if contract.left else ""
            return f"contract of team {clean(contract.team)}: {stubs}, {tests}{left}"
        case Unlocked(task=task, checks=checks):
            return f"{counted(len(checks), 'locked test file')} of {clean(task)} binds no more: an answer was overruled"
        case TaskMoved():
            return _with(f"{clean(fact.task)} {fact.state}", fact.reason)
        case Judged():
            return _judged(fact)
        case BudgetRaised():
            return f"budget raised by {money(fact.usd)}" + ("" if by in {"", "driver"} else f" by {by}")
        case Landed():
            return "landed " + ", ".join(f"{landing.key} as {landing.commit[:10]}" for landing in fact.landings)
        case Reverted():
            return f"{clean(fact.task)} was taken back by {clean(fact.by)}"
        case EvidenceFound():
            found = ", ".join(f"{clean(each.requirement)} {each.level}" for each in fact.evidence)
            return f"evidence {found}" if found else None
        case Noted():
            return _with("note", fact.text)
        case HumanNeeded():
            return _with("you are told", f"{fact.text} ({fact.why_now})" if fact.why_now else fact.text)
        case _:
            return None


def _of_attempt(fact: Fact) -> str | None:
    match fact:
        case AttemptStarted():
            return f"{fact.key} started on {clean(in_words(fact.rung))}"
        case Acted():
            return _with(f"{fact.key} turn {fact.turn}", fact.text)
        case Patched():
            return f"{fact.key} wrote patch {fact.patch[:10]}"
        case RolloutMoved():
            return f"{fact.key} {'waits for you' if fact.state == 'parked' else 'goes on'}"
        case Reviewed():
            return _reviewed(fact)
        case Chosen() if fact.key.startswith(RACE):
            return f"{clean(fact.value)} was chosen among the rollouts of {clean(fact.key.removeprefix(RACE))}"
        case AttemptEnded():
            return _with(f"{fact.key} {'let go' if fact.state == 'lost' else fact.state}", fact.reason)
        case _:
            return None


def _of_question(fact: Fact, author: str) -> str | None:
    match fact:
        case QuestionRaised():
            return _with(f"{fact.key} wants to know", fact.question.text)
        case Heard():
            return f"{fact.key} was told the answer"
        case QuestionAsked(question=question) if question.replaces:
            return _with(f"an answer is overruled by {clean(author.removeprefix('person:'))}", question.text)
        case QuestionAsked(question=question):
            return _with(f"question from {clean(question.asked_by) or 'the run'}", question.text)
        case Widened():
            return f"{fact.key} may change {clean(', '.join(fact.paths), width=_WIDTH)} too, by {clean(author)}"
        case QuestionAnswered():
            words = "an edited plan" if fact.answer.startswith("edited:") else fact.answer
            return _with(f"answered by {clean(author)}", words)
        case _:
            return None


def _of_hands(fact: Fact, by: str) -> str | None:  # noqa: C901, PLR0911, PLR0912 - one case a kind of fact
    match fact:
        case CancelAsked():
            return f"cancel asked for {_object(fact.task)} by {by}"
        case LessonJudged():
            return f"lesson {clean(fact.lesson)} {fact.decision} by {by}"
        case Steered():
            return _with(f"{clean(fact.task)} told by {by}", fact.text)
        case PauseAsked():
            return f"{_object(fact.task)} paused by {by}"
        case PauseEnded():
            return f"{_object(fact.task)} let go on by {by}"
        case Preferred(task=task, off=off):
            return f"{clean(task)} {'in its turn again' if off else 'before the others'} by {by}"
        case AutonomySet(team=team, autonomy=autonomy):
            return f"{f'team {clean(team)}' if team else 'the run'} {autonomy} from here on by {by}"
        case RetryAsked():
            on = f" on {clean(fact.rung)}" if fact.rung else ""
            return f"another try at {clean(fact.task)}{on} asked for by {by}"
        case Amended():
            return _with(f"{clean(fact.requirement)} added to the spec by {by}", fact.text)
        case RevertAsked():
            return _with(f"{clean(fact.task)} is to be taken back by the word of {by}", fact.why)
        case FollowAsked():
            return f"{clean(fact.branch)} is to be followed to {fact.commit[:10]} by the word of {by}"
        case TaskTaken():
            return f"{clean(fact.task)} taken over by {by}"
        case WorkTreeMade():
            return f"work tree of {clean(fact.task)}: {clean(fact.folder, width=_WIDTH)}"
        case TaskGivenBack():
            return f"{clean(fact.task)} given back by {by}"
        case PathsAllowed():
            return f"{by} lets {clean(fact.task)} change {clean(', '.join(fact.paths), width=_WIDTH)}"
        case Submitted():
            return f"{clean(fact.task)} handed in by {by} as attempt {fact.attempt}"
        case _:
            return None


def _of_pulls(fact: Fact) -> str | None:
    match fact:
        case PullStands(pull=pull) if pull.number:
            return f"pull request #{pull.number} of {clean(pull.name)} is {pull.state} at {pull.head[:10]}"
        case PullStands(pull=pull):
            return f"{clean(pull.name)} is pushed at {pull.head[:10]}"
        case PullRebuilt(rebuilt=made):
            return _with(
                f"{clean(made.name)} was made anew on {made.base[:10]}", f"red: {made.red}" if made.red else ""
            )
        case _:
            return None


def _object(task: str | None) -> str:
    return clean(task) if task else "the run"


def _refused(fact: PlanRefused, *, by: str) -> str:
    first, *more = fact.reasons or ("",)
    others = f" (and {len(more)} more)" if more else ""
    return _with(f"plan {fact.number} refused by {by}, the planner tries again", first) + others


def _reviewed(fact: Reviewed) -> str:
    if fact.blocked:
        return _with(f"{fact.key} sent back by the critic", " ".join(fact.blocked.splitlines()[1:]))
    return _with(f"{fact.key} read by the critic", " ".join(fact.notes))


def _judged(fact: Judged) -> str:
    verdict = fact.verdict
    about = str(fact.key) if fact.key else f"tree {verdict.tree[:10]}"
    if verdict.passed:
        return f"{about} green: {counted(len(verdict.tests), 'test')} passed in {verdict.seconds:.1f}s"
    return _with(f"{about} red", verdict.reasons[0] if verdict.reasons else "")


def _with(head: str, tail: str) -> str:
    text = clean(tail, width=_WIDTH)
    return f"{head}: {text}" if text else head
