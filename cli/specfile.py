"""Reads a spec from a file, from standard input, or from a sentence on the command line; refuses what is none."""

import sys
from dataclasses import dataclass
from pathlib import Path

from ..orchestrator.errors import SpecError, UsageError

OR_SENTENCE = ', or use -m "one sentence"'
"""What else one can do where there is no file, for the commands that take ``-m``."""
MAX_BYTES = 1_000_000
"""A spec of 6,000 words is 40 kB; what is larger than this is data that was named by mistake."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SpecText:
    """A spec as it was read, and the name it goes by."""

    name: str
    text: str


def read_spec(source: str | None, *, sentence: str | None = None, otherwise: str = OR_SENTENCE) -> SpecText:
    """The spec of ``run SPEC``, ``run -`` or ``run -m SENTENCE``; ``otherwise`` ends what is told to do.

    Raises:
        UsageError: neither or both of file and sentence were given, or the file cannot be read.
        SpecError: what was read is empty, too large, or not text.
    """
    if (source is None) == (sentence is None):
        raise UsageError('Name one spec: a file, `-` for standard input, or -m "one sentence".')
    if sentence is not None:
        return decoded(sentence.encode("utf-8", "surrogateescape"), name="sentence")
    if source == "-":
        if sys.stdin is None or sys.stdin.isatty():
            raise UsageError(f"`-` reads the spec from standard input: pipe one in{otherwise}.")
        return decoded(sys.stdin.buffer.read(MAX_BYTES + 1), name="standard input")
    return _read_file(Path(source or ""), otherwise=otherwise)


def _read_file(path: Path, *, otherwise: str) -> SpecText:
    if path.is_dir():
        specs = sorted(path.glob("*.md"))
        hint = f"; did you mean {specs[0]}?" if specs else ": name the markdown file in it."
        raise UsageError(f"{path} is a folder, not a spec{hint}")
    if path.is_symlink() and not path.exists():
        raise UsageError(f"{path} is a link that leads to no file: correct it, or name the spec itself.")
    if not path.exists():
        near = _near(path)
        hint = f"; did you mean {near}?" if near else f": write a spec there{otherwise}."
        raise UsageError(f"{path} does not exist{hint}")
    if not path.is_file():
        raise UsageError(f"{path} is not a regular file; use `-` to read a spec from a pipe.")
    try:
        with path.open("rb") as file:
            return decoded(file.read(MAX_BYTES + 1), name=str(path))
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror or error}.") from error


def _near(path: Path) -> Path | None:
    import difflib

    folder = path.parent
    names = [p.name for p in folder.glob("*.md")] if folder.is_dir() else []
    near = difflib.get_close_matches(path.name, names, n=1)
    return folder / near[0] if near else None


def decoded(data: bytes, *, name: str) -> SpecText:
    """A spec from its bytes. Raises SpecError for what is empty, too large, or not text."""
    if len(data) > MAX_BYTES:
        raise SpecError(f"{name} is larger than {MAX_BYTES // 1_000_000} MB: a spec is a page or a few; cut it down.")
    if b"\0" in data:
        raise SpecError(f"{name} is binary, not markdown (it holds a NUL byte).")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise SpecError(
            f"{name} is not UTF-8: byte 0x{data[error.start]:02x} in line {line}; save it as UTF-8."
        ) from error
    if not text.strip():
        raise SpecError(f"{name} is empty: say in it what is to be built.")
    return SpecText(name=name, text=text)


def relative(file: str, *, root: Path | None) -> str:
    """A spec's path from the root of its repository, with ``/``; as it was named where it is in none."""
    path = Path(file).absolute()
    if root is None or not path.resolve().is_relative_to(root):
        return file
    return path.resolve().relative_to(root).as_posix()
