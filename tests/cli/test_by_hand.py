"""The commands that put a hand on a run, as they are typed: what they store, what they say, what they refuse."""

import json
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from agentctl.orchestrator.clock import SystemClock
from agentctl.orchestrator.nouns.events import (
    Acted,
    AttemptStarted,
    BudgetRaised,
    Chosen,
    PlanApproved,
    QuestionAsked,
    RunMoved,
    TaskMoved,
)
from agentctl.orchestrator.nouns.hand_facts import (
    AutonomySet,
    CancelAsked,
    Preferred,
    RetryAsked,
    Steered,
    TaskGivenBack,
)
from agentctl.orchestrator.nouns.keys import integration_branch
from agentctl.orchestrator.nouns.questions import Option, Question
from agentctl.orchestrator.nouns.runs import RunSettings
from agentctl.orchestrator.run_view import START
from agentctl.orchestrator.store.sqlite import SqliteStore


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
    ("command", "rest"),
    [("steer", ["x"]), ("pause", []), ("retry", []), ("take", []), ("submit", []), ("prefer", [])],
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


@pytest.mark.parametrize("command", ["steer", "pause", "unpause", "retry", "take", "submit", "give-back", "prefer"])
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


def test_a_task_that_became_green_while_it_was_taken_is_left_to_land_or_to_its_ladder(
    agentctl: Callable[..., Any], new_run: Callable[..., Any]
) -> None:
    """If its landing turns red later, nobody is waited for who has nothing of it."""
    run = new_run()
    run.building()

    def judges() -> None:
        with SqliteStore(run.folder.run_db, clock=SystemClock(), redact=str, blobs=run.folder.blobs) as store:
            while store.hands().taken_by("T1") is None:
                threading.Event().wait(0.01)
            store.append(TaskMoved(task="T1", state="queued"), author="driver")

    driver = threading.Thread(target=judges)
    with run.folder.lock():
        driver.start()
        refused = agentctl("take", "T1")
        driver.join(20)
    assert (refused.code, "is landing; nothing was taken from it" in refused.err) == (2, True)
    assert _last(run) == ("person:Ada", TaskGivenBack(task="T1"))
    assert run.store.hands().taken == ()


def test_taking_a_task_after_a_kill_counts_the_turns_that_were_finished_and_not_the_calls_that_were_paid(
    agentctl: Callable[..., Any], new_run: Callable[..., Any], repo: Path, git_in: Callable[..., str]
) -> None:
    """A replay goes as far as the number says: a turn whose tools never ran is not there to be waited for."""
    run = new_run()
    run.planned()
    git_in(repo, "update-ref", integration_branch("k7m2xq"), run.base)
    tree = git_in(repo, "rev-parse", "HEAD^{tree}")
    run.say(PlanApproved(), RunMoved(state="building"), Chosen(key=START, value=run.base))
    run.say(AttemptStarted(key=run.key, rung="flash", base_tree=tree))
    run.call("{}", "{}", turn=0)
    run.store.append(Acted(key=run.key, turn=0, text="edited"), author="worker")
    run.call("{}", "{}", turn=1)
    taken = agentctl("take", "T1")
    assert taken.code == 0, taken.err
    assert run.store.choice("hand:T1:1") == "1 Ada took the task over."


def test_a_preferred_task_comes_first_until_it_is_in_its_turn_again(
    agentctl: Callable[..., Any], new_run: Callable[..., Any]
) -> None:
    run = new_run()
    run.building()
    assert "T1 comes before the others" in agentctl("prefer", "t1").err
    assert _last(run) == ("person:Ada", Preferred(task="T1"))
    before = len(run.store.events())
    assert agentctl("prefer", "T1").err == "T1 comes before the others already\n"
    assert len(run.store.events()) == before
    assert "in its turn again" in agentctl("prefer", "T1", "--off").err
    assert _last(run) == ("person:Ada", Preferred(task="T1", off=True))
    assert "T1 in its turn again by Ada" in agentctl("events").out


def test_nobody_is_asked_once_a_person_says_so_and_what_may_be_decided_is_decided(
    agentctl: Callable[..., Any], new_run: Callable[..., Any]
) -> None:
    run = new_run()
    run.building()
    options = (Option(text="utc"), Option(text="local"))
    zone = Question(key="zone", kind="decision", text="?", options=options, asked_by="T1:1", recommended=0)
    run.say(QuestionAsked(question=zone), QuestionAsked(question=replace(zone, key="drop", kind="escalation")))
    assert agentctl("autonomy").out.splitlines()[0] == "the run: ask-blocking"
    done = agentctl("autonomy", "never")
    assert (done.code, done.err.splitlines()[:2]) == (0, ["every team: never from here on", "Q1: utc"])
    stands = [(each.answer, each.answered_by) for each in run.store.questions()]
    assert stands == [("utc", "policy:autonomy"), (None, None)]
    assert "Q1" in agentctl("assumptions").out
    assert json.loads(agentctl("autonomy", "--json").out)["run"] == "never"
    assert "the run never from here on by Ada" in agentctl("events").out


def test_a_level_or_a_team_that_there_is_not_is_refused(
    agentctl: Callable[..., Any], new_run: Callable[..., Any]
) -> None:
    run = new_run()
    run.building()
    team = run.store.tasks()[0].task.team
    assert agentctl("autonomy", "ask-always", "--team", team.upper()).code == 0
    assert _last(run) == ("person:Ada", AutonomySet(autonomy="ask-always", team=team))
    refused = agentctl("autonomy", "often")
    assert (refused.code, "choose one of ask-always, ask-blocking, never" in refused.err) == (2, True)
    refused = agentctl("autonomy", "never", "--team", "nobody\x1b")
    assert (refused.code, f": it has {team}" in refused.err) == (2, True)
    assert "\x1b" not in refused.err


def test_more_money_raises_the_cap_and_answers_the_question_for_it(
    agentctl: Callable[..., Any], new_run: Callable[..., Any]
) -> None:
    run = new_run()
    run.building()
    cap = run.store.run().settings.limits.usd
    assert agentctl("budget").out.startswith(f"spent $0.00 of ${cap:.2f}")
    assert f"is ${cap + 2.5:.2f}" in agentctl("budget", "+2.50").err
    assert _last(run) == ("person:Ada", BudgetRaised(usd=2.5))
    run.say(QuestionAsked(question=Question(key="budget:0", kind="budget", text="More?")))
    assert "that answers Q1" in agentctl("budget", f"to {cap + 4:g}").err
    assert [each.answer for each in run.store.questions()] == ["raise the cap by $1.50"]
    assert json.loads(agentctl("budget", "--json").out)["cap_usd"] == cap + 2.5


@pytest.mark.parametrize("amount", ["-1", "0", "to 1", "much", "stop", "1e9"])
def test_what_raises_no_cap_is_refused_with_how_to_say_it(
    amount: str, agentctl: Callable[..., Any], new_run: Callable[..., Any]
) -> None:
    run = new_run()
    run.building()
    before = len(run.store.events())
    refused = agentctl("budget", "--", amount)
    assert (refused.code, len(run.store.events())) == (2, before)
    assert "raises nothing" in refused.err
