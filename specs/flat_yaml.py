"""Front matter as nearly everyone writes it, read without a YAML library. Pure.

Importing PyYAML costs a tenth of what linting a page may take. What is read here is read exactly as PyYAML's safe
loader reads it, and of anything unusual (anchors, tags, dates, escapes, text over several lines) nothing is read
at all: then the caller asks PyYAML.
"""

import re
from typing import Any

_KEY = re.compile(r"([A-Za-z][A-Za-z0-9_-]{0,60}):(?= |$)")
_QUOTED = re.compile(r"\"([^\"\\]*)\"|'([^']*)'(?!')")
_PLAIN = re.compile(r"[A-Za-z0-9][\w./*-]*(?: [\w./*-]+)*")
_NUMBER = re.compile(r"(?:0|[1-9][0-9]{0,14})(\.[0-9]{1,15})?")
_REST = re.compile(r" *(?: #.*)?")
_RESERVED = frozenset({"yes", "no", "true", "false", "on", "off", "null"})
"""Words that are no text in YAML 1.1."""


class _Unusual(Exception):
    """Not what is read here. Never leaves this module."""


def flat(source: str) -> dict[str, Any] | None:
    """The mapping that a document is; None where it takes a YAML library to tell, if it is one at all."""
    if not source.replace("\n", "").isprintable():  # the only white space left is what YAML takes for such
        return None
    lines = [line for line in source.split("\n") if line.strip() and not line.lstrip().startswith("#")]
    try:
        return _mapping(lines, margin=0)
    except (_Unusual, RecursionError):
        return None


def _mapping(lines: list[str], *, margin: int) -> dict[str, Any]:
    """Keys at one margin, each with a value behind it, or with lines of its own below it."""
    read: dict[str, Any] = {}
    at = 0
    while at < len(lines):
        line = lines[at]
        key, end = _key(line, margin)
        at += 1
        if not _REST.fullmatch(line, end):
            read[key] = _whole(line, end)
            continue
        below = at
        while at < len(lines) and (_margin(lines[at]) > margin or lines[at].startswith("- ", margin)):
            at += 1
        read[key] = _below(lines[below:at])
    return read


def _below(lines: list[str]) -> list[Any] | dict[str, Any]:
    """What stands below a key: a list, or a mapping of which no value has lines of its own."""
    margins = {_margin(line) for line in lines}
    if len(margins) != 1:
        raise _Unusual
    margin = margins.pop()
    if not lines[0].startswith("- ", margin):
        return _mapping(lines, margin=margin)
    if not all(line.startswith("- ", margin) for line in lines):
        raise _Unusual
    return [_whole(line, margin + 2) for line in lines]


def _margin(line: str) -> int:
    return len(line) - len(line.lstrip())


def _whole(line: str, at: int) -> Any:
    """The value that the rest of a line is, but for a comment."""
    value, end = _value(line, _past(line, at))
    if not _REST.fullmatch(line, end):
        raise _Unusual
    return value


def _value(line: str, at: int) -> tuple[Any, int]:
    """A scalar, or a list or mapping in brackets, and where it ends."""
    if line.startswith(("[", "{"), at):
        return _flow(line, at)
    if quoted := _QUOTED.match(line, at):
        return quoted[quoted.lastindex or 0], quoted.end()
    plain = _PLAIN.match(line, at)
    if not plain or plain[0].lower() in _RESERVED:
        raise _Unusual
    if not plain[0][0].isdigit():
        return plain[0], plain.end()
    number = _NUMBER.fullmatch(plain[0])
    if not number:
        raise _Unusual
    return (float(plain[0]) if number[1] else int(plain[0])), plain.end()


def _flow(line: str, at: int) -> tuple[list[Any] | dict[str, Any], int]:
    """``[a, "b"]`` or ``{a: 1, b: [c]}``; a comma may stand before the closing bracket."""
    pairs: dict[str, Any] = {}
    entries: list[Any] = []
    mapping = line[at] == "{"
    close = "}" if mapping else "]"
    at = _past(line, at + 1)
    while not line.startswith(close, at):
        if mapping:
            key, at = _key(line, at)
            pairs[key], at = _value(line, _past(line, at))
        else:
            entry, at = _value(line, at)
            entries.append(entry)
        at = _past(line, at)
        if line.startswith(",", at):
            at = _past(line, at + 1)
        elif not line.startswith(close, at):
            raise _Unusual
    return (pairs if mapping else entries), at + 1


def _key(line: str, at: int) -> tuple[str, int]:
    found = _KEY.match(line, at)
    if not found or found[1].lower() in _RESERVED:
        raise _Unusual
    return found[1], found.end()


def _past(line: str, at: int) -> int:
    """The position after any spaces."""
    while line.startswith(" ", at):
        at += 1
    return at
