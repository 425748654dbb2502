"""Contract first in TypeScript and JavaScript, beside Python: real runners, a real gate, and scripted leads."""

import asyncio
import json
import os
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from agentctl.agents.caller import free
from agentctl.agents.prompting import load_prompt
from agentctl.bench.scripted import Answer, Asked, ScriptCall, ScriptedModel
from agentctl.cli import wiring
from agentctl.cli.answering import Answering, Surroundings, answering
from agentctl.cli.main import main
from agentctl.orchestrator.environment import prepare
from agentctl.orchestrator.git.opening import open_repository
from agentctl.orchestrator.nouns.contract import Contract
from agentctl.orchestrator.nouns.events import Noted
from agentctl.orchestrator.nouns.runs import Run, RunSettings
from agentctl.orchestrator.sandbox.probe import probe
from agentctl.orchestrator.store.folder import RunFolder

from .conftest import Repo, store

NODE_MODULES = os.environ.get("AGENTCTL_TEST_NODE_MODULES", "")
NODE = pytest.mark.skipif(
    not any(shutil.which("node", path=folder) for folder in ("/usr/bin", "/usr/local/bin")),
    reason="node is not installed: apt install nodejs",
)
PACKAGES = pytest.mark.skipif(
    not (Path(NODE_MODULES) / "vitest").is_dir(),
    reason="AGENTCTL_TEST_NODE_MODULES names no folder with vitest, jest and tsx: npm install vitest jest tsx",
)
SPEC = """\
# box: a store of notes

```LANG interface src/parse.EXT
PARSE
```

- **R1** `parse` MUST split a line at its first colon into a key and a value without the spaces around them.
- **R2** A store MUST give back the value that was put under a key last.
- **R3** `show(key, line)` MUST return the value of the key after the line was put into a store.
- **R4** `shout(text)` in `tools/shout.py` MUST return the text in capitals.
- **I1** `version()` MUST go on returning 1.

```python R4
from tools.shout import shout
assert shout("a") == "A"
```
"""


@dataclass(frozen=True)
class Case:
    """A kind of repository: how its modules, its tests and its manifest are written."""

    ext: str
    manifest: object
    head: str
    exports: Callable[[str], str] = field(default=lambda code: code)
    imports: Callable[[str, str], str] = field(default=lambda names, path: f'import {{ {names} }} from "{path}";\n')
    equal: str = "expect({0}).toEqual({1});"
    runner: str = "vitest"
    packages: bool = True

    def typed(self, code: str) -> str:
        """The code, with its types where the language has some."""
        for mark in (": string", ": void", ": number", ": Map<string, string>", ": [string, string]", "private "):
            code = code.replace(f"<{mark}>", mark if self.ext == "ts" else "")
        return self.exports(code)

    def test(self, name: str, imports: str, *claims: tuple[str, str]) -> str:
        said = "\n".join(f"  {self.equal.format(*claim)}" for claim in claims)
        return f'{self.head}{imports}\ntest("{name}", () => {{\n{said}\n}});\n'


def commonjs(code: str) -> str:
    names = [line.split()[2].partition("(")[0] for line in code.split("\n") if line.startswith("export ")]
    return f"{code.replace('export ', '')}module.exports = {{ {', '.join(names)} }};\n".replace(
        'import { parse } from "./parse.js"', 'const { parse } = require("./parse.js")'
    ).replace('import { Store } from "./store.js"', 'const { Store } = require("./store.js")')


JS = Case(
    ext="js",
    manifest={"type": "module", "scripts": {"test": "node --test"}},
    head='import { test } from "node:test";\nimport assert from "node:assert/strict";\n',
    equal="assert.deepEqual({0}, {1});",
    runner="node's own runner, `node:test`, which loads modules by itself",
    packages=False,
)
VITEST = Case(
    ext="ts",
    manifest={"type": "module", "devDependencies": {"vitest": "*"}},
    head='import { expect, test } from "vitest";\n',
)
JEST = Case(
    ext="js",
    manifest={"devDependencies": {"jest": "*"}},
    head="",
    exports=commonjs,
    imports=lambda names, path: f'const {{ {names} }} = require("{path}");\n',
    runner="jest",
)
CASES = [
    pytest.param(JS, id="node", marks=NODE),
    pytest.param(VITEST, id="vitest", marks=PACKAGES),
    pytest.param(JEST, id="jest", marks=PACKAGES),
]
PARSE = "export function parse(line<: string>)<: [string, string]> {\n"
SPLIT = '  const at = line.indexOf(":");\n  return [line.slice(0, at).trim(), line.slice(at + 1).trim()];\n}\n'
STORE = (
    "export class Store {\n  #kept = new Map();\n\n"
    "  put(key<: string>, value<: string>)<: void> {\n    this.#kept.set(key, value);\n  }\n\n"
    "  get(key<: string>)<: string> {\n    return this.#kept.get(key);\n  }\n}\n"
)
STUB = (
    "export class Store {\n  put(key<: string>, value<: string>)<: void> {}\n\n  get(key<: string>)<: string> {}\n}\n"
)
SHOW = "export function show(key<: string>, line<: string>)<: string> {\n"
BOX = (
    'import { parse } from "./parse.js";\nimport { Store } from "./store.js";\n\n'
    f"{SHOW}  const store = new Store();\n  const [name, value] = parse(line);\n"
    "  store.put(name, value);\n  return store.get(key);\n}\n"
)
SHOUT = "def shout(text):\n    return text.upper()\n"


def task(number: int, team: str, owns: str, requirements: list[str], **more: object) -> dict[str, object]:
    return {
        "id": f"T{number}",
        "team": team,
        "title": f"Write {owns}",
        "goal": f"Write {owns}.",
        "requirements": requirements,
        "owns": [owns],
        "needs": [],
        "minutes": 1.0,
    } | more


def plan(case: Case) -> dict[str, object]:
    return {
        "summary": "a parser, a store, what joins them, and a tool",
        "teams": [{"id": "core", "purpose": "what is kept"}, {"id": "web", "purpose": "what is shown"}],
        "tasks": [
            task(1, "core", f"src/parse.{case.ext}", ["R1", "I1"]),
            task(2, "core", f"src/store.{case.ext}", ["R2"]),
            task(3, "web", f"src/box.{case.ext}", ["R3"], needs=["T1", "T2"]),
            task(4, "web", "tools/shout.py", ["R4"]),
        ],
        "notes": [],
    }


def locked(case: Case, name: str, owner: str, requirement: str, text: str, **more: object) -> dict[str, object]:
    path = f"tests/{name}.test.{case.ext}"
    return {"task": owner, "requirements": [requirement], "path": path, "text": text, "preserve": False} | more


def core(case: Case) -> dict[str, Any]:
    """The contract of the team that keeps: a stub, a test of each requirement, and one of what is there."""
    parse, put = case.imports("parse", "../src/parse.js"), case.imports("Store", "../src/store.js")
    kept = '(() => { const s = new Store(); s.put("a", "1"); s.put("a", "2"); return s.get("a"); })()'
    return {
        "stubs": [{"task": "T2", "path": f"src/store.{case.ext}", "text": case.typed(STUB)}],
        "tests": [
            locked(case, "core_parse", "T1", "R1", case.test("splits", parse, ('parse("a: b:c ")', '["a", "b:c"]'))),
            locked(case, "core_store", "T2", "R2", case.test("keeps the last", put, (kept, '"2"'))),
            locked(
                case,
                "core_old",
                "T1",
                "I1",
                case.test("version", case.imports("version", "../src/old.js"), ("version()", "1")),
                preserve=True,
            ),
        ],
        "notes": [],
    }


def web(case: Case) -> dict[str, Any]:
    test = case.test("shows", case.imports("show", "../src/box.js"), ('show("a", "a: 1")', '"1"'))
    stub = {"task": "T3", "path": f"src/box.{case.ext}", "text": case.typed(SHOW + "}\n")}
    return {"stubs": [stub], "tests": [locked(case, "web_box", "T3", "R3", test)], "notes": []}


class Models:
    """A scripted planner, leads and workers that remember what they were asked."""

    def __init__(
        self, case: Case, *, leads: Mapping[str, list[object]], first: Mapping[str, str] | None = None
    ) -> None:
        self.case = case
        self.leads = {team: list(answers) for team, answers in leads.items()}
        self.first = first or {}
        self.prompts: dict[str, str] = {}
        code = {"T1": ("src/parse", PARSE + SPLIT), "T2": ("src/store", STORE), "T3": ("src/box", BOX)}
        self.code = {name: (f"{path}.{case.ext}", case.typed(text)) for name, (path, text) in code.items()}
        self.code["T4"] = ("tools/shout.py", SHOUT)

    def answer(self, asked: Asked) -> Answer:
        self.prompts[asked.call] = asked.text
        name = asked.call.split("/")[0]
        if name == "plan":
            return Answer(text=json.dumps(plan(self.case)))
        if name.startswith("team-"):
            return Answer(text=json.dumps(self.leads[name.removeprefix("team-")].pop(0)))
        path, code = self.code[name]
        code = self.first.get(name, code) if asked.turn == 0 else code
        wrote = ScriptCall(name="write", arguments={"path": path, "content": code})
        return Answer(calls=(wrote, ScriptCall(name="submit", arguments={"summary": "done"})))

    def choose(self, _: RunSettings, around: Surroundings) -> Answering:
        return Answering(model=ScriptedModel(self.answer, clock=around.clock), price=free, usd_per_call=None)


def begun(repo: Repo, case: Case, *, spec: str = SPEC, **settings: object) -> RunFolder:
    spec = spec.replace("LANG", case.ext).replace("EXT", case.ext).replace("PARSE", case.typed(PARSE + "}").strip())
    (repo.path / "box.md").write_text(spec)
    chosen = RunSettings(profile="scripted", repo=str(repo.path), approve=True, contracts=True, **settings)  # type: ignore[arg-type]
    return wiring.prepare(repo.path, spec, str(repo.path / "box.md"), chosen, wiring.Extras())


def drive(folder: RunFolder, models: Models) -> Run:
    extras = wiring.Extras(scale=0.0)
    return asyncio.run(wiring.RunDriver(folder=folder, extras=extras, answers=models.choose).drive(wait=False))


def contracts_of(folder: RunFolder) -> dict[str, Contract]:
    with store(folder) as tables:
        return {each.team: each for each in tables.contracts()}


def evidence_of(folder: RunFolder) -> dict[str, str]:
    with store(folder) as tables:
        return {each.requirement: each.level for each in sorted(tables.evidence(), key=lambda each: each.level)}


@pytest.fixture
def repo_of(make_repo: Callable[[str], Repo]) -> Callable[[Case], Repo]:
    """A repository of a kind, with one module and one test as its runner has them."""

    def make(case: Case) -> Repo:
        repo = make_repo("repo")
        style = case.test("as this repository has it", "", ("[1, 2].length", "2"))
        files = {
            "package.json": json.dumps(case.manifest) + "\n",
            f"src/old.{case.ext}": case.typed("export function version()<: number> {\n  return 1;\n}\n"),
            f"tests/old.test.{case.ext}": style,
            "tools/__init__.py": "",
        }
        for path, text in files.items():
            (repo.path / path).parent.mkdir(parents=True, exist_ok=True)
            (repo.path / path).write_text(text)
            repo.git("add", path)
        repo.git("commit", "-q", "-m", "What is there")
        if case.packages:
            asyncio.run(with_packages(repo))
        return repo

    return make


async def with_packages(repo: Repo) -> None:
    """Make the environment of the run beforehand, as if its setup had installed the packages."""
    git = open_repository(repo.path)
    tree = await git.tree_of(repo.git("rev-parse", "HEAD"))
    ready = await prepare(git, tree, sandbox=await probe("auto"), cache=repo.path / ".agentctl" / "environments")
    (ready.mounts[0].source / "node_modules").symlink_to(NODE_MODULES)


@pytest.mark.parametrize("case", CASES)
def test_stubs_land_first_tests_land_with_their_tasks_and_show_what_they_decide(
    repo_of: Callable[[Case], Repo], case: Case
) -> None:
    repo = repo_of(case)
    models = Models(case, leads={"core": [core(case)], "web": [web(case)]})
    folder = begun(repo, case)
    run = drive(folder, models)
    assert run.state == "done", run.reason
    made = contracts_of(folder)
    assert {team: each.left for team, each in made.items()} == {"core": (), "web": ()}
    branch = f"agentctl/{folder.run}/all"
    log = repo.git("log", "--reverse", "--format=%x00%s", "--name-only", f"main..{branch}").split("\0")[1:]
    landed = [each.strip().split("\n\n", 1) for each in log]
    assert landed[:2] == [
        ["Interfaces of team core", f"src/store.{case.ext}"],
        ["Interfaces of team web", f"src/box.{case.ext}"],
    ]
    paths = {title: each.split("\n") for title, each in landed}
    assert paths[f"Write src/store.{case.ext}"] == [f"src/store.{case.ext}", f"tests/core_store.test.{case.ext}"]
    assert paths[f"Write src/box.{case.ext}"] == [f"src/box.{case.ext}", f"tests/web_box.test.{case.ext}"]
    begun_with = repo.git("log", "--format=%H", "--grep=^Interfaces of team web$", branch)
    assert 'throw new Error("not implemented");' in repo.git("show", f"{begun_with}:src/store.{case.ext}")
    assert evidence_of(folder) == {"R1": "V2", "R2": "V2", "R3": "V2", "R4": "V2", "I1": "V2"}


@NODE
def test_a_lead_is_told_of_its_language_and_runner_and_workers_of_the_contract(repo_of: Callable[[Case], Repo]) -> None:
    models = Models(JS, leads={"core": [core(JS)], "web": [web(JS)]})
    drive(begun(repo_of(JS), JS), models)
    lead = models.prompts["team-core/1/0/lead/0/0"]
    assert load_prompt("lead_script").text in lead
    assert load_prompt("lead").text not in lead
    assert f"Tests of TypeScript and JavaScript are run: by {JS.runner}." in lead
    assert "as this repository has it" in lead
    assert "- src/store.js of T2, which T3 lean on" in lead
    assert "- src/parse.js\n" in lead.partition("Declared already")[2]
    assert "stub src/store.js (T2)" in models.prompts["T3/1/0/worker/0/0"]
    assert "keeps the last" in models.prompts["T2/1/0/worker/0/0"]


@pytest.mark.parametrize("case", CASES)
def test_what_is_wrong_goes_back_once_and_what_is_still_wrong_is_left_out_and_said(
    repo_of: Callable[[Case], Repo], case: Case
) -> None:
    good = core(case)
    parse, keeps, old = good["tests"]
    vacuous = keeps | {"text": case.test("nothing", "const value = 1;\n", ("value", "1"))}
    wrong = parse | {"text": parse["text"].replace('parse("a', 'prase("a')}
    red = old | {"text": old["text"].replace("version(), 1", "version(), 2").replace("toEqual(1)", "toEqual(2)")}
    first, second = good | {"tests": [wrong, vacuous, red]}, good | {"tests": [wrong, keeps, red]}
    models = Models(case, leads={"core": [first, second], "web": [web(case)]})
    folder = begun(repo_of(case), case)
    assert drive(folder, models).state == "done"
    told = models.prompts["team-core/1/0/lead/1/0"]
    assert f"{keeps['path']}: passes without the work, so it decides nothing" in told
    assert f"{old['path']}: is red before the work" in told
    assert f"{parse['path']}: is wrong in itself: splits ended with" in told
    made = contracts_of(folder)["core"]
    assert [test.path for test in made.tests] == [keeps["path"]]
    assert {"R1 has no locked test", "I1 has no locked test"} <= set(made.left)
    assert evidence_of(folder)["R2"] == "V2"


@NODE
@pytest.mark.parametrize(
    ("worker", "code", "said"),
    [
        ("T1", (PARSE + SPLIT).replace("line<", "text<").replace("line.", "text."), "takes (text); declared is"),
        ("T2", STORE.replace("  get(", "  fetch("), "class `Store` has no method `get(key)`"),
    ],
)
def test_a_patch_that_breaks_an_interface_goes_back_to_its_worker(
    repo_of: Callable[[Case], Repo], worker: str, code: str, said: str
) -> None:
    models = Models(JS, leads={"core": [core(JS)], "web": [web(JS)]}, first={worker: JS.typed(code)})
    assert drive(begun(repo_of(JS), JS), models).state == "done"
    assert said in models.prompts[f"{worker}/1/0/worker/1/0"]


@NODE
def test_a_team_of_two_languages_writes_each_file_by_its_own(repo_of: Callable[[Case], Repo]) -> None:
    text = 'from tools.shout import shout\n\n\ndef test_shout():\n    assert shout("b") == "B"\n'
    python = {"task": "T4", "requirements": ["R4"], "path": "tests/test_web_shout.py", "text": text, "preserve": False}
    both = web(JS)
    both["tests"].append(python)
    models = Models(JS, leads={"core": [core(JS)], "web": [both]})
    folder = begun(repo_of(JS), JS, spec=SPEC.partition("```python R4")[0])
    assert drive(folder, models).state == "done"
    lead = models.prompts["team-web/1/0/lead/0/0"]
    assert all(load_prompt(name).text in lead for name in ("lead", "lead_mixed", "lead_script"))
    made = contracts_of(folder)["web"]
    assert {test.path: test.tests for test in made.tests} == {
        "tests/web_box.test.js": ("tests/web_box.test.js::shows",),
        "tests/test_web_shout.py": ("tests/test_web_shout.py::test_shout",),
    }
    assert evidence_of(folder) == {"R1": "V2", "R2": "V2", "R3": "V2", "R4": "V2", "I1": "V2"}


@NODE
def test_verify_counts_a_leads_test_while_its_file_is_what_was_locked(
    repo_of: Callable[[Case], Repo], capsys: pytest.CaptureFixture[str]
) -> None:
    repo = repo_of(JS)
    folder = begun(repo, JS)
    drive(folder, Models(JS, leads={"core": [core(JS)], "web": [web(JS)]}))
    repo.git("add", "box.md")
    repo.git("commit", "-q", "-m", "The spec")
    repo.git("merge", "-q", "--no-edit", f"agentctl/{folder.run}/all")
    expected = {**dict.fromkeys(("R1", "R2", "R3", "R4"), "VERIFIED"), "I1": "PRESERVED"}
    assert verified(repo, capsys) == expected
    (repo.path / "tests/core_store.test.js").write_text(JS.test("keeps the last", "", ("[2].length", "1")))
    repo.git("commit", "-q", "-am", "A weaker test")
    assert verified(repo, capsys) == expected | {"R2": "UNCHECKED"}


def verified(repo: Repo, capsys: pytest.CaptureFixture[str]) -> dict[str, str]:
    main(["verify", str(repo.path / "box.md"), "--repo", str(repo.path), "--json"])
    return {each["id"]: each["status"] for each in json.loads(capsys.readouterr().out)["items"]}


@NODE
def test_a_run_that_was_recorded_is_replayed_without_drift(repo_of: Callable[[Case], Repo], tmp_path: Path) -> None:
    repo, recording = repo_of(JS), tmp_path / "box.jsonl"
    folder = begun(repo, JS, record=str(recording))
    assert drive(folder, Models(JS, leads={"core": [core(JS)], "web": [web(JS)]})).state == "done"
    again = begun(repo, JS, replay=str(recording))
    extras = wiring.Extras(scale=0.0)
    run = asyncio.run(wiring.RunDriver(folder=again, extras=extras, answers=answering).drive(wait=False))
    assert run.state == "done"
    with store(again) as tables:
        assert [event.fact.text for event in tables.events() if isinstance(event.fact, Noted)] == []
    assert contracts_of(again) == contracts_of(folder)
