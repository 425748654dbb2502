"""What was decided without a person: listed, told, overruled; and what waits in the inbox, and how long."""

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from agentctl.orchestrator.nouns.events import Heard, QuestionAnswered, QuestionAsked, RunMoved, TaskMoved
from agentctl.orchestrator.nouns.questions import Question
from agentctl.orchestrator.nouns.runs import RunSettings

Command = Callable[..., Any]


def _assuming(run: Any, *, author: str = "policy:autonomy", evidence: str = "") -> Any:
    run.building()
    question = replace(run.question, default="upper", evidence=evidence)
    run.say(QuestionAsked(question=question))
    run.store.append(QuestionAnswered(key=question.key, answer="upper"), author=author)
    run.say(Heard(key=run.key, question=question.key))
    return run


@pytest.mark.parametrize(
    ("author", "words"),
    [
        ("policy:autonomy", "taken, as nobody was to be asked or it can be reverted"),
        ("policy:deadline", "taken, as nobody answered in time"),
        ("policy:assumption", "taken for granted by the probe"),
        ("lead", "answered by the lead"),
    ],
)
def test_an_assumption_is_listed_with_what_is_built_on_it(
    author: str, words: str, agentctl: Command, new_run: Command
) -> None:
    _assuming(new_run(), author=author, evidence='R1: "says hello"')
    out = agentctl("assumptions").out
    assert out.splitlines() == [
        "Q1  Upper or lower case?",
        f"  upper: {words}",
        '  R1: "says hello"',
        "  built on it: T1",
        "say otherwise with: agentctl answer --run k7m2xq Q1 TEXT",
    ]
    (found,) = json.loads(agentctl("assumptions", "--json").out)["assumptions"]
    assert (found["id"], found["answered_by"], found["tasks"], found["overruled_by"]) == ("Q1", author, ["T1"], None)
    for command in (("report",), ("show", "plan")):
        shown = agentctl(*command).out
        assert f"  upper: {words}" in shown
        assert "  built on it: T1" in shown


def test_what_a_person_said_is_no_assumption(agentctl: Command, new_run: Command) -> None:
    _assuming(new_run(), author="person:Ada")
    assert agentctl("assumptions").out == "nothing was decided without you\n"
    assert "Decided without you" not in agentctl("report").out


def test_a_person_overrules_a_default_once_and_with_another_answer(agentctl: Command, new_run: Command) -> None:
    run = _assuming(new_run())
    same = agentctl("answer", "Q1", "Upper")
    assert (same.code, "is answered so already" in same.err) == (2, True)
    done = agentctl("answer", "Q1", "2")
    assert (done.code, done.err.splitlines()[0]) == (0, "Q1 of run k7m2xq is overruled by Q2: lower")
    old, new = run.store.questions()
    assert (old.answer, old.answered_by) == ("upper", "policy:autonomy")
    assert (new.answer, new.question.replaces, new.question.default) == ("lower", old.question.key, None)
    assert "  overruled by Q2" in agentctl("assumptions").out
    again = agentctl("answer", "Q1", "something else")
    assert (again.code, "overruled before: what holds is Q2" in again.err) == (2, True)
    later = agentctl("answer", "Q2", "upper")
    assert (later.code, "already answered" in later.err, "answer --anew Q2" in later.err) == (2, True, True)
    assert "Q2 of run k7m2xq is overruled by Q3: upper" in agentctl("answer", "--anew", "Q2", "upper").err
    assert run.store.questions()[2].question.replaces == new.question.key


def test_what_cannot_follow_any_more_is_not_overruled(agentctl: Command, new_run: Command, repo: Any) -> None:
    over = _assuming(new_run("aaa"))
    over.say(RunMoved(state="done"))
    refused = agentctl("answer", "--run", "aaa", "Q1", "2")
    assert (refused.code, "Run aaa is done" in refused.err) == (2, True)
    settings = RunSettings(profile="replay", repo=str(repo), replay="x.jsonl")
    _assuming(new_run("bbb", settings=settings))
    recorded = agentctl("answer", "--run", "bbb", "Q1", "2")
    assert (recorded.code, "part of a recording" in recorded.err) == (2, True)


def test_the_proposal_takes_in_what_workers_asked_and_not_what_was_overruled(
    agentctl: Command, new_run: Command
) -> None:
    _assuming(new_run())
    assert "+" in (assumed := agentctl("show", "proposal").out)
    assert "Upper or lower case? upper" in assumed or "upper" in assumed
    agentctl("answer", "Q1", "2")
    patch = [line for line in agentctl("show", "proposal").out.splitlines() if line.startswith("+")]
    assert any("lower" in line for line in patch)
    assert not any("upper" in line.lower().replace("upper or lower", "") for line in patch)


def test_a_default_with_time_says_when_it_is_taken(agentctl: Command, new_run: Command) -> None:
    run = new_run()
    run.building()
    run.say(QuestionAsked(question=replace(run.question, default="upper", wait=600.0)))
    assert "`upper` is taken at " in agentctl("inbox").out
    (found,) = json.loads(agentctl("inbox", "--json").out)["questions"]
    assert found["taken_at"] == found["at"] + 600.0


def test_more_than_a_person_wants_to_hear_in_an_hour_waits_for_the_digest_while_other_work_goes_on(
    agentctl: Command, new_run: Command, repo: Any
) -> None:
    run = new_run(settings=RunSettings(profile="desk", repo=str(repo), interrupts=1))
    run.building()
    for name in ("one", "two"):
        run.say(QuestionAsked(question=Question(key=name, kind="decision", text=f"{name}?", asked_by="T1:1")))
    assert "1 held for the digest" in agentctl("inbox").out
    run.say(TaskMoved(task="T1", state="parked"))
    out = agentctl("inbox").out
    assert "held for the digest" not in out
    assert "one?" in out
    assert "two?" in out
