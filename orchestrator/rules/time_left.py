"""When a run will be done, by how fast it has gone so far; before anything has landed by its plan alone. Pure."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from ..nouns.runs import TaskStatus
from .critical_path import longest

_MINUTE = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Left:
    """A guess."""

    seconds: float
    measured: bool
    """By the run's own pace; else it is what the plan says of the whole."""


def time_left(tasks: Sequence[TaskStatus], *, elapsed: float, workers: int) -> Left | None:
    """How long the tasks that are not over still take; None where none is left.

    Two bounds, and the larger counts: the longest path that is left at the pace of the longest that has landed, and the
    work that is left at the rate at which work has landed. What is under way counts as not begun.

    Args:
        tasks: every task, with its planned minutes.
        elapsed: seconds since building began.
        workers: how many work at once, where nothing has landed that says how many do.
    """
    open_ones = [status for status in tasks if not status.over]
    landed = [status for status in tasks if status.state == "landed"]
    if not open_ones:
        return None
    work, path = _minutes(open_ones), longest(open_ones)
    done, done_path = _minutes(landed), longest(landed)
    if done <= 0 or elapsed <= 0:
        return Left(seconds=_MINUTE * max(path, work / max(workers, 1)), measured=False)
    return Left(seconds=elapsed * max(path / done_path, work / done), measured=True)


def _minutes(tasks: Collection[TaskStatus]) -> float:
    return sum(status.task.minutes for status in tasks)
