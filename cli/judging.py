"""The gate of a run, as its driver has it: in the sandbox and the environment of the run's base."""

import os
import random
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ..orchestrator.clock import SystemClock
from ..orchestrator.environment import SETUP_VARIABLES, Environment, with_variables
from ..orchestrator.environment import prepare as prepare_environment
from ..orchestrator.errors import RunStateError, SandboxUnavailable, SettingsError
from ..orchestrator.gate.first_look import AffectedFirst
from ..orchestrator.gate.gate import PytestGate
from ..orchestrator.gate.scoped import ScopedGate, WholeGate
from ..orchestrator.git.repository import Repository
from ..orchestrator.nouns.events import Noted
from ..orchestrator.nouns.runs import Run, RunSettings
from ..orchestrator.ports import FirstLook, Gate, Git, Store
from ..orchestrator.rules.scoping import whole
from ..orchestrator.rules.services import env_file
from ..orchestrator.run_view import FRAME, START
from ..orchestrator.sandbox.landlock import Plain
from ..orchestrator.sandbox.port import Sandbox
from ..orchestrator.sandbox.probe import probe
from ..orchestrator.sandbox.served import require_own_network
from ..orchestrator.store.folder import RunFolder
from ..orchestrator.store.sqlite import SqliteStore
from ..orchestrator.workspace.base import Bases
from .models import EXAMPLES


@dataclass(frozen=True, slots=True, kw_only=True)
class Court:
    """A gate, with what it judges in."""

    gate: PytestGate
    sandbox: Sandbox
    environment: Environment


async def court(  # noqa: PLR0913 - what a gate is made of
    folder: RunFolder,
    run: Run,
    store: SqliteStore,
    git: Repository,
    *,
    packages: Sequence[str],
    scratch: str,
    accepted: bool,
) -> Court:
    """The gate of a run; ``scratch`` names a folder below the run's own that no other gate uses meanwhile.

    ``packages`` are what the spec allows beside the manifests; ``accepted`` is a person's word for no sandbox.
    """
    settings, state = run.settings, folder.path.parent.parent
    sandbox = await confined(settings, store, accepted=accepted)
    environment = await furnished(
        git,
        await git.tree_of(run.base),
        settings,
        sandbox=sandbox,
        cache=state / "environments",
        packages=packages,
    )
    gate = PytestGate(
        git,
        store,
        sandbox=sandbox,
        environment=environment,
        commands=settings.gate,
        named=settings.test,
        services=settings.services,
        parts=settings.gates,
        laid=laid(settings, environment),
        slots=settings.limits.gates,
        scratch=state / "work" / run.id / scratch,
        clock=SystemClock(),
        random=random.SystemRandom(),
    )
    return Court(gate=gate, sandbox=sandbox, environment=environment)


async def furnished(
    git: Repository,
    tree: str,
    settings: RunSettings,
    *,
    sandbox: Sandbox,
    cache: Path,
    packages: Sequence[str] = (),
) -> Environment:
    """The environment of a trusted tree as the settings have it, with their variables.

    Raises SettingsError where the sandbox cannot hold the services, or the tree does not ignore the file of variables.
    """
    require_own_network(sandbox, settings.services)
    if wrong := await unlayable(git, tree, settings):
        raise SettingsError(wrong)
    environment = await prepare_environment(
        git,
        tree,
        sandbox=sandbox,
        cache=cache,
        setup=settings.setup,
        egress=settings.egress,
        packages=packages,
        variables={name: os.environ[name] for name in SETUP_VARIABLES if name in os.environ},
    )
    return with_variables(environment, settings.variables, sandbox=sandbox)


async def unlayable(git: Repository, tree: str, settings: RunSettings) -> str:
    """Why the file of variables cannot be laid beside a tree; empty where it can, or none is asked for."""
    if not settings.env_file or (await Bases(git).load(tree)).may_be_laid(settings.env_file):
        return ""
    return (
        f"{settings.env_file}, which is env_file under [workspace] in agentctl.toml, is not ignored by git in the "
        "commit that is built on, so it could be committed: add it to .gitignore there, or take env_file out"
    )


def laid(settings: RunSettings, environment: Environment) -> dict[str, bytes]:
    """The file in which the variables of the settings stand too, by its path; nothing where none is asked for."""
    if not settings.env_file:
        return {}
    told = {name: environment.variables[name] for name in settings.variables}
    for each in settings.services:
        told |= each.env
    return {settings.env_file: env_file(told)}


def landing_gate(gate: PytestGate, settings: RunSettings, *, git: Repository, store: SqliteStore) -> Gate:
    """What judges attempts and landings: where the settings have parts, those that each needs."""
    if not settings.gates:
        return gate
    return ScopedGate(
        gate=gate,
        git=git,
        store=store,
        parts=settings.gates,
        commands=settings.gate,
        every=settings.whole_every,
        start=(FRAME, START),
    )


def first_look(gate: PytestGate, settings: RunSettings, *, git: Git, store: Store) -> FirstLook | None:
    """What a worker's own test run begins with; None where the settings want none."""
    if not settings.affected_first:
        return None
    return AffectedFirst(gate=gate, git=git, store=store, least=settings.affected_first)


def whole_gate(gate: PytestGate, settings: RunSettings) -> Gate | None:
    """What judges the end of a run; None where every landing was judged so."""
    return WholeGate(gate=gate, scope=whole(settings.gates, settings.gate)) if settings.gates else None


async def confined(settings: RunSettings, store: SqliteStore, *, accepted: bool) -> Sandbox:
    """What confines commands; a shipped recording, whose content is ours, may go without.

    Raises:
        SandboxUnavailable: nothing here confines a command; says what to install.
        RunStateError: the run was started unconfined, and this process was not told that this is accepted.
    """
    if settings.sandbox == "none" and not accepted:
        raise RunStateError("this run has no sandbox; say again --i-accept-unsandboxed-execution to go on with it")
    try:
        return await probe(settings.sandbox)
    except SandboxUnavailable as unavailable:
        if settings.replay is None or Path(settings.replay).parent != EXAMPLES:
            raise
        text = f"no sandbox here, so the shipped recording runs in a plain limited process: {unavailable}"
        store.append(Noted(text=text), author="driver")
        return Plain()
