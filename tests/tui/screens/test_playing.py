"""A run played again: what was then is shown, at any speed, forwards and back, and nothing is changed."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import pytest
from agentctl.orchestrator.clock import SystemClock
from agentctl.orchestrator.nouns.events import Event, QuestionAnswered
from agentctl.orchestrator.nouns.keys import AttemptKey, CallKey
from agentctl.orchestrator.store.journal import Call, Journal
from agentctl.tui.app import Dashboard
from agentctl.tui.pane import Pane
from agentctl.tui.playing import LONGEST, Player

from .conftest import Commands, Seen

Make = Callable[..., Seen]


@dataclass
class Hand:
    """A clock that a test moves."""

    at: float = 50.0

    def monotonic(self) -> float:
        return self.at


@pytest.fixture
def log(seen: Make) -> tuple[Event, ...]:
    """A log of a run, an event a second but for a long silence before the last."""
    it = seen()
    it.ask("schema", "Migrate", "Shim")
    it.say(QuestionAnswered(key="schema", answer="Shim"), author="person:Bob")
    events = [replace(event, at=1_000.0 + number) for number, event in enumerate(it.store.events())]
    return (*events[:-1], replace(events[-1], at=9_000.0))


def _call(at: float, until: float) -> Call:
    clock = SystemClock()
    journal = Journal(None, clock=clock, redact=str)
    key = CallKey(attempt=AttemptKey(task="T2"), role="worker", turn=0)
    journal.start(key, digest="d", request="{}", tier="flash", model="m", reserved_usd=0.1)
    (call,) = journal.calls()
    journal.close()
    return replace(call, started_at=at, done_at=until, usd=0.25, prompt=900, completion=100, state="done")


def test_time_passes_at_its_speed_and_silence_is_passed_over(log: tuple[Event, ...]) -> None:
    hand = Hand()
    player = Player(log, [], blobs=None, monotonic=hand.monotonic)
    hand.at += 3.0
    player.tick()
    assert player.words == f"replay at 1x, event 4 of {len(log)}"
    player.pace(1)
    player.pace(1)
    hand.at += 10.0
    player.tick()
    assert player.words == f"replay at 5x, event {len(log) - 1} of {len(log)}"
    player.tick()
    assert player.now() == 9_000.0 - LONGEST * 5
    hand.at += LONGEST
    player.tick()
    assert player.words == f"replay at 5x, event {len(log)} of {len(log)}"
    assert player.feed.look().questions["Q1"].answered_by == "person:Bob"


def test_a_step_back_shows_what_was_before_it(log: tuple[Event, ...]) -> None:
    player = Player(log, [], blobs=None, monotonic=Hand().monotonic)
    shown = []
    for number in range(1, len(log) + 1):
        player.step(number - player.shown)
        shown.append((player.feed.look().snapshot, player.feed.store.events()))
    for number in range(len(log), 0, -1):
        player.step(number - player.shown)
        assert (player.feed.look().snapshot, player.feed.store.events()) == shown[number - 1]
    player.step(-99)
    assert player.words == f"replay stopped, event 1 of {len(log)}"
    player.step(999)
    assert player.words == f"replay stopped, event {len(log)} of {len(log)}"


def test_calls_are_those_that_had_begun(log: tuple[Event, ...]) -> None:
    hand = Hand()
    player = Player(log, [_call(1_002.0, 1_004.0)], blobs=None, monotonic=hand.monotonic)
    ledgers = []
    for _ in range(6):
        ledger = player.feed.look().snapshot.ledger
        ledgers.append((ledger.calls, ledger.in_flight, ledger.usd))
        hand.at += 1.0
        player.tick()
    assert ledgers == [(0, 0, 0.0), (0, 0, 0.0), (1, 1, 0.0), (1, 1, 0.0), (1, 0, 0.25), (1, 0, 0.25)]


def test_the_speed_has_ends(log: tuple[Event, ...]) -> None:
    player = Player(log, [], blobs=None, monotonic=Hand().monotonic)
    for by, speed in ((-1, 0.25), (1, 100.0)):
        for _ in range(12):
            player.pace(by)
        assert player.speed == speed


async def test_keys_play_it_and_change_nothing(log: tuple[Event, ...]) -> None:
    hand, commands = Hand(), Commands()
    player = Player(log, [], blobs=None, monotonic=hand.monotonic)
    app = Dashboard(player.feed, commands, player=player, monotonic=hand.monotonic)

    def head() -> str:
        return app.query_one("#head", Pane).entries[0].text

    async with app.run_test(size=(120, 30)) as pilot:
        assert "replay at 1x, event 1 of" in head()
        await pilot.press("full_stop", *["right_square_bracket"] * 8)
        assert "replay stopped, event 9 of" in head()
        await pilot.press("left_square_bracket", "greater_than_sign", "full_stop")
        assert "replay at 2x, event 8 of" in head()
        hand.at += 60.0
        await pilot.pause(0.25)
        await pilot.press("i", "1", "d", "G", "R")
        assert app.query_one("#foot", Pane).entries[0].text.startswith("this run is played again: nothing in it")
    assert commands.said == []
