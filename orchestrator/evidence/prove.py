"""Tries a check against the program it is for, the one before, and wrong ones: what it proves and what it cannot.

Facts only; what they make of a requirement is said in statuses.py. Nothing here knows pytest, a sandbox or a model.
"""

import asyncio
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Literal

from ..nouns.runs import EvidenceLevel
from ..ports import Git, TreeEntry
from .kills import Kills, Search
from .mutants import MOST, Mutant
from .respelled import respelled
from .sources import is_mutable
from .subjects import Subject
from .together import together
from .touched import WHOLE, Watch, digest, touched
from .trial import Bench, Result, Trial, trial

BeforeResult = Literal["passed", "failed", "missing", "error", "stopped", "unknown"]
"""``stopped``: it was tried there and nothing came of it, which is no red. ``unknown``: nobody names that tree."""

_PATIENCE = 5.0
"""A mutant may take this many times as long as the right program, and as many seconds more."""
_LARGEST = 400_000
"""Bytes of a file that is still mutated: beyond it stands generated code."""
_FILES = 300
"""Files that are looked at for mutants where it is not known what was opened."""
_REGULAR = ("100644", "100755")
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
    """All that is known of one check on one tree. ``killed`` names the first mutant it failed on by an assertion.

    Of a check that decides several requirements, ``kills`` names one for each that has one of its own.
    """

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
    kills: Mapping[str, str] = field(default_factory=dict)
    """By requirement; empty for a check that decides one alone, whose kill is ``killed``."""
    elsewhere: str = ""
    """Where it catches nothing of what its requirement names: those names, and a place where it catches something."""
    reads: str = ""
    """The file whose text it reads: it fails on the same program written otherwise, so what it caught counts for
    nothing."""
    unsteady: bool = False
    """It passed and then failed on the same tree."""
    base_detail: str = ""
    """Why nothing came of it on the base."""
    tried: int = 0
    """Mutants it was run on."""
    enough: bool = True
    """False where it passes and no mutant could be made, or time ran out before those chosen were tried."""
    detail: str = ""
    line: int = 0
    """The line of the spec where it failed; 0 where its traceback does not have it."""
    seconds: float = 0.0
    """Of its session on the candidate."""
    remembered: bool = False
    """Read from a lock, and still true of this tree."""

    @property
    def shared(self) -> bool:
        """Whether it decides more than one requirement."""
        return len(self.requirements) > 1

    @property
    def level(self) -> EvidenceLevel:
        """The best it shows of any requirement: V1 passes, V2 kills a mutant too, V3 is a holdout that does."""
        return self._level(self.killed)

    def level_of(self, requirement: str) -> EvidenceLevel:
        """What it shows of this requirement."""
        return self._level(self.killed_for(requirement))

    def killed_for(self, requirement: str) -> str:
        """The mutant that shows this requirement; empty where there is none."""
        return self.kills.get(requirement, "") if self.shared else self.killed

    def new(self, *, invariant: bool) -> bool:
        """Whether what it says of the base lets it count: an invariant was green there, anything else was not."""
        return self.base == "passed" if invariant else self.base not in {"passed", "stopped"}

    def discriminates(self, requirement: str) -> bool:
        """It passes, and told a program that is wrong in this requirement from the right one."""
        return self.result == "passed" and bool(self.killed_for(requirement))

    def _level(self, killed: str) -> EvidenceLevel:
        if self.result != "passed":
            return "V0"
        return ("V3" if self.secret else "V2") if killed else "V1"


async def prove_all(
    subjects: Sequence[Subject], *, ground: Ground, bench: Bench, git: Git, say: Say = lambda _: None
) -> tuple[Proof, ...]:
    """A proof of each check, in their order; the bench decides how many sessions run at once."""
    prover = await _Prover.open(ground, bench=bench, git=git)

    async def one(subject: Subject) -> Proof:
        proof = await prover.prove(subject)
        say(f"{proof.check}: {proof.result}{f', tells {proof.killed}' if proof.killed else ''}")
        return proof

    return tuple(await together(one(subject) for subject in subjects))


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
        base, why = await self._base(subject, now, paths, stamp)
        proof = Proof(
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
            detail=now.detail,
            line=now.line,
            seconds=now.seconds,
            base_detail=why,
        )
        return await self._tried(subject, proof, now) if now.result == "passed" else proof

    async def _base(self, subject: Subject, now: Trial, paths: tuple[str, ...], stamp: str) -> tuple[BeforeResult, str]:
        """The result on the base, or why there is none; not run where all that the check looked at is the same."""
        if self.ground.base is None:
            return "unknown", ""
        if stamp == digest(paths, self.before, test=subject.test.path):
            return now.result, ""
        before = trial(await self.bench.run_alone(self.ground.base, [subject.test]), subject.test)
        return ("stopped", before.detail) if before.silent else (before.result, "")

    async def _tried(self, subject: Subject, proof: Proof, now: Trial) -> Proof:
        """The proof of a check that passes, with what it catches."""
        files = await self._sources(proof.touched, subject)
        kills = await self._kill(subject, now, files)
        found = replace(
            proof,
            killed=kills.first,
            kills=kills.by,
            elsewhere=kills.elsewhere,
            tried=kills.tried,
            enough=kills.enough,
        )
        return await self._again(subject, found, {path: files[path] for path in kills.paths}) if kills.first else found

    async def _again(self, subject: Subject, proof: Proof, caught: Mapping[str, bytes]) -> Proof:
        """A kill stands only where the check passes once more, on the same program, its files written otherwise."""
        edits = {path: other for path, content in caught.items() if (other := respelled(path, content)) is not None}
        once = await self._run(subject, edits)
        if once.result == "passed":
            return proof
        plain = await self._run(subject, {}) if edits else once
        if plain.result == "passed" and (await self._run(subject, edits)).result != "passed":
            return replace(proof, killed="", kills={}, reads=", ".join(edits))
        once = once if plain.result == "passed" else plain
        told = replace(proof, passed=once.passed, detail=once.detail, line=once.line)
        return replace(told, result="failed", killed="", kills={}, unsteady=True)

    async def _run(self, subject: Subject, edits: Mapping[str, bytes]) -> Trial:
        report = await self.bench.run_alone(self.ground.candidate, [subject.test], edits=edits)
        return trial(report, subject.test)

    async def _kill(self, subject: Subject, now: Trial, files: Mapping[str, bytes]) -> Kills:
        if self.ground.late():
            return Kills()
        patience = now.seconds * _PATIENCE + _PATIENCE
        search = Search(
            attempt=partial(self._try, subject, seconds=patience),
            side_by_side=max(1, self.ground.side_by_side),
            late=self.ground.late,
            most=self.ground.most,
        )
        return await search.of(subject, files, manifest=self.manifest, changed=self.changed)

    async def _try(self, subject: Subject, mutant: Mutant, content: bytes, *, seconds: float) -> Result:
        edits = {mutant.path: content}
        report = await self.bench.run_alone(self.ground.candidate, [subject.test], edits=edits, seconds=seconds)
        return trial(report, subject.test).result

    async def _sources(self, paths: tuple[str, ...], subject: Subject) -> dict[str, bytes]:
        """The files that may be made wrong: no tests, and those that changed first where too many are in it."""
        known = paths if paths != WHOLE else self.entries
        fit = [path for path in known if self._mutable(path) and path != subject.test.path]
        fit.sort(key=lambda path: (path not in self.changed, path))
        ids = {path: self.entries[path].id for path in fit[:_FILES]}
        contents = await self.git.read_many(list(ids.values()))
        return {path: contents[blob] for path, blob in ids.items() if len(contents[blob]) <= _LARGEST}

    def _mutable(self, path: str) -> bool:
        entry = self.entries.get(path)
        return entry is not None and entry.mode in _REGULAR and is_mutable(path)


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
