"""What each line of a file speaks of: the words of its statement and of the conditions it stands under. Pure.

Of languages other than Python it is the line alone.
"""

import ast
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from .reading import read

_TURNS = re.compile(r"\bif\b|\bmatch\b|\bswitch\b|&&|\|\||\?")
_TOKEN = re.compile(r"[^\W\d]\w*|(?<![\w.])\d+(?:\.\d+)?(?!\w)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A line of a file; ``turns`` where it decides between two ways to go on."""

    words: frozenset[str]
    turns: bool


def tokens(text: str) -> frozenset[str]:
    """The names and the numbers of a text."""
    return frozenset(_TOKEN.findall(text))


def lines(path: str, source: bytes) -> dict[int, Line]:
    """The lines that belong to statements, by number from 1; none where the file cannot be read."""
    if not path.endswith(".py"):
        text = source.decode("utf-8", "replace").split("\n")
        return {row: Line(words=tokens(line), turns=bool(_TURNS.search(line))) for row, line in enumerate(text, 1)}
    module = read(source)
    if module is None:
        return {}
    text = [line.decode("utf-8", "replace") for line in re.split(rb"\r\n|\r|\n", source)]
    found: dict[int, Line] = {}
    for numbers, line in _walk(module.body, text, under=frozenset()):
        for number in numbers:
            before = found.get(number, Line(words=frozenset(), turns=False))
            found[number] = Line(words=before.words | line.words, turns=before.turns or line.turns)
    return found


def _walk(body: Sequence[ast.stmt], text: list[str], *, under: frozenset[str]) -> Iterator[tuple[range, Line]]:
    for node in body:
        blocks = list(_blocks(node))
        last = min((block[0].lineno for block, _ in blocks if block), default=(node.end_lineno or node.lineno) + 1)
        numbers = range(node.lineno, max(last, node.lineno + 1))
        words = tokens("\n".join(text[numbers.start - 1 : numbers.stop - 1]))
        turns = isinstance(node, ast.If) or (not blocks and any(map(_chooses, ast.walk(node))))
        yield numbers, Line(words=words | under, turns=turns)
        inside = frozenset[str]() if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) else under
        for block, condition in blocks:
            yield from _walk(block, text, under=inside | condition)


def _blocks(node: ast.stmt) -> Iterator[tuple[list[ast.stmt], frozenset[str]]]:
    """The statements inside a statement, with the words of what has to hold for them to run."""
    for name, value in ast.iter_fields(node):
        parts = value if isinstance(value, list) else []
        if parts and isinstance(parts[0], ast.stmt):
            condition = tokens(ast.unparse(node.test)) if isinstance(node, ast.If) and name == "body" else frozenset()
            yield parts, condition
        for part in parts:
            if isinstance(part, ast.ExceptHandler):
                yield part.body, tokens(ast.unparse(part.type)) if part.type is not None else frozenset()
            elif isinstance(part, ast.match_case):
                yield part.body, tokens(ast.unparse(part.pattern))


def _chooses(node: ast.AST) -> bool:
    return isinstance(node, ast.IfExp) or (isinstance(node, ast.comprehension) and bool(node.ifs))
