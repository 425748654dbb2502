"""Writes a spec back into its file: whole or not at all, and never over what somebody else has written meanwhile."""

import contextlib
import os
import stat
import tempfile
from dataclasses import dataclass
from pathlib import Path

from ..orchestrator.errors import UsageError
from .specfile import read_spec


@dataclass(frozen=True, slots=True, kw_only=True)
class Original:
    """A file as it was read. ``text`` is all of it: line ends and a byte order mark are what they are on disk."""

    name: str
    """As it was named on the command line."""
    path: Path
    """Behind every symbolic link."""
    data: bytes
    text: str


def original(name: str) -> Original:
    """Read a file that is to be rewritten.

    Raises:
        UsageError: it is standard input, or cannot be read.
        SpecError: it is empty, too large, or not text.
    """
    if name == "-":
        raise UsageError("Standard input has no file to write to: name the spec's file.")
    read_spec(name, otherwise="")
    path = Path(name).resolve()
    data = _read(path)
    try:
        return Original(name=name, path=path, data=data, text=data.decode("utf-8"))
    except UnicodeDecodeError as error:
        raise _changed(name) from error


def write_back(file: Original, text: str) -> None:
    """Put ``text`` in the place of what was read, with the same permissions; a reader sees the one or the other.

    Raises:
        UsageError: the file is open in an editor, has changed since it was read, or its folder cannot be written.
    """
    if (mark := _open_in(file.path)) is not None:
        raise UsageError(
            f"{file.name} seems to be open in an editor ({mark}): save and close it there, or remove {mark} if no "
            f"editor runs; nothing was written."
        )
    if _read(file.path) != file.data:
        raise _changed(file.name)
    try:
        _replace(file.path, text.encode("utf-8"), before=file.data)
    except _ChangedError as error:
        raise _changed(file.name) from error
    except OSError as error:
        raise UsageError(f"{file.name} cannot be written: {error.strerror or error}; nothing was changed.") from error


class _ChangedError(Exception):
    """Somebody else wrote the file. Never leaves this module."""


def _replace(path: Path, data: bytes, *, before: bytes) -> None:
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".new")
    fresh = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            like = path.stat()
            with contextlib.suppress(PermissionError):  # whoever may not give a file away keeps it
                os.fchown(file.fileno(), like.st_uid, like.st_gid)
            os.fchmod(file.fileno(), stat.S_IMODE(like.st_mode))
            file.flush()
            os.fsync(file.fileno())
        if path.read_bytes() != before:  # once more, as late as can be
            raise _ChangedError
        fresh.replace(path)
    finally:
        fresh.unlink(missing_ok=True)


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror or error}.") from error


def _changed(name: str) -> UsageError:
    return UsageError(f"{name} was changed while it was read; nothing was written. Try again.")


def _open_in(path: Path) -> Path | None:
    """What Vim, or Emacs with changes that are not saved, leaves beside a file for as long as it is open there."""
    for mark in (path.with_name(f".{path.name}.swp"), path.with_name(f".#{path.name}")):
        if os.path.lexists(mark):
            return mark
    return None
