"""What state the user's repository is in, for the messages before a run. Reads; changes nothing."""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from ..errors import RepositoryError
from .below import files_below
from .config import read_config, repository_config
from .door import OLDEST, Door
from .names import object_id
from .person import Person, person
from .repository import Repository

_SHOWN = 5
_DEBRIS = re.compile(r"(?:.*/)?(?:\..*|__pycache__/|node_modules/|venv/|[^/]+(?:~|\.pyc|\.egg-info/))", re.DOTALL)
"""What tools leave behind and what is hidden, for a repository that ignores nothing yet."""
_UNFINISHED = {
    "MERGE_HEAD": "a merge",
    "CHERRY_PICK_HEAD": "a cherry-pick",
    "REVERT_HEAD": "a revert",
    "rebase-merge": "a rebase",
    "rebase-apply": "a rebase",
    "BISECT_LOG": "a bisect",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Survey:
    """The repository as it stands. A run can start when there are no ``problems``."""

    git: str
    """The version of git, such as ``2.39.5``."""
    root: str
    head: str | None
    """The commit HEAD is at; None before the first one."""
    branch: str | None
    """The branch that is checked out; None with a detached HEAD."""
    bare: bool
    shallow: bool
    partial: bool
    """A partial clone: objects may be missing, and nothing is fetched during a run."""
    submodules: tuple[str, ...]
    dirty: tuple[str, ...]
    """Tracked files with changes that are not committed, but for the spec."""
    untracked: tuple[str, ...]
    """Files git does not know and does not ignore, but for the spec and what is hidden; folders end with a slash."""
    unfinished: tuple[str, ...]
    person: Person
    problems: tuple[str, ...]
    """Why a run cannot start, each with what to do."""
    notes: tuple[str, ...]
    """What a person should know before it starts."""


async def survey(repository: Repository) -> Survey:
    """Look at the repository; raises GitError if git cannot read it."""
    return await repository.door.aside(lambda: look(repository))


def look(repository: Repository, *, spec: Path | None = None, based: bool = False) -> Survey:
    """`survey` for callers without an event loop; ``spec`` is read as it stands, committed or not.

    ``based``: a commit to start from is named, so that none has to be checked out.
    """
    door, location = repository.door, repository.location
    answer = door.run("rev-parse", "--verify", "--quiet", "HEAD^{commit}", accept=(0, 1, 128))
    head = object_id(answer.output.decode().strip()) if answer.status == 0 else None
    settings = repository_config(door)
    changes = () if location.bare or head is None else _changes(repository, settings)
    read = _inside(spec, location.root)
    found = Survey(
        git=door.run("version").output.decode("ascii", "replace").split()[2],
        root=str(location.root),
        head=head,
        branch=_branch(repository),
        bare=location.bare or settings.get("core.bare") == "true",
        shallow=(location.common_dir / "shallow").exists(),
        partial="extensions.partialclone" in settings or any(key.endswith(".promisor") for key in settings),
        submodules=_submodules(repository, head),
        dirty=tuple(path for state, path in changes if state != "??" and path != read),
        untracked=tuple(path for state, path in changes if state == "??" and _counts(path, location.root, read)),
        unfinished=tuple(dict.fromkeys(n for f, n in _UNFINISHED.items() if (location.git_dir / f).exists())),
        person=person(door),
        problems=(),
        notes=(),
    )
    taken = "refs/heads/agentctl" in _refs(repository)
    return replace(found, problems=tuple(_problems(found, taken=taken, based=based)), notes=tuple(_notes(found)))


def require(found: Survey) -> None:
    """Raise RepositoryError if a run cannot start from here, naming everything that stands in the way."""
    if found.problems:
        raise RepositoryError("\n".join(found.problems))


def _branch(repository: Repository) -> str | None:
    text = (repository.location.git_dir / "HEAD").read_text(encoding="utf-8", errors="replace").strip()
    return text.removeprefix("ref: refs/heads/") if text.startswith("ref: refs/heads/") else None


def _submodules(repository: Repository, head: str | None) -> tuple[str, ...]:
    if head is None:
        return ()
    output = repository.door.run("ls-tree", "-r", "-z", "--full-tree", "--end-of-options", head).output
    links = (record.partition(b"\t")[2] for record in output.split(b"\0") if record.startswith(b"160000 "))
    return tuple(path.decode("utf-8", "replace") for path in links)


def _changes(repository: Repository, settings: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    """Files that differ from HEAD and files git does not know, each with git's two letters for how.

    A folder of which git knows nothing is one entry, so that 20,000 new files at the top, the worst case, take 0.1 s.
    How the checkout treats line ends and links is as the repository says.
    """
    own = {key: settings[key.lower()] for key in ("core.autocrlf", "core.symlinks") if key.lower() in settings}
    seen = {"core.symlinks": "true", "core.excludesFile": _ignored(repository.door)}
    door = repository.door
    beside = replace(door, settings={**door.settings, **seen, **own}, work_tree=repository.location.root)
    options = ("--porcelain=v1", "-z", "--untracked-files=normal", "--ignore-submodules=all", "--no-renames")
    output = beside.run("status", *options).output.decode("utf-8", "replace")
    return tuple((record[:2], record[3:]) for record in output.split("\0") if record)


def _ignored(door: Door) -> str:
    """The person's own list of what git is to ignore everywhere; the repository is not asked where that is."""
    home = os.environ.get("XDG_CONFIG_HOME") or "~/.config"
    path = f"{home}/git/ignore"
    for setting in read_config(replace(door, personal=True)):
        if setting.key == "core.excludesfile" and setting.scope in {"system", "global"}:
            path = setting.value
    chosen = os.path.expanduser(path)  # noqa: PTH111 - leaves ~somebody as it is, where pathlib raises
    return chosen if Path(chosen).is_file() else os.devnull


def _inside(spec: Path | None, root: Path) -> str | None:
    """The spec's path as git writes it; None where it is in no commit anyway."""
    if spec is None or not spec.resolve().is_relative_to(root.resolve()):
        return None
    return spec.resolve().relative_to(root.resolve()).as_posix()


def _counts(path: str, root: Path, spec: str | None) -> bool:
    """Whether an untracked file or folder looks like a part of the project that was forgotten."""
    if path == spec or _DEBRIS.fullmatch(path):
        return False
    return spec is None or not spec.startswith(path) or any(each != root / spec for each in files_below(root / path))


def _refs(repository: Repository) -> set[str]:
    output = repository.door.run(
        "for-each-ref", "--format=%(refname)", "--end-of-options", "refs/heads/agentctl"
    ).output
    return set(output.decode("utf-8", "replace").split())


def _problems(found: Survey, *, taken: bool, based: bool) -> list[str]:
    problems: list[str] = []
    if _version(found.git) < _version(OLDEST):
        problems.append(f"git {found.git} is too old: install {OLDEST} or newer.")
    if found.bare:
        problems.append(f"{found.root} is a bare repository: clone it, and start the run in the clone.")
    if found.head is None and not based:
        problems.append(f"{found.root} has no commit yet: make one, for example `git commit --allow-empty -m Start`.")
    if taken:
        problems.append(
            "There is a branch named `agentctl`, where a run keeps its branches: rename it with `git branch -m`."
        )
    return problems


def _version(text: str) -> tuple[int, ...]:
    return tuple(int(part) for part in text.split(".")[:2] if part.isdigit())


def _some(paths: tuple[str, ...]) -> str:
    more = f" and {len(paths) - _SHOWN} more" if len(paths) > _SHOWN else ""
    shown = (path if path.isprintable() else path.encode("unicode_escape").decode() for path in paths[:_SHOWN])
    return f"{', '.join(shown)}{more}"


def _notes(found: Survey) -> list[str]:
    notes: list[str] = []
    if found.branch is None and found.head is not None:
        notes.append(f"HEAD is detached at {found.head[:12]}: the run starts from that commit.")
    if found.dirty or found.untracked:
        parts = [f"changes in {_some(found.dirty)}"] if found.dirty else []
        parts += [f"untracked {_some(found.untracked)}"] if found.untracked else []
        notes.append(f"Not committed, so not part of the run: {'; '.join(parts)}.")
    if found.unfinished:
        notes.append(f"In the middle of {' and '.join(found.unfinished)}: the run starts from the last commit.")
    if found.submodules:
        notes.append(f"Submodules stay as they are and are empty for workers: {', '.join(found.submodules[:_SHOWN])}.")
    if found.shallow:
        notes.append("A shallow clone: the run works, and its branch ends where the clone's history does.")
    if found.partial:
        notes.append(
            "A partial clone: files that were not fetched yet cannot be read; `git fetch --refetch` gets them."
        )
    if not found.person.configured:
        notes.append(f"git does not know who you are: commits go under {found.person}. Set user.name and user.email.")
    if found.person.signs:
        notes.append("commit.gpgsign is set: turn on `sign` in the commit settings to have the run's commits signed.")
    return notes
