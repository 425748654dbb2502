"""Which messages of a forge say the same, so that a burst of them is worked off as one. Pure.

A message says only that something happened; what is true is asked of the forge when it is worked on. So of two that say
the same the later one is enough, unless something about the same thread stands between them: what a person said is
never passed by what happened after it.
"""

from collections.abc import Sequence
from dataclasses import replace

from ..nouns.happenings import CheckEnded, Commented, Delivery, Happening, Opened, PullMoved, Pushed


def is_repeatable(delivery: Delivery) -> bool:
    """Whether another message could say the same."""
    return _both(delivery.happening, delivery.happening) is not None or isinstance(delivery.happening, Pushed)


def coalesced(first: Delivery, later: Sequence[Delivery]) -> tuple[Delivery, tuple[int, ...]]:
    """The first message with all that says the same after it in the same repository, and the places of these.

    It keeps its own id; ``later`` is in the order in which it came.
    """
    what, places = first.happening, list[int]()
    for place, each in enumerate(later):
        if each.repo != first.repo:
            continue
        both = _both(what, each.happening)
        if both is not None:
            what = both
            places.append(place)
        elif _number(each.happening) == _number(what) is not None:
            break
    return replace(first, happening=what), tuple(places)


def _both(first: Happening, then: Happening) -> Happening | None:
    """What says both; None where they do not say the same."""
    match first, then:
        case PullMoved(action="synchronize"), PullMoved(action="synchronize") if first.number == then.number:
            return replace(then, before=first.before)
        case CheckEnded(rerequested=False), CheckEnded(rerequested=False) if _of(first) == _of(then):
            return then
        case Pushed(), Pushed() if (first.branch, first.after) == (then.branch, then.before):
            return replace(then, before=first.before, forced=first.forced or then.forced)
        case Opened(action="edited"), Opened(action="edited") if first == then:
            return then
        case Commented(action="edited"), Commented(action="edited") if _edit(first) == _edit(then):
            return then
    return None


def _of(check: CheckEnded) -> tuple[str, str, str]:
    return (check.sha, check.name, check.app)


def _edit(comment: Commented) -> tuple[int, int, object]:
    return (comment.number, comment.comment.id, comment.by)


def _number(happening: Happening) -> int | None:
    number = getattr(happening, "number", None)
    return number if isinstance(number, int) else None
