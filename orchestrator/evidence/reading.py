"""Python files as syntax trees: their functions, by name, and which of them are only promised. Pure; runs nothing."""

import ast
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

MODULE = ""
"""The scope of what stands outside all functions."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """A function, by its qualified name, and every name that its body uses."""

    name: str
    uses: frozenset[str]


def read(source: bytes) -> ast.Module | None:
    """The syntax tree; None for what is not Python in UTF-8."""
    for again in (True, True, False):
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                return ast.parse(source.decode("utf-8-sig"))
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            return None
        except SystemError:
            # Python 3.11 counts how deep the trees of all threads are in one place, and can miscount (gh-106905).
            if not again:
                raise
    return None


def scopes(source: bytes) -> tuple[Scope, ...]:
    """The functions of a file that are no stubs, and `MODULE`."""
    module = read(source)
    return tuple(_scopes(module.body, inside="")) if module is not None else ()


def is_stub(node: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    """Whether a function is only promised: nothing but ``...``, ``pass`` or one ``raise`` after its docstring."""
    body = node.body[1:] if is_docstring(node.body[0]) else node.body
    return not body or (
        len(body) == 1
        and (
            isinstance(body[0], ast.Raise | ast.Pass)
            or (isinstance(body[0], ast.Expr) and isinstance(body[0].value, ast.Constant))
        )
    )


def within(scope: str, name: str) -> str:
    """The qualified name of what stands in a scope."""
    return f"{scope}.{name}" if scope else name


def is_docstring(node: ast.stmt) -> bool:
    """Whether a statement is nothing but a string."""
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)


def _scopes(body: Sequence[ast.stmt], *, inside: str) -> Iterator[Scope]:
    loose: list[ast.AST] = []
    for node in body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            if not is_stub(node):
                yield Scope(name=within(inside, node.name), uses=names_used(node.body))
            yield from (scope for scope in _scopes(node.body, inside=within(inside, node.name)) if scope.name)
        elif isinstance(node, ast.ClassDef):
            yield from (scope for scope in _scopes(node.body, inside=within(inside, node.name)) if scope.name)
        else:
            loose.append(node)
    if not inside:
        yield Scope(name=MODULE, uses=names_used(loose))


def names_used(nodes: Sequence[ast.AST]) -> frozenset[str]:
    """Every name and attribute in these trees."""
    found = (inner for node in nodes for inner in ast.walk(node))
    return frozenset(
        inner.id if isinstance(inner, ast.Name) else inner.attr
        for inner in found
        if isinstance(inner, ast.Name | ast.Attribute)
    )
