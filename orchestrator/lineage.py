"""From the lock that an earlier run left, and the spec as it is now, to what stays and what is to be done again."""

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import PurePosixPath

from ..specs.changes import Changes, compare
from ..specs.lock import Lock
from ..specs.nouns import Spec
from .nouns.earlier import Decided, Earlier
from .nouns.plan import LockedTest, Plan, SpecView
from .rules.carry import landed_in, plan_of
from .rules.edit import edit_of, touched_tasks


@dataclass(frozen=True, slots=True, kw_only=True)
class Lineage:
    """A spec that was built before."""

    lock: Lock
    spec: Spec
    merged: bool = True
    """Its work is in the base; otherwise it is planned as before, and its patches may be taken over."""

    def stays(self, view: SpecView) -> tuple[LockedTest, ...]:
        """The checks of work that is there and that the edit's words do not touch, holdouts included.

        They are run on the base before anybody works: one that is red makes its requirements dirty.
        """
        landed = self._landed()
        there = {each for task in self.lock.tasks if task.id in landed for each in task.requirements}
        stable = there - self.earlier().edit.dirty
        return tuple(locked for locked in view.locked if stable.issuperset(locked.requirements))

    def generated(self, view: SpecView, paths: Collection[str]) -> frozenset[str]:
        """The files of compiled checks among ``paths``: each run writes them anew."""
        folders = {str(PurePosixPath(locked.path).parent) for locked in view.locked}
        return frozenset(path for path in paths if str(PurePosixPath(path).parent) in folders)

    def outdated(self, earlier: Earlier) -> frozenset[str]:
        """Files of leads' tests whose requirements the edit touches: they are written anew, or go."""
        if not self.merged:
            return frozenset()
        return frozenset(each.path for each in self.lock.contract) - frozenset(earlier.contract)

    def forgettable(self, earlier: Earlier) -> frozenset[str]:
        """Files of touched tasks, whose own tests may go with the behaviour they tested."""
        touched = touched_tasks(earlier.plan, earlier.edit)
        return frozenset(path for task in self.lock.tasks if task.id in touched for path in task.paths)

    def earlier(self, *, red: Collection[str] = ()) -> Earlier:
        """What stays and what is to be done again; ``red`` are checks of `stays` that failed on the base."""
        changes = self._changes()
        edit = edit_of(changes, self.spec, red=red)
        written = self._written_down(changes)
        return Earlier(
            plan=_with(plan_of(self.lock), written),
            landed=self._landed(),
            edit=replace(edit, dirty=edit.dirty - written.keys()),
            story="\n".join([*_told(changes, self.lock, self.spec), *_broken(red)]),
            decided=tuple(self._decided()),
            contract=self._contract(edit.dirty - written.keys()) if self.merged else (),
        )

    def _contract(self, dirty: Collection[str]) -> tuple[str, ...]:
        """Leads' tests of nothing but what is still there as it was."""
        still = {id_ for id_ in self.spec.items if id_ not in dirty}
        return tuple(each.path for each in self.lock.contract if still.issuperset(each.requirements))

    def _decided(self) -> Iterator[Decided]:
        """What was decided, but for what concerns only requirements that are gone."""
        for each in self.lock.answers:
            still = tuple(id_ for id_ in each.requirements if id_ in self.spec.items)
            if still or not each.requirements:
                yield Decided(question=each.question, answer=each.answer, requirements=still)

    def _written_down(self, changes: Changes) -> dict[str, str]:
        """Items that were added and say what an earlier run had decided already, with the task that was built so.

        That is what becomes of a run's proposal when its author takes it into the spec: nothing is left to do.
        """
        tasks = {id_: task.id for task in self.lock.tasks if task.id in self._landed() for id_ in task.requirements}
        found: dict[str, str] = {}
        for id_ in changes.added:
            item = self.spec.items[id_]
            task = next((tasks[ref] for ref in item.refs if ref in tasks), None)
            if task is not None and any(_plain(each.answer) in _plain(item.text) for each in self.lock.answers):
                found[id_] = task
        return found

    def _landed(self) -> frozenset[str]:
        return landed_in(self.lock) if self.merged else frozenset()

    def _changes(self) -> Changes:
        return compare(self.lock, self.spec)


def _plain(text: str) -> str:
    """Words alone, for telling whether one text has another in it."""
    return " ".join(re.findall(r"\w+", text.casefold()))


def _with(plan: Plan, written: Mapping[str, str]) -> Plan:
    """The plan with further requirements for some of its tasks."""
    more = {task.id: tuple(id_ for id_, by in written.items() if by == task.id) for task in plan.tasks}
    tasks = (replace(task, requirements=(*task.requirements, *more[task.id])) for task in plan.tasks)
    return replace(plan, tasks=tuple(tasks))


def _told(changes: Changes, lock: Lock, spec: Spec) -> Iterator[str]:
    """The edit in old words and new ones, an entry a line."""
    for id_ in changes.added:
        yield f"- {id_} is new: {spec.items[id_].text}"
    for id_ in changes.changed:
        old, new = lock.items[id_].text, spec.items[id_].text
        if old == new:
            yield f"- {id_}: what stands beneath its sentence, a table or a block, is not what it was"
        else:
            yield f"- {id_} said: {old}\n  {id_} says: {new}"
    for id_ in changes.removed:
        yield f"- {id_} is gone. It said: {lock.items[id_].text}"
    if changes.shifted:
        yield f"- {', '.join(changes.shifted)}: the words are the same, and what they refer to is not"
    if changes.strength_only:
        yield f"- {', '.join(changes.strength_only)}: only how binding they are"
    if changes.terms:
        yield f"- terms: {', '.join(changes.terms)}"
    if changes.names:
        yield f"- declared names: {', '.join(changes.names)}"
    checks = (*changes.checks_added, *changes.checks_changed)
    if checks:
        yield f"- checks that are new or changed: {', '.join(checks)}"


def _broken(red: Collection[str]) -> Iterator[str]:
    if red:
        yield f"- checks that fail on what is there: {', '.join(sorted(red))}"
