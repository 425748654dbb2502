"""What stands in the syntax tree of a module or a class, by name. Pure; knows nothing of what should be there."""

import ast
import warnings
from collections.abc import Iterable, Iterator

Function = ast.FunctionDef | ast.AsyncFunctionDef
Statement = ast.stmt


def parsed(text: str) -> ast.Module | None:
    """The syntax tree of a module; None where the text has none."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def members(owner: ast.ClassDef, *, strict: bool) -> dict[str, list[Statement]]:
    """What a class has by name: its own statements and, unless ``strict``, what its methods give to ``self``."""
    found = bound(owner.body)
    if not strict:
        for method in (each for each in owner.body if isinstance(each, Function)):
            for each in ast.walk(method):
                for name in _given_to_self(each):
                    found.setdefault(name, []).append(_as_field(each, name))
        for name in _slots(owner):
            found.setdefault(name, []).append(ast.Pass())
    return found


def _given_to_self(node: ast.AST) -> Iterator[str]:
    targets = node.targets if isinstance(node, ast.Assign) else [node.target] if isinstance(node, ast.AnnAssign) else []
    flat = (one for each in targets for one in (each.elts if isinstance(each, ast.Tuple) else [each]))
    for each in flat:
        if isinstance(each, ast.Attribute) and isinstance(each.value, ast.Name) and each.value.id == "self":
            yield each.attr


def _as_field(node: ast.AST, name: str) -> Statement:
    if isinstance(node, ast.AnnAssign):
        return ast.AnnAssign(target=ast.Name(id=name), annotation=node.annotation, value=node.value, simple=1)
    return ast.Pass()


def _slots(owner: ast.ClassDef) -> Iterator[str]:
    for each in owner.body:
        if isinstance(each, ast.Assign) and any(isinstance(t, ast.Name) and t.id == "__slots__" for t in each.targets):
            leaves = (leaf for leaf in ast.walk(each.value) if isinstance(leaf, ast.Constant))
            yield from (leaf.value for leaf in leaves if isinstance(leaf.value, str))


def declarations(body: Iterable[Statement]) -> dict[str, list[Statement]]:
    """What a stub declares; imports, docstrings and private names are its own affair."""
    found = bound(each for each in body if not isinstance(each, ast.Import | ast.ImportFrom | ast.If | ast.Try))
    return {name: several for name, several in found.items() if not name.startswith("_")}


def bound(body: Iterable[Statement]) -> dict[str, list[Statement]]:
    """The statements that bind each name, also those under a condition."""
    found: dict[str, list[Statement]] = {}
    for each in body:
        for name in binds(each):
            found.setdefault(name, []).append(each)
        for inner in _blocks(each):
            for name, several in bound(inner).items():
                found.setdefault(name, []).extend(several)
    return found


def binds(statement: Statement) -> Iterator[str]:
    """The names that a statement gives a value, those of its blocks left out."""
    match statement:
        case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
            yield name
        case ast.AnnAssign(target=ast.Name(id=name)):
            yield name
        case ast.Assign(targets=targets):
            yield from (leaf.id for target in targets for leaf in ast.walk(target) if isinstance(leaf, ast.Name))
        case ast.Import(names=aliases) | ast.ImportFrom(names=aliases):
            yield from ((alias.asname or alias.name.partition(".")[0]) for alias in aliases)
        case _:
            pass


def _blocks(statement: Statement) -> Iterator[list[Statement]]:
    if isinstance(statement, ast.If | ast.Try | ast.With | ast.For | ast.While):
        for name in ("body", "orelse", "finalbody"):
            yield getattr(statement, name, [])
        for handler in getattr(statement, "handlers", []):
            yield handler.body


def last_name(node: ast.expr) -> str:
    """The last name of what may be dotted, called or subscripted."""
    while isinstance(node, ast.Call | ast.Subscript):
        node = node.func if isinstance(node, ast.Call) else node.value
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""


class _Plain(ast.NodeTransformer):
    """An annotation without the quotes and modules that make no difference to its reader."""

    def visit_Attribute(self, node: ast.Attribute) -> ast.expr:
        return ast.Name(id=node.attr)

    def visit_Constant(self, node: ast.Constant) -> ast.expr:
        if isinstance(node.value, str):
            inner = parsed(node.value)
            if inner is not None and len(inner.body) == 1 and isinstance(inner.body[0], ast.Expr):
                found: ast.expr = self.visit(inner.body[0].value)
                return found
        return node

    def visit_Subscript(self, node: ast.Subscript) -> ast.expr:
        """The values of a Literal stay as they are."""
        if last_name(node.value) == "Literal":
            return ast.Subscript(value=self.visit(node.value), slice=node.slice)
        return ast.Subscript(value=self.visit(node.value), slice=self.visit(node.slice))


def annotation(node: ast.expr | None) -> str:
    """A type as it is compared; empty where none is written."""
    return "" if node is None else ast.unparse(_Plain().visit(_copy(node)))


def _copy(node: ast.expr) -> ast.expr:
    return ast.parse(ast.unparse(node), mode="eval").body
