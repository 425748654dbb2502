"""The dashboard on a real terminal, and the commands that its keys start."""

import asyncio
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from agentctl.cli.dashboard import OwnCommands, on_run
from agentctl.cli.notices.watched import is_watched
from agentctl.orchestrator.nouns.events import RunMoved

from .terminals import PATIENCE

Call = Callable[..., Any]


def _answer_of(run: Any) -> tuple[str | None, str | None]:
    """The answer to the only question and who gave it, once it is there."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        (asked,) = run.store.questions()
        if asked.answer is not None:
            return asked.answer, asked.answered_by
        time.sleep(0.05)
    return None, None


def test_a_question_is_answered_by_a_digit_and_the_end_is_seen(on_terminal: Call, new_run: Call) -> None:
    run = new_run()
    run.asking()
    with run.folder.lock(), on_terminal("tui") as terminal:
        terminal.wait_for("needs you")
        terminal.press("i")
        terminal.wait_for("If silent")
        time.sleep(0.8)
        terminal.press("2")
        terminal.wait_for("is sent in")
        assert _answer_of(run) == ("lower", "person:Ada")
        terminal.wait_for("answered by Ada")
        run.say(RunMoved(state="done"))
        terminal.wait_for("done")
        terminal.press("q")
        assert terminal.end() == 0


def test_who_looks_at_the_dashboard_needs_no_desktop(on_terminal: Call, new_run: Call) -> None:
    run = new_run()
    run.building()

    def comes(*, watched: bool) -> None:
        end = time.monotonic() + PATIENCE
        while is_watched(run.folder.path) is not watched:
            assert time.monotonic() < end
            time.sleep(0.02)

    with on_terminal("tui") as terminal:
        terminal.wait_for("k7m2xq")
        comes(watched=True)
        terminal.press("\x1b[O")  # what a terminal sends when its window loses the focus
        comes(watched=False)
        terminal.press("\x1b[I")
        comes(watched=True)
        terminal.press("q")
        assert terminal.end() == 0
    assert not is_watched(run.folder.path)


def test_leaving_leaves_the_run_as_it_is(on_terminal: Call, new_run: Call) -> None:
    run = new_run()
    run.building()
    events = run.store.last_event()
    with on_terminal("tui", run.folder.run, "--theme", "light", NO_COLOR="1") as terminal:
        terminal.wait_for("nothing drives it")
        terminal.press("tq")
        assert terminal.end() == 0
    assert run.store.last_event() == events
    assert "\x1b[?1049l" in terminal.shown


def test_without_a_terminal_it_says_what_shows_the_same(agentctl: Call, new_run: Call, repo: Path) -> None:
    new_run().building()
    done = agentctl("tui")
    assert done.code == 2
    assert "agentctl status k7m2xq" in done.err
    (repo / "spec.md").write_text("# a: b\n\n- **R1** `x` MUST be 1.\n")
    runs = sorted((repo / ".agentctl" / "runs").iterdir())
    assert agentctl("run", "spec.md", "--tui").code == 2
    assert sorted((repo / ".agentctl" / "runs").iterdir()) == runs


def test_a_key_is_a_command_on_the_run_that_is_shown(new_run: Call, repo: Path) -> None:
    run = new_run()
    run.asking()
    commands = OwnCommands(root=repo, run_id=run.folder.run)
    done = asyncio.run(commands.run(["answer", "Q1", "--", "-1 --no"]))
    assert (done.code, done.out) == (0, "")
    assert done.err.startswith("Q1 of run k7m2xq: -1 --no")
    assert _answer_of(run) == ("-1 --no", "person:Ada")
    assert asyncio.run(commands.run(["steer", "T9", "--", "x"])).code == 2


@pytest.mark.parametrize(
    ("typed", "run"),
    [
        (["answer", "Q1", "--", "1"], ["answer", "--run", "k7", "Q1", "--", "1"]),
        (["answer", "Q1", "--run", "zz", "1"], ["answer", "Q1", "--run", "zz", "1"]),
        (["cancel", "--task", "T1"], ["cancel", "--run", "k7", "--task", "T1"]),
        (["report"], ["report", "k7"]),
        (["report", "zz"], ["report", "zz"]),
        (["status", "--json"], ["status", "k7", "--json"]),
        (["lint", "spec.md"], ["lint", "spec.md"]),
        (["nothing", "x"], ["nothing", "x"]),
    ],
)
def test_the_run_is_named_where_none_is(typed: list[str], run: list[str]) -> None:
    assert on_run(typed, run="k7") == run
