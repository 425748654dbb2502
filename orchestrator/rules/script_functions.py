"""A function of TypeScript or JavaScript against its declaration: parameters, their types, its result. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from .script_tree import text_of
from .script_types import type_of, value_of, written
from .signatures import Broken

if TYPE_CHECKING:
    from tree_sitter import Node

_PATTERNS = frozenset({"object_pattern", "array_pattern", "assignment_pattern"})


@dataclass(frozen=True, slots=True, kw_only=True)
class _Parameter:
    name: str
    """Empty where it is taken apart at once, which is the function's own affair."""
    type: str
    needed: bool
    rest: bool

    def __str__(self) -> str:
        return f"{'...' if self.rest else ''}{self.name or '{...}'}"


def compared(name: str, what: str, wanted: Sequence[Node], there: Sequence[Node]) -> Iterator[Broken]:
    """A function is kept when, of each declared signature, one of those under its name has it."""
    for each in _callable(wanted):
        results = [list(_signature(each, found)) for found in _callable(there)]
        for difference in min(results, key=len):
            words = f"{what} {difference}; declared is `{written(each)}`"
            yield Broken(name=name, words=words, missing=False)


def _callable(nodes: Sequence[Node]) -> Sequence[Node]:
    """Of a function with overloads those alone, for nobody calls what implements them by its own signature."""
    overloads = [each for each in nodes if value_of(each).child_by_field_name("body") is None]
    return overloads or nodes


def _signature(wanted: Node, found: Node) -> Iterator[str]:
    """How a function differs from its declaration, as ends of a sentence."""
    expected, there = _parameters(wanted), _parameters(found)
    if len(there) < len(expected) or any(_renamed(*pair) for pair in zip(expected, there, strict=False)):
        yield f"takes ({', '.join(map(str, there))})"
        return
    typed = _holder_type(found)
    for one, two in zip(expected, there, strict=False):
        if two.needed and not one.needed:
            yield f"has a parameter `{one}` that has to be given now"
        if one.type and one.type != two.type and not (typed and not two.type):
            yield f"has a parameter `{one}` of type `{two.type or 'nothing'}`"
    for each in there[len(expected) :]:
        if each.type and each.needed:
            yield f"gained the parameter `{each}`, which has to be given"
    returns = type_of(wanted, "return_type"), type_of(found, "return_type")
    if all(returns) and returns[0] != returns[1]:
        yield f"returns `{returns[1]}`"


def _renamed(wanted: _Parameter, found: _Parameter) -> bool:
    """An underscore says only that a parameter is not used."""
    names = wanted.name.lstrip("_"), found.name.lstrip("_")
    return wanted.rest != found.rest or (all(names) and names[0] != names[1])


def _parameters(node: Node) -> tuple[_Parameter, ...]:
    function = value_of(node)
    given = function.child_by_field_name("parameters") or function.child_by_field_name("parameter")
    if given is None:
        return ()
    if given.type == "identifier":
        return (_Parameter(name=text_of(given), type="", needed=True, rest=False),)
    return tuple(_parameter(each) for each in given.named_children if each.type != "comment")


def _parameter(node: Node) -> _Parameter:
    """One parameter; those of TypeScript have a pattern, those of JavaScript are one."""
    pattern = node.child_by_field_name("pattern") or node
    needed = node.type != "optional_parameter" and node.child_by_field_name("value") is None
    if pattern.type == "assignment_pattern":
        needed, pattern = False, pattern.child_by_field_name("left") or pattern
    rest = pattern.type == "rest_pattern"
    name = "" if pattern.type in _PATTERNS else text_of(pattern).removeprefix("...")
    return _Parameter(name=name, type=type_of(node, "type"), needed=needed and not rest, rest=rest)


def _holder_type(node: Node) -> str:
    """The type of what a function is given to, from which its parameters get theirs."""
    return type_of(node, "type") if node.type == "variable_declarator" else ""
