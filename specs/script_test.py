"""A check in JavaScript or TypeScript to a test file that node's own runner and vitest both run.

Bare statements are wrapped in one test, calls of ``test``, ``it`` and ``describe`` stand as they are. Paths that begin
with ``./`` are those from the root of the project, wherever the file comes to lie.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from .nouns import Check
from .python_code import CodeError
from .scripts import (
    TYPESCRIPT,
    WHOLE,
    Name,
    arguments,
    bound,
    chain,
    declared,
    imported,
    root_of,
    string,
    text_of,
    walk,
)

if TYPE_CHECKING:
    from tree_sitter import Node

SUFFIXES = {True: ".test.mts", False: ".test.mjs"}
"""Of the test file, by whether it is TypeScript."""
RUNNERS = frozenset({"vitest", "node:test"})
"""Modules that give the words of tests to a check."""

_TO_ROOT = "../../"
_FOREIGN = frozenset({"@jest/globals", "bun:test"})
_TESTS = frozenset({"test", "it"})
_GROUPS = frozenset({"describe"})
_PROPER = {"default": _TESTS, **{word: frozenset({word}) for word in _TESTS | _GROUPS}}
"""What may be called so, by what the runner calls it."""
_WORDS = ("test", "it", "describe", "expect")
_AROUND = ("beforeEach", "afterEach")
_FROM_RUNNER = 'await import(process.env.VITEST ? "vitest" : "node:test");'
_ASSERT = 'import assert from "node:assert/strict";'
_DEEPEST = 20
"""Groups in one another."""
_SECONDS = 60
_SLOW_SECONDS = 600


def suffix(check: Check) -> str:
    """How the name of the check's file ends."""
    return SUFFIXES[check.language in TYPESCRIPT]


def source(check: Check, *, name: str, where: str) -> tuple[str, tuple[str, ...]]:
    """The file's text and the names of its tests; raises CodeError, whose line is that within the check.

    Each line of the check ends in a comment with its place in the spec, which failures therefore show.
    """
    given = check.body.encode("utf-8", "replace")
    root = root_of(check.language, given)
    _sound(root, check.language)
    text = _rewritten(given, root)
    root = root_of(check.language, text)
    own = _own_tests(root)
    file = where.partition(":")[0]
    head, body = _parted(text, root, file=file, first=check.line)
    if not own:
        seconds = _SLOW_SECONDS if "slow" in check.flags else _SECONDS
        body = [f'test("{name}", {{ timeout: {seconds * 1000} }}, async () => {{', *body, "});"]
    assertions, framework = _given(root, wrapped=not own)
    parts = [f"// {where}", *assertions, *head, *framework, "", *body]
    return "\n".join(parts).rstrip() + "\n", own or (name,)


def _given(root: Node, *, wrapped: bool) -> tuple[list[str], list[str]]:
    """What the file binds because the check does not: ``assert``, and the words of whichever runner runs it.

    What stands inside of the test that is wrapped around it takes no name from the file.
    """
    own = list(_imports(root))
    taken = {each.name for each in own}
    if wrapped and any(each.name == "test" and each.source not in RUNNERS for each in own):
        raise CodeError("`test` is the runner's word in a check: import yours by another name")
    if not wrapped:
        taken.update(each.name for each in declared(root.children))
    used = {_word(node) for node in walk(root)}
    words = [word for word in (*_WORDS, *(each for each in _AROUND if each in used)) if word not in taken]
    return (
        [] if "assert" in taken else [_ASSERT],
        [f"const {{ {', '.join(words)} }} = {_FROM_RUNNER}"] if words else [],
    )


def _imports(root: Node) -> Iterator[Name]:
    for node in root.children:
        if node.type == "import_statement":
            yield from imported(node)


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
        if any(child.type == "import_require_clause" for child in node.children):
            raise CodeError("no runner reads `import ... = require`: write import ... from", line=_line(node))
        if node.type == "import_statement" and (foreign := _inner_source(node)) in _FOREIGN:
            raise CodeError(f"checks are run by vitest or by node: take nothing from {foreign}", line=_line(node))
    if not any(node.type not in {"comment", "import_statement"} for node in root.children):
        raise CodeError("a check needs a statement that can fail")


def _own_tests(root: Node) -> tuple[str, ...]:
    """The names that the runner will give; raises CodeError where they cannot be known before it runs."""
    names = [*_imports(root), *declared(root.children)]
    _well_called(root, [each for each in names if each.source in RUNNERS])
    words = (_TESTS | _GROUPS) - {each.name for each in names if each.source not in RUNNERS}
    found = list(_named(root.children, words=words, above=()))
    inside = words - (bound(root) - {each.name for each in names})
    placed = {each.start_byte for _, each in found}
    for node in walk(root):
        word = _word(node)
        if word in inside and node.start_byte not in placed:
            reason = f"`{word}` has to stand at the top or in a `describe`: elsewhere nobody knows its tests before"
            raise CodeError(reason, line=_line(node))
    return tuple(dict.fromkeys(name for name, _ in found if name))


def _named(nodes: Iterable[Node], *, words: frozenset[str], above: tuple[str, ...]) -> Iterator[tuple[str, Node]]:
    """The calls of a runner's words in their places, with the name that its test gets; a group has none of its own."""
    for node in nodes:
        call = _call(node)
        word = _word(call)
        if call is None or word not in words:
            continue
        called = text_of(call.child_by_field_name("function"))
        if called != word:
            reason = f"`{called}` gives names that are not known before it runs: write {word}(...)"
            raise CodeError(reason, line=_line(call))
        given = arguments(call)
        if not given or given[0].type != "string":
            raise CodeError(f"`{word}` needs its name as a plain string", line=_line(call))
        names = (*above, _name(given[0], word))
        yield (" > ".join(names) if word in _TESTS else ""), call
        if word in _GROUPS:
            if len(names) > _DEEPEST:
                raise CodeError(f"`{word}` stands in {_DEEPEST} others", line=_line(call))
            inner = list(_named(_statements(given), words=words, above=names))
            if not inner:
                raise CodeError(f"`{word}` has no test that could be named: write test(...) in it", line=_line(call))
            yield from inner


def _well_called(root: Node, taken: list[Name]) -> None:
    """Raise CodeError where a test is made by another name than the runner's own."""
    whole = {each.name for each in taken if each.original == WHOLE}
    odd = {each.name: each.original for each in taken if each.name not in _PROPER.get(each.original, {each.name})}
    for node in walk(root):
        words = chain(node) if node.type == "call_expression" else ()
        if words[:1] and (words[0] in odd or (words[0] in whole and {*words[1:2]} & (_TESTS | _GROUPS))):
            word = odd.get(words[0], words[-1]).replace("default", "test")
            raise CodeError(f"import `{word}` from its runner by that name, and call that", line=_line(node))


def _call(node: Node) -> Node | None:
    """The call that a statement, or an expression that stands for one, is made of."""
    while node.type in {"expression_statement", "await_expression"} and node.named_children:
        node = node.named_children[0]
    return node if node.type == "call_expression" else None


def _word(node: Node | None) -> str:
    """What a call begins with."""
    return "".join(chain(node)[:1]) if node is not None and node.type == "call_expression" else ""


def _name(node: Node, word: str) -> str:
    """What runners report a test under; they spell odd names each in a way of their own."""
    name = string(node)
    if not name.strip() or not name.isprintable():
        raise CodeError(f"`{word}` needs a name that can be read on one line", line=_line(node))
    return name


def _statements(given: Iterable[Node]) -> list[Node]:
    """What stands in the function of a group."""
    body = next((found for each in given if (found := each.child_by_field_name("body"))), None)
    if body is None:
        return []
    return body.children if body.type == "statement_block" else [body]


def _rewritten(text: bytes, root: Node) -> bytes:
    """The text with the paths of its imports as they are from the place of the test file; no line moves."""
    for node in sorted(_paths(root), key=lambda node: -node.start_byte):
        inner = text[node.start_byte + 1 : node.end_byte - 1]
        if inner.startswith(b"./"):
            text = text[: node.start_byte + 1] + _TO_ROOT.encode() + inner[2:] + text[node.end_byte - 1 :]
    return text


def _paths(root: Node) -> Iterator[Node]:
    """The strings that say what is imported."""
    for node in walk(root):
        if node.type == "import_statement" and (path := node.child_by_field_name("source")) is not None:
            yield path
        elif node.type == "call_expression":
            called, given = node.child_by_field_name("function"), node.child_by_field_name("arguments")
            if given is not None and text_of(called) in {"import", "require"} and given.named_child_count == 1:
                yield from (child for child in given.named_children if child.type == "string")


def _parted(text: bytes, root: Node, *, file: str, first: int) -> tuple[list[str], list[str]]:
    """The lines of the imports, and those of the rest; what shares a line with an import stays with the rest."""
    rest = [node for node in root.children if node.type != "import_statement" and not _is_aside(node)]
    busy = {row for node in rest for row in _rows(node)}
    starts = [0, *(at + 1 for at, byte in enumerate(text) if byte == ord("\n")), len(text) + 1]
    head, touched = bytearray(len(text)), set[int]()
    for node in root.children:
        if node.type == "import_statement":
            rows = _rows(node)
            shares = not busy.isdisjoint(rows)
            start = node.start_byte if shares else starts[rows[0]]
            end = node.end_byte if shares else starts[rows[-1] + 1] - 1
            head[start:end] = b"\1" * (end - start)
            touched.update(rows)
    taken, left = (_numbered(_only(text, head, wanted), root, file=file, first=first) for wanted in (1, 0))
    return (
        [line for row, line in enumerate(taken) if row in touched and line.strip()],
        [line for row, line in enumerate(left) if row not in touched or line.strip()],
    )


def _only(text: bytes, mask: bytearray, wanted: int) -> str:
    """The bytes that are marked so, and spaces for the others, each line at its place."""
    kept = (byte if mark == wanted or byte == ord("\n") else ord(" ") for byte, mark in zip(text, mask, strict=True))
    return bytes(kept).decode("utf-8", "replace")


def _is_aside(node: Node) -> bool:
    return node.type == "comment" and len(_rows(node)) == 1


def _rows(node: Node) -> range:
    return range(node.start_point.row, node.end_point.row + 1)


def _numbered(text: str, root: Node, *, file: str, first: int) -> list[str]:
    """The lines with a comment at the end of each that says which line of ``file`` it is.

    A line that ends inside a string or a comment stays as it is, for a comment there would be part of it.
    """
    inside: set[int] = set()
    for node in walk(root):
        if node.type in {"template_string", "comment", "string", "regex", "jsx_text"}:
            inside.update(range(node.start_point.row, node.end_point.row))
    return [
        f"{line.rstrip()} // {file}:{first + row}" if line.strip() and row not in inside else line
        for row, line in enumerate(text.rstrip("\n").split("\n"))
    ]


def _inner_source(node: Node) -> str:
    return text_of(node.child_by_field_name("source"))[1:-1]


def _line(node: Node) -> int:
    return node.start_point.row + 1
