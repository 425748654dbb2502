"""Text in no format: a README, a ``start.md``, an issue. What says must or should is taken as a requirement."""

import re

from ..sections import normal
from .rest import aside, letter_of, place
from .series import series
from .sheet import Imported, Sheet, sounds_binding
from .source import Unit
from .tamed import note_heading

_WANTED = frozenset(
    {
        "expected behavior",
        "expected behaviour",
        "expected",
        "desired behavior",
        "desired behaviour",
        "acceptance criteria",
    }
    | {
        "proposed solution",
        "describe the solution you'd like",
        "definition of done",
        "tasks",
        "todo",
        "scope",
        "what changes",
        "in scope",
    }
)
"""Headings of issue forms under which each bullet, and each sentence, is wanted."""


def read(document: list[Unit], *, name: str) -> Imported:
    """The spec of any text; ``name`` is its title if no heading begins it."""
    sheet = Sheet(title=name, series=series(document))
    heading = silent = ""  # silent: a heading below which nothing has stood so far
    announced = False  # by "... must do the following:", whose list is wanted as a whole
    for number, unit in enumerate(document):
        if unit.kind != "bullet":
            announced = unit.kind == "paragraph" and unit.text.endswith(":") and sounds_binding(unit.text)
        if unit.kind == "heading":
            titled = number == 0 or (unit.level == 1 and sheet.title == name)
            sheet.title = unit.text if titled else sheet.title
            _keep_heading(silent, sheet)
            heading = silent = "" if titled and unit.level == 1 else unit.text
            continue
        silent = silent if unit.kind in {"link", "comment"} else ""
        if aside(unit, sheet, heading=heading):
            continue
        if (announced and unit.kind == "bullet") or _wanted(unit, heading):
            sheet.require(unit.raw, heading=heading, line=unit.line)
        elif not heading and unit.kind == "paragraph" and not _cites(unit):
            place(unit, sheet, heading="Intent", eager=True)
        else:
            place(unit, sheet, heading=heading, eager=True)
    _keep_heading(silent, sheet)
    return sheet.finished(source="prose")


def _keep_heading(heading: str, sheet: Sheet) -> None:
    """A heading with nothing of its own below it, as above sub-headings, goes to the notes in its place."""
    if heading and heading != sheet.title:
        sheet.notes.append(note_heading(heading))
        sheet.noted = heading


def _wanted(unit: Unit, heading: str) -> bool:
    listed = normal(heading) in _WANTED and unit.kind in {"bullet", "paragraph"}
    return listed or (unit.box == "open" and not letter_of(heading) and not _is_of_the_form(unit, heading))


def _is_of_the_form(unit: Unit, heading: str) -> bool:
    """Whether a box is ticked by whoever files the issue, as in "I have searched": nothing is to be built."""
    return "checklist" in normal(heading) or re.match(r"I(?:'ve|'m)?\s", unit.text) is not None


def _cites(unit: Unit) -> bool:
    """Whether a paragraph is nothing but badges and pictures."""
    return not re.sub(r"!?\[[^\[\]]*\]\([^()]*\)|<[^<>]+>", "", unit.first_line).strip("[]() ")
