"""Finds patches in the folders of earlier runs. Only reads; a folder that cannot be read has none."""

from pathlib import Path

from ..errors import AgentctlError
from ..nouns.keys import ACTION
from ..nouns.runs import OldPatch
from .folder import RunFolder, all_runs
from .sqlite import open_readonly

MOST_RUNS = 30
"""Runs that are looked at, the latest first; each costs about a millisecond."""


class OldPatches:
    """The patches of a repository's runs by action key; the folders are read at the first question.

    Args:
        root: the repository's root.
        run: the run that asks, which is left out.
    """

    def __init__(self, root: Path, *, run: str) -> None:
        self._root = root
        self._run = run
        self._known: dict[str, OldPatch] | None = None

    def find(self, action: str) -> OldPatch | None:
        """The latest patch that landed under this key."""
        if self._known is None:
            self._known = {}
            for folder in all_runs(self._root)[-MOST_RUNS:]:
                if folder.run != self._run:
                    self._known |= _patches_of(folder)
        return self._known.get(action)


def _patches_of(folder: RunFolder) -> dict[str, OldPatch]:
    try:
        with open_readonly(folder.run_db) as store:
            landed = {landing.key.task: store.attempt(landing.key) for landing in store.landings()}
            keys = {task: store.choice(f"{ACTION}{task}") for task in landed}
    except AgentctlError:
        return {}
    found = ((keys[task], attempt) for task, attempt in landed.items())
    return {
        action: OldPatch(base_tree=attempt.base_tree, tree=attempt.tree)
        for action, attempt in found
        if action is not None and attempt is not None and attempt.tree is not None
    }
