from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from itertools import pairwise

import pytest
from agentctl.orchestrator.nouns.events import Event, Noted
from agentctl.orchestrator.nouns.notices import About, HumanNeeded, Quiet
from agentctl.orchestrator.nouns.questions import Asked, Question, QuestionKind
from agentctl.orchestrator.rules.notices import HOUR, End, Patience, due, end, is_outdated
from agentctl.orchestrator.rules.ranking import Ranked
from hypothesis import given, settings
from hypothesis import strategies as st

NIGHT = Quiet(begin=22 * 60, end=7 * 60)
DAY = datetime(2026, 11, 23, tzinfo=UTC).timestamp()


def clock(time: str) -> float:
    """``HH:MM`` of the day, or ``+HH:MM`` of the next."""
    hours, minutes = time.removeprefix("+").split(":")
    return DAY + int(hours) * HOUR + int(minutes) * 60 + (24 * HOUR if time.startswith("+") else 0)


def ranked(name: str, asked: str, *, held: bool = False, kind: QuestionKind = "decision", blocks: int = 1) -> Ranked:
    question = Question(key=name, kind=kind, text="?", asked_by="T1:1")
    return Ranked(asked=Asked(id=name, question=question, at=clock(asked)), blocks=blocks, held=held)


def event(fact: HumanNeeded, at: float, seq: int = 1) -> Event:
    return Event(seq=seq, at=at, author="notifier", cause=None, schema=1, fact=fact)


def told(about: About, *names: str, at: str = "09:00") -> Event:
    return event(HumanNeeded(about=about, text="", questions=names), clock(at))


def shown(facts: Sequence[HumanNeeded]) -> list[tuple[str, tuple[str, ...]]]:
    return [(fact.about, fact.questions) for fact in facts]


@pytest.mark.parametrize(
    ("questions", "before", "now", "expected"),
    [
        pytest.param([], [], "10:00", [], id="nothing"),
        pytest.param([ranked("Q1", "09:59")], [], "10:00", [("question", ("Q1",))], id="one"),
        pytest.param([ranked("Q1", "10:00")], [], "10:00", [], id="not yet: it may be answered at once"),
        pytest.param(
            [ranked("Q2", "09:00"), ranked("Q1", "09:30")],
            [],
            "10:00",
            [("question", ("Q2",)), ("question", ("Q1",))],
            id="each by itself, the most urgent first",
        ),
        pytest.param([ranked("Q1", "09:00")], [told("question", "Q1")], "10:00", [], id="told once"),
        pytest.param([ranked("Q1", "09:00")], [told("digest", "Q1")], "10:00", [], id="told in a digest"),
        pytest.param([ranked("Q1", "09:00")], [told("waiting", "Q1")], "10:00", [], id="told when the driver left"),
        pytest.param([ranked("Q1", "09:30", held=True)], [], "10:00", [], id="held, and not for long"),
        pytest.param(
            [ranked("Q1", "09:00", held=True), ranked("Q2", "09:59", held=True)],
            [],
            "10:00",
            [("digest", ("Q1", "Q2"))],
            id="held for an hour, and whoever is there then",
        ),
        pytest.param(
            [ranked("Q2", "09:05", held=True)], [told("digest", "Q1", at="09:30")], "10:10", [], id="one an hour"
        ),
        pytest.param(
            [ranked("Q2", "09:05", held=True)],
            [told("digest", "Q1", at="09:10")],
            "10:10",
            [("digest", ("Q2",))],
            id="the next an hour later",
        ),
        pytest.param(
            [ranked("Q1", "09:00"), ranked("Q2", "09:00", held=True)],
            [],
            "10:00",
            [("question", ("Q1",)), ("digest", ("Q2",))],
            id="what gets through is no part of the digest",
        ),
        pytest.param([ranked("Q1", "21:00", kind="plan")], [], "22:00", [], id="night"),
        pytest.param([ranked("Q1", "21:00", kind="plan")], [], "+06:59", [], id="still night"),
        pytest.param(
            [ranked("Q1", "23:00", kind="plan"), ranked("Q2", "23:30"), ranked("Q3", "23:40", held=True)],
            [],
            "+07:00",
            [("digest", ("Q1", "Q2", "Q3"))],
            id="one digest in the morning",
        ),
        pytest.param(
            [ranked("Q1", "23:00"), ranked("Q2", "+07:05")],
            [told("digest", "Q1", at="+07:00")],
            "+07:06",
            [("question", ("Q2",))],
            id="and then as by day",
        ),
    ],
)
def test_what_is_told(
    questions: list[Ranked], before: list[Event], now: str, expected: list[tuple[str, tuple[str, ...]]]
) -> None:
    patience = Patience(quiet=NIGHT, stands=30.0)
    facts = due(questions, before, patience, now=clock(now))
    assert shown(facts) == expected
    log = [*before, *(event(fact, clock(now)) for fact in facts)]
    assert due(questions, log, patience, now=clock(now)) == ()


def test_a_notice_says_why_it_stands_where_it_stands_and_why_now() -> None:
    (fact,) = due([ranked("Q1", "09:00", blocks=3)], [], Patience(), now=clock("09:04"))
    assert fact == HumanNeeded(
        about="question",
        text="Q1 needs you",
        why_now="work waits for it",
        questions=("Q1",),
        reasons=("blocks 3 tasks; asked 4 min ago",),
    )
    (digest,) = due([ranked("Q1", "23:00"), ranked("Q2", "23:00")], [], Patience(quiet=NIGHT), now=clock("+07:00"))
    assert (digest.text, digest.why_now) == ("2 questions wait for you: Q1, Q2", "the quiet hours are over")


def test_an_end_is_told_once_with_what_nobody_was_told_of() -> None:
    ended = End(about="waiting", of=41)
    open_now = [ranked("Q1", "09:00"), ranked("Q2", "10:00")]
    fact = end(ended, [told("question", "Q1")], Patience(), now=clock("10:00"), ranked=open_now)
    assert fact is not None
    assert (fact.questions, fact.why_now, fact.of, fact.due) == (("Q2",), "open: Q1, Q2", 41, 0.0)
    log = [told("question", "Q1"), event(fact, clock("10:00"))]
    assert end(ended, log, Patience(), now=clock("11:00"), ranked=open_now) is None
    assert end(replace(ended, of=57), log, Patience(), now=clock("11:00"), ranked=open_now) is not None


def test_an_end_in_the_night_is_due_in_the_morning() -> None:
    fact = end(End(about="done", of=9), [], Patience(quiet=NIGHT), now=clock("23:00"))
    assert fact is not None
    assert fact.due == clock("+07:00")


@pytest.mark.parametrize(
    ("about", "asks", "unanswered", "outdated"),
    [
        ("question", ("Q1",), (), True),
        ("question", ("Q1",), ("Q2",), True),
        ("digest", ("Q1", "Q2"), ("Q2",), False),
        ("waiting", ("Q1",), ("Q2",), False),
        ("waiting", ("Q1",), (), True),
        ("waiting", (), (), False),
        ("done", (), (), False),
        ("stopped", ("Q1",), (), False),
    ],
)
def test_what_was_answered_meanwhile_is_not_told(
    about: About, asks: tuple[str, ...], unanswered: tuple[str, ...], outdated: object
) -> None:
    assert is_outdated(HumanNeeded(about=about, text="", questions=asks), unanswered) is outdated


def test_other_events_say_nothing() -> None:
    other = Event(seq=1, at=0.0, author="driver", cause=None, schema=1, fact=Noted(text="Q1"))
    assert shown(due([ranked("Q1", "09:00")], [other], Patience(), now=clock("10:00"))) == [("question", ("Q1",))]


MINUTES = st.integers(min_value=0, max_value=3 * 24 * 60)
QUESTIONS = st.lists(st.tuples(MINUTES, st.lists(MINUTES, max_size=4)), max_size=6)
"""When each was asked, and the minutes at which it turns from free to held and back."""
LOOKS = st.lists(MINUTES, min_size=1, max_size=40).map(sorted)
HOURS = st.tuples(st.integers(0, 1439), st.integers(0, 1439)).filter(lambda pair: pair[0] != pair[1])


@settings(max_examples=200, deadline=None)
@given(questions=QUESTIONS, looks=LOOKS, hours=HOURS, digest=st.integers(1, 180))
def test_nothing_is_told_twice_or_at_night_and_whatever_gets_through_is_told(
    questions: list[tuple[int, list[int]]], looks: list[int], hours: tuple[int, int], digest: int
) -> None:
    """The driver may be another one at each look: all that is known is the log."""
    patience = Patience(quiet=Quiet(begin=hours[0], end=hours[1]), digest=digest * 60.0)
    log: list[Event] = []
    for minute in looks:
        now = DAY + minute * 60
        there = [_as_at(f"Q{n}", asked, turns, minute) for n, (asked, turns) in enumerate(questions) if asked <= minute]
        facts = due(there, log, patience, now=now)
        assert not (facts and patience.is_quiet(now))
        log += [event(fact, now, len(log) + n) for n, fact in enumerate(facts)]
        known = [name for each in log if isinstance(each.fact, HumanNeeded) for name in each.fact.questions]
        assert len(known) == len(set(known))
        if not patience.is_quiet(now):
            assert {each.asked.id for each in there if not each.held} <= set(known)
    held = [each.at for each in log if isinstance(each.fact, HumanNeeded) and "held" in each.fact.why_now]
    assert all(later - earlier >= digest * 60 for earlier, later in pairwise(held))


def _as_at(name: str, asked: int, turns: list[int], minute: int) -> Ranked:
    question = Question(key=name, kind="decision", text="?", asked_by="T1:1")
    held = sum(turn <= minute for turn in turns) % 2 == 1
    return Ranked(asked=Asked(id=name, question=question, at=DAY + asked * 60), blocks=1, held=held)
