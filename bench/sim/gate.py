"""The Gate port in memory: a tree is red when one of its files says so, or when two files that clash meet.

A file ``src/T3.txt`` holds words: ``bad`` makes any tree with it red; ``hates:T5`` makes it red together with T5's
file, unless either says ``knows:`` the other, which a worker writes who saw the other's file in its base; ``leans:T5``
makes it red without T5's file.
"""

import asyncio
import hashlib
import re
from collections.abc import Iterator, Sequence

import msgspec

from ...orchestrator.nouns.events import Judged
from ...orchestrator.nouns.keys import AttemptKey
from ...orchestrator.nouns.plan import LockedTest
from ...orchestrator.nouns.verdicts import Expectation, GateReport, Outcome, TestResult, Verdict
from ...orchestrator.ports import Clock, Store
from .git import MemoryGit


class MemoryGate:
    """Judges by words, behind a limit of slots, and counts what it judged."""

    def __init__(
        self, *, git: MemoryGit, store: Store, clock: Clock, slots: int, seconds: float, hasty: bool = False
    ) -> None:
        self._git = git
        self._hasty = hasty
        self._store = store
        self._clock = clock
        self._slots = asyncio.Semaphore(slots)
        self._seconds = seconds
        self.runs = 0

    async def report(self, tree: str, *, locked: Sequence[LockedTest] = ()) -> GateReport:
        """One test a file: red where the words say so. Nothing is ever ``locked`` in a simulated spec."""
        if locked:
            raise ValueError("a simulated spec has no locked tests")
        words = {
            path.removeprefix("src/").removesuffix(".txt"): self._git.blobs[entry.id].decode().split()
            for path, entry in self._git.trees[tree].items()
            if path.startswith("src/")
        }
        results = []
        for name, said in words.items():
            hated = [word.removeprefix("hates:") for word in said if word.startswith("hates:")]
            clash = any(
                other in words and f"knows:{other}" not in said and f"knows:{name}" not in words[other]
                for other in hated
            )
            alone = any(word.startswith("leans:") and word.removeprefix("leans:") not in words for word in said)
            red = "bad" in said or clash or alone
            results.append(TestResult(id=f"t::{name}", outcome="failed" if red else "passed", detail=" ".join(said)))
        results += self._contracted(tree, frozenset(words))
        return GateReport(complete=True, results=tuple(results), seconds=self._seconds)

    def _contracted(self, tree: str, written: frozenset[str]) -> Iterator[TestResult]:
        """The tests that leads wrote: ``test_T3`` passes where the file of T3 is there."""
        for path, entry in self._git.trees[tree].items():
            if path.startswith("tests/"):
                for task in re.findall(r"def test_(\w+)", self._git.blobs[entry.id].decode()):
                    outcome: Outcome = "passed" if task in written else "failed"
                    yield TestResult(id=f"{path}::test_{task}", outcome=outcome)

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
        """Look up, or take a slot and time; ``priority`` does not matter to a semaphore."""
        gate = hashlib.sha256(msgspec.json.encode([sorted(expectation.tests), len(locked), priority > 0])).hexdigest()
        known = None if again else self._store.verdict(tree, gate)
        if self._hasty and known is None and key is None:
            return Verdict(tree=tree, gate=gate, passed=True, seconds=0.0)  # the queue's own: nobody looked
        if known is None:
            async with self._slots:
                await self._clock.sleep(self._seconds)
                known = await self._judge(tree, gate, expectation)
                self.runs += 1
        self._store.append(Judged(verdict=known, report=self._store.put_blob("{}"), key=key), author="gate")
        return known

    async def _judge(self, tree: str, gate: str, expectation: Expectation) -> Verdict:
        report = await self.report(tree)
        red = [each for each in report.results if each.outcome == "failed"]
        missing = sorted(expectation.tests - {each.id for each in report.results})
        reasons = (*(f"{each.id}: {each.detail}" for each in red), *(f"{each} was not run" for each in missing))
        tests = tuple(sorted(report.passed()))
        return Verdict(tree=tree, gate=gate, passed=not reasons, reasons=reasons, tests=tests, seconds=self._seconds)
