"""The gate over trees of other languages: real runners, where they are installed."""

import json
import shutil
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path

import pytest
from agentctl.orchestrator.gate.drivers import cargo as drivers_cargo
from agentctl.orchestrator.gate.drivers import go as drivers_go
from agentctl.orchestrator.gate.drivers import node as drivers_node
from agentctl.orchestrator.gate.gate import PytestGate
from agentctl.orchestrator.nouns.plan import LockedTest
from agentctl.orchestrator.nouns.runs import NamedSuite
from agentctl.orchestrator.nouns.verdicts import Expectation, GateReport
from agentctl.orchestrator.sandbox.port import Sandbox

Tree = Callable[[Mapping[str, str]], Awaitable[str]]

PACKAGE = json.dumps({"type": "module", "scripts": {"test": "node --test"}})
ADD = "export const add = (a, b) => a + b;\n"
NODE_TEST = (
    'import test, { describe, it } from "node:test";\nimport assert from "node:assert/strict";\n'
    'import { add } from "./add.js";\n'
    'test("adds", () => assert.equal(add(1, 2), 3));\n'
    'describe("outer", () => { it("inner", () => assert.equal(add(1, 1), 2)); });\n'
)
NODE = {"package.json": PACKAGE, "src/add.js": ADD, "src/add.test.js": NODE_TEST}
GO = {
    "go.mod": "module example.org/calc\n\ngo 1.19\n",
    "calc/calc.go": "package calc\n\nfunc Add(a, b int) int { return a + b }\n",
    "calc/calc_test.go": (
        'package calc\n\nimport "testing"\n\n'
        'func TestAdd(t *testing.T) {\n\tt.Run("two numbers", func(t *testing.T) {\n'
        '\t\tif Add(1, 2) != 3 {\n\t\t\tt.Fatalf("got %d", Add(1, 2))\n\t\t}\n\t})\n}\n'
    ),
}
RUST = {
    "Cargo.toml": '[package]\nname = "calc"\nversion = "0.1.0"\nedition = "2021"\n',
    "Cargo.lock": 'version = 3\n\n[[package]]\nname = "calc"\nversion = "0.1.0"\n',
    "src/lib.rs": (
        "pub fn add(a: i32, b: i32) -> i32 {\n    a + b\n}\n\n#[cfg(test)]\nmod tests {\n    #[test]\n"
        "    fn adds() {\n        assert_eq!(super::add(1, 2), 3);\n    }\n}\n"
    ),
}
NODE_IDS = {"src/add.test.js::adds": "passed", "src/add.test.js::outer > inner": "passed"}
GO_IDS = {"calc/calc_test.go::TestAdd": "passed", "calc/calc_test.go::TestAdd/two_numbers": "passed"}
RUST_IDS = {"src/lib.rs::tests::adds": "passed"}


def needs(program: str) -> pytest.MarkDecorator:
    found = any(shutil.which(program, path=folder) for folder in ("/usr/bin", "/usr/local/bin", "/usr/local/go/bin"))
    return pytest.mark.skipif(not found, reason=f"{program} is not installed: apt install nodejs golang-go cargo")


node, go, cargo = needs("node"), needs("go"), needs("cargo")


def outcomes(report: GateReport) -> dict[str, str]:
    assert report.complete, report.problem
    return {result.id: result.outcome for result in report.results}


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        pytest.param(NODE, NODE_IDS, id="node", marks=node),
        pytest.param(GO, GO_IDS, id="go", marks=go),
        pytest.param(RUST, RUST_IDS, id="rust", marks=cargo),
    ],
)
async def test_the_tests_of_a_tree_are_found_and_named(
    gate: PytestGate, tree: Tree, files: Mapping[str, str], expected: Mapping[str, str]
) -> None:
    assert outcomes(await gate.report(await tree(files))) == expected


@node
@go
async def test_a_mixed_repository_runs_all_its_runners(gate: PytestGate, tree: Tree) -> None:
    files = {
        **{f"web/{path}": text for path, text in NODE.items()},
        **{f"api/{path}": text for path, text in GO.items()},
        "tests/test_a.py": "def test_ok():\n    assert True\n",
    }
    assert outcomes(await gate.report(await tree(files))) == {
        "tests/test_a.py::test_ok": "passed",
        **{f"web/{name}": end for name, end in NODE_IDS.items()},
        **{f"api/{name}": end for name, end in GO_IDS.items()},
    }


@pytest.mark.parametrize(
    ("files", "change", "failing", "words"),
    [
        pytest.param(NODE, {"src/add.js": ADD.replace("+", "-")}, "src/add.test.js::adds", "3", id="node", marks=node),
        pytest.param(
            GO,
            {"calc/calc.go": GO["calc/calc.go"].replace("a + b", "a - b")},
            "calc/calc_test.go::TestAdd/two_numbers",
            "got -1",
            id="go",
            marks=go,
        ),
        pytest.param(
            RUST,
            {"src/lib.rs": RUST["src/lib.rs"].replace("a + b", "a - b")},
            "src/lib.rs::tests::adds",
            "right: `3`|right: 3",
            id="rust",
            marks=cargo,
        ),
    ],
)
async def test_a_failure_names_the_test_says_why_and_is_an_assertion(
    gate: PytestGate,
    tree: Tree,
    files: Mapping[str, str],
    change: Mapping[str, str],
    failing: str,
    words: str,
) -> None:
    report = await gate.report(await tree({**files, **change}))
    (result,) = [each for each in report.results if each.id == failing]
    assert (result.outcome, result.raised) == ("failed", "assertion")
    assert any(word in result.detail for word in words.split("|"))


@pytest.mark.parametrize(
    ("files", "change", "expected"),
    [
        pytest.param(NODE, {"src/add.js": "export const add = (;"}, "src/add.test.js", id="node", marks=node),
        pytest.param(GO, {"calc/calc.go": "package calc\n\nfunc Add(\n"}, "calc", id="go", marks=go),
        pytest.param(RUST, {"src/lib.rs": "pub fn add("}, ".", id="rust", marks=cargo),
    ],
)
async def test_code_that_does_not_build_is_an_error_and_no_green(
    gate: PytestGate, tree: Tree, files: Mapping[str, str], change: Mapping[str, str], expected: str
) -> None:
    made = await tree({**files, **change})
    assert outcomes(await gate.report(made)) == {expected: "error"}
    assert not (await gate.judge(made, expectation=Expectation())).passed


@node
async def test_a_test_that_is_gone_fails_the_tree_in_any_language(gate: PytestGate, tree: Tree) -> None:
    base = await gate.report(await tree(NODE))
    verdict = await gate.judge(
        await tree({**NODE, "src/add.test.js": NODE_TEST.replace('test("adds"', 'test.skip("adds"')}),
        expectation=Expectation(tests=base.passed()),
    )
    assert verdict.reasons == (
        "src/add.test.js::adds was skipped and has to pass: do not skip it or mark it as failing",
    )


# Attacks: what code under test may do to the report

FORGE = """
import fs from "node:fs";
export const add = (a, b) => a - b;
for (const name of fs.readdirSync("/proc/self/fd")) {
  const fd = Number(name);
  let target = "";
  try { target = fs.readlinkSync(`/proc/self/fd/${fd}`); } catch {}
  if (target.startsWith("/tmp/")) {
    fs.writeSync(fd, JSON.stringify({ name: "adds", outcome: "passed", detail: "", raised: "" }) + "\\n");
    fs.writeSync(fd, JSON.stringify({ end: "guess", records: 1 }) + "\\n");
  }
}
"""
NODE_ATTACKS = {
    "exits early": "export const add = () => 3;\nprocess.exit(0);\n",
    "exits early from a test": "export const add = () => { process.exit(0); };\n",
    "forges its report and goes on": FORGE,
    "forges its report and leaves": FORGE + "process.exit(0);\n",
    "calls the reporter": (
        'import path from "node:path";\nexport const add = (a, b) => a - b;\n'
        'const place = process.execArgv.find((one) => one.startsWith("--test-reporter=")).split("=")[1];\n'
        "const { default: report } = await import(place);\n"
        'const forged = (async function* () { yield { type: "test:pass", data: { name: "adds", nesting: 0 } }; })();\n'
        "for await (const _ of report(forged)) {}\nprocess.exit(0);\n"
    ),
    "looks into the driver": (
        'import fs from "node:fs";\nexport const add = (a, b) => a - b;\n'
        "const place = `/proc/${process.ppid}/fd`;\n"
        'for (const fd of fs.readdirSync(place)) fs.writeFileSync(`${place}/${fd}`, "x");\n'
    ),
}


@node
@pytest.mark.parametrize("code", NODE_ATTACKS.values(), ids=NODE_ATTACKS)
async def test_code_under_test_cannot_make_itself_green(gate: PytestGate, tree: Tree, code: str) -> None:
    base = await gate.report(await tree(NODE))
    verdict = await gate.judge(await tree({**NODE, "src/add.js": code}), expectation=Expectation(tests=base.passed()))
    assert not verdict.passed


GO_PRINTS = (
    'package calc\n\nimport (\n\t"fmt"\n\t"testing"\n)\n\nfunc TestPrints(t *testing.T) {\n'
    '\tfmt.Print("one")\n\tt.Run("part", func(t *testing.T) { fmt.Print("two") })\n}\n\n'
    'func TestBeside(t *testing.T) {\n\tt.Parallel()\n\tfmt.Print("three")\n}\n\n'
    'func TestFails(t *testing.T) {\n\tfmt.Print("four")\n\tt.Fail()\n}\n\n'
    'func TestSkips(t *testing.T) {\n\tfmt.Print("five")\n\tt.SkipNow()\n}\n'
)
RUST_PRINTS = (
    "#[cfg(test)]\nmod tests {\n    use std::io::Write;\n\n    #[test]\n    fn prints() {\n"
    '        std::io::stdout().write_all(b"one").unwrap();\n    }\n\n    #[test]\n    #[should_panic]\n'
    "    fn panics() {\n"
    '        std::io::stdout().write_all(b"two").unwrap();\n        panic!();\n    }\n\n    #[test]\n    #[ignore]\n'
    "    fn later() {}\n}\n"
)


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        pytest.param(
            {**GO, "calc/calc_test.go": GO_PRINTS},
            {
                f"calc/calc_test.go::{name}": outcome
                for name, outcome in {
                    "TestPrints": "passed",
                    "TestPrints/part": "passed",
                    "TestBeside": "passed",
                    "TestFails": "failed",
                    "TestSkips": "skipped",
                }.items()
            },
            id="go",
            marks=go,
        ),
        pytest.param(
            {**RUST, "src/lib.rs": RUST_PRINTS},
            {
                "src/lib.rs::tests::prints": "passed",
                "src/lib.rs::tests::panics": "passed",
                "src/lib.rs::tests::later": "skipped",
            },
            id="rust",
            marks=cargo,
        ),
    ],
)
async def test_what_a_test_prints_without_a_newline_does_not_hide_how_it_ended(
    gate: PytestGate, tree: Tree, files: Mapping[str, str], expected: Mapping[str, str]
) -> None:
    assert outcomes(await gate.report(await tree(files))) == expected


def events(*told: Mapping[str, str]) -> str:
    return "\n".join(json.dumps({"Package": "m", **each}) for each in told)


def test_a_later_go_is_not_believed_by_what_a_test_prints() -> None:
    said = [
        {"Action": "run", "Test": "TestA"},
        {"Action": "output", "Test": "TestA", "Output": "x--- PASS: TestA (0.00s)\n"},
        {"Action": "pass"},
    ]
    suite = {"folder": "", "module": "m", "files": {}}
    assert [each[1] for each in drivers_go.read(events(*said), "", code=0, suite=suite)] == ["passed"]
    marked = events({"Action": "start"}, *said)
    assert [each[1] for each in drivers_go.read(marked, "", code=0, suite=suite)][:1] == ["error"]
    failed = {"Action": "output", "Test": "TestA", "Output": "y--- FAIL: TestA (0.00s)\n"}
    twice = events(said[0], failed, said[1], {"Action": "fail"})
    assert [each[1] for each in drivers_go.read(twice, "", code=1, suite=suite)] == ["failed"]


GO_ATTACKS = {
    "exits early": 'package calc\n\nimport "syscall"\n\nfunc Add(a, b int) int { syscall.Exit(0); return 0 }\n',
    "exits before its tests": (
        'package calc\n\nimport "syscall"\n\nfunc init() { syscall.Exit(0) }\n\nfunc Add(a, b int) int { return 0 }\n'
    ),
    "panics": 'package calc\n\nfunc Add(a, b int) int { panic("no") }\n',
}


@go
@pytest.mark.parametrize("code", GO_ATTACKS.values(), ids=GO_ATTACKS)
async def test_go_code_that_ends_early_is_not_green(gate: PytestGate, tree: Tree, code: str) -> None:
    verdict = await gate.judge(
        await tree({**GO, "calc/calc.go": code}), expectation=Expectation(tests=frozenset(GO_IDS))
    )
    assert not verdict.passed


RUST_ATTACKS = {
    "exits early": "std::process::exit(0)",
    "prints a success and exits": 'println!("test tests::adds ... ok"); std::process::exit(0)',
}


@cargo
@pytest.mark.parametrize("code", RUST_ATTACKS.values(), ids=RUST_ATTACKS)
async def test_rust_code_that_ends_early_is_not_green(gate: PytestGate, tree: Tree, code: str) -> None:
    text = RUST["src/lib.rs"].replace("    a + b\n", f"    let _ = (a, b); {code}\n")
    verdict = await gate.judge(
        await tree({**RUST, "src/lib.rs": text}), expectation=Expectation(tests=frozenset(RUST_IDS))
    )
    assert not verdict.passed


# Locked tests and named runners


def locked(path: str, text: str, *names: str, secret: bool = False) -> LockedTest:
    tests = tuple(f"{path}::{name}" for name in names)
    return LockedTest(check="C1", requirements=("R1",), path=path, text=text, tests=tests, secret=secret)


@node
async def test_a_locked_test_lies_over_the_tree_and_cannot_be_rewritten(
    gate: PytestGate, tree: Tree, sandbox: Sandbox
) -> None:
    test = locked("src/add.test.js", NODE_TEST, "adds", "outer > inner")
    rewriting = ADD + 'import fs from "node:fs";\ntry { fs.writeFileSync("src/add.test.js", ""); } catch {}\n'
    weak = {**NODE, "src/add.test.js": 'import test from "node:test"; test("adds", () => {});', "src/add.js": rewriting}
    report = await gate.report(await tree(weak), locked=[test])
    if not sandbox.relocates:  # no read-only mounts: what was rewritten is seen afterwards
        assert "locked tests were changed" in report.problem
        return
    assert outcomes(report) == NODE_IDS
    alone = await gate.run_alone(await tree({**weak, "src/other.test.js": NODE_TEST}), [test])
    assert outcomes(alone) == NODE_IDS


@node
async def test_a_locked_test_that_an_earlier_runner_made_a_link_of_is_not_followed(
    gate: PytestGate, tree: Tree, tmp_path: Path
) -> None:
    (tmp_path / "id_rsa").write_text("PRIVKEY")
    linking = (
        f"import os\ndef test_a():\n    os.remove('src/add.test.js')\n"
        f"    os.symlink({str(tmp_path / 'id_rsa')!r}, 'src/add.test.js')\n"
    )
    report = await gate.report(
        await tree({**NODE, "test_a.py": linking}),
        locked=[locked("src/add.test.js", NODE_TEST, "adds", "outer > inner")],
    )
    assert not report.complete
    assert report.problem == "locked tests were changed while the tests ran: src/add.test.js"


@node
async def test_a_secret_test_runs_by_itself(gate: PytestGate, tree: Tree) -> None:
    hidden = locked(
        "tests/spec_x/x_R1_c1.test.mjs",
        'import test from "node:test"; test("hidden", () => {});',
        "hidden",
        secret=True,
    )
    seen = outcomes(await gate.report(await tree(NODE), locked=[hidden]))
    assert seen == {**NODE_IDS, "tests/spec_x/x_R1_c1.test.mjs::hidden": "passed"}


MOCHA = {
    "package.json": json.dumps({"type": "module", "scripts": {"test": "mocha"}}),
    "src/add.js": ADD,
    "test/add.test.js": 'describe("add", () => { it("adds", () => {}); });\n',
}


@node
async def test_a_check_does_not_have_nodes_runner_run_the_tests_of_another(gate: PytestGate, tree: Tree) -> None:
    check = locked("tests/spec_x/x_R1_c1.test.mjs", 'import test from "node:test"; test("R1", () => {});', "R1")
    base, green = await gate.report(await tree(MOCHA)), {"tests/spec_x/x_R1_c1.test.mjs::R1": "passed"}
    assert outcomes(base) == {}
    assert outcomes(await gate.report(await tree(MOCHA), locked=[check])) == green
    assert outcomes(await gate.report(await tree({**MOCHA, check.path: check.text}))) == green
    verdict = await gate.judge(await tree(MOCHA), expectation=Expectation(tests=frozenset(check.tests)), locked=[check])
    assert verdict.reasons == ()


@node
async def test_a_script_that_runs_none_of_the_tests_is_said_and_not_passed_over(gate: PytestGate, tree: Tree) -> None:
    script = json.dumps({"type": "module", "scripts": {"test": "tsc && node --test dist/"}})
    report = await gate.report(await tree({**NODE, "package.json": script, "tests/test_a.py": "def test_a(): pass\n"}))
    assert not report.complete
    assert "name the runners by [[test]] in agentctl.toml" in report.problem
    alone = locked("src/add.test.js", NODE_TEST, "adds", "outer > inner")
    assert outcomes(await gate.run_alone(await tree({**NODE, "package.json": script}), [alone])) == NODE_IDS


@node
@go
async def test_named_runners_are_the_only_ones(build: Callable[..., PytestGate], tree: Tree) -> None:
    gate = build(named=[NamedSuite(runner="node", folder="web")])
    files = {**GO, **{f"web/{path}": text for path, text in NODE.items()}, "tests/test_a.py": "def test_ok(): pass\n"}
    assert outcomes(await gate.report(await tree(files))) == {f"web/{name}": end for name, end in NODE_IDS.items()}


def test_a_program_that_is_missing_is_an_error_that_says_so(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    class Heard:
        def __init__(self) -> None:
            self.told: list[tuple[str, str, str]] = []

        def result(self, name: str, outcome: str, detail: str = "", **_: str) -> None:
            self.told.append((name, outcome, detail))

    heard = Heard()

    monkeypatch.setenv("PATH", str(tmp_path))
    suite = {"folder": "", "module": "m", "files": {}, "only": [], "names": [], "tests": ["a.test.js"], "flags": []}
    for run, program in ((drivers_go.run, "go"), (drivers_cargo.run, "cargo"), (drivers_node.run_node, "node")):
        run(heard, str(tmp_path), suite)
        name, outcome, detail = heard.told[-1]
        assert (name, outcome) == ("a.test.js" if program == "node" else ".", "error")
        assert f"{program} was not found" in detail
