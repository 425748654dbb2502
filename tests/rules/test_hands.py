"""What people's hands come to, fact by fact."""

import pytest
from agentctl.orchestrator.nouns.events import SCHEMA, Acted, Event, Fact, Landed, Noted
from agentctl.orchestrator.nouns.hand_facts import (
    AutonomySet,
    PathsAllowed,
    PauseAsked,
    PauseEnded,
    Preferred,
    RetryAsked,
    Steered,
    Submitted,
    TaskGivenBack,
    TaskTaken,
    WorkTreeMade,
)
from agentctl.orchestrator.nouns.hands import Hands, Pause, Retry, Taken
from agentctl.orchestrator.nouns.keys import AttemptKey
from agentctl.orchestrator.nouns.runs import Landing, RunSettings
from agentctl.orchestrator.rules.autonomy import autonomy_of
from agentctl.orchestrator.rules.hands import after, heard_by, heard_in, in_opening, in_turn, sentences
from agentctl.orchestrator.rules.turns import finished

MADE = WorkTreeMade(task="T1", folder="/w", base_tree="b", tree="t")


def _hands(*facts: Fact) -> Hands:
    hands = Hands()
    for number, fact in enumerate(facts, start=1):
        hands = after(
            hands, Event(seq=number, at=float(number), author="person:Ada", cause=None, schema=SCHEMA, fact=fact)
        )
    return hands


def _landed(task: str) -> Landed:
    landing = Landing(order=1, key=AttemptKey(task=task), commit="c", tree="t", patch="p", at=1.0)
    return Landed(landings=(landing,))


def test_a_pause_of_a_task_and_one_of_the_run_are_two_and_the_first_word_stands() -> None:
    hands = _hands(PauseAsked(task="T1"), PauseAsked(), PauseAsked(task="T1"))
    assert hands.pauses == (Pause(task="T1", by="person:Ada", at=1.0), Pause(task="", by="person:Ada", at=2.0))
    assert [hands.pause(task) is not None for task in ("T1", "T2")] == [True, True]
    assert _hands(PauseAsked(task="T1"), PauseAsked(), PauseEnded(task="T1")).pause("T1") == hands.pauses[1]
    assert _hands(PauseAsked(task="T1"), PauseAsked(), PauseEnded()).pauses == ()


def test_another_try_counts_for_the_attempt_it_was_asked_after_and_no_other() -> None:
    hands = _hands(RetryAsked(task="T1", attempt=1), RetryAsked(task="T1", attempt=2, rung="pro"))
    assert hands.retry("T1", 1) is None
    assert hands.retry("T1", 2) == Retry(task="T1", attempt=2, rung="pro", by="person:Ada", at=2.0)


@pytest.mark.parametrize(
    ("last", "taken"),
    [
        (Noted(text="x"), Taken(task="T1", attempt=2, by="person:Ada", at=1.0, folder="/w", base_tree="b", tree="t")),
        (TaskTaken(task="T1", attempt=3), Taken(task="T1", attempt=3, by="person:Ada", at=3.0)),
        (TaskGivenBack(task="T1"), None),
        (_landed("T1"), None),
        (_landed("T2"), Taken(task="T1", attempt=2, by="person:Ada", at=1.0, folder="/w", base_tree="b", tree="t")),
    ],
)
def test_a_task_is_taken_until_it_is_given_back_or_lands(last: Fact, taken: Taken | None) -> None:
    assert _hands(TaskTaken(task="T1", attempt=2), MADE, last).taken_by("T1") == taken


def test_of_two_trees_for_one_attempt_the_later_counts_and_what_was_allowed_adds_up() -> None:
    first = Submitted(task="T1", attempt=3, base_tree="b", tree="one", patch="p", author="Ada <a@b>")
    second = Submitted(task="T1", attempt=3, base_tree="b", tree="two", patch="q", author="Ada <a@b>")
    hands = _hands(first, PathsAllowed(task="T1", paths=("a", "b")), second, PathsAllowed(task="T1", paths=("b", "c")))
    found = hands.submission("T1", 3)
    assert found is not None
    assert (found.tree, found.by, hands.submission("T1", 4)) == ("two", "person:Ada", None)
    assert (hands.allowed_in("T1"), hands.allowed_in("T2")) == (("a", "b", "c"), ())


def test_sentences_come_with_the_turn_that_heard_them() -> None:
    hands = _hands(Steered(task="T1", text="one"), Steered(task="T2", text="other"), Steered(task="T1", text="3 two"))
    assert [each.text for each in hands.sentences("T1")] == ["one", "3 two"]
    steering = sentences([heard_in(0, "one"), heard_in(2, "3 two")])
    assert (in_opening(steering), in_turn(steering, 0), in_turn(steering, 2)) == (("one",), (), ("3 two",))
    assert heard_by(AttemptKey(task="T1", attempt=2, rollout=3), 1) == "steer:T1:2:3:1"


def _acted(key: AttemptKey, turn: int, author: str, seq: int) -> Event:
    fact = Acted(key=key, turn=turn, text="did something")
    return Event(seq=seq, at=float(seq), author=author, cause=None, schema=SCHEMA, fact=fact)


def test_a_turn_is_finished_when_its_workers_tools_have_run_whatever_others_say_of_it() -> None:
    first, second = AttemptKey(task="T1"), AttemptKey(task="T1", attempt=2)
    said = [
        (first, 0, "driver"),
        (second, 0, "worker"),
        (second, 1, "worker"),
        (second, 1, "gate"),
        (second, 2, "gate"),
    ]
    events = [_acted(key, turn, author, seq) for seq, (key, turn, author) in enumerate(said, start=1)]
    assert finished(events) == {second: 2}


def test_what_is_preferred_stands_once_in_the_order_of_asking_until_it_is_not() -> None:
    facts = (Preferred(task="T2"), Preferred(task="T1"), Preferred(task="T2"))
    assert _hands(*facts).preferred == ("T1", "T2")
    assert _hands(*facts, Preferred(task="T1", off=True)).preferred == ("T2",)


@pytest.mark.parametrize(
    ("facts", "levels"),
    [
        ((), ("ask-blocking", "ask-always")),
        ((AutonomySet(autonomy="never", team="core"),), ("ask-blocking", "never")),
        ((AutonomySet(autonomy="never"),), ("never", "never")),
        ((AutonomySet(autonomy="never"), AutonomySet(autonomy="ask-always", team="core")), ("never", "ask-always")),
        ((AutonomySet(autonomy="ask-always", team="core"), AutonomySet(autonomy="never")), ("never", "never")),
    ],
)
def test_the_last_word_on_what_is_decided_without_a_person_counts(
    facts: tuple[Fact, ...], levels: tuple[str, str]
) -> None:
    settings = RunSettings(profile="p", repo=".", team_autonomy={"core": "ask-always"})
    hands = _hands(*facts)
    assert tuple(autonomy_of(team, hands=hands, settings=settings) for team in ("shell", "core")) == levels
