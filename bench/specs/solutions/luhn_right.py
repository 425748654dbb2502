"""The check digit of Luhn."""

_NINE = 9


def valid(value: str) -> bool:
    """Whether a number with spaces, of two digits or more, ends with its check digit."""
    digits = value.replace(" ", "")
    if len(digits) < 2 or any(char not in "0123456789" for char in digits):  # noqa: PLR2004 - one digit checks nothing
        return False
    total = 0
    for place, char in enumerate(reversed(digits)):
        doubled = int(char) * (1 + place % 2)
        total += doubled - _NINE if doubled > _NINE else doubled
    return total % 10 == 0
