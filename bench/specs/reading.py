"""Reads whole documents as people wrote them, and says of each what became of it: read, linted, formatted, read again.

A document is held against four promises: nothing crashes, every word of it is in some part of the Spec, formatting
changes nothing that is read, and neither new line breaks nor emphasis change an item, a hash or a key.
"""

import traceback
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from ...specs.changes import compare
from ...specs.format import format_spec
from ...specs.lint import blocking, lint
from ...specs.nouns import Item, Spec
from ...specs.parse import parse
from ...specs.taken import taken
from .corpora import Document
from .retyping import emphasised, rewrapped
from .taken import lost


@dataclass(frozen=True, slots=True, kw_only=True)
class Read:
    """What became of one document. What went wrong is told in words, empty where nothing did."""

    name: str
    taken: str = ""
    """What the parser made of it."""
    refused: str = ""
    """The first finding with which no run could start from it as it is."""
    crash: str = ""
    lost: tuple[str, ...] = ()
    """Words of it that came into no part."""
    reformatted: str = ""
    rewrapped: str = ""
    emphasised: str = ""
    lines_moved: int = 0
    """How many paragraphs were broken anew."""
    words_marked: int = 0
    """How many words were emphasised."""


def read(document: Document) -> Read:
    """All of it for one document."""
    try:
        return _read(document)
    except Exception:  # noqa: BLE001 - whatever leaves the parser or the linter is what is looked for
        return Read(name=document.name, crash=traceback.format_exc(limit=-2).strip())


def _read(document: Document) -> Read:
    spec = parse(document.text, name=document.name)
    refusals = blocking(lint(spec))
    wrapped, moved = rewrapped(spec.text)
    marked, count = emphasised(spec.text)
    return Read(
        name=document.name,
        taken=taken(spec),
        refused=str(refusals[0]) if refusals else "",
        lost=lost(spec),
        reformatted=_reformatted(spec, document.text),
        rewrapped=_difference(spec, wrapped),
        emphasised=_difference(spec, marked),
        lines_moved=moved,
        words_marked=count,
    )


def _reformatted(spec: Spec, text: str) -> str:
    """How formatting changed what is read, or did not come to rest; empty if neither."""
    once = format_spec(text, name=spec.file)
    if format_spec(once, name=spec.file) != once:
        return "formatting it again changes it again"
    return _difference(spec, once)


def _difference(spec: Spec, text: str) -> str:
    """What another text of the same document gives differently: an item, or a key of anything; empty if nothing."""
    again = parse(text, name=spec.file)
    before, after = list(spec.items.values()), list(again.items.values())
    for old, new in zip(before, after, strict=False):
        for part in _STAYS:
            if getattr(old, part) != getattr(new, part):
                return f"{part} of {old.id} (line {old.line}): {_short(old, part)} became {_short(new, part)}"
    if len(before) != len(after):
        return f"{len(before)} items became {len(after)}"
    changes = compare(spec, again)
    return "" if changes.nothing else f"an edit that means nothing is seen as {changes}"


_STAYS = ("id", "kind", "text", "norm_hash", "strength", "stated", "refs", "default", "section", "blocks")
"""What must stay of an item: all but its lines, and whether its id was counted or written."""


_SHORT = {"norm_hash": 9}


def _short(item: Item, part: str) -> str:
    return repr(getattr(item, part))[: _SHORT.get(part, 120)]


def sample(documents: Sequence[Document], most: int) -> Sequence[Document]:
    """At most so many of them, spread over all."""
    step = -(-len(documents) // most)
    return documents[:: max(step, 1)]


def wrong(found: Iterable[Read], part: str) -> list[str]:
    """What went wrong in one part, with the documents' names."""
    return [f"{each.name}: {getattr(each, part)}" for each in found if getattr(each, part)]
