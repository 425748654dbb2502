"""`agentctl lint --run`: the spec's checks and gate commands on HEAD, through the orchestrator's gate, in the sandbox.

What passes there without a line of new code proves nothing later (SPT210); a gate that is red there would refuse every
patch (SPX403). Nothing is kept but the environment, which the next run uses again.
"""

import asyncio
import os
import random
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from ..orchestrator import environment
from ..orchestrator.clock import SystemClock
from ..orchestrator.environment import SETUP_VARIABLES
from ..orchestrator.errors import AgentctlError, RepositoryError
from ..orchestrator.gate.gate import PytestGate
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
from .lint_surroundings import repository_of
from .output import say
from .settings import Flags, Path_, load

_NOT_FOUND = frozenset({126, 127})
"""A shell's exit codes for a command that is not there or cannot be run."""
_LISTED = 5


class Unfinished(AgentctlError):
    """The gate's session did not end by itself, so nothing is known of HEAD; what else lint finds still holds."""


def on_base(spec: Spec, around: Surroundings, *, file: str | None, repo: str | None) -> Surroundings:
    """The surroundings with what passed and what failed on the base commit.

    Raises:
        RepositoryError: there is no repository, or no commit in it.
        SandboxUnavailable: nothing here confines a command; says what to install.
        SpecError: an input file that is made by code could not be made.
        Unfinished: the tests could not be run to their end.
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
        return around
    say("running the checks on HEAD, in the sandbox ...")
    report = asyncio.run(_report(place.root, spec, view, settings))
    if not report.complete:
        raise Unfinished(f"The checks could not be run on HEAD: {clean_lines(report.problem)}")
    _tell_red(report, view.locked)
    return _seen(around, view.locked, report)


async def _report(root: Path, spec: Spec, view: SpecView, settings: RunSettings) -> GateReport:
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
    ready = await environment.prepare(
        git,
        base,
        sandbox=sandbox,
        cache=cache(root),
        setup=settings.setup,
        variables={name: os.environ[name] for name in SETUP_VARIABLES if name in os.environ},
    )
    clock = SystemClock()
    with (
        tempfile.TemporaryDirectory(prefix="agentctl-") as scratch,
        SqliteStore(None, clock=clock, redact=str, blobs=None) as store,
    ):
        gate = PytestGate(
            git,
            store,
            sandbox=sandbox,
            environment=ready,
            commands=settings.gate,
            slots=1,
            scratch=Path(scratch),
            clock=clock,
            random=random.SystemRandom(),
        )
        return await gate.report(await with_input_files(spec, base, git=git, runner=gate), locked=view.locked)


def _tell_red(report: GateReport, locked: Sequence[LockedTest]) -> None:
    """Name the repository's own tests that fail without any change: a run takes them as they are."""
    ours = {test for each in locked for test in each.tests}
    red = [each.id for each in report.results if each.outcome in {"failed", "error"} and each.id not in ours]
    if red:
        more = f" and {len(red) - _LISTED} more" if len(red) > _LISTED else ""
        say(f"red on HEAD already, so not held against the work: {', '.join(red[:_LISTED])}{more}")


def _seen(around: Surroundings, locked: Sequence[LockedTest], report: GateReport) -> Surroundings:
    passed = report.passed()
    red = frozenset(each.command for each in report.commands if each.exit != 0)
    missing = frozenset(each.command for each in report.commands if each.exit in _NOT_FOUND)
    return replace(
        around,
        base_passes=frozenset(each.check for each in locked if each.tests and passed.issuperset(each.tests)),
        red_gates=red - missing,
        missing_gates=missing,
    )
