"""The plan of a spec so small that planning it would cost more than doing it. Pure."""

from ..nouns.plan import Plan, SpecView, Task, Team

SMALL_WORDS = 120
"""A text of at most this many words is one task, and needs no planner."""


def small_plan(spec: SpecView) -> Plan:
    """One task that does the whole spec, in any path the spec does not forbid."""
    task = Task(
        id="T1",
        team="solo",
        title=spec.title,
        goal=spec.text.strip(),
        requirements=tuple(r.id for r in spec.requirements),
        owns=spec.owns or ("**",),
        checks=tuple(locked.check for locked in spec.locked),
    )
    return Plan(summary=spec.title, teams=(Team(id="solo", purpose="the whole change"),), tasks=(task,))
