"""What a person adds to a run, and takes back from it: the tasks that this comes to, and what stands in the way. Pure.

A sentence that was added becomes one task. Where everything else is over and the sentence is short, code places it: the
task builds on all that has landed and may write whatever the spec lets a task write, as the task of a small spec may.
Taking back is a task as well; a landing undoes another, and nobody moves a ref by hand.
"""

import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace

from ..nouns.hands import Amendment, Wish
from ..nouns.plan import Plan, SpecView, Task, Team
from ..nouns.runs import TaskStatus
from ..nouns.verdicts import Verdict
from . import globs
from .critical_path import natural
from .small_plan import SMALL_WORDS

AMENDED = "amended:"
"""Prefix of the choices that say which task an amendment became, and what had landed by then; ends with its number."""
AMENDS = "amends:"
"""Prefix of the choices that name the number of the amendment that a task is for; ends with the task."""
REVERTS = "reverts:"
"""Prefix of the choices that say what became of the wish of that number to take something back."""
FORGETS = "forgets:"
"""Prefix of the choices that hold the tests which a task that takes another back lets go; ends with the task."""

ROUND = 1000
"""Rounds of the planner that place amendments are counted from here: those below are the plan's own."""

_REFERENCE = re.compile(r"\b[A-Z]\d+\b")
_CODE = re.compile(r"`([^`\s]+)`")
_TITLE = 60
_ADDED = Team(id="added", purpose="what was added while the run was under way")


def next_task(plan: Plan) -> str:
    """An id that no task of the plan has or had."""
    known = (*(task.id for task in (*plan.tasks, *plan.kept)), *plan.dropped)
    return f"T{max((natural(task)[1] for task in known), default=0) + 1}"


def needs_no_planner(text: str, statuses: Iterable[TaskStatus]) -> bool:
    """Whether code can place a sentence: it is short, and whoever else may still write comes before it."""
    return len(text.split()) <= SMALL_WORDS and all(status.over or status.task.broad for status in statuses)


def placed(
    plan: Plan, amendment: Amendment, *, spec: SpecView, landed: Collection[str], dropped: Collection[str] = ()
) -> Plan:
    """The plan with one task more, which builds on all that has landed, and on what was added before it."""
    team = _team(plan, amendment.text)
    before = (task.id for task in plan.tasks if task.id in landed or (task.broad and task.id not in dropped))
    task = Task(
        id=next_task(plan),
        team=team.id,
        title=_title(amendment.text),
        goal=(
            f"{amendment.requirement} was added to the spec after the rest of it was built: {amendment.text}\n"
            "Build it on what is there, with its tests. What the spec said before stays as it is, and so do the tests "
            "that are there, but for what the new sentence itself changes."
        ),
        requirements=(amendment.requirement,),
        owns=spec.owns or ("**",),
        needs=tuple(sorted(before, key=natural)),
        broad=True,
    )
    return with_task(plan, task, [team])


def with_task(plan: Plan, task: Task, teams: Iterable[Team] = ()) -> Plan:
    """The plan with this task, and its team where that is new."""
    known = {team.id for team in plan.teams}
    more = tuple(team for team in teams if team.id == task.team and team.id not in known)
    return replace(plan, teams=(*plan.teams, *more), tasks=(*plan.tasks, task))


def builders(plan: Plan, statuses: Sequence[TaskStatus], task: str) -> tuple[str, ...]:
    """The tasks that build on one: what they landed, or will, leans on it.

    A task that has landed and only needs all that was there is left to the gate, which says whether it leans on it.
    """
    needs = {status.task.id: {*status.task.needs, *status.extra_needs} for status in statuses}
    broad = {status.task.id for status in statuses if status.task.broad and status.state == "landed"}
    found, before = {task}, 0
    while len(found) > before:
        before = len(found)
        found |= {other for other, its in needs.items() if other not in broad and not its.isdisjoint(found)}
    counts = {status.task.id for status in statuses if status.state != "dropped" and not status.task.by_code}
    order = [each.id for each in plan.tasks]
    return tuple(sorted((found & counts) - {task}, key=lambda each: (each not in order, natural(each))))


def taking_back(plan: Plan, wish: Wish, *, landed: Collection[str]) -> Task:
    """The task whose landing takes another's back."""
    old = plan.task(wish.task)
    return Task(
        id=next_task(plan),
        team=old.team,
        title=f"Take back {old.id}: {old.title}",
        goal=reason_of(wish),
        owns=old.owns,
        needs=tuple(sorted({each.id for each in plan.tasks if each.id in landed} - {old.id}, key=natural)),
        minutes=old.minutes,
        reverts=old.id,
    )


def reason_of(wish: Wish) -> str:
    """Who took something back, and why."""
    by = wish.by.removeprefix("person:")
    return f"Taken back by {by}: {wish.why}" if wish.why else f"Taken back by {by}."


def forgotten(verdict: Verdict | None, *, promised: Collection[str]) -> tuple[str, ...]:
    """The tests that came with a patch, by what the gate saw of it: they go as they came.

    ``promised`` are those of the base, and of work that did not build on it.
    """
    tests = verdict.tests if verdict is not None else ()
    return tuple(test for test in tests if test not in promised)


def _title(text: str) -> str:
    """A subject for the task's commit: the sentence, or its beginning."""
    line = text.rstrip(".").replace("`", "")
    return line if len(line) <= _TITLE else line[:_TITLE].rsplit(" ", 1)[0]


def _team(plan: Plan, text: str) -> Team:
    """Whose part the sentence is about: by the requirements and paths it names, else the only team, else a new one."""
    named, paths = set(_REFERENCE.findall(text)), _CODE.findall(text)
    teams = {team.id: team for team in plan.teams}
    for task in plan.tasks:
        owns = not task.broad and any(_names(glob, path) for glob in task.owns for path in paths)
        if task.team in teams and (owns or not named.isdisjoint(task.requirements)):
            return teams[task.team]
    return plan.teams[0] if len(plan.teams) == 1 else teams.get(_ADDED.id, _ADDED)


def _names(glob: str, path: str) -> bool:
    return ("/" in path or "." in path) and globs.problem(path) == "" and globs.covers(glob, path)
