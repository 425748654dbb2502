"""What was built of a spec before: its lock, in the base of a run or on the branch of one that was not merged yet."""

from pathlib import Path

from ..orchestrator.errors import SpecError
from ..orchestrator.git.repository import Repository
from ..orchestrator.lineage import Lineage
from ..orchestrator.nouns.keys import integration_branch
from ..orchestrator.nouns.plan import SpecView
from ..orchestrator.nouns.runs import Run
from ..orchestrator.ports import Store
from ..orchestrator.run_view import SPEC_PATH
from ..orchestrator.store.folder import RunFolder, all_runs
from ..specs.anchor import anchored
from ..specs.lock import Lock, LockError, lock_path, read_lock
from ..specs.nouns import Spec
from .spec_copy import read, view_of_copy


async def spec_of(folder: RunFolder, store: Store, git: Repository) -> SpecView:
    """The spec of a run as its driver reads it: under the ids that an earlier build gave its items."""
    run, path = store.run(), store.choice(SPEC_PATH)
    view = view_of_copy(folder, store, before=None)
    if not path or view.small or run.settings.anew:
        return view
    before = await lineage(git, run, read(folder, store), place=path)
    return view if before is None else view_of_copy(folder, store, before=before)


async def lineage(git: Repository, run: Run, spec: Spec, *, place: str) -> Lineage | None:
    """What the run may keep, with the spec's uncounted items under the ids they had; None for a spec that is new.

    ``place`` is the spec's path in the repository. Raises SpecError for a lock that cannot be read.
    """
    lock = await _lock_at(git, run.base, place)
    if lock is not None:
        return Lineage(lock=lock, spec=anchored(spec, lock))
    for folder in reversed(all_runs(Path(run.settings.repo))):
        tip = await git.resolve(integration_branch(folder.run)) if folder.run != run.id else None
        lock = await _lock_at(git, tip, place) if tip is not None else None
        if lock is not None:
            return Lineage(lock=lock, spec=anchored(spec, lock), merged=False)
    return None


async def _lock_at(git: Repository, commit: str, spec: str) -> Lock | None:
    """The lock beside a spec at a commit, if it remembers tasks."""
    path = lock_path(spec)
    entry = (await git.entries(await git.tree_of(commit))).get(path)
    if entry is None:
        return None
    try:
        lock = read_lock((await git.read(entry.id)).decode("utf-8", "replace"))
    except LockError as error:
        raise SpecError(f"{path}, {error}") from error
    return lock if lock.tasks else None
