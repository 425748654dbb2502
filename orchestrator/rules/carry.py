"""The plan after an edit: what is kept, what is to do, and under which ids. Pure."""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import fields, replace
from typing import Any

from ...specs.lock_nouns import Lock, LockedTask
from ..nouns.plan import Finding, Plan, SpecView, Task, Team
from .critical_path import natural
from .edit import Keep, New, Verb, requirements_of
from .plan_check import check_plan

_COUNTED = re.compile(r"T[0-9]{1,9}")


def plan_of(lock: Lock) -> Plan:
    """The plan that a lock remembers."""
    purposes = {team.id: team.purpose for team in lock.teams}
    return Plan(
        summary="",
        teams=tuple(Team(id=id_, purpose=purposes.get(id_, "")) for id_ in dict.fromkeys(t.team for t in lock.tasks)),
        tasks=tuple(Task(**_common(task)) for task in lock.tasks),
    )


def locked_task(task: Task, *, action_key: str, commit: str, paths: tuple[str, ...], run: str) -> LockedTask:
    """The row of a lock that remembers a task, and what became of it."""
    return LockedTask(**_common(task), action_key=action_key, commit=commit, paths=paths, run=run)


def _common(task: Task | LockedTask) -> dict[str, Any]:
    """What a task and its row in a lock both say."""
    remembered = {each.name for each in fields(LockedTask)}
    return {each.name: getattr(task, each.name) for each in fields(Task) if each.name in remembered}


def landed_in(lock: Lock) -> frozenset[str]:
    """The tasks of a lock whose work is there."""
    return frozenset(task.id for task in lock.tasks if task.commit)


def whole(
    previous: Plan, verbs: Sequence[Verb], *, teams: Sequence[Team] = (), known: Collection[str] | None = None
) -> Plan:
    """The plan after the edit: kept and new tasks, the new ones under ids that no task of ``previous`` has.

    A need on a dropped task becomes one on the new tasks that took over a requirement of it. ``teams`` are those the
    planner added. With ``known``, kept tasks lose the requirements that are gone.
    """
    kept_ids = {verb.task for verb in verbs if isinstance(verb, Keep)}
    kept = [_still(task, known) for task in previous.tasks if task.id in kept_ids]
    proposed = [verb.task for verb in verbs if isinstance(verb, New)]
    new = [replace(task, id=id_) for task, id_ in zip(proposed, _free_ids(proposed, previous), strict=True)]
    means = {
        task.id: (task.id,) if task.id in kept_ids else tuple(other.id for other in new if _shares(other, task))
        for task in previous.tasks
    }
    called = {old.id: (now.id,) for old, now in reversed([*zip(proposed, new, strict=True)])}
    tasks = [*(_rewired(task, means) for task in kept), *(_rewired(task, means | called) for task in new)]
    return replace(previous, teams=_used(tasks, [*previous.teams, *teams]), tasks=tuple(tasks))


def carry(
    previous: Plan,
    verbs: Sequence[Verb],
    *,
    teams: Sequence[Team] = (),
    known: Collection[str] | None = None,
    landed: Collection[str] | None = None,
) -> Plan:
    """The plan of what is to do: new tasks, and kept ones that have not landed. A need on what landed is met.

    It has no task where nothing is to do, and then there is nothing to build: verify what is there.
    """
    plan = whole(previous, verbs, teams=teams, known=known)
    done = _landed(previous, landed)
    tasks = [_without_needs(task, done) for task in plan.tasks if task.id not in done]
    return replace(plan, teams=_used(tasks, plan.teams), tasks=tuple(tasks))


def check_whole(plan: Plan, spec: SpecView, paths: Collection[str], *, landed: Collection[str]) -> tuple[Finding, ...]:
    """What `check_plan` finds in a plan of which some tasks have landed; of those nothing is asked any more.

    They stand as one task on which all others build, so that what they own and cover counts and clashes with nothing.
    """
    done = [task for task in plan.tasks if task.id in landed]
    if not done:
        return check_plan(plan, spec, paths)
    there = replace(
        done[0],
        requirements=tuple(sorted(requirements_of(done) & {each.id for each in spec.requirements}, key=natural)),
        owns=tuple(dict.fromkeys(glob for task in done for glob in task.owns)),
        needs=(),
    )
    to_do = [_without_needs(task, landed) for task in plan.tasks if task.id not in landed]
    tasks = (there, *(replace(task, needs=(there.id, *task.needs)) for task in to_do))
    found = check_plan(replace(plan, tasks=tasks), spec, paths)
    return tuple(finding for finding in found if finding.task != there.id)


def _landed(previous: Plan, landed: Collection[str] | None) -> set[str]:
    return {task.id for task in previous.tasks} if landed is None else set(landed)


def _shares(one: Task, other: Task) -> bool:
    return not set(one.requirements).isdisjoint(other.requirements)


def _still(task: Task, known: Collection[str] | None) -> Task:
    if known is None:
        return task
    return replace(task, requirements=tuple(id_ for id_ in task.requirements if id_ in known))


def _rewired(task: Task, means: Mapping[str, tuple[str, ...]]) -> Task:
    """The task with its needs under the ids they have now; one that nobody knows is left for `check_plan` to name."""
    needs = (now for need in task.needs for now in means.get(need, (need,)) if now != task.id)
    return replace(task, needs=tuple(dict.fromkeys(needs)))


def _without_needs(task: Task, met: Collection[str]) -> Task:
    return replace(task, needs=tuple(need for need in task.needs if need not in met))


def _used(tasks: Iterable[Task], teams: Iterable[Team]) -> tuple[Team, ...]:
    """The teams that have a task; of two with one id the first."""
    used = {task.team for task in tasks}
    found: dict[str, Team] = {}
    for team in teams:
        if team.id in used:
            found.setdefault(team.id, team)
    return tuple(found.values())


def _free_ids(proposed: Iterable[Task], previous: Plan) -> Iterator[str]:
    """The ids of new tasks: their own where nothing has it, otherwise the next number that is free."""
    proposed = [*proposed]
    taken = {task.id for task in previous.tasks}
    number = max((int(id_[1:]) for id_ in taken | {t.id for t in proposed} if _COUNTED.fullmatch(id_)), default=0)
    for task in proposed:
        id_ = task.id
        if id_ in taken:
            number += 1
            id_ = f"T{number}"
        taken.add(id_)
        yield id_
