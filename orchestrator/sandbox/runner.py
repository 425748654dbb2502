"""A workspace's shell commands, in the sandbox with the target's environment."""

from dataclasses import replace
from pathlib import Path

from ..environment import Environment
from ..ports import Completed
from .port import CommandLimits, Sandbox


class SandboxRunner:
    """Runs `sh -c` commands in a tree, with the environment mounted and the network off."""

    def __init__(self, sandbox: Sandbox, environment: Environment, limits: CommandLimits) -> None:
        self._sandbox = sandbox
        self._environment = environment
        self._limits = limits

    async def run(self, command: str, *, root: Path, seconds: float) -> Completed:
        """One command in ``root``, which it may write to; ended after ``seconds`` or at the runner's own limit."""
        return await self._sandbox.run(
            ["/bin/sh", "-c", command],
            root=root,
            writable=True,
            limits=replace(self._limits, seconds=min(seconds, self._limits.seconds)),
            env=self._environment.variables,
            mounts=self._environment.mounts,
        )
