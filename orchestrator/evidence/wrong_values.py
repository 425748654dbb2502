"""What to return in the place of a right value: another one of its type, as far as the text tells the type. Pure."""

import ast

_EMPTY = {"str": '""', "bytes": 'b""', "list": "[]", "dict": "{}", "set": "set()", "frozenset": "frozenset()"}
_TEXT_METHODS = frozenset(
    ("join", "format", "upper", "lower", "title", "strip", "lstrip", "rstrip", "replace", "capitalize", "casefold")
)
_FULL = {"str": '"mutant"', "bytes": 'b"mutant"', "list": "[None]", "dict": "{None: None}", "set": "{None}"}
"""For a value that is empty already."""
_FORMS: dict[type[ast.expr], str] = {
    ast.JoinedStr: "str",
    ast.List: "list",
    ast.ListComp: "list",
    ast.Dict: "dict",
    ast.DictComp: "dict",
    ast.Set: "set",
    ast.SetComp: "set",
}
_CALLED = {
    **dict.fromkeys(("len", "int", "sum", "round", "abs", "ord"), "int"),
    "sorted": "list",
    "float": "float",
    "bool": "bool",
}
"""What built-in functions give."""


def wrong_value(value: ast.expr, text: str, *, returns: str) -> str | None:
    """The source of another value than ``text``, which is that of ``value``; None for what is edited by itself.

    ``returns`` is the name of the annotated type, for a form that tells none; without either the value is ``None``.
    """
    if isinstance(value, ast.Compare) or (
        isinstance(value, ast.Constant) and (value.value is None or isinstance(value.value, bool | int | float))
    ):
        return None
    kind = _type_of(value) or returns
    if kind == "bool":
        return f"not ({text})"
    if kind in {"int", "float"}:
        return f"({text}) + 1"
    empty = _EMPTY.get(kind, "None")
    return empty if text not in {empty, "''", "b''"} else _FULL.get(kind)


def type_name(annotation: ast.expr | None) -> str:
    """The name of an annotation without its parameters, in lower case; empty for what is more than a name."""
    match annotation:
        case ast.Name(id=name) | ast.Subscript(value=ast.Name(id=name)):
            return name.lower()
        case _:
            return ""


def _type_of(value: ast.expr) -> str:
    """The name of the type an expression has by its form; empty where that says nothing."""
    match value:
        case ast.Constant():
            return type(value.value).__name__
        case ast.Call(func=ast.Name(id=name)):
            return _CALLED.get(name, name if name in _EMPTY else "")
        case ast.Call(func=ast.Attribute(attr=name)):
            return "str" if name in _TEXT_METHODS else ""
        case ast.BinOp(left=left, right=right):
            return _type_of(left) or _type_of(right)
        case ast.UnaryOp(op=ast.Not()):
            return "bool"
        case _:
            return _FORMS.get(type(value), "")
