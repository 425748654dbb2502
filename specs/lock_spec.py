"""The lock that a spec would have now: its keys, with what was built, answered and shown so far. Pure."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace

from .declared import declared
from .fences import digest
from .keys import check_keys, item_keys
from .lock_nouns import Lock, LockedEvidence, LockedItem
from .nouns import Spec
from .uses import beside, words_of


def lock_spec(spec: Spec, *, previous: Lock | None = None) -> Lock:
    """What a spec says now; with ``previous``, also its history.

    An id that is gone leaves a tombstone; one that came back with its old words loses it. Evidence of checks that are
    gone goes with them; evidence of changed words stays, and is stale by its keys.
    """
    keys = item_keys(spec)
    items = {
        id_: LockedItem(
            key=keys[id_].item, context=keys[id_].context, text=item.text, more=beside(item), counted=item.temporary
        )
        for id_, item in spec.items.items()
    }
    now = Lock(
        spec_id=spec.id,
        items=items,
        checks=check_keys(spec),
        terms=_joined((term.name, words_of(term)) for term in spec.terms),
        names=_joined((name.id, name.hash) for name in declared(spec.interfaces) if not name.imported),
        fixtures=_joined((fixture.path, fixture.text) for fixture in spec.fixtures),
        gate=digest(*spec.meta.gate, "owns", *spec.meta.owns, "forbid", *spec.meta.forbid),
    )
    return now if previous is None else _with_history(now, previous)


def foreign(lock: Lock, spec: Spec) -> str:
    """A warning where a lock names another spec than the one it is taken for; empty where it does not."""
    if lock.spec_id == spec.id:
        return ""
    return (
        f"the lock beside this spec is of `{lock.spec_id[:80]}`, and the spec is `{spec.id[:80]}`: if it was not "
        f"renamed, put the lock of `{spec.id[:80]}` in its place, or remove it"
    )


def judged(lock: Lock, spec: Spec, evidence: tuple[LockedEvidence, ...], *, blessed: Collection[str] = ()) -> Lock:
    """A lock with new evidence, and otherwise as it was: it says what was built, and judging builds nothing.

    Were the words of an edited item written down here, the next run would take them for built. Only items that a
    person has ``blessed`` (the words are new, what they ask for is not) are, and checks that passed.
    """
    now = lock_spec(spec, previous=lock)
    passed = {(row.check, row.check_key) for row in evidence if row.result == "passed"}
    fresh = {check: key for check, key in now.checks.items() if (check, key) in passed}
    words = {id_: now.items[id_] for id_ in blessed if id_ in now.items}
    return replace(lock, items=lock.items | words, checks=lock.checks | fresh, evidence=evidence)


def moved_checks(old: Mapping[str, str], new: Mapping[str, str]) -> dict[str, str]:
    """Old ids of checks that stand under a new id of the same item, as they do when one is put in before them."""
    free = {(_lead(id_), key): id_ for id_, key in new.items() if old.get(id_) != key}
    left = {id_: key for id_, key in old.items() if new.get(id_) != key}
    return {id_: free[_lead(id_), key] for id_, key in left.items() if (_lead(id_), key) in free}


def _lead(check: str) -> str:
    return check.partition(".")[0]


def _joined(entries: Iterable[tuple[str, str]]) -> dict[str, str]:
    """A hash by name. Of two entries with one name both count, once and in any order."""
    found: dict[str, set[str]] = {}
    for name, text in entries:
        found.setdefault(name, set()).add(text)
    return {name: digest(*sorted(texts)) for name, texts in found.items()}


def _with_history(now: Lock, previous: Lock) -> Lock:
    left = {id_: each.key for id_, each in previous.items.items() if id_ not in now.items and not each.counted}
    tombstones = previous.tombstones | left
    back = {id_ for id_, key in tombstones.items() if id_ in now.items and now.items[id_].key == key}
    return replace(
        now,
        tombstones={id_: key for id_, key in tombstones.items() if id_ not in back},
        answers=previous.answers,
        teams=previous.teams,
        tasks=previous.tasks,
        evidence=_kept_evidence(now, previous),
        contract=tuple(each for each in previous.contract if set(each.requirements) & now.items.keys()),
    )


def _kept_evidence(now: Lock, previous: Lock) -> tuple[LockedEvidence, ...]:
    moved = moved_checks(previous.checks, now.checks)
    rows = (replace(row, check=moved.get(row.check, row.check)) for row in previous.evidence)
    return tuple(row for row in rows if row.check in now.checks or row.check not in previous.checks)
