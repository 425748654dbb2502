"""A commit that holds several branches, for a run that builds on more than one. Moves no ref."""

from collections.abc import Sequence

from ..errors import GitError
from .names import object_id
from .repository import Repository


async def stacked(repository: Repository, tips: Sequence[str], *, at: float) -> str:
    """The one of these commits that holds all the others, else a merge of them; ``at`` dates it.

    Raises:
        GitError: two of them clash; says in which files.
    """
    left = await _highest(repository, list(dict.fromkeys(tips)))
    tip, *others = left
    for other in others:
        tip = await _merged(repository, tip, other, at=at)
    return tip


async def _highest(repository: Repository, tips: list[str]) -> list[str]:
    """Those that no other one has in its history, in their order."""
    kept: list[str] = []
    for tip in tips:
        span = ("--max-count=1", "--end-of-options", object_id(tip), *(f"^{object_id(o)}" for o in tips if o != tip))
        if (await repository.door.call("rev-list", *span)).output.strip():
            kept.append(tip)
    return kept


async def _merged(repository: Repository, ours: str, theirs: str, *, at: float) -> str:
    options = ("--write-tree", "--name-only", "--no-messages", "-z", "--end-of-options")
    answer = await repository.door.call("merge-tree", *options, object_id(ours), object_id(theirs), accept=(0, 1))
    tree, *names = [part.decode("utf-8", "replace") for part in answer.output.split(b"\0") if part]
    if answer.status:
        raise GitError(f"the branches it builds on clash in {', '.join(sorted(set(names)))[:300]}: merge them by hand")
    message = f"Merge {theirs[:10]} into {ours[:10]}\n\nBoth are what a run of a batch builds on.\n"
    return await repository.commit(tree=object_id(tree), parents=[ours, theirs], message=message, at=at)
