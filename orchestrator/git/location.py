"""Where a repository is on disk and whose it is. Looks at folders and files only; starts no git."""

import os
from dataclasses import dataclass
from pathlib import Path

from ..errors import RepositoryError


@dataclass(frozen=True, slots=True, kw_only=True)
class Location:
    """A repository's folders, all absolute; in a linked work tree ``git_dir`` and ``common_dir`` differ."""

    root: Path
    """The checkout; of a bare repository the git directory itself."""
    git_dir: Path
    common_dir: Path
    bare: bool = False


def locate(path: Path) -> Location:
    """The repository around ``path``.

    Raises:
        RepositoryError: there is none, or a ``.git`` file points nowhere.
    """
    start = path.expanduser().absolute()
    if not start.is_dir():
        raise RepositoryError(f"{path} is not a folder: name the folder of a repository.")
    start = start.resolve()
    for folder in (start, *start.parents):
        found = _at(folder)
        if found is not None:
            return found
    raise RepositoryError(f"{path} is not inside a git repository: run `git init` there, or name another folder.")


def foreign_owner(location: Location) -> Path | None:
    """The first of the repository's folders that belongs to somebody else, if one does; git's own rule."""
    trusted = {os.geteuid()}
    if os.geteuid() == 0 and os.environ.get("SUDO_UID", "").isdigit():
        trusted.add(int(os.environ["SUDO_UID"]))
    for folder in (location.root, location.git_dir, location.common_dir):
        if folder.stat().st_uid not in trusted:
            return folder
    return None


def _at(folder: Path) -> Location | None:
    link = folder / ".git"
    if link.is_file():
        return _linked(folder, link)
    if _is_git_dir(link):
        return Location(root=folder, git_dir=link.resolve(), common_dir=_common(link.resolve()))
    if _is_git_dir(folder):
        return Location(root=folder, git_dir=folder, common_dir=_common(folder), bare=True)
    return None


def _linked(folder: Path, link: Path) -> Location:
    text = link.read_text(encoding="utf-8", errors="surrogateescape").strip()
    git_dir = (folder / text.removeprefix("gitdir:").strip()).resolve()
    if not text.startswith("gitdir:") or not (git_dir / "HEAD").exists():
        raise RepositoryError(f"{link} does not name a git directory: repair it with `git worktree repair`.")
    return Location(root=folder, git_dir=git_dir, common_dir=_common(git_dir))


def _common(git_dir: Path) -> Path:
    pointer = git_dir / "commondir"
    if not pointer.is_file():
        return git_dir
    return (git_dir / pointer.read_text(encoding="utf-8", errors="surrogateescape").strip()).resolve()


def _is_git_dir(folder: Path) -> bool:
    return os.path.lexists(folder / "HEAD") and (folder / "objects").is_dir() and (folder / "refs").is_dir()
