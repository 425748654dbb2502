"""A check in JavaScript or TypeScript to a test file that node's own runner and vitest both run.

Bare statements are wrapped in one test, calls of ``test``, ``it`` and ``describe`` stand as they are. Paths that begin
with ``./`` are those from the root of the project, wherever the file comes to lie.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from .grammars import parse
from .nouns import Check
from .python_code import CodeError

if TYPE_CHECKING:
    from tree_sitter import Node

TYPESCRIPT = frozenset({"ts", "typescript", "mts"})
SUFFIXES = {True: ".test.mts", False: ".test.mjs"}
"""Of the test file, by whether it is TypeScript."""

_TO_ROOT = "../../"
_RUNNERS = frozenset({"vitest", "node:test"})
_TESTS = frozenset({"test", "it"})
_FRAMEWORK = 'const { test, it, describe, expect } = await import(process.env.VITEST ? "vitest" : "node:test");'
_ASSERT = 'import assert from "node:assert/strict";'
_SECONDS = 60
_SLOW_SECONDS = 600


def suffix(check: Check) -> str:
    """How the name of the check's file ends."""
    return SUFFIXES[check.language in TYPESCRIPT]


def source(check: Check, *, name: str, where: str) -> tuple[str, tuple[str, ...]]:
    """The file's text and the names of its tests; raises CodeError, whose line is that within the check.

    Each line of the check ends in a comment with its place in the spec, which failures therefore show.
    """
    text = check.body.encode()
    root = parse("typescript" if check.language in TYPESCRIPT else "javascript", text)
    _sound(root, check.language)
    own = tuple(_own_tests(root.children, above=()))
    imports = [node for node in root.children if node.type == "import_statement"]
    lines = _numbered(_rewritten(text, root).decode(), root, file=where.partition(":")[0], first=check.line)
    heads = sorted({row for node in imports for row in range(node.start_point.row, node.end_point.row + 1)})
    head = [lines[row] for row in heads]
    body = [line for row, line in enumerate(lines) if row not in heads]
    if not own:
        seconds = _SLOW_SECONDS if "slow" in check.flags else _SECONDS
        body = [f'test("{name}", {{ timeout: {seconds * 1000} }}, async () => {{', *body, "});"]
    given = {_sourced(node) for node in imports}
    framework = [] if given & _RUNNERS else [_FRAMEWORK]
    assertions = [] if any(_binds(node, "assert") for node in imports) else [_ASSERT]
    parts = [f"// {where}", *assertions, *head, *framework, "", *body]
    return "\n".join(parts).rstrip() + "\n", own or (name,)


def _sound(root: Node, language: str) -> None:
    """Raise CodeError unless all of it parses, and could stand in a function where it has to."""
    if root.has_error:
        node = root
        while not (node.is_error or node.is_missing):
            broken = next((child for child in node.children if child.has_error or child.is_missing), None)
            if broken is None:
                break
            node = broken
        called = "TypeScript" if language in TYPESCRIPT else "JavaScript"
        raise CodeError(f"this is not {called}", line=node.start_point.row + 1)
    for node in root.children:
        if node.type == "export_statement":
            raise CodeError("a check exports nothing", line=node.start_point.row + 1)
    if not any(node.type not in {"comment", "import_statement"} for node in root.children):
        raise CodeError("a check needs a statement that can fail")


def _own_tests(nodes: list[Node], *, above: tuple[str, ...]) -> Iterator[str]:
    """The names that the runner will give; raises CodeError where they cannot be known before it runs."""
    for node in nodes:
        call = next((child for child in node.children if child.type == "call_expression"), None)
        if node.type != "expression_statement" or call is None:
            continue
        called, given = call.child_by_field_name("function"), call.child_by_field_name("arguments")
        word = _text(called).partition(".")[0] if called is not None else ""
        if given is None or word not in {*_TESTS, "describe"} or _text(called) != word:
            if word in {*_TESTS, "describe"}:
                reason = f"`{_text(called)}` gives names that are not known before it runs: write {word}(...)"
                raise CodeError(reason, line=node.start_point.row + 1)
            continue
        arguments = given.named_children
        if not arguments or arguments[0].type != "string":
            raise CodeError(f"`{word}` needs its name as a plain string", line=node.start_point.row + 1)
        names = (*above, _text(arguments[0])[1:-1])
        if word in _TESTS:
            yield " > ".join(names)
            continue
        block = arguments[-1].child_by_field_name("body")
        yield from _own_tests(block.children if block is not None else [], above=names)


def _rewritten(text: bytes, root: Node) -> bytes:
    """The text with the paths of its imports as they are from the place of the test file; no line moves."""
    for node in sorted(_paths(root), key=lambda node: -node.start_byte):
        inner = text[node.start_byte + 1 : node.end_byte - 1]
        if inner.startswith(b"./"):
            text = text[: node.start_byte + 1] + _TO_ROOT.encode() + inner[2:] + text[node.end_byte - 1 :]
    return text


def _paths(root: Node) -> Iterator[Node]:
    """The strings that say what is imported."""
    waiting = [root]
    while waiting:
        node = waiting.pop()
        if node.type == "import_statement" and (path := node.child_by_field_name("source")) is not None:
            yield path
        elif node.type == "call_expression":
            called, given = node.child_by_field_name("function"), node.child_by_field_name("arguments")
            if given is not None and _text(called) in {"import", "require"} and given.named_child_count == 1:
                yield from (child for child in given.named_children if child.type == "string")
        waiting.extend(node.children)


def _numbered(text: str, root: Node, *, file: str, first: int) -> list[str]:
    """The lines with a comment at the end of each that says which line of ``file`` it is.

    A line that ends inside a string or a comment stays as it is, for a comment there would be part of it.
    """
    inside: set[int] = set()
    waiting = [root]
    while waiting:
        node = waiting.pop()
        if node.type in {"template_string", "comment", "string", "regex", "jsx_text"}:
            inside.update(range(node.start_point.row, node.end_point.row))
        waiting.extend(node.children)
    return [
        f"{line.rstrip()} // {file}:{first + row}" if line.strip() and row not in inside else line
        for row, line in enumerate(text.rstrip("\n").split("\n"))
    ]


def _sourced(node: Node) -> str:
    path = node.child_by_field_name("source")
    return _text(path)[1:-1]


def _binds(node: Node, name: str) -> bool:
    """Whether an import binds a name."""
    waiting = [child for child in node.children if child.type == "import_clause"]
    while waiting:
        inner = waiting.pop()
        if inner.type == "identifier" and _text(inner) == name:
            return True
        waiting.extend(inner.children)
    return False


def _text(node: Node | None) -> str:
    return (node.text or b"").decode("utf-8", "replace") if node is not None else ""
