"""What tomllib does not do: say in which line a key stands, and write strings. Pure."""

import re
import unicodedata
from collections.abc import Mapping

_HEADER = re.compile(r"^\s*(?P<brackets>\[+)\s*(?P<name>[^\]#]+?)\s*\]+\s*(#.*)?$")
_INVISIBLE = {"Cc", "Cf", "Co", "Cs", "Cn", "Zl", "Zp"}
_KEY = re.compile(r"^\s*([A-Za-z0-9_\-\"'.\s]+?)\s*=")


def line_of(text: str, path: tuple[str | int, ...]) -> int | None:
    """The 1-based line of the key at ``path``, or of what is nearest around it; None where neither is seen.

    A number in ``path`` counts from 0 the tables of one name before it: ``("gate", 1, "paths")``.
    """
    counted = any(isinstance(name, int) for name in path)
    last: dict[tuple[str, ...], int] = {}
    table: tuple[str, ...] = ()
    nearest, depth = None, 0
    for number, line in enumerate(text.splitlines(), start=1):
        if header := _HEADER.match(line):
            table = names = _parts(header["name"])
            if header["brackets"] == "[[":
                last[table] = last.get(table, -1) + 1
        elif key := _KEY.match(line):
            names = (*table, *_parts(key[1]))
        else:
            continue
        seen = _counted(names, last) if counted else names
        if seen == path:
            return number
        if len(seen) > depth and path[: len(seen)] == seen:
            nearest, depth = number, len(seen)
    return nearest


def _counted(names: tuple[str, ...], last: Mapping[tuple[str, ...], int]) -> tuple[str | int, ...]:
    """The names, and after that of a table which there are several of, which one it is."""
    seen: list[str | int] = []
    for length, name in enumerate(names, start=1):
        seen += [name, last[names[:length]]] if names[:length] in last else [name]
    return tuple(seen)


def _parts(dotted: str) -> tuple[str, ...]:
    return tuple(part.strip().strip("\"'") for part in dotted.split("."))


def quoted(text: str) -> str:
    """The text as a basic string; every character that cannot be seen is escaped."""
    return f'"{escaped(text)}"'


def escaped(text: str) -> str:
    """What stands between the quotes of a basic string."""
    return "".join(_escape(character) for character in text)


def _escape(character: str) -> str:
    if character in '"\\':
        return "\\" + character
    if unicodedata.category(character) not in _INVISIBLE:
        return character
    if 0xD800 <= ord(character) <= 0xDFFF:  # noqa: PLR2004 - lone surrogates, which no TOML can hold
        return "\\uFFFD"
    return f"\\U{ord(character):08X}" if ord(character) > 0xFFFF else f"\\u{ord(character):04X}"  # noqa: PLR2004 - as TOML has it
