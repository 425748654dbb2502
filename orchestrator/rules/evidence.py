"""Why a requirement counts as met, read off the verdict of the tree that landed. Pure.

A check that passes is V1. A requirement that its task claims to meet and nothing checks is V0. V2 and V3 need a mutant
and a holdout beside it, and are never claimed here.
"""

from collections.abc import Iterable, Iterator

from ..nouns.plan import Plan, SpecView
from ..nouns.runs import Evidence, Landing
from ..nouns.verdicts import Verdict

CLAIM = "-"
"""The check of a requirement that no check decides."""


def evidence_for(landings: Iterable[Landing], *, plan: Plan, spec: SpecView, verdict: Verdict) -> tuple[Evidence, ...]:
    """The evidence that landing these patches adds, given the verdict on the tree that landed."""
    return tuple(each for landing in landings for each in _of_task(landing, plan=plan, spec=spec, verdict=verdict))


def _of_task(landing: Landing, *, plan: Plan, spec: SpecView, verdict: Verdict) -> Iterator[Evidence]:
    task = plan.task(landing.key.task)
    keys = {requirement.id: requirement.key for requirement in spec.requirements}
    passed = set(verdict.tests)
    checked: set[str] = set()
    for locked in spec.locked:
        checked.update(locked.requirements)
        if locked.check in task.checks and passed.issuperset(locked.tests):
            for requirement in locked.requirements:
                yield Evidence(
                    requirement=requirement,
                    requirement_key=keys.get(requirement, ""),
                    check=locked.check,
                    level="V1",
                    task=task.id,
                    commit=landing.commit,
                    tree=verdict.tree,
                )
    for requirement in task.requirements:
        if requirement not in checked:
            yield Evidence(
                requirement=requirement,
                requirement_key=keys.get(requirement, ""),
                check=CLAIM,
                level="V0",
                task=task.id,
                commit=landing.commit,
                tree=verdict.tree,
            )
