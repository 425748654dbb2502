"""The part of a pull request's text that says where it stands in its stack, and whether a text is still ours. Pure.

Names of slices are parts of branch names, made by code; nothing else of others gets into this part.
"""

import hashlib
import re
from collections.abc import Mapping, Sequence

from ..nouns.stack import Standing

_BEGIN = "<!-- agentctl:stack -->"
_END = "<!-- /agentctl:stack -->"
_SECTION = re.compile(rf"\n*{re.escape(_BEGIN)}.*?{re.escape(_END)}", re.DOTALL)
_MOST = 60_000
"""Characters of a body; GitHub takes 65,536."""
_LONGEST = 120
"""Characters of a quoted name."""
_CUT = "\n\n… (cut: the rest is in the commits)"


def wanted_body(standing: Standing, stack: Sequence[Standing], *, waiting: Mapping[str, str]) -> str:
    """The text of a slice with its place in the stack; ``waiting`` says why slices that come next are not open yet."""
    body = standing.cut.body.strip()
    body = body if len(body) <= _MOST else body[: _MOST - len(_CUT)] + _CUT
    return (body + stack_section(standing, stack, waiting=waiting)).strip()


def stack_section(standing: Standing, stack: Sequence[Standing], *, waiting: Mapping[str, str]) -> str:
    """The list of the run's slices; empty where there is only one."""
    if len(stack) < 2:  # noqa: PLR2004 - a stack is more than one
        return ""
    lines = [_line(n, each, each.name == standing.name, waiting) for n, each in enumerate(stack, start=1)]
    head = "**Part of a run of agentctl**, in the order of review:"
    return "\n\n" + "\n".join([_BEGIN, head, "", *lines, _END])


def with_section(body: str, section: str) -> str:
    """A text that a person has edited, with our part of it brought up to date; as it is where they took it out."""
    if not section or not _SECTION.search(body):
        return body
    return _SECTION.sub(lambda _: section, body, count=1)


def quoted(text: str) -> str:
    """A name of others, such as a path, in a code span that it cannot leave: no mention, no closing word, no marker."""
    shown = "".join(char if char.isprintable() and char not in "`<>" else "?" for char in text[:_LONGEST])
    return f"`{shown}`"


def digest(title: str, body: str) -> str:
    """Equal for texts that differ only in how a forge ends lines."""
    lines = [line.rstrip() for line in f"{title}\n{body}".strip().splitlines()]
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()[:16]


def _line(number: int, each: Standing, here: bool, waiting: Mapping[str, str]) -> str:  # noqa: FBT001 - private, and clear
    on = f", on `{each.cut.slice.on}`" if each.cut.slice.on else ""
    if each.pull is not None:
        words = {"merged": " (merged)", "closed": " (closed)"}.get(each.pull.state, "")
        return f"{number}. #{each.pull.number} `{each.name}`{on}{words}{' ← **this one**' if here else ''}"
    if here:
        return f"{number}. `{each.name}`{on} ← **this one**"
    return f"{number}. next: `{each.name}`{on}{f' ({waiting[each.name]})' if each.name in waiting else ''}"
