"""A patch as a critic is shown it: sources in whole, test files counted. Pure."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ..orchestrator.rules.review import changed_lines
from .survey import is_test

if TYPE_CHECKING:
    from collections.abc import Sequence

_FILE = re.compile(r"^(?=diff --git )", re.MULTILINE)
_OLD_NAME = re.compile(r"^rename from (.+)$", re.MULTILINE)
_ESCAPE = re.compile(r'\\(?:([0-7]{3})|(["\\abfnrtv]))')
_ESCAPED = {"a": 7, "b": 8, "t": 9, "n": 10, "v": 11, "f": 12, "r": 13}


def paths_of(diff: str) -> tuple[str, ...]:
    """The files that a diff of git is about, by their new names."""
    return tuple(_path(each) for each in _files(diff))


def sources(diff: str) -> str:
    """A patch in which its own test files are only counted, unless it holds nothing else.

    What was no test before is shown: what it said and says no more would be lost.
    """
    files = _files(diff)
    tests = [each for each in files if is_test(_path(each)) and is_test(_old_path(each))]
    if not tests or len(tests) == len(files):
        return diff
    counted = [f"{each.splitlines()[0]}\n[a test file: {changed_lines(each)} lines]\n" for each in tests]
    return "".join([*(each for each in files if each not in tests), *counted])


def _files(diff: str) -> Sequence[str]:
    return _FILE.split(diff)[1:]


def _path(changed: str) -> str:
    """The new path of one file's part of a diff; git puts quotes around a name that is not plain ASCII."""
    first = changed.partition("\n")[0]
    if first.endswith('"'):
        return _unquoted(first.rpartition(' "b/')[2][:-1])
    both = first.removeprefix("diff --git ")
    half = len(both) // 2
    same = both[:half].removeprefix("a/") == both[half + 1 :].removeprefix("b/")
    return both[half + 1 :].removeprefix("b/") if same else both.rpartition(" b/")[2]


def _old_path(changed: str) -> str:
    found = _OLD_NAME.search(changed)
    if found is None:
        return _path(changed)
    return _unquoted(found[1][1:-1]) if found[1].startswith('"') else found[1]


def _unquoted(name: str) -> str:
    """A name as it is, of what git wrote between quotes: bytes beyond ASCII in octal, the rest as C has it."""
    plain = name.encode("utf-8", "replace").decode("latin-1")
    return _ESCAPE.sub(_byte, plain).encode("latin-1").decode("utf-8", "replace")


def _byte(escape: re.Match[str]) -> str:
    return chr(int(escape[1], 8) & 0xFF) if escape[1] else chr(_ESCAPED.get(escape[2], ord(escape[2])))
