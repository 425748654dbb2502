"""What runs a worker's commands, as the workspace sees it."""

from pathlib import Path
from typing import Protocol

from ..ports import Completed


class Runner(Protocol):
    """Confines a shell command to the files beneath ``root``."""

    async def run(self, command: str, *, root: Path, seconds: float) -> Completed:
        """Run ``command`` with ``root`` as its working folder, for at most ``seconds`` of wall time."""
        ...


class History(Protocol):
    """Makes the git directory that a worker sees in its workspace."""

    async def __call__(self, tree: str, into: Path) -> None:
        """Make ``into``, which does not exist, the git directory of a checkout of ``tree``."""
        ...
