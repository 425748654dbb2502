"""Makes the output of tools and tests the same byte for byte from run to run, and safe to show. Pure.

What enters a prompt must not depend on how fast, where or under which process id a command ran (DESIGN section 3).
"""

import re

_ESCAPE = re.compile(
    r"\x1b(?:\[[0-?]*[ -/]*[@-~]|[\]PX^_][^\x07\x1b]*(?:\x07|\x1b\\|$)|[ -/]*[0-~])|\x9b[0-?]*[ -/]*[@-~]"
)
"""ANSI sequences: CSI, then OSC, DCS, SOS, PM and APC with their text, then the two-character ones."""
_CONTROL = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff\ud800-\udfff]"
)
"""C0 but tab and newline, DEL, C1, marks that are invisible or turn text around, and lone surrogates."""

_MONTH = "(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)"
_DAY = "(?:(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun),? )?"

_CHANGING = (
    (re.compile(r"\b0x[0-9a-fA-F]{6,16}\b"), "0x..."),
    (re.compile(r"\b\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d(?:[.,]\d+)?)?(?:Z|[+-]\d\d:?\d\d)?"), "<time>"),
    (re.compile(r"\b\d\d:\d\d:\d\d(?:[.,]\d+)?\b"), "<time>"),
    # A date is of the run only where a time stands beside it: of a web server's log, of HTTP, of Go's log, of ctime.
    (re.compile(rf"\b{_DAY}\d\d?[/ -]{_MONTH}[/ -]\d{{4}}[: ]<time>(?: (?:[+-]\d{{4}}|GMT|UTC)\b)?"), "<time>"),
    (re.compile(r"\b\d{4}/\d\d/\d\d <time>"), "<time>"),
    (re.compile(rf"\b{_DAY}{_MONTH} [ \d]?\d <time>(?:(?: [A-Z]{{3,4}})? \d{{4}}\b)?"), "<time>"),
    (
        re.compile(
            r"\b(in|took|after) \d+(?:\.\d+)?\s?(?:µs|us|ms|s|sec|secs|seconds?|minutes?)\b(?: \(\d+:\d\d:\d\d\))?"
        ),
        r"\1 <duration>",
    ),
    (re.compile(r"\(\d+(?:\.\d+)?\s?(?:µs|us|ms|s)\)"), "(<duration>)"),
    (re.compile(r"\b\d+\.\d+s (?=(?:call|setup|teardown)\b)"), "<duration> "),
    (
        re.compile(
            r"(?:/private)?(?:/var)?/tmp/(?:pytest-of-[\w.-]+/pytest-\d+|tmp[a-z0-9_]{8}|agentctl-[a-z0-9_]{8})"
        ),
        "/tmp/<tmp>",  # noqa: S108 - a name in a text
    ),
    (re.compile(r"\b(pid|PID|process|Process)([ =:]+)\d+\b"), r"\1\2<pid>"),
    (re.compile(r"(?m)^==\d+=="), "==<pid>=="),
    (re.compile(r"(thread '[^'\n]*') \(\d+\) (?=panicked)"), r"\1 "),  # of Rust
    (re.compile(r"\(node:\d+\)"), "(node:<pid>)"),
    (re.compile(r"/go-(build|link-)\d+/"), r"/go-\1<tmp>/"),
)


def clean(text: str) -> str:
    """``text`` without terminal sequences, control and bidirectional characters; line ends become newlines."""
    plain = _ESCAPE.sub("", text).replace("\r\n", "\n")
    return _CONTROL.sub("", plain.replace("\r", "\n"))


def normalise(text: str, *, root: str = "") -> str:
    """``text`` cleaned, with durations, times, addresses, process ids and temporary paths by name.

    ``root`` is the real path of the tree, where commands see it; it becomes ``/workspace``.
    """
    result = clean(text)
    if root:
        result = result.replace(root, "/workspace")
    for pattern, name in _CHANGING:
        result = pattern.sub(name, result)
    return result


def shorten(text: str, limit: int) -> str:
    """The beginning and the end of a text of more than ``limit`` characters, with what is missing between said."""
    if len(text) <= limit:
        return text
    note = f"\n[... {len(text) - limit} characters left out ...]\n"
    head = limit * 2 // 5
    tail = max(0, limit - head - len(note))
    return (text[:head] + note + text[len(text) - tail :])[:limit]
