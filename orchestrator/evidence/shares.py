"""Which wrong programs show one requirement of a check that decides several. Pure.

That a check catches some mutant says that it decides something, not that it decides each requirement it names. So each
gets mutants of its own, told by the code spans and the numbers in its sentence:

- in functions that it names, or that are nearer to those than to any that another requirement of the check names;
- in functions that several of them share, where the statement, or a condition it stands under, has a word that only
  this sentence has; where no statement has one, those that have no word of another's only;
- never in a function that only others name, unless this sentence names none at all and the statement has its word.

In a shared function an edit that turns a condition round is not tried, because it shows whichever way is taken.
"""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from keyword import iskeyword
from typing import Literal

from .mutants import FAR, Mutant, Place, Rank, distances, order
from .mutations import Edit
from .reading import MODULE, Scope
from .sources import edits, is_source, scopes
from .statements import Line, lines, tokens

Side = Literal["own", "foreign", "neither"]

_CODE = re.compile(r"`([^`]+)`")
_QUOTED = re.compile(r'"([^"]+)"')
_PATH = re.compile(r"\S*/\S*|\S+\.py")
_NAME = re.compile(r"[^\W\d]\w*(?:\.[^\W\d]\w*)*")
_EVERYWHERE = frozenset({"0", "1"})
"""Numbers that stand all over a program: outside the functions that a sentence names they tell nothing."""
_TURNED = frozenset(
    (
        *(("<", ">="), (">=", "<"), (">", "<="), ("<=", ">"), ("==", "!="), ("!=", "==")),
        *(("in", "not in"), ("not in", "in"), ("is", "is not"), ("is not", "is")),
    )
)
_TIERS: dict[Side, int | None] = {"own": 0, "neither": 1, "foreign": None}
_NOWHERE = Line(words=frozenset(), turns=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Clause:
    """What a sentence names in code, dotted names whole, and the words by which its statements are known."""

    names: frozenset[str]
    words: frozenset[str]


def clause(text: str) -> Clause:
    """Paths in it name no function: `src/price.py` is where both sentences live."""
    spans = [span for span in _CODE.findall(text) if not _PATH.fullmatch(span)]
    prose = _CODE.sub(" ", text)
    said = tokens("\n".join([*spans, *_QUOTED.findall(prose)]))
    numbers = {word for word in tokens(prose) if word[0].isdigit()}
    words = {word for word in said if word[0].isdigit() or (len(word) > 1 and not iskeyword(word))}
    return Clause(
        names=frozenset(name for span in spans for name in _NAME.findall(span)), words=frozenset(words | numbers)
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Share:
    """How one requirement stands to the files, beside the others of its check."""

    near: Mapping[Place, int]
    """How far each function is from what it names."""
    near_others: Mapping[Place, int]
    """From what any other names."""
    near_only_others: Mapping[Place, int]
    """From what others name and it does not."""
    words: frozenset[str]
    own: frozenset[str]
    """Words that no other has."""
    foreign: frozenset[str]
    """Words that it has not and another has."""

    @property
    def named(self) -> bool:
        """Whether it names a function of these files."""
        return _names_function(self.near)


@dataclass(frozen=True, slots=True, kw_only=True)
class Shares:
    """The files that a check may be tried on, seen from each of its requirements."""

    shares: Mapping[str, _Share]
    found: Mapping[str, tuple[Edit, ...]]
    lines: Mapping[str, Mapping[int, Line]]
    near_check: Mapping[Place, int]
    changed: Mapping[str, Collection[int]]

    @classmethod
    def of(
        cls,
        files: Mapping[str, bytes],
        *,
        texts: Mapping[str, str],
        behind: Mapping[str, Collection[str]],
        check: Collection[str],
        changed: Mapping[str, Collection[int]],
    ) -> "Shares":
        """``texts`` are the sentences by id, ``behind`` those they refer to, ``check`` the names in its own code.

        A sentence that names no function of these files is about those that the sentences it refers to name.
        """
        sources = {path: files[path] for path in sorted(files) if is_source(path)}
        inside = {path: scopes(path, source) for path, source in sources.items()}
        clauses = {item: _leaning(clause(text), behind.get(item, ()), inside) for item, text in texts.items()}
        return cls(
            shares={item: _share(item, clauses, inside) for item in clauses},
            found={path: edits(path, source) for path, source in sources.items()},
            lines={path: lines(path, source) for path, source in sources.items()},
            near_check=distances(inside, check),
            changed=changed,
        )

    def mutants(self, item: str, *, taken: Collection[Mutant]) -> tuple[Mutant, ...]:
        """All that may show this requirement, best first, without those that show another already."""
        share = self.shares[item]
        tiers = {
            (path, edit): tier
            for path, found in self.found.items()
            for edit in found
            if (tier := self._tier(share, path, edit)) is not None
        }
        told = any(tier == 0 and edit.scope != MODULE for (_, edit), tier in tiers.items())

        def rank(path: str, edit: Edit) -> Rank | None:
            tier = tiers.get((path, edit))
            return None if tier is None or (told and tier > 0) else self._rank(share, path, edit)

        return tuple(mutant for mutant in order(self.found, rank) if mutant not in taken)

    def _rank(self, share: _Share, path: str, edit: Edit) -> Rank:
        place = (path, edit.scope)
        own, check = share.near.get(place, FAR), self.near_check.get(place, FAR)
        changes = edit.line in self.changed.get(path, ())
        turn = 4 if edit.scope == MODULE else 0 if own == 0 else 1 if check == 0 else 2 if changes else 3
        return turn, own if own < FAR else check

    def _tier(self, share: _Share, path: str, edit: Edit) -> int | None:
        """0 for what is told to be of this requirement, 1 for what may be, None for what is not."""
        place = (path, edit.scope)
        own, others = share.near.get(place, FAR), share.near_only_others.get(place, FAR)
        line = self.lines[path].get(edit.line, _NOWHERE)
        side = _side(share, line, edit, passing=frozenset() if own == 0 else _EVERYWHERE)
        if own < share.near_others.get(place, FAR):
            return 1 if side == "foreign" else 0
        if line.turns and _turns(edit):
            return None
        if own == 0 or own < others or (others == FAR and not share.named):
            return _TIERS[side]
        return 0 if side == "own" and (others == FAR or not share.named) else None


def _leaning(each: Clause, behind: Collection[str], inside: Mapping[str, tuple[Scope, ...]]) -> Clause:
    """The sentence, where it names no function with what those it refers to name and say."""
    if _names_function(distances(inside, each.names)):
        return each
    leaned = [each, *map(clause, behind)]
    return Clause(
        names=frozenset().union(*(one.names for one in leaned)), words=frozenset().union(*(one.words for one in leaned))
    )


def _names_function(near: Mapping[Place, int]) -> bool:
    return any(scope != MODULE and far == 0 for (_, scope), far in near.items())


def _share(item: str, clauses: Mapping[str, Clause], inside: Mapping[str, tuple[Scope, ...]]) -> _Share:
    mine, others = clauses[item], [each for other, each in clauses.items() if other != item]
    named = frozenset[str]().union(*(each.names for each in others))
    theirs = frozenset[str]().union(*(each.words for each in others))
    return _Share(
        near=distances(inside, mine.names),
        near_others=distances(inside, named),
        near_only_others=distances(inside, named - mine.names),
        words=mine.words,
        own=mine.words - theirs,
        foreign=theirs - mine.words,
    )


def _side(share: _Share, line: Line, edit: Edit, *, passing: frozenset[str]) -> Side:
    """Whose statement it is: by what is edited, else by all that the statement says."""
    was = tokens(edit.was)
    for words in (was, line.words):
        own, foreign = words & share.own - passing, words & share.foreign - passing
        if own and not foreign:
            return "own"
        if foreign and not own:
            return "neither" if words is not was and was & share.words else "foreign"
    return "neither"


def _turns(edit: Edit) -> bool:
    """Whether an edit makes a condition its opposite."""
    pair = (" ".join(edit.was.split()), edit.now)
    return pair in _TURNED or edit.kind == "branch" or (edit.kind == "logic" and edit.was.startswith("not"))
