"""One run of a tree's tests and commands in the sandbox: from files to a GateReport."""

import asyncio
import json
import os
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

from .. import kernel
from ..environment import Environment
from ..nouns.plan import LockedTest
from ..nouns.runs import GatePart, NamedSuite
from ..nouns.services import Service
from ..nouns.verdicts import CommandResult, GateReport, TestResult
from ..ports import Completed
from ..rules.normalise import normalise, shorten
from ..rules.scoping import idle_beside
from ..sandbox.port import WORKSPACE, CommandLimits, Mount, Sandbox
from ..sandbox.served import Served
from .checkout import Files, beside, changed, overlay, remove, write
from .records import Session, read
from .suites import Suite, confined, left, owns, suites, with_locked

PLUGIN = Path(__file__).with_name("plugin.py")
"""The file that runs inside the target's environment."""
STANDING_IN = Path(__file__).with_name("standing_in.py")
"""The file that Python loads there before any other."""
DRIVERS = Path(__file__).with_name("drivers")
"""The package that runs there what is not pytest's."""
CHECKOUT = "gate-"
"""How the names of checkouts begin."""

_FLAGS = ("-q", "--no-header", "--tb=short", "--color=no", "--maxfail=0", "--continue-on-collection-errors")
_MOST_OUTPUT = 4000
_SMALL = 64
"""Files that are written faster than a thread is started."""

Around = Callable[[Path], AbstractContextManager[object]]
"""What is entered with the root of a checkout before its tests run, and left after them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Course:
    """Where and with what trees are judged; ``plugin`` is a folder of ours that holds a copy of plugin.py."""

    sandbox: Sandbox
    environment: Environment
    commands: tuple[str, ...]
    limits: CommandLimits
    scratch: Path
    plugin: Path
    named: tuple[NamedSuite, ...] = ()
    """The runners that the settings name."""
    without: tuple[str, ...] = ()
    """Files and folders whose tests are left out, as far as they can be; never a locked one."""
    services: tuple[Service, ...] = ()
    """What runs beside each session, and each command that does not go without."""
    parts: tuple[GatePart, ...] = ()
    """Those of the settings, whose commands have only services of their own beside them, and those of nobody."""
    laid: Mapping[str, bytes] = field(default_factory=dict)
    """Files of ours that checkouts have too, where the tree has none of that name."""

    def room(self, command: str | None = None) -> Sandbox:
        """The sandbox, with the services in it; with those of a command of the gate, where it is for one."""
        idle = frozenset[str]() if command is None else idle_beside(command, self.parts)
        services = [each for each in self.services if each.name not in idle]
        return Served(self.sandbox, services, python=self.environment.python) if services else self.sandbox


def copy_plugin(folder: Path) -> Path:
    """Put the plug-in into a new folder, beside a sitecustomize that keeps a target's own from being found."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / PLUGIN.name).write_bytes(PLUGIN.read_bytes())
    (folder / "sitecustomize.py").write_bytes(STANDING_IN.read_bytes())
    (folder / DRIVERS.name).mkdir(exist_ok=True)
    for file in _drivers():
        (folder / DRIVERS.name / file.name).write_bytes(file.read_bytes())
    return folder


def loaded() -> list[Path]:
    """Our own files that are loaded into sessions: all that is copied, and that verdicts depend on."""
    return [PLUGIN, STANDING_IN, *_drivers()]


def _drivers() -> list[Path]:
    return sorted(file for file in DRIVERS.iterdir() if file.suffix in {".py", ".mjs", ".cjs"})


async def examine(course: Course, files: Files, locked: Sequence[LockedTest], *, nonce: str) -> GateReport:
    """Run everything there is to run on these files.

    Secret tests run in a checkout and a session of their own, after the others: what other tests print reaches workers,
    so secret ones must not be there to be read.
    """
    public = [test for test in locked if not test.secret]
    secret = [test for test in locked if test.secret]
    report = await _round(course, overlay(files, public), public, nonce=nonce, commands=course.commands)
    if secret and report.complete:
        hidden = await _round(course, overlay(files, [*public, *secret]), secret, nonce=nonce, only=True)
        report = _joined(report, hidden, secret)
    return report


async def examine_alone(
    course: Course, files: Files, tests: Sequence[LockedTest], *, nonce: str, around: Around
) -> GateReport:
    """Run these tests and no others, in a checkout and a session of their own."""
    laid = overlay(files, tests)
    async with _checkout(course, laid) as root:
        with around(root):
            return await _suites(course, laid, root, tests, nonce=nonce, only=True)


async def perform(
    course: Course, files: Files, program: str, *, times: int, output_bytes: int | None = None
) -> tuple[Completed, ...]:
    """Run a Python program, one time after the other, in one checkout, whose bytecode is kept from run to run."""
    limits = course.limits if output_bytes is None else replace(course.limits, output_bytes=output_bytes)
    variables = {k: v for k, v in course.environment.variables.items() if k != "PYTHONDONTWRITEBYTECODE"}
    async with _checkout(course, files) as root:
        return tuple(
            [
                await course.room().run(
                    [course.environment.python, "-I", "-c", program],
                    root=root,
                    writable=True,
                    limits=limits,
                    env=variables,
                    mounts=course.environment.mounts,
                )
                for _ in range(times)
            ]
        )


def _joined(report: GateReport, hidden: GateReport, secret: Sequence[LockedTest]) -> GateReport:
    """The open report with the results of the secret tests; a problem of theirs shows as tests that did not run."""
    paths = {test.path for test in secret}
    results = [result for result in hidden.results if result.id.split("::")[0] in paths] if hidden.complete else []
    return replace(
        report,
        results=(*report.results, *results),
        hooks=_hooks(report, hidden),
        seconds=report.seconds + hidden.seconds,
        cpu_seconds=report.cpu_seconds + hidden.cpu_seconds,
    )


async def _round(
    course: Course,
    files: Files,
    locked: Sequence[LockedTest],
    *,
    nonce: str,
    commands: Sequence[str] = (),
    only: bool = False,
) -> GateReport:
    async with _checkout(course, files) as root:
        report = await _suites(course, files, root, locked, nonce=nonce, only=only)
        for command in commands if report.complete else ():
            report = await _with_command(course, root, command, report)
        return report


@asynccontextmanager
async def _checkout(course: Course, files: Files) -> AsyncIterator[Path]:
    """The files, and what is laid beside them, in a fresh folder, gone when the block ends."""
    files = beside(files, course.laid)
    folder = Path(tempfile.mkdtemp(prefix=CHECKOUT, dir=course.scratch))
    root = folder / "tree"
    root.mkdir()
    try:
        if len(files) > _SMALL:
            await asyncio.to_thread(write, files, root)
        else:
            write(files, root)
        yield root
    finally:
        await asyncio.to_thread(remove, folder)


async def _suites(
    course: Course, files: Files, root: Path, locked: Sequence[LockedTest], *, nonce: str, only: bool
) -> GateReport:
    """Every runner the tree has, one after the other; ``only`` leaves out what holds none of the locked tests."""
    contents = {path: content for path, (_, content) in files.items()}
    paths = [test.path for test in locked]
    # What is laid in must not decide which runners there are: it would have them run what they did not on the base.
    own = {path: content for path, content in contents.items() if path not in paths}
    found = with_locked(left(suites(own, named=course.named), course.without), paths, contents)
    mine = [path for path in paths if not any(owns(suite, path) for suite in found)]
    if only:
        found = tuple(filter(None, (confined(suite, paths) for suite in found)))
    elif problems := [suite.problem for suite in found if suite.problem]:
        return GateReport(complete=False, results=(), problem="\n".join(problems))
    report = GateReport(complete=True, results=())
    if mine or (not only and _for_pytest(course, files)):
        begin = partial(_session, course, root, mine, only=only)
        report = await _tests(course, files, root, mine, nonce=nonce, begin=begin)
    if found and report.complete:
        theirs = [path for path in paths if path not in mine]
        if rewritten := changed(files, root, theirs):  # before they are mounted: one could be a link by now
            return replace(report, complete=False, problem=_rewritten(rewritten))
        begin = partial(_driven, course, root, found, held=theirs)
        report = _both(report, await _tests(course, files, root, theirs, nonce=nonce, begin=begin))
    return report


def _rewritten(paths: Sequence[str]) -> str:
    return f"locked tests were changed while the tests ran: {', '.join(paths)}"


def _for_pytest(course: Course, files: Files) -> bool:
    named = any(suite.runner == "pytest" for suite in course.named)
    return (named or not course.named) and any(path.endswith(".py") for path in files)


def _both(first: GateReport, second: GateReport) -> GateReport:
    return replace(
        second,
        results=(*first.results, *second.results),
        hooks=_hooks(first, second),
        seconds=first.seconds + second.seconds,
        cpu_seconds=first.cpu_seconds + second.cpu_seconds,
    )


def _hooks(first: GateReport, second: GateReport) -> tuple[str, ...]:
    return tuple(sorted({*first.hooks, *second.hooks}))


Begin = Callable[[tuple[int, int]], Awaitable[Completed]]
"""Starts a session that is told by two descriptors: of the nonce, and of the report."""


async def _tests(
    course: Course, files: Files, root: Path, paths: Sequence[str], *, nonce: str, begin: Begin
) -> GateReport:
    with _channel(nonce) as (nonce_fd, report_fd):
        done = await begin((nonce_fd, report_fd))
        session = read(_content(report_fd), nonce=nonce)
    problem = _stopped(done, course.limits) or session.problem
    if not problem and (rewritten := changed(files, root, paths)):
        problem = _rewritten(rewritten)
    spelling = _spelling(course.sandbox, root)
    if problem:
        problem = f"{problem}\n{shorten(normalise(done.output, root=spelling).strip(), _MOST_OUTPUT)}".strip()
    return GateReport(
        complete=not problem,
        results=tuple(_normalised(session, spelling)),
        problem=problem,
        hooks=session.hooks,
        seconds=done.seconds,
        cpu_seconds=done.cpu_seconds,
    )


async def _session(
    course: Course, root: Path, paths: Sequence[str], inherit: tuple[int, int], *, only: bool
) -> Completed:
    """One pytest process. Its import path begins with our folder alone; the plug-in restores the target's."""
    variables = dict(course.environment.variables)
    place = "/agentctl" if course.sandbox.relocates else str(course.plugin)
    settings = {"locked": [] if only else list(paths), "path": variables["PYTHONPATH"].split(":")}
    return await course.room().run(
        [
            course.environment.python,
            f"{place}/{PLUGIN.name}",
            *map(str, inherit),
            json.dumps(settings),
            *_FLAGS,
            f"--rootdir={WORKSPACE}",
            *(paths if only else (f"--ignore={WORKSPACE}/{each}" for each in course.without)),
        ],
        root=root,
        writable=True,
        limits=course.limits,
        env={**variables, "PYTHONPATH": place},
        mounts=[*_mounts(course, place), *_held(course.sandbox, root, paths)],
        inherit=inherit,
    )


_DRIVE = "import sys; sys.path.insert(0, sys.argv[1]); from drivers.main import main; main(sys.argv[2:])"


async def _driven(
    course: Course, root: Path, found: Sequence[Suite], inherit: tuple[int, int], *, held: Sequence[str]
) -> Completed:
    """One process that runs all suites; isolated, so that nothing of the target is on its import path."""
    place = "/agentctl" if course.sandbox.relocates else str(course.plugin)
    where = WORKSPACE if course.sandbox.relocates else str(root)
    settings = {"root": where, "suites": [suite.told() for suite in found]}
    return await course.room().run(
        [course.environment.python, "-I", "-c", _DRIVE, place, *map(str, inherit), json.dumps(settings)],
        root=root,
        writable=True,
        limits=course.limits,
        env=course.environment.variables,
        mounts=[*_mounts(course, place), *_held(course.sandbox, root, held)],
        inherit=inherit,
    )


def _mounts(course: Course, place: str) -> Iterator[Mount]:
    yield from course.environment.mounts
    yield Mount(source=course.plugin, target=place)


def _held(sandbox: Sandbox, root: Path, paths: Sequence[str]) -> Iterator[Mount]:
    """Locked tests as read-only mounts of their own, so that no conftest writes over them."""
    if sandbox.relocates:
        yield from (Mount(source=root / path, target=f"{WORKSPACE}/{path}") for path in paths)


async def _with_command(course: Course, root: Path, command: str, report: GateReport) -> GateReport:
    done = await course.room(command).run(
        ["/bin/sh", "-c", command],
        root=root,
        writable=True,
        limits=course.limits,
        env=course.environment.variables,
        mounts=course.environment.mounts,
    )
    output = shorten(normalise(done.output, root=_spelling(course.sandbox, root)).strip(), _MOST_OUTPUT)
    stopped = _stopped(done, course.limits, what=f"`{command}`")
    result = CommandResult(
        command=command,
        exit=124 if done.exit is None else done.exit,
        output=f"{stopped}\n{output}".strip(),
    )
    return replace(
        report,
        commands=(*report.commands, result),
        seconds=report.seconds + done.seconds,
        cpu_seconds=report.cpu_seconds + done.cpu_seconds,
    )


def _stopped(done: Completed, limits: CommandLimits, *, what: str = "the test run") -> str:
    said: Mapping[str, str] = {
        "": "",
        "time": f"{what} did not end within {limits.seconds:g} s",
        "output": f"{what} printed more than {limits.output_bytes * 16 // 1_000_000} MB",
        "memory": f"{what} used more than {limits.memory >> 20} MB of memory or {limits.processes} processes",
        "disk": f"{what} filled the disk",
    }
    return said[done.stopped]


def _normalised(session: Session, spelling: str) -> Iterator[TestResult]:
    for result in session.results:
        yield replace(result, detail=shorten(normalise(result.detail, root=spelling).strip(), _MOST_OUTPUT))


def _spelling(sandbox: Sandbox, root: Path) -> str:
    """How the tree's root is spelled in output, where it is not /workspace already."""
    return "" if sandbox.relocates else str(root)


@contextmanager
def _channel(nonce: str) -> Iterator[tuple[int, int]]:
    """Two descriptors for the plug-in: a pipe that yields the nonce once, and a file for the report, held by nobody."""
    with ExitStack() as open_files:
        nonce_fd, write_end = os.pipe()
        open_files.callback(os.close, nonce_fd)
        os.write(write_end, nonce.encode())
        os.close(write_end)
        report_fd = kernel.unnamed_file("report")
        open_files.callback(os.close, report_fd)
        yield nonce_fd, report_fd


def _content(descriptor: int) -> bytes:
    size = os.fstat(descriptor).st_size
    return os.pread(descriptor, size, 0)
