"""`agentctl lint --run`: the spec's checks and gate commands on HEAD, through the orchestrator's gate, in the sandbox.

What passes there without a line of new code proves nothing later (SPT210); a gate that is red there would refuse every
patch (SPX403). Nothing is kept but the environment, which the next run uses again.
"""

import asyncio
import random
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from ..orchestrator.clock import SystemClock
from ..orchestrator.errors import AgentctlError, RepositoryError
from ..orchestrator.gate.gate import LIMITS, PytestGate
from ..orchestrator.git.opening import open_repository
from ..orchestrator.input_files import with_input_files
from ..orchestrator.nouns.plan import LockedTest, SpecView
from ..orchestrator.nouns.runs import RunSettings
from ..orchestrator.nouns.verdicts import GateReport
from ..orchestrator.sandbox.probe import probe
from ..orchestrator.spec_view import spec_view
from ..orchestrator.store.sqlite import SqliteStore
from ..specs.nouns import Spec
from ..specs.rules import Surroundings
from ..tui.clean import clean_lines
from .baseline import cache
from .complaints import Path_
from .judging import furnished, laid
from .lint_surroundings import repository_of
from .output import say
from .settings import Flags, load
from .verifying_limits import Limited, slow
from .verifying_progress import Progress
from .verifying_seconds import SLOW

_NOT_FOUND = frozenset({126, 127})
"""A shell's exit codes for a command that is not there or cannot be run."""
_LISTED = 5


class Unfinished(AgentctlError):
    """A session did not end by itself, so not all is known of HEAD; what else lint finds still holds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Look:
    """What was seen on HEAD: of each check alone, by its id, and of what the repository has itself."""

    checks: Mapping[str, GateReport]
    stopped: Mapping[str, float]
    """Checks that ran into their limit, with its seconds."""
    rest: GateReport


def on_base(
    spec: Spec, around: Surroundings, *, file: str | None, repo: str | None, seconds: float
) -> tuple[Surroundings, Unfinished | None]:
    """The surroundings with what passed and what failed on the base commit, and what kept it from being known whole.

    ``seconds`` is how long one check may run.

    Raises:
        RepositoryError: there is no repository, or no commit in it.
        SandboxUnavailable: nothing here confines a command; says what to install.
        SpecError: an input file that is made by code could not be made.
        AgentctlError: the environment could not be made.
    """
    place = repository_of(file, repo=repo)
    if place is None:
        raise RepositoryError("--run needs the repository that the spec is for: name it with --repo.")
    front: dict[Path_, object] = {("gate",): spec.meta.gate} if spec.meta.gate else {}
    settings = load(place.root, Flags(), front=front).run
    view = spec_view(spec)
    if not view.locked and not settings.gate:
        say("--run has nothing to run: the spec has no checks, and neither it nor the settings have a gate")
        return around, None
    say("running the checks on HEAD, in the sandbox ...")
    progress = Progress([each.check for each in view.locked])
    # Taken away when the loop has ended, and with it every thread that writes in it.
    with tempfile.TemporaryDirectory(prefix="agentctl-") as scratch:
        look_at = _look(place.root, spec, view, settings, seconds=seconds, progress=progress, scratch=Path(scratch))
        look = asyncio.run(look_at)
    _tell_red(look.rest, view.locked)
    return _seen(around, view.locked, look), _unfinished(look)


def _unfinished(look: _Look) -> Unfinished | None:
    """What is not known of HEAD; of a check that was stopped it is known that it does not pass."""
    broken = {name: report for name, report in look.checks.items() if name not in look.stopped}
    problems = [f"{name}: {report.problem}" for name, report in broken.items() if not report.complete]
    if problems:
        return Unfinished(clean_lines(f"The checks could not be run on HEAD: {problems[0]}"))
    if not look.rest.complete:
        return Unfinished(clean_lines(f"The repository's own tests could not be run on HEAD: {look.rest.problem}"))
    return None


async def _look(  # noqa: PLR0913 - what a gate is made of
    root: Path,
    spec: Spec,
    view: SpecView,
    settings: RunSettings,
    *,
    seconds: float,
    progress: Progress,
    scratch: Path,
) -> _Look:
    """What the gate says of HEAD with the spec's fixtures."""
    # A repository's own settings may not switch the sandbox off: nobody said here that it may be off.
    sandbox = await probe("auto" if settings.sandbox == "none" else settings.sandbox)
    git = open_repository(root)
    head = await git.resolve("HEAD")
    if head is None:
        raise RepositoryError(
            f"{root} has no commit yet, so there is nothing to run the checks on: commit what there is."
        )
    base = await git.tree_of(head)
    with progress.doing("preparing the environment"):
        ready = await furnished(git, base, settings, sandbox=sandbox, cache=cache(root))
    clock = SystemClock()
    with SqliteStore(None, clock=clock, redact=str, blobs=None) as store:
        gate = PytestGate(
            git,
            store,
            sandbox=sandbox,
            environment=ready,
            commands=settings.gate,
            named=settings.test,
            services=settings.services,
            parts=settings.gates,
            laid=laid(settings, ready),
            slots=settings.limits.gates,
            scratch=scratch,
            clock=clock,
            random=random.SystemRandom(),
            limits=replace(LIMITS, seconds=max(LIMITS.seconds, seconds * SLOW)),
        )
        with progress.doing("laying out the spec's input files" if spec.fixtures else ""):
            tree = await with_input_files(spec, base, git=git, runner=gate)
        limited = Limited(gate=gate, seconds=seconds, slow=slow(spec), watcher=progress)
        checks = await limited.each(tree, view.locked)
        with progress.doing("running the repository's own tests and the gate"):
            rest = await gate.report(tree)
        return _Look(checks=checks, stopped={name: limited.limit(name) for name in limited.late}, rest=rest)


def _tell_red(report: GateReport, locked: Sequence[LockedTest]) -> None:
    """Name the repository's own tests that fail without any change: a run takes them as they are."""
    ours = {test for each in locked for test in each.tests}
    red = [each.id for each in report.results if each.outcome in {"failed", "error"} and each.id not in ours]
    if red:
        more = f" and {len(red) - _LISTED} more" if len(red) > _LISTED else ""
        say(f"red on HEAD already, so not held against the work: {', '.join(red[:_LISTED])}{more}")


def _seen(around: Surroundings, locked: Sequence[LockedTest], look: _Look) -> Surroundings:
    red = frozenset(each.command for each in look.rest.commands if each.exit != 0)
    missing = frozenset(each.command for each in look.rest.commands if each.exit in _NOT_FOUND)
    return replace(
        around,
        base_passes=frozenset(each.check for each in locked if _passes(each, look.checks[each.check])),
        base_stopped=look.stopped,
        red_gates=red - missing,
        missing_gates=missing,
    )


def _passes(test: LockedTest, report: GateReport) -> bool:
    return report.complete and bool(test.tests) and report.passed().issuperset(test.tests)
