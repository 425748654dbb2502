"""The tree a task starts from: the run's start plus what its dependencies landed, whatever else happened meanwhile."""

from .nouns.keys import integration_branch
from .nouns.runs import AttemptStatus
from .ports import Git
from .run_view import RunView


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


async def _apply(attempt: AttemptStatus, *, onto: str, git: Git) -> str | None:
    if attempt.tree is None:
        raise LookupError(f"attempt {attempt.key} landed without a tree")
    return (await git.merge(base=attempt.base_tree, ours=onto, theirs=attempt.tree)).tree
