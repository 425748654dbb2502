"""The single edits that make a file of JavaScript, TypeScript, Go or Rust wrong, found in its syntax tree. Pure.

As in mutations.py, nothing is edited in signatures, types, imports, patterns, assertions, or in a function that is only
promised. What does not parse afterwards is no edit; what parses and does not compile is found out when it is tried.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from ...specs.grammars import MAX_BYTES, parse
from .mutations import KINDS, Edit, Kind
from .reading import MODULE, Scope, within
from .tree_values import wrong_value

if TYPE_CHECKING:
    from tree_sitter import Node

_NEAR = {
    "<": "<=",
    "<=": "<",
    ">": ">=",
    ">=": ">",
    "==": "!=",
    "!=": "==",
    "===": "!==",
    "!==": "===",
}
_FAR = {"<": ">=", "<=": ">", ">": "<=", ">=": "<"}
_LOGIC = {"&&": "||", "||": "&&", "??": "&&"}
_ARITHMETIC = {"+": "-", "-": "+", "*": "+", "/": "*", "%": "*"}
_CALLS = {"min": "max", "max": "min", "some": "every", "every": "some", "any": "all", "all": "any"}
_LARGEST = 10**15
_DEEPEST = 150
"""Of nested nodes: hostile code nests deeper than Python recurses."""

_FUNCTIONS = frozenset(
    (
        *("function_declaration", "generator_function_declaration", "method_definition", "arrow_function"),
        *("function_expression", "function", "generator_function", "method_declaration", "func_literal"),
        *("function_item", "closure_expression"),
    )
)
_CLASSES = frozenset(
    ("class_declaration", "abstract_class_declaration", "class", "impl_item", "trait_item", "mod_item")
)
_LEFT_ALONE = frozenset(
    (
        *("import_statement", "decorator", "formal_parameters", "type_annotation", "type_arguments", "type_parameters"),
        *("interface_declaration", "type_alias_declaration", "ambient_declaration", "enum_declaration", "comment"),
        *("function_signature", "method_signature", "as_expression_type", "satisfies_expression_type"),
        *("import_declaration", "package_clause", "parameter_list", "array_type", "type_declaration", "slice_type"),
        *("map_type", "use_declaration", "attribute_item", "inner_attribute_item", "parameters", "match_pattern"),
        *("tuple_struct_pattern", "tuple_pattern", "token_tree", "macro_definition", "struct_item", "enum_item"),
        *("type_item", "where_clause", "string", "interpreted_string_literal", "raw_string_literal", "string_literal"),
    )
)
_NUMBERS = frozenset({"number", "int_literal", "float_literal", "integer_literal"})
_INTEGER = re.compile(r"[0-9][0-9_]*")
_FLOAT = re.compile(r"[0-9][0-9_]*\.[0-9]+")
_ASSERTIONS = re.compile(r"(?:console\.)?assert|debug_assert|expect\b")
_PROMISED = re.compile(r"not[ _-]?implemented|todo!|unimplemented!", re.IGNORECASE)
_LOOPS = frozenset({"while_statement", "do_statement", "for_statement", "for_clause", "while_expression"})
_BRANCHES = frozenset({"if_expression", "match_expression", "return_expression", "while_expression"})
"""Of Rust: what they give stands inside them."""
_NAMES = frozenset(
    (
        *("identifier", "property_identifier", "private_property_identifier", "shorthand_property_identifier"),
        *("field_identifier", "type_identifier"),
    )
)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Place:
    """Where the walk is: the function, what it returns as its text says, and whether in a loop's head."""

    scope: str = MODULE
    returns: str = ""
    loop: bool = False
    depth: int = 0


@dataclass(slots=True, kw_only=True)
class _Finder:
    language: str
    source: bytes
    found: list[Edit] = field(default_factory=list)
    scopes: dict[str, set[str]] = field(default_factory=dict)

    def walk(self, node: Node, at: _Place) -> None:
        if node.type in _LEFT_ALONE or at.depth > _DEEPEST or node.is_error:
            return
        if node.type in _NAMES:
            self.scopes.setdefault(at.scope, set()).add(self.text(node))
        at = replace(at, depth=at.depth + 1)
        if node.type in _CLASSES:
            self._class(node, at)
        elif node.type in _FUNCTIONS:
            self._function(node, at)
        else:
            self._edits(node, at)
            self._children(node, at)

    def _class(self, node: Node, at: _Place) -> None:
        name = node.child_by_field_name("name") or node.child_by_field_name("type")
        said = re.sub(r"<.*", "", self.text(name)) if name is not None else ""
        if node.type == "mod_item" and _is_test_module(node, said):
            return
        body = node.child_by_field_name("body")
        if body is not None:
            self._children(body, _Place(scope=within(at.scope, said) if said else at.scope, depth=at.depth))

    def _function(self, node: Node, at: _Place) -> None:
        body = node.child_by_field_name("body")
        if body is None or self._is_stub(body):
            return
        name = self._name(node)
        result = node.child_by_field_name("return_type") or node.child_by_field_name("result")
        returns = self.text(result).lstrip(": ") if result is not None else ("" if name else at.returns)
        scope = within(at.scope, name) if name else at.scope
        self.scopes.setdefault(scope, set())
        inner = _Place(scope=scope, returns=returns, depth=at.depth)
        if body.type in {"statement_block", "block"}:
            self._children(body, inner)
            if self.language == "rust":
                self._tail(body, inner)
        else:
            self._returned(body, inner)
            self.walk(body, inner)

    def _name(self, node: Node) -> str:
        """Of a function; a method of Go is that of its receiver's type, an arrow that of what it is bound to."""
        name = node.child_by_field_name("name")
        if name is None:
            parent = node.parent
            bound = parent is not None and parent.type in {"variable_declarator", "pair", "public_field_definition"}
            name = parent.child_by_field_name("name") or parent.child_by_field_name("key") if bound and parent else None
        said = self.text(name) if name is not None else ""
        receiver = node.child_by_field_name("receiver")
        if receiver is not None and (typed := re.search(r"(\w+)(?:\[.*\])?\s*\)\s*$", self.text(receiver))):
            return f"{typed[1]}.{said}"
        return said

    def _is_stub(self, body: Node) -> bool:
        """Whether a function is only promised: nothing, or one statement that says so."""
        inside = [child for child in body.named_children if child.type not in {"comment", "line_comment"}]
        if len(inside) == 1 and inside[0].type == "statement_list":
            inside = inside[0].named_children
        if body.type not in {"statement_block", "block"}:
            return False
        return not inside or (
            len(inside) == 1
            and (inside[0].type == "throw_statement" or _PROMISED.search(self.text(inside[0])) is not None)
        )

    def _children(self, node: Node, at: _Place) -> None:
        loops = node.type in _LOOPS
        for number, child in enumerate(node.children):
            name = node.field_name_for_child(number)
            head = loops and name not in {"body", None} and child.type != "for_clause"
            self.walk(child, replace(at, loop=(at.loop or head) and not (loops and name == "body")))

    def _edits(self, node: Node, at: _Place) -> None:
        match node.type:
            case "binary_expression":
                self._binary(node, at)
            case "unary_expression" if node.children and self.text(node.children[0]) == "!":
                self._replace("logic", node, f"({self.text(node.named_children[-1])})", at)
            case "true" | "false":
                self._replace("boundary", node, "false" if node.type == "true" else "true", at)
            case "boolean_literal":
                self._replace("boundary", node, "false" if self.text(node) == "true" else "true", at)
            case kind if kind in _NUMBERS:
                self._number(node, at)
            case "if_statement" | "if_expression" | "ternary_expression" | "conditional_expression":
                self._condition(node, at)
            case "return_statement" | "return_expression":
                self._return(node, at)
            case "expression_statement" | "throw_statement" | "send_statement" | "assignment_statement":
                self._dropped(node, at)
            case "call_expression":
                self._call(node, at)
            case _:
                pass

    def _binary(self, node: Node, at: _Place) -> None:
        operator, left = node.child_by_field_name("operator"), node.child_by_field_name("left")
        right = node.child_by_field_name("right")
        if operator is None or left is None or right is None:
            return
        sign = self.text(operator)
        if sign in _NEAR:
            self._replace("comparison", operator, _NEAR[sign], at)
            if sign in _FAR:
                self._replace("negation", operator, _FAR[sign], at)
        elif sign in _LOGIC:
            self._replace("logic", operator, _LOGIC[sign], at)
        elif sign in _ARITHMETIC and not any("string" in side.type for side in (left, right)):
            self._replace("arithmetic", operator, _ARITHMETIC[sign], at)

    def _number(self, node: Node, at: _Place) -> None:
        said = self.text(node)
        if _INTEGER.fullmatch(said) and not (len(said) > 1 and said.startswith("0")):
            value = int(said.replace("_", ""))
            if value < _LARGEST:
                self._replace("boundary", node, str(value + 1), at)
                if value > 0:
                    self._replace("negation", node, str(value - 1), at)
        elif _FLOAT.fullmatch(said):
            self._replace("boundary", node, repr(float(said.replace("_", "")) + 1.0), at)

    def _condition(self, node: Node, at: _Place) -> None:
        """Turned round, unless that is an edit of its own operator already."""
        condition = node.child_by_field_name("condition")
        if condition is None or condition.type.startswith("let_"):
            return
        inner = condition
        while inner.type == "parenthesized_expression" and inner.named_child_count == 1:
            inner = inner.named_children[0]
        sign = inner.child_by_field_name("operator") if inner.type == "binary_expression" else None
        turned = sign is not None and self.text(sign) in {"==", "!=", "===", "!=="}
        if not turned and not (inner.type == "unary_expression" and self.text(inner).startswith("!")):
            said = self.text(condition)
            now = f"(!{said})" if condition.type == "parenthesized_expression" else f"!({said})"
            self._replace("branch", condition, now, at)

    def _return(self, node: Node, at: _Place) -> None:
        values = node.named_children
        if len(values) == 1 and values[0].type == "expression_list":
            values = values[0].named_children
        if values and values[0].type != "comment":
            self._returned(values[0], at, count=len(values))

    def _returned(self, value: Node, at: _Place, *, count: int = 1) -> None:
        now = wrong_value(self.language, value.type, self.text(value), returns=at.returns, count=count)
        if now is not None:
            self._replace("return", value, now, at)

    def _tail(self, body: Node, at: _Place) -> None:
        """The last expression of a block of Rust, which is what it gives."""
        last = body.named_children[-1] if body.named_children else None
        gives = ("_expression", "_literal", "identifier", "macro_invocation")
        if last is not None and last.type.endswith(gives) and last.type not in _BRANCHES:
            self._returned(last, at)

    def _dropped(self, node: Node, at: _Place) -> None:
        inner = node.named_children[0] if node.named_children else node
        said = self.text(node)
        if _ASSERTIONS.match(said):
            return
        if node.type == "assignment_statement":  # of Go; what is bound by it must stay
            left = node.child_by_field_name("left")
            if left is None or any(child.type == "identifier" for child in left.named_children):
                return
            self._replace("dropped", node, "", at)
        elif node.type != "expression_statement" or inner.type in _EFFECTS:
            if inner.type == "assignment_expression" and not self._into(inner):
                return
            self._replace("dropped", node, {"go": "", "rust": "();"}.get(self.language, ";"), at)

    def _into(self, assignment: Node) -> bool:
        """Whether something is put into an object or a list, and not bound to a name."""
        left = assignment.child_by_field_name("left")
        return left is not None and left.type != "identifier"

    def _call(self, node: Node, at: _Place) -> None:
        called = node.child_by_field_name("function")
        if called is None:
            return
        last = called.child_by_field_name("property") or called.child_by_field_name("field")
        if last is not None and self.text(last) in _CALLS:
            self._replace("order", last, _CALLS[self.text(last)], at)

    def _replace(self, kind: Kind, node: Node, now: str, at: _Place) -> None:
        self.found.append(
            Edit(
                kind="loop" if at.loop else kind,
                scope=at.scope,
                line=node.start_point.row + 1,
                start=node.start_byte,
                end=node.end_byte,
                was=self.text(node),
                now=now,
            )
        )

    def text(self, node: Node) -> str:
        return self.source[node.start_byte : node.end_byte].decode("utf-8", "replace")


_EFFECTS = frozenset(
    (
        *("call_expression", "await_expression", "assignment_expression", "augmented_assignment_expression"),
        *("update_expression", "macro_invocation", "compound_assignment_expr", "try_expression"),
    )
)


def _is_test_module(node: Node, name: str) -> bool:
    before = node.prev_named_sibling
    marked = before is not None and before.type == "attribute_item" and b"cfg(test)" in (before.text or b"")
    return marked or name == "tests"


def edits(language: str, source: bytes) -> tuple[Edit, ...]:
    """Every edit of a file, in the order of the text; none where it does not parse."""
    finder = _walked(language, source)
    if finder is None:
        return ()
    return tuple(sorted(finder.found, key=lambda edit: (edit.start, edit.end, KINDS.index(edit.kind), edit.now)))


def scopes(language: str, source: bytes) -> tuple[Scope, ...]:
    """The functions of a file that are no stubs, and `MODULE`."""
    finder = _walked(language, source)
    if finder is None:
        return ()
    names = {MODULE: set[str](), **finder.scopes}
    return tuple(Scope(name=name, uses=frozenset(uses)) for name, uses in names.items())


def apply(language: str, source: bytes, edit: Edit) -> bytes | None:
    """The file with the edit made; None if it does not parse any more."""
    changed = source[: edit.start] + edit.now.encode() + source[edit.end :]
    return None if parse(language, changed).has_error else changed


def _walked(language: str, source: bytes) -> _Finder | None:
    if len(source) > MAX_BYTES:
        return None
    root = parse(language, source)
    if root.has_error:
        return None
    finder = _Finder(language=language, source=source)
    finder.walk(root, _Place())
    return finder
