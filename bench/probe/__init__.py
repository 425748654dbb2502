"""The suite ``probe``: of planted gaps, how many the divergence probe asks about, and what it asks without need.

The answers are those that models gave when each spec was recorded (`python -m agentctl.bench.probe.record`); here they
are played again. Nothing is computed in their place: a spec that was not recorded is a problem, not a figure.
"""

import asyncio

from ...agents.models.errors import ModelError
from ...orchestrator.errors import UsageError
from ..report import Bar, Report
from .scoring import RECORDINGS, SPECS, Score, gaps, replayed, score

MISSED = 1 / 3
"""Of the planted gaps, the share that may stay unasked."""

NEEDLESS = 1
"""Questions without need, in any one spec."""


def run(*, quick: bool) -> Report:
    """All specs; a quick run is the same, as a replay takes no time."""
    planted = gaps()
    scores: list[Score] = []
    problems: list[str] = []
    for name in planted:
        found = asyncio.run(_scored(name))
        if isinstance(found, Score):
            scores.append(found)
        else:
            problems.append(f"{name}: {found}")
    return Report(suite="probe", quick=quick, bars=_bars(scores), figures=_figures(scores), problems=tuple(problems))


async def _scored(name: str) -> Score | str:
    """The score of a spec, or why there is none."""
    recorded = RECORDINGS / f"{name}.jsonl"
    if not recorded.exists():
        return "not recorded yet; see docs/probe.md"
    try:
        asked, drifts = await replayed(SPECS / f"{name}.md", recorded)
    except (ModelError, UsageError) as error:
        return str(error)
    if drifts:
        return f"{len(drifts)} prompts are not those that were recorded; record it anew. The first: {drifts[0].what}"
    return score(name, asked.questions, gaps()[name])


def _bars(scores: list[Score]) -> tuple[Bar, ...]:
    total = sum(len(each.found) + len(each.missed) for each in scores)
    if not total:
        return ()
    missed = sum(len(each.missed) for each in scores) / total
    return (
        Bar(name="planted gaps that are not asked about", value=missed, limit=MISSED, unit="share"),
        Bar(
            name="questions without need, in the worst spec",
            value=max(len(each.needless) for each in scores),
            limit=NEEDLESS,
            unit="count",
        ),
    )


def _figures(scores: list[Score]) -> dict[str, object]:
    return {
        "specs": len(scores),
        "questions": sum(each.questions for each in scores),
        "missed": {each.spec: list(each.missed) for each in scores if each.missed},
        "without need": {each.spec: list(each.needless) for each in scores if each.needless},
    }
