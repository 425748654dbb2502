"""Deliveries to a bot's port: how soon they are acknowledged, and whether any is lost or acted on twice over a kill.

The server is a process of its own with the real port, book and loop; what acts only notes what it was asked to do. It
is killed with SIGKILL in the middle and started again. What was not acknowledged is sent again; some of what was is
sent again too, and some of that under another id.
"""

import asyncio
import os
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections import Counter
from contextlib import closing, suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from ..cli.bot.serve import SECRET_ENV
from ..cli.bot.work import LANES
from .parts.deliveries import SECRET, Line, Sent, comment

BURST = 200
"""Deliveries that come at one moment, once in the run."""
_PATIENCE = 60.0
"""Seconds for a server to begin, and for the last message to be worked off."""
_AGAIN = 20
"""Each so many-th delivery is sent a second time, and each one after it under another id."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """Milliseconds to the acknowledgement, over all that was acknowledged, and what went wrong."""

    p50: float
    p95: float
    p99: float
    burst_p95: float
    """Of those that came at one moment alone."""
    lost: int
    """Acknowledged, and never acted on."""
    twice: int
    """Acted on again after they were done; what was in hand at the kill, one of each repository, may be once."""
    acknowledged: int
    refused: int
    """Answered with anything else than 2xx; a forge would not have sent these again."""
    resent: int
    """Those that nobody answered, while the server was away."""


async def load(deliveries: int = 1000, seconds: float = 60.0, *, quick: bool = False) -> Load:
    """Send that many in that time; with ``quick`` a fifth of them in a sixth of it."""
    number, span = (deliveries // 5, seconds / 6) if quick else (deliveries, seconds)
    with tempfile.TemporaryDirectory(prefix="agentctl-bench-") as name:
        server = _Server(folder=Path(name))
        await server.begin()
        try:
            return await _measured(server, number, span)
        finally:
            server.end()


async def _measured(server: "_Server", number: int, span: float) -> Load:
    sender = _Sender(port=server.port)
    everything = [comment(each) for each in range(number)]
    burst = everything[: min(BURST, number // 4)]
    steady = everything[len(burst) :]
    killing = asyncio.create_task(_kill_at(server, span / 2))
    async with asyncio.TaskGroup() as group:
        for place, each in enumerate(steady):
            group.create_task(sender.send_at(each, span * place / len(steady)))
        group.create_task(sender.burst_at(burst, span / 4))
    done_before = await killing
    await sender.resend()
    await sender.repeat(everything)
    await sender.leave()
    await server.worked_off(_PATIENCE)
    return sender.found(server.noted(), done_before)


async def _kill_at(server: "_Server", moment: float) -> frozenset[str]:
    """Kill it, see what was done by then, and start it again."""
    await asyncio.sleep(moment)
    server.kill()
    done = server.done()
    await server.begin()
    return done


@dataclass(slots=True, kw_only=True)
class _Sender:
    port: int
    begun: float = field(default_factory=time.perf_counter)
    took: list[float] = field(default_factory=list)
    of_burst: list[float] = field(default_factory=list)
    taken: set[str] = field(default_factory=set)
    unanswered: list[Sent] = field(default_factory=list)
    refused: int = 0
    resent: int = 0
    _idle: list[Line] = field(default_factory=list)

    async def send_at(self, sent: Sent, moment: float) -> None:
        await asyncio.sleep(max(self.begun + moment - time.perf_counter(), 0.0))
        await self._send(sent, self.took)

    async def burst_at(self, burst: list[Sent], moment: float) -> None:
        await asyncio.sleep(max(self.begun + moment - time.perf_counter(), 0.0))
        took: list[float] = []
        await asyncio.gather(*(self._send(each, took) for each in burst))
        self.of_burst += took
        self.took += took

    async def resend(self) -> None:
        """What nobody answered, until somebody does."""
        self.resent = len(self.unanswered)
        while self.unanswered:
            left, self.unanswered = self.unanswered, []
            for each in left:
                await self._send(each, self.took)

    async def repeat(self, everything: list[Sent]) -> None:
        """Some again, and some under ids that were never given."""
        for each in everything[::_AGAIN]:
            await self._send(each, [])
        for each in everything[1::_AGAIN]:
            await self._send(Sent(id=f"f0{each.id[2:]}", body=each.body), [], forged=True)

    async def leave(self) -> None:
        """Close what was kept."""
        for line in self._idle:
            await line.close()

    async def _send(self, sent: Sent, took: list[float], *, forged: bool = False) -> None:
        line = self._idle.pop() if self._idle else Line(host="127.0.0.1", port=self.port)
        try:
            status, seconds = await line.send(sent)
        except OSError:
            self.unanswered.append(sent)
            await asyncio.sleep(0.05)
            return
        self._idle.append(line)
        if status not in range(200, 300):
            self.refused += 1
            return
        took.append(1000 * seconds)
        if not forged:
            self.taken.add(sent.id)

    def found(self, noted: Counter[str], done_before: frozenset[str]) -> Load:
        again = {name for name, times in noted.items() if times > (1 if name in done_before else 2)}
        repeated = {name for name, times in noted.items() if times > 1} - again
        strange = {name for name in noted if name not in self.taken}
        return Load(
            p50=_quantile(self.took, 0.50),
            p95=_quantile(self.took, 0.95),
            p99=_quantile(self.took, 0.99),
            burst_p95=_quantile(self.of_burst, 0.95),
            lost=len(self.taken - noted.keys()),
            twice=len(again | strange) + max(len(repeated) - LANES, 0),
            acknowledged=len(self.taken),
            refused=self.refused,
            resent=self.resent,
        )


@dataclass(slots=True, kw_only=True)
class _Server:
    folder: Path
    port: int = 0
    _process: "subprocess.Popen[str] | None" = None

    async def begin(self) -> None:
        """Start it, and come back when it listens."""
        command = [sys.executable, "-P", "-m", "agentctl.bench.parts.noted_bot", str(self._notes), "-", "serve"]
        command += ["--home", str(self.folder / "home"), "--port", str(self.port)]
        environ = {**os.environ, SECRET_ENV: SECRET.decode()}
        with (self.folder / "server.log").open("a") as log:
            start = partial(subprocess.Popen, command, env=environ, stdout=subprocess.PIPE, stderr=log, text=True)
            self._process = await asyncio.to_thread(start)
        address = await asyncio.to_thread(self._process.stdout.readline)  # type: ignore[union-attr]  # a pipe, as asked
        if not address.startswith("http://"):
            raise RuntimeError(f"the server did not begin: {(self.folder / 'server.log').read_text()[-500:]}")
        self.port = int(address.split(":")[2].split("/")[0])

    def kill(self) -> None:
        """At once."""
        if self._process is not None:
            self._process.kill()
            self._process.wait(_PATIENCE)
            self._close()

    def end(self) -> None:
        """As a service is ended."""
        if self._process is not None and self._process.poll() is None:
            self._process.send_signal(signal.SIGTERM)
            with suppress(subprocess.TimeoutExpired):
                self._process.wait(_PATIENCE)
        self.kill()

    def done(self) -> frozenset[str]:
        """The ids that the book has as done."""
        return frozenset(self._ids("done_at IS NOT NULL"))

    async def worked_off(self, patience: float) -> None:
        """Come back when nothing waits, or after that many seconds."""
        until = time.monotonic() + patience
        while self._ids("done_at IS NULL") and time.monotonic() < until:  # noqa: ASYNC110 - another process does it
            await asyncio.sleep(0.1)

    def noted(self) -> Counter[str]:
        """How often each was acted on."""
        return Counter(self._notes.read_text().split())

    def _ids(self, where: str) -> list[str]:
        with closing(sqlite3.connect(self.folder / "home" / "bot.db", timeout=5)) as book:
            return [row[0] for row in book.execute(f"SELECT id FROM messages WHERE {where}")]

    @property
    def _notes(self) -> Path:
        return self.folder / "notes"

    def _close(self) -> None:
        if self._process is not None and self._process.stdout is not None:
            self._process.stdout.close()


def _quantile(figures: list[float], part: float) -> float:
    if not figures:
        return float("nan")
    return sorted(figures)[min(int(len(figures) * part), len(figures) - 1)]
