"""Gives ids to items that have none, or nearly one, as edits. Pure."""

import re
from collections import Counter
from collections.abc import Collection, Iterator, Sequence

from . import items
from .edits import Edit, Group
from .names import plain_letters
from .nouns import Finding, Item, Spec

_BLANK = r"[ \t\u00a0\u2007\u202f]"
_BEFORE = re.compile(
    rf"(?:{_BLANK}*(?:>|[-+*](?={_BLANK})|[•◦▪‣](?={_BLANK})|\d{{1,9}}[.)](?={_BLANK})))*{_BLANK}*"
    rf"(?:\[[ xX]\]{_BLANK}+(?=\S))?"
)
"""What stands before the first word of an item: quotes, bullets, a box to tick."""
_NEARLY = re.compile(
    rf"(?:#{{1,6}}{_BLANK}+)?(?P<id>(?P<mark>\*\*|__|[*_]|)[\[(`]?[A-Za-z][-_# ]?\d{{1,4}}[\])`]?[:.)]*(?P=mark)[:.)]*)"
)


def numbered(spec: Spec, lines: Sequence[str], *, taken: Collection[str]) -> dict[str, Group]:
    """For each item that has only a counted id, the edits that write it down, by that id.

    The ids are those that the items are counted by, but for ``taken`` ones, which are skipped. Below an item that
    cannot be given its id no other of its letter gets one: it would be counted above them from then on. Bullets before
    the first section are requirements only while there are no others, so they get theirs together or not at all. A bare
    text (L0) gets none: it is one requirement because it is the whole of the spec.
    """
    if spec.level == "L0":
        return {}
    edits = dict(_edits(spec, lines, taken=taken))
    early = [item.id for item in spec.items.values() if item.temporary and item.section == "intent"]
    together = tuple(edits[item_id] for item_id in early if item_id in edits)
    groups: dict[str, Group] = {item_id: (edit,) for item_id, edit in edits.items()}
    return groups | dict.fromkeys(early, together if len(together) == len(early) else ())


def spelled(near: Finding, lines: Sequence[str]) -> Group:
    """The edit that writes what is nearly an id as the one it is read as; none for any other finding."""
    line = plain_letters(lines[near.line - 1])
    before = _BEFORE.match(line)
    found = _NEARLY.match(line, before.end() if before else 0)
    if not found or near.fix != f"**{near.target}**":
        return ()
    start, end = found.span("id")
    return (Edit(line=near.line, col=start + 1, old=lines[near.line - 1][start:end], new=near.fix),)


def _edits(spec: Spec, lines: Sequence[str], *, taken: Collection[str]) -> Iterator[tuple[str, Edit]]:
    stuck: set[str] = set()
    highest = Counter[str]()
    for item in spec.items.values():
        if not item.temporary:
            highest[item.id[0]] = max(highest[item.id[0]], int(item.id[1:][:9]))
    for item in spec.items.values():
        letter = item.id[0]
        if not item.temporary or letter in stuck:
            continue
        highest[letter] += 1
        while f"{letter}{highest[letter]}" in taken:
            highest[letter] += 1
        edit = _edit(item, lines, item_id=f"{letter}{highest[letter]}")
        if edit:
            yield item.id, edit
        else:
            stuck.add(letter)


def _edit(item: Item, lines: Sequence[str], *, item_id: str) -> Edit | None:
    """The id before the item's first word; None where the sentence would no longer be read as the same."""
    if items.label(f"{item_id} {item.text}", item_id) != (item_id, item.text):
        return None
    found = _BEFORE.match(lines[item.line - 1])
    col = found.end() + 1 if found else 1
    return Edit(line=item.line, col=col, old="", new=f"**{item_id}** ")
