"""The patches of attempts and of the whole run, through the git door."""

from dataclasses import dataclass
from pathlib import Path

from ..orchestrator.errors import UsageError
from ..orchestrator.git.opening import open_repository
from ..orchestrator.nouns.keys import integration_branch
from ..orchestrator.run_view import ground_of
from .finding import attempt_named
from .outcome import branch
from .repository import OpenRun
from .reviews import notes_on, reviews_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Patch:
    """What changed between two trees: paths with ``A``, ``M`` or ``D``, and the unified diff."""

    text: str
    paths: tuple[tuple[str, str], ...]
    notes: tuple[str, ...] = ()
    """What a critic said of it."""


async def patch_of(root: Path, run: OpenRun, name: str | None) -> Patch:
    """The patch of a task's or an attempt's tree against its base; of all that the run did where ``name`` is None.

    Raises:
        UsageError: nothing was written yet.
    """
    git = open_repository(root)
    notes: tuple[str, ...] = ()
    if name is None:
        old = ground_of(run.store)
        tip = await git.resolve(integration_branch(run.folder.run))
        if tip is None:
            raise UsageError(f"{branch(run.folder.run)} does not exist yet: nothing has landed.")
        trees = await git.tree_of(old), await git.tree_of(tip)
    else:
        attempt = attempt_named(run, name)
        if attempt.tree is None:
            yet = "" if attempt.over else " yet"
            raise UsageError(f"{attempt.key} has written no patch{yet}: it is {attempt.state}.")
        trees = attempt.base_tree, attempt.tree
        notes = tuple(notes_on(attempt.key, reviews_of(run.store.events())))
    before = await git.entries(trees[0])
    changes = await git.changed(*trees)
    paths = tuple(
        ("D" if entry is None else "M" if path in before else "A", path) for path, entry in sorted(changes.items())
    )
    return Patch(text=await git.diff(*trees), paths=paths, notes=notes)
