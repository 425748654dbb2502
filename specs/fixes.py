"""`agentctl lint --fix`: what is wrong with a spec and has one safe correction is corrected. Pure; writes no file.

Safe are an id for an item that has none, and for one that has nearly an id (SPI003), a heading that is nearly a known
one (SPF004), and a word that binds only in capitals (SPA117, and any other finding whose ``fix`` is its own word in
other case). None of them changes how binding an item is. What else is found stays.
"""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from .edits import Edit, Group, apply, lines_of, safe
from .format import heading, meaning, same_ids
from .lint import lint
from .nouns import Finding, Spec
from .numbering import numbered, spelled
from .parse import parse

_ROUNDS = 4
"""An item's words are judged once it has an id, so a second round corrects what the first one brought to light."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Correction:
    """A finding that is gone, where it was found, and what became of the words there: ``old``, if any, is ``new``."""

    finding: Finding
    old: str
    new: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Fixed:
    """A text after the safe corrections."""

    text: str
    done: tuple[Correction, ...]


def fix(text: str, *, name: str, taken: Collection[str] = ()) -> Fixed:
    """Make every safe correction; ``taken`` are ids that must not be given.

    The result is read as the same items in the same order, as binding as they were; only the case of words may differ.
    """
    done: list[Correction] = []
    for _ in range(_ROUNDS):
        spec = parse(text, name=name)
        wanted = [found for found in lint(spec) if found.fix]
        offers = dict(_offers(spec, wanted, taken=taken))
        kept = safe(text, tuple(dict.fromkeys(offers.values())), holds=_Keeps(spec, taken=taken))
        if not kept:
            break
        done += [_correction(finding, group) for finding, group in offers.items() if group in kept]
        text = apply(text, [edit for group in kept for edit in group])
    return Fixed(text=text, done=tuple(done))


def _offers(spec: Spec, findings: Sequence[Finding], *, taken: Collection[str]) -> Iterator[tuple[Finding, Group]]:
    lines = lines_of(spec.text)
    ids = numbered(spec, lines, taken=taken)
    twice = {found.target for found in spec.diagnostics if found.code == "SPI001"}
    for finding in findings:
        match finding.code:
            case "SPI003":
                group = ids.get(finding.target) or (() if finding.target in twice else spelled(finding, lines))
            case "SPF004":
                group = heading(finding, lines)
            case _:
                group = _other_case(finding, lines)
        if group:
            yield finding, group


def _correction(finding: Finding, group: Group) -> Correction:
    edit = next(edit for edit in group if edit.line == finding.line)
    return Correction(finding=finding, old=edit.old, new=edit.new.strip())


def _other_case(finding: Finding, lines: Sequence[str]) -> Group:
    """The edit that writes the word at a finding's place as its fix does, if that is the same word."""
    new, start = finding.fix or "", finding.col - 1
    old = lines[finding.line - 1][start : start + len(new)]
    if old == new or old.casefold() != new.casefold():
        return ()
    return (Edit(line=finding.line, col=finding.col, old=old, new=new),)


class _Keeps:
    """Whether a text is read as the same items as a spec, with the same ids, but for the case of their words."""

    def __init__(self, spec: Spec, *, taken: Collection[str]) -> None:
        self._spec, self._taken = spec, taken
        self._before = self._seen(spec)

    def __call__(self, text: str) -> bool:
        spec = parse(text, name=self._spec.file)
        return self._seen(spec) == self._before and same_ids(self._spec, spec, taken=self._taken)

    @staticmethod
    def _seen(spec: Spec) -> tuple[object, ...]:
        items = [
            (item.kind, item.strength, item.text.casefold(), item.section, item.line) for item in spec.items.values()
        ]
        return items, *meaning(spec)[2:]
