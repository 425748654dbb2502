"""Histories of the queue on real git: no commit without a verdict before it, and a fault that is seeded is found."""

import pytest
from agentctl.bench.queue.audit import audit


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_the_branch_never_points_at_what_was_not_judged_before(seed: int) -> None:
    found = audit(seed)
    assert found.violations == ()
    assert found.commits > 1
    assert found.landed > 0


def test_a_branch_that_moves_before_its_verdict_is_in_the_tables_is_found() -> None:
    found = audit(1, hasty=True)
    assert any("before the verdict" in each or "without a verdict" in each for each in found.violations)
