"""Immutable texts by the sha-256 of their UTF-8 bytes. The only module that touches a run's ``blobs`` folder."""

import hashlib
import os
import re
import tempfile
from pathlib import Path

from ..errors import RunStateError
from ..refused_by_sqlite import translated

_DIGEST = re.compile(r"[0-9a-f]{64}")


class Blobs:
    """Texts under ``folder`` as ``ab/cdef...``, or in memory where it is None."""

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder
        self._memory: dict[str, bytes] = {}

    def put(self, text: str) -> str:
        """Store ``text`` durably and return its digest; a text that is there already costs one stat."""
        content = text.encode("utf-8", "replace")
        digest = hashlib.sha256(content).hexdigest()
        if self._folder is None:
            self._memory[digest] = content
        elif not (path := self._path(self._folder, digest)).exists():
            with translated(path):
                _write(path, content)
        return digest

    def text(self, digest: str) -> str:
        """The text of that digest; raises RunStateError where it is missing or damaged."""
        if not _DIGEST.fullmatch(digest):
            raise RunStateError(f"{digest!r} is not the sha-256 of a text of this run")
        content = self._memory.get(digest) if self._folder is None else _read(self._path(self._folder, digest))
        if content is None or hashlib.sha256(content).hexdigest() != digest:
            raise RunStateError(f"text {digest} of this run is {'missing' if content is None else 'damaged'}")
        return content.decode()

    @staticmethod
    def _path(folder: Path, digest: str) -> Path:
        return folder / digest[:2] / digest[2:]


def _read(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None


def _write(path: Path, content: bytes) -> None:
    """Whole or not at all, also after a loss of power: file, then name, then folder."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=".new-")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
