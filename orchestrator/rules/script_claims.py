"""What in a test of TypeScript or JavaScript can fail by itself: calls of ``assert`` and ``expect``. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from .script_tree import FUNCTIONS, VALUES, above, imports, root_name, text_of, walk

if TYPE_CHECKING:
    from tree_sitter import Node

_ASSERTIONS = frozenset({"assert", "node:assert", "assert/strict", "node:assert/strict", "chai"})
_FAILING = frozenset({"fail", "unreachable"})
"""What needs nothing to be about."""
_PROMISES = frozenset({"rejects", "doesNotReject", "resolves"})
_OF_PROGRAMS = frozenset({"identifier", "this", "call_expression", "member_expression", "template_substitution"})
"""What in an argument may be otherwise in another program."""


def claiming(root: Node) -> tuple[Node, ...]:
    """The calls that fail where something is not as it should be; those that hold of every program are none."""
    words = _assertions(root)
    return tuple(each for each in walk(root) if each.type == "call_expression" and _claims(each, words))


def unawaited(root: Node) -> Iterator[str]:
    """Claims of promises that nobody waits for, so that they fail after their test has passed."""
    words = _assertions(root)
    for call in claiming(root):
        of_promise = root_name(call) in words | {"expect"} and _PROMISES & set(_chain(call))
        if of_promise and not _is_awaited(call):
            yield f"does not wait for what it claims (line {call.start_point.row + 1}): write `await`"


def _assertions(root: Node) -> frozenset[str]:
    """What assertions are called in this module."""
    found = {local for each in imports(root) if each.source in _ASSERTIONS for _, local in each.bound}
    return frozenset(found | {"assert"}) - {"expect"}


def _claims(call: Node, words: frozenset[str]) -> bool:
    called = call.child_by_field_name("function")
    base = root_name(called)
    chain = _chain(call)
    if base in words or (len(chain) > 1 and chain[0] == "assert"):
        return bool(chain and chain[-1] in _FAILING) or _says_something(call)
    if base != "expect" or called is None or called.type != "member_expression":
        return False
    return chain[-1] in _FAILING or ("expect" in _called(called) and _says_something(call))


def _chain(call: Node) -> list[str]:
    """The members that lead to a call, from the first on."""
    names: list[str] = []
    node = call.child_by_field_name("function")
    while node is not None:
        if node.type == "member_expression":
            names.append(text_of(node.child_by_field_name("property")))
        node = node.child_by_field_name("object") or node.child_by_field_name("function")
    return names[::-1]


def _called(node: Node | None) -> set[str]:
    """The identifiers that are called in a chain."""
    found: set[str] = set()
    while node is not None:
        if node.type == "call_expression":
            found.add(text_of(node.child_by_field_name("function")))
        node = node.child_by_field_name("object") or node.child_by_field_name("function")
    return found


def _says_something(call: Node) -> bool:
    """Whether what is compared is of the program at all: ``assert.ok(true)`` holds of all of them."""
    node: Node | None = call
    while node is not None:
        arguments = node.child_by_field_name("arguments")
        if arguments is not None and any(each.type in _OF_PROGRAMS for each in walk(arguments)):
            return True
        node = node.child_by_field_name("function") or node.child_by_field_name("object")
    return False


def _is_awaited(call: Node) -> bool:
    """Whether somebody waits for it, or gets it, within its function."""
    inner = call
    for each in above(call):
        if each.type in {"await_expression", "return_statement"}:
            return True
        if each.type in FUNCTIONS | VALUES | {"method_definition"}:
            return each.type == "arrow_function" and inner.type != "statement_block"
        inner = each
    return True
