"""A planner's answer to an edited spec as a plan of what is to be done, and whether that plan holds. Pure."""

from collections.abc import Collection
from dataclasses import replace

from ..nouns.earlier import Earlier, Revision
from ..nouns.plan import Finding, Plan, SpecView
from .carry import carry, check_whole, whole
from .edit import Drop, Keep, New, Verb, needs_planner
from .replan import guard


def untouched(earlier: Earlier) -> Revision | None:
    """The answer that needs no planner: everything is kept; None where the edit touches something."""
    if needs_planner(earlier.plan, earlier.edit):
        return None
    to_do = [task.id for task in earlier.plan.tasks if task.id not in earlier.landed]
    summary = f"Nothing has changed that a task depends on; {', '.join(to_do) or 'nothing'} is left to do."
    return Revision(summary=summary, keep=tuple(task.id for task in earlier.plan.tasks))


def revised(revision: Revision, earlier: Earlier) -> Plan:
    """The plan of what is to be done, which remembers what is kept and what goes."""
    verbs: tuple[Verb, ...] = (
        *(Keep(task=task) for task in revision.keep),
        *(Drop(task=task) for task in revision.drop),
        *(New(task=task, removes=task.removes) for task in revision.new),
    )
    plan = carry(earlier.plan, verbs, teams=revision.teams, known=earlier.edit.known, landed=earlier.landed)
    every = whole(earlier.plan, verbs, teams=revision.teams, known=earlier.edit.known)
    return replace(
        plan,
        summary=revision.summary,
        notes=revision.notes,
        kept=tuple(task for task in every.tasks if task.id in earlier.landed),
        dropped=revision.drop,
    )


def findings(plan: Plan, earlier: Earlier, spec: SpecView, paths: Collection[str]) -> tuple[Finding, ...]:
    """What is wrong with a revised plan: first whether it touches more than the edit does, then as any other."""
    wrong = guard(earlier.plan, _verbs(plan, earlier), earlier.edit, landed=earlier.landed)
    if wrong or not plan.tasks:
        return wrong
    complete = replace(plan, tasks=(*plan.kept, *plan.tasks))
    return check_whole(complete, spec, paths, landed=earlier.landed)


def _verbs(plan: Plan, earlier: Earlier) -> tuple[Verb, ...]:
    """The verbs that a plan came from."""
    before = {task.id for task in earlier.plan.tasks}
    return (
        *(Keep(task=task.id) for task in plan.kept),
        *(Drop(task=task) for task in plan.dropped),
        *(Keep(task=t.id) if t.id in before else New(task=t, removes=t.removes) for t in plan.tasks),
    )
