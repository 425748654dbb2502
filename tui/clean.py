"""Untrusted text made safe for a terminal. Pure; every string from a model, a repository or a test passes through here.

Removed are C0 and C1 controls (so escape sequences, OSC 52 clipboard writes and title changes lose their introducer),
and the bidirectional and invisible format characters that make text look like something else.
"""

import re

_UNSAFE = re.compile(
    "\x1b\\[[0-?]*[ -/]*[@-~]"  # CSI: colours, cursor movement
    "|\x1b[\\]PX^_][^\x07\x1b\x9c]*(?:\x07|\x1b\\\\|\x9c)?"  # OSC, DCS, SOS, PM, APC with their payload
    "|[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]"
    "|[\U000e0000-\U000e007f]"
    "|[\ud800-\udfff]"
)


def clean_lines(text: str) -> str:
    """The text without control and invisible characters; line breaks stay, tabs become four spaces."""
    return _UNSAFE.sub("", text.replace("\r\n", "\n").replace("\t", "    "))


def clean(text: str, *, width: int | None = None) -> str:
    """As `clean_lines`, on one line; cut with an ellipsis where it is longer than ``width`` characters."""
    line = " ".join(clean_lines(text).split())
    if width is None or len(line) <= width:
        return line
    return line[: max(width - 1, 0)] + "…"
