"""Tries a check against the program it is for, the one before, and wrong ones: what it proves and what it cannot.

Facts only; what they make of a requirement is said in statuses.py. Nothing here knows pytest, a sandbox or a model.
"""

import asyncio
import re
from collections.abc import Callable, Coroutine, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from ..nouns.runs import EvidenceLevel
from ..ports import Git, TreeEntry
from .mutants import MOST, Mutant, mutants
from .subjects import Subject
from .touched import WHOLE, Watch, digest, touched
from .trial import Bench, Result, Trial, trial

BeforeResult = Literal["passed", "failed", "missing", "error", "stopped", "unknown"]

_PATIENCE = 5.0
"""A mutant may take this many times as long as the right program, and as many seconds more."""
_LARGEST = 400_000
"""Bytes of a file that is still mutated: beyond it stands generated code."""
_FILES = 300
"""Files that are looked at for mutants where it is not known what was opened."""
_REGULAR = ("100644", "100755")
_TESTS = re.compile(r"(?:^|/)tests?/|(?:^|/)(?:test_[^/]*|[^/]*_test|conftest)\.py$")
_HUNK = re.compile(r"@@ -\S+ \+(\d+)(?:,\d+)? @@")

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """What is judged: two trees, what the first became, and how much may be tried."""

    candidate: str
    base: str | None
    """The tree before the work; None where nobody knows it."""
    most: int = MOST
    side_by_side: int = 1
    """Mutants of one check tried at once; the result is the same for any number."""
    late: Callable[[], bool] = bool
    """Whether the time for trying is over; `bool` says never."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """All that is known of one check on one tree. ``killed`` names the first mutant it failed on by an assertion."""

    check: str
    key: str
    requirements: Mapping[str, str]
    secret: bool
    result: Result
    passed: int
    total: int
    base: BeforeResult
    tree: str
    touched: tuple[str, ...]
    digest: str
    killed: str = ""
    tried: int = 0
    """Mutants it was run on."""
    enough: bool = True
    """False where it passes and no mutant could be made, or time ran out before those chosen were tried."""
    detail: str = ""
    seconds: float = 0.0
    """Of its session on the candidate."""
    remembered: bool = False
    """Read from a lock, and still true of this tree."""

    @property
    def discriminates(self) -> bool:
        """It passes, and told a wrong program from the right one."""
        return self.result == "passed" and bool(self.killed)

    @property
    def level(self) -> EvidenceLevel:
        """V1 passes, V2 kills a mutant too, V3 is a holdout that does."""
        if self.result != "passed":
            return "V0"
        return ("V3" if self.secret else "V2") if self.killed else "V1"


async def prove_all(
    subjects: Sequence[Subject], *, ground: Ground, bench: Bench, git: Git, say: Say = lambda _: None
) -> tuple[Proof, ...]:
    """A proof of each check, in their order; the bench decides how many sessions run at once."""
    prover = await _Prover.open(ground, bench=bench, git=git)

    async def one(subject: Subject) -> Proof:
        proof = await prover.prove(subject)
        say(f"{proof.check}: {proof.result}{f', tells {proof.killed}' if proof.killed else ''}")
        return proof

    return tuple(await _gather(one(subject) for subject in subjects))


async def _gather(works: Iterable[Coroutine[None, None, Proof]]) -> list[Proof]:
    """All of them at once; when one raises, the others have ended before the error goes on."""
    tasks = [asyncio.create_task(work) for work in works]
    try:
        return await asyncio.gather(*tasks)
    finally:
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Prover:
    ground: Ground
    bench: Bench
    git: Git
    entries: Mapping[str, TreeEntry]
    before: Mapping[str, TreeEntry]
    changed: Mapping[str, frozenset[int]]
    manifest: str

    @classmethod
    async def open(cls, ground: Ground, *, bench: Bench, git: Git) -> "_Prover":
        entries = await git.entries(ground.candidate)
        manifest = entries.get("pyproject.toml")
        diff = await git.diff(ground.base, ground.candidate) if ground.base is not None else ""
        return cls(
            ground=ground,
            bench=bench,
            git=git,
            entries=entries,
            before=await git.entries(ground.base) if ground.base is not None else {},
            changed=await asyncio.to_thread(changed_lines, diff),
            manifest=(await git.read(manifest.id)).decode("utf-8", "replace") if manifest is not None else "",
        )

    async def prove(self, subject: Subject) -> Proof:
        watches: list[Watch] = []

        def watch(root: Path) -> Watch:
            watches.append(Watch(root))
            return watches[-1]

        report = await self.bench.run_alone(self.ground.candidate, [subject.test], around=watch)
        now = trial(report, subject.test)
        laid = (subject.test.path,)
        paths = touched(watches[-1].opened() if watches else None, self.entries, laid=laid)
        stamp = digest(paths, self.entries, test=subject.test.path)
        base = await self._base(subject, now, paths, stamp)
        killed, tried, enough = "", 0, True
        if now.result == "passed":
            killed, tried, enough = await self._kill(subject, now, paths)
        return Proof(
            check=subject.check,
            key=subject.key,
            requirements=subject.requirements,
            secret=subject.test.secret,
            result=now.result,
            passed=now.passed,
            total=len(subject.test.tests),
            base=base,
            tree=self.ground.candidate,
            touched=paths,
            digest=stamp,
            killed=killed,
            tried=tried,
            enough=enough,
            detail=now.detail,
            seconds=now.seconds,
        )

    async def _base(self, subject: Subject, now: Trial, paths: tuple[str, ...], stamp: str) -> BeforeResult:
        """The result on the base; not run where all that the check looked at is the same there."""
        if self.ground.base is None:
            return "unknown"
        if stamp == digest(paths, self.before, test=subject.test.path):
            return now.result
        report = await self.bench.run_alone(self.ground.base, [subject.test])
        return trial(report, subject.test).result

    async def _kill(self, subject: Subject, now: Trial, paths: tuple[str, ...]) -> tuple[str, int, bool]:
        """The first mutant, in their order, that the check fails on by an assertion; how many were tried."""
        if self.ground.late():
            return "", 0, False
        files = await self._sources(paths, subject)
        names = subject.names(self.manifest)
        chosen = await asyncio.to_thread(mutants, files, named=names, changed=self.changed, most=self.ground.most)
        patience = now.seconds * _PATIENCE + _PATIENCE
        step = max(1, self.ground.side_by_side)
        for start in range(0, len(chosen), step):
            if self.ground.late():
                return "", start, False
            some = chosen[start : start + step]
            results = await asyncio.gather(*(self._try(subject, *each, seconds=patience) for each in some))
            for number, (each, result) in enumerate(zip(some, results, strict=True), 1):
                # Twice, because a check that fails now and then by itself would seem to catch what it does not.
                if result == "failed" and await self._try(subject, *each, seconds=patience) == "failed":
                    return str(each[0]), start + number, True
        return "", len(chosen), bool(chosen)

    async def _try(self, subject: Subject, mutant: Mutant, content: bytes, *, seconds: float) -> Result:
        edits = {mutant.path: content}
        report = await self.bench.run_alone(self.ground.candidate, [subject.test], edits=edits, seconds=seconds)
        return trial(report, subject.test).result

    async def _sources(self, paths: tuple[str, ...], subject: Subject) -> dict[str, bytes]:
        """The Python files that may be made wrong: no tests, and those that changed first where too many are in it."""
        known = paths if paths != WHOLE else self.entries
        fit = [path for path in known if self._mutable(path) and path != subject.test.path]
        fit.sort(key=lambda path: (path not in self.changed, path))
        ids = {path: self.entries[path].id for path in fit[:_FILES]}
        contents = await self.git.read_many(list(ids.values()))
        return {path: contents[blob] for path, blob in ids.items() if len(contents[blob]) <= _LARGEST}

    def _mutable(self, path: str) -> bool:
        entry = self.entries.get(path)
        return entry is not None and entry.mode in _REGULAR and path.endswith(".py") and not _TESTS.search(path)


def changed_lines(diff: str) -> dict[str, frozenset[int]]:
    """The numbers of the lines that a unified diff adds, by path in the new tree."""
    found: dict[str, set[int]] = {}
    lines, number, before = set[int](), 0, ""
    for line in diff.split("\n"):
        if line.startswith("+++ ") and before.startswith("--- "):
            lines = found.setdefault(line[4:].removeprefix("b/").rstrip("\t"), set())
        elif match := _HUNK.match(line):
            number = int(match[1])
        elif line.startswith("+"):
            lines.add(number)
            number += 1
        elif line.startswith(" "):
            number += 1
        before = line
    return {path: frozenset(numbers) for path, numbers in found.items() if path != "/dev/null"}
