"""What a source file defines, imports and mentions, by its syntax tree. Pure; resolves nothing."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ...specs.grammars import parse
from .imports import Import, imports_of

if TYPE_CHECKING:
    from tree_sitter import Node

_FUNCTIONS = frozenset(
    (
        *("function_definition", "function_declaration", "generator_function_declaration", "function_signature"),
        *("method_definition", "method_signature", "abstract_method_signature", "method_declaration"),
        *("function_item", "function_signature_item"),
    )
)
_TYPES = frozenset(
    (
        *("class_definition", "class_declaration", "abstract_class_declaration", "interface_declaration"),
        *("type_alias_declaration", "enum_declaration", "type_spec", "type_alias", "struct_item", "enum_item"),
        *("union_item", "type_item", "trait_item", "impl_item"),
    )
)
_VALUES = frozenset(
    (
        *("assignment", "variable_declarator", "public_field_definition", "property_signature"),
        *("const_spec", "var_spec", "const_item", "static_item"),
    )
)
_BODIES = frozenset({"block", "class_body", "interface_body", "object_type", "declaration_list"})
_TRANSPARENT = frozenset(
    (
        *("module", "program", "source_file", "decorated_definition", "expression_statement", "if_statement"),
        *("try_statement", "else_clause", "except_clause", "export_statement", "ambient_declaration", "ERROR"),
        *("lexical_declaration", "variable_declaration", "type_declaration", "const_declaration", "var_declaration"),
        *("var_spec_list", "declaration_list", "block"),
    )
)
_MENTIONS = frozenset({"identifier", "type_identifier"})
_MEMBERS = {
    "attribute": ("object", "attribute"),
    "member_expression": ("object", "property"),
    "nested_type_identifier": ("module", "name"),
    "selector_expression": ("operand", "field"),
    "qualified_type": ("package", "name"),
    "field_expression": ("value", "field"),
}
_REST = frozenset({"list_splat_pattern", "dictionary_splat_pattern", "rest_pattern", "variadic_parameter_declaration"})
_OPTIONAL = frozenset({"optional_parameter", "assignment_pattern"})
_NO_PARAMETER = frozenset(
    {"self_parameter", "comment", "line_comment", "positional_separator", "keyword_separator", "attribute_item"}
)
_BINDS = frozenset({"short_var_declaration", "parameter_declaration", "range_clause", "var_spec", "const_spec"})
"""Of Go: what gives a name a value within a function, so that it is not the package's."""
_LONGEST = 120
"""Characters of what stands before the dot of a member; longer ones name no module."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Definition:
    """A named thing that others may use: ``load``, ``Store.put``, with its line from 1."""

    name: str
    line: int
    least: int | None = None
    """Arguments that a caller must give; None for what is no function."""
    most: float = math.inf
    returns: str = ""
    """The type as it is written, without quotes and spaces, after ``async`` where it has to be awaited."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A file as far as others are concerned."""

    definitions: tuple[Definition, ...] = ()
    imports: tuple[Import, ...] = ()
    members: Mapping[tuple[str, str], int] = field(default_factory=dict)
    """The first line of each ``before.after``; under ``("", after)`` whatever stands before the dot."""
    names: Mapping[str, int] = field(default_factory=dict)
    """The first line of each plain name."""
    bound: frozenset[str] = frozenset()
    """Names that functions of the file give a value themselves, where the language makes that visible."""


def read_source(language: str, content: bytes) -> Source:
    """All of a file in one walk; code that does not parse keeps what does."""
    root = parse(language, content)
    members: dict[tuple[str, str], int] = {}
    names: dict[str, int] = {}
    bound: set[str] = set()
    waiting = [root]
    while waiting:
        node = waiting.pop()
        if node.type in _MENTIONS:
            names.setdefault(text_of(node), _line(node))
        elif (parts := _MEMBERS.get(node.type)) is not None:
            before, after = (text_of(node.child_by_field_name(part)) for part in parts)
            for name in ("", before) if len(before) <= _LONGEST else ("",):
                members.setdefault((name, after), _line(node))
        elif node.type in _BINDS and language == "go":
            bound.update(_given(node))
        waiting.extend(reversed(node.children))
    return Source(
        definitions=tuple(_definitions(root)),
        imports=tuple(imports_of(language, root)),
        members=members,
        names=names,
        bound=frozenset(bound),
    )


def other_arguments(old: Definition, new: Definition) -> str:
    """How callers of ``old`` would have to call ``new``, in words; empty where ``old`` is as ``new`` asks for.

    It is where it takes all that ``new`` has to take, and perhaps more; and callers do not mind if ``new`` takes more.
    """
    if old.least is None or new.least is None or (old.least <= new.least and new.most <= old.most):
        return ""
    breaks = new.least > old.least or new.most < old.most
    return f"takes {_arguments(new)} instead of {_arguments(old)}" if breaks else ""


def other_result(old: Definition, new: Definition) -> str:
    """What callers of ``old`` would get of ``new``, in words; empty where it is the same, or not written."""
    if old.returns and new.returns and _plain_type(old.returns) != _plain_type(new.returns):
        return f"returns `{new.returns}` instead of `{old.returns}`"
    return ""


def text_of(node: Node | None) -> str:
    """The text of a node; empty for none."""
    return (node.text or b"").decode("utf-8", "replace") if node is not None else ""


def _definitions(root: Node) -> Iterator[Definition]:
    """Those of a file and of its classes, in the order of the text; what a function holds is its own affair."""
    waiting = [(child, "") for child in reversed(root.children)]
    while waiting:
        node, above = waiting.pop()
        kind = node.type
        if kind in _FUNCTIONS:
            yield from _named(node, node, above)
        elif kind in _TYPES:
            if kind != "impl_item":
                yield from _named(node, None, above)
            name = _name(node)
            parts = (node.child_by_field_name(part) for part in ("body", "type", "value"))
            body = next((part for part in parts if part is not None), None)
            if body is not None and body.type in _BODIES and name and not above:
                waiting.extend((child, name) for child in reversed(body.children))
        elif kind in _VALUES:
            value = node.child_by_field_name("value") or node.child_by_field_name("right")
            is_function = value is not None and value.type in {"arrow_function", "function_expression", "lambda"}
            yield from _named(node, value if is_function else None, above)
        elif kind in _TRANSPARENT:
            waiting.extend((child, above) for child in reversed(node.children))


def _named(node: Node, function: Node | None, above: str) -> Iterator[Definition]:
    name = _name(node)
    if not name:
        return
    full = f"{above}.{name}" if above else name
    if function is None:
        yield Definition(name=full, line=_line(node))
        return
    least, most = _arity(function)
    yield Definition(name=full, line=_line(node), least=least, most=most, returns=_returns(function))


def _name(node: Node) -> str:
    """Of Go's methods with the type they belong to, of an impl that of its type; empty for what has no plain name."""
    named = node.child_by_field_name("name") or node.child_by_field_name("left")
    if named is None and node.type == "impl_item":
        named = node.child_by_field_name("type")
    said = re.sub(r"<.*", "", text_of(named), flags=re.DOTALL)
    receiver = node.child_by_field_name("receiver")
    if receiver is not None and (typed := re.search(r"(\w+)(?:\[.*\])?\s*\)\s*$", text_of(receiver))):
        said = f"{typed[1]}.{said}"
    return said if re.fullmatch(r"[\w$]+(?:\.[\w$]+)?", said) else ""


def _arity(function: Node) -> tuple[int, float]:
    """How many arguments callers must give, and how many they may."""
    given = function.child_by_field_name("parameters") or function.child_by_field_name("parameter")
    if given is None or given.type == "identifier":
        return (1, 1.0) if given is not None else (0, 0.0)
    least, most = 0, 0.0
    for number, child in enumerate(given.named_children):
        if child.type in _NO_PARAMETER or (number == 0 and text_of(child) in {"self", "cls"}):
            continue
        inner = child.child_by_field_name("pattern") or next(iter(child.named_children), child)
        if child.type in _REST or inner.type in _REST:
            most = math.inf
            continue
        count = max(1, len(child.children_by_field_name("name")))
        optional = child.type in _OPTIONAL or child.child_by_field_name("value") is not None
        least += 0 if optional else count
        most += count
    return least, most


def _returns(function: Node) -> str:
    result = function.child_by_field_name("return_type") or function.child_by_field_name("result")
    said = re.sub(r"[\s\"']", "", text_of(result)).removeprefix(":").removeprefix("->")
    modifiers = [child for child in function.children if child.type in {"async", "function_modifiers"}]
    waits = any("async" in text_of(child).split() for child in modifiers)
    return f"async {said}" if said and waits else said


def _plain_type(said: str) -> str:
    """Types that are spelled differently and are the same."""
    bare = re.sub(r"\b(?:typing|collections\.abc|t)\.", "", said)
    bare = re.sub(r"^(async )?Optional\[(.*)\]$", r"\1\2|None", bare)
    return re.sub(r"\b(?:List|Dict|Tuple|Set|Type)\b", lambda found: found[0].lower(), bare)


def _arguments(found: Definition) -> str:
    least = found.least or 0
    if found.most == math.inf:
        return f"{least} arguments or more"
    most = int(found.most)
    return f"{least} to {most} arguments" if most > least else f"{most} argument{'' if most == 1 else 's'}"


def _given(node: Node) -> Iterator[str]:
    for part in (*node.children_by_field_name("left"), *node.children_by_field_name("name")):
        leaves = part.named_children if part.type == "expression_list" else [part]
        yield from (text_of(leaf) for leaf in leaves if leaf.type == "identifier")


def _line(node: Node) -> int:
    return int(node.start_point.row) + 1
