"""A plan in an editor: opened again with what is wrong at its lines, and nothing is lost."""

import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest
from agentctl.cli import planfile
from agentctl.cli.plan_editing import MARK, read, with_marks, without_marks
from agentctl.orchestrator.nouns.events import Chosen, QuestionAsked
from agentctl.orchestrator.nouns.plan import Finding, Plan
from agentctl.orchestrator.rules.asking import plan_question
from agentctl.orchestrator.run_view import START

from .conftest import ESTIMATE, MadeRun

Command = Callable[..., Any]


@pytest.fixture
def editor(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Path]:
    """An editor that does one thing at each opening, and keeps what it was shown."""

    def install(*steps: str) -> Path:
        folder = tmp_path / "editor"
        folder.mkdir()
        for number, step in enumerate(steps):
            (folder / f"step{number}").write_text(step)
        program = folder / "edit"
        program.write_text(
            "#!/bin/sh\n"
            f'n=$(ls "{folder}" | grep -c shown)\n'
            f'cp "$1" "{folder}/shown$n"\n'
            f'[ -f "{folder}/step$n" ] || exit 0\n'
            f'. "{folder}/step$n"\n'
        )
        program.chmod(program.stat().st_mode | stat.S_IXUSR)
        monkeypatch.setenv("EDITOR", str(program))
        monkeypatch.delenv("VISUAL", raising=False)
        return folder

    return install


def asked(new_run: Command) -> MadeRun:
    run: MadeRun = new_run()
    run.planned()
    run.say(QuestionAsked(question=plan_question(run.plan, ESTIMATE, number=0)))
    return run


def answer_of(run: MadeRun) -> Plan | None:
    (question,) = run.store.questions()
    text = question.answer
    return msgspec.json.decode(text.removeprefix("edited: "), type=Plan) if text else None


def test_an_edited_plan_is_the_answer(agentctl: Command, new_run: Command, editor: Callable[..., Path]) -> None:
    run = asked(new_run)
    editor("sed -i 's/Write greet/Greet them/' \"$1\"")
    done = agentctl("plan", "--edit")
    assert (done.code, done.out) == (0, "k7m2xq\n"), done.err
    plan = answer_of(run)
    assert plan is not None
    assert plan.task("T1").title == "Greet them"
    assert not list(run.folder.path.glob("plan.*.toml"))


def test_a_plan_that_does_not_hold_is_opened_again_with_the_reason_at_its_line(
    agentctl: Command, new_run: Command, editor: Callable[..., Path]
) -> None:
    run = asked(new_run)
    seen = editor(
        "sed -i 's#src/cli.py#../out.py#' \"$1\"",
        "sed -i 's#\\.\\./out.py#src/out.py#' \"$1\"",
    )
    done = agentctl("plan", "--edit")
    assert done.code == 0, done.err
    lines = (seen / "shown1").read_text().splitlines()
    at = next(number for number, line in enumerate(lines) if line.startswith(MARK))
    assert "owned path" in lines[at]
    assert lines[at + 1] == 'owns = ["../out.py"]'
    plan = answer_of(run)
    assert plan is not None
    assert plan.task("T2").owns == ("src/out.py",)


def test_a_text_that_is_no_toml_is_marked_where_it_breaks(
    agentctl: Command, new_run: Command, editor: Callable[..., Path]
) -> None:
    asked(new_run)
    seen = editor("sed -i 's/^minutes = 1.0/minutes = /' \"$1\"", "sed -i 's/^minutes = $/minutes = 2.0/' \"$1\"")
    assert agentctl("plan", "--edit").code == 0
    lines = (seen / "shown1").read_text().splitlines()
    at = next(number for number, line in enumerate(lines) if line.startswith(MARK))
    assert "not valid TOML" in lines[at]
    assert any(line.startswith("minutes = ") for line in lines[at : at + 3])


def test_who_leaves_it_wrong_keeps_the_text_and_comes_back_to_it(
    agentctl: Command, new_run: Command, editor: Callable[..., Path]
) -> None:
    run = asked(new_run)
    seen = editor("sed -i 's#src/cli.py#../out.py#' \"$1\"")
    done = agentctl("plan", "--edit")
    assert done.code == 2
    assert "Your text is kept in" in done.err
    assert answer_of(run) is None
    (kept,) = run.folder.path.glob("plan.*.toml")
    assert "../out.py" in kept.read_text()
    (seen / "step2").write_text("sed -i 's#\\.\\./out.py#src/out.py#' \"$1\"")
    assert agentctl("plan", "--edit").code == 0
    assert "../out.py" in (seen / "shown2").read_text()


def test_nothing_is_lost_when_the_editor_fails(
    agentctl: Command, new_run: Command, editor: Callable[..., Path]
) -> None:
    run = asked(new_run)
    seen = editor("sed -i 's/Write greet/Greet them/' \"$1\"; exit 3")
    done = agentctl("plan", "--edit")
    assert done.code == 2
    assert "ended with 3" in done.err
    assert answer_of(run) is None
    assert agentctl("plan", "--edit").code == 0
    assert "Greet them" in (seen / "shown1").read_text()


def test_an_untouched_plan_answers_nothing(agentctl: Command, new_run: Command, editor: Callable[..., Path]) -> None:
    run = asked(new_run)
    editor()
    done = agentctl("plan", "--edit")
    assert (done.code, done.out) == (0, "")
    assert answer_of(run) is None


@pytest.mark.parametrize(("argv", "said"), [(["--no-input"], "opens an editor"), ([], "does not ask about a plan")])
def test_where_there_is_nothing_to_edit_it_says_so(
    argv: list[str], said: str, agentctl: Command, new_run: Command
) -> None:
    new_run().building()
    done = agentctl("plan", "--edit", *argv)
    assert done.code == 2
    assert said in done.err


def test_marks_never_change_what_a_text_means(new_run: Command) -> None:
    text = planfile.render(new_run().plan)
    for line in range(1, len(text.splitlines()) + 2):
        marked = with_marks(text, [(line, "wrong")])
        assert without_marks(marked) == text
        assert planfile.parse(marked) == planfile.parse(text)


def test_every_finding_has_a_line(new_run: Command) -> None:
    text = planfile.render(new_run().plan)
    found = [Finding(task="T2", message="It needs 'T9', which"), Finding(task=None, message="No task covers R1")]
    _, wrong = read(text, lambda _: found)
    lines = text.splitlines()
    assert lines[wrong[0][0] - 1].startswith("needs = ")
    assert wrong[0][0] > lines.index('id = "T2"')
    assert wrong[1] == (1, "No task covers R1")


def test_conflicts_that_are_foreseen_in_what_was_edited_are_said_and_stop_nothing(
    agentctl: Command, new_run: Command, editor: Callable[..., Path], commit: Callable[..., str]
) -> None:
    start = commit("Code", {"src/greet.py": "def hello(): ...\n", "src/cli.py": "from greet import hello\n"})
    run = asked(new_run)
    run.say(Chosen(key=START, value=start))
    editor("sed -i -e 's/^needs = .*/needs = []/' -e 's/^goal = \"Do it\"/goal = \"Go on.\"/' "
           "-e 's/^Do it$/Rename `hello` to `greet`./' \"$1\"")  # fmt: skip
    done = agentctl("plan", "--edit")
    assert done.code == 0, done.err
    assert "foreseen: T1 renames `hello` (src/greet.py:1)" in done.err
    assert "T2 owns src/cli.py, which imports it in line 1" in done.err
    plan = answer_of(run)
    assert plan is not None
    assert plan.task("T2").needs == ()
