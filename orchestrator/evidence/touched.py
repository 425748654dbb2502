"""Which files of a checkout a command opened, in any language: inotify, from outside the sandbox.

Bind mounts show the inodes of the host, so a watch on a folder of the checkout hears what happens behind `bwrap` too;
it was tried under bubblewrap and under Landlock, with imports, plain reads, executed scripts, and symbolic links.
Opening is heard, asking whether a file is there is not: `paths_that_decide` adds the files whose coming would matter.
"""

import asyncio
import ctypes
import functools
import hashlib
import os
import re
import struct
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path, PurePosixPath
from types import TracebackType
from typing import Self

from ..ports import TreeEntry

WHOLE: tuple[str, ...] = ()
"""What is said where it is not known what was opened: everything may have been."""

_IN_OPEN, _IN_Q_OVERFLOW, _IN_IGNORED, _IN_ONLYDIR = 0x20, 0x4000, 0x8000, 0x0100_0000
_IN_ISDIR = 0x4000_0000
_EVENT = struct.Struct("iIII")
_CHUNK = 1 << 18
_LINK = "120000"
_BYTECODE = re.compile(r"((?:.*/)?)__pycache__/([^/]+?)\.[^/.]+(?:\.opt-\d)?\.pyc", re.DOTALL)
_SETTINGS = frozenset(
    (
        *("pytest.ini", ".pytest.ini", "pytest.toml", ".pytest.toml", "tox.ini", "setup.cfg", "pyproject.toml"),
        *("setup.py", "uv.lock", "poetry.lock", "package.json", "package-lock.json", "npm-shrinkwrap.json"),
        *("tsconfig.json", "go.mod", "go.sum", "go.work", "Cargo.toml", "Cargo.lock"),
        *(f"{name}.config.{end}" for name in ("vitest", "vite", "jest") for end in ("js", "mjs", "cjs", "ts", "mts")),
    )
)
"""Files at the root with which pytest is configured and the environment is made; so are requirements*.txt."""


class Watch:
    """Hears which files below ``root`` are opened while it is entered; needs a running event loop, which drains it."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._fd = -1
        self._folders: dict[int, str] = {}
        self._opened: set[str] = set()
        self._complete = True

    def __enter__(self) -> Self:
        begin = getattr(_inotify(), "inotify_init1", None)  # only Linux has it
        self._fd = begin(os.O_NONBLOCK | os.O_CLOEXEC) if begin else -1
        if self._fd < 0:
            self._complete = False
            return self
        asyncio.get_running_loop().add_reader(self._fd, self._drain)
        for folder, _, _ in os.walk(self._root):
            watch = _inotify().inotify_add_watch(self._fd, os.fsencode(folder), _IN_OPEN | _IN_ONLYDIR)
            if watch < 0:  # fs.inotify.max_user_watches, most likely
                self._complete = False
                break
            self._folders[watch] = os.path.relpath(folder, self._root)
        self._drain()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._fd >= 0:
            asyncio.get_running_loop().remove_reader(self._fd)
            self._drain()
            os.close(self._fd)
            self._fd = -1

    def opened(self) -> frozenset[str] | None:
        """The paths of files that were opened, relative to the root; None where some may have gone unheard."""
        return frozenset(self._opened) if self._complete else None

    def _drain(self) -> None:
        while True:
            try:
                data = os.read(self._fd, _CHUNK)
            except BlockingIOError:
                return
            self._take(data)

    def _take(self, data: bytes) -> None:
        place = 0
        while place < len(data):
            watch, mask, _, length = _EVENT.unpack_from(data, place)
            name = data[place + _EVENT.size : place + _EVENT.size + length].rstrip(b"\0")
            place += _EVENT.size + length
            if mask & _IN_Q_OVERFLOW:
                self._complete = False
            elif name and not mask & (_IN_ISDIR | _IN_IGNORED) and watch in self._folders:
                folder = self._folders[watch]
                file = name.decode("utf-8", "surrogateescape")
                self._opened.add(file if folder == "." else f"{folder}/{file}")


def touched(
    opened: Iterable[str] | None, entries: Mapping[str, TreeEntry], *, laid: Iterable[str] = ()
) -> tuple[str, ...]:
    """The paths of a tree that a command touched, sorted; `WHOLE` where that is not known.

    Bytecode counts as its source. ``laid`` are files laid over the tree, which are judged by their own keys. Following
    a symbolic link is not heard, so all those of the tree count.
    """
    if opened is None:
        return WHOLE
    named = {_source(path) for path in opened} | {path for path, entry in entries.items() if entry.mode == _LINK}
    found = tuple(sorted((named & entries.keys()) - set(laid)))
    return found or WHOLE


def digest(paths: Iterable[str], entries: Mapping[str, TreeEntry], *, test: str) -> str:
    """SHA-256 over what the touched paths are in a tree; over all of it for `WHOLE`. ``test`` is the check's own path.

    A path that is gone changes it, and so does one of `paths_that_decide` that appears. The locks of specs are no part
    of the whole.
    """
    told = tuple(paths)
    wanted = paths_that_decide(told, entries, test=test) if told else entries.keys() - {test, *_locks(entries)}
    lines = sorted(f"{path}\0{entries[path].mode} {entries[path].id}" for path in wanted if path in entries)
    told_lines = "\n".join([*(f"gone {path}" for path in told if path not in entries), *lines])
    return hashlib.sha256(told_lines.encode("utf-8", "surrogateescape")).hexdigest()


def paths_that_decide(paths: Iterable[str], entries: Iterable[str], *, test: str) -> frozenset[str]:
    """The paths, the settings at the root, and what would be opened if it came to be there.

    A `conftest.py` on the way to the test, a package that would be imported in the place of a module, all files of a
    package of Go. What is not
    looked for: a new file that hides a module of the standard library or of the environment.
    """
    told = frozenset(paths)
    conftests = (str(folder / "conftest.py") for folder in PurePosixPath(test).parents)
    packages = {path.rpartition("/")[0] for path in told if path.endswith(".go")}
    beside = (path for path in entries if path.endswith(".go") and path.rpartition("/")[0] in packages)
    requirements = (path for path in entries if path.startswith("requirements") and path.endswith(".txt"))
    return frozenset((*told, *_SETTINGS, *requirements, *beside, *conftests, *_would_be_opened(told)))


def _locks(entries: Mapping[str, TreeEntry]) -> Iterator[str]:
    """The locks of specs, which change whenever evidence is written down."""
    for path in entries:
        if path.endswith(".lock") and f"{path.removesuffix('.lock')}.md" in entries:
            yield path


def _would_be_opened(paths: Iterable[str]) -> Iterator[str]:
    for path in paths:
        if path.endswith(".py"):
            yield f"{path.removesuffix('.py')}/__init__.py"
            yield path.removeprefix("src/") if path.startswith("src/") else f"src/{path}"


def _source(path: str) -> str:
    match = _BYTECODE.fullmatch(path)
    return f"{match[1]}{match[2]}.py" if match else path


@functools.cache
def _inotify() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)
