"""How often each word of a sentence is said, where quotation marks are part of it."""

import re
from collections import Counter


def count_words(sentence: str) -> dict[str, int]:
    """Words in lower case; numbers are words, and so is whatever has an apostrophe."""
    return dict(Counter(re.findall(r"[a-z0-9']+", sentence.lower())))
