"""Which tool a document was written for, and its spec in our format."""

from collections.abc import Callable
from typing import Literal, get_args

from . import kiro, openspec, prose, speckit
from .leftover import leftover
from .sheet import Imported
from .source import units

Source = Literal["spec-kit", "kiro", "openspec", "prose"]
SOURCES: tuple[Source, ...] = get_args(Source)
_READERS: dict[Source, Callable[..., Imported]] = {
    "spec-kit": speckit.read,
    "kiro": kiro.read,
    "openspec": openspec.read,
    "prose": prose.read,
}


def source_of(text: str) -> Source:
    """What a document looks like; ``prose`` for whatever has no format of its own."""
    if openspec.is_openspec(text):
        return "openspec"
    if speckit.is_speckit(text):
        return "spec-kit"
    return "kiro" if kiro.is_kiro(text) else "prose"


def import_spec(text: str, *, name: str, source: Source | None = None) -> Imported:
    """A document as a spec of ours. Any text is one; ``name`` serves as title where it has none."""
    text = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
    document = units(text)
    return leftover(document, _READERS[source or source_of(text)](document, name=name))
