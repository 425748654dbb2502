"""Whether a merge that calls itself clean holds all that both sides did: each hunk is accounted for, or named. Pure.

A hunk of a patch landed as it is, beside what others changed in the same file, or was there already because somebody
landed the same. What is none of these was dropped, by a driver that an attribute names or by a rule of git's that we do
not know: such a merge counts as a clash, and says so.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from .both_sides import By, Lines, Region, joined, lines_of

MOST_PLACES = 12
_EITHER: tuple[By, By] = ("landed", "own")


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """What became of a patch's hunks in one file."""

    path: str
    beside: int = 0
    """Hunks that landed beside what others changed."""
    there: int = 0
    """Hunks that somebody had landed already."""
    lost: tuple[str, ...] = ()
    """What is not in the merged file, a sentence each."""


def account(path: str, base: bytes, found: Sequence[Region], merged: bytes) -> Account:
    """Hold a merged file against the regions that the two sides changed."""
    clashing, lost = [each for each in found if each.by == "clash"], list[str]()
    if clashing and not _holds_both(base, found, merged):
        places = [_where(each.at, len(each.base)) for each in clashing]
        lost = [f"{path}: both sides changed {place}, and one was taken" for place in places]
    elif not clashing and (wanted := joined(base, found)) != merged:
        lost = [f"{path}: the merged file is not what both sides made of it, from line {_apart(wanted, merged)}"]
    return Account(
        path=path,
        beside=sum(each.hunks for each in found if each.by != "both"),
        there=sum(each.hunks for each in found if each.by == "both"),
        lost=tuple(lost),
    )


def _holds_both(base: bytes, found: Sequence[Region], merged: bytes) -> bool:
    """Whether both sides' lines are there where they clash, one behind the other, as `merge=union` leaves them."""
    sides = [joined(base, [replace(each, by=by) if each.by == "clash" else each for each in found]) for by in _EITHER]
    lines, theirs = lines_of(merged), (line for each in found if each.by == "clash" for line in each.own)
    more = Counter(lines) - (Counter(lines_of(sides[0])) + Counter(theirs))
    return merged not in sides and not more and all(_in_order(lines_of(side), lines) for side in sides)


def _in_order(wanted: Lines, lines: Lines) -> bool:
    """Whether lines are all there, in this order, with others between them or not."""
    left = iter(lines)
    return all(line in left for line in wanted)


def in_words(accounts: Sequence[Account]) -> tuple[str, ...]:
    """What of a patch others had landed already, in a sentence; none where that is nothing."""
    told = [f"{each.there} of {_counted(each.there + each.beside)} in {each.path}" for each in accounts if each.there]
    return (in_short("others had landed the same already:", told),) if told else ()


def in_short(said: str, places: Sequence[str]) -> str:
    """A sentence and the places that it is about, those beyond a dozen counted; empty where there are none."""
    if not places:
        return ""
    more = len(places) - MOST_PLACES
    return f"{said} {', '.join(places[:MOST_PLACES])}{f' and {more} more' if more > 0 else ''}"


def given_up(path: str, base: Lines, own: Sequence[Region], landed: bytes) -> Iterator[str]:
    """The places of an earlier attempt's changes whose lines are not in the file that its successor landed."""
    there = set(lines_of(landed))
    for each in own:
        came = [line for line in each.own if line not in each.base and line.strip()]
        if any(line not in there for line in came) or (not came and _has(there, each, base)):
            yield f"{path}: {_where(each.at, len(each.base))}"


def _has(there: set[bytes], region: Region, base: Lines) -> bool:
    """Whether lines that were to go, and stood nowhere else, are still there."""
    went = [line for line in region.base if line.strip() and base.count(line) == 1]
    return any(line in there for line in went)


def _where(at: int, lines: int) -> str:
    return f"lines {at + 1} to {at + lines}" if lines > 1 else f"line {at + 1}"


def _apart(wanted: bytes, merged: bytes) -> int:
    """The first line, from 1, in which two texts differ."""
    one, other = lines_of(wanted), lines_of(merged)
    same = next((at for at, pair in enumerate(zip(one, other, strict=False)) if pair[0] != pair[1]), None)
    return 1 + (min(len(one), len(other)) if same is None else same)


def _counted(number: int) -> str:
    return f"{number} hunk" if number == 1 else f"{number} hunks"
