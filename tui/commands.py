"""What a key that changes a run, or wants more than its tables have, starts: agentctl itself."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol


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
