"""What stands in a check of JavaScript or TypeScript: the names it takes, those it binds, the words of calls. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, NamedTuple

from .grammars import parse
from .python_code import CodeError

if TYPE_CHECKING:
    from tree_sitter import Node

TYPESCRIPT = frozenset({"ts", "typescript", "mts"})
"""What fences of TypeScript call it; the others are JavaScript."""
WHOLE = "*"
"""The name of a module that is taken whole."""
_DECLARATIONS = frozenset({"lexical_declaration", "variable_declaration"})
_NAMED = frozenset({"function_declaration", "generator_function_declaration", "class_declaration", "enum_declaration"})
_BINDING = frozenset({"identifier", "shorthand_property_identifier_pattern"})
_ESCAPES = {"n": "\n", "t": "\t", "b": "\b", "v": "\v", "f": "\f", "r": "\r", "0": "\0", "\n": "", "\r\n": ""}
_CODE = re.compile(r"x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|u\{0*([0-9a-fA-F]{1,6})\}")


class Name(NamedTuple):
    """A name of the check's, and what it is called where it comes from; ``source`` is empty for its own."""

    name: str
    original: str = ""
    source: str = ""


def root_of(language: str, text: str | bytes) -> Node:
    """The syntax tree of a check, by what its fence calls the language."""
    source = text.encode("utf-8", "replace") if isinstance(text, str) else text
    return parse("typescript" if language in TYPESCRIPT else "javascript", source)


def text_of(node: Node | None) -> str:
    """The text of a node; empty for none."""
    return (node.text or b"").decode("utf-8", "replace") if node is not None else ""


def walk(node: Node) -> Iterator[Node]:
    """A node and all below it, in the order of the text, however deep hostile code nests."""
    waiting = [node]
    while waiting:
        each = waiting.pop()
        yield each
        waiting.extend(reversed(each.children))


def imported(statement: Node) -> Iterator[Name]:
    """What an import statement binds; types are gone before anything runs."""
    if any(child.type == "type" for child in statement.children):
        return
    source = _inner(statement.child_by_field_name("source"))
    for clause in statement.children:
        if clause.type == "import_clause":
            for part in clause.named_children:
                yield from _of_clause(part, source)


def declared(statements: Iterable[Node]) -> Iterator[Name]:
    """What statements declare themselves, with the module of ``const ... = await import("...")``."""
    for statement in statements:
        if statement.type in _NAMED:
            yield Name(text_of(statement.child_by_field_name("name")))
        elif statement.type in _DECLARATIONS:
            for each in statement.named_children:
                if each.type == "variable_declarator":
                    yield from _of_declarator(each)


def bound(root: Node) -> frozenset[str]:
    """Every name that is a parameter or a variable somewhere in it."""
    found = set[str]()
    for node in walk(root):
        if node.type == "variable_declarator":
            found.update(_pattern(node.child_by_field_name("name")))
        elif node.type == "formal_parameters":
            found.update(name for each in node.named_children for name in _pattern(each))
        elif node.type == "arrow_function":
            found.update(_pattern(node.child_by_field_name("parameter")))
    return frozenset(found)


def taken(root: Node) -> Iterator[Name]:
    """What it takes from other modules, wherever in it."""
    for node in walk(root):
        if node.type == "import_statement":
            yield from imported(node)
        elif node.type in _DECLARATIONS:
            yield from (each for each in declared([node]) if each.source)


def chain(node: Node | None) -> tuple[str, ...]:
    """The words of what is called, without arguments: ``expect, not, toBe`` of ``expect(1).not.toBe``."""
    words: list[str] = []
    while node is not None:
        if node.type == "call_expression":
            node = node.child_by_field_name("function")
        elif node.type == "member_expression":
            words.append(text_of(node.child_by_field_name("property")))
            node = node.child_by_field_name("object")
        elif node.type in {"await_expression", "parenthesized_expression", "non_null_expression"}:
            node = next(iter(node.named_children), None)
        else:
            words.append(text_of(node) if node.type in {"identifier", "this", "import"} else "")
            break
    return tuple(reversed(words))


def arguments(call: Node) -> tuple[Node, ...]:
    """What a call is given."""
    given = call.child_by_field_name("arguments")
    if given is None or given.type != "arguments":
        return ()
    return tuple(each for each in given.named_children if each.type != "comment")


def string(node: Node) -> str:
    """The value of a string literal; raises CodeError where it has none that could be written down."""
    parts = (text_of(child) for child in node.children[1:-1])
    try:
        said = "".join(_unescaped(part) if part.startswith("\\") else part for part in parts)
        return said.encode("utf-16", "surrogatepass").decode("utf-16")
    except ValueError as error:
        raise CodeError(f"{text_of(node)} is no text", line=node.start_point.row + 1) from error


def _unescaped(escape: str) -> str:
    said = escape[1:]
    if found := _CODE.fullmatch(said):
        return chr(int(found[1] or found[2] or found[3], 16))
    if said.isdigit() and said != "0":
        raise ValueError(escape)
    return _ESCAPES.get(said, said)


def _of_clause(part: Node, source: str) -> Iterator[Name]:
    if part.type == "identifier":
        yield Name(text_of(part), "default", source)
    elif part.type == "namespace_import":
        yield Name(text_of(part.named_children[-1]), WHOLE, source)
    else:
        for each in part.named_children:
            if each.type == "import_specifier" and not any(child.type == "type" for child in each.children):
                original = text_of(each.child_by_field_name("name"))
                yield Name(text_of(each.child_by_field_name("alias")) or original, original, source)


def _of_declarator(node: Node) -> Iterator[Name]:
    pattern, source = node.child_by_field_name("name"), _module(node.child_by_field_name("value"))
    if pattern is None or pattern.type == "identifier":
        yield Name(text_of(pattern), WHOLE if source else "", source)
        return
    for part in pattern.named_children:
        key, value = part.child_by_field_name("key"), part.child_by_field_name("value")
        for name in _pattern(value or part):
            yield Name(name, (text_of(key) or name) if source else "", source)


def _module(value: Node | None) -> str:
    """What ``await import("...")`` and ``require("...")`` name; empty for any other value."""
    if value is not None and value.type == "await_expression":
        value = next(iter(value.named_children), None)
    if value is None or value.type != "call_expression" or chain(value) not in {("import",), ("require",)}:
        return ""
    first = next(iter(arguments(value)), None)
    return _inner(first) if first is not None and first.type == "string" else ""


def _pattern(node: Node | None) -> Iterator[str]:
    """The names that a pattern binds; values that it falls back on are none."""
    waiting = [node] if node is not None else []
    while waiting:
        each = waiting.pop()
        if each.type in _BINDING:
            yield text_of(each)
        elif each.type in {"assignment_pattern", "object_assignment_pattern"}:
            waiting.extend(filter(None, [each.child_by_field_name("left")]))
        elif each.type in {"required_parameter", "optional_parameter"}:
            waiting.extend(filter(None, [each.child_by_field_name("pattern")]))
        elif each.type == "pair_pattern":
            waiting.extend(filter(None, [each.child_by_field_name("value")]))
        elif each.type in {"object_pattern", "array_pattern", "rest_pattern"}:
            waiting.extend(each.named_children)


def _inner(node: Node | None) -> str:
    return text_of(node)[1:-1]
