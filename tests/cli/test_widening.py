"""Questions that can change what a task may write: how they are shown, answered and told of."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from agentctl.orchestrator.nouns.events import QuestionAnswered
from agentctl.orchestrator.nouns.hand_facts import Widened
from agentctl.orchestrator.nouns.questions import Option, Question

Command = Callable[..., Any]
WIDER = Question(
    key="report",
    kind="decision",
    text="May the report get a column?",
    options=(Option(text="Change the report", paths=("src/report.py",)), Option(text="Leave it")),
    recommended=1,
    asked_by="T1:1",
    requirements=("R1",),
)


@pytest.fixture
def asking(new_run: Command) -> Any:
    run = new_run()
    run.question = WIDER
    run.asking()
    return run


@pytest.mark.usefixtures("asking")
def test_a_person_sees_what_an_option_would_give(agentctl: Command) -> None:
    out = agentctl("inbox").out
    assert "    1  Change the report\n       lets T1 change src/report.py too, if you choose it\n    2  Leave it" in out
    (document,) = json.loads(agentctl("inbox", "--json").out)["questions"]
    assert [option["paths"] for option in document["question"]["options"]] == [["src/report.py"], []]
    brief = json.loads(agentctl("brief", "--json").out)
    assert brief["questions"][0]["asked"]["question"]["options"][0]["paths"] == ["src/report.py"]
    assert "    with option 1 T1 may change src/report.py too\n" in agentctl("brief").out


@pytest.mark.parametrize(
    ("typed", "stored", "said"),
    [
        ("1", "Change the report", "T1 may change src/report.py too"),
        ("yes, option 1", "Change the report", "T1 may change src/report.py too"),
        ("approve change the report", "Change the report", "T1 may change src/report.py too"),
        ("2", "Leave it", "what T1 may write stays as it is"),
        ("print it elsewhere", "print it elsewhere", "what T1 may write stays as it is"),
    ],
)
def test_an_answer_is_stored_as_the_option_it_names_and_what_it_gives_is_said(
    agentctl: Command, asking: Any, typed: str, stored: str, said: str
) -> None:
    done = agentctl("answer", "Q1", typed)
    assert (done.code, done.err.splitlines()[0]) == (0, f"Q1 of run k7m2xq: {stored}; {said}")
    assert asking.store.questions()[0].answer == stored


@pytest.mark.parametrize("typed", ["yes", "ok, but later", "1, if the tests stay", "1 or 2"])
def test_what_only_sounds_like_approval_is_not_stored(agentctl: Command, asking: Any, typed: str) -> None:
    done = agentctl("answer", "Q1", typed)
    assert done.code == 2
    assert "type the number alone, 1 to 2, or answer in words that name no option" in done.err
    assert asking.store.questions()[0].answer is None


def test_what_was_given_is_told_by_brief_report_show_events_and_why(
    agentctl: Command, asking: Any, repo: Path, git_in: Callable[..., str]
) -> None:
    asking.store.append(QuestionAnswered(key="report", answer="Change the report"), author="person:Ada")
    given = Widened(key=asking.key, question="report", paths=("src/report.py",))
    asking.store.append(given, given, author="person:Ada")
    (repo / "src").mkdir()
    (repo / "src" / "report.py").write_text("COLUMNS = 3\n")
    git_in(repo, "add", ".")
    git_in(
        repo,
        "commit",
        "-q",
        "-m",
        "Write greet\n\nIt.\n\nSpec: greet@3f9c2ab1\nTask: T1\nRequirement: R1\nRun: k7m2xq\n",
    )
    asking.done(git_in(repo, "rev-parse", "HEAD"), git_in(repo, "rev-parse", "HEAD^{tree}"))
    told = "T1 may change src/report.py too"
    assert f"- Q1 May the report get a column?: Change the report; {told} (Ada, " in agentctl("brief").out
    assert f"    Change the report (Ada)\n    {told}\n" in agentctl("report").out
    widened = {"key": {"task": "T1", "attempt": 1, "rollout": 0}, "question": "report", "paths": ["src/report.py"]}
    assert json.loads(agentctl("report", "--json").out)["widened"] == [{**widened, "by": "person:Ada"}]
    assert "writes src/greet.py and, by answers, src/report.py; after nothing" in agentctl("show", "T1").out
    assert json.loads(agentctl("show", "T1", "--json").out)["widened"] == ["src/report.py"]
    assert "T1:1 may change src/report.py too, by Ada" in agentctl("events").out
    assert f"widened      {told}" in agentctl("why", "src/report.py:1").out
    (decision,) = json.loads(agentctl("why", "src/report.py:1", "--json").out)["questions"]
    assert (decision["task"], decision["widened"]) == ("T1", ["src/report.py"])
