from typing import get_args

import pytest
from agentctl.bench.parts.fleet import Fault, fleet_history

SMALL = 8


@pytest.mark.parametrize("seed", [3, 4])
def test_lost_messages_stale_locks_and_clocks_that_jump_break_nothing(seed: int) -> None:
    history = fleet_history(seed, SMALL)
    assert history.told == []
    assert history.overtaken > 0
    assert history == fleet_history(seed, SMALL)


@pytest.mark.parametrize("fault", get_args(Fault))
def test_a_fault_that_is_seeded_is_found(fault: Fault) -> None:
    assert any(fleet_history(seed, SMALL, fault).violations for seed in (3, 4))
