"""Judges exact trees: looks a verdict up, or runs the tests and records one. Satisfies ports.Gate."""

import asyncio
import contextvars
import hashlib
import itertools
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager, nullcontext
from dataclasses import asdict, replace
from functools import partial
from pathlib import Path
from typing import Generic, TypeVar

import msgspec

from ..environment import Environment
from ..errors import ServiceFailed
from ..faults import reach
from ..nouns.events import Chosen, Judged
from ..nouns.keys import AttemptKey
from ..nouns.plan import LockedTest
from ..nouns.runners import ScriptRunner
from ..nouns.runs import GatePart, NamedSuite
from ..nouns.services import Service
from ..nouns.verdicts import Expectation, GateReport, Scope, Verdict
from ..ports import Clock, Completed, Git, Random, Store
from ..rules.judgement import judge
from ..rules.scoping import idle_beside
from ..sandbox.port import CommandLimits, Sandbox
from ..sandbox.served import SERVING
from ..slots import Slots
from .checkout import Files, files_of, remove
from .script_runners import script_runners
from .session import CHECKOUT, Around, Course, copy_plugin, examine, examine_alone, loaded, perform

LIMITS = CommandLimits(seconds=300)
"""Of a test run, unless told otherwise."""
ALONE = -1.0
"""Priority of sessions that prove something: whoever waits for a verdict goes first."""
_REMEMBERED = 256

T = TypeVar("T")


class PytestGate:
    """Runs pytest, the tree's other test runners and the gate's commands on a fresh checkout in the sandbox.

    Verdicts are kept by the store under the tree and the gate hash, reports in memory and, when asked for by
    themselves, as a journaled choice. ``random`` makes nonces; ``scratch`` is a
    folder for checkouts that no other gate uses; those of a killed process are cleared from it.
    """

    def __init__(  # noqa: PLR0913 - the wiring
        self,
        git: Git,
        store: Store,
        *,
        sandbox: Sandbox,
        environment: Environment,
        commands: Sequence[str] = (),
        slots: int,
        scratch: Path,
        clock: Clock,
        random: Random,
        limits: CommandLimits = LIMITS,
        named: Sequence[NamedSuite] = (),
        services: Sequence[Service] = (),
        parts: Sequence[GatePart] = (),
        laid: Mapping[str, bytes] | None = None,
    ) -> None:
        self._git = git
        self._store = store
        scratch.mkdir(parents=True, exist_ok=True)
        for left_behind in scratch.glob(f"{CHECKOUT}*"):
            remove(left_behind)
        self._course = Course(
            sandbox=sandbox,
            environment=environment,
            commands=tuple(commands),
            limits=limits,
            scratch=scratch,
            plugin=copy_plugin(scratch / "plugin"),
            named=tuple(named),
            services=tuple(services),
            parts=tuple(parts),
            laid=laid or {},
        )
        self._slots = Slots(slots)
        self._turns = itertools.count()
        self._clock = clock
        self._random = random
        self._reports: dict[str, GateReport] = {}
        self._judging: Shared[Verdict] = Shared()
        self._reporting: Shared[GateReport] = Shared()

    async def judge(  # noqa: PLR0913 - the port's own, and the parts
        self,
        tree: str,
        *,
        expectation: Expectation,
        locked: Sequence[LockedTest] = (),
        key: AttemptKey | None = None,
        priority: float = 0.0,
        again: bool = False,
        scope: Scope | None = None,
    ) -> Verdict:
        """The verdict on a tree; asking for it twice at once runs it once. Higher ``priority`` goes first.

        ``scope`` names the parts of the gate that judge; the gate hash covers it. None is the whole gate.
        """
        scoped = self._course if scope is None else _scoped(self._course, scope)
        course = self._hash(locked, scoped)
        expected = (expectation.tests, expectation.red, expectation.secret, expectation.hooks)
        gate = _digest([course, *map(sorted, expected)])
        known = self._store.verdict(tree, gate)
        if known is not None and not again:
            return known
        if again:
            self._reports.pop(f"{tree} {course}", None)

        async def make() -> Verdict:
            report = await self._report(tree, locked, course=scoped, name=f"{tree} {course}", priority=priority)
            found = _verdict(tree, gate, report, expectation, locked)
            verdict = found if scope is None else replace(found, gates=scope.names)
            self._record(verdict, report, key)
            return verdict

        return await self._judging.once(f"{tree} {gate}", make)

    async def report(self, tree: str, *, locked: Sequence[LockedTest] = ()) -> GateReport:
        """What the gate sees in a tree, with no expectation; the same after a crash and in a replay."""
        course = self._hash(locked, self._course)
        name = f"{tree} {course}"
        make = partial(self._report, tree, locked, course=self._course, name=name, priority=0.0)
        return await self._kept(f"gate-report:{tree}:{course}", make)

    async def run_alone(
        self,
        tree: str,
        tests: Sequence[LockedTest],
        *,
        edits: Mapping[str, bytes] | None = None,
        seconds: float | None = None,
        around: Around = nullcontext,
    ) -> GateReport:
        """What becomes of these tests alone, in a session of their own; nothing is looked up and nothing recorded.

        ``edits`` are contents that stand in for those of the tree, so that a mutant needs no object in git; a file
        keeps its mode. ``seconds`` tightens the time limit. It waits for a slot behind all that is judged.
        """
        async with self._slot("alone"):
            files = await self._edited(tree, edits or {})
            course = self._within(seconds)
            return await _seen(lambda: examine_alone(course, files, tests, nonce=self._nonce(), around=around))

    async def run_some(self, tree: str, tests: Sequence[LockedTest], *, priority: float) -> GateReport:
        """What becomes of these files of a tree alone; the same after a crash, and never a verdict."""

        async def make() -> GateReport:
            async with self._slot("some", priority=priority):
                files, nonce = await files_of(self._git, tree), self._nonce()
                return await _seen(lambda: examine_alone(self._course, files, tests, nonce=nonce, around=nullcontext))

        return await self._kept(f"gate-some:{tree}:{_digest([self._hash(tests, self._course)])}", make)

    async def observe(
        self, tree: str, *, edits: Mapping[str, bytes] | None = None, seconds: float | None = None
    ) -> GateReport:
        """What the gate sees this time; nothing is looked up and nothing recorded. ``edits``, ``seconds``: as above."""
        async with self._slot("observed"):
            files = await self._edited(tree, edits or {})
            return await _seen(lambda: examine(self._within(seconds), files, (), nonce=self._nonce()))

    async def run_program(
        self, tree: str, program: str, *, times: int = 1, output_bytes: int | None = None
    ) -> tuple[Completed, ...]:
        """What a Python program of ours, given as text, does in a checkout of the tree, ``times`` times in a row.

        ``output_bytes`` is how much of its output is kept, if not as much as of a test run.
        """
        async with self._slot("program"):
            files = await files_of(self._git, tree)
            return await perform(self._course, files, program, times=times, output_bytes=output_bytes)

    async def runners(self, tree: str) -> tuple[ScriptRunner, ...]:
        """Those of JavaScript and TypeScript that are run on a tree."""
        files = await files_of(self._git, tree)
        return script_runners({path: content for path, (_, content) in files.items()}, named=self._course.named)

    @property
    def environment(self) -> str:
        """The key of the environment that tests run with."""
        return self._course.environment.key

    async def _report(
        self, tree: str, locked: Sequence[LockedTest], *, course: Course, name: str, priority: float
    ) -> GateReport:
        async def make() -> GateReport:
            turn = f"{name} {next(self._turns)}"
            await self._slots.take(turn, priority=priority)
            try:
                files = await files_of(self._git, tree)
                report = await _seen(lambda: examine(course, files, locked, nonce=self._nonce()))
            finally:
                self._slots.give(turn)
            self._remember(name, report)
            return report

        return self._reports.get(name) or await self._reporting.once(name, make)

    async def _kept(self, choice: str, make: Callable[[], Awaitable[GateReport]]) -> GateReport:
        """What was found under this name before, else what ``make`` finds now, which is kept."""
        blob = self._store.choice(choice)
        if blob is not None:
            return msgspec.json.decode(self._store.blob(blob), type=GateReport)
        report = await make()
        if self._store.choice(choice) is None:
            self._store.append(Chosen(key=choice, value=self._store.put_blob(_text(report))), author="gate")
        return report

    @asynccontextmanager
    async def _slot(self, what: str, *, priority: float = ALONE) -> AsyncIterator[None]:
        """A slot; unless told otherwise, behind all that is judged."""
        turn = f"{what} {next(self._turns)}"
        await self._slots.take(turn, priority=priority)
        try:
            yield
        finally:
            self._slots.give(turn)

    async def _edited(self, tree: str, edits: Mapping[str, bytes]) -> Files:
        files = await files_of(self._git, tree)
        for path, content in edits.items():
            files[path] = (files[path][0] if path in files else "100644", content)
        return files

    def _within(self, seconds: float | None) -> Course:
        """The course, with a time limit that is tighter where ``seconds`` are fewer."""
        limits = self._course.limits
        if seconds is None or seconds >= limits.seconds:
            return self._course
        return replace(self._course, limits=replace(limits, seconds=seconds))

    def _nonce(self) -> str:
        return f"{self._random.getrandbits(128):032x}"

    def _remember(self, name: str, report: GateReport) -> None:
        self._reports[name] = report
        if len(self._reports) > _REMEMBERED:
            del self._reports[next(iter(self._reports))]

    def _record(self, verdict: Verdict, report: GateReport, key: AttemptKey | None) -> None:
        blob = self._store.put_blob(_text(report))
        reach("gate: judged, verdict not yet durable")
        self._store.append(Judged(verdict=verdict, report=blob, key=key), author="gate")
        reach("gate: verdict durable")

    @staticmethod
    def _hash(locked: Sequence[LockedTest], course: Course) -> str:
        """All that a report depends on beside the tree."""
        tests = sorted([t.path, t.text, *t.tests, str(t.secret)] for t in locked)
        limits = asdict(course.limits)
        ours = b"".join(file.read_bytes() for file in loaded())
        named = [[each.runner, each.folder] for each in course.named]
        setting = [course.environment.key, course.sandbox.name, list(course.commands), limits, named]
        setting += [list(course.without)] if course.without else []
        if course.services:
            idle = {command: sorted(idle_beside(command, course.parts)) for command in course.commands}
            setting += [{"services": [asdict(each) for each in course.services], "idle": idle}]
            ours += SERVING.read_bytes()
        setting += [{path: content.decode() for path, content in course.laid.items()}] if course.laid else []
        return _digest([hashlib.sha256(ours).hexdigest(), *setting, tests])


class Shared(Generic[T]):
    """Work asked for several times at once is done once; it stops when nobody waits for it any more."""

    def __init__(self) -> None:
        self._tasks: dict[str, tuple[asyncio.Task[T], int]] = {}

    async def once(self, name: str, make: Callable[[], Awaitable[T]]) -> T:
        """The result of ``make``, or of the one already under way by this name."""
        task, waiting = self._tasks.get(name, (None, 0))
        if task is None:
            task = asyncio.create_task(_run(make), context=contextvars.Context())
        self._tasks[name] = (task, waiting + 1)
        try:
            return await asyncio.shield(task)
        finally:
            await self._leave(name, task)

    async def _leave(self, name: str, task: "asyncio.Task[T]") -> None:
        current, waiting = self._tasks[name]
        if waiting > 1:
            self._tasks[name] = (current, waiting - 1)
            return
        del self._tasks[name]
        if not task.done():
            task.cancel()
            await asyncio.wait({task})


async def _run(make: Callable[[], Awaitable[T]]) -> T:
    return await make()


def _verdict(
    tree: str, gate: str, report: GateReport, expectation: Expectation, locked: Sequence[LockedTest]
) -> Verdict:
    secrets = {test: ", ".join(each.requirements) for each in locked if each.secret for test in each.tests}
    passed, reasons = judge(report, expectation, secrets=secrets)
    return Verdict(
        tree=tree,
        gate=gate,
        passed=passed,
        reasons=reasons,
        tests=tuple(sorted(report.passed())),
        seconds=report.seconds,
        cpu_seconds=report.cpu_seconds,
    )


async def _seen(look: Callable[[], Awaitable[GateReport]]) -> GateReport:
    """What a look at a tree comes to; where a service ended under its tests, what a second one does.

    One that ends both times is ended by what runs beside it. What it said is not told: holdouts may have made it say
    so.

    Raises:
        ServiceFailed: a service could not be used in the first place.
    """
    try:
        return await look()
    except ServiceFailed as failed:
        if not failed.begun:
            raise
    try:
        return await look()
    except ServiceFailed as failed:
        if not failed.begun:
            raise
        return GateReport(complete=False, results=(), problem=f"{failed.what}, twice")


def _scoped(course: Course, scope: Scope) -> Course:
    services = tuple(each for each in course.services if each.name not in scope.idle)
    return replace(course, commands=scope.commands, without=scope.without, services=services)


def _text(report: GateReport) -> str:
    return msgspec.json.encode(report).decode()


def _digest(said: object) -> str:
    return hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()
