"""Moves the checkout of a repository that agentctl itself has made, as its owner would. No other is ever touched."""

from dataclasses import replace
from pathlib import Path

from ..errors import GitError
from ..ports import TreeEntry
from .names import object_id
from .opening import BRANCH
from .repository import Repository

_REF = f"refs/heads/{BRANCH}"


async def add_file(repository: Repository, root: Path, path: str, content: bytes, *, message: str, at: float) -> str:
    """Commit one file on top of the branch and check it out; gives the commit."""
    head = await _head(repository)
    entry = TreeEntry(mode="100644", id=await repository.write(content))
    tree = await repository.amend_tree(await repository.tree_of(head), {path: entry})
    commit = await repository.commit(tree=tree, parents=(head,), message=message, at=at)
    await forward(repository, root, commit)
    return commit


async def forward(repository: Repository, root: Path, commit: str) -> None:
    """Move the branch and the files to a commit that goes on from it.

    Raises:
        GitError: a file in the way, or a branch that somebody else moved.
    """
    head = await _head(repository)
    door = replace(repository.door, work_tree=root)
    await door.call("read-tree", "-m", "-u", object_id(head), object_id(commit))
    await door.call("update-ref", _REF, object_id(commit), object_id(head))


async def _head(repository: Repository) -> str:
    head = await repository.resolve(_REF)
    if head is None:
        raise GitError(f"{_REF} is not there")
    return head
