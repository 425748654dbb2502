"""The gate on one commit, for `agentctl verify`: fixtures, checks and bars, without a run and without a store.

`agentctl gate check` has its gate from here too.
"""

import argparse
import asyncio
import os
import random
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from ..orchestrator.clock import SystemClock
from ..orchestrator.errors import UsageError
from ..orchestrator.evidence import rows
from ..orchestrator.evidence.contracted import contract_subjects, tests_in
from ..orchestrator.evidence.measure import Measured, measure
from ..orchestrator.evidence.prove import Ground, Proof, prove_all
from ..orchestrator.evidence.subjects import Subject, subjects
from ..orchestrator.evidence.unmade import without_input
from ..orchestrator.gate.checkout import remove
from ..orchestrator.gate.gate import LIMITS, PytestGate
from ..orchestrator.git.repository import Repository
from ..orchestrator.input_files import Unmade, with_what_can_be_made
from ..orchestrator.nouns.runs import RunSettings
from ..orchestrator.ports import Completed, TreeEntry
from ..orchestrator.rules.redact import redact
from ..orchestrator.sandbox.probe import probe
from ..orchestrator.sandbox.tree import lives
from ..orchestrator.store.folder import exclude_from_git
from ..orchestrator.store.sqlite import SqliteStore
from ..specs.lock import Lock
from ..specs.nouns import Spec
from ..specs.performance import Bar, bars
from .judging import furnished, laid
from .settings import Flags, load
from .verifying_limits import Limited, slow
from .verifying_progress import Progress
from .verifying_seconds import SLOW
from .verifying_trace import Trace

SCRATCH = "verify-"
"""How the names of its folders for checkouts begin; then comes the process."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """What a commit came to: a proof of each check, the bars, and the environment, empty where nothing had to run."""

    proofs: tuple[Proof, ...]
    measured: Mapping[str, Measured]
    environment: str


@dataclass(slots=True, kw_only=True)
class Bench:
    """The gate on one commit, made when the first check needs it."""

    git: Repository
    root: Path
    commit: str
    settings: RunSettings
    seconds: float
    """How long one check may run."""
    progress: Progress
    commands: tuple[str, ...] = ()
    """Those of the settings' gate, where they are to be run beside the tests."""
    _gate: PytestGate | None = None

    @classmethod
    @asynccontextmanager
    async def opened(
        cls, git: Repository, root: Path, commit: str, args: argparse.Namespace, *, whole: bool = False
    ) -> "AsyncIterator[Bench]":
        """A bench, whose checkouts `sweep` takes away; raises UsageError for a sandbox nobody accepted.

        ``whole`` has the commands of the gate too.
        """
        settings = load(root, Flags(sandbox=args.sandbox)).run
        if settings.sandbox == "none" and not args.unsandboxed:
            raise UsageError(
                "sandbox is none: checks would run with your rights; add --i-accept-unsandboxed-execution."
            )
        bench = cls(
            git=git,
            root=root,
            commit=commit,
            settings=settings,
            seconds=args.seconds,
            progress=Progress(()),
            commands=settings.gate if whole else (),
        )
        try:
            yield bench
        finally:
            bench.progress.clear()

    async def judge(self, spec: Spec, lock: Lock, history: Trace, args: argparse.Namespace) -> Judged:
        """Prove every check and measure every bar, as the arguments say."""
        tree, unmade = await self._with_input(spec, self.commit)
        missing = {each.fixture for each in unmade}
        there = replace(spec, fixtures=tuple(each for each in spec.fixtures if each not in missing))
        base = (await self._with_input(there, history.base))[0] if history.base else None
        entries = await self.git.entries(tree)
        every = (*subjects(spec), *contract_subjects(await tests_in(self.git, lock, tree), spec))
        proven = without_input(every, unmade, tree=tree, entries=entries)
        recalled = await self._recalled(self.git, lock, every, tree=tree, base=base) if args.cached else {}
        fresh = [subject for subject in every if subject.check not in recalled and subject.check not in proven]
        if fresh:
            limited = Limited(gate=await self.gate(), seconds=self.seconds, slow=slow(spec), watcher=self.progress)
            self.progress.expect([subject.check for subject in fresh])
            ground = Ground(
                candidate=tree,
                base=base,
                most=args.mutants,
                side_by_side=max(1, self.settings.limits.gates // len(fresh)),
            )

            def say(text: str) -> None:
                self.progress.say(limited.told(text))

            proven |= {p.check: p for p in await prove_all(fresh, ground=ground, bench=limited, git=self.git, say=say)}
        measured = {} if args.no_measure else await self._measure(spec, tree, entries)
        return Judged(
            proofs=tuple(recalled.get(subject.check) or proven[subject.check] for subject in every),
            measured=measured,
            environment=self._gate.environment if self._gate is not None else "",
        )

    @staticmethod
    async def _recalled(
        git: Repository, lock: Lock, every: Sequence[Subject], *, tree: str, base: str | None
    ) -> dict[str, Proof]:
        """What the lock proves of this tree; not what was proven without a base, now that there is one."""
        entries = await git.entries(tree)
        found = (rows.recall(lock, each, tree=tree, entries=entries) for each in every)
        return {proof.check: proof for proof in found if proof and not (base and proof.base == "unknown")}

    async def _measure(self, spec: Spec, tree: str, entries: Mapping[str, TreeEntry]) -> dict[str, Measured]:
        """One bar after the other, when nothing else of ours runs."""
        found: dict[str, Measured] = {}
        for bar in bars(spec):
            if isinstance(bar, Bar):
                entry = entries.get(bar.command)
                size = len(await self.git.read(entry.id)) if entry is not None else None
                track = await self.gate()
                with self.progress.doing(f"measuring {bar.id}"):
                    found[bar.id] = await measure(bar, tree=tree, entries=entries, track=track, size=size)
                self.progress.say(f"{bar.id}: {found[bar.id]}")
        return found

    async def _with_input(self, spec: Spec, commit: str) -> tuple[str, tuple[Unmade, ...]]:
        """A commit's tree with the spec's input files, as a run begins with them, and those that could not be made."""
        tree = await self.git.tree_of(commit)
        if not spec.fixtures:
            return tree, ()
        if any(fixture.generator for fixture in spec.fixtures):
            await self.gate()
        files: dict[str, TreeEntry | None] = {}
        unmade: list[Unmade] = []
        for fixture in spec.fixtures:
            alone = replace(spec, fixtures=(fixture,))
            with self.progress.doing(f"making {fixture.path}"):
                laid, failed = await with_what_can_be_made(alone, tree, git=self.git, runner=self, seconds=self.seconds)
            for each in failed:
                self.progress.say(each.reason)
            unmade += failed
            if laid != tree:
                files[fixture.path] = (await self.git.entries(laid))[fixture.path]
        return (await self.git.amend_tree(tree, files) if files else tree), tuple(unmade)

    async def run_program(
        self, tree: str, program: str, *, times: int = 1, output_bytes: int | None = None
    ) -> tuple[Completed, ...]:
        """What a program does in the gate's sandbox."""
        return await (await self.gate()).run_program(tree, program, times=times, output_bytes=output_bytes)

    async def gate(self) -> PytestGate:
        """The gate, made when it is first asked for."""
        if self._gate is None:
            exclude_from_git(self.root)
            sandbox = await probe(self.settings.sandbox)
            state = self.root / ".agentctl"
            with self.progress.doing("preparing the environment"):
                environment = await furnished(
                    self.git,
                    await self.git.tree_of(self.commit),
                    self.settings,
                    sandbox=sandbox,
                    cache=state / "environments",
                )
            await asyncio.to_thread(_clear, state / "work")
            self._gate = PytestGate(
                self.git,
                SqliteStore(None, clock=SystemClock(), redact=redact, blobs=None),
                sandbox=sandbox,
                environment=environment,
                commands=self.commands,
                slots=self.settings.limits.gates,
                scratch=_scratch(self.root),
                clock=SystemClock(),
                random=random.SystemRandom(),
                limits=replace(LIMITS, seconds=max(LIMITS.seconds, self.seconds * SLOW)),
                named=self.settings.test,
                services=self.settings.services,
                parts=self.settings.gates,
                laid=laid(self.settings, environment),
            )
        return self._gate


def sweep(root: Path) -> None:
    """Take away the checkouts of this process, once its loop has ended and with it every thread that writes in them."""
    remove(_scratch(root))


def _scratch(root: Path) -> Path:
    return root / ".agentctl" / "work" / f"{SCRATCH}{os.getpid()}"


def _clear(work: Path) -> None:
    """Take away the checkouts of processes that were killed."""
    for folder in work.glob(f"{SCRATCH}*"):
        number = folder.name.removeprefix(SCRATCH)
        if number.isdecimal() and not lives(int(number)):
            remove(folder)
