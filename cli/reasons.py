"""What pydantic finds wrong, in words of our own that say what to write. Pure."""

from collections.abc import Callable, Mapping
from typing import Any

LIST = "write a list"
_WORDS: Mapping[str, str] = {
    **dict.fromkeys(("int_type", "int_parsing", "int_from_float"), "write a whole number"),
    **dict.fromkeys(("float_type", "float_parsing"), "write a number"),
    **dict.fromkeys(("bool_type", "bool_parsing"), "write true or false"),
    **dict.fromkeys(("tuple_type", "list_type"), LIST),
    **dict.fromkeys(("dict_type", "model_type"), "write a table"),
    "string_type": "write a text, in quotes",
    "finite_number": "write a finite number",
    "string_too_short": "it is empty",
    "too_short": "it is empty",
}
_BOUNDS: Mapping[str, Callable[[Mapping[str, object]], str]] = {
    "greater_than_equal": lambda told: f"it must be {told['ge']} or more",
    "greater_than": lambda told: f"it must be more than {told['gt']}",
    "less_than_equal": lambda told: f"it must be {told['le']} or less",
    "literal_error": lambda told: f"write {told['expected']}",
    "string_pattern_mismatch": lambda told: (
        "it is empty" if told["pattern"] == r"\S" else f"it must match {told['pattern']}"
    ),
}


def reason(wrong: Mapping[str, Any]) -> str:
    """What to do about one thing that pydantic found."""
    kind = wrong["type"]
    if kind in _BOUNDS:
        return _BOUNDS[kind](wrong.get("ctx", {}))
    return _WORDS.get(kind) or wrong["msg"].removeprefix("Value error, ")
