"""Descriptors for a container, which inherits none: their content is copied into files, and what is written, back."""

import fcntl
import os
import stat
from collections.abc import Iterable
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Self

from ..errors import SandboxUnavailable


class Handed:
    """Files in ``folder``, each named as the descriptor whose content it has; whoever is given them unlinks them.

    A pipe that is read is emptied into its file. One that is written, whose file ends in ``.pipe``, is filled at the
    end. A file is copied both ways.
    """

    def __init__(self, folder: Path, descriptors: Iterable[int]) -> None:
        self._folder = folder
        self._given = tuple(descriptors)
        self._copies: dict[int, int] = {}
        self._open = ExitStack()

    def __enter__(self) -> Self:
        try:
            for number in self._given:
                self._copies[number] = self.file(_name(number), _content(number))
        except BaseException:
            self._open.close()
            raise
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._open.close()

    def file(self, name: str, content: bytes) -> int:
        """A file with this content; the descriptor is open as long as this is."""
        fd = os.open(self._folder / name, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
        self._open.callback(os.close, fd)
        os.write(fd, content)
        return fd

    @property
    def names(self) -> tuple[str, ...]:
        """Of the files, in the order of the descriptors."""
        return tuple(map(_name, self._given))

    def taken(self, name: str) -> bool:
        """Whether the file was unlinked, by whoever was to read it."""
        return not (self._folder / name).exists()

    def give_back(self) -> None:
        """Copy what was written to where it was meant for."""
        for number, copy in self._copies.items():
            if stat.S_ISREG(os.fstat(number).st_mode):
                os.pwrite(number, whole(copy), 0)
            elif _is_written(number):
                os.write(number, whole(copy))


def whole(fd: int) -> bytes:
    """All of a file, wherever its offset is."""
    return os.pread(fd, os.fstat(fd).st_size, 0)


def _name(fd: int) -> str:
    return f"{fd}.pipe" if _is_written(fd) else str(fd)


def _is_written(fd: int) -> bool:
    """Whether it is the end of a pipe that is written to."""
    return stat.S_ISFIFO(os.fstat(fd).st_mode) and fcntl.fcntl(fd, fcntl.F_GETFL) & os.O_ACCMODE == os.O_WRONLY


def _content(fd: int) -> bytes:
    mode = os.fstat(fd).st_mode
    if stat.S_ISREG(mode):
        return whole(fd)
    if not stat.S_ISFIFO(mode):
        raise SandboxUnavailable("a container can be handed files and pipes, and no other descriptors")
    if _is_written(fd):
        return b""
    found = b""
    while chunk := os.read(fd, 1 << 16):
        found += chunk
    return found
