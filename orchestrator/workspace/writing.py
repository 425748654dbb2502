"""A process that writes the files of large trees for another one, and ends with it.

`writers` starts it. Orders come on standard input and are answered on standard output, the length of each before it.
What cannot be written is not explained here: whoever ordered it writes those files with its own hands, and says why.
"""

import os
import struct
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import BinaryIO

import msgspec

from ..errors import AgentctlError
from .files import HostFiles
from .memory import Stamp

Files = Sequence[tuple[str, bytes, bool]]
"""Of one folder: (name, content, executable)."""
Folder = tuple[str, Files]

_LENGTH = struct.Struct("!Q")


class Order(msgspec.Struct, array_like=True, frozen=True):
    """Files to be made beneath ``root``; names are bytes, as file systems have them."""

    root: bytes
    staging: bytes
    folders: list[tuple[bytes, list[tuple[bytes, bytes, bool]]]]


class Done(msgspec.Struct, array_like=True, frozen=True):
    """What each file became, in the order they were given in; ``refused`` where not all could be written."""

    stamps: list[Stamp]
    refused: bool = False


def ordered(root: Path, staging: Path, folders: Iterable[Folder]) -> Order:
    """The order to write these files."""
    named = [
        (os.fsencode(folder), [(os.fsencode(name), content, runs) for name, content, runs in files])
        for folder, files in folders
    ]
    return Order(root=os.fsencode(root), staging=os.fsencode(staging), folders=named)


def send(sink: BinaryIO, message: Order | Done) -> None:
    """Write one message; raises OSError where nobody reads."""
    content = msgspec.msgpack.encode(message)
    sink.write(_LENGTH.pack(len(content)))
    sink.write(content)
    sink.flush()


def receive(source: BinaryIO) -> bytes:
    """The next message, encoded; raises EOFError where the other side has ended."""
    head = source.read(_LENGTH.size)
    if len(head) < _LENGTH.size:
        raise EOFError
    length = int(_LENGTH.unpack(head)[0])
    content = source.read(length)
    if len(content) < length:
        raise EOFError
    return content


def obey(order: Order) -> Done:
    """Write what was ordered."""
    try:
        files = HostFiles(Path(os.fsdecode(order.root)), Path(os.fsdecode(order.staging)))
        try:
            return Done(stamps=[stamp for folder in order.folders for stamp in _written(files, *folder)])
        finally:
            files.close()
    except (OSError, AgentctlError):
        return Done(stamps=[], refused=True)


def _written(files: HostFiles, folder: bytes, content: list[tuple[bytes, bytes, bool]]) -> list[Stamp]:
    return files.write_folder(os.fsdecode(folder), [(os.fsdecode(name), text, runs) for name, text, runs in content])


def main() -> None:
    """Obey orders until nobody gives any."""
    try:
        while True:
            send(sys.stdout.buffer, obey(msgspec.msgpack.decode(receive(sys.stdin.buffer), type=Order)))
    except (EOFError, BrokenPipeError):
        os._exit(0)  # with nothing to flush, and nobody to tell


if __name__ == "__main__":
    main()
