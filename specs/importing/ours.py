"""A spec of our own format, given to be imported: it stays as it is, and what in it binds nobody is told."""

from collections.abc import Iterator

from ..nouns import NORMATIVE, Spec
from .choose import source_of
from .sheet import Imported, Unplaced, binding
from .source import sentences, units

OURS = "agentctl"
_WHY = "stands where it binds nobody: give it an id if it should"


def as_it_is(spec: Spec) -> Imported | None:
    """The spec itself if a sentence of it that binds has an id of ours already; None for the document of another tool.

    A second id for the same sentence would be a second sentence.
    """
    written = any(item.kind in NORMATIVE and not item.temporary for item in spec.items.values())
    if not written or source_of(spec.text) != "prose":
        return None
    origins = {item.id: f"line {item.line}" for item in spec.items.values()}
    return Imported(source=OURS, text=spec.text, origins=origins, unplaced=tuple(_unplaced(spec)))


def _unplaced(spec: Spec) -> Iterator[Unplaced]:
    taken = {line for item in spec.items.values() for line in range(item.line, item.end_line + 1)}
    for unit in units(spec.text):
        if unit.kind in {"paragraph", "bullet", "comment"} and unit.line not in taken:
            said = (text for text in sentences(unit.first_line) if binding(text))
            yield from (Unplaced(line=unit.line, text=text, why=_WHY) for text in said)
