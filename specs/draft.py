"""A spec while it is being read: one block after another finds its place. Only parse.py uses it.

Where a block goes depends on the section it stands in and on the item that is still open, and on nothing further down.
"""

import re
from collections import Counter
from dataclasses import dataclass, field

from . import fences, items, tables
from .markdown import Block
from .nouns import Check, Comment, Context, Diagnostic, Fence, Fixture, Interface, SectionName, Term
from .sections import near_miss, section

_TERM = re.compile(r"^[\s:\u2013\u2014-]+")


@dataclass(slots=True, kw_only=True)
class Sentence:
    """An item while its text is being gathered."""

    label: str
    """Its id; empty until one is counted."""
    letter: str
    pieces: list[str]
    line: int
    end_line: int
    section: SectionName
    level: int
    """The depth of its bullet; 0 for a heading or a paragraph."""


@dataclass(slots=True, kw_only=True)
class Table:
    """A table of examples, before the functions of the spec are known."""

    block: Block
    title: tables.Caption


@dataclass(slots=True, kw_only=True)
class Draft:
    """The document as read so far."""

    lines: list[str]
    title: str = ""
    heading: str = ""
    section: SectionName = "intent"
    before_sections: bool = True
    caption: tables.Caption | None = None
    open: Sentence | None = None
    seen: dict[SectionName, int] = field(default_factory=dict)
    intent: list[str] = field(default_factory=list)
    sentences: list[Sentence] = field(default_factory=list)
    candidates: list[Sentence] = field(default_factory=list)
    """Bullets before the first section: requirements if the document has no others."""
    terms: list[Term] = field(default_factory=list)
    interfaces: list[Interface] = field(default_factory=list)
    checks: list[Check] = field(default_factory=list)
    tables: list[Table] = field(default_factory=list)
    fixtures: list[Fixture] = field(default_factory=list)
    context: list[Context] = field(default_factory=list)
    fences: list[Fence] = field(default_factory=list)
    comments: list[Comment] = field(default_factory=list)
    trouble: list[Diagnostic] = field(default_factory=list)

    def read(self, block: Block) -> None:
        """Take in one block."""
        match block.kind:
            case "heading":
                self._heading(block)
            case "bullet":
                self._bullet(block)
            case "paragraph":
                self._paragraph(block)
            case "fence":
                self._fence(block)
            case "table":
                self._table(block)
            case "comment":
                self.comments.append(Comment(text=block.text, line=block.line, end_line=block.end_line))

    def _heading(self, block: Block) -> None:
        self.open = None
        if block.level == 1 and not self.title and self.before_sections:
            self.title = block.text
            return
        label, rest = items.label(block.text, block.bold)
        if label:
            self._begin(block, label=label, text=rest)
            return
        self.caption = tables.caption(block.text)
        if self.caption is None:
            self._section(block)

    def _section(self, block: Block) -> None:
        """Open the section of a heading. An unknown sub-heading stays within the section it is in."""
        known = section(block.text)
        if known is None and (meant := near_miss(block.text)):
            known = section(meant)
            message = f"the heading `{block.text[:60]}` is read as `{meant}`"
            self.trouble.append(Diagnostic(code="SPF004", message=message, line=block.line, fix=meant.capitalize()))
        self.heading = block.text
        if known is None and block.level > 2:  # noqa: PLR2004 - the level of a section's heading
            return
        self.before_sections = False
        self.section = known or ""
        if known is None:
            message = f"`{block.text[:60]}` is no section of the format; it is read as context"
            self.trouble.append(Diagnostic(code="SPF007", message=message, line=block.line))
        elif known in self.seen and block.level <= 2:  # noqa: PLR2004 - as above
            message = f"the section `{block.text[:60]}` repeats the one on line {self.seen[known]}; they are merged"
            self.trouble.append(Diagnostic(code="SPF005", message=message, line=block.line))
        if known:
            self.seen.setdefault(known, block.line)

    def _begin(self, block: Block, *, label: str, text: str, letter: str = "") -> None:
        """Start an item; what follows at its depth belongs to it."""
        sentence = Sentence(
            label=label,
            letter=letter or label[:1],
            pieces=[text],
            line=block.line,
            end_line=block.end_line,
            section=self.section,
            level=0 if block.kind == "heading" else block.level,
        )
        self.open = sentence
        self.sentences.append(sentence)
        self._mentions(block)

    def _continue(self, block: Block) -> None:
        if self.open:
            self.open.pieces.append(block.text)
            self.open.end_line = block.end_line
        self._mentions(block)

    def _bullet(self, block: Block) -> None:
        label, rest = items.label(block.text, block.bold)
        kind = items.SECTION_KINDS.get(self.section)
        if label:
            self._begin(block, label=label, text=rest)
        elif self.open and (block.level > self.open.level):
            self._continue(block)
        elif kind:
            self._begin(block, label="", text=block.text, letter=items.LETTERS[kind])
        elif self.section == "terms" and block.bold:
            meaning = _TERM.sub("", block.text[len(block.bold) :])
            self.terms.append(Term(name=block.bold.strip(": "), meaning=meaning, line=block.line))
        elif self.before_sections:
            self._begin(block, label="", text=block.text, letter="R")
            self.candidates.append(self.sentences.pop())
        else:
            self._prose(block)

    def _paragraph(self, block: Block) -> None:
        title = tables.caption(block.text)
        label, rest = items.label(block.text, block.bold) if block.bold else ("", block.text)
        if title:
            self.caption = title
        elif label:
            self._begin(block, label=label, text=rest)
            self.open = None
        elif self.open and (block.level >= self.open.level > 0 or self.open.level == block.level == 0):
            self._continue(block)
        elif self.section == "requirements" and items.stated_strength(block.text):
            self._begin(block, label="", text=block.text, letter="R")
            self.open = None
        else:
            self._prose(block)

    def _prose(self, block: Block) -> None:
        self.open = None if block.level == 0 else self.open
        self._mentions(block)
        if self.section == "intent":
            self.intent.append(block.text)
        elif block.text:
            self.context.append(Context(heading=self.heading, text=block.text, line=block.line))

    def _mentions(self, block: Block) -> None:
        if "` " in block.text:
            self.interfaces.extend(fences.sentence_interfaces(block.text, line=block.line))

    def _fence(self, block: Block) -> None:
        language, words = fences.words(block.info)
        fence = Fence(language=language, words=words, body=block.text, line=block.line, end_line=block.end_line)
        self.fences.append(fence)
        taken = Counter(check.id.partition(".")[0] for check in self.checks)
        for found in fences.read(fence, taken=taken):
            match found:
                case Check():
                    self.checks.append(found)
                case Interface():
                    self.interfaces.append(found)
                case Fixture():
                    self.fixtures.append(found)
                case Diagnostic():
                    self.trouble.append(found)
                case None:
                    self.context.append(Context(heading=self.heading, text=block.text, line=block.line))

    def _table(self, block: Block) -> None:
        self.open = None
        if self.caption or self.section == "examples" or tables.is_examples(block.rows[0]):
            self.tables.append(Table(block=block, title=self.caption or tables.Caption()))
        else:
            text = "\n".join(" | ".join(row) for row in block.rows)
            self.context.append(Context(heading=self.heading, text=text, line=block.line))
