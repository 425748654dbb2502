"""Roman numerals."""

_NUMERALS = (
    *((1000, "M"), (900, "CM"), (500, "D"), (400, "CD"), (100, "C"), (90, "XC"), (50, "L"), (40, "XL")),
    *((10, "X"), (9, "IX"), (5, "V"), (4, "IV"), (1, "I")),
)


def roman(number: int) -> str:
    """A number from 1 to 3999 as the Romans would write it."""
    said = ""
    for value, numeral in _NUMERALS:
        times, number = divmod(number, value)
        said += numeral * times
    return said
