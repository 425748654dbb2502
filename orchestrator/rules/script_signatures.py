"""What a module of TypeScript or JavaScript offers against what a stub of it declares, by syntax tree. Pure.

Frozen are exported names, their parameters, and types as they are written; bodies, order, comments and private members
are the author's own. A function may gain parameters nobody has to give, a class members, and a parameter a default. A
type that a file leaves to be inferred counts as kept: whether it is, the compiler knows.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from .normalise import shorten
from .script_functions import compared
from .script_tree import ANYTHING, CLASSES, FUNCTIONS, VALUES, declared, offered, read, text_of, walk
from .script_types import normal, type_of, value_of, written
from .signatures import Broken

if TYPE_CHECKING:
    from tree_sitter import Node

_LONGEST = 600
"""Characters of what is told of one name: types may be as long as files."""
_METHODS = frozenset({"method_definition", "method_signature", "abstract_method_signature"})
_FIELDS = frozenset({"public_field_definition", "field_definition", "property_signature"})
_KINDS = {"interface_declaration": "interface", "type_alias_declaration": "type", "enum_declaration": "enum"}


def broken(path: str, stub: str, source: str) -> tuple[Broken, ...]:
    """Every name that the stub of a file declares and ``source`` lacks or declares differently.

    Nothing is said where either cannot be read: that is for the gate to judge.
    """
    wanted, found = read(path, stub), read(path, source)
    if wanted is None or found is None:
        return ()
    return tuple(replace(each, words=shorten(each.words, _LONGEST)) for each in _Module(found).against(wanted))


class _Module:
    """A file as it is, by name; each method compares one kind of declaration with it."""

    def __init__(self, root: Node) -> None:
        self._offered = offered(root)
        self._own = declared(root.children)

    def against(self, stub: Node) -> Iterator[Broken]:
        for name, nodes in offered(stub).items():
            wanted = [each for each in nodes if each is not None]
            there = self._offered.get(name, ())
            known = [each for each in there if each is not None]
            if not there and ANYTHING not in self._offered and name != ANYTHING:
                what = _described(wanted[0], name) if wanted else f"`{name}`"
                yield Broken(name=name, words=f"{what} is missing", missing=True)
            elif wanted and known and len(known) == len(there):
                yield from self._compared(name, wanted, known)

    def _compared(self, name: str, wanted: Sequence[Node], there: Sequence[Node]) -> Iterator[Broken]:
        kinds = _kind(wanted[0]), _kind(there[0])
        if "" not in kinds and kinds[0] != kinds[1] and set(kinds) != {"interface", "type"}:
            yield Broken(name=name, words=f"{kinds[0]} `{name}` is a {kinds[1]} now", missing=False)
        elif kinds[0] and not kinds[1]:
            return  # made by something else, such as a call: what it is the syntax tree does not tell
        elif kinds[0] == "function":
            yield from compared(name, f"function `{name}`", wanted, there)
        elif kinds[0] == "class":
            yield from self._class(name, wanted[0], there[0])
        elif kinds[0] == "enum":
            yield from _enum(name, wanted[0], there[0])
        elif kinds[0] in {"interface", "type"}:
            yield from _type(name, wanted[0], there[0])
        else:
            yield from _typed(name, f"`{name}`", wanted[0], there[0])

    def _class(self, name: str, wanted: Node, found: Node) -> Iterator[Broken]:
        base, line = _base(wanted), list(self._line(found))
        bases = {_base(each) for each in line} - {""}
        unseen = any(each not in self._own for each in bases)
        if base and base not in bases and not unseen:
            yield Broken(name=name, words=f"class `{name}` is no `{base}` any more", missing=False)
        there: dict[str, list[Node]] = {}
        for each in reversed(line):
            there |= _members(each)
        given = {name for each in line for name in _given_to_this(each)}
        for member, nodes in _members(wanted).items():
            if member in there:
                yield from _member(f"{name}.{member}", nodes, there[member])
            elif member not in given and not any(each not in self._own for each in bases - {base}):
                yield Broken(name=f"{name}.{member}", words=f"class `{name}` has no {_shown(nodes[0])}", missing=True)

    def _line(self, found: Node) -> Iterator[Node]:
        """The class and its bases as far as they are in this file, nearest first."""
        seen: set[str] = set()
        each: Node | None = found
        while each is not None:
            yield each
            base = _base(each)
            classes = [node for node in self._own.get(base, ()) if node.type in CLASSES]
            each = classes[0] if classes and base not in seen else None
            seen.add(base)


def _members(owner: Node) -> dict[str, list[Node]]:
    """The members of a class or a type that others may use, those of its constructor's parameters too."""
    found: dict[str, list[Node]] = {}
    owner = value_of(owner)
    body = owner.child_by_field_name("body") or owner.child_by_field_name("value")
    for each in body.named_children if body is not None else ():
        name = text_of(each.child_by_field_name("name") or each.child_by_field_name("property"))
        if each.type in _METHODS | _FIELDS and _is_public(each, name):
            found.setdefault(name, []).append(each)
        if name == "constructor":
            for inner in _own_parameters(each):
                found.setdefault(text_of(inner.child_by_field_name("pattern")), []).append(inner)
    return found


def _own_parameters(constructor: Node) -> Iterator[Node]:
    """Parameters that are fields at once."""
    given = constructor.child_by_field_name("parameters")
    for each in given.named_children if given is not None else ():
        marks = [text_of(child) for child in each.children if child.type in {"accessibility_modifier", "readonly"}]
        if marks and "private" not in marks and "protected" not in marks:
            yield each


def _is_public(node: Node, name: str) -> bool:
    marks = {text_of(child) for child in node.children if child.type == "accessibility_modifier"}
    return bool(name) and not name.startswith(("#", "_")) and not marks & {"private", "protected"}


def _given_to_this(owner: Node) -> Iterator[str]:
    for each in walk(owner):
        left = each.child_by_field_name("left") if each.type == "assignment_expression" else None
        if left is not None and text_of(left.child_by_field_name("object")) == "this":
            yield text_of(left.child_by_field_name("property"))


def _member(full: str, wanted: Sequence[Node], there: Sequence[Node]) -> Iterator[Broken]:
    kinds = wanted[0].type in _METHODS, there[0].type in _METHODS
    accessors = {child.type for each in (wanted[0], there[0]) for child in each.children} & {"get", "set"}
    if kinds == (True, True) and not accessors:
        yield from compared(full, f"method `{full}`", wanted, there)
    elif kinds == (False, False):
        yield from _typed(full, f"field `{full}`", wanted[0], there[0])
    elif not accessors and not _is_function(there[0]) and not _is_function(wanted[0]):
        said = ("method", "field") if kinds[0] else ("field", "method")
        yield Broken(name=full, words=f"{said[0]} `{full}` is a {said[1]} now", missing=False)


def _is_function(field: Node) -> bool:
    """A field that holds a function is called like a method."""
    value = field.child_by_field_name("value")
    return (value is not None and value.type in VALUES) or "=>" in type_of(field, "type")


def _type(name: str, wanted: Node, found: Node) -> Iterator[Broken]:
    """An interface and a type of an object are compared by their members, another type as it is written."""
    members = [_members(each) if _is_of_members(each) else None for each in (wanted, found)]
    if members[0] is None or members[1] is None:
        texts = normal(wanted.child_by_field_name("value")), normal(found.child_by_field_name("value"))
        if texts[0] != texts[1]:
            words = f"type `{name}` is `{texts[1] or 'an interface'}`; declared is `{texts[0] or 'an interface'}`"
            yield Broken(name=name, words=words, missing=False)
        return
    extends = any(child.type == "extends_type_clause" for child in found.children)
    for member, nodes in members[0].items():
        if member in members[1]:
            yield from _member(f"{name}.{member}", nodes, members[1][member])
        elif not extends:
            words = f"{_described(wanted, name)} has no {_shown(nodes[0])}"
            yield Broken(name=f"{name}.{member}", words=words, missing=True)
    for member, nodes in members[1].items():
        if member not in members[0] and not _is_optional(nodes[0]):
            words = f"{_described(wanted, name)} gained `{member}`, which has to be given"
            yield Broken(name=name, words=words, missing=False)


def _is_of_members(node: Node) -> bool:
    value = node.child_by_field_name("value")
    return node.type == "interface_declaration" or (value is not None and value.type == "object_type")


def _enum(name: str, wanted: Node, found: Node) -> Iterator[Broken]:
    """Its members, their order and their values: what is written says what they are at run time."""
    texts = [[normal(each) for each in _body(node)] for node in (wanted, found)]
    lost = next((each for each in texts[0] if each not in texts[1]), None)
    if lost is not None:
        yield Broken(name=name, words=f"enum `{name}` has no `{lost}`", missing=False)
    elif texts[1][: len(texts[0])] != texts[0] and any("=" not in each for each in texts[0]):
        yield Broken(name=name, words=f"enum `{name}` has its members in another order", missing=False)


def _body(node: Node) -> list[Node]:
    body = node.child_by_field_name("body")
    return [each for each in body.named_children if each.type != "comment"] if body is not None else []


def _typed(name: str, what: str, wanted: Node, found: Node) -> Iterator[Broken]:
    """The type of a value, where both write one; a field that may be left out stays so."""
    types = type_of(wanted, "type"), type_of(found, "type")
    if all(types) and types[0] != types[1]:
        words = f"{what} has the type `{types[1]}`; declared is `{types[0]}`"
        yield Broken(name=name, words=words, missing=False)
    elif _is_optional(wanted) != _is_optional(found) and "property_signature" in {wanted.type, found.type}:
        change = "has to be given now" if _is_optional(wanted) else "may be left out now"
        yield Broken(name=name, words=f"{what} {change}", missing=False)


def _is_optional(node: Node) -> bool:
    return any(child.type == "?" for child in node.children)


def _kind(node: Node) -> str:
    if node.type in FUNCTIONS | _METHODS or value_of(node).type in VALUES:
        return "function"
    if node.type in CLASSES or value_of(node).type in CLASSES:
        return "class"
    return _KINDS.get(node.type, "")


def _base(node: Node) -> str:
    """The class that another one extends, by its last name."""
    heritage = next((child for child in value_of(node).children if child.type == "class_heritage"), None)
    if heritage is None:
        return ""
    clause = next((child for child in heritage.children if child.type == "extends_clause"), None)
    if clause is not None:
        return text_of(clause.child_by_field_name("value")).rpartition(".")[2]
    of_script = heritage.named_children[0] if heritage.named_children else None
    return "" if of_script is None or of_script.type == "implements_clause" else text_of(of_script).rpartition(".")[2]


def _described(node: Node, name: str) -> str:
    kind = _kind(node)
    return f"{kind} `{name}`" if kind else f"`{name}`"


def _shown(member: Node) -> str:
    if member.type in _METHODS:
        return f"method `{written(member)}`"
    type_ = type_of(member, "type")
    name = text_of(member.child_by_field_name("name") or member.child_by_field_name("pattern") or member)
    return f"field `{name}: {type_}`" if type_ else f"field `{name}`"
