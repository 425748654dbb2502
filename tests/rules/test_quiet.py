from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from agentctl.orchestrator.nouns.notices import Quiet
from agentctl.orchestrator.rules.quiet import is_quiet, last_end, next_end

NIGHT = Quiet(begin=22 * 60, end=7 * 60)
NOON = Quiet(begin=12 * 60, end=13 * 60 + 30)
EAST = timezone(timedelta(hours=2))


def at(text: str, zone: timezone | ZoneInfo = UTC) -> float:
    return datetime.fromisoformat(text).replace(tzinfo=zone).timestamp()


@pytest.mark.parametrize(
    ("quiet", "time", "silent"),
    [
        (NIGHT, "21:59", False),
        (NIGHT, "22:00", True),
        (NIGHT, "23:59", True),
        (NIGHT, "00:00", True),
        (NIGHT, "06:59", True),
        (NIGHT, "07:00", False),
        (NOON, "11:59", False),
        (NOON, "12:00", True),
        (NOON, "13:29", True),
        (NOON, "13:30", False),
    ],
)
def test_quiet_hours_begin_and_end_on_the_local_clock(quiet: Quiet, time: str, silent: object) -> None:
    for zone in (UTC, EAST):
        assert is_quiet(quiet, now=at(f"2026-11-23T{time}", zone), zone=zone) is silent


def test_the_same_moment_is_quiet_in_one_place_and_not_in_another() -> None:
    moment = at("2026-11-23T21:00")
    assert (is_quiet(NIGHT, now=moment, zone=UTC), is_quiet(NIGHT, now=moment, zone=EAST)) == (False, True)
    assert not is_quiet(None, now=moment, zone=EAST)


@pytest.mark.parametrize(
    ("time", "last", "following"),
    [
        ("2026-11-23T06:00", "2026-11-22T07:00", "2026-11-23T07:00"),
        ("2026-11-23T07:00", "2026-11-23T07:00", "2026-11-24T07:00"),
        ("2026-11-23T23:00", "2026-11-23T07:00", "2026-11-24T07:00"),
    ],
)
def test_the_end_before_and_the_end_to_come(time: str, last: str, following: str) -> None:
    now = at(time)
    assert last_end(NIGHT, now=now, zone=UTC) == at(last)
    assert next_end(NIGHT, now=now, zone=UTC) == at(following)


def test_where_clocks_change_at_night_it_ends_when_the_clock_says_so() -> None:
    berlin = ZoneInfo("Europe/Berlin")
    for evening, morning in (("2026-03-28T23:00", "2026-03-29T07:00"), ("2026-10-24T23:00", "2026-10-25T07:00")):
        assert next_end(NIGHT, now=at(evening, berlin), zone=berlin) == at(morning, berlin)
        assert not is_quiet(NIGHT, now=at(morning, berlin), zone=berlin)
