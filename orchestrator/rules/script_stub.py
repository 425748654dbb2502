"""What is wrong with the text of a stub in TypeScript or JavaScript, and how its bodies come to throw. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from .script_tree import CLASSES, FUNCTIONS, TYPES, VALUES, above, exported, read, text_of, walk

if TYPE_CHECKING:
    from tree_sitter import Node

REFUSAL = 'throw new Error("not implemented");'
"""What a body does that is not written yet."""

_DECLARING = frozenset(
    (
        *(FUNCTIONS | CLASSES | TYPES),
        *("import_statement", "export_statement", "lexical_declaration", "variable_declaration"),
        *("comment", "empty_statement", "hash_bang_line"),
    )
)
_WITH_BODIES = FUNCTIONS | VALUES | {"method_definition"}


def stub_flaws(root: Node) -> Iterator[str]:
    """What keeps a module from being a stub, as ends of a sentence about it."""
    if not exported(root):
        yield "declares nothing that others could import: export what it offers"
    for each in root.children:
        if each.type == "ambient_declaration" or _is_ambient(each):
            yield f"has a `declare` (line {each.start_point.row + 1}), of which nothing is left when it runs"
        elif each.type not in _DECLARING and not _is_plain(each):
            yield f"has a statement that runs (line {each.start_point.row + 1}): a stub only declares"
    for function in (each for each in walk(root) if each.type in _WITH_BODIES):
        body = function.child_by_field_name("body")
        if body is not None and not _is_empty(body):
            yield f"has a body in `{_called(function)}`: a stub's functions throw and do nothing else"


def filled(path: str, text: str) -> str:
    """The stub with every body that does nothing made to throw, so that calling it is told.

    A function without any body gets one too, unless another of its name has it.
    """
    root = read(path, text)
    if root is None:
        return text
    source = text.encode("utf-8", "replace")
    for start, end, put in sorted(_fillings(root, source), reverse=True):
        source = source[:start] + put.encode() + source[end:]
    return source.decode("utf-8", "replace")


def _fillings(root: Node, source: bytes) -> Iterator[tuple[int, int, str]]:
    for each in walk(root):
        body = each.child_by_field_name("body")
        if each.type in _WITH_BODIES and body is not None and body.type == "statement_block" and not _statements(body):
            at = body.end_byte - 1
            begin = at if body.named_children else body.start_byte + 1
            space = "" if source[:begin].endswith((b" ", b"\n", b"\t")) else " "
            yield begin, at, f"{space}{REFUSAL} "
        elif each.type in {"function_signature", "method_signature"} and _lacks_body(each):
            end = each.end_byte
            if source[end - 1 : end] == b";":
                yield end - 1, end, f" {{ {REFUSAL} }}"
            else:
                after = 1 if source[end : end + 1] == b";" else 0
                yield end, end + after, f" {{ {REFUSAL} }}"


def _lacks_body(signature: Node) -> bool:
    """Whether it stands alone: no overload, nothing abstract or optional, in no type."""
    around = [each.type for each in above(signature)]
    if "ambient_declaration" in around or any(child.type == "?" for child in signature.children):
        return False
    holder = signature.parent
    if signature.type == "method_signature" and (holder is None or holder.type != "class_body"):
        return False
    while holder is not None and holder.type == "export_statement":
        holder = holder.parent
    name = text_of(signature.child_by_field_name("name"))
    beside = holder.children if holder is not None else []
    inner = [each.child_by_field_name("declaration") or each for each in beside]
    of_name = [each for each in inner if text_of(each.child_by_field_name("name")) == name]
    return of_name[-1:] == [signature] and not any(each.child_by_field_name("body") for each in of_name)


def _is_empty(body: Node) -> bool:
    """Nothing, or a throw, after what a derived class has to call first."""
    if body.type != "statement_block":
        return False
    statements = _statements(body)
    return not statements or (len(statements) == 1 and statements[0].type == "throw_statement")


def _statements(body: Node) -> list[Node]:
    found = [each for each in body.named_children if each.type not in {"comment", "empty_statement"}]
    return [each for each in found if not text_of(each).startswith("super(")]


def _is_ambient(statement: Node) -> bool:
    return statement.type == "export_statement" and any(child.type == "declare" for child in walk(statement))


def _is_plain(statement: Node) -> bool:
    """A directive such as "use strict", or what gives names to others."""
    inner = statement.named_children[0] if statement.named_children else None
    if statement.type != "expression_statement" or inner is None:
        return False
    target = text_of(inner.child_by_field_name("left"))
    exports = target.removeprefix("module.").split(".")[0] == "exports"
    return inner.type == "string" or (inner.type == "assignment_expression" and exports)


def _called(function: Node) -> str:
    name = text_of(function.child_by_field_name("name"))
    if name:
        return name
    holder = next((each for each in above(function) if each.child_by_field_name("name") is not None), None)
    return text_of(holder.child_by_field_name("name")) if holder is not None else "a function"
