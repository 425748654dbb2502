"""Whether a plan can be built as it stands. Pure; what it finds is told to the planner once, then to a person.

Rules, in the order of checking:
1. At least one task and at most 100; ids ``T1``, ``T2``, ... are unique, minutes positive, titles and goals not empty.
2. Teams are declared once, and every task is in one of them.
3. Dependencies exist and have no cycle.
4. Requirement ids are those of the spec, and every MUST is covered.
5. Owned paths stay in the repository, and within what the spec owns and does not forbid.
6. Tasks that may run at the same time own nothing in common; tasks in order may.
7. A check that spans several tasks is locked to the last of them, which must build on the others.
8. The ladders of teams and tasks can be climbed.
"""

import math
import re
from collections import Counter
from collections.abc import Collection, Iterator
from itertools import combinations

from ..nouns.plan import Finding, Plan, SpecView, Task
from . import globs
from .checks import covering_tasks, requirements_by_check
from .critical_path import ancestors, natural, topological
from .ladder import findings as ladder_findings

MOST_TASKS = 100

_TASK_ID = re.compile(r"T[1-9][0-9]{0,3}")
_TEAM_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,39}")
"""Becomes part of a branch's name."""


def check_plan(plan: Plan, spec: SpecView, paths: Collection[str]) -> tuple[Finding, ...]:
    """Everything that is wrong with ``plan``; empty where it can be built.

    ``paths`` are the files of the base, of which a clash names one as an example.
    """
    findings = [*_shape(plan), *_teams(plan), *_needs(plan), *_requirements(plan, spec), *_ownership(plan, spec)]
    findings += ladder_findings(plan)
    try:
        before = ancestors(plan)
    except ValueError as cycle:
        return (*findings, Finding(task=None, message=f"{_sentence(str(cycle))} Remove one dependency of the circle."))
    if len(before) == len(plan.tasks):  # with repeated ids nobody can say who runs beside whom
        findings += [*_clashes(plan, before, paths), *_spanning_checks(plan, spec, before)]
    return tuple(findings)


def _shape(plan: Plan) -> Iterator[Finding]:
    if not plan.tasks:
        yield Finding(task=None, message="The plan has no task: name at least one.")
    if len(plan.tasks) > MOST_TASKS:
        message = f"The plan has {len(plan.tasks)} tasks: merge small ones until there are at most {MOST_TASKS}."
        yield Finding(task=None, message=message)
    for repeated, count in Counter(task.id for task in plan.tasks).items():
        if count > 1:
            yield Finding(task=repeated, message=f"{count} tasks are called {repeated!r}: give each an id of its own.")
    for task in plan.tasks:
        if not _TASK_ID.fullmatch(task.id):
            yield Finding(task=task.id, message=f"{task.id!r} is not a task id: call tasks T1, T2, T3 and so on.")
        if not (task.minutes > 0 and math.isfinite(task.minutes)):
            message = f"minutes is {task.minutes}: estimate how long one good attempt takes, above 0."
            yield Finding(task=task.id, message=message)
        if not task.title.strip() or not task.goal.strip():
            yield Finding(task=task.id, message="The title or the goal is empty: say what is to be done.")


def _teams(plan: Plan) -> Iterator[Finding]:
    known = [team.id for team in plan.teams]
    for team, count in Counter(known).items():
        if count > 1:
            yield Finding(task=None, message=f"Team {team!r} is declared {count} times: declare it once.")
        if not _TEAM_ID.fullmatch(team):
            message = f"{team!r} is not a team id: use letters, digits, hyphens and underscores."
            yield Finding(task=None, message=message)
    for task in plan.tasks:
        if task.team not in known:
            message = f"Team {task.team!r} is not declared: add it to the teams, or choose from {_listed(known)}."
            yield Finding(task=task.id, message=message)


def _needs(plan: Plan) -> Iterator[Finding]:
    known = {task.id for task in plan.tasks}
    for task in plan.tasks:
        for need in dict.fromkeys(task.needs):
            if need not in known:
                message = f"It needs {need!r}, which is not in the plan: remove it, or add that task."
                yield Finding(task=task.id, message=message)


def _requirements(plan: Plan, spec: SpecView) -> Iterator[Finding]:
    known = {requirement.id for requirement in spec.requirements}
    for task in plan.tasks:
        for requirement in dict.fromkeys(task.requirements):
            if requirement not in known:
                message = f"The spec has no requirement {requirement!r}: it has {_listed(known)}."
                yield Finding(task=task.id, message=message)
    covered = {requirement for task in plan.tasks for requirement in task.requirements}
    for required in spec.requirements:
        if required.strength == "MUST" and required.id not in covered:
            message = f"No task covers {required.id} ({required.text.strip()[:100]}): add it to a task's requirements."
            yield Finding(task=None, message=message)


def _ownership(plan: Plan, spec: SpecView) -> Iterator[Finding]:
    for task in plan.tasks:
        if not task.owns:
            yield Finding(task=task.id, message="It owns no path: name the files or folders it may write.")
        for glob in task.owns:
            wrong = globs.problem(glob) or outside(glob, spec)
            if wrong:
                yield Finding(task=task.id, message=f"The owned path {glob!r} {wrong}: choose another.")


def outside(glob: str, spec: SpecView) -> str:
    """Why the spec lets no task own this, as the end of a sentence about it; empty if one may."""
    if spec.owns and not any(globs.covers(allowed, glob) for allowed in spec.owns):
        return f"is not within what the spec owns ({', '.join(spec.owns)})"
    forbidden = [forbid for forbid in spec.forbid if globs.covers(forbid, glob)]
    return f"is forbidden by the spec ({forbidden[0]})" if forbidden else ""


def _clashes(plan: Plan, before: dict[str, frozenset[str]], paths: Collection[str]) -> Iterator[Finding]:
    for one, other in combinations(sorted(plan.tasks, key=lambda task: natural(task.id)), 2):
        if one.id in before[other.id] or other.id in before[one.id]:
            continue
        shared = _shared(one, other)
        if shared:
            example = _example(*shared, paths)
            message = (
                f"{one.id} owns {shared[0]!r} and {other.id} owns {shared[1]!r}, which may be the same file{example}, "
                f"and they may run at the same time: divide the paths, or let {other.id} need {one.id}."
            )
            yield Finding(task=other.id, message=message)


def _shared(one: Task, other: Task) -> tuple[str, str] | None:
    pairs = ((a, b) for a in one.owns for b in other.owns)
    return next(((a, b) for a, b in pairs if globs.may_overlap(a, b)), None)


def _example(one: str, other: str, paths: Collection[str]) -> str:
    both = min((path for path in paths if globs.covers(one, path) and globs.covers(other, path)), default=None)
    return f" ({both})" if both is not None and both not in {one, other} else ""


def _spanning_checks(plan: Plan, spec: SpecView, before: dict[str, frozenset[str]]) -> Iterator[Finding]:
    position = {task: number for number, task in enumerate(topological(plan))}
    told: set[tuple[str, str]] = set()
    for check, requirements in requirements_by_check(spec.locked).items():
        covering = covering_tasks(plan, requirements)
        last = max(covering, key=position.__getitem__, default="")
        for task in covering:
            if task != last and task not in before[last] and (task, last) not in told:
                told.add((task, last))
                message = (
                    f"Check {check} of {_listed(requirements)} needs the work of {task} and {last}: "
                    f"let {last} need {task}, or give its requirements to one of them."
                )
                yield Finding(task=last, message=message)


def _listed(ids: Collection[str]) -> str:
    return ", ".join(sorted(ids, key=natural)) or "none"


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:] + "."
