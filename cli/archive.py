"""The archive of a packed run: a tar of plain files under zstd or gzip. The only module that writes or reads one.

What is read was made by somebody else: every name has to be one that a packed run has, everything is a regular file,
and how much may come out is counted while it comes out.
"""

import gzip
import io
import re
import tarfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import IO, Protocol, cast

from ..orchestrator.errors import RunStateError, UsageError

MANIFEST, BUNDLE = "manifest.json", "refs.bundle"
NAMES = re.compile(
    r"manifest\.json|refs\.bundle|run/(?:spec\.md|run\.db|calls\.db|graph\.db|recording\.jsonl(?:\.gz)?"
    r"|blobs/[0-9a-f]{2}/[0-9a-f]{62})"
)
"""Every name that a packed run may have a file of."""
MOST_BYTES = 2_000_000_000
"""Of all files together, unpacked."""
MOST_FILES = 500_000
_ENDINGS = (".tar.zst", ".tar.gz", ".tgz")
_GZIP, _ZSTD = b"\x1f\x8b", b"\x28\xb5\x2f\xfd"
_WINDOW = 1 << 27
"""Bytes of memory that a zstd frame may ask for."""
_CHUNK = 1 << 20


class _Source(Protocol):
    def read(self, size: int = -1, /) -> bytes: ...


class _Counted:
    """A stream that refuses to give more than so many bytes."""

    def __init__(self, source: _Source, most: int) -> None:
        self._source = source
        self._left = most

    def read(self, size: int = -1) -> bytes:
        """As a file's; raises RunStateError once too much came out."""
        data = self._source.read(min(size, _CHUNK) if size >= 0 else _CHUNK)
        self._left -= len(data)
        if self._left < 0:
            raise RunStateError("the archive is larger than any run: nothing was unpacked")
        return data


def check_ending(path: Path) -> None:
    """Raise UsageError where the name does not say how the archive is packed."""
    if not path.name.endswith(_ENDINGS):
        raise UsageError(f"{path.name} has to end with .tar.zst or .tar.gz, which says how it is packed.")


def write(path: Path, files: Mapping[str, Path | bytes]) -> None:
    """Write the archive, whole or not at all; equal files make equal archives.

    Raises:
        UsageError: there is a file of that name, or zstd is not available.
    """
    check_ending(path)
    draft = path.with_name(f".{path.name}.draft")
    try:
        with (
            draft.open("xb") as file,
            _packing(file, path) as stream,
            tarfile.open(fileobj=stream, mode="w|", format=tarfile.PAX_FORMAT) as tar,
        ):
            for name, content in files.items():
                _add(tar, name, content)
        path.hardlink_to(draft)
    except FileExistsError as error:
        raise UsageError(f"{error.filename2 or error.filename} is there already: name another file.") from error
    finally:
        draft.unlink(missing_ok=True)


def _add(tar: tarfile.TarFile, name: str, content: Path | bytes) -> None:
    entry = tarfile.TarInfo(name)
    entry.mode = 0o600
    if isinstance(content, bytes):
        entry.size = len(content)
        tar.addfile(entry, io.BytesIO(content))
        return
    entry.size = content.stat().st_size
    with content.open("rb") as file:
        tar.addfile(entry, file)


@contextmanager
def _packing(file: IO[bytes], path: Path) -> Iterator[IO[bytes]]:
    if path.name.endswith(".zst"):
        compressor = _zstandard(path).ZstdCompressor(level=9)
        with compressor.stream_writer(file, closefd=False) as stream:
            yield cast("IO[bytes]", stream)
    else:
        with gzip.GzipFile(filename="", mode="wb", fileobj=file, mtime=0) as stream:
            yield cast("IO[bytes]", stream)


def read(path: Path, *, take: Callable[[str, int, IO[bytes]], None], most: int = MOST_BYTES) -> None:
    """Give each file of an archive to ``take``: its name, its size, and its content, once.

    Raises:
        UsageError: it cannot be opened, or is no archive of a run.
        RunStateError: it holds what no packed run holds, or too much.
    """
    seen: set[str] = set()
    try:
        with path.open("rb") as file:
            stream = _Counted(_unpacking(file, path), most + MOST_FILES * 2 * tarfile.BLOCKSIZE)
            with tarfile.open(fileobj=cast("IO[bytes]", stream), mode="r|") as tar:
                for entry in tar:
                    _refuse(entry, seen, most)
                    seen.add(entry.name)
                    content = tar.extractfile(entry)
                    if content is not None:
                        take(entry.name, entry.size, content)
    except (tarfile.TarError, gzip.BadGzipFile, EOFError, ValueError) as error:
        raise UsageError(f"{path} is no archive of a run, or is damaged ({error}).") from error
    except FileNotFoundError as error:
        raise UsageError(f"{path} does not exist: name the file that `agentctl pack` wrote.") from error


def _refuse(entry: tarfile.TarInfo, seen: set[str], most: int) -> None:
    if not entry.isreg() or not NAMES.fullmatch(entry.name):
        kind = "a file" if entry.isreg() else "a link, a folder or a device"
        raise RunStateError(
            f"the archive holds {entry.name[:120]!r}, {kind} that no packed run has: nothing was unpacked"
        )
    if entry.name in seen:
        raise RunStateError(f"the archive holds {entry.name} twice: nothing was unpacked")
    if entry.size > most or len(seen) >= MOST_FILES:
        raise RunStateError(f"the archive is larger than any run, at {entry.name}: nothing was unpacked")


def _unpacking(file: IO[bytes], path: Path) -> _Source:
    magic = file.read(4)
    file.seek(0)
    if magic.startswith(_GZIP):
        return gzip.GzipFile(fileobj=file, mode="rb")
    if magic == _ZSTD:
        zstandard = _zstandard(path)
        return cast("_Source", zstandard.ZstdDecompressor(max_window_size=_WINDOW).stream_reader(file))
    raise UsageError(f"{path} is neither zstd nor gzip: name the file that `agentctl pack` wrote.")


def _zstandard(path: Path) -> ModuleType:
    try:
        import zstandard
    except ImportError as error:
        raise UsageError(f"{path.name}: zstd needs the package `zstandard` here; use .tar.gz instead.") from error
    return zstandard
