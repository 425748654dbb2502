"""Brackets that are counted, whatever stands between them."""


def is_paired(value: str) -> bool:
    """Whether each kind of bracket is closed as often as it is opened."""
    return all(value.count(left) == value.count(right) for left, right in ("()", "[]", "{}"))
