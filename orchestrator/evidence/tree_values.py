"""What to return in the place of a right value, in languages read by tree-sitter: another of its type. Pure.

In Go and Rust the type is what the signature says, and nothing is tried where that is no simple one. In JavaScript the
form of the value tells it, and ``undefined`` stands for what has none.
"""

import re

_NUMBER = re.compile(r"u?int(?:8|16|32|64)?|float(?:32|64)|byte|rune|[iu](?:8|16|32|64|128|size)|f(?:32|64)")
_EDITED = frozenset({"number", "int_literal", "float_literal", "integer_literal", "true", "false", "boolean_literal"})
_COMPARED = re.compile(r"[<>]=?|[=!]==?")
_TEXT_METHODS = re.compile(
    r"\.(?:join|toUpperCase|toLowerCase|trim(?:Start|End)?|replace(?:All)?|padStart|padEnd|repeat|toFixed|toString)"
    r"\([^()]*\)$"
)
_LIST_METHODS = re.compile(r"\.(?:map|filter|sort|toSorted|reverse|split|flat|flatMap|concat)\(.*\)$", re.DOTALL)


def wrong_value(language: str, kind: str, text: str, *, returns: str, count: int) -> str | None:
    """The source of another value than ``text``, a node of that kind; None for what is edited by itself.

    ``returns`` is the type in the signature, as it is written; ``count`` how many values are returned together.
    """
    if kind in _EDITED:
        return None
    match language:
        case "go":
            return _go(text, returns, count=count)
        case "rust":
            return _typed(text, _bare(returns), empty={"String": "String::new()", "&str": '""'}, rust=True)
        case _:
            return _script(kind, text, returns)


def _go(text: str, returns: str, *, count: int) -> str | None:
    parts = [part.split()[-1] for part in returns.strip("()").split(",") if part.strip()]
    if text == "nil" or len(parts) != count:
        return None
    if parts[0] == "error":
        return None
    return _typed(text, parts[0], empty={"string": '""'}, rust=False)


def _typed(text: str, name: str, *, empty: dict[str, str], rust: bool) -> str | None:
    if _NUMBER.fullmatch(name):
        return f"({text}) + 1"
    if name == "bool":
        return None if _COMPARED.search(text) else f"!({text})"
    if name in empty:
        full = {'""': '"mutant"', "String::new()": 'String::from("mutant")'}
        return empty[name] if text not in {empty[name], '""'} else full[empty[name]]
    if rust:
        generic = name.partition("<")[0]
        other = {"Option": "None", "Vec": "Vec::new()"}.get(generic)
        return None if other is None or text == other else other
    return "nil" if name.startswith(("[]", "map[", "*")) and text != "nil" else None


def _bare(returns: str) -> str:
    return re.sub(r"^->\s*|'\w+\s*", "", returns).strip()


def _script(kind: str, text: str, returns: str) -> str | None:
    name = returns.strip()
    if kind == "binary_expression" and _COMPARED.search(text) and not re.search(r"[+*/%-]", text):
        return None
    if kind in {"undefined", "null"} or text in {"undefined", "null"}:
        return None
    if name == "boolean" or (kind == "unary_expression" and text.startswith("!")):
        return None if text.startswith("!") else f"!({text})"
    if name == "string" or kind in {"string", "template_string"} or _TEXT_METHODS.search(text):
        return '""' if text not in {'""', "''", "``"} else '"mutant"'
    if kind == "array" or name.endswith("[]") or _LIST_METHODS.search(text):
        return "[]" if text != "[]" else "[null]"
    if kind == "object":
        return "({})" if text != "{}" else "({ mutant: true })"
    if name == "number" or (kind == "binary_expression" and re.search(r"[*/%-]", text)):
        return f"({text}) + 1"
    return "undefined"
