"""Questions in the inbox, and what becomes of answers to them."""

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from agentctl.orchestrator.nouns.events import RunMoved
from agentctl.orchestrator.rules.asking import budget_question

Command = Callable[..., Any]


def test_the_inbox_ranks_and_explains(agentctl: Command, new_run: Command) -> None:
    new_run().asking()
    out = agentctl("inbox").out
    assert "Q1  (decision, asked by T1:1, blocks 2 tasks, 2 min of the longest path; asked just now, for R1)" in out
    assert "    1  upper: loud" in out
    assert "    2  lower (recommended)" in out
    assert "if nobody answers: waits" in out
    assert json.loads(agentctl("inbox", "--json").out)["questions"][0]["blocks"] == 2


def test_the_inbox_is_that_of_every_run_that_is_not_over(agentctl: Command, new_run: Command) -> None:
    new_run("aaa").asking()
    new_run("bbb", title="be brief").asking()
    new_run("ccc").building()
    over = new_run("ddd")
    over.asking()
    over.say(RunMoved(state="failed"))
    out = agentctl("inbox").out
    assert [line for line in out.splitlines() if line.startswith(("run ", "answer"))] == [
        "run aaa  greet: say hello",
        "answer with: agentctl answer --run aaa Q1 NUMBER|TEXT",
        "run bbb  be brief",
        "answer with: agentctl answer --run bbb Q1 NUMBER|TEXT",
    ]
    document = json.loads(agentctl("inbox", "--json").out)
    assert (document["run"], [each["run"] for each in document["questions"]]) == (None, ["aaa", "bbb"])
    document = json.loads(agentctl("inbox", "c", "--json").out)
    assert (document["run"], document["questions"]) == ("ccc", [])
    assert agentctl("inbox", "ccc").out == "no questions wait\n"


def test_an_answer_goes_to_the_run_that_asks_and_to_none_where_several_could_be_meant(
    agentctl: Command, new_run: Command
) -> None:
    first = new_run("aaa")
    first.asking()
    new_run("bbb").building()
    done = agentctl("answer", "Q1", "1")
    assert (done.code, done.err.splitlines()[0]) == (0, "Q1 of run aaa: upper")
    second, third = new_run("ccc"), new_run("ddd")
    second.asking()
    third.asking()
    refused = agentctl("answer", "q1", "2")
    assert refused.code == 2
    assert "Q1 is asked in 3 runs" in refused.err
    assert "--run ccc: Upper or lower case?" in refused.err
    assert "--run aaa: (answered) Upper or lower case?" in refused.err
    assert third.store.questions()[0].answer is None
    assert agentctl("answer", "--run", "ddd", "Q1", "2").err.startswith("Q1 of run ddd: lower\n")
    assert "Q1 is asked in 3 runs" in agentctl("answer", "Q1", "2").err  # the latest has it too, and it is answered


def test_an_answer_of_money_names_the_new_cap(agentctl: Command, new_run: Command) -> None:
    run = new_run()
    run.question = budget_question(message="m", missing_usd=0.5, number=0)
    run.asking()
    assert "    a  raise the cap by $2.00: the parked tasks go on" in agentctl("inbox").out
    assert agentctl("answer", "Q1", "2").code == 2
    done = agentctl("answer", "Q1", "raise to $7.50")
    assert (done.code, done.err.splitlines()[0]) == (
        0,
        "Q1 of run k7m2xq: raise the cap by $2.50; the cap is then $7.50",
    )


def test_an_answer_of_several_lines_is_shown_as_it_was_given(agentctl: Command, new_run: Command) -> None:
    new_run().asking()
    agentctl("answer", "Q1", "both:\n- upper for names\n- lower for the rest")
    shown = agentctl("show", "Q1").out.splitlines()
    assert shown[-3:] == ["  answered by Ada: both:", "    - upper for names", "    - lower for the rest"]
    assert "\n    both:\n    - upper for names\n    - lower for the rest (Ada)\n" in agentctl("report").out


def test_an_answer_is_stored_under_the_persons_name(agentctl: Command, new_run: Command) -> None:
    run = new_run()
    run.asking()
    done = agentctl("answer", "q1", "neither, use title case")
    assert done.code == 0
    assert "go on with `agentctl resume k7m2xq`" in done.err
    (asked,) = run.store.questions()
    assert (asked.answer, asked.answered_by) == ("neither, use title case", "person:Ada")


def test_the_first_answer_stands_and_the_second_person_is_told(agentctl: Command, new_run: Command) -> None:
    run = new_run()
    run.asking()
    assert agentctl("answer", "Q1", "1").code == 0
    again = agentctl("answer", "Q1", "2")
    assert again.code == 2
    assert "Q1 was already answered by Ada: upper" in again.err
    assert run.store.questions()[0].answer == "upper"


def test_a_plan_question_is_answered_in_the_editor(
    agentctl: Command, new_run: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import msgspec
    from agentctl.orchestrator.nouns.events import QuestionAsked
    from agentctl.orchestrator.nouns.plan import Plan
    from agentctl.orchestrator.nouns.questions import Question

    run = new_run()
    run.planned()
    run.say(QuestionAsked(question=Question(key="plan:1", kind="plan", text="Build this?")))
    monkeypatch.setenv("EDITOR", f"{sys.executable} {editor(tmp_path, 'Write greet', 'Write it well')}")
    assert agentctl("answer", "Q1").code == 0
    answer = run.store.questions()[0].answer
    assert answer is not None
    assert answer.startswith("edited: ")
    changed = msgspec.json.decode(answer.removeprefix("edited: "), type=Plan)
    assert [task.title for task in changed.tasks] == ["Write it well", "Write the command"]
    assert not (run.folder.path / "plan.Q1.toml").exists()


def test_an_edit_that_is_no_plan_is_told_and_kept(
    agentctl: Command, new_run: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from agentctl.orchestrator.nouns.events import QuestionAsked
    from agentctl.orchestrator.nouns.questions import Question

    run = new_run()
    run.planned()
    run.say(QuestionAsked(question=Question(key="plan:1", kind="plan", text="Build this?")))
    monkeypatch.setenv("EDITOR", f"{sys.executable} {editor(tmp_path, 'goal', 'gaol')}")
    done = agentctl("answer", "Q1")
    assert done.code == 2
    assert "did you mean `goal`?" in done.err
    assert "gaol" in (run.folder.path / "plan.Q1.toml").read_text()


def editor(folder: Path, old: str, new: str) -> Path:
    script = folder / "editor.py"
    script.write_text(
        "import pathlib, sys\n"
        "path = pathlib.Path(sys.argv[1])\n"
        f"path.write_text(path.read_text().replace({old!r}, {new!r}, 1))\n"
    )
    return script


def test_a_second_answer_is_told_in_one_sentence_after_another(agentctl: Command, new_run: Command) -> None:
    new_run().asking()
    agentctl("answer", "Q1", "Each gets one.")
    assert "by Ada: Each gets one. The first answer stands." in agentctl("answer", "Q1", "2").err


@pytest.mark.parametrize("state", ["done", "failed", "cancelled"])
def test_a_run_that_is_over_asks_nothing_any_more(state: str, agentctl: Command, new_run: Command) -> None:
    run = new_run()
    run.asking()
    run.say(RunMoved(state=state))
    status = agentctl("status").out
    assert "waiting for you" not in status
    assert "answer with" not in status
    assert agentctl("inbox").out == "no questions wait\n"
    everything = agentctl("inbox", "--all").out
    assert "Upper or lower case?" in everything
    assert "answer with" not in everything
    late = agentctl("answer", "Q1", "1")
    assert (late.code, late.err) == (
        2,
        f"agentctl: Run k7m2xq is {state}: nothing in it waits for an answer any more.\n",
    )


def test_a_draft_of_one_plan_is_not_opened_for_the_next(
    agentctl: Command, new_run: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from agentctl.orchestrator.nouns.events import QuestionAsked
    from agentctl.orchestrator.nouns.questions import Question

    run = new_run()
    run.planned()
    run.say(QuestionAsked(question=Question(key="plan:1", kind="plan", text="Build this?")))
    monkeypatch.setenv("EDITOR", f"{sys.executable} {editor(tmp_path, 'goal', 'gaol')}")
    assert agentctl("answer", "Q1").code == 2
    assert agentctl("answer", "Q1", "refuse: smaller").code == 0
    run.say(QuestionAsked(question=Question(key="plan:2", kind="plan", text="And this?")))
    monkeypatch.setenv("EDITOR", "true")
    done = agentctl("answer", "Q2")
    assert (done.code, done.err.splitlines()[0]) == (0, "The plan stays as it was.")
