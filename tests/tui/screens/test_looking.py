"""A dashboard that only looks: what every key says, and what no key starts."""

from collections.abc import Callable

import pytest
from agentctl.tui.commands import LOOKS, Done, Looking
from agentctl.tui.steady import SECONDS

from .conftest import Commands, Seen


@pytest.mark.parametrize(
    "keys",
    [
        ["colon"],
        ["ctrl+p"],
        ["j", "S"],
        ["j", "p"],
        ["j", "R"],
        ["j", "U"],
        ["j", "K"],
        ["i", "1"],
        ["i", "0"],
        ["i", "enter"],
        ["i", "r"],
        ["i", "e"],
        ["o", "e"],
    ],
)
async def test_a_key_that_would_change_something_says_that_it_does_not(
    keys: list[str], seen: Callable[..., Seen]
) -> None:
    here = seen()
    here.ask("q", "left", "right", recommended=0, default=0)
    started = Commands()
    here.commands = Looking(reads=started)
    async with here.app.run_test(size=(120, 30)) as pilot:
        for key in keys:
            await pilot.press(key)
            await pilot.pause()
            here.at += 10
        assert here.pane("foot")[0] == LOOKS
        assert "looks only" in here.pane("head")[0]
        assert not here.app.screen.has_class("typing")
    assert started.said == []


async def test_only_what_fills_a_screen_is_started() -> None:
    commands = Commands(answers={"show": Done(code=0, out="it", err="")})
    looking = Looking(reads=commands)
    assert await looking.run(["show", "T1"]) == Done(code=0, out="it", err="")
    refused = Done(code=2, out="", err=f"{LOOKS}\n")
    for argv in (
        ["answer", "Q1", "--", "1"],
        ["cancel"],
        ["steer", "T1", "--", "x"],
        ["show", "--repo=/tmp", "T1"],
        ["report", "--", "x"],
        ["run", "spec.md"],
        [""],
    ):
        assert await looking.run(argv) == refused
    assert looking.here(["plan", "--edit"]) == 2
    assert commands.said == [["show", "T1"]]


async def test_a_plan_is_not_edited_where_there_is_no_terminal_to_lend(seen: Callable[..., Seen]) -> None:
    here = seen()
    here.ask("plan:1", "approve", "stop", kind="plan")
    async with here.app.run_test(size=(120, 30)) as pilot:
        await pilot.press("o")
        await pilot.pause()
        here.at += 2 * SECONDS
        await pilot.press("e")
        assert here.pane("foot")[0].startswith("there is no editor here: `agentctl plan --edit` in a terminal")
    assert here.commands.said == []
