"""One plain line per event, for pipes, logs and screen readers; untrusted text is cleaned here."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Self, TextIO

from ..orchestrator.nouns.events import (
    Acted,
    AttemptEnded,
    AttemptStarted,
    BudgetRaised,
    CancelAsked,
    Event,
    EvidenceFound,
    Fact,
    Judged,
    Landed,
    Noted,
    Patched,
    PlanApproved,
    Planned,
    QuestionAnswered,
    QuestionAsked,
    RunCreated,
    RunMoved,
    TaskMoved,
)
from ..orchestrator.ports import Store
from ..orchestrator.rules.asking import money
from .clean import clean
from .snapshot import counted

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


def describe(fact: Fact, *, author: str = "") -> str | None:  # noqa: C901, PLR0911, PLR0912 - one case a kind of fact
    """What a fact says, in a few words; None for the machinery's own."""
    match fact:
        case RunCreated():
            return f"run {fact.run} began: {clean(fact.title, width=_WIDTH)}"
        case RunMoved():
            return _with(f"run is {fact.state}", fact.reason)
        case Planned(plan=plan):
            return _with(
                f"plan: {counted(len(plan.tasks), 'task')} in {counted(len(plan.teams), 'team')}", plan.summary
            )
        case PlanApproved():
            return f"plan approved by {clean(author)}"
        case TaskMoved():
            return _with(f"{clean(fact.task)} {fact.state}", fact.reason)
        case AttemptStarted():
            return f"{fact.key} started on {clean(fact.rung)}"
        case Acted():
            return _with(f"{fact.key} turn {fact.turn}", fact.text)
        case Patched():
            return f"{fact.key} wrote patch {fact.patch[:10]}"
        case AttemptEnded():
            return _with(f"{fact.key} {fact.state}", fact.reason)
        case Judged():
            return _judged(fact)
        case QuestionAsked(question=question):
            return _with(f"question from {clean(question.asked_by) or 'the run'}", question.text)
        case QuestionAnswered():
            words = "an edited plan" if fact.answer.startswith("edited:") else fact.answer
            return _with(f"answered by {clean(author)}", words)
        case BudgetRaised():
            return f"budget raised by {money(fact.usd)}"
        case Landed():
            return "landed " + ", ".join(f"{landing.key} as {landing.commit[:10]}" for landing in fact.landings)
        case EvidenceFound():
            return "evidence " + ", ".join(f"{clean(e.requirement)} {e.level}" for e in fact.evidence)
        case CancelAsked():
            return f"cancel asked for {clean(fact.task) if fact.task else 'the run'} by {clean(author)}"
        case Noted():
            return _with("note", fact.text)
        case _:
            return None


def _judged(fact: Judged) -> str:
    verdict = fact.verdict
    about = str(fact.key) if fact.key else f"tree {verdict.tree[:10]}"
    if verdict.passed:
        return f"{about} green: {counted(len(verdict.tests), 'test')} passed in {verdict.seconds:.1f}s"
    return _with(f"{about} red", verdict.reasons[0] if verdict.reasons else "")


def _with(head: str, tail: str) -> str:
    text = clean(tail, width=_WIDTH)
    return f"{head}: {text}" if text else head
