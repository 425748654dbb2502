"""What of a document an import has left behind, whatever its reader meant: nothing is dropped in silence. Pure."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from ..sections import normal, section
from .rest import plain_heading
from .sheet import Imported, Unplaced
from .source import Unit

_WORD = re.compile(r"[^\W_]+")
_DECORATION = re.compile(
    r"^(?:feature )?spec(?:ification)?(?: \d+)?:|^scenario:|^requirement:|\s(?:specification|spec)$", re.IGNORECASE
)
"""What other formats put around a title."""
_STRUCTURE = frozenset(
    (
        "acceptance criteria",
        "acceptance scenarios",
        "added requirements",
        "modified requirements",
        "removed requirements",
        "renamed requirements",
        "requirements document",
        "requirements specification",
        "user scenarios",
        "user scenarios & testing",
        "success criteria",
        "measurable outcomes",
        "key entities",
        "assumptions",
    )
)
"""Headings that say which part of another format begins; ours says it otherwise."""
_FIELD = ("input", "user", "description", "needs", "clarification", "assumption", "assumed")
"""Words of spec-kit's around what became the intent or a question."""
_WHY = "has come into no part of the spec"


def leftover(document: Sequence[Unit], imported: Imported) -> Imported:
    """The import, with what is neither in its text nor told of yet added to what could not be placed."""
    more = tuple(_lost(document, imported))
    found = sorted((*imported.unplaced, *more), key=lambda each: each.line) if more else imported.unplaced
    return replace(imported, unplaced=tuple(found))


def _lost(document: Sequence[Unit], imported: Imported) -> Iterator[Unplaced]:
    said = _words(imported.text)
    whole, each = f" {' '.join(said)} ", {*said, *_words(" ".join(imported.origins.values())), *_FIELD}
    told = {unplaced.line for unplaced in imported.unplaced}
    for unit in document:
        if unit.line in told:
            continue
        words = _words(unit.text)
        if unit.kind == "heading":
            words = _words(_DECORATION.sub("", plain_heading(unit.text)))
            kept = f" {' '.join(words)} " in whole or _is_structure(unit.text)
        else:
            kept = _is_structure(unit.text) or each.issuperset(words) or each.issuperset(_words(unit.first_line))
        if words and not kept:
            yield Unplaced(line=unit.line, text=unit.first_line, why=_WHY)


def _is_structure(heading: str) -> bool:
    name = plain_heading(heading)
    return section(name) is not None or normal(name) in _STRUCTURE


def _words(text: str) -> list[str]:
    return [word.casefold() for word in _WORD.findall(text.replace("*", ""))]
