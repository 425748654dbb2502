"""Outlines of source files, from their syntax trees."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..specs.grammars import MAX_BYTES, language_of, parse

if TYPE_CHECKING:
    from tree_sitter import Node

MAX_SIGNATURE = 160

_DEFINITIONS = frozenset(
    {
        "function_definition",
        "class_definition",
        "function_declaration",
        "generator_function_declaration",
        "class_declaration",
        "abstract_class_declaration",
        "method_definition",
        "method_signature",
        "abstract_method_signature",
        "interface_declaration",
        "type_alias_declaration",
        "enum_declaration",
        "internal_module",
        *("method_declaration", "type_spec", "type_alias"),  # Go
        *("function_item", "function_signature_item", "struct_item", "enum_item", "union_item", "type_item"),  # Rust
        *("trait_item", "impl_item", "mod_item", "macro_definition"),
    }
)
_WHOLE = frozenset(
    {
        *("type_alias_declaration", "interface_declaration", "enum_declaration"),
        *("type_spec", "type_alias", "struct_item", "enum_item", "union_item", "type_item"),
    }
)
"""Their bodies are what they say; shown as far as there is room."""
_CLASSES = frozenset(
    {
        *("class_definition", "class_declaration", "abstract_class_declaration", "internal_module"),
        *("trait_item", "impl_item", "mod_item"),
    }
)
_PYTHON = frozenset({"function_definition", "class_definition", "assignment"})
"""What has a name of its own in Python, and in no other language that is read."""
_BASES = re.compile(rb"^[ \t]*class[ \t]+\w+[ \t]*\(([^()]{0,400})\)", re.MULTILINE)
_WORD = re.compile(rb"\w+")
_VARIABLES = frozenset(
    {
        *("assignment", "variable_declarator", "public_field_definition"),
        *("const_spec", "var_spec", "const_item", "static_item"),
    }
)
_TRANSPARENT = frozenset(
    {
        "ERROR",
        "decorated_definition",
        "export_statement",
        "expression_statement",
        "lexical_declaration",
        "variable_declaration",
        "ambient_declaration",
        "if_statement",
        "try_statement",
        "except_clause",
        "else_clause",
        "with_statement",
        "block",
        "module",
        "program",
        "class_body",
        "statement_block",
        *("source_file", "type_declaration", "const_declaration", "var_declaration", "var_spec_list"),  # Go
        *("declaration_list", "foreign_mod_item"),  # Rust
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Symbol:
    """A definition: its line counting from 1, how deep it is nested in classes, and its first line in short."""

    line: int
    depth: int
    text: str


def is_known(path: str) -> bool:
    """Whether files of this name can be outlined."""
    return language_of(path) is not None


def outline(path: str, source: bytes, *, public: bool = False) -> tuple[Symbol, ...]:
    """The symbols of a file in their order; nothing for an unknown language or more than MAX_BYTES.

    Code that does not parse keeps the definitions that do. ``public`` leaves out what is private by its name,
    unless it is the base of another class there, whose public names it has.
    """
    if not is_known(path) or len(source) > MAX_BYTES:
        return ()
    bases = {name for listed in _BASES.findall(source) for name in _WORD.findall(listed)} if public else ()
    return tuple(_symbols(_parse(path, source), public=public, bases=bases))


def outline_text(path: str, source: bytes, *, indent: str = "", public: bool = False) -> str:
    """An outline as lines of ``NUMBER: SIGNATURE``, nested by two spaces."""
    symbols = outline(path, source, public=public)
    return "".join(f"{indent}{'  ' * each.depth}{each.line}: {each.text}\n" for each in symbols)


def first_error(path: str, source: bytes) -> int | None:
    """The line of the first place that does not parse; None if all does, or if the language is not known."""
    if not is_known(path) or len(source) > MAX_BYTES:
        return None
    node = _parse(path, source)
    if not node.has_error:
        return None
    while not (node.is_error or node.is_missing):
        broken = next((child for child in node.children if child.has_error or child.is_missing), None)
        if broken is None:
            break
        node = broken
    return int(node.start_point.row) + 1


def _parse(path: str, source: bytes) -> Node:
    return parse(language_of(path) or "", source)


def _symbols(root: Node, *, public: bool, bases: Collection[bytes]) -> Iterator[Symbol]:
    """Depth first with a stack of our own: hostile code nests deeper than Python recurses."""
    waiting: list[tuple[Node, int]] = [(root, 0)]
    while waiting:
        node, depth = waiting.pop()
        inside = depth
        if public and _is_private(node, bases):
            continue
        if node.type in _DEFINITIONS:
            yield Symbol(line=node.start_point.row + 1, depth=depth, text=_signature(node))
            if node.type not in _CLASSES:
                continue
            inside = depth + 1
        elif node.type in _VARIABLES:
            if (text := _variable(node)) is not None:
                yield Symbol(line=node.start_point.row + 1, depth=depth, text=text)
            continue
        elif node.type not in _TRANSPARENT:
            continue
        waiting.extend((child, inside) for child in reversed(node.children))


def _is_private(node: Node, bases: Collection[bytes]) -> bool:
    """Whether its name says that nobody else uses it: `#name`, and `_name` in Python.

    There `__init__` is for others, and so is what a decorator makes known.
    """
    name = _name(node)
    text = (name.text or b"") if name is not None else b""
    if node.type == "class_definition" and text in bases:
        return False
    if node.type not in _PYTHON or (node.parent is not None and node.parent.type == "decorated_definition"):
        return text.startswith(b"#")
    return text.startswith(b"_") and not (text.startswith(b"__") and text.endswith(b"__"))


def _name(node: Node) -> Node | None:
    return node.child_by_field_name("left") or node.child_by_field_name("name")


def _signature(node: Node) -> str:
    """What stands before the body, on one line."""
    body = node.child_by_field_name("body")
    start = node.start_byte
    end = body.start_byte if body is not None and node.type not in _WHOLE else node.end_byte
    text = (node.text or b"")[: end - start].decode("utf-8", errors="replace")
    return _short(text.rstrip().removesuffix("{").rstrip().removesuffix(":").removesuffix("=>"))


def _variable(node: Node) -> str | None:
    """A named value: a constant, an annotated field, a function bound to a name; not a plain reassignment."""
    name = _name(node)
    if name is None or name.type not in {"identifier", "property_identifier", "private_property_identifier"}:
        return None
    value = node.child_by_field_name("right") or node.child_by_field_name("value")
    if value is not None and value.type in {"arrow_function", "function_expression", "class", "lambda"}:
        body = value.child_by_field_name("body")
        end = (body.start_byte if body is not None else value.end_byte) - node.start_byte
        return _short(
            (node.text or b"")[:end].decode("utf-8", errors="replace").rstrip("{ \n").removesuffix("=>").rstrip()
        )
    return _short((node.text or b"").decode("utf-8", errors="replace"), limit=80)


def _short(text: str, *, limit: int = MAX_SIGNATURE) -> str:
    line = " ".join(text.split())
    return line if len(line) <= limit else f"{line[: limit - 3]}..."
