"""Where tools work: one attempt's workspace, what its task may touch there, and how a tool says what came of it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from ...orchestrator.errors import PolicyViolation
from ...orchestrator.rules.dependency_changes import is_compared
from ...orchestrator.rules.globs import covers
from ...orchestrator.rules.normalise import normalise, shorten
from ..fences import fence, plain

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ...orchestrator.ports import Job, TestRun, Workspace
    from ..models.port import Json

MAX_FILE = 1_000_000
"""Bytes of the largest file a tool reads or writes."""

MAX_RESULT = 16_000
"""Characters of the longest result a tool gives: about 5,000 tokens."""


ROOT = "/workspace/"
"""Where commands see the workspace; a path that begins with it is taken from what one of them printed."""

FAILURE = "error: "
"""How the result of a call begins that was not carried out."""


class Refused(Exception):
    """A tool could not do what was asked; the text says why and what to do instead."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What a tool says to the model; ``ok`` is false if what was asked did not happen."""

    text: str
    ok: bool = True


@dataclass(frozen=True, kw_only=True)
class Site:
    """A workspace with the rules of one job on it."""

    job: Job
    workspace: Workspace
    test: TestRun

    def path(self, raw: str) -> str:
        """A path as the workspace wants it: relative, without dots; raises Refused for one that leaves it."""
        if not raw.strip() or "\0" in raw or "\\" in raw:
            raise Refused(f"{raw!r} is no path: give one relative to the root of the repository, such as src/app.py")
        path = PurePosixPath(raw.strip().removeprefix(ROOT))
        parts = tuple(part for part in path.parts if part != ".")
        if path.is_absolute() or ".." in parts:
            raise Refused(f"{raw} leaves the workspace: give a path relative to the root of the repository")
        if any(part.lower() == ".git" for part in parts):
            raise Refused(f"{raw} belongs to git, which is not yours to read or write")
        return "/".join(parts) or "."

    def writable(self, raw: str) -> str:
        """As `path`; raises Refused as well where the task may not write."""
        path = self.path(raw)
        if path in self.locked_paths:
            raise Refused(f"{path} holds locked tests: the gate uses its own copy, nobody can change it here")
        if any(covers(glob, path) for glob in self.job.spec.forbid):
            raise Refused(f"{path} must not be changed by anybody: the spec forbids it")
        to_compare = bool(self.job.spec.allow_deps) and is_compared(path)  # how it may change, `collect` decides
        if not to_compare and not any(covers(glob, path) for glob in self.job.task.owns):
            owned = ", ".join(self.job.task.owns) or "nothing"
            raise Refused(
                f"{path} is not yours to write; you own: {owned}. If it must change, ask for it in an option's `paths`"
            )
        return path

    def read_text(self, path: str) -> str:
        """A file as text, line ends as they are; raises Refused if there is none, or if it is not text."""
        content = self.read_bytes(path)
        try:
            text = content.decode("utf-8")
        except UnicodeDecodeError:
            raise Refused(f"{path} is not UTF-8 text ({len(content):,} bytes): look at it with run") from None
        if "\0" in text:
            raise Refused(f"{path} is a binary file ({len(content):,} bytes): look at it with run")
        return text

    def read_bytes(self, path: str) -> bytes:
        """A file's content, also of a test that the gate will lay there; raises Refused for none or too large a one."""
        try:
            content = self.workspace.read(path)
        except OSError:
            if (locked := self._locked(path)) is not None:
                return locked
            raise Refused(f"there is no file {path}{self._similar(path)}") from None
        except PolicyViolation as violation:
            raise Refused(str(violation)) from None
        if len(content) > MAX_FILE:
            raise Refused(f"{path} has {len(content):,} bytes, more than tools read: use run, with head or grep")
        return content

    def write_text(self, path: str, text: str) -> None:
        """Put a file there; raises Refused if it cannot be."""
        content = text.encode("utf-8", errors="replace")
        if len(content) > MAX_FILE:
            raise Refused(f"{len(content):,} bytes are more than a file may have ({MAX_FILE:,})")
        self.workspace.write(path, content)

    def under(self, folder: str) -> Sequence[str]:
        """The paths of the files in a folder, at any depth; all of them for ``.``; a file's own path for a file."""
        paths = self.workspace.paths()
        if folder == ".":
            return paths
        return [path for path in paths if path == folder or path.startswith(f"{folder}/")]

    @cached_property
    def locked_paths(self) -> frozenset[str]:
        """Files that the gate lays over the tree, those of other tasks included."""
        return frozenset(each.path for each in (*self.job.locked, *self.job.spec.locked))

    def _locked(self, path: str) -> bytes | None:
        """The text of a locked test of this task that is no holdout."""
        found = (each.text.encode() for each in self.job.locked if each.path == path and not each.secret)
        return next(found, None)

    def _similar(self, path: str) -> str:
        name = PurePosixPath(path).name
        found = [other for other in self.workspace.paths() if PurePosixPath(other).name == name][:3]
        return f"; there is {', '.join(found)}" if found else ""


def text_of(arguments: dict[str, Json], name: str, default: str | None = None) -> str:
    """A text among the arguments; raises Refused where it is missing and has no default."""
    value = arguments.get(name)
    if isinstance(value, str):
        return value
    if value is None and default is not None:
        return default
    raise Refused(f"`{name}` must be a text")


def number_of(arguments: dict[str, Json], name: str, default: int) -> int:
    """A whole number among the arguments; raises Refused if something else stands there."""
    value = arguments.get(name)
    if value is None:
        return default
    if isinstance(value, bool) or not isinstance(value, int | float) or value != int(value):
        raise Refused(f"`{name}` must be a whole number")
    return int(value)


def failure(why: Exception | str) -> Outcome:
    """The result of a call that was not carried out."""
    return Outcome(text=f"{FAILURE}{why}", ok=False)


def said(text: str, label: str) -> str:
    """Output of a command or of the gate: what varies from run to run taken out, cut to size, fenced."""
    return fence(shorten(normalise(plain(text)), MAX_RESULT), label)


def shown(text: str, label: str) -> Outcome:
    """A good result that consists of text from outside."""
    return Outcome(text=fence(text, label))
