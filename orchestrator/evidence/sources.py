"""Source files whatever their language: which there are wrong programs of, and where those are found. Pure."""

import re

from ...specs.grammars import language_of
from . import mutations, reading, tree_edits
from .mutations import Edit
from .reading import Scope

_NOT_MADE_WRONG = re.compile(
    r"(?:^|/)(?:tests?|__tests__|testdata|node_modules|vendor|benches)/"
    r"|(?:^|/)(?:test_[^/]*|[^/]*_test|conftest)\.py$"
    r"|_test\.go$|\.(?:test|spec)\.[cm]?[jt]sx?$|\.d\.[cm]?ts$|\.config\.[cm]?[jt]s$|(?:^|/)build\.rs$"
)


def is_mutable(path: str) -> bool:
    """Whether a file is part of a program in a language that wrong ones are made in: no test, no configuration."""
    return language_of(path) is not None and not path.endswith(".pyi") and not _NOT_MADE_WRONG.search(path)


def is_source(path: str) -> bool:
    """Whether files of this name are read here at all."""
    return language_of(path) is not None


def edits(path: str, source: bytes) -> tuple[Edit, ...]:
    """Every edit of a file, in the order of the text."""
    language = language_of(path)
    return mutations.edits(source) if language == "python" else tree_edits.edits(language or "", source)


def scopes(path: str, source: bytes) -> tuple[Scope, ...]:
    """The functions of a file that are no stubs, and what stands outside of all."""
    language = language_of(path)
    return reading.scopes(source) if language == "python" else tree_edits.scopes(language or "", source)


def apply(path: str, source: bytes, edit: Edit) -> bytes | None:
    """The file with the edit made; None if it can be read no more."""
    language = language_of(path)
    return mutations.apply(source, edit) if language == "python" else tree_edits.apply(language or "", source, edit)
