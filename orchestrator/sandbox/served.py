"""A sandbox whose commands find services running beside them, in the same namespaces; they end with the command."""

import json
import os
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import asdict, replace
from pathlib import Path

from ..errors import ServiceFailed, SettingsError
from ..nouns.services import Service
from ..ports import Completed
from ..rules.normalise import clean
from .port import TMP, CommandLimits, Mount, Sandbox

SERVING = Path(__file__).with_name("serving.py")
"""The program that starts them, inside."""
FOLDERS = f"{TMP}/services"
"""Where each has a folder of its own name."""
_PLACE = "/serving.py"
_LONGEST = 1 << 16
_LINES = 15
_NOT_FOUND = 127
_START = 5.0
"""Seconds that starting processes may take beside what services may."""


class Served:
    """Runs each command with ``services`` up; satisfies `Sandbox`. ``python`` is an interpreter inside it.

    The time limit of a command begins when all services can be used.
    """

    def __init__(self, sandbox: Sandbox, services: Sequence[Service], *, python: str) -> None:
        require_own_network(sandbox, services)
        self._sandbox = sandbox
        self._services = tuple(services)
        self._python = python
        self.name = sandbox.name
        self.relocates = sandbox.relocates
        self.gaps = sandbox.gaps

    async def run(  # noqa: PLR0913 - the protocol's signature
        self,
        argv: Sequence[str],
        *,
        root: Path,
        writable: bool,
        limits: CommandLimits,
        env: Mapping[str, str],
        mounts: Sequence[Mount] = (),
        network: bool = False,
        inherit: Sequence[int] = (),
    ) -> Completed:
        """See `Sandbox.run`.

        Raises:
            ServiceFailed: a service could not be used, or ended before the command did.
        """
        with ExitStack() as used:
            # A pipe, which holds little: the memory of a file without a folder would be seen by no limit.
            heard, report = os.pipe2(os.O_CLOEXEC | os.O_NONBLOCK)
            used.callback(os.close, heard)
            used.callback(os.close, report)
            settings = {
                "report": report,
                "inherit": list(inherit),
                "seconds": limits.seconds,
                "services": [asdict(each) | {"folder": f"{FOLDERS}/{each.name}"} for each in self._services],
            }
            done = await self._sandbox.run(
                [self._python, "-I", "-S", _PLACE, json.dumps(settings), *argv],
                root=root,
                writable=writable,
                limits=replace(limits, seconds=limits.seconds + _START + sum(each.seconds for each in self._services)),
                env={**env, **{name: value for each in self._services for name, value in each.env.items()}},
                mounts=[*mounts, Mount(source=SERVING, target=_PLACE)],
                network=network,
                inherit=[*inherit, report],
            )
            said = _said(heard)
        _raise_if_failed(said, done)
        return replace(done, exit=None, stopped="time") if said.get("late") else done


def require_own_network(sandbox: Sandbox, services: Sequence[Service]) -> None:
    """Raise SettingsError where there are services, and a sandbox that would have them listen on the host's network."""
    if services and not sandbox.relocates:
        names = ", ".join(each.name for each in services)
        raise SettingsError(
            f"the sandbox {sandbox.name} has no network of its own, in which services could listen ({names}, under "
            "[[services]] in agentctl.toml): install bubblewrap (`apt install bubblewrap`, `dnf install bubblewrap`), "
            'or say `sandbox = "docker"` or "podman" under [workspace], where one of them works, or take the services '
            "out"
        )


def _said(heard: int) -> dict[str, object]:
    """What was told from inside, of each thing the first word: a command could have written there too, later."""
    told: dict[str, object] = {}
    try:
        lines = os.read(heard, _LONGEST).splitlines()
    except BlockingIOError:
        return told
    for line in lines:
        try:
            said = json.loads(line)
        except ValueError:
            continue
        if isinstance(said, dict):
            told |= {name: word for name, word in said.items() if name not in told}
    return told


def _raise_if_failed(said: Mapping[str, object], done: Completed) -> None:
    if "failed" in said:
        when = " while the tests ran" if said.get("ready") else ""
        what, output = f"the service {said['failed']} {said.get('why', '')}{when}", str(said.get("output", ""))
    elif not said.get("ready"):
        stopped = f"were stopped by the limit of {done.stopped}" if done.stopped else "could not be started"
        what, output = f"the services {stopped}", done.output
    else:
        return
    what, lines = clean(what), clean(output).strip().splitlines()[-_LINES:]
    shown = "".join(["\nIts last lines:", *(f"\n| {line}" for line in lines)]) if lines else " It said nothing."
    raise ServiceFailed(
        f"{what}, so nothing was judged. Mend what it lacks on this machine, and a run goes on with `agentctl resume`; "
        "or mend it under [[services]] in agentctl.toml, which a run reads when it begins. `agentctl doctor` tries it."
        f"{shown}",
        what=what,
        last_lines=lines,
        not_found=said.get("code") == _NOT_FOUND and not said.get("ready"),
        begun=bool(said.get("ready")),
    )
