"""What a key that changes a run, or wants more than its tables have, starts: agentctl itself."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

LOOKS = "this dashboard only looks: nothing can be changed from here"
_READS = frozenset({"diff", "logs", "report", "show"})
"""The commands that fill a screen (tui/texts.py); they change nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """What a command came to."""

    code: int
    out: str
    err: str


class Commands(Protocol):
    """Runs `agentctl` on the run that is shown."""

    async def run(self, argv: Sequence[str]) -> Done:
        """With these arguments; nothing of it reaches the terminal."""
        ...

    def here(self, argv: Sequence[str]) -> int:
        """As if typed in this terminal, which is its own until it ends; its exit code."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Looking:
    """Refuses every command but those that fill a screen, and these with any option."""

    reads: Commands

    async def run(self, argv: Sequence[str]) -> Done:
        """What is read, or a refusal in words."""
        if argv[0] in _READS and not any(each.startswith("-") for each in argv):
            return await self.reads.run(argv)
        return Done(code=2, out="", err=f"{LOOKS}\n")

    def here(self, argv: Sequence[str]) -> int:  # noqa: ARG002 - as the port has it
        """Nothing runs in this terminal."""
        return 2
