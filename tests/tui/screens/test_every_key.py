"""Every key on every screen, with something to act on and with nothing: none ends the dashboard or leaves it untrue."""

from collections.abc import Callable

import pytest
from agentctl.orchestrator.nouns.events import QuestionAnswered, RunMoved
from agentctl.orchestrator.nouns.runs import RunState
from agentctl.tui.keys import KEYS
from agentctl.tui.sight import Mode

from .conftest import Seen

LEAVES = {"leave"}
PRESSED = [name for key in KEYS if key.action not in LEAVES for name in key.key.split(",")]


@pytest.mark.parametrize(
    ("mode", "state"),
    [("dash", "building"), ("inbox", "building"), ("task", "building"), ("plan", "building"), ("inbox", "done")],
)
async def test_it_is_obeyed_or_says_why_not(mode: Mode, state: RunState, seen: Callable[..., Seen]) -> None:
    it = seen()
    it.ask("plan:1", "approve", "refuse: <your reason>", "stop", kind="plan")
    it.ask("open", "A", "No", default="A", recommended=1, asked_by="T2:1")
    it.ask("answered", "A", "B")
    it.say(QuestionAnswered(key="answered", answer="A"), author="policy:autonomy")
    it.say(RunMoved(state=state))
    async with it.app.run_test(size=(100, 30)) as pilot:
        for name in PRESSED:
            it.app.action_mode(mode)
            await pilot.press(name)
            assert it.app.is_running
            if it.app._purpose is not None:
                await pilot.press("escape")
            assert it.app._purpose is None
            it.app.sight.pending = None
        await pilot.pause()
        assert [row for row in it.screen() if row]
    changed = {argv[0] for argv in it.commands.said} - {"diff", "logs", "report", "show", "here"}
    assert changed <= (set() if state == "done" else {"answer", "cancel", "pause", "prefer", "retry"})
