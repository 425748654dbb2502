"""What tasks say they do to symbols: change, remove, rename, move, or write them. Pure; words only, no code is read.

Only the imperative counts in a task's own words ("Rename `load` to `read`"), and what is said of the symbol itself
("`load` no longer takes a path"). A requirement describes behaviour ("`purge` MUST remove `entries`"), so that only its
passive, its `now` and `no longer`, and an imperative at its beginning count. What is negated, or comes after "once" or
"when", is somebody else's work.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain, islice
from typing import Literal

from ..nouns.plan import Plan, SpecView, Task
from .claim_words import (
    AUXILIARY,
    BEFORE,
    BREAKS,
    CHANGES,
    COMPATIBLE,
    ELSEWHERE,
    FILLERS,
    JOINS,
    KINDS,
    LINKS,
    METHODS,
    PARAMETERS,
    PARTICIPLES,
    PARTS,
    PERHAPS,
    SEEN,
    STAYS,
    WRITES,
)
from .sentences import Sentence, Token, sentences

_TYPE = re.compile(r"(?:\w+\s+)*(?:class|struct|type|interface|enum|trait)\s")
_FUNCTION = re.compile(r"(?:\w+\s+)*(?:def|function|fn|func)\s")
_NEAR = 8
"""Words between a verb and what it is about."""
_QUOTED = 140
_MOST = 200
"""Claims of a task that are heard."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """A task says that it does something to a symbol or a file."""

    task: str
    kind: Literal["change", "write"]
    symbol: str
    """``load``, ``Store.put``, or the path of a file."""
    verb: str
    """In the third person: ``renames``."""
    quote: str
    strong: bool
    """Said so clearly that the planner can be asked to think again."""
    signature: str = ""
    """Where one was written out."""
    files: tuple[str, ...] = ()
    """The files that the sentence names."""


def claims(plan: Plan, spec: SpecView) -> tuple[Claim, ...]:
    """All that the tasks of a plan say, each thing once for a task."""
    texts = {each.id: each.text for each in spec.requirements}
    found: dict[tuple[str, str, str], Claim] = {}
    for task in plan.tasks:
        every = chain(_own(task), _required(task, [texts.get(each, "") for each in task.requirements]))
        for claim in islice(every, _MOST):
            key = (task.id, claim.kind, claim.symbol)
            found[key] = _clearer(found[key], claim) if key in found else claim
    return tuple(found.values())


def _clearer(one: Claim, other: Claim) -> Claim:
    """What is said twice, in the clearer words, with all that either tells."""
    best = other if other.strong and not one.strong else one
    files = tuple(dict.fromkeys((*one.files, *other.files)))
    return replace(best, signature=one.signature or other.signature, files=files)


def _own(task: Task) -> Iterator[Claim]:
    for sentence in (*sentences(task.title), *sentences(task.goal)):
        spoken = _Spoken(task=task.id, sentence=sentence)
        yield from spoken.ordered()
        yield from spoken.described()
        yield from spoken.written()
        yield from spoken.declared()


def _required(task: Task, texts: Iterable[str]) -> Iterator[Claim]:
    for sentence in (sentence for text in texts for sentence in sentences(text)):
        spoken = _Spoken(task=task.id, sentence=sentence, own=False)
        yield from spoken.ordered()
        yield from spoken.described()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Spoken:
    """One sentence of a task, or of what it has to meet."""

    task: str
    sentence: Sentence
    own: bool = True

    @property
    def tokens(self) -> Sequence[Token]:
        return self.sentence.tokens

    def ordered(self) -> Iterator[Claim]:
        """``Rename `load` to `read```: a verb at the beginning of a clause, and the symbols after it."""
        for at, token in enumerate(self.tokens):
            if not self._is_order(at) or (at and not self.own):
                continue
            verb = token.text
            objects, after = self._objects(at + 1)
            for one in objects:
                if one.kind == "file":
                    yield from self._of_file(verb, one, after)
                else:
                    yield from self._of_symbol(verb, one, after, at)
            if not objects and (verb in BREAKS or verb in {"add", "reorder", "swap"}):
                yield from self._of_parameters(verb, at)

    def _of_symbol(self, verb: str, one: Token, after: int, at: int) -> Iterator[Claim]:
        seen = not SEEN.isdisjoint(self._words(at))
        compatible = not COMPATIBLE.isdisjoint(self._words(at))
        if verb in BREAKS:
            clear = (one.explicit or at == 0) and STAYS.isdisjoint(self._words(at))
            yield self._claim("change", one, BREAKS[verb], strong=clear)
            if verb == "rename" and self._word(after) in {"to", "into", "as"}:
                new, _ = self._objects(after + 1)
                yield from (self._claim("write", each, "writes", strong=each.explicit) for each in new[:1])
        elif verb in CHANGES:
            yield self._claim("change", one, "changes", strong=seen and not compatible)
        elif verb in PERHAPS and seen and not compatible:
            yield self._claim("change", one, "changes", strong=one.explicit or at == 0)

    def _of_file(self, verb: str, one: Token, after: int) -> Iterator[Claim]:
        if BREAKS.get(verb) in {"renames", "removes", "moves"} and not self._is_owner(after):
            yield self._claim("change", one, BREAKS[verb], strong=True)

    def _of_parameters(self, verb: str, at: int) -> Iterator[Claim]:
        """``Add a required parameter `encoding` to `load```."""
        words = self._words(at)
        place = next((n for n, word in enumerate(words) if word in PARAMETERS and n <= _NEAR), None)
        if place is None or (verb == "add" and not COMPATIBLE.isdisjoint(words)):
            return
        for n in range(place + 1, min(place + _NEAR, len(words))):
            if words[n] in {"to", "from", "of", "in"}:
                objects, _ = self._objects(at + n + 1)
                yield from (self._claim("change", each, "changes", strong=True) for each in objects if _is_name(each))
                return

    def described(self) -> Iterator[Claim]:
        """`` `load` must be renamed ``, `` `load` no longer takes a path ``."""
        for at, token in enumerate(self.tokens):
            if token.kind != "name" or self._is_elsewhere(at):
                continue
            after = at + 1
            while self._word(after) in KINDS:
                after += 1
            explicit = token.explicit or after > at + 1
            yield from self._passive(token, after, explicit=explicit)
            yield from self._changed(token, after, explicit=explicit)

    def _passive(self, token: Token, after: int, *, explicit: bool) -> Iterator[Claim]:
        place = after
        while self._word(place) in AUXILIARY:
            place += 1
        verb = PARTICIPLES.get(self._word(place), "")
        if place > after and verb:
            clear = not SEEN.isdisjoint(self._words(place)) if verb == "changes" else explicit
            yield self._claim("change", token, verb, strong=clear)

    def _changed(self, token: Token, after: int, *, explicit: bool) -> Iterator[Claim]:
        words = [self._word(after + n) for n in range(4)]
        words = words[1:] if words[0] in {"must", "should", "shall", "will"} else words
        compatible = not COMPATIBLE.isdisjoint(self._words(after))
        no_longer = words[:2] == ["no", "longer"] and (words[2] in SEEN or words[2] in {"exist", "exists"})
        now = words[0] == "now" and words[1] in SEEN
        if no_longer or (now and not compatible):
            yield self._claim("change", token, "changes", strong=explicit)

    def written(self) -> Iterator[Claim]:
        """``Write `parse_line```; options, columns, methods and the like are no symbols of a module."""
        for at, token in enumerate(self.tokens):
            if token.text not in WRITES or token.kind != "word" or not self._begins(at) or self._is_elsewhere(at):
                continue
            objects, after = self._objects(at + 1)
            about = {self._word(n) for n in range(at, after + 1)}
            methods = not about.isdisjoint(METHODS)
            for one in objects:
                plain = methods and "." not in one.text
                if one.kind == "name" and not plain and (one.explicit or not about.isdisjoint(KINDS)):
                    yield self._claim("write", one, "writes", strong=True)

    def declared(self) -> Iterator[Claim]:
        """A sentence that begins with a signature written out: `` `load(path: str) -> Entry` (R1) ``."""
        first = self.tokens[0]
        if first.kind == "name" and (_is_signature(first.said) or first.said.startswith("class ")):
            yield self._claim("write", first, "writes", strong=False)

    def _objects(self, at: int) -> tuple[list[Token], int]:
        """The symbols and files that follow at ``at``, and where what is said of them goes on."""
        found, kinds, place = list[Token](), set[str](), at
        while place < len(self.tokens) and (found or place - at < _NEAR):
            token = self.tokens[place]
            if token.kind in {"name", "file"}:
                found.append(token)
            elif token.said and token.kind == "word" and token.text not in FILLERS:
                found.append(Token(kind="name", text=token.said, said=token.said))
            elif token.text in (LINKS if found else BEFORE):
                kinds |= {token.text} & KINDS
            else:
                break
            place += 1
        if self._is_owner(place) or self._word(place) in PARTS:
            return [], place
        owner = self._owner_of(place) if kinds & METHODS else ""
        return [
            replace(one, text=f"{owner}.{one.text}" if owner else one.text, explicit=one.explicit or bool(kinds))
            for one in found
        ], place

    def _owner_of(self, at: int) -> str:
        """The class in `` `put` method of `Store` ``."""
        if self._word(at) in {"of", "from", "in", "on", "to"}:
            while self._word(at + 1) in FILLERS:
                at += 1
            if at + 1 < len(self.tokens) and self.tokens[at + 1].kind == "name":
                return self.tokens[at + 1].text
        return ""

    def _is_order(self, at: int) -> bool:
        token = self.tokens[at]
        verbs = token.text in BREAKS or token.text in CHANGES or token.text in PERHAPS
        extra = token.text in {"add", "reorder", "swap"}
        return token.kind == "word" and (verbs or extra) and self._begins(at) and not self._is_elsewhere(at)

    def _begins(self, at: int) -> bool:
        """Whether a clause begins here, so that a verb is an order and not what somebody else may do."""
        if not at:
            return True
        before = self.tokens[at - 1]
        return (before.kind == "mark" and before.text in ",:(-\u2013\u2014") or before.text in JOINS

    def _is_elsewhere(self, at: int) -> bool:
        return any(token.kind == "word" and token.text in ELSEWHERE for token in self.tokens[:at])

    def _is_owner(self, at: int) -> bool:
        """Whether what stands before is only whose part it is: `` `load`'s cache ``."""
        return at < len(self.tokens) and self.tokens[at].text in {"'", "\u2019"}

    def _word(self, at: int) -> str:
        return self.tokens[at].text if at < len(self.tokens) and self.tokens[at].kind == "word" else ""

    def _words(self, at: int) -> list[str]:
        """The plain words from ``at`` on, empty where something else stands."""
        return [self._word(n) for n in range(at, len(self.tokens))]

    def _claim(self, kind: Literal["change", "write"], one: Token, verb: str, *, strong: bool) -> Claim:
        text = " ".join(self.sentence.text.split()).rstrip(".")
        return Claim(
            task=self.task,
            kind=kind,
            symbol=one.text,
            verb=verb,
            quote=text if len(text) <= _QUOTED else f"{text[: _QUOTED - 3]}...",
            strong=strong,
            signature=one.said if _is_signature(one.said) else "",
            files=tuple(token.text for token in self.tokens if token.kind == "file"),
        )


def _is_name(token: Token) -> bool:
    return token.kind == "name"


def _is_signature(said: str) -> bool:
    """Whether the parameters of a function are written out as they are declared, and not an example of a call."""
    if _TYPE.match(said):
        return False
    given = said.partition("(")[2].rpartition(")")[0]
    typed = re.search(r"\w\s*\??:\s*\w", given) is not None
    return typed or ("(" in said and ("->" in said or _FUNCTION.match(said) is not None))
