"""The same program written otherwise: what tells a check that runs a program from one that reads its text. Pure.

Every token stays on its line and the syntax tree stays as it is, so nothing that the program does can differ.
"""

import ast
import io
import tokenize
from collections.abc import Iterator

from ...specs.grammars import language_of
from .reading import read
from .respaced import respaced

_LAYOUT = frozenset({tokenize.INDENT, tokenize.DEDENT, tokenize.NEWLINE, tokenize.NL})
_FSTRING_START: int = getattr(tokenize, "FSTRING_START", -1)
_FSTRING_END: int = getattr(tokenize, "FSTRING_END", -1)
"""From Python 3.12 on the parts of an f-string are tokens of their own."""


def respelled(path: str, source: bytes) -> bytes | None:
    """A file with more space between its tokens, and in Python its numbers in parentheses where that changes nothing.

    None for what is in no language that is read here, or cannot be written otherwise.
    """
    language = language_of(path)
    if language is None or path.endswith(".pyi"):
        return None
    return _python(source) if language == "python" else respaced(language, source)


def _python(source: bytes) -> bytes | None:
    tree = read(source)
    if tree is None:
        return None
    same = ast.dump(tree)
    for brackets in (True, False):
        try:
            other = "".join(_spread(source.decode("utf-8-sig"), brackets=brackets)).encode()
        except (tokenize.TokenError, SyntaxError):
            return None
        again = read(other)
        if other != source and again is not None and ast.dump(again) == same:
            return other
    return None


def _spread(text: str, *, brackets: bool) -> Iterator[str]:
    lines = io.StringIO(text).readlines()
    row, column, nested, after = 1, 0, 0, tokenize.NEWLINE
    for token in tokenize.generate_tokens(iter([*lines, ""]).__next__):
        between = _between(lines, (row, column), token.start)
        apart = token.start[0] == row and not nested and after not in _LAYOUT and token.type not in _LAYOUT
        nested -= token.type == _FSTRING_END
        written = f"({token.string})" if brackets and token.type == tokenize.NUMBER else token.string
        yield f"{between}{' ' if apart else ''}{'' if token.type == tokenize.DEDENT else written}"
        nested += token.type == _FSTRING_START
        (row, column), after = token.end, token.type


def _between(lines: list[str], start: tuple[int, int], end: tuple[int, int]) -> str:
    """What stands between two places of a text: spaces, and a line that goes on in the next."""
    (first, left), (last, right) = start, end
    if first == last:
        return lines[first - 1][left:right] if first <= len(lines) else ""
    middle = [lines[first - 1][left:], *lines[first : last - 1]] if first <= len(lines) else []
    return "".join([*middle, lines[last - 1][:right] if last <= len(lines) else ""])
