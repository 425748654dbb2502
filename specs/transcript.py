"""Console transcripts: ``$ command``, what it prints, ``[stderr] ...``, ``[exit 2]``. Pure."""

import re
import shlex
from collections.abc import Iterator

from .frozen import dataclass

_EXIT = re.compile(r"\[exit (\d{1,3})\]\s*\Z")
_STDERR = re.compile(r"\[stderr\] ?(.*)\Z")
_HEREDOC = re.compile(r"<<-?\s*['\"]?(\w+)['\"]?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One command. Lines are patterns in which ``...`` stands for anything; None for stderr asks nothing of it."""

    command: str
    line: int
    stdout: tuple[str, ...]
    stderr: tuple[str, ...] | None
    exit: int


def steps(body: str, *, line: int) -> tuple[Step, ...]:
    """The commands of a transcript whose first line is ``line``; text before the first ``$`` is not one's output."""
    return tuple(_step(block, at) for block, at in _split(body.rstrip("\n").split("\n"), line=line))


def _split(lines: list[str], *, line: int) -> Iterator[tuple[list[str], int]]:
    """The lines of each command, its own first, and where it stands."""
    block: list[str] = []
    start = line
    for number, text in enumerate(lines, line):
        if text.startswith("$ "):
            if block:
                yield block, start
            block, start = [text[2:]], number
        elif block:
            block.append(text)
    if block:
        yield block, start


def _step(block: list[str], line: int) -> Step:
    command, rest = [block[0]], block[1:]
    while rest and rest[0].startswith("> ") and _unfinished("\n".join(command)):
        command.append(rest.pop(0)[2:])
    stdout: list[str] = []
    stderr: list[str] | None = None
    code = 0
    for text in rest:
        if found := _EXIT.match(text):
            code = int(found[1])
        elif found := _STDERR.match(text):
            stderr = [*(stderr or []), found[1]]
        else:
            stdout.append(text)
    while stdout and not stdout[-1].strip():
        stdout.pop()
    expected = None if stderr is None else tuple(stderr)
    return Step(command="\n".join(command), line=line, stdout=tuple(stdout), stderr=expected, exit=code)


def _unfinished(command: str) -> bool:
    """Whether a shell would ask for another line: an open quote, a closing backslash, a heredoc."""
    if command.endswith("\\"):
        return True
    word = _HEREDOC.search(command)
    if word:
        return word[1] not in command.split("\n")[1:]
    try:
        shlex.split(command)
    except ValueError:
        return True
    return False
