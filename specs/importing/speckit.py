"""GitHub spec-kit: ``spec.md`` with user stories, FR-001, SC-001 and [NEEDS CLARIFICATION]."""

import re

from ..items import make, norm_hash
from ..performance import Bar, bar
from ..sections import normal
from .rest import labelled, place, plain_heading
from .series import series
from .sheet import Imported, Sheet, binding, harmless
from .source import Unit

_TITLE = re.compile(r"^(?:feature\s+)?spec(?:ification)?:\s*", re.IGNORECASE)
_INPUT = re.compile(r"\*\*Input\*\*:\s*(?:User description:\s*)?\"?(.*?)\"?\s*$", re.DOTALL)
_FIELD = re.compile(r"\*\*[A-Z][\w ]{2,20}\*\*:")
_STORY = re.compile(r"^(?:user story|us[- ]?\d)", re.IGNORECASE)
_SCENARIO = re.compile(r"^given\b", re.IGNORECASE)
_QUESTION_ONLY = re.compile(r"\?\s*$")
_CRITERION = "is a criterion of success: give it a command, a figure and a machine under Performance, or a check"


def is_speckit(text: str) -> bool:
    """Whether a document looks like one of spec-kit's."""
    headed = re.search(r"^# Feature Spec(?:ification)?:", text, re.MULTILINE | re.IGNORECASE)
    return bool(headed) or bool(re.search(r"^[-*] (?:\*\*)?FR-\d+", text, re.MULTILINE))


def read(document: list[Unit], *, name: str) -> Imported:
    """The spec of a spec-kit document; ``name`` is its title if it has none."""
    sheet = Sheet(title=name, series=series(document))
    heading = parent = ""
    for unit in document:
        if unit.kind != "heading":
            _place(unit, sheet, heading=heading, parent=parent)
        elif unit.level == 1:
            sheet.title = _TITLE.sub("", unit.text)
        else:
            heading = plain_heading(unit.text)
            parent = heading if unit.level == 2 else parent  # noqa: PLR2004 - the level of a section
    return sheet.finished(source="spec-kit")


def _place(unit: Unit, sheet: Sheet, *, heading: str, parent: str) -> None:
    section = normal(parent)
    if not heading and unit.kind == "paragraph" and _FIELD.match(unit.raw[0]):
        _fields(unit, sheet)
    elif unit.kind == "bullet" and section == "success criteria":
        _criterion(unit, sheet)
    elif unit.kind == "bullet" and section == "assumptions":
        sheet.add("A", unit.raw, line=unit.line)
    elif unit.kind == "bullet" and "key entities" in normal(heading) and unit.bold:
        sheet.terms.append(harmless(unit))
    elif unit.kind == "bullet" and normal(heading) == "edge cases" and _QUESTION_ONLY.search(unit.text):
        sheet.add("Q", unit.raw, line=unit.line)
    elif unit.kind == "bullet" and _SCENARIO.match(unit.text):
        sheet.require(unit.raw, heading=heading, line=unit.line)
    elif unit.kind == "paragraph" and _STORY.match(heading) and not unit.text.isupper():
        _story(unit, sheet, heading=heading)
    else:
        place(unit, sheet, heading=heading)


def _fields(unit: Unit, sheet: Sheet) -> None:
    """``**Status**: Draft`` is a note; the user's own words are the intent."""
    for line in unit.raw:
        found = _INPUT.match(line)
        if found and found[1] and "$ARGUMENTS" not in found[1]:
            sheet.intent.append(found[1])
        elif line.strip():
            sheet.keep(f"- {line.strip()}")
    sheet.report(unit, why="introduces the document, where it binds nobody: give it an id if it should")


def _story(unit: Unit, sheet: Sheet, *, heading: str) -> None:
    """A story introduces its scenarios; what binds in it is a requirement like any other."""
    if normal(unit.text) == "acceptance scenarios":
        return
    if binding(unit.text):
        place(unit, sheet, heading=heading)
    else:
        sheet.group(heading).prose.append(harmless(unit))


def _criterion(unit: Unit, sheet: Sheet) -> None:
    """A criterion that says command, figure, statistic and machine is a performance bar; any other is a note."""
    was, raw = labelled(unit.raw, sheet)
    text = " ".join(raw)
    item = make(
        "P1",
        text,
        section="performance",
        lines=(unit.line, unit.end_line),
        temporary=False,
        refs=(),
        norm_hash=norm_hash(text),
    )
    if isinstance(bar(item, {}), Bar):
        sheet.add("P", raw, line=unit.line, was=was)
        return
    sheet.keep(f"- {' '.join(unit.raw)}", heading="Success criteria")
    sheet.leave_out(unit, why=_CRITERION)
