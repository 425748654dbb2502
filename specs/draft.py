"""A spec while it is being read: one block after another finds its place. Only parse.py uses it.

Where a block goes depends on the section it stands in and on the item that is still open, and on nothing further down.
"""

import re
from collections import Counter
from dataclasses import dataclass, field

from . import fences, items, tables
from .drafted import Sentence, Shown, Table, term_of, terms_of, true_rows
from .markdown import Block
from .nouns import Check, Comment, Context, Diagnostic, Fence, Fixture, Heading, Interface, SectionName, Term
from .sections import is_criteria, near_miss, section

_BEGINS = re.compile(r"[ \t]*(?:>|[-*+][ \t]|\d{1,9}[.)][ \t])")
_HIDDEN = re.compile(r"[-*+]\s+\*\*([REPNQAI]\d+)\*\*")

_MARK = re.compile(r"`{3,}|~{3,}")
_SECTION_LEVEL = 2  # of the headings of sections; below them stand an item's, or none that matters


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
    headings: list[Heading] = field(default_factory=list)
    images: list[Shown] = field(default_factory=list)
    trouble: list[Diagnostic] = field(default_factory=list)
    said: list[tuple[int, str]] = field(default_factory=list)
    """The words of the whole document in order, with their lines, without emphasis and without comments."""
    code: list[str] = field(default_factory=list)
    """The text of fences and of what is indented as code."""

    def read(self, block: Block) -> None:
        """Take in one block."""
        self._hear(block)
        if block.deep:
            self._too_deep(block)
            return
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
            case "image":
                self.images.append(Shown(block=block, within=self.open))
            case "link":
                self._keep(f"[{block.info}]: {block.text}", line=block.line)

    def _hear(self, block: Block) -> None:
        """Note the words of a block, wherever else it goes."""
        if block.kind == "table":
            rows = true_rows(block, self.lines)
            self.said.append((block.line, "\n".join(" | ".join(row) for row in rows)))
        elif block.kind == "fence" or block.code:
            self.said.append((block.line, block.info))
            self.code.append(block.text)
        elif block.kind != "comment":
            self.said.append((block.line, " ".join(filter(None, (block.info, block.text)))))

    def _too_deep(self, block: Block) -> None:
        """Keep what is nested so deeply that it is not read, and say so of each of its lines that begins something."""
        lines = self.lines[block.line - 1 : block.end_line]
        self._keep("\n".join(lines), line=block.line)
        for number, line in enumerate(lines, block.line):
            if number == block.line or _BEGINS.match(line):
                said = line.lstrip(" \t>*+-")[:40]
                message = f"`{said}` is nested too deeply to be read: move it to the left"
                self.trouble.append(Diagnostic(code="SPF021", message=message, line=number))

    def _heading(self, block: Block) -> None:
        self.headings.append(Heading(text=block.text, level=block.level, line=block.line))
        within, self.open = self.open, None
        if block.level == 1 and not self.title and self.before_sections:
            self.title = block.text
            return
        label, rest = self._label(block)
        if label:
            self._begin(block, label=label, text=rest)
            return
        self.caption = tables.caption(block.text)
        if self.caption:
            return
        if within and 0 < within.heading < block.level and section(block.text) is None:
            self.open = within
            self._continue(block)
        else:
            self._section(block)

    def _label(self, block: Block) -> tuple[str, str]:
        """The id that a block begins with, and the rest; where items are listed, also one that is not quite one."""
        kind = items.SECTION_KINDS.get(self.section)
        numbering = block.kind == "heading" and not block.bold and (not kind or block.level <= _SECTION_LEVEL)
        label, rest = ("", block.text) if numbering else items.label(block.text, block.bold)
        if label or not kind or numbering:
            return label, rest
        near, rest = items.near_label(block.text, letter=items.LETTERS[kind])
        if near:
            message = f"`{block.text[:20]}` is read as {near}; write it **{near}**, so that nobody need guess"
            self.trouble.append(
                Diagnostic(code="SPI003", message=message, line=block.line, target=near, fix=f"**{near}**")
            )
        return near, rest

    def _section(self, block: Block) -> None:
        """Open the section of a heading. An unknown sub-heading stays within the section it is in."""
        known = section(block.text)
        if known is None and (meant := near_miss(block.text)):
            known = section(meant)
            message = f"the heading `{block.text[:60]}` is read as `{meant}`"
            self.trouble.append(Diagnostic(code="SPF004", message=message, line=block.line, fix=meant.capitalize()))
        self.heading = block.text
        criteria = known == "checks" and self.section == "requirements" and is_criteria(block.text)
        if block.level > _SECTION_LEVEL and (known is None or criteria):
            return
        self.before_sections = False
        self.section = known or ""
        if known is None:
            message = f"`{block.text[:60]}` is no section of the format; it is read as context"
            self.trouble.append(Diagnostic(code="SPF007", message=message, line=block.line))
        elif known in self.seen and block.level <= _SECTION_LEVEL:
            message = f"the section `{block.text[:60]}` repeats the one on line {self.seen[known]}; they are merged"
            self.trouble.append(Diagnostic(code="SPF005", message=message, line=block.line))
        if known:
            self.seen.setdefault(known, block.line)

    def _begin(self, block: Block, *, label: str, text: str, letter: str = "") -> Sentence:
        """Start an item; what follows at its depth belongs to it."""
        heading = block.kind == "heading"
        sentence = Sentence(
            label=label,
            letter=letter or label[:1],
            pieces=[text],
            line=block.line,
            end_line=block.end_line,
            section=self.section,
            level=0 if heading else block.level,
            heading=block.level if heading else 0,
        )
        self.open = sentence
        self.sentences.append(sentence)
        self._mentions(block)
        return sentence

    def _continue(self, block: Block) -> None:
        if self.open:
            self.open.pieces.append(block.text)
            self.open.end_line = block.end_line
        self._mentions(block)

    def _inside(self, block: Block) -> bool:
        """Whether a block belongs to the item that is open: it is deeper than its bullet, or under its heading."""
        if self.open is None:
            return False
        depth = self.open.level + (block.kind == "bullet")
        return block.level >= max(depth, 1) or self.open.heading > 0

    def _bullet(self, block: Block) -> None:
        label, rest = self._label(block)
        kind = items.SECTION_KINDS.get(self.section)
        if label:
            self._begin(block, label=label, text=rest)
        elif self._inside(block):
            self._continue(block)
        elif kind:
            self._begin(block, label="", text=block.text, letter=items.LETTERS[kind])
        elif self.section == "checks" and is_criteria(self.heading) and items.stated_strength(block.text):
            self._begin(block, label="", text=block.text, letter="R")
        elif self.section == "terms" and (term := term_of(block)):
            self.open = None
            self.terms.append(term)
        elif self.before_sections:
            self.candidates.append(self._begin(block, label="", text=block.text, letter="R"))
            self.sentences.pop()
        else:
            self._prose(block)

    def _paragraph(self, block: Block) -> None:
        title = None if block.code else tables.caption(block.text)
        label, rest = self._label(block) if block.bold else ("", block.text)
        if title:
            self.caption = title
            self._keep(block.text, line=block.line)
        elif label:
            self._item_paragraph(block, label=label, text=rest)
        elif block.code and self._inside(block):
            self._attach(block, text=block.text)
        elif self.open and (block.level >= self.open.level > 0 or 0 == block.level < self.open.heading):
            self._continue(block)
        elif self.section == "requirements" and items.stated_strength(block.text) and not block.code:
            self._item_paragraph(block, label="", text=block.text)
        else:
            self._hidden(block)
            self._prose(block)

    def _item_paragraph(self, block: Block, *, label: str, text: str) -> None:
        """A paragraph that is an item; the list after it is part of it if a colon announces one."""
        self._begin(block, label=label, text=text, letter=label[:1] or "R")
        if not text.endswith(":"):
            self.open = None

    def _hidden(self, block: Block) -> None:
        """Items that are indented so far that markdown takes them for code."""
        found = _HIDDEN.search(block.text) if block.code else None
        if found:
            message = f"{found[1]} stands in lines that are indented as code, so it is not read: move it to the left"
            self.trouble.append(Diagnostic(code="SPI003", message=message, line=block.line, target=found[1]))

    def _prose(self, block: Block) -> None:
        self.open = None if block.level == 0 else self.open
        self._mentions(block)
        if self.section == "intent":
            self.intent.append(block.text)
        elif block.text:
            self._keep(block.text, line=block.line)

    def _keep(self, text: str, *, line: int) -> None:
        self.context.append(Context(heading=self.heading, text=text, line=line))

    def _mentions(self, block: Block) -> None:
        if "` " in block.text:
            self.interfaces.extend(fences.sentence_interfaces(block.text, line=block.line))

    def _fence(self, block: Block) -> None:
        language, words = fences.words(block.info)
        fence = Fence(language=language, words=words, body=block.text, line=block.line, end_line=block.end_line)
        self.fences.append(fence)
        self._closed(fence)
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
                    self._keep(block.text, line=block.line)
                    self._attach(block, text=block.text)

    def _closed(self, fence: Fence) -> None:
        """A fence that nobody closed takes in all that follows; say so."""
        mark = _MARK.search(self.lines[fence.line - 1]) if fence.line <= len(self.lines) else None
        last = self.lines[fence.end_line - 1] if fence.line < fence.end_line <= len(self.lines) else ""
        if mark and not fences.closes(last, mark[0]):
            message = "this fence is never closed, so that everything below it is its text: end it with a line of ```"
            code = "SPF008" if fences.means_something(fence) else "SPF009"
            self.trouble.append(Diagnostic(code=code, message=message, line=fence.line))

    def _attach(self, block: Block, *, text: str) -> None:
        """Make what stands inside the open item part of it."""
        if self.open and self._inside(block):
            self.open.blocks.append(text)
            self.open.end_line = max(self.open.end_line, block.end_line)

    def _table(self, block: Block) -> None:
        if tables.is_meant(block.rows[0], self.caption):
            title = self.caption or tables.Caption(ids=self._own_id(block))
            self.tables.append(Table(block=block, title=title, heading=self.heading))
            return
        self._attach(block, text="\n".join(" | ".join(row) for row in true_rows(block, self.lines)))
        self._keep("\n".join(self.lines[block.line - 1 : block.end_line]), line=block.line)
        if self.section == "terms":
            self.terms.extend(terms_of(block))
        elif block.level == 0 and not (self.open and self.open.heading):
            self.open = None

    def _own_id(self, block: Block) -> tuple[str, ...]:
        """The id of the item that a table without a caption stands in."""
        return (self.open.label,) if self.open and self.open.label and self._inside(block) else ()
