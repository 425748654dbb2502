"""Texts that a screen shows and the store does not have: patches, prompts, the report. Commands write them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ..orchestrator.errors import AgentctlError
from .sight import TABS, Sight

if TYPE_CHECKING:
    from .commands import Done

EVERY = 1.0
"""Seconds at least between two readings of a text that is being looked at."""
_COMMANDS = {"patch": "diff", "tests": "show", "prompts": "logs"}


@dataclass(slots=True)
class Texts:
    """What was read, by what it is of; read again while the run goes on."""

    run: Callable[[Sequence[str]], Awaitable[Done]]
    read: dict[str, str] = field(default_factory=dict)
    _reading: set[str] = field(default_factory=set)
    _at: dict[str, float] = field(default_factory=dict)

    def wanted(self, sight: Sight, *, over: bool, now: float) -> Mapping[str, Sequence[str]]:
        """The commands to begin now for this screen; ``over``: the run changes no more."""
        shown: dict[str, Sequence[str]] = {"report": ["report"]} if sight.mode == "report" else {}
        if sight.mode == "task" and sight.tab and sight.task:
            name = _COMMANDS[TABS[sight.tab]]
            shown[f"{name} {sight.task}"] = [name, sight.task]
        fresh = {key for key, at in self._at.items() if now - at < EVERY}
        due = {
            key: argv
            for key, argv in shown.items()
            if key not in self._reading and key not in fresh and not (over and key in self.read)
        }
        self._reading |= set(due)
        self._at |= dict.fromkeys(due, now)
        return due

    async def fetch(self, key: str, argv: Sequence[str]) -> bool:
        """Run the command; whether there is something new to show."""
        try:
            done = await self.run(argv)
            text = done.out or done.err
        except (OSError, AgentctlError) as error:
            text = str(error)
        self._reading.discard(key)
        changed = self.read.get(key) != text
        self.read[key] = text
        return changed
