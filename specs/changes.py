"""What an edit of a spec changed, and which requirements' work it may touch. Pure.

| edit | what follows |
|---|---|
| re-wrapped, emphasised, moved; notes, intent, budget, autonomy | nothing |
| an item's words | the item, and the items that refer to it |
| a strength | what the gate asks; no work |
| a term, an interface | the items that use it |
| an assumption or a question | the requirements it names |
| an item that is new, or gone | itself, and the items that refer to it |
| a check or its input | run it first; only where it is red, the items it decides |
| a performance bar | measure it first |
| a non-goal | judge what is there against it |
| gate, owns, forbid | run the gate first |
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, fields

from .items import references, stated_strength
from .keys import item_key
from .lock_nouns import Lock, LockedItem, natural
from .lock_spec import lock_spec, moved_checks
from .nouns import KINDS, Check, Diagnostic, Examples, Spec

Ids = tuple[str, ...]
"""In natural order: R2 before R10."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    """The difference between two versions of a spec, by what the versions mean."""

    added: Ids = ()
    removed: Ids = ()
    changed: Ids = ()
    """Items whose words changed, more than their strength."""
    strength_only: Ids = ()
    shifted: Ids = ()
    """Items whose words are the same, and whose terms, interfaces or referred items are not."""
    terms: Ids = ()
    """Added, removed or changed; so are the next three."""
    names: Ids = ()
    """What interfaces declare, as ``path:name``."""
    fixtures: Ids = ()
    checks_added: Ids = ()
    checks_changed: Ids = ()
    checks_removed: Ids = ()
    gate: bool = False
    """The gate's commands, or the paths that may be written."""
    concerned: Ids = ()
    """Named by an assumption or a question that changed or is gone."""
    reused: Ids = ()
    """Ids of removed items that mean something else now."""
    renamed: tuple[tuple[str, str], ...] = ()
    """Old and new ids of items whose words stand elsewhere under another id."""

    @property
    def nothing(self) -> bool:
        """Whether the two mean the same."""
        return not any(getattr(self, each.name) for each in fields(self))

    @property
    def interfaces(self) -> Ids:
        """The paths of the interfaces in which something changed."""
        return tuple(dict.fromkeys(name.rpartition(":")[0] or name for name in self.names))


def compare(old: Lock | Spec, new: Spec) -> Changes:
    """What changed from a spec, or from what a lock remembers of one, to another version of it."""
    before = old if isinstance(old, Lock) else lock_spec(old)
    after = lock_spec(new)
    common = before.items.keys() & after.items.keys()
    changed = {id_ for id_ in common if before.items[id_].meaning != after.items[id_].meaning}
    shifted = {id_ for id_ in common - changed if before.items[id_].context != after.items[id_].context}
    strength = {id_ for id_ in common - changed if _strength(before.items[id_]) != _strength(after.items[id_])}
    added, removed = after.items.keys() - before.items.keys(), before.items.keys() - after.items.keys()
    moved = moved_checks(before.checks, after.checks)
    gone = {id_ for id_, key in before.checks.items() if after.checks.get(id_) != key} - moved.keys()
    fresh = {id_ for id_, key in after.checks.items() if before.checks.get(id_) != key} - set(moved.values())
    return Changes(
        added=_ordered(added),
        removed=_ordered(removed),
        changed=_ordered(changed),
        strength_only=_ordered(strength),
        shifted=_ordered(shifted),
        terms=_differing(before.terms, after.terms),
        names=_differing(before.names, after.names),
        fixtures=_differing(before.fixtures, after.fixtures),
        checks_added=_ordered(fresh - gone),
        checks_changed=_ordered(fresh & gone),
        checks_removed=_ordered(gone - fresh),
        gate=before.gate != after.gate,
        concerned=_concerned(before, new, changed | removed),
        reused=_ordered(found.target for found in reused_ids(before, new)),
        renamed=_renamed(before, after, left=removed | changed, come=added | changed),
    )


def dirty(changes: Changes, spec: Spec, *, red: Collection[str] = ()) -> frozenset[str]:
    """The ids of ``spec`` (the new version) whose work may have to change; those that are gone are not among them.

    ``red`` are checks of `recheck` and bars of `remeasure` that were run on what is there and failed. Those that were
    not run are taken to pass: whoever cannot run them names them all.
    """
    touched = {*changes.added, *changes.changed, *changes.shifted} - set(remeasure(changes, spec))
    parts: tuple[Check | Examples, ...] = (*spec.checks, *spec.tables)
    decided = {id_ for part in parts if part.id in red for id_ in part.ids}
    found = touched | set(changes.concerned) | decided | (set(red) & spec.items.keys())
    return frozenset(item.id for item in spec.normative if item.id in found)


def recheck(changes: Changes, spec: Spec) -> Ids:
    """The executable checks to run on what is there before anybody works: green ones are evidence and nothing more."""
    new = {*changes.checks_added, *changes.checks_changed}
    fed = {check.id for check in spec.checks for path in changes.fixtures if path in check.body}
    decide = {check.id for check in spec.checks if check.executable} | {table.id for table in spec.tables}
    return _ordered((new | fed) & decide)


def remeasure(changes: Changes, spec: Spec) -> Ids:
    """The performance bars that were there before and say something else now."""
    bars = {item.id for item in spec.items.values() if item.kind == "performance"}
    return _ordered({*changes.changed, *changes.shifted} & bars)


def reused_ids(lock: Lock, spec: Spec) -> tuple[Diagnostic, ...]:
    """Items under the id of one that was removed (SPI002), unless the words are the old ones again."""
    return tuple(
        Diagnostic(
            code="SPI002",
            message=f"{item.id} was removed and is never used again: give this item another id",
            line=item.line,
            target=item.id,
        )
        for item in spec.items.values()
        if not item.temporary and lock.tombstones.get(item.id, item_key(item)) != item_key(item)
    )


def _ordered(ids: Iterable[str]) -> Ids:
    return tuple(sorted(ids, key=natural))


def _differing(old: Mapping[str, str], new: Mapping[str, str]) -> Ids:
    return _ordered(name for name in old.keys() | new.keys() if old.get(name) != new.get(name))


def _strength(item: LockedItem) -> str:
    return stated_strength(item.text) or "MUST"


def _concerned(before: Lock, new: Spec, ids: Collection[str]) -> Ids:
    """Whom assumptions and questions name that say something else now, in their old words or their new ones."""
    said = [id_ for id_ in ids if KINDS.get(id_[:1]) in {"assumption", "question"}]
    old = {ref for id_ in said for ref in references(before.items[id_].text, spec_id=new.id, declared=new.items)}
    now = {ref for id_ in said if id_ in new.items for ref in new.items[id_].refs}
    return _ordered((old | now) & {item.id for item in new.normative})


def _renamed(before: Lock, after: Lock, *, left: Collection[str], come: Collection[str]) -> tuple[tuple[str, str], ...]:
    """Old ids with the new ids under which the same words stand."""
    places = {after.items[id_].meaning: id_ for id_ in come}
    pairs = ((id_, places.get(before.items[id_].meaning)) for id_ in _ordered(left))
    return tuple((old, new) for old, new in pairs if new)
