"""How often each word of a sentence is said."""

import re
from collections import Counter


def count_words(sentence: str) -> dict[str, int]:
    """Words in lower case; numbers are words, and an apostrophe within a word belongs to it."""
    return dict(Counter(re.findall(r"[a-z0-9]+(?:'[a-z0-9]+)?", sentence.lower())))
