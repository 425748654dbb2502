"""A commit that the forge's own merge queue made of several pull requests: fetched, judged, and our checks put on it.

Its tree counts as judged where a run has judged exactly that one; else it is judged now, by the gate of each run that
has a pull request in it. Whatever comes of it is said: a check that is required and says nothing holds up the queue.
"""

from collections.abc import Awaitable, Collection, Iterator
from pathlib import Path
from typing import Protocol

from ...orchestrator.errors import AgentctlError, DiskFull, ForgeAway, HeadMoved
from ...orchestrator.nouns.forge import CheckWanted
from ...orchestrator.nouns.happenings import GroupQueued
from ...orchestrator.nouns.verdicts import Verdict
from ...orchestrator.rules.merge_groups import in_group
from ...orchestrator.rules.run_checks import group_at_work, group_checks
from ...orchestrator.store.folder import RunFolder
from ..repository import OpenRun, opened
from .place import Place


class GroupGate(Protocol):
    """Judges such a tree by the gate of a run, which is open for writing."""

    def __call__(self, run: OpenRun, root: Path, tree: str, names: Collection[str], /) -> Awaitable[Verdict]:
        """``names`` are the slices of the run that the tree holds. Raises AgentctlError where it cannot be judged."""
        ...


async def report_group(place: Place, queued: GroupQueued, judge: GroupGate) -> str:
    """Report on it; what was reported, in words. A group that is gone or was made anew is left alone.

    Raises:
        ForgeAway: later may be better.
        DiskFull: nothing more can be kept.
    """
    try:
        tree = await place.clone.tree_of_group(place.forge, queued.branch, queued.sha)
    except HeadMoved as moved:
        return str(moved)
    try:
        verdict = await _verdict(place, queued, tree, judge)
        wanted = group_checks(queued.sha, verdict)
    except (ForgeAway, DiskFull):
        raise
    except AgentctlError as error:
        wanted = group_checks(queued.sha, None, trouble=str(error))
    await _put(place, wanted)
    return f"our checks on {queued.sha[:10]} say {wanted[0].state}"


async def _verdict(place: Place, queued: GroupQueued, tree: str, judge: GroupGate) -> Verdict | None:
    """What counts of all that the runs say of it: the first that refuses it, else one that passed it; None for none."""
    found: list[Verdict] = []
    for folder in _folders(place):
        with opened(folder) as run:
            known, names = run.store.verdict_of_tree(tree), await _ours(place, run, queued)
        if known is None and names:
            await _put(place, group_at_work(queued.sha))
            with opened(folder, write=True) as run:
                known = await judge(run, place.clone.root, tree, names)
        if known is not None:
            found.append(known)
    return next((each for each in found if not each.passed), found[0] if found else None)


def _folders(place: Place) -> Iterator[RunFolder]:
    for thread in place.book.threads(place.forge.repo, also_over=True):
        if (folder := place.folder(thread.run)) is not None:
            yield folder


async def _ours(place: Place, run: OpenRun, queued: GroupQueued) -> tuple[str, ...]:
    """The slices of a run that the group holds."""
    pulls = [each for each in run.store.pulls() if each.number and each.state == "open"]
    if not pulls:
        return ()
    git, base = place.clone.repository(), run.store.run().base
    commits = await git.log(since=base, tip=queued.sha) if await git.resolve(base) is not None else ()
    return tuple(each.name for each in in_group(queued.branch, commits, pulls))


async def _put(place: Place, wanted: Collection[CheckWanted]) -> None:
    for each in wanted:
        await place.forge.put_check(each)
