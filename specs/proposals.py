"""Decisions as lines of the spec: a new text to propose as a patch, never written by anyone but its author. Pure.

An answer becomes a corner case, what is taken for granted an assumption, what nobody has answered an open question, and
what was wanted while the spec was being built a requirement. Each gets the next free id, at the end of the section it
belongs to, which is made where there is none. A spec without ids (L0) gets a paragraph instead: an id would make a list
of requirements of what is still one sentence.
"""

import difflib
import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from . import front_matter
from .markdown import Block, blocks
from .nouns import ItemKind, SectionName, Spec
from .parse import parse
from .sections import section

_NUMBER = re.compile(r"\b([AEQR])(\d{1,9})\b")
_LINES = re.compile(r"[^\n]*\n|[^\n]+\Z")
_LONGEST = 600
"""Characters of a line that is added: a decision is a sentence."""

_HEADINGS: dict[SectionName, str] = {
    "requirements": "Requirements",
    "corner cases": "Corner cases",
    "open questions": "Open questions",
}
_BEFORE: dict[SectionName, frozenset[SectionName]] = {
    "requirements": frozenset(
        {"examples", "checks", "corner cases", "performance", "non-goals", "open questions", "notes"}
    ),
    "corner cases": frozenset({"performance", "non-goals", "open questions", "notes"}),
    "open questions": frozenset({"notes"}),
}
"""The sections that a new one is put before; at the end of the document where there are none."""

_TOP = 2
"""The level of a section's heading."""


class ProposalRefused(ValueError):
    """The lines cannot be added without changing what the spec says already; the message says what is in the way."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """A sentence to be added, with the requirements it is about; ``default`` is that of a question."""

    text: str
    requirements: tuple[str, ...] = ()
    default: str | None = None


def propose(
    text: str,
    *,
    answers: Sequence[Statement] = (),
    assumptions: Sequence[Statement] = (),
    questions: Sequence[Statement] = (),
    retired: Collection[str] = (),
) -> str:
    """The spec with these lines added; what it says already is not touched, character for character.

    Args:
        text: the spec as it is.
        answers: become ``E`` items under Corner cases.
        assumptions: become ``A`` items under Open questions.
        questions: become ``Q`` items under Open questions.
        retired: ids that were used once and are not to be used again.

    Raises:
        ProposalRefused: as said, such as a fence that is never closed at the end of the document.
    """
    if not (answers or assumptions or questions):
        return text
    spec = parse(text)
    page = _Page(text)
    if spec.level == "L0":
        page.add_paragraph([*answers, *assumptions, *questions])
    else:
        ids = _Ids(text, retired)
        corners = [_line("E", statement, ids, spec) for statement in answers]
        open_ = [_line("A", statement, ids, spec) for statement in assumptions]
        open_ += [_line("Q", statement, ids, spec) for statement in questions]
        page.add("corner cases", corners, beside=_last(spec, "corner"))
        # The line is looked up anew: it moves with what was just added above it.
        page.add("open questions", open_, beside=_last(parse(page.text), "assumption"))
    proposed = page.text
    _check(spec, proposed, added=len(answers) + len(assumptions) + len(questions))
    return proposed


def next_requirement(text: str, retired: Collection[str] = ()) -> str:
    """The id that a requirement gets which is added now; of a text without ids (L0) that of its one requirement."""
    spec = parse(text)
    if spec.level == "L0":
        return next(iter(spec.items), "R1")
    return _Ids(text, [*spec.items, *retired]).next("R")


def with_requirement(text: str, sentence: str, *, named: str) -> str:
    """The spec with one requirement more under that id, behind the last one; nothing else is touched.

    Where no requirement has an id of its own the new one has none either, and is counted like the others.

    Raises:
        ProposalRefused: as `propose`, or there is an item of that id already.
    """
    spec, page = parse(text), _Page(text)
    if spec.level == "L0":
        page.add_paragraph([Statement(text=sentence)])
    elif named in spec.items:
        raise ProposalRefused(f"{named} stands in the spec already; call the new requirement otherwise")
    else:
        counted = all(item.temporary for item in spec.normative)
        bullet = f"{'-' if counted else f'- **{named}**'} {_sentence(sentence, longest=None)}"
        last = _last(spec, "requirement")
        if last is not None:
            page.insert_behind(last, bullet)
        else:
            page.add("requirements", [bullet], beside=None)
    _check(spec, page.text, added=1)
    if named not in parse(page.text).items:
        raise ProposalRefused(f"the new sentence would not be read as {named}; add it by hand")
    return page.text


def patch(text: str, proposed: str, *, path: str) -> str:
    """The unified diff between the two, for ``git apply`` in the root of the repository; empty if they are equal."""
    old, new = (_LINES.findall(each) for each in (text, proposed))
    diff = difflib.unified_diff(old, new, f"a/{path}", f"b/{path}")
    return "".join(line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in diff)


def _last(spec: Spec, kind: ItemKind) -> int | None:
    """The last line of the last item of a kind, if that is a bullet at the margin."""
    lines = spec.text.split("\n")
    found = [item for item in spec.items.values() if item.kind == kind and lines[item.line - 1][:1] in set("-*+")]
    return found[-1].end_line if found else None


class _Ids:
    """Free ids: above every number that stands anywhere in the text behind that letter, or that was retired."""

    def __init__(self, text: str, retired: Collection[str]) -> None:
        self._highest: dict[str, int] = {}
        for letter, number in _NUMBER.findall(" ".join([text, *retired])):
            self._highest[letter] = max(self._highest.get(letter, 0), int(number))

    def next(self, letter: str) -> str:
        self._highest[letter] = self._highest.get(letter, 0) + 1
        return f"{letter}{self._highest[letter]}"


def _line(letter: str, statement: Statement, ids: _Ids, spec: Spec) -> str:
    """A bullet on one line. Counted ids are not named: they change when a bullet is added above them."""
    text = _sentence(statement.text)
    named = [each for each in statement.requirements if each in spec.items and not spec.items[each].temporary]
    missing = [each for each in named if not re.search(rf"\b{each}\b", text)]
    if missing:
        text = f"{text.removesuffix('.')} ({', '.join(missing)})."
    default = f" default: {_sentence(statement.default)}" if statement.default else ""
    return f"- **{ids.next(letter)}** {text}{default}"


def _sentence(text: str, *, longest: int | None = _LONGEST) -> str:
    """One line without control characters, comments, or backticks that open code and never close it."""
    line = " ".join("".join(char if char.isprintable() else " " for char in text).split())
    line = line.replace("<!--", "<! --")[:longest].strip()
    return line if line.count("`") % 2 == 0 else line.replace("`", "'")


class _Page:
    """The text's lines while some are added; the others stay as they are, with the line ends they have."""

    def __init__(self, text: str) -> None:
        self._lines: list[str] = _LINES.findall(text)
        self._end = "\r\n" if "\r\n" in text else "\n"

    @property
    def text(self) -> str:
        return "".join(self._lines)

    def add_paragraph(self, statements: Sequence[Statement]) -> None:
        """Before the first heading of a section, or at the end."""
        heading = next((b.line for b in self._blocks() if b.kind == "heading" and b.level >= _TOP), None)
        said = [_sentence(each.text) for each in statements]
        line = " ".join(each if each.endswith((".", "?", "!")) else f"{each}." for each in said)
        self._insert(heading, ["", line])

    def add(self, name: SectionName, bullets: Sequence[str], *, beside: int | None) -> None:
        """At the end of that section; without one behind the bullet that ends on line ``beside``, or in a new one."""
        if not bullets:
            return
        document = self._blocks()
        headings = [block for block in document if block.kind == "heading"]
        start = next((block for block in headings if section(block.text) == name), None)
        if start is None and beside is not None:
            self._insert(beside + 1, bullets)
            return
        if start is None:
            after = next((b.line for b in headings if b.level <= _TOP and section(b.text) in _BEFORE[name]), None)
            self._insert(after, ["", f"## {_HEADINGS[name]}", "", *bullets])
            return
        after = next((block.line for block in headings if block.line > start.line), None)
        inside = [block for block in document if start.line < block.line and (after is None or block.line < after)]
        in_list = bool(inside) and (inside[-1].kind == "bullet" or inside[-1].level > 0)
        self._insert(after, [*([] if in_list else [""]), *bullets])

    def insert_behind(self, line: int, bullet: str) -> None:
        """Put a bullet behind the item that ends on that line."""
        self._insert(line + 1, [bullet])

    def _blocks(self) -> tuple[Block, ...]:
        text = "".join(line.replace("\r", " ") for line in self._lines)
        return blocks(front_matter.split(text.removeprefix("\ufeff"))[1])

    def _insert(self, before: int | None, added: Sequence[str]) -> None:
        """Put lines behind the last one that is not blank before line ``before``, or at the end of the document."""
        at = len(self._lines) if before is None else before - 1
        while at > 0 and not self._lines[at - 1].strip():
            at -= 1
        if 0 < at == len(self._lines) and not self._lines[-1].endswith("\n"):
            self._lines[-1] += self._end
        if at < len(self._lines) and self._lines[at].strip() and not self._lines[at].startswith(("-", "*", "+")):
            added = [*added, ""]
        self._lines[at:at] = [line + self._end for line in added]


def _check(spec: Spec, proposed: str, *, added: int) -> None:
    """Refuse a text in which anything but the new items has changed."""
    new = parse(proposed)
    if spec.level == "L0":
        _check_paragraph(spec, new)
        return
    for old in spec.items.values():
        now = new.items.get(old.id)
        if now is None or now.norm_hash != old.norm_hash:
            raise ProposalRefused(
                f"{old.id} on line {old.line} would be read otherwise with the new lines; add them by hand"
            )
    missing = added - (len(new.items) - len(spec.items))
    if missing:
        raise ProposalRefused(
            f"{missing} of the new lines would not be read as items: "
            "look for a fence or a comment that is not closed at the end of their section"
        )
    if [check.hash for check in spec.checks] != [check.hash for check in new.checks]:
        raise ProposalRefused("a check would change with the new lines: look for a fence that is not closed")


def _check_paragraph(spec: Spec, new: Spec) -> None:
    """The one requirement of a text without ids says what it said, and more."""
    old, now = (" ".join(item.text for item in each.items.values()) for each in (spec, new))
    if new.level != "L0" or not now.startswith(old) or len(now) == len(old):
        raise ProposalRefused("the paragraph to be added would not be read as part of the requirement; add it by hand")
