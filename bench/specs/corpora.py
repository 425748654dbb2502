"""Finds the public documents that specs are tried on, in a folder of checkouts. Reads them; downloads nothing.

Nothing of them is part of this project: they are read where they lie, and what is made of them stays in memory.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Corpus:
    """A public repository. ``patterns`` are globs in its checkout; ``least`` is how many files they must find."""

    name: str
    repository: str
    patterns: tuple[str, ...]
    least: int

    @property
    def how(self) -> str:
        """The command that gets it, from within the folder of corpora."""
        return f"git clone --depth 1 https://github.com/{self.repository}"


NL2REPO = Corpus(
    name="NL2RepoBench", repository="multimodal-art-projection/NL2RepoBench", patterns=("**/start.md",), least=102
)
EXERCISM = Corpus(
    name="problem-specifications",
    repository="exercism/problem-specifications",
    patterns=("exercises/*/description.md", "exercises/*/instructions.md"),
    least=134,
)
COMMONMARK = Corpus(name="commonmark-spec", repository="commonmark/commonmark-spec", patterns=("spec.txt",), least=1)
TOML = Corpus(name="toml", repository="toml-lang/toml", patterns=("toml.md",), least=1)
OPENSPEC = Corpus(name="OpenSpec", repository="Fission-AI/OpenSpec", patterns=("openspec/specs/*/spec.md",), least=10)
ALL = (NL2REPO, EXERCISM, COMMONMARK, TOML, OPENSPEC)
DOCUMENTS = (NL2REPO, EXERCISM, COMMONMARK, TOML)
"""Those of which every document must be readable as it is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """A markdown text and where it comes from."""

    name: str
    """The corpus and the path in it."""
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Shelf:
    """What there is of the corpora; ``missing`` says of each other one what to do."""

    folder: Path | None
    documents: Mapping[str, tuple[Document, ...]] = field(default_factory=dict)
    missing: Mapping[str, str] = field(default_factory=dict)

    def of(self, *corpora: Corpus) -> tuple[Document, ...]:
        """The documents of some corpora, in a stable order."""
        return tuple(document for corpus in corpora for document in self.documents.get(corpus.name, ()))

    def why_not(self, *corpora: Corpus) -> str:
        """What is missing of some corpora, and how to get it; empty if nothing is."""
        return "; ".join(self.missing[corpus.name] for corpus in corpora if corpus.name in self.missing)

    def root(self, corpus: Corpus) -> Path | None:
        """The checkout of a corpus, if it is there whole."""
        return self.folder / corpus.name if self.folder and corpus.name in self.documents else None


def look(folder: str | None) -> Shelf:
    """Read what is in a folder of checkouts, each under the name of its repository; None stands for no folder."""
    if folder is None:
        told = "say --corpora DIR, a folder in which you said:"
        return Shelf(folder=None, missing={corpus.name: f"{told} {corpus.how}" for corpus in ALL})
    place = Path(folder)
    documents: dict[str, tuple[Document, ...]] = {}
    missing: dict[str, str] = {}
    for corpus in ALL:
        found = tuple(_documents(place, corpus))
        if len(found) >= corpus.least:
            documents[corpus.name] = found
        else:
            seen = f"{len(found)} of at least {corpus.least} files" if found else "nothing"
            missing[corpus.name] = f"{seen} of {corpus.name} in {folder}: in that folder, {corpus.how}"
    return Shelf(folder=place, documents=documents, missing=missing)


def _documents(folder: Path, corpus: Corpus) -> Iterator[Document]:
    root = folder / corpus.name
    for path in sorted(path for pattern in corpus.patterns for path in root.glob(pattern)):
        text = path.read_text(encoding="utf-8", errors="replace")
        yield Document(name=f"{corpus.name}/{path.relative_to(root)}", text=text)


def words(text: str) -> int:
    """How many words a text has, by white space."""
    return len(re.findall(r"\S+", text))
