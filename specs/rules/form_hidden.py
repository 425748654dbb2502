"""Group F, hidden characters: is what one reads what is written?"""

import re
from collections.abc import Iterator

from ..nouns import Diagnostic, Severity
from .reading import Reading
from .rule import Hit, Rule

_BIDI = "\u202a-\u202e\u2066-\u2069"
"""Unicode's embeddings, overrides and isolates: CVE-2021-42574."""
_JOINERS = "\u00ad\u061c\u180e\u200b-\u200f\u2060-\u2064\u206a-\u206f\ufeff"
"""What has no width: joiners, marks of direction, a soft hyphen. Right in scripts that need them, and in emoji."""
_TURNING = f"[{_BIDI}]"
_HIDDEN = f"[\x00-\x08\x0b\x0e-\x1f\x7f-\x9f{_BIDI}{_JOINERS}]"
_OTHER_SCRIPTS = "\u0590"
"""From Hebrew on; before it stand Latin, Greek, Cyrillic and Armenian, which join nothing."""
_PUNCTUATION = ("\u2000", "\u206f")
_LABEL = r"[\s>#*+-]*(?:\d{1,9}[.)]\s+)?(?:\[[ xX]\]\s+)?\**[REPNQAI]\d+\b"


def hidden(reading: Reading) -> Iterator[Diagnostic]:
    """Control, bidirectional and invisible characters: one finding for a line, an error where an id is spoilt."""
    if not re.search(_HIDDEN, reading.spec.text):
        return
    fences = reading.spec.fences
    code = {line: fence.words[:1] for fence in fences for line in range(fence.line + 1, fence.end_line)}
    for number, line in enumerate(reading.lines, 1):
        at = _in_code(line, code[number]) if number in code else _in_text(line)
        if at is None:
            continue
        in_id = number not in code and _spoils_id(line, at)
        why = "hides in an id, which is not read as one" if in_id else _why(line[at])
        message = f"{_name(line[at])} {why}: take it out"
        severity: Severity | None = None if in_id else "warning"
        yield Hit(code="SPF020", message=message, line=number, col=at + 1, severity=severity)


def _in_code(line: str, words: tuple[str, ...]) -> int | None:
    """Where code is shown in another order than it is run in; what an input file holds, it may be about."""
    found = re.search(_TURNING, line) if words != ("fixture",) else None
    return found.start() if found else None


def _in_text(line: str) -> int | None:
    """Where the first hidden character stands that nothing around it calls for."""
    for run in re.finditer(f"{_HIDDEN}+", line):
        odd = re.search(f"[^{_JOINERS}]", run[0])
        if odd:
            return run.start() + odd.start()
        beside = (line[: run.start()][-1:], line[run.end() :][:1])
        if not any(map(_needs_joiners, beside)):
            return run.start()
    return None


def _needs_joiners(char: str) -> bool:
    """Whether a joiner beside a character is how it is spelt, as between Arabic letters, or in emoji."""
    return char >= _OTHER_SCRIPTS and not _PUNCTUATION[0] <= char <= _PUNCTUATION[1]


def _spoils_id(line: str, at: int) -> bool:
    label = re.match(_LABEL, re.sub(_HIDDEN, "", line))
    return label is not None and at <= label.end()


def _why(char: str) -> str:
    if re.match(_TURNING, char):
        return "changes the order in which this is shown, so that one reads what is not written"
    return "is not shown, so that texts with it and without it look alike"


def _name(char: str) -> str:
    """``U+202E RIGHT-TO-LEFT OVERRIDE``."""
    from unicodedata import name  # noqa: PLC0415 - a megabyte of names for the few specs that have such a character

    return f"U+{ord(char):04X} {name(char, 'control character')}"


_OK = "# a\n\n- **R1** It MUST print `1`.\n"
RULES = (
    Rule(
        code="SPF020",
        name="hidden-character",
        severity="error",
        why="A character that is not shown makes a person and a program read two different texts.",
        source="Boucher and Anderson, Trojan Source, 2021 (CVE-2021-42574); Unicode TR 36",
        bad=_OK + "- **R\u200b2** It MUST end.\n",
        good=_OK + "- **R2** It MUST end with \u0645\u06cc\u200c\u0631\u0648\u062f.\n",
        find=hidden,
    ),
)
