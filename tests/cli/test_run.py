import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from agentctl.orchestrator.errors import AuthenticationError, BudgetReached, WaitingForPerson
from agentctl.orchestrator.nouns.events import Landed, Planned, QuestionAnswered, QuestionAsked, RunMoved
from agentctl.orchestrator.nouns.keys import AttemptKey
from agentctl.orchestrator.nouns.plan import Estimate, Plan, Task, Team
from agentctl.orchestrator.nouns.questions import Option, Question
from agentctl.orchestrator.nouns.runs import Landing
from agentctl.orchestrator.rules.asking import plan_question, trouble_question
from agentctl.orchestrator.store.folder import RunFolder

Command = Callable[..., Any]
PLAN = Plan(
    summary="one step",
    teams=(Team(id="core", purpose="all"),),
    tasks=(Task(id="T1", team="core", title="Greet", goal="g", requirements=("R1",)),),
)
ESTIMATE = Estimate(calls=3, usd=0.05, minutes=1.0, critical_path=("T1",))


def lands(driver: Any) -> None:
    landing = Landing(order=1, key=AttemptKey(task="T1"), commit="c" * 40, tree="t" * 40, patch="p" * 40, at=1.0)
    with driver.store() as store:
        store.append(Planned(plan=PLAN, estimate=ESTIMATE), author="planner")
        store.append(Landed(landings=(landing,)), RunMoved(state="done"), author="driver")


def test_a_run_that_ends_well_prints_its_branch_and_how_to_take_it_over(
    agentctl: Command, wiring: Command, spec: Path, repo: Path
) -> None:
    double = wiring(lands)
    done = agentctl("run", str(spec), "--profile", "desk", "--workers", "4", "--budget", "2.5", "--yes")
    assert (done.code, done.out) == (0, "agentctl/k7m2xq/all\ngit merge agentctl/k7m2xq/all\n")
    assert "landed T1:1 as cccccccccc" in done.err
    assert "k7m2xq is done: 1/1 landed" in done.err
    ((text, name, settings, extras),) = double.prepared
    assert (text, name) == (spec.read_text(), str(spec))
    assert (settings.profile, settings.repo, settings.limits.workers, settings.limits.usd, settings.approve) == (
        *("desk", str(repo)),
        *(4, 2.5, True),
    )
    assert extras.sandbox_accepted is False


def test_a_sentence_is_a_spec(agentctl: Command, wiring: Command) -> None:
    double = wiring(lands)
    assert agentctl("run", "-m", "Say hello.", "--profile", "desk").code == 0
    assert double.prepared[0][:2] == ("Say hello.", "sentence")


def test_a_spec_comes_through_a_pipe(repo: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "agentctl", "lint", "-"], input="", capture_output=True, text=True, check=False, cwd=repo
    )
    assert (done.returncode, done.stderr) == (2, "agentctl: standard input is empty: say in it what is to be built.\n")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "does not exist"),
        (b"", "is empty"),
        (b" \n\t\n", "is empty"),
        (b"# a\n\x00", "is binary"),
        (b"\x7fELF\x00\x01", "is binary"),
        (b"# caf\xe9\n", "is not UTF-8: byte 0xe9 in line 1"),
        (b"x" * 10_000_000, "is larger than 1 MB"),
        (b"---\nbudjet: 3\n---\n# a\n", "budjet"),
        (b"---\nautonomy: [\n---\n# a\n", "front matter"),
    ],
)
@pytest.mark.parametrize("command", ["run", "plan"])
def test_what_is_no_spec_is_refused_before_anything_is_made(
    command: str, content: bytes | None, said: str, agentctl: Command, wiring: Command, repo: Path
) -> None:
    double = wiring(lands)
    if content is not None:
        (repo / "bad.md").write_bytes(content)
    done = agentctl(command, "bad.md", "--profile", "desk")
    assert (done.code, done.out) == (2, "")
    assert said in done.err
    assert "Traceback" not in done.err
    assert double.prepared == []
    assert not (repo / ".agentctl").exists()


def test_a_folder_is_no_spec_and_the_spec_in_it_is_named(agentctl: Command, wiring: Command, spec: Path) -> None:
    wiring(lands)
    done = agentctl("run", str(spec.parent))
    assert done.code == 2
    assert "is a folder, not a spec; did you mean" in done.err


def test_a_link_that_leads_nowhere_is_called_one(agentctl: Command, wiring: Command, repo: Path) -> None:
    wiring()
    (repo / "loop.md").symlink_to("loop.md")
    assert agentctl("run", "loop.md").err == (
        "agentctl: loop.md is a link that leads to no file: correct it, or name the spec itself.\n"
    )


def test_a_misspelt_name_is_met_with_the_near_one(agentctl: Command, wiring: Command, spec: Path) -> None:
    wiring(lands)
    assert spec.exists()
    assert "did you mean greet.md?" in agentctl("run", "gret.md").err


@pytest.mark.parametrize(
    ("argv", "said"),
    [
        (["run"], "Name one spec"),
        (["run", "greet.md", "-m", "x"], "Name one spec"),
        (["run", "greet.md", "--sandbox=none"], "add --i-accept-unsandboxed-execution"),
        (["run", "greet.md", "--replay", "none.jsonl"], "no such recording"),
        (["run", "greet.md", "--record", "a", "--replay", "greet.md"], "not both"),
        (["run", "greet.md", "--record", "none/a.jsonl"], "the folder none does not exist; make it"),
        (["run", "greet.md", "--record", "."], "is a folder: name a file"),
        (["run", "greet.md", "--autonomy", "yolo"], "--autonomy"),
        (["run", "greet.md", "--workers", "0"], "--workers"),
        (["run", "greet.md", "--budget", "-1"], "--budget"),
        (["run", "greet.md", "--budget", "nan"], "--budget"),
        (["run", "greet.md", "--repo", "greet.md"], "folder"),
        (["resume", "zzz"], "no run"),
        (["resume"], "no run"),
        (["status", "--repo", "nowhere"], "does not exist"),
        (["status"], "no run"),
        (["attach"], "no run"),
        (["diff"], "no run"),
        (["lint", "greet.md", "nope.md"], "nope.md does not exist: write a spec there.\n"),
        (["run", "nope.md"], 'nope.md does not exist: write a spec there, or use -m "one sentence".\n'),
    ],
)
def test_wrong_arguments_are_told_with_exit_code_2(
    argv: list[str], said: str, agentctl: Command, wiring: Command, spec: Path
) -> None:
    wiring(lands)
    assert spec.name == "greet.md"
    done = agentctl(*argv)
    assert (done.code, done.out) == (2, "")
    assert said in done.err


def test_outside_a_repository_the_way_in_is_named(
    agentctl: Command, wiring: Command, spec: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wiring(lands)
    monkeypatch.chdir(tmp_path)
    done = agentctl("run", str(spec), "--profile", "desk")
    assert done.code == 2
    assert "--repo DIR" in done.err


def test_a_folder_that_does_not_exist_becomes_a_repository(
    agentctl: Command, wiring: Command, spec: Path, tmp_path: Path, git_in: Command
) -> None:
    wiring(lands)
    done = agentctl("run", str(spec), "--profile", "desk", "--repo", str(tmp_path / "new"))
    assert done.code == 0, done.err
    assert git_in(tmp_path / "new", "rev-list", "--count", "HEAD") == "1"


def test_nothing_is_made_where_the_run_cannot_start(
    agentctl: Command, wiring: Command, spec: Path, tmp_path: Path
) -> None:
    wiring(lands)
    assert agentctl("run", str(spec), "--repo", str(tmp_path / "new")).code == 4
    assert not (tmp_path / "new").exists()


def test_without_a_model_every_way_to_get_one_is_named(agentctl: Command, wiring: Command, spec: Path) -> None:
    double = wiring(lands)
    done = agentctl("run", str(spec))
    assert done.code == 4
    for way in ("GEMINI_API_KEY", "ANTHROPIC_API_KEY", "Ollama", "--profile desk", "agentctl demo"):
        assert way in done.err
    assert double.prepared == []


def test_lint_errors_stop_a_run_unless_forced(agentctl: Command, wiring: Command, repo: Path) -> None:
    double = wiring(lands)
    (repo / "bad.md").write_text("# x\n\n- **R1** `f` MUST be.\n- **R1** `f` MUST not be.\n")
    refused = agentctl("run", "bad.md", "--profile", "desk")
    assert refused.code == 6
    assert "bad.md:" in refused.err
    assert "--force" in refused.err
    assert double.prepared == []
    assert agentctl("run", "bad.md", "--profile", "desk", "--force").code == 0


def test_wording_never_stops_a_run_and_lint_says_so_too(agentctl: Command, wiring: Command, repo: Path) -> None:
    wiring(lands)
    (repo / "s.md").write_text("# x: y\n\n## Requirements\n\n- **R1** `f` MUST return TBD.\n")
    assert agentctl("lint", "s.md").err.splitlines()[-1].startswith("ready to run")
    done = agentctl("run", "s.md", "--profile", "desk")
    assert done.code == 0
    assert "SPA" in done.err


def test_minutes_that_are_not_enforced_are_named_at_the_start(agentctl: Command, wiring: Command, repo: Path) -> None:
    wiring(lands)
    (repo / "s.md").write_text("---\nbudget: {minutes: 30}\n---\n# x\n\nSay hello.\n")
    assert "budget.minutes (30) is not enforced yet" in agentctl("run", "s.md", "--profile", "desk").err


def test_front_matter_decides_what_no_flag_does(agentctl: Command, wiring: Command, repo: Path) -> None:
    double = wiring(lands)
    (repo / "s.md").write_text("---\nbudget: {usd: 1.5, workers: 3}\nautonomy: never\n---\n# x\n\nSay hello.\n")
    assert agentctl("run", "s.md", "--profile", "desk", "--workers", "9").code == 0
    settings = double.prepared[0][2]
    assert (settings.limits.usd, settings.limits.workers, settings.autonomy) == (1.5, 9, "never")


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


@pytest.mark.parametrize(
    ("settings", "code", "said"),
    [
        ("profile = 'openai'\n", 4, "needs a key: export OPENAI_API_KEY=..., or choose another model:"),
        ("profile = 'replay'\n", 2, "There is no model profile `replay`: choose auto, gemini,"),
        ("profile = 'opnai'\n", 2, "choose auto, gemini, anthropic, openai, openrouter, ollama, desk"),
        ("profile = 'ollama'\n[models]\npro = 'openai/unheard-of'\n", 2, "openai/unheard-of is not known"),
    ],
)
def test_a_model_that_cannot_be_asked_is_told_before_a_run_is_made(
    settings: str, code: int, said: str, agentctl: Command, wiring: Command, spec: Path
) -> None:
    double = wiring(lands)
    (spec.parent / "agentctl.toml").write_text(settings)
    for command in ("run", "plan"):
        done = agentctl(command, str(spec))
        assert (done.code, done.out) == (code, "")
        assert said in done.err
    assert double.prepared == []


def test_one_model_of_a_tier_with_a_key_is_enough(
    agentctl: Command, wiring: Command, spec: Path, repo: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wiring(lands)
    (repo / "agentctl.toml").write_text(
        "profile = 'openai'\n"
        "[models]\n"
        "flash = ['openai/gpt-6-luna', 'gemini/gemini-3.8-flash']\n"
        "pro = ['gemini/gemini-4-argon']\n"
    )
    assert agentctl("run", str(spec)).code == 4
    monkeypatch.setenv("GEMINI_API_KEY", "k")
    assert agentctl("run", str(spec)).code == 0


def test_waiting_for_a_key_alone_is_the_keys_exit_code(agentctl: Command, wiring: Command, spec: Path) -> None:
    def refused(driver: Any) -> None:
        question = trouble_question(cause="KeyRefused", message="the key was refused", number=0)
        with driver.store() as store:
            store.append(QuestionAsked(question=question), RunMoved(state="waiting"), author="driver")
        raise WaitingForPerson("waiting for Q1")

    wiring(refused)
    assert agentctl("run", str(spec), "--profile", "desk", "--no-wait").code == 4


def test_a_recording_that_is_none_leaves_no_run(agentctl: Command, spec: Path, repo: Path) -> None:
    done = agentctl("run", str(spec), "--replay", str(repo / "README.md"))
    assert done.code == 2
    assert "cannot be read as a recording" in done.err
    assert agentctl("runs").out == "no runs yet: start one with `agentctl run spec.md`\n"
