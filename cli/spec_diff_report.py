"""A difference between two versions of a spec, as lines for a person and as a document for programs. Prints nothing."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property

from ..orchestrator.rules.carry import plan_of
from ..orchestrator.rules.edit import edit_of, touched_tasks
from ..specs.changes import Changes, compare, dirty, recheck, remeasure
from ..specs.items import stated_strength
from ..specs.lock import Lock
from ..specs.nouns import Spec


@dataclass(frozen=True, kw_only=True)
class Difference:
    """A spec beside what it said before. ``old`` names where that was found."""

    old: str
    before: Lock
    spec: Spec

    @cached_property
    def changes(self) -> Changes:
        """What changed."""
        return compare(self.before, self.spec)

    @cached_property
    def dirty(self) -> tuple[str, ...]:
        """The requirements whose work may have to change, in the order of the spec."""
        work = dirty(self.changes, self.spec)
        return tuple(item for item in self.spec.items if item in work)

    @cached_property
    def touched(self) -> tuple[str, ...]:
        """The tasks of the lock that the edit touches; all others stay."""
        plan = plan_of(self.before)
        touched = touched_tasks(plan, edit_of(self.changes, self.spec))
        return tuple(task.id for task in plan.tasks if task.id in touched)

    @property
    def kept(self) -> tuple[str, ...]:
        """The tasks of the lock that stay as they are."""
        return tuple(task.id for task in self.before.tasks if task.id not in self.touched)

    def text(self, item_id: str) -> str:
        """An item's words now."""
        return self.spec.items[item_id].text

    def strengths(self, item_id: str) -> tuple[str, str]:
        """How binding an item was, and how binding it is."""
        return stated_strength(self.before.items[item_id].text) or "MUST", self.spec.items[item_id].strength or "MUST"


def document(difference: Difference) -> dict[str, object]:
    """What ``--json`` prints. Its keys only ever grow."""
    changes, before = difference.changes, difference.before
    return {
        "old": difference.old,
        "new": difference.spec.file,
        "nothing": changes.nothing,
        "added": [{"id": id_, "text": difference.text(id_)} for id_ in changes.added],
        "removed": [{"id": id_, "text": before.items[id_].text} for id_ in changes.removed],
        "changed": [{"id": id_, "old": before.items[id_].text, "new": difference.text(id_)} for id_ in changes.changed],
        "strength_only": [
            {"id": id_, "old": old, "new": new}
            for id_ in changes.strength_only
            for old, new in [difference.strengths(id_)]
        ],
        "shifted": changes.shifted,
        "terms": changes.terms,
        "names": changes.names,
        "interfaces": changes.interfaces,
        "fixtures": changes.fixtures,
        "checks_added": changes.checks_added,
        "checks_changed": changes.checks_changed,
        "checks_removed": changes.checks_removed,
        "gate": changes.gate,
        "concerned": changes.concerned,
        "reused": changes.reused,
        "renamed": [{"old": old, "new": new} for old, new in changes.renamed],
        "dirty": difference.dirty,
        "recheck": recheck(changes, difference.spec),
        "remeasure": remeasure(changes, difference.spec),
        "tasks": {"touched": difference.touched, "kept": difference.kept},
    }


def report(difference: Difference) -> Iterator[str]:
    """Lines for a person: what changed, then what follows from it."""
    if difference.changes.nothing:
        yield f"{difference.spec.file} means the same as {difference.old}"
        return
    yield from _items(difference)
    yield from _others(difference.changes)
    yield ""
    yield from _effects(difference)


def _items(difference: Difference) -> Iterator[str]:
    changes, before = difference.changes, difference.before
    for id_ in changes.added:
        yield f"{id_}  new"
        yield f"  + {difference.text(id_)}"
    for id_ in changes.removed:
        yield f"{id_}  gone"
        yield f"  - {before.items[id_].text}"
    for id_ in changes.changed:
        yield f"{id_}  changed"
        if before.items[id_].text == difference.text(id_):
            yield f"    {difference.text(id_)}"
            yield "    (not these words, but what stands inside it or under it)"
            continue
        yield f"  - {before.items[id_].text}"
        yield f"  + {difference.text(id_)}"
    for id_ in changes.strength_only:
        old, new = difference.strengths(id_)
        yield f"{id_}  {old} is now {new}: only what the gate asks for"
    for id_ in changes.shifted:
        yield f"{id_}  the same words, but what it refers to changed"


def _others(changes: Changes) -> Iterator[str]:
    for title, names in (
        ("terms", changes.terms),
        ("declared names", changes.names),
        ("input files", changes.fixtures),
        ("new checks", changes.checks_added),
        ("changed checks", changes.checks_changed),
        ("checks that are gone", changes.checks_removed),
    ):
        if names:
            yield f"{title}: {', '.join(names)}"
    if changes.gate:
        yield "the gate, or what may be written"
    for old, new in changes.renamed:
        yield f"{new} says what {old} said: an item keeps its id for good, so that what was built of it stays"
    for id_ in changes.reused:
        yield f"{id_} was removed once and is never used again (SPI002): give this item another id"


def _effects(difference: Difference) -> Iterator[str]:
    changes, spec = difference.changes, difference.spec
    yield _told("work may change", difference.dirty)
    if changes.concerned:
        yield _told("  because of what they were assumed to be", changes.concerned)
    for title, names in (("run first", recheck(changes, spec)), ("measure again", remeasure(changes, spec))):
        if names:
            yield _told(title, names)
    limits = [id_ for id_ in (*changes.added, *changes.changed) if spec.items[id_].kind == "non-goal"]
    if limits:
        yield _told("hold against what is there", limits)
    if changes.gate:
        yield "the gate runs again on what is there"
    if difference.before.tasks:
        yield _told("tasks touched", difference.touched)
        yield _told("tasks that stay", difference.kept)


def _told(title: str, names: Iterable[str]) -> str:
    return f"{title}: {', '.join(names) or 'none'}"
