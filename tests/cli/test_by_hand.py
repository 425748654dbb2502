"""The commands that put a hand on a run, as they are typed: what they store, what they say, what they refuse."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from agentctl.orchestrator.nouns.events import CancelAsked, QuestionAsked, RetryAsked, RunMoved, Steered, TaskMoved
from agentctl.orchestrator.nouns.questions import Question
from agentctl.orchestrator.nouns.runs import RunSettings


def _last(run: Any) -> tuple[str, Any]:
    event = run.store.events()[-1]
    return event.author, event.fact


def test_a_sentence_is_kept_under_the_persons_name_and_shown_with_its_task(
    agentctl: Callable[..., Any], new_run: Callable[..., Any]
) -> None:
    run = new_run()
    run.building()
    done = agentctl("steer", "t1", "keep  the old\nname")
    assert done.code == 0
    assert _last(run) == ("person:Ada", Steered(task="T1", text="keep the old name"))
    assert "T1 hears this with its next turn" in done.err
    assert "agentctl resume k7m2xq" in done.err
    assert "Ada: keep the old name" in agentctl("show", "T1").out
    assert "T1 told by Ada: keep the old name" in agentctl("events").out


def test_terminal_codes_in_a_sentence_are_shown_and_not_obeyed(
    agentctl: Callable[..., Any], new_run: Callable[..., Any]
) -> None:
    run = new_run()
    run.building()
    agentctl("steer", "T1", "be \x1b[31mred")
    assert "\x1b" not in agentctl("show", "T1").out + agentctl("events").out


@pytest.mark.parametrize(
    ("command", "rest"), [("steer", ["x"]), ("pause", []), ("retry", []), ("take", []), ("submit", [])]
)
def test_a_task_that_is_over_is_refused(
    command: str, rest: list[str], agentctl: Callable[..., Any], new_run: Callable[..., Any]
) -> None:
    run = new_run()
    run.building()
    run.say(TaskMoved(task="T1", state="dropped"))
    before = len(run.store.events())
    refused = agentctl(command, "T1", *rest)
    assert (refused.code, refused.err) == (2, "agentctl: T1 is dropped already: nobody works on it any more.\n")
    assert len(run.store.events()) == before


@pytest.mark.parametrize("command", ["steer", "pause", "unpause", "retry", "take", "submit", "give-back"])
def test_a_run_that_is_over_or_a_replay_is_refused(
    command: str, agentctl: Callable[..., Any], new_run: Callable[..., Any], tmp_path: Any
) -> None:
    over = new_run("aaaaaa")
    over.building()
    over.say(RunMoved(state="done"))
    replay = new_run("bbbbbb", settings=RunSettings(profile="replay", repo=str(tmp_path), replay="x.jsonl"))
    replay.building()
    rest = ["T1", "x"] if command == "steer" else ["T1"]
    assert "Run aaaaaa is done" in agentctl(command, *rest, "--run", "aaaaaa").err
    assert "replays a recording" in agentctl(command, *rest, "--run", "bbbbbb").err


def test_a_pause_is_said_by_whom_and_since_when_until_it_ends(
    agentctl: Callable[..., Any], new_run: Callable[..., Any]
) -> None:
    run = new_run()
    run.building()
    assert agentctl("pause", "T1").code == 0
    assert "‖ paused  T1" in agentctl("status").out
    assert "by Ada since " in agentctl("status").out
    assert agentctl("pause").code == 0
    assert "paused by Ada since " in agentctl("status").out
    document = json.loads(agentctl("status", "--json").out)
    assert [(each["task"], each["by"]) for each in document["paused"]] == [("T1", "person:Ada"), ("", "person:Ada")]
    assert agentctl("unpause", "T1").code == 0
    assert agentctl("pause", "k7m2xq", "--off").code == 0
    assert "paused" not in agentctl("status").out
    assert (agentctl("unpause").code, agentctl("unpause", "T1").code) == (2, 2)


def test_another_try_answers_what_the_task_is_stuck_on(
    agentctl: Callable[..., Any], new_run: Callable[..., Any]
) -> None:
    run = new_run()
    run.building()
    run.say(QuestionAsked(question=Question(key="stuck:T1:1", kind="escalation", text="What now?")))
    assert agentctl("retry", "T1", "--rung", "fast").code == 2
    assert agentctl("retry", "T2").code == 2
    assert agentctl("retry", "T1", "--rung", "pro").code == 0
    assert [event.fact for event in run.store.events()][-2] == RetryAsked(task="T1", attempt=1, rung="pro")
    assert run.store.question("stuck:T1:1").answer == "try again"


def test_old_runs_and_rebuilt_tables_know_the_same_hands(
    agentctl: Callable[..., Any], new_run: Callable[..., Any]
) -> None:
    run = new_run()
    run.building()
    assert run.store.hands().said == ()
    agentctl("steer", "T1", "be brief")
    agentctl("pause")
    before = run.store.hands()
    run.store.rebuild()
    assert run.store.hands() == before
    assert [each.text for each in before.sentences("T1")] == ["be brief"]
    run.say(CancelAsked())
