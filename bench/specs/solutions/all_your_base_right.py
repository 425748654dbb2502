"""Numbers from one base to another."""

_LEAST = 2


def rebase(input_base: int, digits: list[int], output_base: int) -> list[int]:
    """The digits in the other base; raises ValueError for a base below 2, or a digit that its base does not have."""
    if input_base < _LEAST or output_base < _LEAST:
        raise ValueError("a base is at least 2")
    if any(not 0 <= digit < input_base for digit in digits):
        raise ValueError("a digit is at least 0 and less than its base")
    number = 0
    for digit in digits:
        number = number * input_base + digit
    found: list[int] = []
    while number:
        number, digit = divmod(number, output_base)
        found.insert(0, digit)
    return found or [0]
