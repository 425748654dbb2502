import os
import signal
from collections.abc import Callable
from typing import Any

import pytest
from agentctl.orchestrator.nouns.events import QuestionAnswered, QuestionAsked, RunMoved, TaskMoved
from agentctl.orchestrator.nouns.questions import Question


@pytest.mark.parametrize("progress", ["tty", "plain"])
def test_a_question_is_asked_on_the_terminal_and_its_answer_stored(
    progress: str, on_terminal: Callable[..., Any], new_run: Callable[..., Any]
) -> None:
    run = new_run()
    run.asking()
    with run.folder.lock(), on_terminal("attach", "--progress", progress) as terminal:
        terminal.wait_for("\a\x1b]9;Q1: Upper or lower case?\a")
        terminal.wait_for("an empty line puts it off")
        terminal.wait_for("Q1> ")
        terminal.type("9")
        terminal.wait_for("There is no option 9")
        terminal.type("2")
        terminal.wait_for("Q1: lower")
        assert "Q1> 9\r\n" in terminal.shown  # what is typed stands beside what asks for it
        (asked,) = run.store.questions()
        assert (asked.answer, asked.answered_by) == ("lower", "person:Ada")
        run.say(RunMoved(state="done"))
        assert terminal.end() == 0


def test_a_question_answered_elsewhere_gives_the_terminal_back(
    on_terminal: Callable[..., Any], new_run: Callable[..., Any]
) -> None:
    run = new_run()
    run.asking()
    with run.folder.lock(), on_terminal("attach") as terminal:
        terminal.wait_for("Q1> ")
        run.store.append(QuestionAnswered(key="case", answer="upper"), author="person:Bob")
        terminal.wait_for("Q1 was answered elsewhere")
        run.say(RunMoved(state="done"))
        assert terminal.end() == 0


def test_an_empty_line_puts_a_question_off_and_enter_brings_it_back(
    on_terminal: Callable[..., Any], new_run: Callable[..., Any]
) -> None:
    run = new_run()
    run.asking()
    with run.folder.lock(), on_terminal("attach", "--progress", "plain") as terminal:
        terminal.wait_for("Q1> ")
        terminal.type("")
        terminal.wait_for("Q1 waits: press Enter to come back to it")
        terminal.type("")
        terminal.wait_for("Q1> ", times=2)
        terminal.type("1")
        terminal.wait_for("Q1: upper")
        run.say(RunMoved(state="done"))
        assert terminal.end() == 0


def test_refusing_a_plan_asks_for_the_reason(on_terminal: Callable[..., Any], new_run: Callable[..., Any]) -> None:
    run = new_run()
    run.planned()
    run.say(QuestionAsked(question=Question(key="plan:1", kind="plan", text="Build this?")))
    with run.folder.lock(), on_terminal("attach") as terminal:
        terminal.wait_for("Q1> ")
        terminal.wait_for("Write greet")
        terminal.type("n")
        terminal.wait_for("Why not?")
        terminal.type("too large")
        terminal.wait_for("Q1: refuse: too large")
        assert run.store.questions()[0].answer == "refuse: too large"
        run.say(RunMoved(state="cancelled"))
        assert terminal.end() == 1


def test_interrupting_only_detaches(on_terminal: Callable[..., Any], new_run: Callable[..., Any]) -> None:
    run = new_run()
    run.building()
    with run.folder.lock(), on_terminal("attach") as terminal:
        terminal.wait_for("landed")
        os.kill(terminal.process.pid, signal.SIGINT)
        assert terminal.end() == 0
        assert "detached; the run goes on" in terminal.shown
        assert run.store.run().state == "building"


def test_a_run_that_nothing_drives_ends_the_view_with_what_to_type(
    on_terminal: Callable[..., Any], new_run: Callable[..., Any]
) -> None:
    new_run().building()
    with on_terminal("attach", "--no-input") as terminal:
        assert terminal.end() == 3
        assert "go on with: agentctl resume k7m2xq" in terminal.shown


def test_without_colour_there_is_none(on_terminal: Callable[..., Any], new_run: Callable[..., Any]) -> None:
    run = new_run()
    run.building()
    with run.folder.lock(), on_terminal("attach", "--no-input", NO_COLOR="1") as terminal:
        terminal.wait_for("● works")
        run.say(RunMoved(state="done"))
        terminal.end()
        assert "\x1b[38" not in terminal.shown
        assert "\x1b[3" not in terminal.shown


def test_what_is_typed_at_the_live_tree_does_not_tear_it(
    on_terminal: Callable[..., Any], new_run: Callable[..., Any]
) -> None:
    run = new_run()
    run.building()
    with run.folder.lock(), on_terminal("attach", "--no-input") as terminal:
        terminal.wait_for("● works")
        os.write(terminal.master, b"xyzzy\n\n")
        run.say(TaskMoved(task="T1", state="landed"))
        terminal.wait_for("✓ landed")
        run.say(RunMoved(state="done"))
        assert terminal.end() == 0
        assert "xyzzy" not in terminal.shown
