"""A spec that was built, merged and edited: only the work that the edit touches is done again."""

import asyncio
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from agentctl.agents.caller import free
from agentctl.bench.scripted import Answer, Asked, ScriptCall, ScriptedModel
from agentctl.cli import wiring
from agentctl.cli.answering import Answering, Surroundings
from agentctl.orchestrator.clarifying import DECIDED_BY
from agentctl.orchestrator.nouns.events import PlanRefused
from agentctl.orchestrator.nouns.plan import Plan
from agentctl.orchestrator.nouns.runs import Run, RunSettings
from agentctl.orchestrator.run_steps import CHECKED_BY
from agentctl.orchestrator.store.folder import RunFolder, find
from agentctl.specs.lock import Lock, read_lock

from .conftest import Kept, Repo, store

pytestmark = pytest.mark.xdist_group("a spec that was built")
OLD = """\
# tomlet: values of TOML 1.0

- **R1** `integer(text)` in `src/integer.py` MUST return the value of a decimal integer.
- **R2** `boolean(text)` in `src/boolean.py` MUST return True for `true` and False for `false`.
- **R3** `escape(text)` in `src/escape.py` MUST turn the two characters `\\t` into a tab.
- **R4** `value(text)` in `src/value.py` MUST return what `boolean` returns for its two words, else what `integer` does.

### Examples for R1: `integer(text)`

| text   | =>   |
|--------|------|
| `"12"` | `12` |

```python R2
from boolean import boolean
assert boolean("true") is True
assert boolean("false") is False
```

```python R3
from escape import escape
assert escape("a" + chr(92) + "t") == "a" + chr(9)
```

```python R4
from value import value
assert (value("true"), value("7")) == (True, 7)
```
"""
NEW = (
    OLD.replace("values of TOML 1.0", "values of TOML 1.1")
    .replace(
        "MUST turn the two characters `\\t` into a tab.",
        "MUST turn the two characters `\\t` into a tab\n  and `\\e` into an escape character.",
    )
    .replace(
        'assert escape("a" + chr(92) + "t") == "a" + chr(9)\n',
        'assert escape("a" + chr(92) + "t") == "a" + chr(9)\nassert escape(chr(92) + "e") == chr(27)\n',
    )
)

CODE = {
    "integer": "def integer(text):\n    return int(text)\n",
    "boolean": 'def boolean(text):\n    return {"true": True, "false": False}[text]\n',
    "escape": 'def escape(text):\n    return text.replace(chr(92) + "t", chr(9))\n',
    "value": (
        "from boolean import boolean\nfrom integer import integer\n\n\n"
        'def value(text):\n    return boolean(text) if text in ("true", "false") else integer(text)\n'
    ),
}
ESCAPE_AGAIN = 'def escape(text):\n    return text.replace(chr(92) + "t", chr(9)).replace(chr(92) + "e", chr(27))\n'


def task(number: int, name: str, *, requirement: str, needs: list[str]) -> dict[str, object]:
    return {
        "id": f"T{number}",
        "team": "core",
        "title": f"Write {name}",
        "goal": f"Write {name} in src/{name}.py.",
        "requirements": [requirement],
        "owns": [f"src/{name}.py", f"tests/test_{name}.py"],
        "needs": needs,
        "minutes": 1.0,
    }


PLAN = {
    "summary": "four functions",
    "teams": [{"id": "core", "purpose": "all of it"}],
    "tasks": [
        task(1, "integer", requirement="R1", needs=[]),
        task(2, "boolean", requirement="R2", needs=[]),
        task(3, "escape", requirement="R3", needs=[]),
        task(4, "value", requirement="R4", needs=["T1", "T2"]),
    ],
    "notes": [],
}
AGAIN = task(5, "escape", requirement="R3", needs=[]) | {"title": "Escape e", "removes": []}
REVISION = {
    "summary": "one more escape",
    "keep": ["T1", "T2", "T4"],
    "drop": ["T3"],
    "new": [AGAIN],
    "teams": [],
    "notes": [],
}


class Models:
    """A scripted planner and workers that remember what they were asked."""

    def __init__(self, *plans: object) -> None:
        self.plans = list(plans)
        self.asked: list[str] = []
        self.prompts: list[str] = []

    def answer(self, asked: Asked) -> Answer:
        self.asked.append(asked.call)
        name = asked.call.split("/")[0]
        if name == "plan":
            self.prompts.append(asked.last)
            return Answer(text=json.dumps(self.plans.pop(0)))
        path, code = {
            "T1": ("integer", CODE["integer"]),
            "T2": ("boolean", CODE["boolean"]),
            "T3": ("escape", CODE["escape"]),
            "T4": ("value", CODE["value"]),
            "T5": ("escape", ESCAPE_AGAIN),
        }[name]
        wrote = ScriptCall(name="write", arguments={"path": f"src/{path}.py", "content": code})
        return Answer(calls=(wrote, ScriptCall(name="submit", arguments={"summary": "done"})))

    def choose(self, _: RunSettings, around: Surroundings) -> Answering:
        return Answering(model=ScriptedModel(self.answer, clock=around.clock), price=free, usd_per_call=None)


def build(repo: Repo, spec: str, models: Models) -> tuple[Run, str]:
    """Write the spec into the checkout, run it, and say how it ended and on which branch."""
    (repo.path / "tomlet.md").write_text(spec)
    settings = RunSettings(profile="scripted", repo=str(repo.path), approve=True)
    folder = wiring.prepare(repo.path, spec, str(repo.path / "tomlet.md"), settings, wiring.Extras())
    run = asyncio.run(wiring.RunDriver(folder=folder, extras=wiring.Extras(), answers=models.choose).drive(wait=False))
    return run, f"agentctl/{folder.run}/all"


def merge(repo: Repo, branch: str, *, squash: bool = False) -> None:
    repo.git("add", "tomlet.md")
    repo.git("commit", "-q", "-m", "The spec", "--allow-empty")
    repo.git("merge", "-q", *(["--squash"] if squash else ["--no-edit"]), branch)
    if squash:
        repo.git("commit", "-q", "-m", "Everything at once")


def lock_of(repo: Repo) -> Lock:
    return read_lock((repo.path / "tomlet.lock").read_text())


def plan_of(repo: Repo, run: Run) -> Plan:
    with store(find(repo.path, run.id)) as tables:
        plan = tables.plan()
    assert plan is not None
    return plan


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Kept:
    def whole(repo: Repo) -> RunFolder:
        run, _ = build(repo, OLD, Models(PLAN))
        assert run.state == "done"
        return find(repo.path, run.id)

    return Kept.of(tmp_path_factory.mktemp("edited"), whole)


@pytest.fixture
def unmerged(kept: Kept) -> tuple[Repo, str]:
    """A repository in which OLD was run, and the branch of that run."""
    repo, folder = kept.again()
    return repo, f"agentctl/{folder.run}/all"


@pytest.fixture
def built(unmerged: tuple[Repo, str]) -> Repo:
    repo, branch = unmerged
    merge(repo, branch)
    return repo


def test_a_run_leaves_a_lock_that_says_what_was_built_by_whom_and_what_shows_it(built: Repo) -> None:
    lock = lock_of(built)
    assert {task.id: task.requirements for task in lock.tasks} == {
        "T1": ("R1",),
        "T2": ("R2",),
        "T3": ("R3",),
        "T4": ("R4",),
    }
    assert all(task.commit and task.run for task in lock.tasks)
    assert next(task.paths for task in lock.tasks if task.id == "T1") == (
        "src/integer.py",
        "tests/spec_tomlet/test_tomlet_R1_t1.py",
    )
    assert {row.level for row in lock.evidence} == {"V2"}
    assert next(row.touched for row in lock.evidence if row.requirements.keys() == {"R3"}) == ("src/escape.py",)


def test_an_edit_has_only_that_work_done_again_which_it_touches(built: Repo) -> None:
    models = Models(REVISION)
    run, branch = build(built, NEW, models)
    assert run.state == "done"
    assert {call.split("/")[0] for call in models.asked} == {"plan", "T5"}
    plan = plan_of(built, run)
    assert [task.id for task in plan.tasks] == ["T5"]
    assert [task.id for task in plan.kept] == ["T1", "T2", "T4"]
    assert plan.dropped == ("T3",)
    assert "`\\e` into an escape character" in models.prompts[0]
    changed = built.git("diff", "--name-only", f"main..{branch}").split()
    assert [path for path in changed if not path.startswith("tests/spec_tomlet/")] == ["src/escape.py", "tomlet.lock"]
    lines = built.git("diff", "--unified=0", f"main..{branch}", "--", "tests/spec_tomlet/test_tomlet_R2_c1.py")
    assert all("spec.md" in line or "tomlet" in line for line in lines.splitlines() if line.startswith("+"))
    merge(built, branch)
    lock = lock_of(built)
    assert [task.id for task in lock.tasks] == ["T1", "T2", "T4", "T5"]
    assert sorted(id_ for row in lock.evidence for id_ in row.requirements) == ["R1", "R2", "R3", "R4"]


def test_a_planner_that_touches_more_than_the_edit_is_refused_once_and_asked_again(built: Repo) -> None:
    greedy = REVISION | {"keep": ["T1", "T4"], "drop": ["T2", "T3"]}
    models = Models(greedy, REVISION)
    run, _ = build(built, NEW, models)
    assert run.state == "done"
    assert [task.id for task in plan_of(built, run).kept] == ["T1", "T2", "T4"]
    assert "The edit does not touch T2: keep(T2)." in models.prompts[1]


def test_wrapping_and_moving_a_spec_costs_no_call_and_lands_nothing(built: Repo) -> None:
    lines = OLD.replace("MUST return the value", "MUST return\n  the *value*").splitlines(keepends=True)
    moved = "".join([*lines[:2], lines[4], *lines[2:4], *lines[5:]])
    models = Models()
    run, branch = build(built, moved, models)
    assert run.state == "done"
    assert models.asked == []
    assert not any(path.startswith("src/") for path in built.git("diff", "--name-only", f"main..{branch}").split())


def test_what_a_run_made_that_was_not_merged_is_taken_over_without_a_call(unmerged: tuple[Repo, str]) -> None:
    repo, _ = unmerged
    models = Models()
    run, branch = build(repo, OLD, models)
    assert run.state == "done"
    assert models.asked == []
    assert repo.git("show", f"{branch}:src/escape.py") == CODE["escape"].strip()


def test_of_a_run_that_was_not_merged_an_edit_takes_over_all_but_what_it_touches(
    unmerged: tuple[Repo, str],
) -> None:
    repo, _ = unmerged
    models = Models(REVISION)
    run, branch = build(repo, NEW, models)
    assert run.state == "done"
    assert {call.split("/")[0] for call in models.asked} == {"plan", "T5"}
    assert repo.git("show", f"{branch}:src/escape.py") == ESCAPE_AGAIN.strip()
    assert repo.git("show", f"{branch}:src/value.py") == CODE["value"].strip()


def test_a_patch_that_does_not_hold_any_more_is_done_anew(unmerged: tuple[Repo, str]) -> None:
    repo, _ = unmerged
    (repo.path / "tests").mkdir()
    (repo.path / "tests/test_mine.py").write_text(
        'import pathlib\n\n\ndef test_mine():\n    path = pathlib.Path("src/integer.py")\n'
        '    assert not path.exists() or "# mine" in path.read_text()\n'
    )
    repo.git("add", "tests")
    repo.git("commit", "-qm", "What has to hold too")
    models = Models()
    models.answer = lambda asked, answer=models.answer: _marked(asked) or answer(asked)  # type: ignore[method-assign]
    run, branch = build(repo, OLD, models)
    assert run.state == "done"
    assert {call.split("/")[0] for call in models.asked} == set()
    assert repo.git("show", f"{branch}:src/integer.py").startswith("# mine")


def _marked(asked: Asked) -> Answer | None:
    if not asked.call.startswith("T1/"):
        return None
    wrote = ScriptCall(name="write", arguments={"path": "src/integer.py", "content": "# mine\n" + CODE["integer"]})
    return Answer(calls=(wrote, ScriptCall(name="submit", arguments={"summary": "done"})))


OPEN = OLD.replace(
    "\n### Examples for R1", "- **Q1** Which words are true? default: `true` alone, see R2\n\n### Examples for R1"
)


def _decisions(repo: Repo, run: Run) -> list[tuple[str, str | None, str | None]]:
    with store(find(repo.path, run.id)) as tables:
        return [(asked.question.text, asked.answer, asked.answered_by) for asked in tables.questions()]


def test_what_was_decided_holds_in_the_next_run_and_is_told_to_the_planner(make_repo: Callable[[str], Repo]) -> None:
    repo = make_repo("repo")
    _, branch = build(repo, OPEN, Models(PLAN))
    merge(repo, branch)
    closed = NEW  # the question is gone from the spec; its answer is in the lock
    models = Models(REVISION | {"keep": ["T1", "T4"], "drop": ["T2", "T3"], "new": [AGAIN, BOOLEAN_AGAIN]})
    models.answer = lambda asked, answer=models.answer: _again(asked) or answer(asked)  # type: ignore[method-assign]
    run, _ = build(repo, closed, models)
    assert run.state == "done"
    assert ("Which words are true? default: `true` alone, see R2", "`true` alone, see R2", DECIDED_BY) in _decisions(
        repo, run
    )
    assert "`true` alone, see R2" in models.prompts[0]


BOOLEAN_AGAIN = task(6, "boolean", requirement="R2", needs=[]) | {"removes": []}


def _again(asked: Asked) -> Answer | None:
    if not asked.call.startswith("T6/"):
        return None
    wrote = ScriptCall(name="write", arguments={"path": "src/boolean.py", "content": "# again\n" + CODE["boolean"]})
    return Answer(calls=(wrote, ScriptCall(name="submit", arguments={"summary": "done"})))


def test_a_revision_that_touches_too_much_goes_back_and_the_log_says_so(built: Repo) -> None:
    wide = REVISION | {"keep": ["T1", "T4"], "drop": ["T3", "T2"]}
    models = Models(wide, REVISION)
    run, _ = build(built, NEW, models)
    assert run.state == "done"
    with store(find(built.path, run.id)) as tables:
        told = [(event.author, event.fact) for event in tables.events() if isinstance(event.fact, PlanRefused)]
    ((author, refused),) = told
    assert (author, refused.number) == (CHECKED_BY, 1)
    assert "T2: The edit does not touch T2: keep(T2)." in refused.reasons
    assert "The edit does not touch T2" in models.prompts[1]


def test_a_run_with_nothing_to_do_leaves_nothing_to_merge(built: Repo) -> None:
    models = Models()
    run, branch = build(built, OLD, models)
    assert run.state == "done"
    assert models.asked == []
    assert built.git("diff", "--name-only", f"main..{branch}") == ""


def test_a_decision_that_its_author_wrote_into_the_spec_is_no_new_work(make_repo: Callable[[str], Repo]) -> None:
    repo = make_repo("repo")
    _, branch = build(repo, OPEN, Models(PLAN))
    merge(repo, branch)
    line = "- **Q1** Which words are true? default: `true` alone, see R2\n"
    models = Models()
    run, _ = build(repo, OPEN.replace(line, line + "- **E1** `true` alone, see R2.\n"), models)
    assert run.state == "done"
    assert models.asked == []
    assert [task.requirements for task in plan_of(repo, run).kept if task.id == "T2"] == [("R2", "E1")]


def test_a_squash_merge_loses_no_trace(unmerged: tuple[Repo, str]) -> None:
    repo, branch = unmerged
    merge(repo, branch, squash=True)
    models = Models(REVISION)
    run, _ = build(repo, NEW, models)
    assert run.state == "done"
    assert {call.split("/")[0] for call in models.asked} == {"plan", "T5"}


def test_work_that_broke_since_is_done_again_though_nobody_edited_the_spec(built: Repo) -> None:
    Path(built.path / "src/boolean.py").write_text('def boolean(text):\n    return text == "TRUE"\n')
    built.git("commit", "-qam", "Break it")
    mend = task(5, "boolean", requirement="R2", needs=[]) | {"requirements": ["R2", "R4"], "removes": []}
    models = Models(
        {"summary": "mend", "keep": ["T1", "T3", "T4"], "drop": ["T2"], "new": [mend], "teams": [], "notes": []}
    )
    models.answer = lambda asked, answer=models.answer: _mended(asked) or answer(asked)  # type: ignore[method-assign]
    run, _ = build(built, OLD, models)
    assert run.state == "done"
    assert "checks that fail on what is there: R2.c1, R4.c1" in models.prompts[0]


def _mended(asked: Asked) -> Answer | None:
    if not asked.call.startswith("T5/"):
        return None
    wrote = ScriptCall(name="write", arguments={"path": "src/boolean.py", "content": CODE["boolean"]})
    return Answer(calls=(wrote, ScriptCall(name="submit", arguments={"summary": "done"})))
