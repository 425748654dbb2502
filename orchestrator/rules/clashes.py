"""A patch whose lines others changed and landed first: whose turn it is then, and both sides in words. Pure.

The first time its own task brings its change in again, given both sides. The second time its lead is asked what holds,
and after that a person is.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from .accounting import in_short
from .fenced import fence
from .normalise import shorten
from .tree_policy import shown

CLASH = "clash:"
"""Prefix of the choices that name the blob of both sides, of an attempt whose patch clashed with what landed."""
LIMIT = 3_600
"""Characters of both sides together."""
SIDE = 600
"""Characters of one side of one place."""

Turn = Literal["task", "lead", "person"]
_ASKED_FROM, _LEFT_TO_PERSON_FROM = 2, 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Lines that both sides made something else of: their number in the base, from 1, and the three texts."""

    line: int
    base: str
    landed: str
    own: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Clash:
    """A file that a patch and what landed first changed in the same lines."""

    path: str
    by: tuple[tuple[str, str], ...] = ()
    """The tasks that landed it, with their titles."""
    places: tuple[Place, ...] = ()
    words: str = ""
    """What clashed where it is no lines: a file that is gone, or no text."""


def whose_turn(times: int) -> Turn:
    """Who decides what becomes of a task whose patches clashed so many times."""
    if times >= _LEFT_TO_PERSON_FROM:
        return "person"
    return "lead" if times == _ASKED_FROM else "task"


def reason(conflicts: Sequence[str], lost: Sequence[str] = ()) -> str:
    """Why a patch goes back, in a sentence; what is beyond a dozen is counted."""
    if lost:
        return f"{in_short('git merged it with what landed first and dropped a part:', lost)}."
    return f"{in_short('Others changed the same lines and landed first:', conflicts)}."


def both_sides(why: str, clashes: Sequence[Clash]) -> str:
    """What an attempt that clashed leaves to the next: why, and each place as it was, as it landed and as it had it."""
    said = (
        "The attempt after it begins on what landed, with all else that this one changed in its workspace already; "
        "where they clash, what landed stands there. It is to bring this one's side in again, so that both hold."
    )
    parts, room = [why, said], LIMIT - len(why) - len(said)
    places = [text for each in clashes for text in _told(each)]
    for number, text in enumerate(places):
        if len(text) > room:
            parts.append(f"[{len(places) - number} more of {len(places)} places are left out]")
            break
        parts.append(text)
        room -= len(text)
    return "\n".join(parts)


def _told(clash: Clash) -> Iterator[str]:
    who = ", ".join(f"{task} ({' '.join(title.split())})" for task, title in clash.by)
    landed, path = f", landed with {who}" if who else "", shown(clash.path)
    if clash.words:
        yield f"{path}{landed}: {clash.words}"
    for each in clash.places:
        sides = (("as it was", each.base), ("as it landed", each.landed), ("as this attempt had it", each.own))
        fences = "".join(fence(shorten(text, SIDE), f"{label}{'' if text else ': nothing'}") for label, text in sides)
        yield f"{path}, line {each.line}{landed}:\n{fences}"
