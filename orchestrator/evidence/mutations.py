"""The single edits that make a Python file wrong, found in its syntax tree. Pure; runs nothing.

An edit replaces a range of bytes and leaves the rest as it is. Nothing is edited in signatures, decorators,
annotations, imports, docstrings, f-strings, patterns, assertions, or in a function that is only a stub.
"""

import ast
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from .reading import MODULE, is_docstring, is_stub, read, within
from .wrong_values import type_name, wrong_value

Kind = Literal[
    "comparison",
    "order",
    "return",
    "dropped",
    "branch",
    "logic",
    "boundary",
    "arithmetic",
    "negation",
    "aliasing",
    "loop",
]
KINDS: tuple[Kind, ...] = (
    *("comparison", "order", "return", "dropped", "branch", "logic", "boundary", "arithmetic", "negation", "aliasing"),
    "loop",
)
"""In the order in which a function's mutants are tried; what may run for ever comes last."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Edit:
    """``now`` in the place of the bytes from ``start`` to ``end`` of a file; ``scope`` is ``Class.method``."""

    kind: Kind
    scope: str
    line: int
    start: int
    end: int
    was: str
    now: str


def edits(source: bytes) -> tuple[Edit, ...]:
    """Every edit of a file, in the order of the text; none where it cannot be read."""
    module = read(source)
    if module is None:
        return ()
    found = _Finder(source).of(module)
    return tuple(sorted(found, key=lambda edit: (edit.start, edit.end, KINDS.index(edit.kind), edit.now)))


def apply(source: bytes, edit: Edit) -> bytes | None:
    """The file with the edit made; None if that is not Python any more."""
    changed = source[: edit.start] + edit.now.encode() + source[edit.end :]
    return changed if read(changed) is not None else None


_OPPOSITES: dict[type[ast.cmpop], tuple[str, str, str | None]] = {
    ast.Lt: ("<", "<=", ">="),
    ast.LtE: ("<=", "<", ">"),
    ast.Gt: (">", ">=", "<="),
    ast.GtE: (">=", ">", "<"),
    ast.Eq: ("==", "!=", None),
    ast.NotEq: ("!=", "==", None),
    ast.Is: ("is", "is not", None),
    ast.IsNot: (r"is\s+not", "is", None),
    ast.In: ("in", "not in", None),
    ast.NotIn: (r"not\s+in", "in", None),
}
"""How an operator is written, its nearest wrong one, and for an order the opposite."""
_ARITHMETIC: dict[type[ast.operator], tuple[str, str]] = {
    ast.Add: ("+", "-"),
    ast.Sub: ("-", "+"),
    ast.Mult: ("*", "+"),
    ast.FloorDiv: ("//", "*"),
    ast.Mod: ("%", "*"),
    ast.Div: ("/", "*"),
}
_LARGEST = 1e15
"""Beyond it, one more may be no change at all."""
_CALLS = {"min": "max", "max": "min", "any": "all", "all": "any"}


class _Finder:
    """Walks one file. ``_scope``, ``_returns`` and the names ``_given`` to it are those of the function it is in."""

    def __init__(self, source: bytes) -> None:
        bom = 3 if source.startswith(b"\xef\xbb\xbf") else 0
        self._source = source
        self._starts = [bom]
        self._starts += [match.end() for match in re.finditer(rb"\r\n|\r|\n", source)]
        self._scope = MODULE
        self._returns = ""
        self._given: frozenset[str] = frozenset()

    def of(self, module: ast.Module) -> Iterator[Edit]:
        """All edits below a module."""
        yield from self._block(module.body)

    def _block(self, body: Sequence[ast.stmt], *, in_class: bool = False) -> Iterator[Edit]:
        for number, statement in enumerate(body):
            if number == 0 and is_docstring(statement):
                continue
            if in_class and isinstance(statement, ast.AnnAssign):  # the default of a field is signature
                continue
            yield from self._statement(statement)

    def _statement(self, node: ast.stmt) -> Iterator[Edit]:
        match node:
            case ast.FunctionDef() | ast.AsyncFunctionDef():
                yield from self._function(node)
            case ast.ClassDef():
                outer, self._scope = self._scope, within(self._scope, node.name)
                yield from self._block(node.body, in_class=True)
                self._scope = outer
            case ast.Import() | ast.ImportFrom() | ast.Assert() | ast.Global() | ast.Nonlocal():
                return
            case ast.Assign(targets=[ast.Name(id=name)]) if name.startswith("__"):
                return
            case ast.If(test=test) if _is_guard(test):
                yield from self._block(node.body)
                yield from self._block(node.orelse)
            case ast.AnnAssign():
                yield from self._expressions(node.value)
            case _:
                yield from self._whole(node)
                yield from self._parts(node)

    def _function(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> Iterator[Edit]:
        if is_stub(node):
            return
        outer = self._scope, self._returns, self._given
        self._scope = within(self._scope, node.name)
        self._returns = type_name(node.returns)
        self._given = frozenset(each.arg for each in (*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs))
        yield from self._block(node.body)
        self._scope, self._returns, self._given = outer

    def _parts(self, node: ast.stmt) -> Iterator[Edit]:
        """What stands inside a statement: expressions, and statements in blocks."""
        for name, value in ast.iter_fields(node):
            parts = value if isinstance(value, list) else [value]
            for part in parts:
                match part:
                    case ast.stmt():
                        yield from self._statement(part)
                    case ast.ExceptHandler(body=body):
                        yield from self._block(body)
                    case ast.match_case(guard=guard, body=body):
                        yield from self._expressions(guard)
                        yield from self._block(body)
                    case ast.withitem(context_expr=context):
                        yield from self._expressions(context)
                    case ast.expr() if isinstance(node, ast.While) and name == "test":
                        yield from (replace(edit, kind="loop") for edit in self._expressions(part))
                    case ast.expr():
                        yield from self._expressions(part)
                    case _:
                        pass

    def _whole(self, node: ast.stmt) -> Iterator[Edit]:
        """Edits of a statement as such."""
        match node:
            case ast.Expr(value=ast.Yield() | ast.YieldFrom()):
                yield self._edit("dropped", node, "yield from ()")
            case ast.Expr(value=ast.Call() | ast.Await()) | ast.AugAssign() | ast.Delete() | ast.Raise(exc=ast.expr()):
                yield self._edit("dropped", node, "pass")
            case ast.Assign(targets=[ast.Attribute() | ast.Subscript()]):
                yield self._edit("dropped", node, "pass")
            case ast.Return(value=ast.expr() as value):
                now = wrong_value(value, self._text(value), returns=self._returns)
                if now is not None:
                    yield self._edit("return", value, now)
            case ast.If(test=test) if not _has_opposite(test):
                yield self._edit("branch", test, f"not ({self._text(test)})")
            case _:
                pass

    def _expressions(self, root: ast.AST | None) -> Iterator[Edit]:
        waiting = [root] if root is not None else []
        while waiting:
            node = waiting.pop()
            if isinstance(node, ast.JoinedStr):  # before Python 3.12 their parts have no true positions
                continue
            yield from self._expression(node)
            if isinstance(node, ast.Lambda):
                waiting.append(node.body)
            else:
                waiting += ast.iter_child_nodes(node)

    def _expression(self, node: ast.AST) -> Iterator[Edit]:
        yield from self._aliasing(node)
        match node:
            case ast.Compare():
                yield from self._comparison(node)
            case ast.BoolOp():
                word, other = ("and", "or") if isinstance(node.op, ast.And) else ("or", "and")
                for left, right in zip(node.values, node.values[1:], strict=False):
                    yield from self._between("logic", left, right, rf"\b{word}\b", other)
            case ast.UnaryOp(op=ast.Not(), operand=operand):
                yield self._edit("logic", node, f"({self._text(operand)})")
            case ast.BinOp(left=left, right=right, op=op) if type(op) in _ARITHMETIC:
                if not (_is_string(left) or _is_string(right)):
                    sign, other = _ARITHMETIC[type(op)]
                    yield from self._between("arithmetic", left, right, re.escape(sign), other)
            case ast.IfExp(test=test) if not _has_opposite(test):
                yield self._edit("branch", test, f"not ({self._text(test)})")
            case ast.Constant():
                yield from self._constant(node)
            case ast.Call():
                yield from self._call(node)
            case _:
                pass

    def _aliasing(self, node: ast.AST) -> Iterator[Edit]:
        """What the function was given is changed in its place, or handed on, where a copy of it was."""
        match node:
            case ast.Call(func=ast.Name(id="sorted"), args=[ast.Name(id=name)]):
                more = ", ".join(f"{each.arg}={self._text(each.value)}" for each in node.keywords if each.arg)
                now = f"({name}.sort({more}) or {name})"
            case (
                ast.Call(func=ast.Name(id="list" | "dict" | "set"), args=[ast.Name(id=name)], keywords=[])
                | ast.Call(func=ast.Attribute(value=ast.Name(id=name), attr="copy"), args=[], keywords=[])
                | ast.Call(func=ast.Attribute(attr="copy" | "deepcopy"), args=[ast.Name(id=name)], keywords=[])
                | ast.Subscript(value=ast.Name(id=name), slice=ast.Slice(None, None, None), ctx=ast.Load())
            ):
                now = name
            case ast.BinOp(left=ast.Name(id=name), right=ast.List() | ast.ListComp() as right, op=ast.Add()):
                now = f"{name}.__iadd__({self._text(right)})"
            case _:
                return
        if name in self._given:
            yield self._edit("aliasing", node, now)

    def _constant(self, node: ast.Constant) -> Iterator[Edit]:
        match node.value:
            case bool() as value:
                yield self._edit("boundary", node, str(not value))
            case int() | float() as value if abs(value) < _LARGEST:
                yield self._edit("boundary", node, repr(value + 1))
                yield self._edit("negation", node, f"({value - 1!r})")
            case _:
                pass

    def _call(self, node: ast.Call) -> Iterator[Edit]:
        match node:
            case ast.Call(func=ast.Name(id=name)) if name in _CALLS:
                yield self._edit("order", node.func, _CALLS[name])
            case ast.Call(func=ast.Name(id="sorted") | ast.Attribute(attr="sort")):
                yield from self._reversed(node)
            case ast.Call(func=ast.Name(id="reversed"), args=[argument]):
                yield self._edit("order", node, f"list({self._text(argument)})")
            case _:
                pass

    def _comparison(self, node: ast.Compare) -> Iterator[Edit]:
        left = node.left
        for op, right in zip(node.ops, node.comparators, strict=True):
            written, near, far = _OPPOSITES[type(op)]
            yield from self._between("comparison", left, right, written, near)
            if far is not None:
                yield from self._between("negation", left, right, written, far)
            left = right

    def _reversed(self, node: ast.Call) -> Iterator[Edit]:
        given = next((keyword.value for keyword in node.keywords if keyword.arg == "reverse"), None)
        if isinstance(given, ast.Constant):
            return  # edited as the constant it is
        if given is not None:
            yield self._edit("order", given, f"not ({self._text(given)})")
            return
        start, end = self._span(node)
        inside = self._source[start : end - 1].rstrip()
        place = start + len(inside) - inside.endswith(b",")
        yield Edit(
            kind="order",
            scope=self._scope,
            line=self._line(place),
            start=place,
            end=end,
            was=self._source[place:end].decode(),
            now="reverse=True)" if inside.endswith(b"(") else ", reverse=True)",
        )

    def _between(self, kind: Kind, left: ast.expr, right: ast.expr, written: str, now: str) -> Iterator[Edit]:
        """An edit of the operator between two operands; none where a comment might hold its sign too."""
        start, end = self._span(left)[1], self._span(right)[0]
        gap = self._source[start:end].decode("utf-8", "replace")
        found = re.search(written, gap)
        if found is None or "#" in gap or not gap.isascii():
            return
        line = self._line(start + found.start())
        yield Edit(
            kind=kind,
            scope=self._scope,
            line=line,
            start=start + found.start(),
            end=start + found.end(),
            was=found[0],
            now=now,
        )

    def _edit(self, kind: Kind, node: ast.expr | ast.stmt, now: str) -> Edit:
        start, end = self._span(node)
        was = self._text(node)
        return Edit(kind=kind, scope=self._scope, line=node.lineno, start=start, end=end, was=was, now=now)

    def _text(self, node: ast.expr | ast.stmt) -> str:
        start, end = self._span(node)
        return self._source[start:end].decode()

    def _span(self, node: ast.expr | ast.stmt) -> tuple[int, int]:
        last = node.end_lineno or node.lineno
        return self._starts[node.lineno - 1] + node.col_offset, self._starts[last - 1] + (node.end_col_offset or 0)

    def _line(self, place: int) -> int:
        return sum(start <= place for start in self._starts)


def _is_guard(test: ast.expr) -> bool:
    """``TYPE_CHECKING`` and ``__name__ == "__main__"``: no part of what a program does."""
    names = {node.id for node in ast.walk(test) if isinstance(node, ast.Name)}
    attributes = {node.attr for node in ast.walk(test) if isinstance(node, ast.Attribute)}
    return bool((names | attributes) & {"TYPE_CHECKING", "__name__"})


def _has_opposite(test: ast.expr) -> bool:
    """Whether turning the condition round is an edit of its own operator already."""
    if isinstance(test, ast.UnaryOp):
        return isinstance(test.op, ast.Not)
    return isinstance(test, ast.Compare) and len(test.ops) == 1 and _OPPOSITES[type(test.ops[0])][2] is None


def _is_string(node: ast.expr) -> bool:
    return isinstance(node, ast.JoinedStr) or (isinstance(node, ast.Constant) and isinstance(node.value, str | bytes))
