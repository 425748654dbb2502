"""A commit that the forge's own merge queue made of several pull requests: fetched, and our checks reported on it.

Whether its tree was judged is looked up in every run of the repository; one that none has judged is not called green.
"""

from collections.abc import Awaitable, Sequence
from contextlib import ExitStack
from typing import Protocol

from ...orchestrator.errors import HeadMoved
from ...orchestrator.forge.port import Forge
from ...orchestrator.nouns.forge import CheckState
from ...orchestrator.nouns.happenings import GroupQueued
from ..repository import OpenRun, opened
from .place import Place


class GroupReport(Protocol):
    """Puts our checks on such a commit, by what the runs say of its tree."""

    def __call__(self, forge: Forge, sha: str, *, tree: str, runs: Sequence[OpenRun]) -> Awaitable[CheckState]:
        """What was reported."""
        ...


async def report_group(place: Place, queued: GroupQueued, report: GroupReport) -> str:
    """Report on it; what was reported, in words. A group that is gone or was made anew is left alone."""
    try:
        tree = await place.clone.tree_of_group(place.forge, queued.branch, queued.sha)
    except HeadMoved as moved:
        return str(moved)
    with ExitStack() as stack:
        threads = place.book.threads(place.forge.repo, also_over=True)
        folders = [folder for each in threads if (folder := place.folder(each.run)) is not None]
        runs = [stack.enter_context(opened(folder)) for folder in folders]
        state = await report(place.forge, queued.sha, tree=tree, runs=runs)
    return f"our checks on {queued.sha[:10]} say {state}"
