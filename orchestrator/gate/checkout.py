"""Writes a tree of git as plain files into an empty folder, and takes folders away again. Never follows a link."""

import contextlib
import os
import shutil
import stat
from collections.abc import Mapping, Sequence
from pathlib import Path, PurePosixPath

from ..errors import PolicyViolation
from ..nouns.plan import LockedTest
from ..ports import Git

_LINK, _SUBMODULE, _EXECUTABLE = "120000", "160000", "100755"
Files = dict[str, tuple[str, bytes]]
"""Paths, with git's mode and the content; the content of a link is its target, of a submodule nothing."""


async def files_of(git: Git, tree: str) -> Files:
    """Everything in a tree."""
    entries = await git.entries(tree)
    contents = await git.read_many([entry.id for entry in entries.values() if entry.mode != _SUBMODULE])
    return {path: (entry.mode, contents.get(entry.id, b"")) for path, entry in entries.items()}


def overlay(files: Files, locked: Sequence[LockedTest]) -> Files:
    """The files with locked tests laid over them; whatever stood in their way, above or below, is gone."""
    laid = dict(files)
    for test in locked:
        path = PurePosixPath(test.path)
        above = {str(parent) for parent in path.parents}
        laid = {
            name: entry
            for name, entry in laid.items()
            if name not in above and name != test.path and not name.startswith(test.path + "/")
        }
    for test in locked:
        laid[test.path] = ("100644", test.text.encode())
    return laid


def beside(files: Files, laid: Mapping[str, bytes]) -> Files:
    """The files with others laid where nothing of them stands in the way, above or below."""
    if not laid:
        return files
    above = {str(parent) for path in files for parent in PurePosixPath(path).parents}
    free = {
        path: ("100644", content)
        for path, content in laid.items()
        if path not in above and not any(str(each) in files for each in (path, *PurePosixPath(path).parents))
    }
    return {**files, **free}


def write(files: Files, root: Path) -> None:
    """Write the files below ``root``, an empty folder of ours.

    Links come last, so that nothing is written through one. A path that is absolute, climbs or names a ``.git``
    raises PolicyViolation.
    """
    wrong = sorted(path for path in files if not _is_plain(path))
    if wrong:
        raise PolicyViolation("a tree has paths that cannot be checked out", paths=wrong)
    for folder in sorted({os.path.dirname(path) for path in files}):  # noqa: PTH120 - thousands of paths
        os.makedirs(os.path.join(root, folder), exist_ok=True)  # noqa: PTH103, PTH118 - as above
    links = []
    for path, (mode, content) in files.items():
        place = os.path.join(root, path)  # noqa: PTH118 - as above
        if mode == _LINK:
            links.append((os.fsdecode(content), place))
        elif mode == _SUBMODULE:
            os.makedirs(place, exist_ok=True)  # noqa: PTH103 - as above
        else:
            rights = 0o755 if mode == _EXECUTABLE else 0o644
            fd = os.open(place, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, rights)
            with open(fd, "wb") as file:  # noqa: PTH123 - a descriptor
                file.write(content)
    for target, place in links:
        os.symlink(target, place)  # noqa: PTH211 - as above


def _is_plain(path: str) -> bool:
    parts = path.split("/")
    return not any(part in ("", ".", "..") or part.lower() == ".git" for part in parts)


def changed(files: Files, root: Path, paths: Sequence[str]) -> list[str]:
    """Those of ``paths`` that are no longer what was written."""
    return [path for path in paths if not _holds(root / path, files[path][1])]


def _holds(path: Path, content: bytes) -> bool:
    try:
        fd = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError:
        return False
    with open(fd, "rb") as file:  # noqa: PTH123 - a descriptor
        return stat.S_ISREG(os.fstat(fd).st_mode) and file.read(len(content) + 1) == content


def remove(folder: Path) -> None:
    """Take a folder away, also one in which a command took rights away."""
    try:
        shutil.rmtree(folder)
    except FileNotFoundError:
        return
    except OSError:
        for parent, _, _ in os.walk(folder, onerror=_open_up):
            _open_up(parent)
        shutil.rmtree(folder, ignore_errors=True)


def _open_up(refused: OSError | str) -> None:
    path = refused if isinstance(refused, str) else refused.filename
    with contextlib.suppress(OSError):
        if not os.path.islink(path):  # noqa: PTH114 - given as text
            os.chmod(path, 0o700)  # noqa: PTH101 - as above
