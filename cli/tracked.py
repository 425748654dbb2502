"""Which files a repository tracks, read from git's index as plain bytes. Starts no git, follows nothing, runs nothing.

A git process and GitPython would cost 0.1 s of CPU, which is all that `agentctl lint` has; an index of 5,000 files is
read in 10 ms. What is not understood (split and sparse indexes, SHA-256, versions after 4) gives None, never a guess.
The format is git's Documentation/gitformat-index.txt.
"""

from pathlib import Path

_HEAD = 12
_FIXED = 62
"""Bytes of an entry before its name: times, owner, mode, object id, flags."""
_FLAGS = 60
_EXTENDED = 0x4000
_PREFIXED = 4
_PARTIAL = (b"link", b"sdir")
"""Extensions that say that the index does not name every file."""


def tracked(git_dir: Path, *, most_bytes: int) -> frozenset[str] | None:
    """Paths of all files in the index, with ``/``; None if there is none, or it is larger, or of another kind."""
    index = git_dir / "index"
    try:
        if index.stat().st_size > most_bytes:
            return None
        data = index.read_bytes()
    except OSError:
        return None
    version = int.from_bytes(data[4:8], "big")
    if data[:4] != b"DIRC" or version not in {2, 3, 4}:
        return None
    try:
        names, end = _prefixed(data) if version == _PREFIXED else _padded(data)
    except (ValueError, IndexError):
        return None
    if not _whole(data, end):
        return None
    return frozenset(name.decode("utf-8", "replace") for name in names)


def _padded(data: bytes) -> tuple[list[bytes], int]:
    """Versions 2 and 3: a name ends with NUL bytes up to the next multiple of eight."""
    names, start = [], _HEAD
    for _ in range(int.from_bytes(data[8:12], "big")):
        name = start + _FIXED + (2 if data[start + _FLAGS] & (_EXTENDED >> 8) else 0)
        end = data.index(b"\0", name)
        names.append(data[name:end])
        start += (end - start + 8) & ~7
    return names, start


def _prefixed(data: bytes) -> tuple[list[bytes], int]:
    """Version 4: a name is what it shares with the one before it, and the rest."""
    names: list[bytes] = []
    start, last = _HEAD, b""
    for _ in range(int.from_bytes(data[8:12], "big")):
        place = start + _FIXED + (2 if data[start + _FLAGS] & (_EXTENDED >> 8) else 0)
        cut, place = _varint(data, place)
        end = data.index(b"\0", place)
        last = last[: len(last) - cut] + data[place:end]
        names.append(last)
        start = end + 1
    return names, start


def _varint(data: bytes, place: int) -> tuple[int, int]:
    """Git's offset encoding, and where it ends."""
    byte = data[place]
    value = byte & 0x7F
    while byte & 0x80:
        place += 1
        byte = data[place]
        value = ((value + 1) << 7) | (byte & 0x7F)
    return value, place + 1


def _whole(data: bytes, start: int) -> bool:
    """Whether what follows the entries is a chain of extensions and a checksum of SHA-1, and no file is left out."""
    while start + 8 <= len(data) - 20:
        if data[start : start + 4] in _PARTIAL:
            return False
        start += 8 + int.from_bytes(data[start + 4 : start + 8], "big")
    return start == len(data) - 20
