"""The suite ``startup``: what `agentctl --help` costs, against an interpreter that does nothing."""

import statistics
import sys
from pathlib import Path

from .parts.processes import environment, measured
from .report import Bar, Report

TIMES_OF_NOTHING = 3.0
PAIRS, QUICK_PAIRS = 31, 9
_PROGRAM = str(Path(sys.executable).with_name("agentctl"))


def run(*, quick: bool) -> Report:
    """The two in turn, and the median of their ratios, so that a busy machine slows both."""
    ratios = [_ratio() for _ in range(QUICK_PAIRS if quick else PAIRS)]
    bar = Bar(
        name="CPU of `agentctl --help` over that of `python -c pass`",
        value=statistics.median(ratios),
        limit=TIMES_OF_NOTHING,
        unit="times",
    )
    figures = {"pairs": len(ratios), "least": min(ratios), "most": max(ratios)}
    return Report(suite="startup", quick=quick, bars=(bar,), figures=figures)


def _ratio() -> float:
    ours = measured([_PROGRAM, "--help"], env=environment(), cwd=Path.cwd())
    nothing = measured([sys.executable, "-c", "pass"], env=environment(), cwd=Path.cwd())
    return ours.cpu / nothing.cpu
