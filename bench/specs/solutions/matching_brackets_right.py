"""Brackets that close what was opened last."""

_OPENS = {")": "(", "]": "[", "}": "{"}


def is_paired(value: str) -> bool:
    """Whether all brackets of a text are paired and nested; other characters do not matter."""
    still_open: list[str] = []
    for char in value:
        if char in _OPENS.values():
            still_open.append(char)
        elif char in _OPENS and (not still_open or still_open.pop() != _OPENS[char]):
            return False
    return not still_open
