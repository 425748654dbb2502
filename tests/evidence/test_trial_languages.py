"""What the words of other languages' tools mean for a check: it said no, it found nothing, or something broke."""

import pytest
from agentctl.orchestrator.evidence.failures import spec_line
from agentctl.orchestrator.evidence.trial import trial
from agentctl.orchestrator.nouns.plan import LockedTest
from agentctl.orchestrator.nouns.verdicts import GateReport, TestResult

CONSOLE = "tests/spec_x/test_x_R1_c1.py"
SCRIPT = "tests/spec_x/x_R1_c1.test.mjs"


def result_of(name: str, detail: str, *, raised: str = "assertion", outcome: str = "failed", text: str = "") -> str:
    path = name.partition("::")[0]
    test = LockedTest(check="R1.c1", requirements=("R1",), path=path, text=text, tests=(f"{path}::R1.c1",))
    result = TestResult(id=name, outcome=outcome, detail=detail, raised=raised)
    return trial(GateReport(complete=True, results=(result,)), test).result


def transcript(*stderr: str, command: str = "go run ./cmd/x") -> str:
    lines = [
        "AssertionError: exit 1, the spec says 0",
        f"x.md:9: $ {command}",
        "stdout:",
        "stderr:",
        *stderr,
        "[exit 1]",
    ]
    return "\n".join(f"E       {line}" for line in lines)


@pytest.mark.parametrize(
    ("stderr", "expected"),
    [
        (["oops"], "failed"),
        (["panic: no", "goroutine 1 [running]:", "main.main()", "\t/workspace/cmd/x/main.go:7 +0x27"], "failed"),
        (["thread 'main' panicked at 'no', src/main.rs:5:13"], "failed"),
        (["error: the input is empty"], "failed"),
        (["# example.org/x/cmd/x", "cmd/x/main.go:7:2: cannot use x (variable of type int) as string value"], "error"),
        (["# example.org/x/cmd/x", "cmd/x/main.go:7:2: undefined: said"], "missing"),
        (["stat /workspace/cmd/x: directory not found"], "missing"),
        (["error[E0308]: mismatched types", " --> src/main.rs:2:5", "error: could not compile `x` due to"], "error"),
        (["error[E0425]: cannot find function `said` in this scope"], "missing"),
        (["error: no bin target named `x`"], "missing"),
        (["Error [ERR_MODULE_NOT_FOUND]: Cannot find module '/workspace/src/x.js'"], "missing"),
        (["SyntaxError: Unexpected token '}'"], "error"),
        (["src/price.ts(3,3): error TS2322: Type 'undefined' is not assignable to type 'Cart'."], "error"),
        (["src/price.ts:3:3 - error TS2322: Type 'undefined' is not assignable to type 'Cart'."], "error"),
        (["src/x.ts(1,1): error TS2305: Module '\"./y\"' has no exported member 'z'."], "missing"),
        (["TSError: \u2a2f Unable to compile TypeScript:"], "error"),
        (['\u2718 [ERROR] Expected ";" but found "x"', "1 error"], "error"),
        (["Error [TransformError]: Transform failed with 1 error:"], "error"),
        (["error during build:", "[vite:esbuild] Transform failed"], "error"),
        (["[!] (plugin typescript) RollupError: no"], "error"),
        (["ERROR in ./src/a.js", "Module build failed (from ./node_modules/babel-loader/lib/index.js):"], "error"),
        (["[BABEL] SyntaxError: /workspace/a.js: Unexpected token (1:2)"], "error"),
        (["  x Expected ';', '}' or <eof>"], "error"),
        (["ReferenceError: x is not defined"], "error"),
        (["TypeError: price.map is not a function"], "failed"),
        (["[ERROR] the cart is empty"], "failed"),
    ],
)
def test_a_program_that_was_not_even_built_says_nothing_about_what_it_does(stderr: list[str], expected: str) -> None:
    assert result_of(f"{CONSOLE}::R1.c1", transcript(*stderr)) == expected


@pytest.mark.parametrize(
    ("detail", "raised", "expected"),
    [
        ("AssertionError [ERR_ASSERTION]: 3 !== 4", "assertion", "failed"),
        ("TypeError: Cannot read properties of null (reading 'x')", "TypeError", "error"),
        ("Error: not implemented\n    at loud (src/loud.js:1:36)", "Error", "missing"),
        ("Error: not enough", "Error", "error"),
    ],
)
def test_a_check_in_javascript_says_no_by_an_assertion(detail: str, raised: str, expected: str) -> None:
    assert result_of(f"{SCRIPT}::R1.c1", detail, raised=raised) == expected


def test_what_a_transcript_expects_says_nothing_of_what_was_built() -> None:
    lines = ["AssertionError: the spec says of stdout", "error TS2322: no", "x.md:9: $ x", "stdout:", "3", "stderr:"]
    detail = "\n".join(f"E       {line}" for line in (*lines, "[exit 0]"))
    assert result_of(f"{CONSOLE}::R1.c1", detail) == "failed"


@pytest.mark.parametrize(
    ("called", "expected"),
    [
        ("add", "missing"),
        ("(0 , __vi_import_0__.add)", "missing"),
        ("sums.twice", "missing"),
        ("later", "missing"),
        ("expect", "error"),
        ("test.mock", "error"),
        ("assert.same", "error"),
        ("found.map", "error"),
    ],
)
def test_only_what_the_check_imports_can_be_missing(called: str, expected: str) -> None:
    text = (
        'import assert from "node:assert/strict";\nimport { add } from "../../src/add.js";\n'
        'import * as sums from "../../src/sums.js";\n'
        'const { test, expect } = await import(process.env.VITEST ? "vitest" : "node:test");\n'
        'test("R1.c1", async () => {\nconst { later } = await import("../../src/later.js");\n});\n'
    )
    detail = f"TypeError: {called} is not a function\n    at TestContext.<anonymous>"
    assert result_of(f"{SCRIPT}::R1.c1", detail, raised="TypeError", text=text) == expected


@pytest.mark.parametrize(
    ("detail", "expected"),
    [
        ("Error [ERR_MODULE_NOT_FOUND]: Cannot find module '/workspace/src/add.js'", "missing"),
        ("SyntaxError: The requested module './add.js' does not provide an export named 'add'", "missing"),
        ("SyntaxError: Unexpected token ';'", "error"),
    ],
)
def test_a_file_that_could_not_be_loaded_is_missing_only_where_something_is_not_there(
    detail: str, expected: str
) -> None:
    assert result_of(SCRIPT, detail, raised="", outcome="error") == expected


def test_the_line_of_the_spec_is_read_off_a_failure_in_javascript() -> None:
    test = LockedTest(check="R1.c1", requirements=("R1",), path=SCRIPT, text="", tests=(f"{SCRIPT}::R1.c1",))
    detail = "assert.equal(add(1, 2), 4); // spec.md:9\nAssertionError [ERR_ASSERTION]: 3 !== 4"
    assert spec_line(detail, test, f"{SCRIPT}::R1.c1") == 9
