"""What the words of other languages' tools mean for a check: it said no, it found nothing, or something broke."""

import pytest
from agentctl.orchestrator.evidence.failures import spec_line
from agentctl.orchestrator.evidence.trial import trial
from agentctl.orchestrator.nouns.plan import LockedTest
from agentctl.orchestrator.nouns.verdicts import GateReport, TestResult

CONSOLE = "tests/spec_x/test_x_R1_c1.py"
SCRIPT = "tests/spec_x/x_R1_c1.test.mjs"


def result_of(name: str, detail: str, *, raised: str = "assertion", outcome: str = "failed") -> str:
    path = name.partition("::")[0]
    test = LockedTest(check="R1.c1", requirements=("R1",), path=path, text="", tests=(f"{path}::R1.c1",))
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
    ],
)
def test_a_program_that_was_not_even_built_says_nothing_about_what_it_does(stderr: list[str], expected: str) -> None:
    assert result_of(f"{CONSOLE}::R1.c1", transcript(*stderr)) == expected


@pytest.mark.parametrize(
    ("detail", "raised", "expected"),
    [
        ("AssertionError [ERR_ASSERTION]: 3 !== 4", "assertion", "failed"),
        ("TypeError: Cannot read properties of null (reading 'x')", "TypeError", "error"),
        ("TypeError: add is not a function", "TypeError", "missing"),
    ],
)
def test_a_check_in_javascript_says_no_by_an_assertion(detail: str, raised: str, expected: str) -> None:
    assert result_of(f"{SCRIPT}::R1.c1", detail, raised=raised) == expected


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
