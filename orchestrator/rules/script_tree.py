"""What stands in the syntax tree of a module of TypeScript or JavaScript: its exports, and its imports. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ...specs.grammars import MAX_BYTES, language_of, parse

if TYPE_CHECKING:
    from tree_sitter import Node

FUNCTIONS = frozenset({"function_declaration", "generator_function_declaration", "function_signature"})
"""Those that stand as statements."""
VALUES = frozenset({"arrow_function", "function_expression", "generator_function"})
"""Those that are values."""
CLASSES = frozenset({"class_declaration", "abstract_class_declaration", "class"})
TYPES = frozenset({"interface_declaration", "type_alias_declaration", "enum_declaration"})
ANYTHING = "*"
"""The name under which a module stands that gives on all of another one."""
_NAMED = FUNCTIONS | CLASSES | TYPES | {"internal_module"}

Exports = Mapping[str, tuple["Node | None", ...]]
"""What others can import: the declarations of each name, None where the syntax tree does not tell."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Import:
    """One import: from where, and which of its names; none where it is taken whole."""

    source: str
    names: tuple[str, ...] = ()
    bound: tuple[tuple[str, str], ...] = ()
    """What each name is called here: ``(test, check)`` of ``import { test as check }``."""
    required: bool = False
    """By ``require``, whose search for files is more patient than that of ``import``."""
    for_types: bool = False


def read(path: str, text: str) -> Node | None:
    """The root of the syntax tree; None where the text does not parse, or nobody could read so much."""
    source = text.encode("utf-8", "replace")
    if len(source) > MAX_BYTES:
        return None
    root = parse(language_of(path) or "typescript", source)
    return None if root.has_error else root


def text_of(node: Node | None) -> str:
    """The text of a node; empty for none."""
    return (node.text or b"").decode("utf-8", "replace") if node is not None else ""


def walk(node: Node) -> Iterator[Node]:
    """A node and all below it, in the order of the text; with a stack of our own, for hostile code nests deep."""
    waiting = [node]
    while waiting:
        each = waiting.pop()
        yield each
        waiting.extend(reversed(each.children))


def above(node: Node) -> Iterator[Node]:
    """What a node stands in, the nearest first."""
    inner = node.parent
    while inner is not None:
        yield inner
        inner = inner.parent


def root_name(node: Node | None) -> str:
    """The identifier that a chain of members, calls and subscripts begins with; empty where it begins otherwise."""
    while node is not None and node.type not in {"identifier", "this"}:
        inner = node.child_by_field_name("object") or node.child_by_field_name("function")
        if inner is None and node.type in {"await_expression", "parenthesized_expression", "non_null_expression"}:
            inner = node.named_children[0] if node.named_children else None
        node = inner
    return text_of(node)


def offered(root: Node) -> Exports:
    """What a module gives others: what it exports or, where it says nothing of exports, all that it declares."""
    return exported(root) or {name: tuple(nodes) for name, nodes in declared(root.children).items()}


def exported(root: Node) -> Exports:
    """What a module exports, by name; ``default`` is a name like others."""
    own = declared(root.children)
    found: dict[str, list[Node | None]] = {}
    for name, node in _exports(root, own):
        found.setdefault(name, []).append(node)
    return {name: tuple(nodes) for name, nodes in found.items()}


def declared(statements: Iterable[Node]) -> dict[str, list[Node]]:
    """What statements give a name to, be it exported or not."""
    found: dict[str, list[Node]] = {}
    for statement in statements:
        inner = statement.child_by_field_name("declaration") if statement.type == "export_statement" else statement
        for name, node in _declares(inner) if inner is not None else ():
            found.setdefault(name, []).append(node)
    return found


def imports(root: Node) -> Iterator[Import]:
    """Everything a module imports, wherever in it; what is no plain text is not known and left out."""
    for node in walk(root):
        if node.type == "import_statement":
            yield from _import(node)
        elif node.type == "export_statement" and (source := node.child_by_field_name("source")) is not None:
            specifiers = [each for each in walk(node) if each.type == "export_specifier"]
            names = tuple(text_of(each.child_by_field_name("name")) for each in specifiers)
            yield Import(source=_inner(source), names=names, for_types=_is_for_types(node))
        elif node.type == "call_expression":
            yield from _call(node)


def _exports(root: Node, own: Mapping[str, list[Node]]) -> Iterator[tuple[str, Node | None]]:
    for statement in root.children:
        if statement.type == "export_statement":
            yield from _exported(statement, own)
        elif statement.type == "expression_statement" and statement.named_children:
            yield from _assigned(statement.named_children[0], own)


def _exported(statement: Node, own: Mapping[str, list[Node]]) -> Iterator[tuple[str, Node | None]]:
    declaration = statement.child_by_field_name("declaration")
    if any(child.type == "default" for child in statement.children):
        value = declaration or statement.child_by_field_name("value")
        yield from (("default", node) for node in _behind(value, own))
        return
    if declaration is not None:
        yield from _declares(declaration)
        return
    elsewhere = statement.child_by_field_name("source") is not None
    clause = next((child for child in statement.children if child.type in {"export_clause", "namespace_export"}), None)
    if clause is None:
        yield from [(ANYTHING, None)] * elsewhere
    elif clause.type == "namespace_export":
        yield text_of(clause.named_children[-1]), None
    else:
        for each in clause.named_children:
            if each.type == "export_specifier":
                local = text_of(each.child_by_field_name("name"))
                name = text_of(each.child_by_field_name("alias")) or local
                yield from ((name, node) for node in (() if elsewhere else own.get(local, ())) or (None,))


def _assigned(expression: Node, own: Mapping[str, list[Node]]) -> Iterator[tuple[str, Node | None]]:
    """What ``module.exports = ...`` and ``exports.name = ...`` export."""
    left, right = expression.child_by_field_name("left"), expression.child_by_field_name("right")
    if expression.type != "assignment_expression" or right is None:
        return
    target = re.sub(r"^module\.", "", text_of(left))
    if target == "exports" and right.type == "object":
        for each in right.named_children:
            name = text_of(each.child_by_field_name("key") or each.child_by_field_name("name") or each)
            value = each.child_by_field_name("value") if each.type == "pair" else each
            if each.type in {"pair", "method_definition", "shorthand_property_identifier"}:
                yield from ((name, node) for node in _behind(value, own))
            else:
                yield ANYTHING, None
    elif target == "exports":
        yield from (("default", node) for node in _behind(right, own))
        yield ANYTHING, None
    elif target.startswith("exports.") and target.count(".") == 1:
        yield from ((target.partition(".")[2], node) for node in _behind(right, own))


def _behind(value: Node | None, own: Mapping[str, list[Node]]) -> Iterable[Node | None]:
    """The declarations that a value names, or the value itself."""
    if value is not None and value.type in {"identifier", "shorthand_property_identifier"}:
        return own.get(text_of(value)) or [None]
    return [value]


def _declares(node: Node) -> Iterator[tuple[str, Node]]:
    if node.type == "ambient_declaration":
        for child in node.named_children:
            yield from _declares(child)
    elif node.type in {"lexical_declaration", "variable_declaration"}:
        for each in node.named_children:
            target = each.child_by_field_name("name")
            if each.type == "variable_declarator" and target is not None:
                leaves = {"identifier", "shorthand_property_identifier_pattern"}
                yield from ((text_of(leaf), each) for leaf in walk(target) if leaf.type in leaves)
    elif node.type in _NAMED:
        yield text_of(node.child_by_field_name("name")), node


def _import(node: Node) -> Iterator[Import]:
    source = node.child_by_field_name("source")
    if source is None:
        return
    pairs: list[tuple[str, str]] = []
    clause = next((child for child in node.children if child.type == "import_clause"), None)
    for each in clause.named_children if clause is not None else ():
        if each.type == "identifier":
            pairs.append(("default", text_of(each)))
        elif each.type == "namespace_import":
            pairs.append((ANYTHING, text_of(each.named_children[-1])))
        else:
            pairs += [_pair(one) for one in each.named_children if not _is_for_types(one)]
    names = tuple(name for name, _ in pairs if name != ANYTHING)
    yield Import(source=_inner(source), names=names, bound=tuple(pairs), for_types=_is_for_types(node))


def _pair(specifier: Node) -> tuple[str, str]:
    name = text_of(specifier.child_by_field_name("name"))
    return name, text_of(specifier.child_by_field_name("alias")) or name


def _call(node: Node) -> Iterator[Import]:
    called, given = text_of(node.child_by_field_name("function")), node.child_by_field_name("arguments")
    first = given.named_children[0] if given is not None and given.named_children else None
    if called not in {"import", "require"} or first is None or first.type != "string":
        return
    pairs = tuple(_taken(node))
    names = tuple(name for name, _ in pairs if name != ANYTHING)
    yield Import(source=_inner(first), names=names, bound=pairs, required=called == "require")


def _taken(call: Node) -> Iterator[tuple[str, str]]:
    """What a declaration or a member takes of a module that is required, or awaited."""
    holder = next(
        (each for each in above(call) if each.type not in {"await_expression", "parenthesized_expression"}), None
    )
    if holder is None:
        return
    if holder.type == "member_expression":
        yield text_of(holder.child_by_field_name("property")), ""
        return
    target = holder.child_by_field_name("name") if holder.type == "variable_declarator" else None
    if target is not None and target.type == "identifier":
        yield ANYTHING, text_of(target)
    for each in target.named_children if target is not None and target.type == "object_pattern" else ():
        if each.type == "shorthand_property_identifier_pattern":
            yield text_of(each), text_of(each)
        elif each.type == "pair_pattern":
            yield text_of(each.child_by_field_name("key")), text_of(each.child_by_field_name("value"))


def _is_for_types(node: Node) -> bool:
    """Whether nothing of it is left when the program runs."""
    return any(child.type == "type" for child in node.children)


def _inner(string: Node) -> str:
    return text_of(string)[1:-1]
