"""What was made of one base, done to another: what a task goes on from whose patch clashed, or that a person takes."""

from .accounted import Sides, regions_of
from .clashing import has_clashed
from .ports import Git, Job, TreeEntry
from .rules.both_sides import joined
from .rules.globs import covers
from .rules.tree_policy import REGULAR
from .run_view import RunView


async def carried(git: Git, *, old: str, tree: str, base: str) -> tuple[str, tuple[str, ...]]:
    """The tree, and the paths where both changed the same lines: there what the new base has stands."""
    merged = await git.merge(base=old, ours=base, theirs=tree)
    if merged.tree is not None:
        return merged.tree, ()
    before = await git.entries(old)
    without = await git.amend_tree(tree, {path: before.get(path) for path in merged.conflicts})
    rest = await git.merge(base=old, ours=base, theirs=without)
    if rest.tree is None:
        return base, merged.conflicts
    there, made = await git.entries(base), await git.entries(tree)
    texts = {
        path: (there[path].mode, Sides(base=before[path].id, landed=there[path].id, own=made[path].id))
        for path in merged.conflicts
        if all(path in files and files[path].mode in REGULAR for files in (before, there, made))
    }
    found = await regions_of(git, [sides for _, sides in texts.values()])
    lines: dict[str, TreeEntry | None] = {}
    for (path, (mode, sides)), each in zip(texts.items(), found, strict=True):
        lines[path] = TreeEntry(mode=mode, id=await git.write(joined(await git.read(sides.base), each)))
    return await git.amend_tree(rest.tree, lines), merged.conflicts


async def begun_with(job: Job, *, view: RunView, git: Git) -> str:
    """The tree that an attempt begins with: its base, with what the one before it had made where that clashed.

    The locked tests of its task are no work of its own, and what it does not own stays as it landed: a person may have
    been allowed to change more by hand.
    """
    key = job.key
    before = [each for each in view.store.attempts(key.task) if each.key.attempt == key.attempt - 1]
    clashed = next((each for each in before if has_clashed(view, each.key)), None)
    if clashed is None or clashed.tree is None:
        return job.base_tree
    tree, _ = await carried(git, old=clashed.base_tree, tree=clashed.tree, base=job.base_tree)
    locked, there = {each.path for each in job.locked}, await git.entries(job.base_tree)
    made = await git.changed(job.base_tree, tree)
    foreign = [path for path in made if path in locked or not any(covers(glob, path) for glob in job.task.owns)]
    return await git.amend_tree(tree, {path: there.get(path) for path in foreign}) if foreign else tree
