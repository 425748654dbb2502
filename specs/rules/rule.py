"""What a lint rule is: a code, how bad it is, why, an example that it finds and one that it leaves alone."""

from collections.abc import Callable, Iterable

from ..frozen import dataclass
from ..nouns import Diagnostic, Item, Severity
from .reading import Reading
from .surroundings import Surroundings

Find = Callable[[Reading], Iterable[Diagnostic]]


def elsewhere(reading: Reading) -> Iterable[Diagnostic]:
    """The finder of rules whose hits are found by the parser as it reads, or by lint when all others have spoken."""
    del reading
    return ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """``bad`` and ``good`` are whole specs; the tests hold that the rule finds the one and not the other."""

    code: str
    name: str
    """Two or three words with hyphens, for lists."""
    severity: Severity
    why: str
    source: str
    """Where the rule comes from: a standard, a paper, a tool, an issue of one, or this format."""
    bad: str
    good: str
    find: Find = elsewhere
    default: bool = True
    """Whether it speaks without being asked to."""
    around: Surroundings | None = None
    """What its examples are judged with, where the spec alone cannot show it."""

    @property
    def blocks(self) -> bool:
        """Whether a run cannot start with a hit: an error, unless it is one of wording (group A)."""
        return self.severity == "error" and not self.code.startswith("SPA")


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit(Diagnostic):
    """A diagnostic whose severity is not simply its rule's."""

    severity: Severity | None = None
    """Instead of the rule's."""
    mild: bool = False
    """Something that can be measured stands in the same clause, so the wording counts one level less."""


def at_item(item: Item, code: str, message: str, *, fix: str | None = None, question: str | None = None) -> Diagnostic:
    """A diagnostic of a whole item."""
    return Diagnostic(code=code, message=message, line=item.line, target=item.id, fix=fix, question=question)
