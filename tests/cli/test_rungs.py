"""How ladders, rollouts and a critic's notes are shown."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from agentctl.orchestrator.nouns.events import (
    AttemptEnded,
    AttemptStarted,
    Chosen,
    PlanApproved,
    Planned,
    Reviewed,
    RolloutMoved,
    RunMoved,
)
from agentctl.orchestrator.nouns.keys import AttemptKey
from agentctl.orchestrator.nouns.runs import RunSettings

Command = Callable[..., Any]
KEYS = [AttemptKey(task="T1", rollout=number) for number in (1, 2, 3)]


def _racing(run: Any) -> None:
    run.planned()
    run.say(PlanApproved(), RunMoved(state="building"))
    run.say(*(AttemptStarted(key=key, rung="flash*3", base_tree="0" * 40) for key in KEYS))


def test_status_tells_how_the_rollouts_of_a_rung_stand(agentctl: Command, new_run: Command) -> None:
    run = new_run()
    _racing(run)
    run.say(AttemptEnded(key=KEYS[0], state="failed", reason="red"), RolloutMoved(key=KEYS[2], state="parked"))
    assert "works   T1     Write greet (flash, 3 at once: 1 red, 1 working, 1 asking)" in agentctl("status").out
    run.say(AttemptEnded(key=KEYS[1], state="failed", reason="red"))
    assert "asks    T1     Write greet (flash, 3 at once: 2 red, 1 asking)" in agentctl("status").out
    assert '"rollouts": ["failed", "failed", "parked"]' in " ".join(agentctl("status", "--json").out.split())


def test_the_log_tells_a_race_and_a_review_in_sentences(agentctl: Command, new_run: Command) -> None:
    run = new_run()
    _racing(run)
    run.say(
        Chosen(key="race:T1:1", value="T1:1:2"),
        AttemptEnded(key=KEYS[0], state="lost", reason="T1:1:2 was green before it"),
        Reviewed(key=KEYS[1], turn=0, blocked="A critic sends it back:\n- R1 says: greet\n  This line breaks it: +x"),
        Reviewed(key=KEYS[1], turn=1, notes=("Name it well.",)),
    )
    told = [line.split(" ", 1)[-1] for line in agentctl("events").out.splitlines()]
    for sentence in (
        "T1:1:1 started on flash, 3 at once",
        "T1:1:2 was chosen among the rollouts of T1:1",
        "T1:1:1 let go: T1:1:2 was green before it",
        "T1:1:2 sent back by the critic: - R1 says: greet This line breaks it: +x",
        "T1:1:2 read by the critic: Name it well.",
    ):
        assert any(line.endswith(sentence) for line in told), sentence


def test_a_landing_is_reported_with_its_rollout_and_what_the_critic_said(
    agentctl: Command, new_run: Command, repo: Path, git_in: Command
) -> None:
    run = new_run()
    run.key = KEYS[1]
    _racing(run)
    (repo / "greet.py").write_text("def greet(): ...\n")
    git_in(repo, "add", ".")
    git_in(repo, "commit", "-q", "-m", "Greet")
    commit, tree = git_in(repo, "rev-parse", "HEAD"), git_in(repo, "rev-parse", "HEAD^{tree}")
    run.say(
        Reviewed(key=KEYS[0], turn=0, notes=("Of another patch.",)),
        Reviewed(key=KEYS[1], turn=0, blocked="A critic sends it back:\n- R1"),
        Reviewed(key=KEYS[1], turn=1, notes=("Name it \x1b[31mwell.",)),
    )
    run.done(commit, tree)
    report = agentctl("report").out
    assert f"- {commit[:10]} T1 Write greet, rollout 2 of flash, 3 at once\n" in report
    assert "    sent back by the critic 1 time\n    the critic: Name it ␛[31mwell.\n" in report
    assert "Of another patch." not in report


def test_the_plan_says_who_tries_which_task(agentctl: Command, new_run: Command, repo: Path) -> None:
    settings = RunSettings(
        profile="desk", repo=str(repo), ladder=("flash", "flash*3", "pro"), team_ladders={"core": ("pro", "ask")}
    )
    run = new_run(settings=settings)
    run.planned()
    own = replace(run.plan.tasks[0], ladder=("ultra",))
    run.say(Planned(plan=replace(run.plan, tasks=(own, *run.plan.tasks[1:])), estimate=_estimate(run)))
    shown = agentctl("show", "plan").out
    assert "each task is tried by flash > flash*3 > pro > you" in shown
    assert "(tried by pro > you)" in shown
    assert "      tried by ultra > you" in shown


def test_the_attempt_of_a_task_is_the_rollout_that_goes_on(agentctl: Command, new_run: Command) -> None:
    run = new_run()
    _racing(run)
    run.say(AttemptEnded(key=KEYS[0], state="lost"), AttemptEnded(key=KEYS[2], state="lost"))
    said = agentctl("diff", "T1").err
    assert "T1:1:2 has written no patch yet" in said


def _estimate(run: Any) -> Any:
    return next(event.fact.estimate for event in run.store.events() if isinstance(event.fact, Planned))
