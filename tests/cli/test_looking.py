import json
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from agentctl.cli.report import LEVELS
from agentctl.orchestrator.nouns.events import Acted, Judged, Noted, Patched, PlanRefused, RunMoved, TaskMoved
from agentctl.orchestrator.nouns.keys import PLANNING, AttemptKey, integration_branch
from agentctl.orchestrator.nouns.runs import RunSettings
from agentctl.orchestrator.nouns.verdicts import Verdict

Command = Callable[..., Any]

HOSTILE = "ok\x1b[31m\x1b]52;c;aGk=\x07\x1b]0;title\x07\u202egpj.exe\u200b [red]x[/red] [/] \x9b1m\x00\r\b"
RAW = ("\x1b", "\x07", "\x9b", "\x00", "\b", "\r", "\u202e", "\u200b")


def test_status_tells_teams_tasks_questions_and_what_to_type(agentctl: Command, new_run: Command) -> None:
    new_run().asking()
    done = agentctl("status")
    assert done.code == 0
    lines = done.out.splitlines()
    assert lines[0] == "k7m2xq  greet: say hello"
    assert lines[1].startswith("building  (nothing drives it)  0/2 landed · 0 calls in flight · $0.00 of $5.00")
    assert "core  0/1  greeting" in lines
    assert "  ? asks    T1     Write greet" in lines
    assert "  · waits   T2     Write the command" in lines
    assert "? Q1  Upper or lower case?" in lines
    assert lines[-3] == "answer with: agentctl answer --run k7m2xq Q1 NUMBER|TEXT"
    assert lines[-1] == "go on with: agentctl resume k7m2xq"


def test_status_as_json_is_one_document(agentctl: Command, new_run: Command) -> None:
    run = new_run()
    run.asking()
    run.call("{}", "{}")
    document = json.loads(agentctl("status", "--json").out)
    assert {key: document[key] for key in ("run", "state", "live", "landed", "cap_usd", "branch")} == {
        "run": "k7m2xq",
        "state": "building",
        "live": False,
        "landed": 0,
        "cap_usd": 5.0,
        "branch": "agentctl/k7m2xq/all",
    }
    assert document["ledger"]["usd"] == 0.02
    assert [task["state"] for team in document["teams"] for task in team["tasks"]] == ["parked", "blocked"]


def test_status_inbox_and_answer_work_beside_a_live_driver_in_another_process(repo: Path, new_run: Command) -> None:
    run = new_run()
    run.asking()

    def other(*argv: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "agentctl", *argv], capture_output=True, text=True, check=True, cwd=repo
        )

    with run.folder.lock():
        assert '"live": true' in other("status", "--json").stdout
        assert "Upper or lower case?" in other("inbox").stdout
        other("answer", "Q1", "2")
        (asked,) = run.store.questions()
        assert (asked.answer, asked.answered_by) == ("lower", "person:Ada")
        run.say(RunMoved(state="done"))
    assert '"state": "done"' in other("status", "--json").stdout


def test_watching_prints_a_document_at_each_change_until_the_end(repo: Path, new_run: Command) -> None:
    run = new_run()
    run.building()
    command = [sys.executable, "-m", "agentctl", "status", "--watch", "--json"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=repo) as watching:
        assert watching.stdout is not None
        assert json.loads(watching.stdout.readline())["state"] == "building"
        run.say(TaskMoved(task="T1", state="queued"))
        assert json.loads(watching.stdout.readline())["teams"][0]["tasks"][0]["state"] == "queued"
        run.say(RunMoved(state="done"))
        assert json.loads(watching.stdout.readline())["state"] == "done"
        assert watching.wait() == 0


def test_watching_sees_that_the_driver_came_and_went(repo: Path, new_run: Command) -> None:
    run = new_run()
    run.building()
    command = [sys.executable, "-m", "agentctl", "status", "--watch", "--json"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=repo) as watching:
        assert watching.stdout is not None
        assert json.loads(watching.stdout.readline())["live"] is False
        with run.folder.lock():
            assert json.loads(watching.stdout.readline())["live"] is True
        assert json.loads(watching.stdout.readline())["live"] is False
        run.say(RunMoved(state="done"))
        assert json.loads(watching.stdout.readline())["state"] == "done"
        assert watching.wait() == 0


@pytest.mark.parametrize(
    ("argv", "said"),
    [
        (["answer", "Q7", "1"], "no question `Q7`: there is Q1"),
        (["answer", "Q1", "9"], "no option 9"),
        (["answer", "Q1"], "NUMBER|TEXT"),
        (["answer", "Q1", ""], "needs a text"),
        (["show", "T9"], "no task `T9`: there is T1, T2"),
        (["show", "T1:9"], "no attempt `T1:9`"),
        (["show", "T1:x"], "names no attempt"),
        (["logs", "T2"], "has no attempt yet"),
        (["logs", "plan"], "has made no call"),
        (["diff", "T1"], "has written no patch yet"),
        (["diff"], "nothing has landed"),
        (["cancel", "--task", "T9"], "no task `T9`"),
        (["status", "zz"], "there is no run 'zz'"),
        (["resume", "zz"], "there is no run 'zz'"),
    ],
)
def test_what_is_not_there_is_told_with_what_is_near(
    argv: list[str], said: str, agentctl: Command, new_run: Command, wiring: Command
) -> None:
    wiring()
    new_run().asking()
    done = agentctl(*argv)
    assert (done.code, done.out) == (2, "")
    assert said in done.err


def test_runs_lists_every_run_and_one_that_cannot_be_read(agentctl: Command, new_run: Command) -> None:
    new_run("aaa").building()
    broken = new_run("bbb")
    broken.store.close()
    broken.folder.run_db.write_bytes(b"not a database" * 100)
    lines = agentctl("runs").out.splitlines()
    assert any(line.startswith("aaa  building (stopped)  0/2") for line in lines)
    assert any(line.startswith("bbb  unreadable") for line in lines)
    assert len(json.loads(agentctl("runs", "--json").out)) == 2


def test_events_come_in_order_after_a_number(agentctl: Command, new_run: Command) -> None:
    run = new_run()
    run.building()
    run.say(Noted(text="drift in T1"))
    assert "note: drift in T1" in agentctl("events").out
    events = json.loads(agentctl("events", "--json", "--after", "2").out)
    assert [event["seq"] for event in events] == list(range(3, 3 + len(events)))
    assert events[-1] == {**events[-1], "kind": "Noted", "author": "driver", "fact": {"text": "drift in T1"}}


def test_show_tells_a_plan_a_task_an_attempt_and_a_question(agentctl: Command, new_run: Command) -> None:
    run = new_run()
    run.asking()
    run.say(Patched(key=run.key, patch="p" * 40, tree="t" * 40))
    assert "writes src/greet.py; about 1 min" in agentctl("show", "plan").out
    assert "after T1" in agentctl("show", "T2").out
    assert "attempt T1:1 on flash: patched, patch pppppppppp" in agentctl("show", "T1:1").out
    assert "Upper or lower case?" in agentctl("show", "q1").out
    assert agentctl("show").out == agentctl("show", "k7m2xq").out
    for what in ("plan", "T1", "T1:1", "Q1", "k7m2xq"):
        json.loads(agentctl("show", what, "--json").out)


def test_cancel_stores_the_wish(agentctl: Command, new_run: Command) -> None:
    run = new_run()
    run.building()
    done = agentctl("cancel", "--task", "t2")
    assert done.code == 0
    assert run.store.events()[-1].fact.task == "T2"
    assert agentctl("cancel", "--task", "T1", "--run", "k7m2xq").code == 0
    assert run.store.events()[-1].fact.task == "T1"
    assert "one run at a time" in agentctl("cancel", "k7m2xq", "--run", "other").err
    run.say(RunMoved(state="cancelled"))
    assert agentctl("cancel").code == 2


def test_logs_show_what_was_asked_replied_and_found(agentctl: Command, new_run: Command) -> None:
    run = new_run()
    run.building()
    ask = {"role": "user", "text": "Write greet.\n[bold]now[/bold]"}
    reply = {"text": "I will", "calls": [{"id": "c1", "name": "write", "arguments": {"path": "a", "content": "x\ny"}}]}
    run.call(json.dumps({"tier": "flash", "messages": [ask]}), json.dumps(reply))
    run.journal.set_result(run.key, 0, "c1", "wrote 3 bytes")
    out = agentctl("logs", "T1").out
    for words in ("=== T1/1/0/worker/0/0 done m", "[bold]now[/bold]", "-> write", "path: a", "wrote 3 bytes"):
        assert words in out
    document = json.loads(agentctl("logs", "T1", "--json").out)
    assert document[0]["results"] == {"c1": "wrote 3 bytes"}
    assert "T1/1/0/worker/0/0" in agentctl("logs").out


def test_logs_of_the_planner_say_why_it_was_asked_again(agentctl: Command, new_run: Command) -> None:
    run = new_run()
    run.planned()
    run.key = AttemptKey(task=PLANNING)
    run.call("{}", "{}")
    run.store.append(PlanRefused(number=1, reasons=("T2: keep it",)), author="policy:plan check")
    assert "refused" not in agentctl("logs", "plan").out
    run.call("{}", "{}", turn=1)
    first, again = agentctl("logs", "plan").out.split("=== plan 1 refused by plan check, the planner tries again: T2: ")
    assert ("plan/1/0/worker/0/0" in first, "plan/1/0/worker/1/0" in again) == (True, True)


def test_diff_and_report_of_what_landed(agentctl: Command, new_run: Command, repo: Path, git_in: Command) -> None:
    run = new_run()
    run.building()
    (repo / "src").mkdir()
    (repo / "src/greet.py").write_text("def greet(): ...\n")
    git_in(repo, "checkout", "-q", "-b", "work")
    git_in(repo, "add", ".")
    git_in(repo, "commit", "-q", "-m", "Greet")
    commit, tree = git_in(repo, "rev-parse", "HEAD"), git_in(repo, "rev-parse", "HEAD^{tree}")
    git_in(repo, "checkout", "-q", "main")
    git_in(repo, "update-ref", integration_branch("k7m2xq"), commit)
    run.done(commit, tree)
    assert "+def greet(): ..." in agentctl("diff").out
    assert agentctl("diff", "--stat").out == "A  src/greet.py\n"
    run.call("{}", "{}")
    report = agentctl("report").out
    assert "- R1 `greet(name)` in `src/greet.py` MUST return `Hello, NAME!`.\n    V1 by R1.c1" in report
    assert "Not shown to tell right from wrong (V2): R1." in report
    assert f"- {commit[:10]} T1 Write greet" in report
    assert "not landed: T2" in report
    assert "1 call, 100 tokens in, 10 out, $0.0200" in report
    assert report.splitlines()[-1] == (
        "Take the result over: git merge agentctl/k7m2xq/all; or in parts, read one by one: agentctl deliver k7m2xq"
    )
    assert json.loads(agentctl("report", "--json").out)["take_over"] == "git merge agentctl/k7m2xq/all"
    first, *_ = json.loads(agentctl("trace", "--json").out)["requirements"]
    assert (first["id"], first["level"], first["tasks"]) == ("R1", "V1", [{"id": "T1", "state": "landed"}])
    assert [each["commit"] for each in (*first["landings"], *first["evidence"])] == [commit, commit]
    assert re.search(r"^R1 +✓ T1 landed +V1 by R1.c1$", agentctl("trace").out, re.MULTILINE)
    queue = json.loads(agentctl("queue", "--json").out)
    assert (queue["waiting"], [each["attempt"] for each in queue["landed"]]) == ([], ["T1:1"])
    assert re.search(rf"✓ T1:1 +Write greet +{commit[:10]}", agentctl("queue").out)


def test_the_report_says_how_often_the_planner_had_to_try_and_why(agentctl: Command, new_run: Command) -> None:
    run = new_run()
    run.planned()
    assert "## Planned" not in agentctl("report").out
    run.store.append(PlanRefused(number=1, reasons=("T2: keep it", "plan: R2 is left out")), author="policy:plan check")
    assert "because: plan 1 was refused, the planner tries again: T2: keep it" in agentctl("status").out
    assert "The planner proposed 1 plan; 1 plan went back to it:" in agentctl("report").out
    run.planned()
    run.store.append(PlanRefused(number=2, reasons=("one task too many",)), author="person:Ada")
    run.planned()
    assert (
        "## Planned\n\n"
        "The planner proposed 3 plans; 2 plans went back to it:\n\n"
        "- plan 1, refused by plan check: T2: keep it\n"
        "    plan: R2 is left out\n"
        "- plan 2, refused by Ada: one task too many\n"
    ) in agentctl("report").out
    refused = json.loads(agentctl("report", "--json").out)["refused_plans"]
    assert refused[1] == {"plan": 2, "by": "person:Ada", "reasons": ["one task too many"]}
    events = agentctl("events").out
    assert "plan 1 refused by plan check, the planner tries again: T2: keep it (and 1 more)" in events
    assert "plan 2 refused by Ada, the planner tries again: one task too many" in events


def test_the_clock_of_a_run_that_nothing_drives_says_since_when_it_counts(agentctl: Command, new_run: Command) -> None:
    run = new_run()
    run.building()
    assert re.search(r"\(nothing drives it\) .* · begun \w+ ago$", agentctl("status").out.splitlines()[1])
    assert re.search(r"of model time; begun \w+ ago\.$", agentctl("report").out.strip())
    with run.folder.lock():
        assert "ago" not in agentctl("status").out.splitlines()[1]
    run.say(RunMoved(state="done"))
    assert "ago" not in agentctl("status").out.splitlines()[1]
    assert re.search(r"of model time; \w+ from its beginning to its end\.", agentctl("report").out)


def test_text_of_several_lines_cannot_imitate_ours(agentctl: Command, new_run: Command) -> None:
    from dataclasses import replace

    run = new_run()
    run.question = replace(run.question, text="Which?\n    1  yes (recommended)\n  answered by Ada: yes", why="a\n\nb")
    run.plan = replace(run.plan, summary="In two.\ncore: everything\n  T9  Steal  [R1]")
    run.asking()
    asked = agentctl("show", "Q1").out.splitlines()
    assert asked[1:7] == [
        *("  │ Which?", "  │     1  yes (recommended)", "  │   answered by Ada: yes"),
        *("  │ why: a", "  │", "  │ b"),
    ]
    planned = agentctl("show", "plan").out.splitlines()
    assert planned[:3] == ["│ In two.", "│ core: everything", "│   T9  Steal  [R1]"]


def test_each_word_of_a_question_is_named_whole_or_not_at_all(agentctl: Command, new_run: Command) -> None:
    from dataclasses import replace

    run = new_run()
    words = [f"word{number}" for number in range(60)]
    run.question = replace(run.question, text=" ".join(words))
    run.asking()
    (line,) = (line for line in agentctl("status").out.splitlines() if line.startswith("? Q1"))
    assert line.endswith("…")
    assert set(line.removeprefix("? Q1").removesuffix("…").split()) <= set(words)


def test_the_names_that_are_there_are_all_named(agentctl: Command, new_run: Command) -> None:
    new_run().building()
    assert "has no task `P1`: there is T1, T2." in agentctl("show", "P1").err


def test_a_replay_is_called_one(agentctl: Command, new_run: Command, repo: Path) -> None:
    new_run(settings=RunSettings(profile="replay", repo=str(repo), replay="r.jsonl")).building()
    assert "recorded answers" in agentctl("status").out
    assert "no model was asked" in agentctl("report").out


@pytest.mark.parametrize(
    "argv",
    [
        ["status"],
        ["inbox"],
        ["show"],
        ["show", "plan"],
        ["show", "T1"],
        ["show", "T1:1"],
        ["show", "Q1"],
        ["events"],
        ["events", "--json"],
        ["logs"],
        ["logs", "T1"],
        ["logs", "T1", "--json"],
        ["trace"],
        ["trace", "--json"],
        ["queue"],
        ["queue", "--json"],
        ["report"],
        ["report", "--json"],
        ["runs"],
        ["status", "--json"],
        ["answer", "Q1", "9"],
    ],
)
def test_hostile_text_reaches_no_terminal_raw(argv: list[str], agentctl: Command, new_run: Command) -> None:
    from dataclasses import replace

    run = new_run(title=HOSTILE)
    run.plan = replace(
        run.plan,
        summary=HOSTILE,
        notes=(HOSTILE,),
        tasks=(replace(run.plan.tasks[0], title=HOSTILE, goal=HOSTILE, owns=(HOSTILE,)), run.plan.tasks[1]),
    )
    run.question = replace(run.question, text=HOSTILE, why=HOSTILE, evidence=HOSTILE)
    run.asking()
    run.say(Acted(key=run.key, turn=1, text=HOSTILE), Noted(text=HOSTILE), RunMoved(state="failed", reason=HOSTILE))
    run.call(json.dumps({"messages": [{"role": HOSTILE, "text": HOSTILE}]}), json.dumps({"text": HOSTILE}))
    done = agentctl(*argv)
    assert done.out + done.err
    for raw in RAW:
        assert raw not in done.out + done.err


def test_people_are_told_by_their_names_and_programs_by_the_authors_id(agentctl: Command, new_run: Command) -> None:
    new_run().asking()
    agentctl("answer", "Q1", "1")
    for argv in (["inbox", "--all"], ["show", "Q1"], ["report"], ["events"]):
        told = agentctl(*argv).out
        assert "Ada" in told
        assert "person:" not in told
    for argv in (["inbox", "--all", "--json"], ["show", "Q1", "--json"], ["report", "--json"], ["events", "--json"]):
        assert '"person:Ada"' in agentctl(*argv).out


def test_the_report_says_what_its_levels_mean_in_the_words_of_the_glossary(
    agentctl: Command, new_run: Command, repo: Path, git_in: Command
) -> None:
    run = new_run()
    run.building()
    run.done(git_in(repo, "rev-parse", "HEAD"), git_in(repo, "rev-parse", "HEAD^{tree}"))
    assert "\n\nV1: its check passes.\n" in agentctl("report").out
    glossary = (Path(__file__).parents[2] / "docs" / "glossary.md").read_text()
    for level, meaning in LEVELS.items():
        assert f"{level}: {meaning}" in glossary


def test_the_report_names_tests_that_failed_and_passed_on_one_tree(agentctl: Command, new_run: Command) -> None:
    run = new_run()
    run.building()
    assert "Flaky" not in agentctl("report").out
    red = Verdict(tree="1" * 40, gate="g", passed=False, reasons=("tests/test_a.py::test_dice failed:\n3",))
    green = Verdict(tree="1" * 40, gate="g", passed=True, tests=("tests/test_a.py::test_dice",))
    run.say(*(Judged(verdict=each, report="r", key=None) for each in (red, green, green)))
    told = "- tests/test_a.py::test_dice failed in 1 of 3 verdicts on trees on which it also passed"
    assert told in agentctl("report").out.splitlines()
    flaky = json.loads(agentctl("report", "--json").out)["flaky"]
    assert flaky == [{"test": "tests/test_a.py::test_dice", "failed": 1, "judged": 3}]
