"""OpenSpec: ``### Requirement:`` with ``#### Scenario:`` under it, in a spec or in a change's deltas."""

import re
from dataclasses import dataclass

from ..sections import normal
from .rest import aside, place
from .series import series
from .sheet import Entry, Imported, Sheet
from .source import Unit
from .tamed import harmless

_REQUIREMENT = re.compile(r"^requirement:\s*(.+)", re.IGNORECASE)
_SCENARIO = re.compile(r"^scenario:\s*(.+)", re.IGNORECASE)
_TITLE = re.compile(r"\s+(?:specification|spec)$", re.IGNORECASE)
_GONE = re.compile(r"^(?:removed|renamed) requirements$")
_WHY_GONE = "is taken out or renamed by this change: edit the spec that it stands in"
_SECTION = 2  # the level of the headings of sections


def is_openspec(text: str) -> bool:
    """Whether a document looks like one of OpenSpec's."""
    return re.search(r"^### Requirement: ", text, re.MULTILINE) is not None


def read(document: list[Unit], *, name: str) -> Imported:
    """The spec of an OpenSpec document; ``name`` is its title if it has none."""
    reader = _Reader(sheet=Sheet(title=name, series=series(document)))
    for unit in document:
        reader.read(unit)
    reader.close()
    return reader.sheet.finished(source="openspec")


@dataclass(slots=True, kw_only=True)
class _Reader:
    """Where in the document we are. A requirement is its first paragraph, and what follows it up to a scenario."""

    sheet: Sheet
    heading: str = ""
    gone: bool = False
    """Under a heading whose requirements are taken out."""
    name: str = ""
    line: int = 0
    requirement: Entry | None = None
    scenario: Entry | None = None

    def read(self, unit: Unit) -> None:
        """Place one unit."""
        if unit.kind == "heading":
            self._open(unit)
        elif self.gone:
            self.sheet.leave_out(unit, why=_WHY_GONE)
        elif (unit.kind != "quote" or not self.requirement) and aside(unit, self.sheet, heading=self.heading):
            return
        elif self.scenario:
            self.scenario.raw += _nested(unit)
        elif self.requirement:
            self.requirement.raw += _nested(unit)
        elif self.name and unit.kind in {"paragraph", "bullet"}:
            self._begin(unit.raw, line=unit.line)
        else:
            place(unit, self.sheet, heading=self.heading)

    def close(self) -> None:
        """A requirement that ends without a text requires what its name says."""
        if self.name and self.requirement is None and not self.gone:
            self._begin([self.name], line=self.line)

    def _open(self, unit: Unit) -> None:
        named, scenario = _REQUIREMENT.match(unit.text), _SCENARIO.match(unit.text)
        if self.gone and unit.level > _SECTION:
            self.sheet.leave_out(unit, why=_WHY_GONE)
        elif scenario and self.name:
            self.close()
            self.scenario = self.sheet.add("E", [scenario[1]], line=unit.line)
            self.scenario.about = (self.requirement,) if self.requirement else ()
        else:
            self.close()
            self.scenario = self.requirement = None
            self.name, self.line = (named[1] if named else ""), unit.line
            self._section(unit, named=named is not None)

    def _section(self, unit: Unit, *, named: bool) -> None:
        if unit.level == 1:
            self.sheet.title = _TITLE.sub("", unit.text)
        elif not named:
            self.heading = unit.text
            self.gone = _GONE.match(normal(unit.text)) is not None

    def _begin(self, raw: list[str], *, line: int) -> None:
        self.requirement = self.sheet.require(list(raw), heading=f"Requirement: {self.name}", line=line)


def _nested(unit: Unit) -> list[str]:
    """A unit as part of the item above it."""
    lines = harmless(unit).split("\n")
    return lines if unit.kind == "bullet" else ["", *lines, ""]
