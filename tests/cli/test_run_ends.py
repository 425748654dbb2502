"""How a run that was started goes on and ends: exit codes, interrupts, progress, resume, detach."""

import asyncio
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from agentctl.orchestrator.errors import AuthenticationError, BudgetReached, WaitingForPerson
from agentctl.orchestrator.nouns.events import Planned, QuestionAnswered, QuestionAsked, RunMoved
from agentctl.orchestrator.nouns.questions import Option, Question
from agentctl.orchestrator.rules.asking import plan_question, trouble_question
from agentctl.orchestrator.store.folder import RunFolder

from .conftest import ESTIMATE, PLAN, lands

Command = Callable[..., Any]


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (WaitingForPerson("Q1 waits"), 3),
        (AuthenticationError("no key"), 4),
        (BudgetReached("the cap", scope="run", missing_usd=1.0), 5),
        (LookupError("a bug"), 1),
    ],
)
def test_what_stops_a_driver_is_the_exit_code(
    error: Exception, code: int, agentctl: Command, wiring: Command, spec: Path
) -> None:
    def fails(_: Any) -> None:
        raise error

    wiring(fails)
    assert agentctl("run", str(spec), "--profile", "desk", "--no-wait").code == code


def test_waiting_for_money_alone_is_the_budgets_exit_code(agentctl: Command, wiring: Command, spec: Path) -> None:
    def asks(driver: Any) -> None:
        question = Question(key="budget:1", kind="budget", text="More?", options=(Option(text="raise the cap by $1"),))
        with driver.store() as store:
            store.append(QuestionAsked(question=question), author="driver")
        raise WaitingForPerson("Q1")

    wiring(asks)
    done = agentctl("run", str(spec), "--profile", "desk", "--no-wait")
    assert done.code == 5
    assert "agentctl answer --run k7m2xq Q1 LETTER|AMOUNT|stop" in done.err


@pytest.mark.parametrize(("state", "code"), [("done", 0), ("failed", 1), ("cancelled", 1), ("drained", 130)])
def test_the_state_a_run_ends_in_is_the_exit_code(
    state: Any, code: int, agentctl: Command, wiring: Command, spec: Path
) -> None:
    def ends(driver: Any) -> None:
        with driver.store() as store:
            store.append(RunMoved(state=state, reason="so it is"), author="driver")

    wiring(ends)
    done = agentctl("run", str(spec), "--profile", "desk")
    assert done.code == code
    assert "so it is" in done.err


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_one_interrupt_drains_and_says_how_to_resume(
    number: int, agentctl: Command, wiring: Command, spec: Path
) -> None:
    async def until_drained(driver: Any) -> None:
        os.kill(os.getpid(), number)
        await driver.drained.wait()
        with driver.store() as store:
            store.append(RunMoved(state="drained"), author="driver")

    double = wiring(until_drained)
    done = agentctl("run", str(spec), "--profile", "desk")
    assert done.code == 130
    assert "go on with: agentctl resume k7m2xq" in done.err
    assert double.drivers[0].drained.is_set()
    assert not double.drivers[0].stopped.is_set()


def test_a_second_interrupt_stops(agentctl: Command, wiring: Command, spec: Path) -> None:
    async def until_stopped(driver: Any) -> None:
        os.kill(os.getpid(), signal.SIGINT)
        await driver.drained.wait()
        os.kill(os.getpid(), signal.SIGINT)
        await driver.stopped.wait()

    wiring(until_stopped)
    assert agentctl("run", str(spec), "--profile", "desk").code == 130


def test_a_third_interrupt_ends_a_driver_that_does_not(agentctl: Command, wiring: Command, spec: Path) -> None:
    async def deaf(driver: Any) -> None:
        for heard in (driver.drained, driver.stopped):
            os.kill(os.getpid(), signal.SIGINT)
            await heard.wait()
        os.kill(os.getpid(), signal.SIGINT)
        await asyncio.Event().wait()

    wiring(deaf)
    assert agentctl("run", str(spec), "--profile", "desk").code == 130


def test_progress_as_json_is_ndjson_on_stderr(agentctl: Command, wiring: Command, spec: Path) -> None:
    import json

    wiring(lands)
    done = agentctl("run", str(spec), "--profile", "desk", "--progress", "json")
    kinds = [json.loads(line)["kind"] for line in done.err.splitlines() if line.startswith("{")]
    assert kinds == ["RunCreated", "Planned", "Landed", "RunMoved"]


def test_quiet_says_nothing_but_what_is_asked_for(agentctl: Command, wiring: Command, spec: Path) -> None:
    wiring(lands)
    done = agentctl("run", str(spec), "--profile", "desk", "--progress", "quiet")
    assert "landed" not in done.err
    assert done.out.startswith("agentctl/k7m2xq/all")


def test_where_nobody_can_be_asked_the_command_to_answer_is_named(
    agentctl: Command, wiring: Command, spec: Path
) -> None:
    async def asks(driver: Any) -> None:
        with driver.store() as store:
            store.append(QuestionAsked(question=Question(key="k", kind="decision", text="Which?")), author="worker")
            store.append(RunMoved(state="waiting"), author="driver")

    wiring(asks)
    done = agentctl("run", str(spec), "--profile", "desk", "--no-wait")
    assert done.code == 3
    assert done.err.count("agentctl answer --run k7m2xq Q1 NUMBER|TEXT") == 1
    assert done.err.count("run is waiting") == 1


def test_plan_prints_the_plan_that_is_asked_about_and_builds_nothing(
    agentctl: Command, wiring: Command, spec: Path
) -> None:
    async def plans(driver: Any) -> None:
        with driver.store() as store:
            case = Question(key="case", kind="decision", text="Upper?")
            store.append(QuestionAsked(question=case), QuestionAnswered(key="case", answer="yes"), author="planner")
            store.append(Planned(plan=PLAN, estimate=ESTIMATE), author="planner")
            store.append(QuestionAsked(question=plan_question(PLAN, ESTIMATE, number=1)), author="planner")
        await driver.drained.wait()

    wiring(plans)
    done = agentctl("plan", str(spec), "--profile", "desk")
    assert done.code == 0
    assert "T1  Greet" in done.out
    assert "about 3 calls, about $0.05" in done.out
    assert "answer --run k7m2xq Q2 approve && agentctl resume k7m2xq" in done.err


def test_plan_does_not_build_where_nobody_is_to_be_asked(agentctl: Command, wiring: Command, spec: Path) -> None:
    def waits(driver: Any) -> None:
        with driver.store() as store:
            store.append(Planned(plan=PLAN, estimate=ESTIMATE), author="planner")
        raise WaitingForPerson("plan")

    double = wiring(waits)
    done = agentctl("plan", str(spec), "--profile", "desk", "--autonomy", "never", "--json")
    assert done.code == 0
    assert double.prepared[0][2].autonomy == "ask-blocking"
    assert '"critical_path": ["T1"]' in done.out


def test_resume_of_a_finished_run_only_says_how_it_ended(agentctl: Command, wiring: Command, spec: Path) -> None:
    double = wiring(lands)
    agentctl("run", str(spec), "--profile", "desk")
    done = agentctl("resume")
    assert (done.code, len(double.drivers)) == (0, 1)
    assert done.out.startswith("agentctl/k7m2xq/all")


def test_resume_of_a_live_run_is_refused_and_names_the_driver(
    agentctl: Command, wiring: Command, new_run: Command
) -> None:
    wiring(lands)
    run = new_run()
    run.building()
    with run.folder.lock():
        done = agentctl("resume")
    assert done.code == 2
    assert f"process {os.getpid()}" in done.err
    assert "agentctl attach k7m2xq" in done.err


def test_resume_drives_on(agentctl: Command, wiring: Command, new_run: Command) -> None:
    double = wiring(lands)
    new_run().building()
    assert agentctl("resume", "k7", "--no-wait").code == 0
    assert double.drivers[0].wait is False


def test_detach_starts_a_session_of_its_own_and_says_how_to_come_back(
    agentctl: Command, wiring: Command, spec: Path, repo: Path
) -> None:
    wiring(lands)
    done = agentctl("run", str(spec), "--profile", "desk", "--detach")
    assert (done.code, done.out) == (0, "k7m2xq\n")
    assert "agentctl attach k7m2xq" in done.err
    pid = int(done.err.partition("goes on as process ")[2].partition(",")[0])
    try:
        assert os.getsid(pid) == pid
        assert (repo / ".agentctl/runs/k7m2xq/driver.log").exists()
    finally:
        os.killpg(pid, signal.SIGKILL)
        os.waitpid(pid, 0)


def test_detach_comes_back_once_its_driver_has_the_run(
    agentctl: Command, wiring: Command, spec: Path, repo: Path
) -> None:
    wiring(lands)
    done = agentctl("run", str(spec), "--profile", "desk", "--detach")
    pid = int(done.err.partition("goes on as process ")[2].partition(",")[0])
    try:
        assert RunFolder(path=repo / ".agentctl/runs/k7m2xq").driver().startswith(f"process {pid},")
        assert "(stopped)" not in agentctl("runs").out
        assert "nothing drives" not in agentctl("cancel", "--task", "T1").err
        os.killpg(pid, signal.SIGKILL)
    finally:
        os.waitpid(pid, 0)


def test_a_detached_driver_that_cannot_start_is_told_with_the_end_of_its_log(
    agentctl: Command, wiring: Command, spec: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def breaks_the_childs_settings(*arguments: Any) -> RunFolder:
        monkeypatch.setenv("AGENTCTL_LIMITS_USD", "much")
        return double.prepare(*arguments)

    double = wiring(lands)
    monkeypatch.setattr(sys.modules["agentctl.cli.wiring"], "prepare", breaks_the_childs_settings)
    done = agentctl("run", str(spec), "--profile", "desk", "--detach")
    assert (done.code, done.out) == (2, "")
    assert "ended with exit code 2" in done.err
    assert "agentctl: AGENTCTL_LIMITS_USD: `limits.usd` cannot be 'much'" in done.err
    assert "agentctl resume k7m2xq" in done.err
    assert "attach" not in done.err


def test_a_replay_that_nobody_attends_takes_the_recorded_answers(
    agentctl: Command, wiring: Command, spec: Path, tmp_path: Path, new_run: Command
) -> None:
    from agentctl.agents import recording

    recorded = new_run("recorded")
    recorded.asking()
    recorded.store.append(QuestionAnswered(key="case", answer="lower"), author="person:Ada")
    path = tmp_path / "r.jsonl"
    recording.write(path, journal=recorded.journal, store=recorded.store)

    async def asks(driver: Any) -> None:
        with driver.store() as store:
            store.append(QuestionAsked(question=recorded.question), author="worker")
            while store.questions(only_open=True):  # noqa: ASYNC110 - another thread answers, through the file
                await asyncio.sleep(0.01)
            (asked,) = store.questions()
            assert (asked.answer, asked.answered_by) == ("lower", "policy:recording")
            store.append(RunMoved(state="done"), author="driver")

    double = wiring(asks)
    done = agentctl("run", str(spec), "--replay", str(path))
    assert (done.code, done.out) == (0, "nothing had to change\n"), done.err
    assert double.prepared[0][2].profile == "replay"


def test_waiting_for_a_key_alone_is_the_keys_exit_code(agentctl: Command, wiring: Command, spec: Path) -> None:
    def refused(driver: Any) -> None:
        question = trouble_question(cause="KeyRefused", message="the key was refused", number=0)
        with driver.store() as store:
            store.append(QuestionAsked(question=question), RunMoved(state="waiting"), author="driver")
        raise WaitingForPerson("waiting for Q1")

    wiring(refused)
    assert agentctl("run", str(spec), "--profile", "desk", "--no-wait").code == 4
