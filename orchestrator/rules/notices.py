"""What a person has to be told now: each question once, held ones and those of the night as digests, an end once. Pure.

What was told is in the event log, so that whoever drives the run next tells nothing twice. Quiet hours tell nothing;
what came up in them is one digest when they end. A question is told once it has stood for a moment: one that a rule
answers at once, or that is being answered at the terminal where it was asked, is nobody's business elsewhere.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, tzinfo

from ..nouns.events import Event
from ..nouns.notices import About, HumanNeeded, Quiet
from .quiet import is_quiet, last_end, next_end
from .ranking import Ranked, reasons

NOTIFIER = "notifier"
"""The author of what is told."""
HOUR = 3600.0
_ENDS: frozenset[About] = frozenset({"done", "failed", "waiting", "budget", "stopped"})
_FIRST = {"plan": "the plan waits for your word", "budget": "the money is used up", "policy": "a policy is concerned"}
_WORDS: dict[About, str] = {
    "done": "the run is done",
    "failed": "the run has failed",
    "waiting": "the run waits for you; it goes on with `agentctl resume`",
    "budget": "the run has stopped at its budget; it goes on with `agentctl resume`",
    "stopped": "the run has stopped; it goes on with `agentctl resume`",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """When somebody is told. Times are seconds."""

    quiet: Quiet | None = None
    zone: tzinfo = UTC
    """Of the place where it is quiet at night."""
    digest: float = HOUR
    """At least so long lies between two digests of held questions, and the first of them waits for it."""
    stands: float = 0.0
    """How long a question has to have stood."""

    def is_quiet(self, now: float) -> bool:
        """Whether nothing is told at that moment."""
        return is_quiet(self.quiet, now=now, zone=self.zone)

    def was_quiet(self, since: float, *, now: float) -> bool:
        """Whether quiet hours ended between two moments."""
        return self.quiet is not None and since < last_end(self.quiet, now=now, zone=self.zone)


@dataclass(frozen=True, slots=True, kw_only=True)
class End:
    """How a run ended, or why its driver stopped."""

    about: About
    of: int
    """The number of the event that it is about, so that each end is told once."""
    reason: str = ""


def due(ranked: Sequence[Ranked], told: Iterable[Event], patience: Patience, *, now: float) -> tuple[HumanNeeded, ...]:
    """The facts to enter now, the most urgent first.

    Args:
        ranked: the open questions, the most urgent first, those held marked.
        told: the events of the log that say what was told; others are passed over.
        patience: when somebody is told.
        now: seconds since the epoch.
    """
    if patience.is_quiet(now):
        return ()
    before = [event for event in told if isinstance(event.fact, HumanNeeded)]
    known = _known(before)
    fresh = [each for each in ranked if each.asked.id not in known]
    free = [each for each in fresh if not each.held and now - each.asked.at >= patience.stands]
    night = [each for each in free if patience.was_quiet(each.asked.at + patience.stands, now=now)]
    single = [each for each in free if each not in night]
    later = _for_digest(fresh, before, patience, now=now, joins=bool(night))
    digest = [each for each in ranked if each in night or each in later]
    facts = [_question(each, now=now) for each in single]
    return tuple(facts + ([_digest(digest, night=bool(night), now=now)] if digest else []))


def end(
    ended: End, told: Iterable[Event], patience: Patience, *, now: float, ranked: Sequence[Ranked] = ()
) -> HumanNeeded | None:
    """What to enter when a run has ended, or its driver stopped: with the open questions that nobody was told of.

    None where that end was told. In quiet hours it is due when they end. ``ranked`` is what is still open.
    """
    before = [event for event in told if isinstance(event.fact, HumanNeeded)]
    if any(_is_end(event.fact, ended) for event in before):
        return None
    known = _known(before)
    left = [each for each in ranked if each.asked.id not in known]
    quiet = patience.quiet if patience.is_quiet(now) else None
    return HumanNeeded(
        about=ended.about,
        text=_WORDS[ended.about],
        why_now=ended.reason or (f"open: {', '.join(each.asked.id for each in ranked)}" if ranked else ""),
        questions=tuple(each.asked.id for each in left),
        reasons=tuple(reasons(each, now=now) for each in left),
        of=ended.of,
        due=next_end(quiet, now=now, zone=patience.zone) if quiet else 0.0,
    )


def is_outdated(fact: HumanNeeded, unanswered: Collection[str]) -> bool:
    """Whether there is nothing left to tell: all that it asks about was answered meanwhile."""
    if not fact.questions or fact.about not in ("question", "digest", "waiting", "budget"):
        return False
    left = unanswered if fact.about in _ENDS else [name for name in fact.questions if name in unanswered]
    return not left


def _known(told: Iterable[Event]) -> frozenset[str]:
    facts = (event.fact for event in told)
    return frozenset(name for fact in facts if isinstance(fact, HumanNeeded) for name in fact.questions)


def _is_end(fact: object, ended: End) -> bool:
    return isinstance(fact, HumanNeeded) and fact.about in _ENDS and (fact.about, fact.of) == (ended.about, ended.of)


def _for_digest(
    fresh: Sequence[Ranked], told: Sequence[Event], patience: Patience, *, now: float, joins: bool
) -> list[Ranked]:
    """The held questions, once the first of them has waited long enough, or another digest goes out anyway."""
    held = [each for each in fresh if each.held]
    times = [event.at for event in told if isinstance(event.fact, HumanNeeded) and event.fact.about == "digest"]
    if times and now - max(times) < patience.digest:
        return []
    ripe = any(now - each.asked.at >= patience.digest for each in held)
    return held if ripe or joins else []


def _question(each: Ranked, *, now: float) -> HumanNeeded:
    why = _FIRST.get(each.asked.question.kind, "work waits for it" if each.blocks else "nobody else can say")
    return HumanNeeded(
        about="question",
        text=f"{each.asked.id} needs you",
        why_now=why,
        questions=(each.asked.id,),
        reasons=(reasons(each, now=now),),
    )


def _digest(several: Sequence[Ranked], *, night: bool, now: float) -> HumanNeeded:
    names = tuple(each.asked.id for each in several)
    count = "1 question waits" if len(names) == 1 else f"{len(names)} questions wait"
    return HumanNeeded(
        about="digest",
        text=f"{count} for you: {', '.join(names)}",
        why_now="the quiet hours are over" if night else "held while other work went on",
        questions=names,
        reasons=tuple(reasons(each, now=now) for each in several),
    )
