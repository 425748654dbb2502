"""Runs the compiled checks of ten exercises against a right and a wrong solution, through the gate, in the sandbox.

A solution is laid into a tree at the place that the spec's interface names. Checks tell two solutions apart when every
test passes for the right one, and at least one says no, by assertion, to the wrong one.
"""

import asyncio
import random
import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from ...orchestrator.clock import SystemClock
from ...orchestrator.environment import prepare
from ...orchestrator.errors import SandboxUnavailable
from ...orchestrator.gate.gate import PytestGate
from ...orchestrator.git.opening import open_repository
from ...orchestrator.nouns.plan import LockedTest
from ...orchestrator.nouns.verdicts import GateReport
from ...orchestrator.ports import Git, TreeEntry
from ...orchestrator.sandbox.port import CommandLimits
from ...orchestrator.sandbox.probe import probe
from ...orchestrator.store.sqlite import SqliteStore
from ...specs.compile import CompiledCheck
from ..parts import target
from ..report import cores
from .exercism import Compiled

SOLUTIONS = Path(__file__).with_name("solutions")
ASSERTION = "assertion"
"""What a gate's result says where the test itself said no."""
_LIMITS = CommandLimits(seconds=60, free_bytes=0)
_FILE = "100644"


class CannotJudge(RuntimeError):
    """Nothing here confines a command, so no solution was run; the message says what to install."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What the checks of an exercise said of its two solutions."""

    slug: str
    tests: int
    right: GateReport
    wrong: GateReport

    @property
    def apart(self) -> bool:
        """Whether the checks tell the two apart."""
        return self.tests > 0 and not self.against_right and bool(self.against_wrong)

    @property
    def against_right(self) -> list[str]:
        """Why the right solution does not pass."""
        passed = self.right.passed()
        said = [f"{result.id}: {result.detail[-200:]}" for result in self.right.results if result.id not in passed]
        unfinished = [self.right.problem] if not self.right.complete else []
        return unfinished + said + (["tests are missing"] if len(self.right.results) != self.tests else [])

    @property
    def against_wrong(self) -> list[str]:
        """The tests that said no to the wrong solution by assertion."""
        return [result.id for result in self.wrong.results if result.raised == ASSERTION] if self.wrong.complete else []


def solved() -> frozenset[str]:
    """The exercises there are solutions of."""
    names = (file.stem.removesuffix("_right") for file in SOLUTIONS.glob("*_right.py"))
    return frozenset(name.replace("_", "-") for name in names)


def tell(exercises: Iterable[Compiled]) -> tuple[Told, ...]:
    """Judge both solutions of each exercise. Raises CannotJudge."""
    return asyncio.run(_tell(list(exercises)))


async def _tell(exercises: Sequence[Compiled]) -> tuple[Told, ...]:
    with tempfile.TemporaryDirectory(prefix="telling-") as place:
        git = open_repository(target.create(Path(place, "repo")))
        gate = await _gate(git, Path(place))
        return tuple(await asyncio.gather(*(_told(gate, git, one) for one in exercises)))


async def _gate(git: Git, place: Path) -> PytestGate:
    try:
        sandbox = await probe()
    except SandboxUnavailable as unavailable:
        raise CannotJudge(str(unavailable)) from unavailable
    tree = await git.amend_tree(None, {})
    return PytestGate(
        git,
        SqliteStore(None, clock=SystemClock(), redact=str, blobs=None),
        sandbox=sandbox,
        environment=await prepare(git, tree, sandbox=sandbox, cache=place / "environments"),
        slots=cores(),
        scratch=place / "gate",
        clock=SystemClock(),
        random=random.SystemRandom(),
        limits=_LIMITS,
    )


async def _told(gate: PytestGate, git: Git, one: Compiled) -> Told:
    locked = [_locked(check) for check in one.checks]
    reports = [await gate.run_alone(await _tree(git, one, kind=kind), locked) for kind in ("right", "wrong")]
    tests = sum(len(check.tests) for check in one.checks)
    return Told(slug=one.exercise.slug, tests=tests, right=reports[0], wrong=reports[1])


async def _tree(git: Git, one: Compiled, *, kind: str) -> str:
    """A tree that has nothing but a solution."""
    module = one.exercise.module
    content = (SOLUTIONS / f"{module}_{kind}.py").read_bytes()
    return await git.amend_tree(None, {f"src/{module}.py": TreeEntry(mode=_FILE, id=await git.write(content))})


def _locked(check: CompiledCheck) -> LockedTest:
    return LockedTest(
        check=check.check,
        requirements=check.requirements,
        path=check.path,
        text=check.text,
        tests=check.tests,
        secret=check.secret,
    )
