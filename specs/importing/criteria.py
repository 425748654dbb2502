"""spec-kit's criteria of success: a bar of performance, a bar that asks for what it lacks, or a requirement. Pure."""

import re

from ..items import make, norm_hash, stated_strength
from ..performance import Bar, Missing, bar
from .rest import labelled
from .sheet import Entry, Remark, Sheet
from .source import Unit

_FOLK = (
    "users visitors customers people developers administrators admins operators members students learners teachers "
    "teams team testers readers reviewers maintainers engineers contributors newcomers participants organisers"
)
_ONE = "user visitor customer person developer administrator admin operator member student learner teacher newcomer"
_PEOPLE = re.compile(
    rf"^(?:\S+\s+){{0,5}}?(?:(?:{'|'.join(_FOLK.split())})\b(?!\s+(?:see|sees|receive|receives|get|gets)\b)"
    rf"|(?:{'|'.join(_ONE.split())})\s+(?:can|could|completes?|finds?|is able)\b)",
    re.IGNORECASE,
)
"""A sentence about what people do: how long they take, how many of them succeed."""
_NESTED = re.compile(r"\s*(?:[-*+]|\d{1,9}[.)])\s|\s*(?:`{3}|~{3}|>|\|)")
_QUESTIONS: dict[Missing, str] = {
    "command": "with which command",
    "metric": "by which metric",
    "statistic": "as which statistic of how many runs",
    "machine": "on which machine",
}
_JUDGED = "it SHOULD hold, and a person says whether it does"


def criterion(unit: Unit, sheet: Sheet, *, heading: str) -> None:
    """Place a criterion. What it lacks is asked, never made up; what cannot be judged by code SHOULD hold, no more."""
    was, raw = labelled(unit.raw, sheet)
    said = _Said(unit, sheet, was=was, raw=raw, heading=heading)
    if _PEOPLE.match(said.text):
        said.require(because="is about what people do, which no command measures", short="no command measures it")
    elif "bound" in said.missing:
        said.require(because="has no figure that a command could measure", short="no command measures it")
    elif not said.missing:
        sheet.add("P", raw, line=unit.line, was=was)
    else:
        said.measure()


class _Said:
    """A criterion and where it stands."""

    def __init__(self, unit: Unit, sheet: Sheet, *, was: str, raw: list[str], heading: str) -> None:
        self._unit = unit
        self._sheet = sheet
        self._was = was
        self._raw = raw
        self._heading = heading
        label = re.match(rf"{re.escape(was)}[\s:.)\u2013-]*" if was else "", unit.text)
        self.text = unit.text[label.end() if label else 0 :]
        self.missing = _missing(self.text)
        self._strength = stated_strength(self.text)

    def require(self, *, because: str, short: str) -> None:
        """As a requirement: at the strength that it states, or as one that SHOULD hold."""
        raw = self._raw if self._strength else _with(self._raw, f"(SHOULD: {short})")
        entry = self._sheet.require(raw, heading=self._heading, line=self._unit.line, was=self._was)
        kept = "it is a requirement" if self._strength == "MUST" else _JUDGED
        self._remark(entry, f"{because}: {kept}")

    def measure(self) -> None:
        """As a bar that SHOULD hold, with a question; where it MUST hold, as a requirement until it is a bar."""
        lacks = _listed([f"no {part}" for part in self.missing])
        names = f"is no bar yet, for it names {lacks}"
        if self._strength == "MUST":
            entry = self._sheet.require(self._raw, heading=self._heading, line=self._unit.line, was=self._was)
            self._remark(entry, f"{names}: it is a requirement till then")
            return
        raw = self._raw if self._strength else _with(self._raw, f"(SHOULD: {lacks})")
        entry = self._sheet.add("P", raw, line=self._unit.line, was=self._was)
        self._remark(entry, f"{names}: it SHOULD hold, and a question asks for the rest")
        asked = f"{_listed([_QUESTIONS[part] for part in self.missing if part in _QUESTIONS])} is it measured?"
        self._sheet.ask(f"{asked} default: not measured", about=entry)

    def _remark(self, entry: Entry, why: str) -> None:
        entry.remark = Remark(id="", line=self._unit.line, text=" ".join(part.strip() for part in self._raw), why=why)


def _missing(text: str) -> tuple[Missing, ...]:
    """What a bar would lack that said this and nothing else."""
    item = make("P1", text, section="performance", lines=(1, 1), temporary=False, refs=(), norm_hash=norm_hash(text))
    found = bar(item, {})
    return () if isinstance(found, Bar) else found.missing


def _with(raw: list[str], words: str) -> list[str]:
    """The markdown of a list item with some words after its first paragraph."""
    end = next((n for n, line in enumerate(raw) if n and (not line.strip() or _NESTED.match(line))), len(raw))
    return [*raw[: end - 1], f"{raw[end - 1].rstrip()} {words}", *raw[end:]]


def _listed(parts: list[str]) -> str:
    *most, last = parts
    return f"{', '.join(most)} and {last}" if most else last
