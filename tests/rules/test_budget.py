"""The arithmetic of money."""

import pytest
from agentctl.orchestrator.rules.budget import missing, reservation, room


def test_a_reservation_is_the_dearest_a_call_can_be() -> None:
    assert reservation(1000, 8000, 1e-6, 4e-6) == pytest.approx(0.033)
    assert reservation(-1, 0, 1.0, 1.0) == 0.0


@pytest.mark.parametrize(
    ("spent", "reserved", "left", "short"),
    [(0.0, 0.0, 5.0, 0.0), (3.0, 1.0, 1.0, 1.0), (5.0, 0.0, 0.0, 2.0), (7.0, 1.0, 0.0, 2.0)],
)
def test_room_and_what_is_missing_for_two_dollars(spent: float, reserved: float, left: float, short: float) -> None:
    assert room(5.0, spent, reserved) == left
    assert missing(2.0, cap=5.0, spent=spent, reserved=reserved) == short
