"""Opens the repository a run works on, or makes a new one."""

from dataclasses import replace
from pathlib import Path

from ..errors import GitError, RepositoryError
from ..nouns.runs import CommitRules
from .commits import who_and_when
from .config import repository_config
from .door import Door
from .location import Location, foreign_owner, locate
from .person import person
from .repository import Repository
from .scrub import disarm
from .temporary import mark_own

BRANCH = "main"


def open_repository(path: Path, *, rules: CommitRules | None = None) -> Repository:
    """The repository around ``path``, which may be a folder of it or a linked work tree.

    Raises:
        RepositoryError: there is none, it belongs to somebody else, or git cannot read it.
    """
    location = locate(path)
    door = Door(git_dir=location.git_dir)
    try:
        settings = repository_config(door)
        _check_owner(location, door)
    except GitError as error:
        raise RepositoryError(f"The repository at {location.root} cannot be read. {error}") from error
    return Repository(location, replace(door, settings=disarm(settings)), rules=rules)


def create_repository(path: Path, *, at: float, rules: CommitRules | None = None) -> Repository:
    """A new repository in a folder that is missing or empty, with one empty commit on `BRANCH`; ``at`` dates it.

    Raises:
        RepositoryError: the folder has something in it or cannot be made.
    """
    try:
        path.mkdir(parents=True, exist_ok=True)
        occupied = any(path.iterdir())
    except OSError as error:
        raise RepositoryError(f"{path} cannot be made a repository: {error.strerror}.") from error
    if occupied:
        raise RepositoryError(f"{path} is not empty: run `git init` and commit what is there, or name a new folder.")
    root = path.resolve()
    door = Door(git_dir=root / ".git")
    try:
        replace(door, work_tree=root).run("init", "--quiet", "--template=", f"--initial-branch={BRANCH}")
        _first_commit(door, at=at)
    except GitError as error:
        raise RepositoryError(f"{path} cannot be made a repository. {error}") from error
    return open_repository(root, rules=rules)


def empty_repository(path: Path) -> Repository:
    """The repository in a folder, made where there is none: no commit, no checkout, and no remote in its settings.

    Whoever makes it at the same time finds the same one.

    Raises:
        RepositoryError: the folder cannot be made a repository.
    """
    try:
        path.mkdir(parents=True, exist_ok=True)
        replace(Door(git_dir=path.resolve() / ".git"), work_tree=path.resolve()).run(
            "init", "--quiet", "--template=", f"--initial-branch={BRANCH}"
        )
        mark_own(path.resolve() / ".git")
    except (OSError, GitError) as error:
        raise RepositoryError(f"{path} cannot be made a repository. {error}") from error
    return open_repository(path.resolve())


def _first_commit(door: Door, *, at: float) -> None:
    who = person(door)
    identity = (who.name, who.address)
    tree = door.run("mktree").output.decode().strip()
    dated = replace(door, variables=who_and_when(author=identity, committer=identity, at=at))
    commit = dated.run("commit-tree", tree, stdin=b"Start\n").output.decode().strip()
    door.run("update-ref", f"refs/heads/{BRANCH}", commit, "0" * len(commit))


def _check_owner(location: Location, door: Door) -> None:
    """What git calls dubious ownership: our explicit --git-dir would step over its own check."""
    foreign = foreign_owner(location)
    if foreign is None:
        return
    asked = replace(door, personal=True).run("config", "--get-all", "-z", "safe.directory", accept=(0, 1))
    allowed = asked.output.decode("utf-8", "surrogateescape").split("\0")
    if "*" not in allowed and str(location.root) not in allowed:
        raise RepositoryError(
            f"{foreign} belongs to another user, so its configuration is not to be trusted. If you trust it, run "
            f"`git config --global --add safe.directory {location.root}`."
        )
