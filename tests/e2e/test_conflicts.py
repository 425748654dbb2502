"""A conflict foreseen on real git: told to the planner before anything is built, and to whoever looks at the plan."""

import asyncio
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from agentctl.agents.caller import free
from agentctl.bench.scripted import Answer, Asked, ScriptCall, ScriptedModel
from agentctl.cli import wiring
from agentctl.cli.answering import Answering, Surroundings
from agentctl.cli.main import main
from agentctl.orchestrator.errors import WaitingForPerson
from agentctl.orchestrator.nouns.events import Planned, PlanRefused
from agentctl.orchestrator.nouns.runs import Run, RunSettings
from agentctl.orchestrator.store.folder import RunFolder

from .conftest import Repo, store

BASE = {
    "src/text.py": "def shout(text):\n    return text.upper()\n",
    "src/report.py": "from text import shout\n\n\ndef title(text):\n    return shout(text)\n",
    "src/greet.py": "def greet(name):\n    return f'Hello {name}'\n",
}
SPEC = """\
# loud: a better name

- **R1** `loud(text)` in `src/text.py` MUST return the text in capitals, under that name only.
- **R2** `title(text)` in `src/report.py` MUST return the text in capitals with an exclamation mark.
- **R3** `greet(name)` in `src/greet.py` MUST return `Hello NAME!`.

```python R1
import text
assert (text.loud("ab"), hasattr(text, "shout")) == ("AB", False)
```

```python R2
from report import title
assert title("ab") == "AB!"
```

```python R3
from greet import greet
assert greet("Ada") == "Hello Ada!"
```
"""
WORK = {
    "T1": ("src/text.py", "def loud(text):\n    return text.upper()\n"),
    "T2": ("src/report.py", "from text import loud\n\n\ndef title(text):\n    return loud(text) + '!'\n"),
    "T3": ("src/greet.py", "def greet(name):\n    return f'Hello {name}!'\n"),
}
GOALS = {"T1": "Rename `shout` to `loud`.", "T2": "End a title with a mark.", "T3": "End a greeting with a mark."}


def plan(*, ordered: bool) -> str:
    needs = {"T2": ["T1"]} if ordered else {}
    tasks = [
        {
            "id": task,
            "team": "all",
            "title": f"Change {path}",
            "goal": GOALS[task],
            "requirements": [f"R{task[1:]}"],
            "owns": [path],
            "needs": needs.get(task, []),
            "minutes": 3.0,
        }
        for task, (path, _) in WORK.items()
    ]
    return json.dumps(
        {"summary": "three changes", "teams": [{"id": "all", "purpose": "all"}], "tasks": tasks, "notes": []}
    )


class Models:
    """A planner that puts tasks in order once it is told why, if it listens; and workers that write what is right."""

    def __init__(self, *, listens: bool) -> None:
        self.listens = listens
        self.planned: list[str] = []

    def answer(self, asked: Asked) -> Answer:
        task = asked.call.split("/")[0]
        if task == "plan":
            self.planned.append(asked.text)
            return Answer(text=plan(ordered=self.listens and len(self.planned) > 1))
        path, text = WORK[task]
        read = ScriptCall(name="read", arguments={"path": path})
        wrote = ScriptCall(name="write", arguments={"path": path, "content": text})
        submit = ScriptCall(name="submit", arguments={"summary": "done"})
        return Answer(calls=(read,)) if asked.turn == 0 else Answer(calls=(wrote, submit))

    def choose(self, _: RunSettings, around: Surroundings) -> Answering:
        return Answering(model=ScriptedModel(self.answer, clock=around.clock), price=free, usd_per_call=None)


@pytest.fixture
def begin(make_repo: Callable[[str], Repo]) -> Callable[..., tuple[Repo, RunFolder]]:
    """Makes a run in a repository that holds BASE."""

    def begun(*, approve: bool) -> tuple[Repo, RunFolder]:
        repo = make_repo("loud")
        for name, text in BASE.items():
            (repo.path / name).parent.mkdir(exist_ok=True)
            (repo.path / name).write_text(text)
        repo.git("add", "src")
        repo.git("commit", "-q", "-m", "What is there")
        settings = RunSettings(profile="scripted", repo=str(repo.path), approve=approve)
        return repo, wiring.prepare(repo.path, SPEC, "loud", settings, wiring.Extras())

    return begun


def drive(folder: RunFolder, models: Models) -> Run:
    driver = wiring.RunDriver(folder=folder, extras=wiring.Extras(), answers=models.choose)
    return asyncio.run(driver.drive(wait=False))


def test_the_planner_is_told_which_line_breaks_and_orders_the_tasks(
    begin: Callable[..., tuple[Repo, RunFolder]],
) -> None:
    _, folder = begin(approve=True)
    models = Models(listens=True)
    assert drive(folder, models).state == "done"
    message = (
        "T1 renames `shout` (src/text.py:1): “Rename `shout` to `loud`”. T2 owns src/report.py, which imports it in "
        "line 1, and both may run at the same time: let T2 need T1, or give both to one task."
    )
    assert len(models.planned) == 2
    assert f"- T2: {message}\n" in models.planned[1]
    with store(folder) as tables:
        facts = [event.fact for event in tables.events()]
        proposed = [fact for fact in facts if isinstance(fact, Planned)]
        assert [[told.message for told in each.conflicts] for each in proposed] == [[message], []]
        assert [fact.reasons for fact in facts if isinstance(fact, PlanRefused)] == [(f"T2: {message}",)]
        assert all(status.state == "landed" for status in tables.tasks())


def test_a_planner_that_insists_leaves_it_to_the_person(
    begin: Callable[..., tuple[Repo, RunFolder]], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:  # fmt: skip
    repo, folder = begin(approve=False)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    models = Models(listens=False)
    with pytest.raises(WaitingForPerson):
        drive(folder, models)
    assert len(models.planned) == 2
    assert main(["show", "plan", "--repo", str(repo.path)]) == 0
    shown = capsys.readouterr().out
    assert "1 conflict foreseen:\n  - T1 renames `shout` (src/text.py:1)" in shown
    assert main(["show", "plan", "--repo", str(repo.path), "--json"]) == 0
    (told,) = json.loads(capsys.readouterr().out)["conflicts"]
    assert (told["symbol"], told["tasks"], told["strong"]) == ("shout", ["T1", "T2"], True)
    assert (told["defined_at"], told["used_at"]) == ("src/text.py:1", "src/report.py:1")
    assert main(["inbox", "--repo", str(repo.path)]) == 0
    assert "T2 owns src/report.py, which imports it in line 1" in " ".join(capsys.readouterr().out.split())
    assert main(["events", "--repo", str(repo.path)]) == 0
    assert "plan: 3 tasks in 1 team, 1 conflict foreseen: three changes" in capsys.readouterr().out
