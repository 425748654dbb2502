"""Calls what brings a forge up to date: when it wants to be, when it is poked, and when a run's folder changes."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from ...orchestrator.errors import ForgeAway
from ..crash import save
from .intervals import Intervals

Tick = Callable[[], Awaitable[float]]
"""Brings everything up to date that is not; returns in how many seconds it wants to be called again."""

MOST = 300.0
"""Seconds after which it is called in any case."""
TROUBLE = 60.0
"""Seconds after a call that has failed."""
_USUAL = Intervals()


@dataclass(slots=True, kw_only=True)
class Ticking:
    """One such call after the other, never two at once."""

    tick: Tick
    folders: Callable[[], Iterable[Path]]
    """The folders of the runs that are told of."""
    tell: Callable[[str], None]
    least: float = _USUAL.least
    """Seconds between two calls, however often it is poked."""
    period: float = _USUAL.folders
    """Seconds between two looks at the folders of runs."""
    _poked: asyncio.Event = field(default_factory=asyncio.Event, init=False)
    _said: str = field(default="", init=False)

    def poke(self) -> None:
        """Something may have changed."""
        self._poked.set()

    async def go_on(self, stop: asyncio.Event) -> None:
        """Until told to stop; a call under way is let end."""
        watching = asyncio.create_task(self._watch())
        try:
            while not stop.is_set():
                self._poked.clear()
                seconds = await self.once()
                await asyncio.sleep(min(self.least, seconds))
                with suppress(TimeoutError):
                    async with asyncio.timeout(min(max(seconds - self.least, 0.0), MOST)):
                        await self._poked.wait()
        finally:
            watching.cancel()
            with suppress(asyncio.CancelledError):
                await watching

    async def once(self) -> float:
        """One call; nothing is raised. Returns for how many seconds there may be nothing to do."""
        try:
            seconds = max(await self.tick(), 0.0)
        except ForgeAway as error:
            return self._told(f"the forge is left alone: {error}", seconds=error.seconds or TROUBLE)
        except Exception as error:  # noqa: BLE001 - what fails now is tried again, and messages go on coming in
            name = type(error).__name__
            if name != self._said:
                self._said = name
                self.tell(f"bringing the forge up to date failed ({name}, traceback: {save(error)}); it is tried again")
            return TROUBLE
        self._said = ""
        return seconds

    def _told(self, words: str, *, seconds: float) -> float:
        """A state of trouble is told once."""
        if words != self._said:
            self._said = words
            self.tell(words)
        return seconds

    async def _watch(self) -> None:
        known: dict[Path, tuple[int, ...]] | None = None
        while True:
            with suppress(Exception):  # a folder that goes while it is looked at; the next look tells
                found = {folder: _looks(folder) for folder in self.folders()}
                if known is not None and found != known:
                    self.poke()
                known = found
            await asyncio.sleep(self.period)


def _looks(folder: Path) -> tuple[int, ...]:
    """What differs once something was written to a run: the times and sizes of its log and of its lock."""
    parts = list[int]()
    for name in ("run.db", "run.db-wal", "lock"):
        with suppress(OSError):
            status = (folder / name).stat()
            parts += [status.st_mtime_ns, status.st_size]
    return tuple(parts)
