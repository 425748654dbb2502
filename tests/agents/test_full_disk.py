"""A full disk is told to a person, not to the model whose command met it."""

from dataclasses import replace
from typing import Any

import pytest
from agentctl.agents.models.port import ToolCall
from agentctl.agents.tools.table import carry_out
from agentctl.orchestrator.errors import DiskFull
from agentctl.orchestrator.ports import Completed


class Crowded:
    """A workspace on a disk without room."""

    async def run(self, command: str, *, seconds: float) -> Completed:
        raise DiskFull(f"no room for `{command}` and its {seconds:g} s: make room")


async def test_a_command_that_was_not_started_for_want_of_room_has_no_result(converse: Any) -> None:
    site = replace(converse().site, workspace=Crowded())
    with pytest.raises(DiskFull, match="make room"):
        await carry_out(site, [ToolCall(id="c", name="run", arguments={"command": "make"})])
