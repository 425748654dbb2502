"""When a run is past: so many days after its end, and never before it has one."""

import pytest
from agentctl.orchestrator.nouns.runs import Run, RunSettings, RunState
from agentctl.orchestrator.rules.keep_days import DAY, is_past

NOW = 100 * DAY


@pytest.mark.parametrize(
    ("state", "finished_at", "days"),
    [("done", NOW - 31 * DAY, 30), ("failed", NOW - 31 * DAY, 30), ("done", NOW - 1, 0)],
)
def test_a_run_is_past_so_many_days_after_its_end(state: RunState, finished_at: float, days: float) -> None:
    assert is_past(a_run(state, finished_at), now=NOW, days=days)


@pytest.mark.parametrize(
    ("state", "finished_at", "days"),
    [("cancelled", NOW - 30 * DAY, 30), ("done", NOW, 0), ("building", None, 0), ("drained", None, 30)],
)
def test_until_then_and_before_its_end_it_is_not(state: RunState, finished_at: float | None, days: float) -> None:
    assert not is_past(a_run(state, finished_at), now=NOW, days=days)


def a_run(state: RunState, finished_at: float | None) -> Run:
    return Run(
        id="aaaaaa",
        state=state,
        spec_id="s",
        title="S",
        base="b" * 40,
        settings=RunSettings(profile="desk", repo="/r"),
        created_at=0.0,
        finished_at=finished_at,
    )
