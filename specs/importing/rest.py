"""Where a unit goes that is nothing special to its source: by the section it stands in, else by whether it binds."""

import re

from ..nouns import SectionName
from ..sections import section
from ..tables import is_examples
from .series import label, prefix_of
from .sheet import Letter, Sheet, binding, sounds_binding
from .source import Unit, sentences
from .tamed import harmless

_KEYWORDS = frozenset({"MUST", "MUST NOT", "SHALL", "SHALL NOT", "SHOULD", "SHOULD NOT", "MAY"})
"""A list item that begins with one of them in bold says what the word means."""
_DONE = "is ticked off as done and asks for nothing: it is in the notes"
_QUOTED = "stands in a quotation, where it binds nobody: write it as a requirement if it should"
_WANTED = frozenset({"FR", "NFR", "REQ"})
"""Ids of requirements; a row of a table that begins with one is wanted, whatever its words."""
_LETTERS: dict[SectionName, Letter] = {"corner cases": "E", "non-goals": "N", "open questions": "Q"}


def letter_of(heading: str) -> Letter | None:
    """What a bullet without an id is below a heading, where it is no requirement."""
    within = section(plain_heading(heading)) if heading else None
    return _LETTERS.get(within or "")


def plain_heading(text: str) -> str:
    """A heading without ``(mandatory)`` and other decoration at its end."""
    return re.sub(r"\s*[*_]?\((?:mandatory|optional|include [^)]*)\)[*_]?\s*$", "", text, flags=re.IGNORECASE).strip()


def labelled(raw: list[str], sheet: Sheet) -> tuple[str, list[str]]:
    """The id that another tool gave a list item, such as ``FR-001`` or ``NFR-PERF-1``, and the item without it."""
    found, rest = label(raw[0]) if raw else ("", "")
    return (found, [rest, *raw[1:]]) if found and prefix_of(found) in sheet.series else ("", raw)


def number_of(label: str) -> int | None:
    """The number of ``FR-012``, which its requirement keeps; other series are counted anew."""
    return int(label[3:]) if re.fullmatch(r"FR-\d+", label) else None


def aside(unit: Unit, sheet: Sheet, *, heading: str) -> bool:
    """Keep a unit in the notes if it asks for nothing, whatever its words: what is done, and what others said."""
    if unit.kind == "quote":
        sheet.keep(harmless(unit), heading=heading)
        sheet.report(unit, why=_QUOTED)
    elif unit.box == "done":
        sheet.keep(f"- [x]{harmless(unit)[1:]}", heading=heading)
        sheet.leave_out(unit, why=_DONE)
    else:
        return False
    return True


def place(unit: Unit, sheet: Sheet, *, heading: str, eager: bool = False) -> None:
    """Put a unit under the section that its heading names; what binds becomes a requirement, the rest a note.

    ``eager`` also takes sentences with a lower-case must or should, in sources that know no capitals.
    """
    within = section(plain_heading(heading)) if heading else None
    letter = letter_of(heading)
    if unit.kind == "link":
        sheet.links.append(f"[{unit.info}]: {unit.text}")
    elif unit.kind == "comment":
        sheet.leave_out(unit, why="stands in an HTML comment")
    elif unit.kind == "table":
        _table(unit, sheet, heading=heading, eager=eager)
    elif unit.kind == "bullet" and letter:
        sheet.add(letter, unit.raw, line=unit.line)
    elif unit.kind == "bullet" and within == "terms" and unit.bold:
        sheet.terms.append(harmless(unit))
    elif unit.kind == "bullet":
        _bullet(unit, sheet, heading=heading, taken=within in {"requirements", "checks"}, eager=eager)
    elif unit.kind == "paragraph":
        _paragraph(unit, sheet, heading=heading, within=within, eager=eager)
    else:
        sheet.note(unit, heading=heading)


def _bullet(unit: Unit, sheet: Sheet, *, heading: str, taken: bool, eager: bool) -> None:
    was, raw = labelled(unit.raw, sheet)
    if unit.bold.strip(": ") in _KEYWORDS:
        sheet.note(unit, heading=heading)
    elif taken or was or binding(unit.text) or (eager and sounds_binding(unit.text)):
        sheet.require(raw, heading=heading, line=unit.line, was=was, number=number_of(was))
    else:
        sheet.note(unit, heading=heading)


def _paragraph(unit: Unit, sheet: Sheet, *, heading: str, within: SectionName | None, eager: bool) -> None:
    was, raw = labelled(unit.raw, sheet)
    if binding(unit.text) or (was and sounds_binding(unit.text)):
        sheet.require(raw, heading=heading, line=unit.line, was=was, number=number_of(was))
        return
    if eager:
        for text in sentences(unit.first_line):
            if sounds_binding(text):
                sheet.require([text], heading=heading, line=unit.line)
    if within == "intent":
        sheet.intent.append(harmless(unit))
    elif eager:
        sheet.keep(harmless(unit), heading=heading)
    else:
        sheet.note(unit, heading=heading)


def _table(unit: Unit, sheet: Sheet, *, heading: str, eager: bool) -> None:
    """Rows that bind are requirements; the table as a whole stays a note, for its header says what its columns are."""
    for line, row in enumerate(unit.rows[1:], unit.line + 2):
        text = " ".join(row)
        was = labelled([f"{row[0]}: "], sheet)[0] if row else ""
        if binding(text) or prefix_of(was) in _WANTED or ((was or eager) and sounds_binding(text)):
            cells = row[1:] if was or re.fullmatch(r"[A-Z]+-?[\w.-]*\d", row[0]) else row
            said = " \u2013 ".join(filter(None, cells))
            sheet.require([said], heading=heading, line=line, was=was, number=number_of(was))
    quoted = ("```text", *unit.raw, "```") if is_examples(unit.rows[0]) else unit.raw
    sheet.keep("\n".join(quoted), heading=heading)
