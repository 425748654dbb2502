"""What a spec says, as frozen data. Knows no markdown and no pytest."""

from dataclasses import field
from typing import Literal

from .frozen import dataclass

ItemKind = Literal["requirement", "corner", "performance", "non-goal", "question", "assumption", "invariant"]
Strength = Literal["MUST", "SHOULD", "MAY"]
Severity = Literal["error", "warning", "info"]
Level = Literal["L0", "L1", "L2", "L3"]
Autonomy = Literal["ask-always", "ask-blocking", "never"]
CheckKind = Literal["python", "console", "script", "other"]
"""A ``script`` is JavaScript or TypeScript."""
SectionName = Literal[
    "",
    "intent",
    "terms",
    "interface",
    "requirements",
    "examples",
    "checks",
    "corner cases",
    "performance",
    "non-goals",
    "open questions",
    "notes",
]
"""A section whose heading is known; empty for one that is kept as context."""

KINDS: dict[str, ItemKind] = {
    "R": "requirement",
    "E": "corner",
    "P": "performance",
    "N": "non-goal",
    "Q": "question",
    "A": "assumption",
    "I": "invariant",
}
"""What the letter of an id says."""
NORMATIVE: frozenset[ItemKind] = frozenset({"requirement", "corner", "performance", "invariant"})
FLAGS = ("holdout", "slow", "manual", "property")


@dataclass(frozen=True, slots=True, kw_only=True)
class Diagnostic:
    """Something wrong, by its code; the catalogue in specs.rules says how bad it is. Lines and columns count from 1."""

    code: str
    message: str
    line: int
    col: int = 1
    target: str = ""
    fix: str | None = None
    question: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """A diagnostic with its severity and its file: what a linter prints."""

    severity: Severity
    code: str
    message: str
    target: str
    file: str
    line: int
    col: int
    fix: str | None = None
    question: str | None = None

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.col}: {self.code} {self.message}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """What the author allows; None leaves it to the settings."""

    usd: float | None = None
    minutes: float | None = None
    workers: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Allow:
    """What needs no person's word any more, because the spec gives it beforehand."""

    deps: tuple[str, ...] = ()
    """Packages that may be added to a dependency manifest, or get other versions there."""
    paths: tuple[str, ...] = ()
    """Globs of guarded files that a task which owns them may change."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Meta:
    """The front matter."""

    version: int = 1
    id: str | None = None
    budget: Budget = field(default_factory=Budget)
    autonomy: Autonomy | None = None
    owns: tuple[str, ...] = ()
    forbid: tuple[str, ...] = ()
    gate: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    """Codes of warnings that are not shown."""
    depends: tuple[str, ...] = ()
    allow: Allow = field(default_factory=Allow)


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """What must hold for a sentence to apply: EARS's leading word in lower case, and the clause after it."""

    word: Literal["when", "while", "where", "if"]
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Ears:
    """A sentence with conditions and its two branches (Mavin et al., "Easy Approach to Requirements Syntax", 2009)."""

    conditions: tuple[Condition, ...]
    response: str
    """What holds when all the conditions do."""
    otherwise: str = ""
    """What the text says of the other branch; empty if it says nothing."""

    @property
    def unwanted(self) -> bool:
        """Whether it is about what should not happen: EARS's ``If ... then``."""
        return any(condition.word == "if" for condition in self.conditions)


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One sentence with an id. ``text`` is its inline text without emphasis, code spans in backticks, one line.

    ``norm_hash`` is the sha-256 of that text, and of ``blocks`` where there are any: it survives re-wrapping and
    re-ordering and changes with the words.
    """

    id: str
    kind: ItemKind
    text: str
    norm_hash: str
    line: int
    end_line: int
    section: SectionName
    strength: Strength | None = None
    """None for what cannot be met: non-goals, questions, assumptions."""
    stated: bool = False
    """The strength stands in the text in capitals; otherwise MUST was assumed."""
    refs: tuple[str, ...] = ()
    default: str | None = None
    """Of a question: what holds if nobody answers."""
    temporary: bool = False
    """The author gave no id; this one was counted."""
    ears: Ears | None = None
    """Of a sentence that begins with When, While, Where or If."""
    blocks: tuple[str, ...] = ()
    """Tables and fences without an id that stand inside the item: they say what it says."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Symbol:
    """A name that an interface declares. ``signature`` is what a function has between its parentheses, else None."""

    name: str
    kind: Literal["function", "class", "value"]
    line: int
    signature: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Interface:
    """A stub, from a fence or from a sentence such as ```slugify(text)` in `src/slug.py```; the latter has no text."""

    path: str
    symbols: tuple[Symbol, ...]
    text: str
    hash: str
    line: int
    language: str = "python"


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """A fence that decides items. ``line`` is that of its first line of code."""

    id: str
    kind: CheckKind
    language: str
    ids: tuple[str, ...]
    flags: frozenset[str]
    body: str
    hash: str
    line: int

    @property
    def executable(self) -> bool:
        """Whether code decides it, not a person."""
        return self.kind != "other" and "manual" not in self.flags


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One example: Python literals as source text, and either the value's source or the name of the exception."""

    inputs: tuple[str, ...]
    expected: str
    raises: bool
    line: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Examples:
    """A table of examples. ``call`` is an expression over ``arguments``; its first name comes from ``module``."""

    id: str
    ids: tuple[str, ...]
    call: str
    function: str
    module: str
    arguments: tuple[str, ...]
    rows: tuple[Row, ...]
    hash: str
    line: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Fixture:
    """An input file that the spec carries.

    With ``generator``, ``text`` is Python whose standard output is the file: see specs.generating.
    """

    path: str
    text: str
    line: int
    generator: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Term:
    """A word and what it means here."""

    name: str
    meaning: str
    line: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """Prose that decides nothing and is kept for whoever plans."""

    heading: str
    text: str
    line: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Fence:
    """Any fenced block as it stands; ``line`` and ``end_line`` are those of its markers."""

    language: str
    words: tuple[str, ...]
    body: str
    line: int
    end_line: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Heading:
    """A heading as it stands; ``level`` is 1 to 6."""

    text: str
    level: int
    line: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Image:
    """A picture that the text shows. Whether the file is there is for the caller to find out."""

    path: str
    """As written: relative to the spec, or a URL."""
    alt: str
    line: int
    item: str = ""
    """The id of the item it stands in, if it stands in one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Comment:
    """An HTML comment."""

    text: str
    line: int
    end_line: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Spec:
    """A spec as read. Every line of ``text`` is in one of its parts."""

    id: str
    """From the front matter, else from the title, else from the file's name; letters, digits, and ``-``."""
    file: str
    title: str
    intent: str
    text: str
    digest: str
    meta: Meta
    level: Level
    items: dict[str, Item]
    terms: tuple[Term, ...] = ()
    interfaces: tuple[Interface, ...] = ()
    checks: tuple[Check, ...] = ()
    tables: tuple[Examples, ...] = ()
    fixtures: tuple[Fixture, ...] = ()
    context: tuple[Context, ...] = ()
    fences: tuple[Fence, ...] = ()
    comments: tuple[Comment, ...] = ()
    headings: tuple[Heading, ...] = ()
    images: tuple[Image, ...] = ()
    diagnostics: tuple[Diagnostic, ...] = ()

    @property
    def normative(self) -> tuple[Item, ...]:
        """The items that can be met: requirements, corner cases, performance bars, invariants."""
        return tuple(item for item in self.items.values() if item.kind in NORMATIVE)

    def checks_of(self, item_id: str) -> tuple[str, ...]:
        """Ids of the executable checks and tables that decide an item."""
        checks = tuple(c.id for c in self.checks if item_id in c.ids and c.executable)
        return checks + tuple(t.id for t in self.tables if item_id in t.ids)
