"""Contract first, on real git and a real gate: what leads write, what is accepted, how it lands, what it shows."""

import asyncio
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from agentctl.agents.caller import free
from agentctl.bench.scripted import Answer, Asked, ScriptCall, ScriptedModel
from agentctl.cli import wiring
from agentctl.cli.answering import Answering, Surroundings, answering
from agentctl.cli.main import main
from agentctl.orchestrator.nouns.contract import Contract
from agentctl.orchestrator.nouns.events import Acted, Noted
from agentctl.orchestrator.nouns.runs import Run, RunSettings
from agentctl.orchestrator.store.folder import RunFolder
from agentctl.specs.lock import Lock, read_lock

from .conftest import Kept, Repo, store

AFTER_CONTRACTS = pytest.mark.xdist_group("a run with contracts")

SPEC = """\
# box: a store of notes

```python interface src/parse.py
def parse(line: str) -> tuple[str, str]: ...
```

- **R1** `parse` MUST split a line at its first colon into a key and a value without the spaces around them.
- **R2** A store MUST give back the value that was put under a key last.
- **R3** `python -m box KEY LINE` MUST print the value of KEY after the line was put into a store.
- **I1** `old.version()` MUST go on returning 1.

```python R1
from parse import parse
assert parse("a: b:c ") == ("a", "b:c")
```
"""


def task(number: int, team: str, owns: list[str], requirements: list[str], **more: object) -> dict[str, object]:
    return {
        "id": f"T{number}",
        "team": team,
        "title": f"Write {owns[0]}",
        "goal": f"Write {owns[0]}.",
        "requirements": requirements,
        "owns": owns,
        "needs": [],
        "minutes": 1.0,
    } | more


PLAN: dict[str, Any] = {
    "summary": "a parser, a store, a command",
    "teams": [{"id": "core", "purpose": "what is kept"}, {"id": "cli", "purpose": "the command"}],
    "tasks": [
        task(1, "core", ["src/parse.py"], ["R1", "I1"]),
        task(2, "core", ["src/store.py", "tests/test_store.py"], ["R2"]),
        task(3, "cli", ["src/box.py"], ["R3"], needs=["T1", "T2"]),
    ],
    "notes": [],
}
STUB = {"task": "T2", "path": "src/store.py", "text": (
    "class Store:\n    def put(self, key: str, value: str) -> None: ...\n    def get(self, key: str) -> str: ...\n"
)}  # fmt: skip
R2 = {
    "task": "T2",
    "requirements": ["R2"],
    "path": "tests/test_core_store.py",
    "text": (
        "from store import Store\n\n\ndef test_the_last_value_is_given_back():\n    store = Store()\n"
        "    store.put('a', '1')\n    store.put('a', '2')\n    assert store.get('a') == '2'\n"
    ),
    "preserve": False,
}
I1 = {
    "task": "T1",
    "requirements": ["I1"],
    "path": "tests/test_core_old.py",
    "text": "from old import version\n\n\ndef test_version():\n    assert version() == 1\n",
    "preserve": True,
}
R3 = {
    "task": "T3",
    "requirements": ["R3"],
    "path": "tests/test_cli_box.py",
    "text": (
        "import subprocess\nimport sys\n\n\ndef test_prints_the_value():\n"
        "    command = [sys.executable, '-m', 'box', 'a', 'a: 1']\n"
        "    done = subprocess.run(command, capture_output=True, text=True, cwd='src')\n"
        "    assert done.stdout == '1\\n'\n"
    ),
    "preserve": False,
}
CORE = {"stubs": [STUB], "tests": [R2, I1], "notes": ["R2 does not say what an unknown key gives"]}
CLI = {"stubs": [], "tests": [R3], "notes": []}
STORE = (
    "class Store:\n    def __init__(self) -> None:\n        self.kept: dict[str, str] = {}\n\n"
    "    def put(self, key: str, value: str) -> None:\n        self.kept[key] = value\n\n"
    "    def get(self, key: str) -> str:\n        return self.kept[key]\n"
)
CODE = {
    "T1": (
        "src/parse.py",
        (
            'def parse(line: str) -> tuple[str, str]:\n    key, _, value = line.partition(":")\n'
            "    return key.strip(), value.strip()\n"
        ),
    ),
    "T2": ("src/store.py", STORE),
    "T3": (
        "src/box.py",
        (
            "import sys\n\nfrom parse import parse\nfrom store import Store\n\n"
            "if __name__ == '__main__':\n    key, line = sys.argv[1:]\n    box = Store()\n    box.put(*parse(line))\n"
            "    print(box.get(key))\n"
        ),
    ),
}


class Models:
    """A scripted planner, leads and workers that remember what they were asked."""

    def __init__(self, *, leads: dict[str, list[object]], first: dict[str, str] | None = None) -> None:
        self.leads = {team: list(answers) for team, answers in leads.items()}
        self.first = first or {}
        self.code = dict(CODE)
        self.plan = PLAN
        self.asked: list[str] = []
        self.prompts: dict[str, str] = {}

    def answer(self, asked: Asked) -> Answer:
        self.asked.append(asked.call)
        self.prompts[asked.call] = asked.text
        name = asked.call.split("/")[0]
        if name == "plan":
            return Answer(text=json.dumps(self.plan))
        if name.startswith("team-"):
            said = self.leads[name.removeprefix("team-")].pop(0)
            return Answer(text=said if isinstance(said, str) else json.dumps(said))
        path, code = self.code[name]
        code = self.first.get(name, code) if asked.turn == 0 else code
        wrote = ScriptCall(name="write", arguments={"path": path, "content": code})
        return Answer(calls=(wrote, ScriptCall(name="submit", arguments={"summary": "done"})))

    def choose(self, _: RunSettings, around: Surroundings) -> Answering:
        return Answering(model=ScriptedModel(self.answer, clock=around.clock), price=free, usd_per_call=None)

    @property
    def of_leads(self) -> list[str]:
        return sorted(call for call in self.asked if "/lead/" in call)


def begun(repo: Repo, spec: str = SPEC, **settings: object) -> RunFolder:
    (repo.path / "box.md").write_text(spec)
    chosen = RunSettings(profile="scripted", repo=str(repo.path), approve=True, contracts=True, **settings)  # type: ignore[arg-type]
    return wiring.prepare(repo.path, spec, str(repo.path / "box.md"), chosen, wiring.Extras())


def drive(folder: RunFolder, models: Models) -> Run:
    driver = wiring.RunDriver(folder=folder, extras=wiring.Extras(), answers=models.choose)
    return asyncio.run(driver.drive(wait=False))


def contracts_of(folder: RunFolder) -> dict[str, Contract]:
    with store(folder) as tables:
        return {each.team: each for each in tables.contracts()}


def evidence_of(folder: RunFolder) -> dict[str, str]:
    with store(folder) as tables:
        return {each.requirement: max(e.level for e in tables.evidence() if e.requirement == each.requirement)
                for each in tables.evidence()}  # fmt: skip


def lock_of(repo: Repo, branch: str) -> Lock:
    return read_lock(repo.git("show", f"{branch}:box.lock"))


@pytest.fixture
def repo(make_repo: Callable[[str], Repo]) -> Repo:
    return with_code(make_repo("repo"))


def with_code(made: Repo) -> Repo:
    (made.path / "src").mkdir()
    (made.path / "tests").mkdir()
    (made.path / "src/old.py").write_text("def version():\n    return 1\n")
    (made.path / "tests/test_old.py").write_text("def test_style():\n    assert 'as this repository has it'\n")
    made.git("add", "src", "tests")
    made.git("commit", "-q", "-m", "What is there")
    return made


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> tuple[Kept, Models]:
    models = Models(leads={"core": [CORE], "cli": [CLI]})

    def build(repo: Repo) -> RunFolder:
        folder = begun(with_code(repo))
        assert drive(folder, models).state == "done"
        return folder

    return Kept.of(tmp_path_factory.mktemp("contracts"), build), models


@pytest.fixture
def written(kept: tuple[Kept, Models]) -> tuple[Repo, RunFolder, Models]:
    """A run whose leads wrote their contracts, done, and what its models were asked."""
    run, models = kept
    return *run.again(), models


@AFTER_CONTRACTS
def test_stubs_land_first_tests_land_with_their_tasks_and_show_what_they_decide(
    written: tuple[Repo, RunFolder, Models],
) -> None:
    repo, folder, models = written
    assert models.of_leads == ["team-cli/1/0/lead/0/0", "team-core/1/0/lead/0/0"]
    branch = f"agentctl/{folder.run}/all"
    commits = [
        each.strip().split("\n\n", 1)
        for each in repo.git("log", "--reverse", "--format=%x00%s", "--name-only", f"main..{branch}").split("\0")[1:]
    ]
    landed = {title: paths.split("\n") for title, paths in commits}
    assert commits[0] == ["Interfaces of team core", "src/store.py"]
    assert "raise NotImplementedError" in repo.git("show", f"{branch}~4:src/store.py")
    assert landed["Write src/store.py"] == ["src/store.py", "tests/test_core_store.py"]
    assert set(landed["Write src/parse.py"]) == {
        "src/parse.py", "tests/test_core_old.py", "tests/spec_box/test_box_R1_c1.py",
    }  # fmt: skip
    assert landed["Write src/box.py"] == ["src/box.py", "tests/test_cli_box.py"]
    assert evidence_of(folder) == {"R1": "V2", "R2": "V2", "R3": "V2", "I1": "V2"}
    made = contracts_of(folder)["core"]
    assert (made.left, made.notes) == ((), ("R2 does not say what an unknown key gives",))
    lock = lock_of(repo, branch)
    assert {row.path: row.requirements for row in lock.contract} == {
        "tests/test_cli_box.py": ("R3",),
        "tests/test_core_old.py": ("I1",),
        "tests/test_core_store.py": ("R2",),
    }
    assert {row.check: row.level for row in lock.evidence}["core:test_core_store"] == "V2"


@AFTER_CONTRACTS
def test_verify_counts_a_leads_test_while_its_file_is_what_was_locked(
    written: tuple[Repo, RunFolder, Models], capsys: pytest.CaptureFixture[str]
) -> None:
    repo, folder, _ = written
    repo.git("add", "box.md")
    repo.git("commit", "-q", "-m", "The spec")
    repo.git("merge", "-q", "--no-edit", f"agentctl/{folder.run}/all")
    assert verified(repo, capsys) == {"R1": "VERIFIED", "R2": "VERIFIED", "R3": "VERIFIED", "I1": "PRESERVED"}
    weak = repo.path / "tests/test_core_store.py"
    weak.write_text("def test_the_last_value_is_given_back():\n    assert True\n")
    repo.git("commit", "-q", "-am", "A weaker test")
    assert verified(repo, capsys)["R2"] == "UNCHECKED"


def verified(repo: Repo, capsys: pytest.CaptureFixture[str]) -> dict[str, str]:
    main(["verify", str(repo.path / "box.md"), "--repo", str(repo.path), "--json"])
    found = json.loads(capsys.readouterr().out)
    return {each["id"]: each["status"] for each in found["items"]}


def test_show_prints_what_was_written_for_whom_and_what_was_left_out(
    repo: Repo, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = begun(repo)
    drive(folder, Models(leads={"core": [CORE | {"tests": [R2]}, CORE | {"tests": [R2]}], "cli": [CLI]}))
    assert main(["show", "contract", "--repo", str(repo.path), "--run", folder.run]) == 0
    said = capsys.readouterr().out
    assert "stub src/store.py, to be filled by T2" in said
    assert "tests/test_core_store.py decides R2, locked to T2" in said
    assert "left out: I1 has no locked test" in said
    assert "note: R2 does not say what an unknown key gives" in said
    assert main(["show", "T2", "--repo", str(repo.path), "--run", folder.run]) == 0
    assert "checks core:test_core_store" in capsys.readouterr().out
    assert main(["events", "--repo", str(repo.path), folder.run]) == 0
    assert "contract of team core: 1 stub, 1 locked test file; 1 left out" in capsys.readouterr().out


@AFTER_CONTRACTS
def test_a_lead_sees_the_style_of_the_tests_and_a_worker_sees_the_contract(
    written: tuple[Repo, RunFolder, Models],
) -> None:
    _, _, models = written
    lead = models.prompts["team-core/1/0/lead/0/0"]
    assert "as this repository has it" in lead
    assert "- R2 (MUST), for T2: A store MUST give back" in lead
    assert "- I1 (MUST, an invariant: `preserve`), for T1: " in lead
    assert "- src/store.py of T2, which T3 lean on" in lead
    assert "R1 (MUST)" not in lead
    own, other = models.prompts["T2/1/0/worker/0/0"], models.prompts["T3/1/0/worker/0/0"]
    assert "stub src/store.py (T2)" in own
    assert "test_the_last_value_is_given_back" in own
    assert "stub src/store.py (T2)" in other
    assert "test_the_last_value_is_given_back" not in models.prompts["T1/1/0/worker/0/0"]


def test_what_is_wrong_goes_back_once_and_what_is_still_wrong_is_left_out_and_said(repo: Repo) -> None:
    vacuous = R2 | {"text": "def test_nothing():\n    value = 1\n    assert value == 1\n"}
    red_before = I1 | {"text": "from old import version\n\n\ndef test_version():\n    assert version() == 2\n"}
    models = Models(
        leads={"core": [CORE | {"tests": [vacuous, red_before]}, CORE | {"tests": [R2, red_before]}], "cli": [CLI]}
    )
    folder = begun(repo)
    assert drive(folder, models).state == "done"
    told = models.prompts["team-core/1/0/lead/1/0"]
    assert "tests/test_core_store.py: passes without the work, so it decides nothing" in told
    assert "tests/test_core_old.py: is red before the work" in told
    made = contracts_of(folder)["core"]
    assert [test.path for test in made.tests] == ["tests/test_core_store.py"]
    assert "I1 has no locked test" in made.left
    assert any(each.startswith("tests/test_core_old.py was left out: it is red before the work") for each in made.left)
    assert evidence_of(folder) == {"R1": "V2", "R2": "V2", "R3": "V2", "I1": "V0"}


def test_a_lead_that_gives_no_contract_is_said_and_work_goes_on(repo: Repo) -> None:
    models = Models(leads={"core": [{"stubs": "none"}, {"tests": 1}], "cli": [CLI]})
    folder = begun(repo)
    assert drive(folder, models).state == "done"
    made = contracts_of(folder)
    assert made["core"].tests == ()
    assert made["core"].left[0].startswith("the lead of team core gave no contract: ")
    assert evidence_of(folder)["R2"] == "V0"


def test_a_stub_with_which_the_base_is_red_is_left_out(repo: Repo) -> None:
    (repo.path / "tests/test_alone.py").write_text(
        "from pathlib import Path\n\n\ndef test_no_store():\n    assert not Path('src/store.py').exists() or 'kept' in "
        "Path('src/store.py').read_text()\n"
    )
    repo.git("add", "tests")
    repo.git("commit", "-q", "-m", "A test that minds")
    folder = begun(repo)
    assert drive(folder, Models(leads={"core": [CORE], "cli": [CLI]})).state == "done"
    made = contracts_of(folder)["core"]
    assert (made.stubs, [test.path for test in made.tests]) == ((), ["tests/test_core_old.py"])
    assert "the stubs of team core were left out: with its stubs the gate is red" in made.left


@pytest.mark.parametrize(
    ("worker", "code", "said"),
    [
        ("T1", CODE["T1"][1].replace("line: str", "line"), "function `parse` has a parameter `line` of type"),
        ("T2", STORE.replace("def get", "def fetch"), "class `Store` has no method `get(self, key: str) -> str`"),
    ],
)  # fmt: skip
def test_a_patch_that_breaks_an_interface_goes_back_to_its_worker(
    repo: Repo, worker: str, code: str, said: str
) -> None:
    models = Models(leads={"core": [CORE], "cli": [CLI]}, first={worker: code})
    folder = begun(repo)
    assert drive(folder, models).state == "done"
    assert said in models.prompts[f"{worker}/1/0/worker/1/0"]
    with store(folder) as tables:
        repairs = [e.fact.text for e in tables.events() if isinstance(e.fact, Acted) and "repairs" in e.fact.text]
    assert len(repairs) == 1


def test_a_spec_whose_checks_and_interfaces_say_it_all_asks_no_lead(repo: Repo) -> None:
    spec = SPEC.partition("- **R2**")[0] + SPEC[SPEC.index("\n```python R1") :]
    models = Models(leads={})
    models.plan = PLAN | {"tasks": [task(1, "core", ["src/parse.py"], ["R1"])], "teams": PLAN["teams"][:1]}
    folder = begun(repo, spec)
    assert drive(folder, models).state == "done"
    assert (models.of_leads, contracts_of(folder)) == ([], {})


def test_a_run_that_was_recorded_is_replayed_without_drift(repo: Repo, tmp_path: Path) -> None:
    recording = tmp_path / "box.jsonl"
    folder = begun(repo, record=str(recording))
    assert drive(folder, Models(leads={"core": [CORE], "cli": [CLI]})).state == "done"
    again = begun(repo, replay=str(recording))
    extras = wiring.Extras(scale=0.0)
    run = asyncio.run(wiring.RunDriver(folder=again, extras=extras, answers=answering).drive(wait=False))
    assert run.state == "done"
    with store(again) as tables:
        assert [event.fact.text for event in tables.events() if isinstance(event.fact, Noted)] == []
    assert contracts_of(again) == contracts_of(folder)


@AFTER_CONTRACTS
def test_a_contract_of_an_earlier_run_that_holds_here_costs_no_call(written: tuple[Repo, RunFolder, Models]) -> None:
    repo, _, _ = written
    models = Models(leads={})
    folder = begun(repo, anew=False)
    assert drive(folder, models).state == "done"
    assert models.of_leads == []
    assert set(contracts_of(folder)) == {"core", "cli"}


@AFTER_CONTRACTS
def test_an_edit_writes_anew_what_it_touches_and_keeps_the_rest_locked(written: tuple[Repo, RunFolder, Models]) -> None:
    repo, folder, _ = written
    repo.git("add", "box.md")
    repo.git("commit", "-q", "-m", "The spec")
    repo.git("merge", "-q", "--no-edit", f"agentctl/{folder.run}/all")
    edited = SPEC.replace(
        "the value that was put under a key last.", "the value that was put under a key last, in capitals."
    )
    text = (
        "from store import Store\n\n\ndef test_capitals():\n    store = Store()\n    store.put('a', 'b')\n"
        "    assert store.get('a') == 'B'\n"
    )
    capitals = {"stubs": [], "tests": [R2 | {"task": "T4", "text": text}], "notes": []}
    models = Models(leads={"core": [capitals]})
    new = task(4, "core", ["src/store.py"], ["R2"]) | {"removes": []}
    models.plan = {
        "summary": "capitals", "keep": ["T1", "T3"], "drop": ["T2"], "new": [new], "teams": [], "notes": [],
    }  # fmt: skip
    models.code["T4"] = ("src/store.py", STORE.replace("return self.kept[key]", "return self.kept[key].upper()"))
    again = begun(repo, edited)
    assert drive(again, models).state == "done"
    assert models.of_leads == ["team-core/1/0/lead/0/0"]
    branch = f"agentctl/{again.run}/all"
    assert "test_capitals" in repo.git("show", f"{branch}:tests/test_core_store.py")
    assert "test_version" in repo.git("show", f"{branch}:tests/test_core_old.py")
    assert {row.path for row in lock_of(repo, branch).contract} == {
        "tests/test_cli_box.py", "tests/test_core_old.py", "tests/test_core_store.py",
    }  # fmt: skip
    assert evidence_of(again)["R2"] == "V2"
