"""What the doctor says of a disk."""

import pytest
from agentctl.cli.health import Check, disk
from agentctl.orchestrator.sandbox.disk import Room

MB = 1 << 20


@pytest.mark.parametrize(
    ("left", "expected"),
    [
        (Room(8192 * MB, 9999), Check(name="disk", state="fine", found="8.0 GiB free; commands need 512 MB")),
        (
            Room(768 * MB, 9999),
            Check(
                name="disk",
                state="note",
                found="0.8 GiB free",
                todo=("runs want a gigabyte, and stop below 512 MB: make room",),
            ),
        ),
        (
            Room(100 * MB, 9999),
            Check(
                name="disk",
                state="fails",
                found="100 MB free, and no command runs with less than 512 MB",
                todo=("a run stops here until there is room: make some, then `agentctl resume`",),
            ),
        ),
        (
            Room(8192 * MB, 12),
            Check(
                name="disk",
                state="fails",
                found="room for 12 more files (inodes), and no command runs with less than 1000",
                todo=("a run stops here until there is room: make some, then `agentctl resume`",),
            ),
        ),
    ],
)
def test_the_doctor_names_what_has_to_stay_free_and_says_when_it_is_not(left: Room, expected: Check) -> None:
    assert disk(left) == expected
