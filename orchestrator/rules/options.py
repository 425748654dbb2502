"""Which option of a question a text means, by its number or its words. Pure."""

import re
from collections.abc import Sequence

from ..nouns.questions import Option

_NUMBER = re.compile(r"(?:(?:option|number|#)\s*)?([0-9]{1,2})", re.IGNORECASE)
_AGREED = re.compile(
    r"(?:(?:yes|ok|okay|approved?|agreed|take|choose|use|go ahead|go with|go for)\b[\s,:;.!-]*)+", re.IGNORECASE
)
_BEGUN = re.compile(
    r"(?:yes|ok|okay|approved?|agreed|go ahead)\b"
    r"|(?:(?:take|choose|use|go with|go for)\s+)?(?:(?:option|number|#)\s*)?[0-9]",
    re.IGNORECASE,
)
_POLITE = re.compile(r"[\s,;]*(?:please|thanks|thank you)?[\s.!]*$", re.IGNORECASE)


def named(text: str, options: Sequence[Option]) -> int | None:
    """The index of the option that has these words, this number (``2``, ``option 2``), or alone begins so."""
    said, texts = _plain(text), [_plain(option.text) for option in options]
    same = [index for index, each in enumerate(texts) if each == said]
    if len(same) == 1:
        return same[0]
    number = _NUMBER.fullmatch(said)
    if number is not None and 1 <= int(number[1]) <= len(options):
        return int(number[1]) - 1
    begun = [index for index, each in enumerate(texts) if re.match(rf"{re.escape(said)}(?!\w)", each)] if said else []
    return begun[0] if len(begun) == 1 else None


def approved(text: str, options: Sequence[Option]) -> int | None:
    """As `named`, with words of approval around it: ``yes, option 2 please``."""
    said = _POLITE.sub("", text.strip())
    rest = _AGREED.match(said)
    found = named(said, options)
    return named(said[rest.end() :], options) if found is None and rest is not None else found


def is_approval(text: str) -> bool:
    """Whether a text begins as an approval or as an option's number does, whatever comes then."""
    return _BEGUN.match(text.strip()) is not None


def _plain(text: str) -> str:
    return " ".join(text.split()).casefold().rstrip(" .!")
