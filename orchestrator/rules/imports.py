"""What a source file imports, as it is written, by its syntax tree. Pure."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tree_sitter import Node


@dataclass(frozen=True, slots=True, kw_only=True)
class Import:
    """A name that comes from elsewhere, at a line from 1; ``module`` as it is written."""

    module: str
    name: str
    """Empty for the module itself, ``*`` for all that is in it."""
    local: str
    """What the file calls it."""
    line: int


def imports_of(language: str, root: Node) -> Iterator[Import]:
    """Every import of a file, wherever it stands."""
    find = {"python": _of_python, "go": _of_go, "rust": _of_rust}.get(language, _of_script)
    waiting = [root]
    while waiting:
        node = waiting.pop()
        yield from find(node)
        waiting.extend(reversed(node.named_children))


def _of_python(node: Node) -> Iterator[Import]:
    if node.type not in {"import_statement", "import_from_statement"}:
        return
    module = _text(node.child_by_field_name("module_name"))
    if any(child.type == "wildcard_import" for child in node.named_children):
        yield Import(module=module, name="*", local="", line=_line(node))
    for each in node.children_by_field_name("name"):
        aliased = each.type == "aliased_import"
        name = _text(each.child_by_field_name("name") if aliased else each)
        local = _text(each.child_by_field_name("alias")) if aliased else name
        if node.type == "import_statement":
            yield Import(module=name, name="", local=local, line=_line(each))
        else:
            yield Import(module=module, name=name, local=local, line=_line(each))


def _of_script(node: Node) -> Iterator[Import]:
    if node.type in {"import_statement", "export_statement"}:
        source = node.child_by_field_name("source") or _required_source(node)
        if source is not None:
            module = _quoted(source)
            yield from list(_script_names(node, module)) or [_whole(node, module)]
    elif node.type == "variable_declarator":
        module = _loaded(node.child_by_field_name("value"))
        name = node.child_by_field_name("name")
        if module and name is not None:
            yield from _taken_apart(name, module)
    elif node.type == "call_expression" and (module := _loaded(node)):
        yield Import(module=module, name="", local="", line=_line(node))


def _required_source(node: Node) -> Node | None:
    """The module of ``import a = require("...")``."""
    clauses = (each for each in node.named_children if each.type == "import_require_clause")
    return next((each.child_by_field_name("source") for each in clauses), None)


def _whole(node: Node, module: str) -> Import:
    """A statement without names: it hands on all that is in the module, or has it run."""
    named = any(each.type == "export_clause" for each in node.named_children)
    name = "*" if node.type == "export_statement" and not named else ""
    return Import(module=module, name=name, local="", line=_line(node))


def _script_names(node: Node, module: str) -> Iterator[Import]:
    line = _line(node)
    for clause in node.named_children:
        if clause.type in {"namespace_export", "import_require_clause"}:
            yield Import(module=module, name="", local=_text(next(iter(clause.named_children), None)), line=line)
        for each in clause.named_children if clause.type in {"import_clause", "export_clause"} else ():
            if each.type == "identifier":  # a default, which is known by the name it is given here
                yield Import(module=module, name=_text(each), local=_text(each), line=line)
            elif each.type == "namespace_import":
                yield Import(module=module, name="", local=_text(each.named_children[-1]), line=line)
            for one in each.named_children if each.type == "named_imports" else [each]:
                if one.type in {"import_specifier", "export_specifier"}:
                    name = _text(one.child_by_field_name("name"))
                    local = _text(one.child_by_field_name("alias")) or name
                    yield Import(module=module, name=name, local=local, line=_line(one))


def _loaded(value: Node | None) -> str:
    """The module of a ``require("...")`` or an ``import("...")``, awaited or not; empty for anything else."""
    if value is not None and value.type == "await_expression":
        value = next(iter(value.named_children), None)
    if value is None or value.type != "call_expression":
        return ""
    given = value.child_by_field_name("arguments")
    if given is None or _text(value.child_by_field_name("function")) not in {"require", "import"}:
        return ""
    first = next((each for each in given.named_children if each.type != "comment"), None)
    return _quoted(first) if first is not None and _is_literal(first) else ""


def _is_literal(node: Node) -> bool:
    filled_in = any(each.type == "template_substitution" for each in node.named_children)
    return node.type in {"string", "template_string"} and not filled_in


def _taken_apart(pattern: Node, module: str) -> Iterator[Import]:
    if pattern.type == "identifier":
        yield Import(module=module, name="", local=_text(pattern), line=_line(pattern))
    for each in pattern.named_children if pattern.type == "object_pattern" else ():
        key = each.child_by_field_name("key") or each
        local = _text(each.child_by_field_name("value")) or _text(key)
        yield Import(module=module, name=_text(key), local=local, line=_line(each))


def _of_go(node: Node) -> Iterator[Import]:
    if node.type == "import_spec":
        module = _quoted(node.child_by_field_name("path"))
        local = _text(node.child_by_field_name("name")) or posixpath.basename(module)
        if local == ".":
            yield Import(module=module, name="*", local="", line=_line(node))
        else:
            yield Import(module=module, name="", local=local, line=_line(node))


def _of_rust(node: Node) -> Iterator[Import]:
    if node.type == "use_declaration":
        yield from _used(node.child_by_field_name("argument"))
    elif node.type in {"scoped_identifier", "scoped_type_identifier"}:
        path = _text(node.child_by_field_name("path"))
        if path:
            yield Import(module=path, name=_text(node.child_by_field_name("name")), local="", line=_line(node))


def _used(argument: Node | None) -> Iterator[Import]:
    """The names of a ``use``, its braces taken apart."""
    waiting = [(argument, "")]
    while waiting:
        node, above = waiting.pop()
        if node is None:
            continue
        line = _line(node)
        if node.type == "scoped_use_list":
            waiting.append((node.child_by_field_name("list"), _joined(above, _text(node.child_by_field_name("path")))))
        elif node.type == "use_list":
            waiting.extend((child, above) for child in reversed(node.named_children))
        elif node.type == "use_wildcard":
            inner = _text(node.named_children[0]) if node.named_children else ""
            yield Import(module=_joined(above, inner), name="*", local="", line=line)
        else:
            local = _text(node.child_by_field_name("alias")) if node.type == "use_as_clause" else ""
            whole = _joined(above, _text(node.child_by_field_name("path") if local else node))
            module, _, name = whole.rpartition("::")
            yield Import(module=module, name=name, local=local or name, line=line)


def _joined(above: str, name: str) -> str:
    return f"{above}::{name}" if above and name else above or name


def _quoted(node: Node | None) -> str:
    return _text(node).strip("\"'`")


def _text(node: Node | None) -> str:
    return (node.text or b"").decode("utf-8", "replace") if node is not None else ""


def _line(node: Node) -> int:
    return int(node.start_point.row) + 1
