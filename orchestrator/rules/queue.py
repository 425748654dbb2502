"""Which waiting patches are judged together, and what follows from the verdict. Pure: state and event in, state out.

One group is judged at a time, stacked on the tip in the order of arrival:

1. Everything that waits becomes one group, at most ``limit`` patches.
2. A group that passes lands whole: the tree judged is the tree landed.
3. A group that fails is halved; the halves are judged one after the other, before anything that arrived later. When the
   first half lands, the second half is stacked on it: that is the very tree that failed before, so a pair's culprit is
   named without another run (verdicts are kept by tree).
4. A single patch that fails is rejected.

A patch that does not merge onto the stack never joins a group: `drop` takes it out.
"""

from dataclasses import dataclass, replace

GROUP_LIMIT = 16
"""Patches in one group at most; with one group at a time a larger one only makes a red verdict dearer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Queue:
    """What waits and what is being judged; patches are named by their attempt."""

    waiting: tuple[str, ...] = ()
    halves: tuple[tuple[str, ...], ...] = ()
    """Parts of groups that failed, next one first."""
    judging: tuple[str, ...] = ()


def arrive(queue: Queue, patch: str) -> Queue:
    """A patch joins the end of the queue; one that is already in it does not join twice."""
    known = {*queue.waiting, *queue.judging, *(p for half in queue.halves for p in half)}
    return queue if patch in known else replace(queue, waiting=(*queue.waiting, patch))


def start(queue: Queue, *, limit: int = GROUP_LIMIT) -> Queue:
    """Choose the next group; nothing changes while one is being judged or nothing waits."""
    if queue.judging:
        return queue
    if queue.halves:
        return replace(queue, judging=queue.halves[0], halves=queue.halves[1:])
    return replace(queue, judging=queue.waiting[:limit], waiting=queue.waiting[limit:])


def start_with(queue: Queue, group: tuple[str, ...]) -> Queue:
    """Choose this very group, once every patch of it is here; until then nothing changes."""
    here = {*queue.waiting, *(p for half in queue.halves for p in half)}
    if queue.judging or not here.issuperset(group):
        return queue
    rest = queue
    for patch in group:
        rest = drop(rest, patch)
    return replace(rest, judging=group)


def drop(queue: Queue, patch: str) -> Queue:
    """A patch leaves, wherever it stands: it did not merge, or its task was cancelled."""
    return Queue(
        waiting=tuple(p for p in queue.waiting if p != patch),
        halves=tuple(kept for half in queue.halves if (kept := tuple(p for p in half if p != patch))),
        judging=tuple(p for p in queue.judging if p != patch),
    )


def passed(queue: Queue) -> Queue:
    """The group being judged landed."""
    return replace(queue, judging=())


def failed(queue: Queue) -> tuple[Queue, str | None]:
    """The group being judged did not pass; returns the culprit where it is a single patch."""
    group = queue.judging
    if len(group) <= 1:
        return replace(queue, judging=()), group[0] if group else None
    middle = (len(group) + 1) // 2
    return replace(queue, judging=(), halves=(group[:middle], group[middle:], *queue.halves)), None
