"""What a file of JavaScript, TypeScript, Go or Rust offers, by syntax tree: names, and parameters. Pure.

Of Go and Rust types are left to the compiler, which the gate runs; a name that is gone, or that takes other parameters,
is told here. What TypeScript and JavaScript declare is compared by script_signatures, types included.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from hashlib import sha256
from typing import TYPE_CHECKING

from ...specs.grammars import MAX_BYTES, language_of, parse
from . import script_signatures
from .languages import family_of
from .signatures import Broken, broken

if TYPE_CHECKING:
    from tree_sitter import Node

Offered = Mapping[str, tuple[str, ...] | None]
"""The names of parameters, by name of a function; None for what is no function."""

_FUNCTIONS = frozenset(
    (
        *("function_declaration", "generator_function_declaration", "function_signature", "method_definition"),
        *("method_signature", "abstract_method_signature", "method_declaration", "function_item"),
        *("function_signature_item", "method_elem"),
    )
)
_VALUES = frozenset({"variable_declarator", "const_spec", "var_spec", "const_item", "static_item"})
_TYPES = frozenset(
    (
        *("class_declaration", "abstract_class_declaration", "interface_declaration", "type_alias_declaration"),
        *("enum_declaration", "type_spec", "type_alias", "struct_item", "enum_item", "union_item", "type_item"),
        *("trait_item", "impl_item", "mod_item"),
    )
)
_BODIES = frozenset({"class_body", "interface_body", "declaration_list", "object_type"})
_TRANSPARENT = frozenset(
    (
        *("program", "source_file", "export_statement", "ambient_declaration", "lexical_declaration"),
        *("variable_declaration", "type_declaration", "const_declaration", "var_declaration", "interface_type"),
    )
)


def broken_in(path: str, stub: str, source: str) -> tuple[Broken, ...]:
    """Every name that the stub of a file declares and ``source`` lacks or has with another signature.

    Added parameters come last. Nothing is said where either does not parse, or of another language.
    """
    language = language_of(path)
    if language in {None, "python"}:
        return broken(stub, source)
    if family_of(path) == "script":
        return script_signatures.broken(path, stub, source)
    declared, found = offered(language or "", stub), offered(language or "", source)
    if declared is None or found is None:
        return ()
    return tuple(_differences(declared, found))


def _differences(declared: Offered, found: Offered) -> Iterator[Broken]:
    for name, wanted in declared.items():
        what = f"`{name}`" if wanted is None else f"function `{name}`"
        there = found.get(name)
        if name not in found:
            yield Broken(name=name, words=f"{what} is missing", missing=True)
        elif wanted is not None and there is not None and there[: len(wanted)] != wanted:
            words = f"{what} takes ({', '.join(there)}); declared is ({', '.join(wanted)})"
            yield Broken(name=name, words=words, missing=False)


def offered(language: str, text: str) -> Offered | None:
    """What others can use of a file; None where it does not parse."""
    source = text.encode("utf-8", "replace")
    root = parse(language, source)
    if root.has_error or len(source) > MAX_BYTES:
        return None
    return dict(_offered(root, language, above=""))


def surface(path: str, content: bytes) -> str | None:
    """A hash of a file without the bodies of its functions; None where it cannot be read in another way than whole."""
    language = language_of(path)
    if language in {None, "python"} or len(content) > MAX_BYTES:
        return None
    root = parse(language or "", content)
    if root.has_error:
        return None
    cuts = [(node.start_byte, node.end_byte) for node in _function_bodies(root)]
    kept, at = list[bytes](), 0
    for start, end in cuts:
        if start >= at:
            kept.append(content[at:start])
            at = end
    return sha256(b"\0".join([*kept, content[at:]])).hexdigest()


def _function_bodies(root: Node) -> Iterator[Node]:
    """In the order of the text."""
    waiting = [root]
    while waiting:
        node = waiting.pop()
        body = node.child_by_field_name("body")
        if body is not None and (node.type in _FUNCTIONS or node.type in {"arrow_function", "function_expression"}):
            yield body
        else:
            waiting.extend(reversed(node.children))


def _offered(node: Node, language: str, *, above: str) -> Iterator[tuple[str, tuple[str, ...] | None]]:
    for child in node.children:
        if child.type in _TRANSPARENT or child.type in _BODIES:
            yield from _offered(child, language, above=above)
            continue
        if child.type not in _FUNCTIONS | _TYPES | _VALUES:
            continue
        name = _name(child)
        if not name or not _is_public(child, name, language, member=bool(above)):
            continue
        full = f"{above}.{name}" if above else name
        if child.type in _FUNCTIONS:
            yield full, tuple(_parameters(child))
        elif child.type in _TYPES:
            if child.type != "impl_item":
                yield full, None
            body = child.child_by_field_name("body") or child.child_by_field_name("type")
            if body is not None:
                yield from _offered(body, language, above=full)
        else:
            value = child.child_by_field_name("value")
            is_function = value is not None and value.type in {"arrow_function", "function_expression"}
            yield full, tuple(_parameters(value)) if is_function and value is not None else None


def _name(node: Node) -> str:
    """Of Go's methods with the type they belong to; of an impl that of its type."""
    named = node.child_by_field_name("name") or (node.child_by_field_name("type") if node.type == "impl_item" else None)
    said = re.sub(r"<.*", "", _text(named), flags=re.DOTALL)
    receiver = node.child_by_field_name("receiver")
    if receiver is not None and (typed := re.search(r"(\w+)(?:\[.*\])?\s*\)\s*$", _text(receiver))):
        return f"{typed[1]}.{said}"
    return said


def _is_public(node: Node, name: str, language: str, *, member: bool) -> bool:
    if language == "go":
        return all(part[:1].isupper() for part in name.split("."))
    if language == "rust":
        marked = any(child.type == "visibility_modifier" for child in node.children)
        inherited = node.type in {"impl_item", "function_signature_item"} or _of_trait(node)
        return marked or inherited
    return not name.startswith(("_", "#")) or not member


def _of_trait(node: Node) -> bool:
    """Whether an item of Rust is as public as its trait, and needs no mark."""
    block = node.parent
    owner = block.parent if block is not None else None
    return owner is not None and (owner.type == "trait_item" or owner.child_by_field_name("trait") is not None)


def _parameters(node: Node) -> Iterator[str]:
    given = node.child_by_field_name("parameters") or node.child_by_field_name("parameter")
    if given is None:
        return
    if given.type == "identifier":
        yield _text(given)
        return
    for child in given.named_children:
        names = child.children_by_field_name("name") or child.children_by_field_name("pattern")
        if child.type in {"comment", "self_parameter"}:
            continue
        left = child.child_by_field_name("left")
        yield from (_text(name) for name in names) if names else iter([_text(left or child)])


def _text(node: Node | None) -> str:
    return (node.text or b"").decode("utf-8", "replace") if node is not None else ""
