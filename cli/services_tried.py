"""What the doctor says of the services under ``[[services]]``: it starts them as a run of the gate does."""

import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from ..orchestrator.errors import AgentctlError, ServiceFailed, SettingsError
from ..orchestrator.nouns.runs import RunSettings
from ..orchestrator.rules.redact import secrets_of
from ..orchestrator.sandbox import view
from ..orchestrator.sandbox.port import CommandLimits, Sandbox
from ..orchestrator.sandbox.probe import probe
from ..orchestrator.sandbox.served import Served
from .checkup import Check
from .settings import Flags, load


async def tried(root: Path) -> tuple[Check, ...]:
    """The services, and variables that bear the name of a secret; nothing where there are neither."""
    try:
        settings = load(root, Flags()).run
        sandbox = await probe(settings.sandbox) if settings.services else None
    except AgentctlError:  # other checks say why
        return ()
    found = (await _services(settings, sandbox),) if sandbox is not None else ()
    return (*found, *_variables(settings))


async def _services(settings: RunSettings, sandbox: Sandbox) -> Check:
    name = "services"
    try:
        with tempfile.TemporaryDirectory(prefix="agentctl-") as folder:
            done = await Served(sandbox, settings.services, python=_python()).run(
                ["true"],
                root=Path(folder),
                writable=False,
                limits=CommandLimits(),
                env={"PATH": ":".join(view.path()), "LANG": "C.UTF-8"},
            )
    except SettingsError as error:
        return Check(name=name, state="fails", found=f"the sandbox {sandbox.name} cannot hold them", todo=(str(error),))
    except ServiceFailed as error:
        elsewhere = ("here it was looked for without the project's own environment, which runs have",)
        todo = (*error.last_lines, *(elsewhere if error.not_found else ()))
        return Check(name=name, state="note" if error.not_found else "fails", found=error.what, todo=todo)
    told = ", ".join(f"{each.name} on port {each.port}" for each in settings.services)
    return Check(name=name, state="fine", found=f"{told}: could be used after {done.seconds:.1f} s")


def _python() -> str:
    return str(Path(sys.executable).resolve())


def _variables(settings: RunSettings) -> Iterator[Check]:
    given = dict(settings.variables)
    for each in settings.services:
        given |= each.env
    if named := [name for name, value in sorted(given.items()) if secrets_of({name: value})]:
        todo = "what a model wrote reads it, and agentctl.toml is committed: let nothing of value stand there"
        yield Check(name="variables", state="note", found=f"by its name a secret: {', '.join(named)}", todo=(todo,))
