"""A time limit for each check that runs alone, for `verify` and `lint --run`: below that of the gate, and told."""

import asyncio
from collections.abc import Collection, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field, replace
from typing import Protocol

from ..orchestrator.evidence.trial import Around, Bench
from ..orchestrator.nouns.plan import LockedTest
from ..orchestrator.nouns.verdicts import GateReport
from ..specs.nouns import Spec
from .verifying_seconds import SLOW


def slow(spec: Spec) -> frozenset[str]:
    """The checks of a spec that are said to be slow."""
    return frozenset(check.id for check in spec.checks if "slow" in check.flags)


class Watcher(Protocol):
    """Who is told which check runs."""

    def during(self, check: str, around: Around) -> Around:
        """What is entered and left around a session of a check, with what would be entered anyway."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Limited:
    """The gate where each check has a time limit of its own; a bench for `orchestrator.evidence`."""

    gate: Bench
    seconds: float
    slow: Collection[str]
    watcher: Watcher
    late: set[str] = field(default_factory=set)
    """Checks that ran into their limit on some tree."""

    @property
    def environment(self) -> str:
        """The gate's."""
        return self.gate.environment

    def limit(self, check: str) -> float:
        """The seconds that a check may run."""
        return self.seconds * (SLOW if check in self.slow else 1)

    async def run_alone(
        self,
        tree: str,
        tests: Sequence[LockedTest],
        *,
        edits: Mapping[str, bytes] | None = None,
        seconds: float | None = None,
        around: Around = nullcontext,
    ) -> GateReport:
        """What becomes of these tests alone; a session that ran into its limit is said to have been stopped by it."""
        name = tests[0].check if tests else ""
        most = max((self.limit(test.check) for test in tests), default=self.seconds)
        most = most if seconds is None else min(seconds, most)
        watched = self.watcher.during(name, around)
        report = await self.gate.run_alone(tree, tests, edits=edits, seconds=most, around=watched)
        if report.complete or report.seconds < most:
            return report
        self.late.add(name)
        output = report.problem.partition("\n")[2]
        return replace(report, problem=f"{stopped(most)}\n{output}".strip())

    async def each(self, tree: str, tests: Sequence[LockedTest]) -> dict[str, GateReport]:
        """What becomes of each test alone, by its check; as many run at once as the gate has slots."""
        tasks = [asyncio.create_task(self.run_alone(tree, [test])) for test in tests]
        try:
            reports = await asyncio.gather(*tasks)
        finally:
            for task in tasks:
                task.cancel()
            if tasks:
                await asyncio.wait(tasks)
        return {test.check: report for test, report in zip(tests, reports, strict=True)}

    def told(self, text: str) -> str:
        """What is said of a check as it ends, such as ``R1.c1: stopped``, with the reason for that."""
        name, _, result = text.partition(": ")
        return f"{name}: {stopped(self.limit(name))}" if result == "stopped" and name in self.late else text


def stopped(seconds: float) -> str:
    """What is said of a check that came to its limit."""
    return f"stopped: it ran longer than {seconds:g} s"
