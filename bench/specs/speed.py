"""What `agentctl lint` costs: CPU time of the whole process, from its start to its end, on specs of two lengths.

CPU time on a machine that is busy is never too low, only too high: the caches are shared. So the least of several runs
is what it costs, and the median says how busy the machine was.
"""

import statistics
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..parts.processes import environment, measured
from ..report import Bar
from .corpora import words
from .generated import spec_of

LENGTHS = {1500: 100.0, 6000: 300.0}
"""Words of a spec, and the most milliseconds of CPU that lint may take for it."""
RUNS, QUICK_RUNS = 15, 5
_PROGRAM = str(Path(sys.executable).with_name("agentctl"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Speed:
    """The bars, and the figures behind them."""

    bars: tuple[Bar, ...]
    figures: dict[str, Any]


def measure(*, quick: bool) -> Speed:
    """Lint each spec several times, in turn with an interpreter that does nothing. Raises CommandFailed."""
    with tempfile.TemporaryDirectory(prefix="lint-") as place:
        files = {length: _written(Path(place), length) for length in LENGTHS}
        commands = {length: [_PROGRAM, "lint", str(file)] for length, file in files.items()}
        for command in commands.values():
            _cpu(command, Path(place))
        rounds = range(QUICK_RUNS if quick else RUNS)
        nothing: list[float] = []
        taken: dict[int, list[float]] = {length: [] for length in LENGTHS}
        for _ in rounds:
            nothing.append(_cpu([sys.executable, "-c", "pass"], Path(place)))
            for length, command in commands.items():
                taken[length].append(_cpu(command, Path(place)))
        counted = {f"words_of_{length}": words(file.read_text(encoding="utf-8")) for length, file in files.items()}
    bars = tuple(
        Bar(name=f"CPU of `agentctl lint`, {length} words", value=min(taken[length]), limit=most, unit="ms")
        for length, most in LENGTHS.items()
    )
    medians = {f"lint_{length}_ms_median": statistics.median(taken[length]) for length in LENGTHS}
    return Speed(bars=bars, figures={**medians, "python_pass_ms": min(nothing), "lint_runs": len(nothing), **counted})


def _written(place: Path, length: int) -> Path:
    file = place / f"{length}.md"
    file.write_text(spec_of(length), encoding="utf-8")
    return file


def _cpu(command: list[str], place: Path) -> float:
    """Milliseconds. Bytecode is kept, as it is for a user, but in a folder of its own; the first run fills it."""
    variables = environment(PYTHONPYCACHEPREFIX=str(place / "bytecode"))
    variables.pop("PYTHONDONTWRITEBYTECODE", None)
    return measured(command, env=variables, cwd=place).cpu * 1000
