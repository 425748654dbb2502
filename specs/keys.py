"""Keys: what an item, its surroundings and a check mean, as hashes that survive re-wrapping and re-ordering. Pure.

    item_key         the words and the strength of one item
    meaning_key      the words alone: from MUST to SHOULD is a matter of the gate, not of the work
    context_key      what the item leans on: terms, declared names, pictures, items it refers to, and what those lean on
    requirement_key  meaning and context: what evidence and action keys are about
    check_key        what a check or a table asserts

All are sha-256 in hexadecimal. Whoever needs the keys of many items asks `item_keys` once.
"""

from dataclasses import dataclass

from .fences import digest
from .nouns import Check, Examples, Item, Spec
from .uses import Web, beside, meaning, web


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemKeys:
    """The keys of one item."""

    item: str
    context: str
    requirement: str


def item_key(item: Item) -> str:
    """Changes with the words or the strength."""
    return digest(item.norm_hash, item.strength or "")


def meaning_key(text: str, more: str = "") -> str:
    """Changes with the words of an item's text, and with what it says `beside` them, not with its strength."""
    return digest(meaning(text), more)


def context_key(spec: Spec, item: Item) -> str:
    """Changes with what the item leans on; equal for all items that lean on nothing."""
    return _context(web(spec), item.id)


def requirement_key(spec: Spec, item: Item) -> str:
    """Changes when what has to be done may have changed; a new strength alone does not change it."""
    return join(meaning_key(item.text, beside(item)), context_key(spec, item))


def join(words: str, context: str) -> str:
    """The requirement key of two keys, as a lock remembers them."""
    return digest(words, context)


def item_keys(spec: Spec) -> dict[str, ItemKeys]:
    """All keys of all items, in the order of the spec."""
    known = web(spec)
    found: dict[str, ItemKeys] = {}
    for item in spec.items.values():
        words, context = meaning_key(item.text, beside(item)), _context(known, item.id)
        found[item.id] = ItemKeys(item=item_key(item), context=context, requirement=join(words, context))
    return found


def requirement_keys(spec: Spec) -> dict[str, str]:
    """`requirement_key` of every item."""
    return {item_id: keys.requirement for item_id, keys in item_keys(spec).items()}


def check_key(check: Check | Examples) -> str:
    """Changes with what is asserted and how it is run; not with the ids it decides, nor with its place."""
    if isinstance(check, Examples):
        rows = (part for row in check.rows for part in (*row.inputs, row.expected, "raises" if row.raises else "is"))
        return digest("table", check.call, check.module, *check.arguments, "", *rows)
    language = check.language if check.kind in {"other", "script"} else ""
    return digest(check.kind, language, *sorted(check.flags), "", check.body)


def check_keys(spec: Spec) -> dict[str, str]:
    """`check_key` of every check and table."""
    parts: tuple[Check | Examples, ...] = (*spec.checks, *spec.tables)
    return {part.id: check_key(part) for part in parts}


def _context(known: Web, item_id: str) -> str:
    reached = sorted(known.reach(("item", item_id)))
    return digest(*(part for node in reached for part in (*node, known.says.get(node, "missing"))))
