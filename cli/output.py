"""What the CLI prints: data to stdout, words to stderr. A terminal is shown control characters, never sent them."""

import json
import sys
from collections.abc import Iterable

from ..tui.clean import clean_lines, visible


def emit(lines: Iterable[str]) -> None:
    """Lines of data for a person or a pipe; control characters are made visible."""
    sys.stdout.write("".join(f"{clean_lines(line)}\n" for line in lines))


def emit_json(document: object) -> None:
    """One JSON document on one line, in ASCII, so that no terminal can be told anything by what is in it."""
    sys.stdout.write(as_json(document) + "\n")
    sys.stdout.flush()


def as_json(document: object) -> str:
    """Dataclasses, mappings and sequences as one line of ASCII JSON."""
    import msgspec  # a fourth of what a short command costs, and most print text

    return json.dumps(msgspec.to_builtins(document, str_keys=True)).replace("\x7f", "\\u007f")


def emit_raw(text: str) -> None:
    """Text that a program may need byte for byte, such as a patch; made visible only where a terminal would obey it."""
    sys.stdout.write(visible(text) if sys.stdout.isatty() else text)


def say(text: str) -> None:
    """A word to the person, on stderr."""
    sys.stderr.write(f"{clean_lines(text)}\n")
    sys.stderr.flush()


def prompt(text: str) -> None:
    """What stands before the cursor where the person types."""
    sys.stderr.write(f"{clean_lines(text)} ")
    sys.stderr.flush()


def table(rows: Iterable[tuple[str, ...]]) -> list[str]:
    """Rows as columns of equal width, two spaces apart; the last column is as long as it is."""
    cells = list(rows)
    if not cells:
        return []
    widths = [max(len(row[n]) for row in cells) for n in range(len(cells[0]))]
    return ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in cells]
