"""Work trees for people: linked to the user's repository, detached, beside every checkout there is.

Git makes and knows the link (``git worktree list``); the files are for others to write, so that no filter of the
repository's and no hook runs. Only the folder that is named and git's own note of it are touched.
"""

from dataclasses import replace
from pathlib import Path

from ..errors import GitError, UsageError
from .location import locate
from .names import object_id
from .repository import Repository


async def add_work_tree(repository: Repository, folder: Path, *, commit: str) -> None:
    """Link ``folder``, which is missing or empty, as a work tree whose HEAD and index are ``commit``, without files.

    Raises:
        UsageError: there is something in the folder.
        GitError: git refused.
    """
    await repository.door.aside(lambda: make_room(folder))
    door = replace(repository.door, git_dir=repository.location.common_dir)
    # Forced, git takes over its note of a work tree that stood in this folder and is gone; `worktree prune` would also
    # forget those of the person that are elsewhere for a while, such as on a disk that is not plugged in.
    options = ("--force", "--detach", "--no-checkout", "--quiet", "--end-of-options")
    await door.call("worktree", "add", *options, str(folder), object_id(commit))
    linked = replace(repository.door, git_dir=locate(folder).git_dir)
    await linked.call("read-tree", object_id(commit))


def is_free(folder: Path) -> bool:
    """Whether a work tree may be made there: nothing is, or an empty folder."""
    if folder.is_symlink() or not folder.exists():
        return not folder.is_symlink()
    return folder.is_dir() and not any(folder.iterdir())


def make_room(folder: Path) -> None:
    """Make the folders above it. Raises UsageError where there is something in it."""
    if not is_free(folder):
        raise UsageError(f"{folder} is not empty: name a folder that does not exist yet.")
    folder.parent.mkdir(parents=True, exist_ok=True)


def is_work_tree_of(repository: Repository, folder: Path) -> bool:
    """Whether the folder is, as a whole, a work tree of this repository."""
    if not (folder / ".git").exists():
        return False
    try:
        found = locate(folder)
    except (GitError, UsageError):
        return False
    return found.root == folder.resolve() and found.common_dir == repository.location.common_dir


async def checked_out(repository: Repository) -> frozenset[str]:
    """The branches, by their full names, that a checkout or a work tree of somebody stands on."""
    door = replace(repository.door, git_dir=repository.location.common_dir)
    # Our door calls every repository bare, so that git's list leaves out where the main checkout stands.
    main = (await door.call("rev-parse", "--symbolic-full-name", "HEAD", accept=(0, 128))).output
    listed = (await door.call("worktree", "list", "--porcelain", "-z")).output
    found = [main.strip(), *(line[7:] for line in listed.split(b"\0") if line.startswith(b"branch "))]
    return frozenset(each.decode("utf-8", "surrogateescape") for each in found if each.startswith(b"refs/heads/"))
