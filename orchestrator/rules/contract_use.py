"""What contracts add to a spec, to a plan, and to what a team's workers are told. Pure.

A contract's tests become checks like those of the spec: of the spec's view its locked tests, of a task its checks.
Whoever judges, lands, proves or protects then treats both alike, and without contracts everything is as it was.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from ..nouns.contract import Contract, Stub
from ..nouns.plan import Plan, SpecView
from .contract_needs import offers


def with_tests(spec: SpecView, contracts: Iterable[Contract]) -> SpecView:
    """The spec with the contracts' tests after its own."""
    tests = tuple(test for contract in contracts for test in contract.tests)
    return replace(spec, locked=(*spec.locked, *tests)) if tests else spec


def with_checks(plan: Plan, contracts: Iterable[Contract]) -> Plan:
    """The plan with each contract's tests among the checks of the tasks they are locked to."""
    more: dict[str, tuple[str, ...]] = {}
    for contract in contracts:
        for test, task in zip(contract.tests, contract.tasks, strict=True):
            more[task] = (*more.get(task, ()), test.check)
    if not more:
        return plan
    tasks = (replace(task, checks=(*task.checks, *more.get(task.id, ()))) for task in plan.tasks)
    return replace(plan, tasks=tuple(tasks))


def stubs_for(team: str, contracts: Sequence[Contract], plan: Plan, spec: SpecView) -> tuple[Stub, ...]:
    """The stubs of a team, then those of other teams that one of its tasks leans on, by path."""
    mine = {task.id for task in plan.tasks if task.team == team}
    owners = {offer.task for offer in offers(plan, spec, ()) if mine.intersection(offer.readers)}
    own = [stub for contract in contracts if contract.team == team for stub in contract.stubs]
    others = [s for contract in contracts if contract.team != team for s in contract.stubs if s.task in owners]
    return (*sorted(own, key=lambda stub: stub.path), *sorted(others, key=lambda stub: stub.path))
