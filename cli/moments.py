"""Points in time as a person types them: `--until` ahead, `--since` behind. Pure but for the local time zone."""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta

from ..orchestrator.errors import UsageError

_SPAN = re.compile(r"(?:(\d{1,4})d)?(?:(\d{1,4})h)?(?:(\d{1,5})m(?:in)?)?(?:(\d{1,6})s)?")
_CLOCK = re.compile(r"([01]?\d|2[0-3]):([0-5]\d)")
_UNITS = (86400, 3600, 60, 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Since:
    """Where to begin: after a moment, in seconds since the epoch, or after an event's number."""

    at: float = 0.0
    event: int | None = None


def until(text: str, *, now: float) -> float:
    """The next moment that ``07:00``, ``+8h``, ``+1h30m`` or ``2026-11-23T07:00`` means.

    Raises:
        UsageError: it is none of these, or a date that is past.
    """
    typed = text.strip()
    if typed.startswith("+") and (seconds := _span(typed[1:])) is not None:
        return now + seconds
    if clock := _clock(typed, now=now):
        return (clock if clock.timestamp() > now else clock + timedelta(days=1)).timestamp()
    if (moment := _date(typed)) is None:
        raise UsageError(f"--until {typed[:40]!r} is no time: write one such as 07:00, +8h or 2026-11-23T07:00.")
    if moment <= now:
        raise UsageError(f"--until {typed} is past: name a time that is to come, such as 07:00 or +8h.")
    return moment


def since(text: str, *, now: float) -> Since:
    """What ``1h``, ``07:00`` (the latest one), ``2026-11-22``, or an event's number (``41``) means.

    Raises:
        UsageError: it is none of these.
    """
    typed = text.strip()
    if typed.isascii() and typed.isdigit():
        return Since(event=int(typed))
    if (seconds := _span(typed.removeprefix("-"))) is not None:
        return Since(at=now - seconds)
    if clock := _clock(typed, now=now):
        return Since(at=(clock if clock.timestamp() <= now else clock - timedelta(days=1)).timestamp())
    if (moment := _date(typed)) is not None:
        return Since(at=moment)
    raise UsageError(f"--since {typed[:40]!r} is no time: write 1h, 07:00, 2026-11-22 or the number of an event.")


def _span(text: str) -> float | None:
    found = _SPAN.fullmatch(text)
    if found is None or not text:
        return None
    return float(sum(int(part or 0) * unit for part, unit in zip(found.groups(), _UNITS, strict=True)))


def _clock(text: str, *, now: float) -> datetime | None:
    """Today at that time, where the person is."""
    found = _CLOCK.fullmatch(text)
    today = datetime.fromtimestamp(now).astimezone()
    return today.replace(hour=int(found[1]), minute=int(found[2]), second=0, microsecond=0) if found else None


def _date(text: str) -> float | None:
    try:
        return datetime.fromisoformat(text).astimezone().timestamp()
    except (ValueError, OverflowError, OSError):
        return None
