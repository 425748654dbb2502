"""GitHub spec-kit: ``spec.md`` with user stories, FR-001, SC-001 and [NEEDS CLARIFICATION]."""

import re

from ..sections import normal
from .criteria import criterion
from .rest import aside, labelled, place, plain_heading
from .series import series
from .sheet import Imported, Sheet, binding
from .source import Unit, sentences
from .tamed import harmless, tame

_TITLE = re.compile(r"^(?:feature\s+)?spec(?:ification)?(?:\s+\d+)?:\s*", re.IGNORECASE)
_INPUT = re.compile(r"\*\*Input\*\*:\s*(?:User description:\s*)?\"?(.*?)\"?\s*$", re.DOTALL)
_FIELD = re.compile(r"\*\*[A-Z][\w ]{2,20}\*\*:")
_STORY = re.compile(r"^(?:user story|us[- ]?\d)", re.IGNORECASE)
_SCENARIO = re.compile(r"^given\b", re.IGNORECASE)
_OUTCOME = re.compile(r"\bthen\b", re.IGNORECASE)
_ASKED = re.compile(r"\?[*_]*\s*$")
_MARKER = re.compile(r"^\s*(?:(?:[-*+]|\d{1,9}[.)])\s+(?:\[[ xX]\]\s+)?)?")
_ASSUMED = re.compile(
    r"\?[*_]*\s+(?:\((?:assumption|assumed):\s*(.+)\)|(?:assumption|assumed):\s*(.+))$", re.IGNORECASE
)


def is_speckit(text: str) -> bool:
    """Whether a document looks like one of spec-kit's."""
    headed = re.search(r"^# Feature Spec(?:ification)?(?: \d+)?:", text, re.MULTILINE | re.IGNORECASE)
    return bool(headed) or bool(re.search(r"^(?:[-*]|\|) *(?:\[[ xX]\] )?(?:\*\*)?FR-\d+", text, re.MULTILINE))


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
    if aside(unit, sheet, heading=heading):
        return
    if not heading and unit.kind == "paragraph" and _FIELD.match(unit.raw[0]):
        _fields(unit, sheet)
    elif unit.kind == "table" and labelled([f"{' '.join(unit.rows[-1][:1])}: "], sheet)[0].startswith("SC-"):
        _criteria(unit, sheet, heading=heading)
    elif _is_criterion(unit, sheet, section=section):
        criterion(unit, sheet, heading=heading)
    elif unit.kind == "bullet" and section == "assumptions":
        sheet.add("A", unit.raw, line=unit.line)
    elif unit.kind == "bullet" and "key entities" in normal(heading) and unit.bold:
        sheet.terms.append(harmless(unit))
    elif unit.kind == "bullet" and normal(heading) == "edge cases" and _is_question(unit):
        _ask(unit, sheet)
    elif _is_scenario(unit):
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
            sheet.keep(f"- {tame(line.strip())}")
    sheet.report(unit, why="introduces the document, where it binds nobody: give it an id if it should")


def _story(unit: Unit, sheet: Sheet, *, heading: str) -> None:
    """A story introduces its scenarios; what binds in it is a requirement like any other."""
    if normal(unit.text) == "acceptance scenarios":
        return
    if binding(unit.text):
        place(unit, sheet, heading=heading)
    else:
        sheet.group(heading).prose.append(harmless(unit))


def _is_criterion(unit: Unit, sheet: Sheet, *, section: str) -> bool:
    """Whether a unit stands below the criteria of success, or has an id of theirs, below a heading in any language."""
    if unit.kind == "bullet" and section.startswith("success criteria"):
        return True
    return unit.kind in {"bullet", "paragraph"} and labelled(unit.raw, sheet)[0].startswith("SC-")


def _criteria(unit: Unit, sheet: Sheet, *, heading: str) -> None:
    """A table of criteria, whose further columns say how each is looked at."""
    for line, row in enumerate(unit.rows[1:], unit.line + 2):
        said = " \u2013 ".join(filter(None, row[1:]))
        text = f"{row[0]}: {said}"
        criterion(Unit(kind="bullet", line=line, end_line=line, text=text, raw=[text]), sheet, heading=heading)


def _is_scenario(unit: Unit) -> bool:
    if not _SCENARIO.match(unit.text):
        return False
    return unit.kind == "bullet" or (unit.kind == "paragraph" and _OUTCOME.search(unit.text) is not None)


def _is_question(unit: Unit) -> bool:
    """Whether a corner case is asked; a sentence that binds is none, whatever is asked before it."""
    asked = _ASKED.search(unit.text) or _ASSUMED.search(unit.text)
    return asked is not None and not (binding(unit.text) and _ASSUMED.search(unit.text))


def _ask(unit: Unit, sheet: Sheet) -> None:
    """A question; what its author assumes meanwhile is its default. What is said beside it, and binds, is said."""
    text = " ".join(line.strip() for line in unit.raw)
    found = _ASSUMED.search(text)
    parts = sentences(" ".join(_MARKER.sub("", line) for line in unit.raw))
    said = [part for part in parts if not _ASKED.search(part)]
    if not found and any(map(binding, said)):
        entry = sheet.add("E", [" ".join(said)], line=unit.line)
        sheet.ask(" ".join(part for part in parts if _ASKED.search(part)), about=entry)
        return
    default = (found[1] or found[2]) if found else ""
    raw = [f"{text[: found.start()]}? default: {default}"] if found else unit.raw
    sheet.add("Q", raw, line=unit.line)
