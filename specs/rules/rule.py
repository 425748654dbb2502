"""What a lint rule is: a code, how bad it is, why, an example that it finds and one that it leaves alone."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from ..items import without_code
from ..nouns import Diagnostic, Item, Severity, Spec

Find = Callable[[Spec], Iterable[Diagnostic]]


def by_parser(spec: Spec) -> Iterable[Diagnostic]:
    """The finder of rules whose hits the parser reports as it reads."""
    del spec
    return ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """``bad`` and ``good`` are whole specs; the tests hold that the rule finds the one and not the other."""

    code: str
    severity: Severity
    why: str
    bad: str
    good: str
    find: Find = by_parser

    @property
    def blocks(self) -> bool:
        """Whether a run cannot start with a hit: an error, unless it is one of wording (group A)."""
        return self.severity == "error" and not self.code.startswith("SPA")


def at_item(item: Item, code: str, message: str, *, fix: str | None = None, question: str | None = None) -> Diagnostic:
    """A diagnostic of a whole item."""
    return Diagnostic(code=code, message=message, line=item.line, target=item.id, fix=fix, question=question)


def at_word(spec: Spec, item: Item, code: str, message: str, *, start: int, fix: str | None = None) -> Diagnostic:
    """A diagnostic of the word at ``start`` of an item's text: its line and column in the file."""
    lines = spec.text.split("\n")[item.line - 1 : item.end_line]
    text = without_code(item.text)
    word = text[start:].split(maxsplit=1)[0]
    nth = text[:start].split().count(word)
    for number, line in enumerate(lines, item.line):
        bare = without_code(line)
        column = -1
        while (column := bare.find(word, column + 1)) >= 0:
            if nth == 0:
                return Diagnostic(code=code, message=message, line=number, col=column + 1, target=item.id, fix=fix)
            nth -= 1
    return Diagnostic(code=code, message=message, line=item.line, target=item.id, fix=fix)
