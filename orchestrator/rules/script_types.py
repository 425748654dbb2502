"""How types and signatures of TypeScript and JavaScript are written, without what makes no difference. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from .script_tree import CLASSES, VALUES, text_of

if TYPE_CHECKING:
    from tree_sitter import Node

_UNSAID = frozenset({",", ";", "comment"})


def value_of(node: Node) -> Node:
    """The function or the class that a name is given, or the node itself."""
    value = node.child_by_field_name("value") if node.type in {"variable_declarator", "pair"} else None
    return value if value is not None and value.type in VALUES | CLASSES else node


def written(node: Node) -> str:
    """A signature on one line, as messages show it."""
    function = value_of(node)
    name = text_of(node.child_by_field_name("name"))
    given = function.child_by_field_name("parameters") or function.child_by_field_name("parameter")
    returns = type_of(node, "return_type")
    shown = " ".join(text_of(given).split())
    return f"{name}{shown if shown.startswith('(') else f'({shown})'}{f': {returns}' if returns else ''}"


def type_of(node: Node, field: str) -> str:
    """A type as it is compared; empty where none is written."""
    found = value_of(node).child_by_field_name(field) if field == "return_type" else node.child_by_field_name(field)
    return normal(found).removeprefix(": ")


def normal(node: Node | None) -> str:
    """A piece of code by its tokens, without what makes no difference."""
    return " ".join(_tokens(node)).removeprefix("| ") if node is not None else ""


def _tokens(node: Node) -> Iterator[str]:
    """Its leaves, with a stack of our own: hostile code nests deeper than Python recurses."""
    waiting = [node]
    while waiting:
        each = waiting.pop()
        if each.type == "string" and each.is_named:
            yield f'"{text_of(each)[1:-1]}"'
        elif each.type not in _UNSAID and each.children:
            waiting.extend(reversed(each.children))
        elif each.type not in _UNSAID:
            yield text_of(each)
