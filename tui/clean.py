"""Untrusted text made safe for a terminal. Pure; every string from a model, a repository or a test passes through here.

Nothing is taken out: what a terminal would obey, or would not show, is shown as a character of its own. What an escape
sequence wraps stays readable, so that no text can hide behind one. C0 controls become the pictures that Unicode has for
them (ESC is ``␛``), and C1 controls, bidirectional and invisible characters their code point (``<U+202E>``).
"""

import re

_UNSAFE = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180e\u200b-\u200f\u2028-\u202e"
    "\u2060-\u206f\u3164\ud800-\udfff\ufeff\uffa0\ufff0-\ufffb\U000e0000-\U000e0fff]"
)
_PICTURES = 0x2400
_DELETE = "\x7f"


def visible(text: str) -> str:
    """The text, character by character, with each control or invisible one shown; line feeds and tabs stay."""
    return _UNSAFE.sub(lambda found: _shown(found[0]), text)


def clean_lines(text: str) -> str:
    """As `visible`, for words rather than code: CRLF ends a line as LF does, and tabs become four spaces."""
    return visible(text.replace("\r\n", "\n")).replace("\t", "    ")


def clean(text: str, *, width: int | None = None) -> str:
    """As `clean_lines`, on one line; cut between words, with an ellipsis, where it is longer than ``width`` characters.

    A word that alone fills more than half of the width is cut inside.
    """
    line = " ".join(clean_lines(text).split())
    if width is None or len(line) <= width:
        return line
    kept = line[: max(width - 1, 0)]
    if len(kept) < len(line) and line[len(kept)] != " " and kept.rfind(" ") > width // 2:
        kept = kept[: kept.rfind(" ")]
    return kept.rstrip() + "…"


def _shown(char: str) -> str:
    if char == _DELETE:
        return "\N{SYMBOL FOR DELETE}"
    return chr(_PICTURES + ord(char)) if ord(char) < ord(" ") else f"<U+{ord(char):04X}>"
