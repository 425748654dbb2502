"""Kiro: ``requirements.md`` with numbered requirements, user stories, and acceptance criteria in EARS."""

import re

from ..sections import is_criteria, normal
from .rest import aside, place
from .series import series
from .sheet import Imported, Sheet
from .source import Unit
from .tamed import harmless

_REQUIREMENT = re.compile(r"^(?:requirement|req)\s*(\d+(?:\.\d+)*)\b", re.IGNORECASE)
_NUMBERED = re.compile(r"^\**(\d+(?:\.\d+)+)[.):]?\**\s+")
_TITLES = frozenset({"requirements document", "requirements", "requirements specification"})
_EARS = re.compile(r"\bSHALL\b")
_STORY = re.compile(r"^\W*user story\b", re.IGNORECASE)


def is_kiro(text: str) -> bool:
    """Whether a document looks like one of Kiro's."""
    criteria = re.search(r"^#{2,6} .*acceptance criteria", text, re.MULTILINE | re.IGNORECASE)
    return bool(criteria) and bool(_EARS.search(text) or re.search(r"user story", text, re.IGNORECASE))


def read(document: list[Unit], *, name: str) -> Imported:
    """The spec of a Kiro document; ``name`` is its title where its own says no more than "Requirements Document"."""
    sheet = Sheet(title=name, series=series(document), ambiguous=_called(document))
    heading = requirement = section = ""
    counted = 0
    for unit in document:
        if unit.kind == "heading":
            if unit.level == 1:
                sheet.title = name if normal(unit.text) in _TITLES else unit.text
                continue
            found = _REQUIREMENT.match(unit.text)
            if found:
                requirement, heading, counted = found[1], unit.text, 0
            elif unit.level <= 3 and not is_criteria(unit.text):  # noqa: PLR2004 - a deeper heading belongs to its requirement
                requirement, heading = "", unit.text
            section = normal(unit.text)
            continue
        criterion = bool(requirement) and unit.kind == "bullet" and is_criteria(section)
        counts = criterion and unit.level == 1  # a nested one stands for itself where one of the two is done
        counted += counts
        if aside(unit, sheet, heading=heading):
            continue
        if criterion:
            _require(unit, sheet, heading=heading, was=f"{requirement}.{counted}" if counts else "")
        elif requirement and unit.kind in {"bullet", "paragraph"}:
            _place(unit, sheet, heading=heading)
        else:
            place(unit, sheet, heading=heading)
    return sheet.finished(source="kiro")


def _called(document: list[Unit]) -> frozenset[str]:
    """What headings call their requirements: ``Requirement 1.2`` may be one, and the second criterion of the first."""
    found = (_REQUIREMENT.match(unit.text) for unit in document if unit.kind == "heading")
    return frozenset(f"Requirement {number[1]}" for number in found if number)


def _place(unit: Unit, sheet: Sheet, *, heading: str) -> None:
    """One unit of a requirement that is no criterion, unless it has the number of one."""
    if _NUMBERED.match(unit.raw[0]):
        _require(unit, sheet, heading=heading, was="")
    elif _STORY.match(unit.text) and not _EARS.search(unit.text):
        sheet.group(heading).prose.append(harmless(unit))
    else:
        place(unit, sheet, heading=heading)


def _require(unit: Unit, sheet: Sheet, *, heading: str, was: str) -> None:
    """A criterion, which keeps the number that tasks refer to, such as ``Requirement 2.3``."""
    numbered = _NUMBERED.match(unit.raw[0])
    if numbered:
        was = numbered[1]
        unit.raw[0] = unit.raw[0][numbered.end() :]
    sheet.require(unit.raw, heading=heading, line=unit.line, was=f"Requirement {was}" if was else "")
