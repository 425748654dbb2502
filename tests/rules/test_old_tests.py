from agentctl.orchestrator.nouns.verdicts import GateReport, TestResult
from agentctl.orchestrator.rules.old_tests import laid_back, weakened

EXPECTED = frozenset({"tests/test_a.py::test_a", "checks/b.py::test_b"})


def test_files_with_expected_tests_and_what_tests_may_lean_on_are_laid_back() -> None:
    changed = [
        "tests/test_a.py",
        "checks/b.py",
        "tests/data/golden.txt",
        "tests/support.py",
        "web/__snapshots__/a.snap",
        "tests/test_forgotten.py",
        "web/tests/a.test.ts",
        "src/a.py",
        "contests/a.txt",
    ]
    assert laid_back(changed, expected=EXPECTED) == tuple(changed[:5])


def test_nothing_is_said_while_what_was_expected_passes() -> None:
    results = (
        TestResult(id="tests/test_a.py::test_a", outcome="passed"),
        TestResult(id="checks/b.py::test_b", outcome="passed"),
        TestResult(id="tests/test_new.py::test_new", outcome="failed"),
    )
    report = GateReport(complete=True, results=results)
    assert weakened(report, expected=EXPECTED, paths=["checks/b.py"]) == ""


def test_what_fails_as_it_was_is_told_with_its_reasons() -> None:
    results = (TestResult(id="tests/test_a.py::test_a", outcome="failed", detail="assert 1 == 2"),)
    said = weakened(GateReport(complete=True, results=results), expected=EXPECTED, paths=["tests/test_a.py"])
    assert "You changed tests/test_a.py, and as it was before your change it does not pass" in said
    assert said.endswith("checks/b.py::test_b\n\ntests/test_a.py::test_a:\nassert 1 == 2")
