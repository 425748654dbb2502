"""Performance bars: runs their commands some times and holds the figure to the bound. Apart from all tests.

Measured inside the sandbox, around the command's own shell: wall clock, processor time of everything it started, and
the resident size of the largest of its processes. Nothing else is run meanwhile by whoever waits for this.
"""

import json
import platform
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from ...specs import transcript_runner
from ...specs.performance import Bar, figure, holds
from .. import kernel
from ..ports import Completed, TreeEntry

_PROGRAM = """
import json, resource, time
before = resource.getrusage(resource.RUSAGE_CHILDREN)
began = time.perf_counter()
out, err, code = run({command!r}, root=Path.cwd(), seconds={seconds!r})
wall = time.perf_counter() - began
after = resource.getrusage(resource.RUSAGE_CHILDREN)
cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
print(json.dumps([code, wall, cpu, after.ru_maxrss * {unit}, err[-3:]]))
"""
_SECONDS = 280.0
_WHICH = {"wall": 1, "cpu": 2, "peak memory": 3}
_BYTES = ("B", "kB", "MB", "GB")
_UNREAD = "could not be measured: "


class Track(Protocol):
    """Where commands are measured; the gate's `PytestGate` is one."""

    async def run_program(self, tree: str, program: str, *, times: int = 1) -> tuple[Completed, ...]:
        """What a Python program does in a checkout of the tree, some times in a row."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """A bar and what was seen; ``value`` is in seconds or bytes, or None where ``problem`` says why there is none."""

    bar: Bar
    machine: str
    value: float | None = None
    samples: tuple[float, ...] = ()
    problem: str = ""
    ran_wrong: bool = False
    """Its command ran, and did not end well: there is no figure because the program does not do it."""

    @property
    def held(self) -> bool:
        """Whether it is within the bound."""
        return self.value is not None and holds(self.bar, self.value)

    def __str__(self) -> str:
        if self.value is None:
            return self.problem
        return f"{_told(self.value, self.bar)}{self.bar.op}{_told(self.bar.limit, self.bar)}"


async def measure(bar: Bar, *, tree: str, entries: Mapping[str, TreeEntry], track: Track, size: int | None) -> Measured:
    """Run the bar's command, after its warm-ups, as often as it says. ``size`` is that of the file it names, if any."""
    machine = this_machine()
    if bar.metric == "size":
        known = bar.command in entries and size is not None
        problem = "" if known else f"{bar.command} is no file of the tree: measure what is built by a check"
        return Measured(
            bar=bar, machine=machine, value=float(size) if known and size is not None else None, problem=problem
        )
    if bar.metric == "throughput":
        problem = f"what counts as {bar.unit} only the program knows: decide it by a check"
        return Measured(bar=bar, machine=machine, problem=problem)
    program = runner() + _PROGRAM.format(command=bar.command, seconds=_SECONDS, unit=1 if kernel.MACOS else 1024)
    done = await track.run_program(tree, program, times=bar.warmups + bar.runs)
    samples: list[float] = []
    for each in done:
        told = _read(each)
        if isinstance(told, str):
            wrong = not told.startswith(_UNREAD)
            return Measured(bar=bar, machine=machine, problem=f"`{bar.command}` {told}", ran_wrong=wrong)
        samples.append(told[_WHICH[bar.metric]])
    counted = tuple(samples[bar.warmups :])
    return Measured(bar=bar, machine=machine, value=figure(counted, bar.stat), samples=counted)


def this_machine() -> str:
    """The hardware in a few words, for whoever compares figures."""
    count = kernel.cores()
    return f"{count} core{'s' if count != 1 else ''}, {platform.machine()}, {platform.system()}"


def runner() -> str:
    """The code that runs one command of a transcript, as it stands in each compiled check."""
    text = Path(transcript_runner.__file__).read_text(encoding="utf-8")
    return text[text.index("\nimport ") :]


def _read(done: Completed) -> tuple[float, ...] | str:
    """The figures of one run, or why there are none; what else is printed comes before the last line."""
    if done.stopped:
        return f"was stopped by its limit of {done.stopped}"
    try:
        code, wall, cpu, peak, complaint = json.loads(done.output.strip().rsplit("\n", 1)[-1])
        figures = (float(code), float(wall), float(cpu), float(peak))
    except (ValueError, TypeError):
        return _UNREAD + done.output.strip()[-200:]
    return figures if code == 0 else f"ended with exit status {code}: {' '.join(map(str, complaint))}".rstrip(": ")


def _told(value: float, bar: Bar) -> str:
    if bar.metric in {"wall", "cpu"}:
        return f"{value:.2f}s" if value >= 1 else f"{value * 1000:.0f}ms"
    power = 0
    while value >= 1000 and power < len(_BYTES) - 1:  # noqa: PLR2004 - a kB is 1000 B
        value, power = value / 1000, power + 1
    return f"{value:.3g}{_BYTES[power]}"
