"""Group I: does each sentence have one name, and does each name have one sentence?"""

import re
from collections.abc import Collection, Iterator

from ..items import Mention, mentions, without_code
from ..names import suggestion
from ..nouns import Diagnostic, Item, Severity
from .form_near import near_id
from .reading import Reading
from .rule import Hit, Rule, at_item
from .surroundings import Surroundings

_NEAR = 40
"""Characters around a mention that are looked at."""
_CUE = (
    r"(?i:\b(?:see|as (?:in|of|with|for)|per|unlike|according to|meets?|satisf(?:y|ies)|implements?|refines?|replaces?|"
    r"contradicts?|requirements?|items?|rules?|corner cases?|assumptions?|questions?|non-goals?)) \Z"
)
_JOINED_BEFORE = r"(?P<id>\b[REPNQAI]\d+)(?:, | and | or |, and |/|\u2013)\Z"
_JOINED_AFTER = r"(?:, | and | or |, and |/|\u2013)(?P<id>[REPNQAI]\d+)\b"
_NAME = r"(?:\b[Aa]n?|[^.:;!?(]\s\(?[A-Z][\w-]*) \Z"
_PERCENTILES = frozenset({"P50", "P75", "P90", "P95", "P99", "P999"})


def without_id(reading: Reading) -> Iterator[Diagnostic]:
    """Items whose id was counted; what begins with nearly an id is told by SPF016, once."""
    spec = reading.spec
    near = {hit.line for hit in near_id(reading)} if any(item.temporary for item in spec.items.values()) else set()
    for item in spec.items.values():
        if item.temporary and spec.level != "L0" and item.line not in near:
            message = f"this has no id and counts as {item.id} until it has one: begin it with **{item.id}**"
            yield at_item(item, "SPI003", message, fix=f"**{item.id}** ")


def undeclared_reference(reading: Reading) -> Iterator[Diagnostic]:
    """References to ids that no item has: an error where nothing else can be meant, as in ``see R12``."""
    items = reading.spec.items
    letters = {item_id[0] for item_id in items}
    for item in items.values():
        text = without_code(item.text)
        told: dict[str, bool] = {}
        for found in mentions(text, spec_id=reading.spec.id):
            if found.id not in items and found.id[0] in letters and not _is_name(text, found):
                told[found.id] = told.get(found.id, False) or _refers(text, found, item=item, items=items)
        for ref, sure in told.items():
            hint = suggestion(ref, items) or " (put it in backticks if it is not an id)"
            message = f"{item.id} refers to {ref}, which is not declared{hint}"
            severity: Severity | None = None if sure else "warning"
            yield Hit(code="SPI004", message=message, line=item.line, target=item.id, severity=severity)


def _refers(text: str, found: Mention, *, item: Item, items: Collection[str]) -> bool:
    """Whether a mention can be nothing but a reference, by the words around it."""
    before, after = text[max(0, found.start - _NEAR) : found.start], text[found.end : found.end + _NEAR]
    beside = (re.search(_JOINED_BEFORE, before), re.match(_JOINED_AFTER, after))
    in_brackets = before.endswith("(") and after.startswith((")", ",")) and item.kind == "corner"
    joined = any(other is not None and other["id"] in items for other in beside)
    return bool(found.owner) or joined or in_brackets or re.search(_CUE, before) is not None


def _is_name(text: str, found: Mention) -> bool:
    """Whether it is part of a name, such as the Audi R8, an N95 mask, or P95."""
    if found.id in _PERCENTILES:
        return True
    before = text[max(0, found.start - _NEAR) : found.start]
    return not found.owner and re.search(_NAME, before) is not None


def unanchored(reading: Reading) -> Iterator[Diagnostic]:
    """Corner cases of nothing."""
    spec = reading.spec
    for item in spec.items.values():
        silent = item.kind == "corner" and not any(mentions(item.text, spec_id=spec.id))
        if silent and not item.stated and not spec.checks_of(item.id):
            yield at_item(item, "SPI005", f"{item.id} names no requirement, so nothing says what must happen")


def reused(reading: Reading) -> Iterator[Diagnostic]:
    """Ids that belonged to items which were removed."""
    for item in reading.spec.items.values():
        if item.id in reading.around.retired and item.id not in reading.around.locked and not item.temporary:
            message = f"{item.id} was the id of an item that was removed; give this one an id that was never used"
            yield at_item(item, "SPI002", message)


def guessed(reading: Reading) -> Iterator[Diagnostic]:
    """Items without a written id whose counted id was another sentence's."""
    locked = reading.around.locked
    texts = {" ".join(text.split()): item_id for item_id, text in locked.items()}
    for item in reading.spec.items.values():
        text = " ".join(item.text.split())
        if item.temporary and item.id in locked and texts.get(text) != item.id:
            before = texts.get(text)
            was = f"it was {before}" if before else f"the lock knows {item.id} as another sentence"
            message = f"this counts as {item.id} now, and {was}: an id of its own keeps its work and its evidence"
            yield at_item(item, "SPI006", message)


_R1 = "# a\n\n- **R1** It MUST print `1`.\n"
RULES = (
    Rule(
        code="SPI001",
        name="id-used-twice",
        severity="error",
        why="Tasks, commits and evidence refer to ids; one id must mean one sentence.",
        source="ISO/IEC/IEEE 29148: unique identification",
        bad=_R1 + "- **R1** It MUST end.\n",
        good=_R1 + "- **R2** It MUST end.\n",
    ),
    Rule(
        code="SPI003",
        name="no-id",
        severity="warning",
        why="A counted id changes when a bullet is added above it.",
        source="ISO/IEC/IEEE 29148: unique identification",
        bad="# a\n\n- It MUST print `1`.\n",
        good=_R1,
        find=without_id,
    ),
    Rule(
        code="SPI004",
        name="undeclared-reference",
        severity="error",
        why="What a sentence refers to must be there to be read.",
        source="ISO/IEC/IEEE 29148: incomplete references",
        bad=_R1 + "- **R2** As in R12, it MUST end.\n",
        good=_R1 + "- **R2** As in R1, it MUST end.\n",
        find=undeclared_reference,
    ),
    Rule(
        code="SPI005",
        name="corner-of-nothing",
        severity="warning",
        why="A corner case is a case of something.",
        source="traceability: ISO/IEC/IEEE 29148",
        bad=_R1 + "\n## Corner cases\n\n- **E1** An empty file.\n",
        good=_R1 + "\n## Corner cases\n\n- **E1** An empty file (R1).\n",
        find=unanchored,
    ),
    Rule(
        code="SPI002",
        name="id-reused",
        severity="error",
        why="Commits and evidence of the removed item would count for the new one.",
        source="BMAD, law 6 of specs: ids are never used again",
        bad=_R1 + "- **R2** It MUST end.\n",
        good=_R1 + "- **R3** It MUST end.\n",
        around=Surroundings(retired=frozenset({"R2"})),
        find=reused,
    ),
    Rule(
        code="SPI006",
        name="identity-guessed",
        severity="warning",
        why="A sentence that was moved and changed at once is known again by nobody but its author.",
        source="OpenSpec: requirements matched by their headings",
        bad="# a\n\n- It MUST print `2`.\n- It MUST end.\n",
        good="# a\n\n- It MUST print `1`.\n- It MUST end.\n",
        around=Surroundings(locked={"R1": "It MUST print `1`.", "R2": "It MUST end."}),
        find=guessed,
    ),
)
