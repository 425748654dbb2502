"""The queue on a real repository: real merges and landings, and a suite of two seconds for each tree."""

import asyncio
import contextlib
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from ...orchestrator.clock import SystemClock
from ...orchestrator.git.opening import open_repository
from ...orchestrator.landing import Branch
from ...orchestrator.merge_queue import MergeQueue
from ...orchestrator.nouns.events import AttemptStarted, Judged, Patched, PlanApproved, Planned, RunCreated
from ...orchestrator.nouns.keys import AttemptKey, integration_branch
from ...orchestrator.nouns.plan import Estimate, LockedTest, Plan
from ...orchestrator.nouns.runs import RunSettings
from ...orchestrator.nouns.verdicts import Expectation, GateReport, Verdict
from ...orchestrator.ports import Git, Store, TreeEntry
from ...orchestrator.run_view import RunView
from ...orchestrator.store.sqlite import SqliteStore
from ..parts import target
from ..sim.plans import random_plan, spec_of
from .patches import Odds, Patches

RUN = "queue"
SUITE_SECONDS = 2.0
_SUITE = """
import pathlib, sys, time
time.sleep({seconds})
sys.exit(any(each.read_text() == "bad" for each in pathlib.Path(sys.argv[1]).glob("src/*.txt")))
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Worked:
    """What became of the patches, and how long it took, in runs of the suite as it was measured."""

    runs: int
    makespan: float
    suite_seconds: float


class SuiteGate:
    """Writes a tree out and runs the suite on it, in a process; satisfies ports.Gate."""

    def __init__(self, git: Git, store: Store, *, slots: int, scratch: Path, suite: float) -> None:
        self._git = git
        self._store = store
        self._slots = asyncio.Semaphore(slots)
        self._scratch = scratch
        self._suite = suite
        self.seconds: list[float] = []

    async def judge(
        self,
        tree: str,
        *,
        expectation: Expectation,
        locked: Sequence[LockedTest] = (),
        key: AttemptKey | None = None,
        priority: float = 0.0,
        again: bool = False,
    ) -> Verdict:
        """Look up, or run the suite; what is expected and how urgent it is makes no difference here."""
        del expectation, locked, priority
        known = None if again else self._store.verdict(tree, "suite")
        if known is not None:
            return known
        async with self._slots:
            began = time.monotonic()
            passed = await self._run(tree)
            self.seconds.append(time.monotonic() - began)
        reasons = () if passed else ("the suite ended with 1",)
        verdict = Verdict(tree=tree, gate="suite", passed=passed, reasons=reasons)
        self._store.append(Judged(verdict=verdict, report=self._store.put_blob("{}"), key=key), author="gate")
        return verdict

    async def report(self, tree: str, *, locked: Sequence[LockedTest] = ()) -> GateReport:
        """Nobody asks for one here."""
        raise LookupError(f"no report of {tree} with {len(locked)} locked tests")

    async def _run(self, tree: str) -> bool:
        with tempfile.TemporaryDirectory(dir=self._scratch) as place:
            entries = await self._git.entries(tree)
            contents = await self._git.read_many([entry.id for entry in entries.values()])
            _lay_out(Path(place), {path: contents[entry.id] for path, entry in entries.items()})
            program = _SUITE.format(seconds=self._suite)
            process = await asyncio.create_subprocess_exec(sys.executable, "-c", program, place)
            return await process.wait() == 0


def _lay_out(place: Path, files: Mapping[str, bytes]) -> None:
    for path, content in files.items():
        (place / path).parent.mkdir(parents=True, exist_ok=True)
        (place / path).write_bytes(content)


def work_off(*, patches: int, bad: frozenset[str], slots: int, seconds: float = SUITE_SECONDS) -> Worked:
    """Have so many patches land, of which those of these tasks are bad, and say what it took."""
    with tempfile.TemporaryDirectory(prefix="queue-") as place:
        return asyncio.run(_work_off(Path(place), patches=patches, bad=bad, slots=slots, seconds=seconds))


async def _work_off(place: Path, *, patches: int, bad: frozenset[str], slots: int, seconds: float) -> Worked:
    root = target.create(place / "repo")
    git, clock = open_repository(root), SystemClock()
    store = SqliteStore(None, clock=clock, redact=str, blobs=None)
    plan = random_plan(seed=1, tasks=patches, density=0.0)
    base = target.git(root, "rev-parse", "HEAD")
    keys = await _patched(git, store, plan, base=base, bad=bad)
    view = RunView(store, spec_of(plan), Expectation())
    gate = SuiteGate(git, store, slots=slots, scratch=place, suite=seconds)
    branch = Branch(run=RUN, git=git, store=store, clock=clock, view=view)
    queue = MergeQueue(branch, git=git, store=store, gate=gate, view=view, slots=slots)
    began = time.monotonic()
    serving = asyncio.create_task(queue.serve())
    outcomes = await asyncio.gather(*(queue.submit(key) for key in keys))
    took = time.monotonic() - began
    serving.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await serving
    wrong = [str(key) for key, outcome in zip(keys, outcomes, strict=True) if outcome.landed == (key.task in bad)]
    if wrong:
        raise RuntimeError(f"these landed and are bad, or the other way round: {', '.join(wrong)}")
    suite = sum(gate.seconds) / len(gate.seconds)
    return Worked(runs=len(gate.seconds), makespan=took / suite, suite_seconds=suite)


async def _patched(git: Git, store: Store, plan: Plan, *, base: str, bad: frozenset[str]) -> list[AttemptKey]:
    """A run with a patch for each task, which has written its file."""
    created = RunCreated(
        run=RUN, spec_id="sim", spec_blob="", title="A queue", base=base, settings=RunSettings(profile="sim", repo="")
    )
    estimate = Estimate(calls=1, usd=0.0, minutes=1.0, critical_path=())
    store.append(created, Planned(plan=plan, estimate=estimate), PlanApproved(), author="driver")
    await git.move_ref(integration_branch(RUN), new=base, old=None)
    tree = await git.tree_of(base)
    for task in plan.tasks:
        key = AttemptKey(task=task.id)
        words = b"bad" if task.id in bad else b"good"
        made = await git.amend_tree(tree, {task.owns[0]: TreeEntry(mode="100644", id=await git.write(words))})
        patch = await git.commit(tree=made, parents=[base], message=task.title, at=1.0)
        started = AttemptStarted(key=key, rung="flash", base_tree=tree)
        alone = Verdict(tree=made, gate="alone", passed=True)
        judged = Judged(verdict=alone, report=store.put_blob("{}"), key=key)
        store.append(started, Patched(key=key, patch=patch, tree=made), judged, author="sim")
    return [AttemptKey(task=task.id) for task in plan.tasks]


class Known(Patches):
    """Patches of which one knows which are bad."""

    def __init__(self, patches: int, bad: frozenset[str]) -> None:
        super().__init__(Odds(patches=patches, bad=0.0), seed=0)
        self.names = tuple(f"T{number}" for number in range(1, patches + 1))
        self.bad = bad
