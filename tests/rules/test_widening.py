"""What a question may offer its asker to own, and which answer gives it."""

from dataclasses import replace

import pytest
from agentctl.orchestrator.nouns.keys import AttemptKey
from agentctl.orchestrator.nouns.plan import SpecView, Task
from agentctl.orchestrator.nouns.questions import Asked, Autonomy, Option, Question
from agentctl.orchestrator.nouns.runs import TaskState, TaskStatus
from agentctl.orchestrator.ports import TreeEntry
from agentctl.orchestrator.rules.asking import policy_answer
from agentctl.orchestrator.rules.quoting import alike
from agentctl.orchestrator.rules.widening import Ground, owner, refusals, widens

FILE = TreeEntry(mode="100644", id="0" * 40)
BASE = {
    "src/tally/report.py": FILE,
    "src/tally/store.py": FILE,
    "tests/test_locked.py": FILE,
    "package.json": FILE,
    "Makefile": FILE,
    "src/link": TreeEntry(mode="120000", id="0" * 40),
}
SPEC = SpecView(
    id="tally",
    digest="d",
    title="tally",
    text="",
    requirements=(),
    owns=("src", "tests", "*.*", "Makefile"),
    forbid=("src/frozen/**",),
)
GROUND = Ground(spec=SPEC, base=BASE, protected=("tests/test_locked.py", "spec.md"), read=("Makefile",))
ASK = Question(
    key="k",
    kind="decision",
    text="May I add a column to the report?",
    options=(Option(text="Change the report", paths=("src/tally/report.py",)), Option(text="Leave it")),
    recommended=0,
    asked_by="T2:1",
    requirements=("R2",),
)


def _wanting(*paths: str) -> Question:
    return replace(ASK, options=(Option(text="Change it", paths=paths), Option(text="Leave it")))


@pytest.mark.parametrize(
    ("path", "why"),
    [
        ("src/tally/report.py", ""),
        ("src/tally/new.py", ""),
        ("tests/test_report.py", ""),
        ("src/*.py", "is not one exact file"),
        ("src/tally/", "is not a path inside the tree"),
        ("src/tally", "is a folder: name each file"),
        ("src/tally/report.py/x.py", "is beneath `src/tally/report.py`, which is a file"),
        ("src/link", "is not a regular file"),
        ("src/link/x.py", "is beneath `src/link`, which is a file"),
        ("/etc/passwd", "is not relative to the root of the repository"),
        ("../x.py", "has an empty, `.` or `..` segment"),
        ("src/.git/config", "reaches into `.git` or `.agentctl`"),
        ("src/.git /config", "reaches into `.git`, or into what a file system takes for it"),
        (".gitmodules", "defines submodules, which no task may do"),
        ("tests/test_locked.py", "holds locked tests or the spec, which nobody changes"),
        ("spec.md", "holds locked tests or the spec, which nobody changes"),
        ("src/frozen/x.py", "is forbidden by the spec"),
        ("docs/guide.md", "is not within what the spec owns (src, tests, *.*, Makefile)"),
        ("conftest.py", "decides what is tested or installed: no answer gives it to a task"),
        ("tests/conftest.py", "decides what is tested or installed: no answer gives it to a task"),
        ("tests/CONFTEST.py", "decides what is tested or installed: no answer gives it to a task"),
        ("pyproject.toml", "decides what is tested or installed: no answer gives it to a task"),
        ("package.json", "decides what is tested or installed: no answer gives it to a task"),
        ("requirements.txt", "decides what is tested or installed: no answer gives it to a task"),
        ("agentctl.toml", "decides what is tested or installed: no answer gives it to a task"),
        ("Makefile", "decides what is tested or installed: no answer gives it to a task"),
        ("src/json.py", "decides what is tested or installed: no answer gives it to a task"),
    ],
)
def test_only_exact_files_that_nothing_holds_are_offered(path: str, why: str) -> None:
    assert list(refusals(_wanting(path), GROUND)) == ([f"`{path}` {why}"] if why else [])


def test_ci_is_never_offered_even_where_the_spec_owns_everything() -> None:
    ground = replace(GROUND, spec=replace(SPEC, owns=()))
    for path in (".github/workflows/ci.yml", ".gitlab-ci.yml", ".pre-commit-config.yaml"):
        (said,) = refusals(_wanting("src/tally/report.py", path), ground)
        assert said.startswith(f"`{path}` decides what is tested or installed")


@pytest.mark.parametrize(
    ("answer", "by", "task", "given"),
    [
        ("Change the report", "person:ada", "T2", ("src/tally/report.py",)),
        ("Change the  report ", "person:ada", "T2", ("src/tally/report.py",)),
        ("Change the report", "policy:recording", "T2", ("src/tally/report.py",)),
        ("Change the report", "person:ada", "T3", ()),
        ("Change the report", "lead", "T2", ()),
        ("Change the report", "policy:autonomy", "T2", ()),
        ("Change the report", "policy:deadline", "T2", ()),
        ("Leave it", "person:ada", "T2", ()),
        ("Change the report, perhaps", "person:ada", "T2", ()),
        (None, None, "T2", ()),
    ],
)
def test_only_a_persons_choice_of_the_option_gives_the_asker_its_files(
    answer: str | None, by: str | None, task: str, given: tuple[str, ...]
) -> None:
    assert widens(Asked(id="Q1", question=ASK, at=0.0, answer=answer, answered_by=by), task) == given


@pytest.mark.parametrize("autonomy", ["ask-always", "ask-blocking", "never"])
def test_nobody_being_there_never_widens(autonomy: Autonomy) -> None:
    answer = policy_answer(ASK, autonomy)
    assert answer is None or answer.endswith("What you may write stays as it is.")
    assert policy_answer(replace(ASK, recommended=1), "never") == "Leave it"


def _status(task: str, *owns: str, state: TaskState = "working") -> TaskStatus:
    return TaskStatus(task=Task(id=task, team="core", title=task, goal="g", owns=owns), state=state)


def test_a_file_of_an_unfinished_task_has_an_owner_by_its_plan_or_by_what_it_asked_for() -> None:
    statuses = (_status("T1", "src/a.py", state="landed"), _status("T2", "src/tally/**"), _status("T3", "src/c.py"))
    claimed = {"T1": {"src/d.py"}, "T3": {"src/e.py"}}
    found = {path: owner(path, statuses, claimed=claimed) for path in ("src/a.py", "src/tally/x.py", "src/e.py")}
    assert {path: each.task.id if each else None for path, each in found.items()} == {
        "src/a.py": None,
        "src/tally/x.py": "T2",
        "src/e.py": "T3",
    }
    assert owner("src/d.py", statuses, claimed=claimed) is None


def test_a_question_for_files_is_like_none_of_another_task_and_like_none_for_other_files() -> None:
    asked = replace(ASK, key="other")
    assert alike(ASK, [asked]) == asked
    assert alike(ASK, [replace(asked, asked_by="T3:1")]) is None
    others = tuple(replace(option, paths=()) for option in ASK.options)
    assert alike(ASK, [replace(asked, options=others)]) is None
    assert AttemptKey.parse(ASK.asked_by).task == ASK.task
