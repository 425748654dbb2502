"""A spec of ours while it is being put together from a foreign one: items get their ids when it is written out."""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Literal

from ..items import code_ranges, stated_strength, without_code
from ..sections import section
from .source import Unit, sentences
from .tamed import harmless, note_heading, quiet_heading, tame

Letter = Literal["R", "E", "P", "N", "Q", "A"]
_WEAK = re.compile(r"\b(?:must|shall|should|(?:has|have|needs?) to|(?:is|are) required)\b", re.IGNORECASE)
_UNCLEAR = re.compile(r"\s*\[NEEDS CLARIFICATION:?\s*([^\]]*)\]", re.IGNORECASE)
_OWN_ID = re.compile(
    r"(?P<mark>\*\*|__)(?P<letter>[REPNQA])(?P<number>\d{1,4})(?:(?P=mark)\s*[:.)]?|[:.)]\s*(?P=mark))\s+"
)
_SECTIONS: tuple[tuple[Letter, str], ...] = (("E", "Corner cases"), ("P", "Performance"), ("N", "Non-goals"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Unplaced:
    """What did not become part of the spec, or stands where it binds nobody; ``line`` is that of the source."""

    line: int
    text: str
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Remark:
    """What an item has become that its author may not expect; ``line`` and ``text`` are those of the source."""

    id: str
    line: int
    text: str
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Imported:
    """A spec in our format, where its items came from, what could not be placed, and what needs a second look."""

    source: str
    text: str
    origins: dict[str, str]
    """By id: the id or number that the source gave it and its line, such as ``FR-004, line 12``."""
    unplaced: tuple[Unplaced, ...]
    remarks: tuple[Remark, ...] = ()


@dataclass(slots=True, kw_only=True)
class Entry:
    """An item to be. ``number`` is the one that it would like to have; ``was`` what the source called it."""

    letter: Letter
    raw: list[str]
    line: int
    was: str = ""
    number: int | None = None
    about: "tuple[Entry, ...]" = ()
    """The requirement that this is a case of, or the bars that this asks about."""
    remark: "Remark | None" = None
    """What its author should know of it; it gets its id with the item."""
    id: str = ""


@dataclass(slots=True, kw_only=True)
class Group:
    """Requirements under one heading, with the prose that introduces them."""

    heading: str
    prose: list[str] = field(default_factory=list)
    entries: list[Entry] = field(default_factory=list)


@dataclass(slots=True, kw_only=True)
class Sheet:
    """The spec so far."""

    title: str = ""
    series: frozenset[str] = frozenset()
    """Prefixes that the source counts its items by, such as FR."""
    ambiguous: frozenset[str] = frozenset()
    """What the source calls an item and something else too: a mention of it stays as it is."""
    intent: list[str] = field(default_factory=list)
    terms: list[str] = field(default_factory=list)
    groups: list[Group] = field(default_factory=list)
    others: list[Entry] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    noted: str = ""
    """The heading of the last note."""
    links: list[str] = field(default_factory=list)
    unplaced: list[Unplaced] = field(default_factory=list)

    def group(self, heading: str) -> Group:
        """The requirements under a heading; made when it is first asked for. One that says nothing more is left out."""
        heading = "" if section(heading) in {"requirements", "intent"} else heading
        found = next((group for group in self.groups if group.heading == heading), None)
        if found is None:
            found = Group(heading=heading)
            self.groups.append(found)
        return found

    def require(self, raw: list[str], *, heading: str, line: int, was: str = "", number: int | None = None) -> Entry:
        """Add a requirement; what its author left unclear becomes a question."""
        entry = _own_id(Entry(letter="R", raw=raw, line=line, was=was, number=number))
        self._clear(entry)
        self.group(heading).entries.append(entry)
        return entry

    def add(self, letter: Letter, raw: list[str], *, line: int, was: str = "") -> Entry:
        """Add an item of another kind."""
        entry = _own_id(Entry(letter=letter, raw=raw, line=line, was=was))
        if letter != "Q":
            self._clear(entry)
        self.others.append(entry)
        return entry

    def ask(self, question: str, *, about: Entry) -> None:
        """Add a question about an item, or the item to a question that asks the same of others."""
        same = (entry for entry in self.others if entry.letter == "Q" and entry.about and entry.raw == [question])
        entry = next(same, None) or self.add("Q", [question], line=about.line)
        entry.about += (about,)

    def keep(self, text: str, *, heading: str = "") -> None:
        """Add to the notes, under the heading that it stood under."""
        if heading and heading != self.noted:
            self.notes.append(note_heading(heading))
            self.noted = heading
        listed = text.startswith("- ") and self.notes and self.notes[-1].startswith("- ")
        if listed:
            self.notes[-1] += f"\n{text}"
        else:
            self.notes.append(text)

    def note(self, unit: Unit, *, heading: str = "") -> None:
        """Keep a unit as prose that binds nobody; reports what in it sounds as if it did."""
        self.keep(harmless(unit), heading=heading)
        if unit.kind not in {"fence", "comment"}:
            self.report(unit, why="stands in Notes, where it binds nobody: give it an id if it should")

    def report(self, unit: Unit, *, why: str) -> None:
        """Say of each sentence of a unit that binds, or sounds so, that it was not made an item."""
        for text in sentences(unit.first_line):
            if binding(text) or sounds_binding(text):
                self.unplaced.append(Unplaced(line=unit.line, text=text, why=why))

    def leave_out(self, unit: Unit, *, why: str) -> None:
        """Take a unit into nothing but the report."""
        self.unplaced.append(Unplaced(line=unit.line, text=unit.first_line, why=why))

    def finished(self, *, source: str) -> Imported:
        """The spec as text."""
        entries = [*(entry for group in self.groups for entry in group.entries), *self.others]
        _number(entries)
        remarks = [replace(entry.remark, id=entry.id) for entry in entries if entry.remark]
        names = {entry.was: entry.id for entry in entries if entry.was and entry.was not in self.ambiguous}
        text = _renamed("\n".join(self._lines()), names)
        origins = {entry.id: ", ".join(filter(None, (entry.was, f"line {entry.line}"))) for entry in entries}
        return Imported(
            source=source,
            text=text,
            origins=origins,
            unplaced=tuple(self.unplaced),
            remarks=tuple(sorted(remarks, key=lambda each: each.line)),
        )

    def _clear(self, entry: Entry) -> None:
        """Take ``[NEEDS CLARIFICATION: ...]`` out of an item and ask it."""
        text = "\n".join(entry.raw)
        for found in _UNCLEAR.finditer(text):
            about = f" ({entry.was})" if entry.was else ""
            question = " ".join(found[1].split()) or "What is meant here?"
            self.add("Q", [f"{question}{about}"], line=entry.line)
        first, *rest = _UNCLEAR.sub("", text).split("\n")
        entry.raw = [first, *map(tame, rest)]

    def _lines(self) -> Iterator[str]:
        yield f"# {self.title or 'Imported spec'}"
        yield from _apart(self.intent)
        if self.terms:
            yield from ("", "## Terms", "", *self.terms)
        if self.groups:
            yield from ("", "## Requirements")
            for group in sorted(self.groups, key=lambda group: bool(group.heading)):
                yield from _group_lines(group)
        for letter, heading in _SECTIONS:
            yield from self._section(heading, letter)
        yield from self._section("Open questions", "Q")
        assumed = [entry for entry in self.others if entry.letter == "A"]
        if self.notes or assumed:
            yield from ("", "## Notes", *_apart(self.notes))
            yield from ("", *_item_lines(assumed)) if assumed else ()
        if self.links:
            yield from ("", *self.links)
        yield ""

    def _section(self, heading: str, letter: Letter) -> Iterator[str]:
        entries = [entry for entry in self.others if entry.letter == letter]
        if entries:
            yield from ("", f"## {heading}", "", *_item_lines(entries))


def _own_id(entry: Entry) -> Entry:
    """An item that has an id of ours already keeps its number and gets no second id."""
    found = _OWN_ID.match(entry.raw[0]) if entry.raw else None
    if found and found["letter"] == entry.letter:
        entry.raw = [entry.raw[0][found.end() :], *entry.raw[1:]]
        entry.number = entry.number or int(found["number"])
    return entry


def binding(text: str) -> bool:
    """Whether a text has a keyword of BCP 14 in capitals, outside code."""
    return stated_strength(text) is not None


def sounds_binding(text: str) -> bool:
    """Whether a text says must, shall, should, or has to, in any case, outside code."""
    return _WEAK.search(without_code(text)) is not None


def _group_lines(group: Group) -> Iterator[str]:
    if group.heading:
        yield from ("", f"### {quiet_heading(group.heading)}")
    yield from _apart(group.prose)
    if group.entries:
        yield from ("", *_item_lines(group.entries))


def _item_lines(entries: list[Entry]) -> Iterator[str]:
    for entry in entries:
        first, *rest = entry.raw or [""]
        about = ", ".join(other.id for other in entry.about)
        if entry.letter == "Q":
            first, about = f"{about}: {first}" if about else first, ""
        case = f" ({about})" if about else ""
        yield f"- **{entry.id}** {first}{case}".rstrip() + (":" if case and rest else "")
        yield from (f"  {line}".rstrip() for line in rest)


def _apart(paragraphs: list[str]) -> Iterator[str]:
    for paragraph in paragraphs:
        yield from ("", *paragraph.split("\n"))


def _number(entries: list[Entry]) -> None:
    """Ids: first the numbers that the source gave, if they are free, then those after the highest."""
    taken: set[str] = set()
    for entry in entries:
        wanted = f"{entry.letter}{entry.number}"
        if entry.number and wanted not in taken:
            entry.id = wanted
            taken.add(wanted)
    highest = Counter[str]()
    for known in taken:
        highest[known[0]] = max(highest[known[0]], int(known[1:]))
    for entry in entries:
        if not entry.id:
            highest[entry.letter] += 1
            entry.id = f"{entry.letter}{highest[entry.letter]}"


def _renamed(text: str, names: dict[str, str]) -> str:
    """The text with the source's ids replaced by ours, outside code and headings, where ours would begin an item."""
    if not names:
        return text
    words = "|".join(sorted(map(re.escape, names), key=len, reverse=True))
    begins = rf"^[ \t]*(?:[-*+]|\d+[.)])[ \t]+(?:\[[ xX]\][ \t]+)?(?:{words})"  # so would a list item
    pattern = re.compile(
        rf"^[ \t>]*#{{1,6}}[ \t].*$|{begins}|(?<![\w.*-])(?P<name>{words})(?![\w-]|\.\d)", re.MULTILINE
    )
    code = bytearray(len(text))
    for start, end in code_ranges(text):
        code[start:end] = b"\1" * (end - start)
    return pattern.sub(
        lambda found: names[found["name"]] if found["name"] and not code[found.start()] else found[0], text
    )
