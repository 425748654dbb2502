"""When a simulated process dies, and what a dead one cannot write: its coroutines are still being cancelled then."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from langgraph.checkpoint.memory import InMemorySaver
from langgraph.checkpoint.serde.jsonplus import JsonPlusSerializer

from ...orchestrator.nouns.keys import AttemptKey, CallKey
from ...orchestrator.ports import Clock
from ...orchestrator.store.database import Fence
from ...orchestrator.store.journal import Journal


class Killed(BaseException):
    """The simulated process died; nothing it does afterwards reaches the outside."""


class Saver(InMemorySaver):
    """Checkpoints that a dead process cannot write any more."""

    def __init__(self, guard: Callable[[], None]) -> None:
        super().__init__(serde=JsonPlusSerializer(allowed_msgpack_modules=None))
        self._guard = guard
        self.largest = 0

    async def aput(self, config: Any, checkpoint: Any, metadata: Any, new_versions: Any) -> Any:
        """Keep a checkpoint, and how large the largest was in bytes."""
        self._guard()
        self.largest = max(self.largest, len(self.serde.dumps_typed(checkpoint)[1]))
        return await super().aput(config, checkpoint, metadata, new_versions)

    async def aput_writes(self, *args: Any, **kwargs: Any) -> None:
        """Keep what a step wrote."""
        self._guard()
        await super().aput_writes(*args, **kwargs)


class GuardedJournal(Journal):
    """A journal in which a dead process, whose coroutines are being cancelled, enters nothing.

    ``failures`` is where each call is counted that failed and said so.
    """

    def __init__(
        self, path: Path, *, clock: Clock, guard: Callable[[], None], fence: Fence, failures: Counter[str]
    ) -> None:
        super().__init__(path, clock=clock, redact=str, fence=fence)
        self._guard = guard
        self._failures = failures

    def failed(self, key: CallKey, *, error: str, usd: float) -> None:
        """Enter that a call failed."""
        self._guard()
        super().failed(key, error=error, usd=usd)
        self._failures[str(key)] += 1

    def set_result(self, key: AttemptKey, turn: int, call: str, text: str) -> None:
        """Enter what a tool gave."""
        self._guard()
        super().set_result(key, turn, call, text)


@dataclass(slots=True)
class Fate:
    """When the process dies: at the n-th fault point from now; None means never."""

    at: int | None = None
    reached: int = 0
    dead: bool = False
    names: list[str] = field(default_factory=list)

    def strike(self, name: str) -> None:
        """Called at each fault point; raises Killed there and at every later one."""
        self.reached += 1
        self.names.append(name)
        if self.at is not None and self.reached >= self.at:
            self.dead = True
        self.guard()

    def guard(self) -> None:
        """Raise Killed in a process that is dead."""
        if self.dead:
            raise Killed
