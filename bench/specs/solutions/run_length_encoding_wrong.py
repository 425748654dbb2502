"""Run-length encoding, where no run is longer than nine when it is read again."""

import re
from itertools import groupby


def encode(string: str) -> str:
    """Each run as its length, unless that is 1, and its character."""
    runs = [(char, len(list(run))) for char, run in groupby(string)]
    return "".join(f"{length if length > 1 else ''}{char}" for char, length in runs)


def decode(string: str) -> str:
    """What was encoded."""
    return "".join(char * int(length or 1) for length, char in re.findall(r"(\d?)(\D)", string))


def consistency(string: str) -> str:
    """A text encoded and decoded."""
    return decode(encode(string))
