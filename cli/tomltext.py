"""What tomllib does not do: say in which line a key stands, and write strings. Pure."""

import re
import unicodedata

_HEADER = re.compile(r"^\s*\[+\s*([^\]#]+?)\s*\]+\s*(#.*)?$")
_INVISIBLE = {"Cc", "Cf", "Co", "Cs", "Cn", "Zl", "Zp"}
_KEY = re.compile(r"^\s*([A-Za-z0-9_\-\"'.\s]+?)\s*=")


def line_of(text: str, path: tuple[str, ...]) -> int | None:
    """The 1-based line of the key at ``path``, or of the nearest table around it; None where neither is seen."""
    table: tuple[str, ...] = ()
    nearest: int | None = None
    for number, line in enumerate(text.splitlines(), start=1):
        if header := _HEADER.match(line):
            table = _parts(header[1])
            seen = table
        elif key := _KEY.match(line):
            seen = (*table, *_parts(key[1]))
        else:
            continue
        if seen == path:
            return number
        if nearest is None and seen and path[: len(seen)] == seen:
            nearest = number
    return nearest


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
