"""A spec in, landed commits out, in repositories of other languages: real runners, and a scripted model."""

import asyncio
import json
import os
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest
from agentctl.agents.caller import free
from agentctl.bench.scripted import Answer, Asked, ScriptCall, ScriptedModel
from agentctl.cli import wiring
from agentctl.cli.answering import Answering, Surroundings
from agentctl.orchestrator.environment import prepare
from agentctl.orchestrator.git.opening import open_repository
from agentctl.orchestrator.nouns.events import Judged
from agentctl.orchestrator.nouns.runs import RunSettings
from agentctl.orchestrator.sandbox.probe import probe

from .conftest import Repo, store

LOUD_JS = "export function loud(text) {\n  return text.toUpperCase();\n}\n"
TWICE_JS = "export function twice(text, times = 2) {\n  return Array(times).fill(text).join(' ');\n}\n"
NODE_SPEC = """\
# shout

- **R1** `loud(text)` in `src/loud.js` MUST return the text in capitals.
- **R2** `twice(text)` in `src/twice.js` MUST return the text two times, with a space between.

```js R1
import { loud } from "./src/loud.js";
assert.equal(loud("ab"), "AB");
```

```js R2
import { twice } from "./src/twice.js";
assert.equal(twice("ab"), "ab ab");
```
"""
TS_SPEC = NODE_SPEC.replace("```js", "```ts").replace(".js", ".ts").replace('loud("ab")', 'loud("ab" as string)')
GO_SPEC = """\
# shout

- **R1** `go run ./cmd/loud TEXT` MUST print the text in capitals.
- **R2** `go run ./cmd/twice TEXT` MUST print the text two times, with a space between.

```console R1
$ go run ./cmd/loud ab
AB
```

```console R2
$ go run ./cmd/twice ab
ab ab
```
"""
RUST_SPEC = GO_SPEC.replace("go run ./cmd/loud", "cargo run -q --bin loud --").replace(
    "go run ./cmd/twice", "cargo run -q --bin twice --"
)


@dataclass(frozen=True)
class Case:
    """A repository as it begins, its spec, and what the workers write: first what is wrong, then what is right."""

    base: Mapping[str, str]
    spec: str
    paths: tuple[str, str]
    wrong: str
    right: tuple[str, str]
    said: str
    tests: tuple[str, ...]
    packages: bool = False
    """Whether it needs what npm installs."""


def _go(body: str) -> str:
    return (
        'package main\n\nimport (\n\t"fmt"\n\t"os"\n\t"strings"\n)\n\n'
        f"func said(text string) string {{\n\t{body}\n}}\n\nfunc main() {{\n\tfmt.Println(said(os.Args[1]))\n}}\n"
    )


def _rust(body: str) -> str:
    return (
        f"fn said(text: &str) -> String {{\n    {body}\n}}\n\nfn main() {{\n"
        '    println!("{}", said(&std::env::args().nth(1).unwrap()));\n}\n\n'
        "#[cfg(test)]\nmod tests {\n    #[test]\n    fn says() {\n"
        '        assert_eq!(super::said("").trim(), "");\n    }\n}\n'
    )


NODE = Case(
    base={"package.json": '{"type": "module", "scripts": {"test": "node --test"}}\n'},
    spec=NODE_SPEC,
    paths=("src/loud.js", "src/twice.js"),
    wrong="export function twice(text) {\n  return text + text;\n}\n",
    right=(LOUD_JS, TWICE_JS),
    said='assert.equal(twice("ab"), "ab ab"); // shout:13',
    tests=("tests/spec_shout/shout_R1_c1.test.mjs::R1.c1", "tests/spec_shout/shout_R2_c1.test.mjs::R2.c1"),
)
TYPESCRIPT = Case(
    base={"package.json": '{"type": "module", "devDependencies": {"vitest": "*"}}\n'},
    spec=TS_SPEC,
    paths=("src/loud.ts", "src/twice.ts"),
    wrong="export function twice(text: string): string {\n  return text + text;\n}\n",
    right=(
        "export function loud(text: string): string {\n  return text.toUpperCase();\n}\n",
        "export function twice(text: string, times = 2): string {\n  return Array(times).fill(text).join(' ');\n}\n",
    ),
    said='assert.equal(twice("ab"), "ab ab"); // shout:13',
    tests=("tests/spec_shout/shout_R1_c1.test.mts::R1.c1", "tests/spec_shout/shout_R2_c1.test.mts::R2.c1"),
    packages=True,
)
GO = Case(
    base={"go.mod": "module example.org/shout\n\ngo 1.18\n", "README.txt": "go\n"},
    spec=GO_SPEC,
    paths=("cmd/loud/main.go", "cmd/twice/main.go"),
    wrong=_go("return strings.Repeat(text, 2)"),
    right=(_go("return strings.ToUpper(text)"), _go('return strings.Join([]string{text, text}, " ")')),
    said="abab",
    tests=(),
)
RUST = Case(
    base={
        "Cargo.toml": '[package]\nname = "shout"\nversion = "0.1.0"\nedition = "2021"\n',
        "Cargo.lock": 'version = 3\n\n[[package]]\nname = "shout"\nversion = "0.1.0"\n',
        "src/lib.rs": "",
    },
    spec=RUST_SPEC,
    paths=("src/bin/loud.rs", "src/bin/twice.rs"),
    wrong=_rust("text.repeat(2)"),
    right=(_rust("text.to_uppercase()"), _rust('format!("{} {}", text, text)')),
    said="abab",
    tests=("src/bin/loud.rs::tests::says", "src/bin/twice.rs::tests::says"),
)


def needs(program: str) -> pytest.MarkDecorator:
    found = any(shutil.which(program, path=folder) for folder in ("/usr/bin", "/usr/local/bin", "/usr/local/go/bin"))
    return pytest.mark.skipif(not found, reason=f"{program} is not installed: apt install nodejs golang-go cargo")


NODE_MODULES = os.environ.get("AGENTCTL_TEST_NODE_MODULES", "")
"""A folder with vitest, jest and tsx, as npm installs them; tests fetch nothing."""
PACKAGES = pytest.mark.skipif(
    not (Path(NODE_MODULES) / "vitest").is_dir(),
    reason="AGENTCTL_TEST_NODE_MODULES names no folder with vitest, jest and tsx: npm install vitest jest tsx",
)


@pytest.mark.parametrize(
    "case",
    [
        pytest.param(NODE, id="node", marks=needs("node")),
        pytest.param(TYPESCRIPT, id="typescript", marks=PACKAGES),
        pytest.param(GO, id="go", marks=needs("go")),
        pytest.param(RUST, id="rust", marks=needs("cargo")),
    ],
)
def test_a_spec_for_another_language_becomes_landed_commits_with_evidence(
    make_repo: Callable[[str], Repo], case: Case
) -> None:
    repo = make_repo("repo")
    for path, text in case.base.items():
        (repo.path / path).parent.mkdir(parents=True, exist_ok=True)
        (repo.path / path).write_text(text)
        repo.git("add", path)
    repo.git("commit", "-q", "-m", "Manifest")

    def script(asked: Asked) -> Answer:
        task, *_ = asked.call.split("/")
        if task == "plan":
            return Answer(text=json.dumps(_plan(case)))
        number = int(task[1:]) - 1
        body = case.wrong if number == 1 and asked.turn == 0 else case.right[number]
        wrote = ScriptCall(name="write", arguments={"path": case.paths[number], "content": body})
        return Answer(calls=(wrote, ScriptCall(name="submit", arguments={"summary": "done"})))

    def choose(_: RunSettings, around: Surroundings) -> Answering:
        return Answering(model=ScriptedModel(script, clock=around.clock), price=free, usd_per_call=None)

    if case.packages:
        asyncio.run(_with_packages(repo))
    folder = repo.prepare(spec=case.spec)
    extras = wiring.Extras(scale=0.0)
    run = asyncio.run(wiring.RunDriver(folder=folder, extras=extras, answers=choose).drive(wait=False))
    assert run.state == "done", run.reason
    branch = f"agentctl/{folder.run}/all"
    for path, text in zip(case.paths, case.right, strict=True):
        assert repo.git("show", f"{branch}:{path}") == text.strip()
    with store(folder) as tables:
        judged = [event.fact.verdict for event in tables.events() if isinstance(event.fact, Judged)]
        (red,) = [verdict for verdict in judged if not verdict.passed]
        assert case.said in red.reasons[0]
        assert set(case.tests) <= set(judged[-1].tests)
        assert {(each.requirement, each.level) for each in tables.evidence()} == {("R1", "V2"), ("R2", "V2")}


async def _with_packages(repo: Repo) -> None:
    """Make the environment of the run beforehand, as if its setup had installed the packages."""
    git = open_repository(repo.path)
    tree = await git.tree_of(repo.git("rev-parse", "HEAD"))
    cache = repo.path / ".agentctl" / "environments"
    ready = await prepare(git, tree, sandbox=await probe("auto"), cache=cache)
    (ready.mounts[0].source / "node_modules").symlink_to(NODE_MODULES)


def _plan(case: Case) -> object:
    return {
        "summary": "two parts",
        "teams": [{"id": "parts", "purpose": "the parts"}],
        "tasks": [
            {
                "id": f"T{number}",
                "team": "parts",
                "title": f"Write {path}",
                "goal": f"Write {path}.",
                "requirements": [f"R{number}"],
                "owns": [path],
                "needs": [],
                "minutes": 1.0,
            }
            for number, path in enumerate(case.paths, start=1)
        ],
        "notes": [],
    }
