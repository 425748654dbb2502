"""Walks a folder that a worker may have filled in any way. Reads names and stats, and follows nothing."""

import os
import stat
from collections.abc import Callable
from dataclasses import dataclass, field

from ..errors import PolicyViolation
from ..rules.tree_policy import is_git_name, shown
from .beneath import open_beneath

ENTRY_LIMIT = 200_000
"""Names in one workspace; what has more was made to be too much."""

_REPOSITORY = "is, or stands for, a repository inside the workspace; remove it"

Skip = Callable[[str, bool], bool]
"""Whether a path is left out; the second argument says that it is a folder."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Walk:
    """What was found, by path."""

    files: dict[str, os.stat_result] = field(default_factory=dict)
    """Regular files with one name."""
    links: set[str] = field(default_factory=set)
    folders: list[str] = field(default_factory=list)
    """Outer ones first."""
    strange: dict[str, str] = field(default_factory=dict)
    """What no tree may hold, and why, as the end of a sentence."""


def walk(root: int, *, skip: Skip) -> Walk:
    """Everything beneath the open folder but what ``skip`` leaves out, and its own ``.git``.

    Raises:
        PolicyViolation: there are more than `ENTRY_LIMIT` names.
    """
    found = Walk()
    waiting = [""]
    names = 0
    while waiting:
        folder = waiting.pop()
        names += _enter(root, folder, skip, found, waiting)
        if names > ENTRY_LIMIT:
            raise PolicyViolation(f"The workspace holds more than {ENTRY_LIMIT} files and folders")
    return found


def _enter(root: int, folder: str, skip: Skip, found: Walk, waiting: list[str]) -> int:
    try:
        descriptor = open_beneath(root, folder, os.O_RDONLY | os.O_DIRECTORY)
    except FileNotFoundError:
        return 0
    except (OSError, PolicyViolation) as error:
        found.strange[folder] = f"cannot be looked into ({getattr(error, 'strerror', None) or 'it moved'})"
        return 0
    names = 0
    prefix = f"{folder}/" if folder else ""
    try:
        with os.scandir(descriptor) as entries:
            for entry in entries:
                names += 1
                path = prefix + entry.name
                if entry.is_dir(follow_symlinks=False):
                    _meet_folder(path, entry.name, skip, found, waiting)
                elif path != ".git" and not skip(path, False):
                    _meet_file(path, entry, found)
    finally:
        os.close(descriptor)
    return names


def _meet_folder(path: str, name: str, skip: Skip, found: Walk, waiting: list[str]) -> None:
    if path == ".git" or skip(path, True):
        return
    if _is_repository(name):
        found.strange[path] = _REPOSITORY
        return
    found.folders.append(path)
    waiting.append(path)


def _is_repository(name: str) -> bool:
    """`is_git_name`, asked only of names that begin as all of its disguises do."""
    return (name[:1] in {".", "g", "G"} or not name.isascii()) and is_git_name(name)


def _meet_file(path: str, entry: "os.DirEntry[str]", found: Walk) -> None:
    try:
        status = entry.stat(follow_symlinks=False)
    except FileNotFoundError:
        return
    if _is_repository(entry.name):
        found.strange[path] = _REPOSITORY
    elif stat.S_ISLNK(status.st_mode):
        found.links.add(path)
    elif not stat.S_ISREG(status.st_mode):
        found.strange[path] = "is not a regular file; remove it"
    elif status.st_nlink > 1:
        found.strange[path] = "is a hard link, a second name of some other file; replace it by a copy"
    else:
        found.files[path] = status


def complain(strange: dict[str, str]) -> None:
    """Raise PolicyViolation if the walk met what no tree may hold."""
    if strange:
        words = (f"{shown(path) if path else 'The workspace'} {why}" for path, why in sorted(strange.items()))
        raise PolicyViolation("; ".join(words), paths=sorted(strange))
