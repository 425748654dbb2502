"""The trees that work is put on: what a task starts from, whatever happened meanwhile, and what a run stands on."""

from .nouns.keys import integration_branch
from .nouns.runs import AttemptStatus
from .ports import Git
from .run_view import START, RunView, followed_by


async def hermetic_base(task: str, *, run: str, git: Git, view: RunView) -> str:
    """Merge the patches of a task's closure onto the start, dependencies first, equal ranks in the order of their ids.

    What landed together merges together; where a line-level merge in this order still fails, the tip of the run's
    branch as it was at first holds all of them, and the caller journals the tree that was chosen.
    """
    branch = integration_branch(run)
    tip = (await git.refs(branch))[branch]
    tree = await git.tree_of(view.start())
    for attempt in view.landed(view.closure(task)):
        merged = await _apply(attempt, onto=tree, git=git)
        if merged is None:
            return await git.tree_of(tip)
        tree = merged
    return tree


async def tip_tree(run: str, git: Git) -> str:
    """The tree that the run's branch points at."""
    branch = integration_branch(run)
    return await git.tree_of((await git.refs(branch))[branch])


async def ground_tree(view: RunView, git: Git) -> str:
    """What all work of the run stands on: the commit it began at with the files of its spec, and what it followed.

    Raises LookupError before the run has begun.
    """
    task = followed_by(view.store)
    for attempt in view.landed([task.id] if task is not None else []):
        if attempt.tree is not None:
            return attempt.tree
    start = view.store.choice(START)
    if start is None:
        raise LookupError("the run has no start yet")
    return await git.tree_of(start)


async def _apply(attempt: AttemptStatus, *, onto: str, git: Git) -> str | None:
    if attempt.tree is None:
        raise LookupError(f"attempt {attempt.key} landed without a tree")
    return (await git.merge(base=attempt.base_tree, ours=onto, theirs=attempt.tree)).tree
