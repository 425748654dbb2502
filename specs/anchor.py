"""Ids for items that have none, from the lock: what was counted as R3 stays R3 when a bullet is put in above it. Pure.

Counted ids follow the order of the bullets, so one more bullet would make every one below it another item, and all
that was built of them would seem to be gone. Here an item without an id takes the one under which the lock has its
words; where words changed in their place, the one that stood there; otherwise a number that was never used.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from difflib import SequenceMatcher

from .lock_nouns import Lock, natural
from .nouns import Examples, Item, Spec
from .uses import beside, meaning

_ALIKE = 0.6
"""From this share of equal words on (difflib's own measure of a close match), a sentence is an edit of another."""


def anchored(spec: Spec, lock: Lock) -> Spec:
    """The spec with the lock's ids for items that have none.

    A spec whose checks or sentences name a counted id is left alone: its author reads the numbers off the order.
    """
    counted = [item for item in spec.items.values() if item.temporary]
    if not counted or _named(spec) & {item.id for item in counted}:
        return spec
    letters = dict.fromkeys(item.id[0] for item in counted)
    ids = dict(pair for letter in letters for pair in _paired(letter, counted, spec, lock))
    items = (replace(item, id=ids.get(item.id, item.id)) for item in spec.items.values())
    return replace(
        spec,
        items={item.id: item for item in items},
        tables=tuple(_with_ids(table, ids) for table in spec.tables),
    )


def _named(spec: Spec) -> set[str]:
    """Ids that somebody wrote down. A table without ids is about every requirement, and names none."""
    every = {item.id for item in spec.items.values() if item.kind == "requirement"}
    refs = {ref for item in spec.items.values() for ref in item.refs}
    checks = {id_ for check in spec.checks for id_ in check.ids}
    return refs | checks | {id_ for table in spec.tables if set(table.ids) != every for id_ in table.ids}


def _with_ids(table: Examples, ids: dict[str, str]) -> Examples:
    lead, dot, number = table.id.partition(".")
    return replace(table, id=f"{ids.get(lead, lead)}{dot}{number}", ids=tuple(ids.get(id_, id_) for id_ in table.ids))


def _paired(letter: str, counted: Sequence[Item], spec: Spec, lock: Lock) -> Iterator[tuple[str, str]]:
    """Counted ids of one letter with the ids they get."""
    mine = [item for item in counted if item.id[0] == letter]
    written = {item.id for item in spec.items.values() if not item.temporary}
    old = sorted((id_ for id_, item in lock.items.items() if id_[0] == letter and item.counted), key=natural)
    before = [(id_, _words(lock.items[id_].text, lock.items[id_].more)) for id_ in old if id_ not in written]
    found = _matches(before, [(item.id, _words(item.text, beside(item))) for item in mine])
    used = {*written, *lock.items, *lock.tombstones}
    number = max((int(id_[1:]) for id_ in used if id_[0] == letter and id_[1:].isdecimal()), default=0)
    for item in mine:
        if item.id not in found:
            number += 1
        yield item.id, found.get(item.id, f"{letter}{number}")


def _words(text: str, more: str) -> str:
    return f"{meaning(text)} {more}".rstrip()


def _matches(before: Sequence[tuple[str, str]], now: Sequence[tuple[str, str]]) -> dict[str, str]:
    """New ids with old ones: first by equal words wherever they stand, then by place and likeness."""
    found: dict[str, str] = {}
    words = SequenceMatcher(a=[text for _, text in before], b=[text for _, text in now], autojunk=False)
    gaps = [(before[a:b], now[c:d]) for kind, a, b, c, d in words.get_opcodes() if kind != "equal"]
    for block in words.get_matching_blocks():
        for place in range(block.size):
            found[now[block.b + place][0]] = before[block.a + place][0]
    moved: dict[str, list[str]] = {}
    for id_, text in (pair for left, _ in gaps for pair in left):
        moved.setdefault(text, []).append(id_)
    for id_, text in (pair for _, come in gaps for pair in come):
        if moved.get(text):
            found[id_] = moved[text].pop(0)
    taken = set(found.values())
    for left, come in gaps:
        rest = [pair for pair in left if pair[0] not in taken]
        for id_, text in come:
            if id_ not in found and rest and (near := _nearest(text, rest)) is not None:
                found[id_] = rest.pop(near)[0]
    return found


def _nearest(text: str, among: Sequence[tuple[str, str]]) -> int | None:
    """The place of the sentence that shares the most words with this one, if enough of them do."""
    shares = [SequenceMatcher(a=text.split(), b=other.split(), autojunk=False).ratio() for _, other in among]
    best = max(range(len(shares)), key=shares.__getitem__)
    return best if shares[best] >= _ALIKE else None
