"""Quiet hours on the clock of a place. Pure: the moment and the time zone are given."""

from datetime import datetime, timedelta, tzinfo

from ..nouns.notices import Quiet

_HOUR = 60


def is_quiet(quiet: Quiet | None, *, now: float, zone: tzinfo) -> bool:
    """Whether a moment lies within the quiet hours; their end does not."""
    if quiet is None:
        return False
    local = datetime.fromtimestamp(now, zone)
    minute = local.hour * _HOUR + local.minute
    if quiet.begin < quiet.end:
        return quiet.begin <= minute < quiet.end
    return minute >= quiet.begin or minute < quiet.end


def next_end(quiet: Quiet, *, now: float, zone: tzinfo) -> float:
    """When quiet hours end next, in seconds since the epoch."""
    end = _end_of_day(quiet, now=now, zone=zone)
    return (end if end.timestamp() > now else end + timedelta(days=1)).timestamp()


def last_end(quiet: Quiet, *, now: float, zone: tzinfo) -> float:
    """When quiet hours ended last, in seconds since the epoch."""
    end = _end_of_day(quiet, now=now, zone=zone)
    return (end if end.timestamp() <= now else end - timedelta(days=1)).timestamp()


def _end_of_day(quiet: Quiet, *, now: float, zone: tzinfo) -> datetime:
    hour, minute = divmod(quiet.end, _HOUR)
    return datetime.fromtimestamp(now, zone).replace(hour=hour, minute=minute, second=0, microsecond=0, fold=0)
