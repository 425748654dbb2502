import json

import pytest
from agentctl.orchestrator.gate.records import Session, read
from agentctl.orchestrator.nouns.verdicts import TestResult

START = {"kind": "start", "nonce": "n"}
RESULT = {"kind": "result", "id": "a::b", "outcome": "passed", "detail": ""}
END = {"kind": "end", "nonce": "n", "records": 2, "exit": 0}


def lines(*records: object) -> bytes:
    return "".join(json.dumps(record) + "\n" for record in records).encode()


def test_a_whole_report() -> None:
    assert read(lines(START, RESULT, END), nonce="n") == Session(results=(TestResult(id="a::b", outcome="passed"),))


@pytest.mark.parametrize(
    ("told", "hooks"), [(["b::h 2", "a::h 1", "a::h 1"], ("a::h 1", "b::h 2")), ([], ()), (None, ()), ("a", ())]
)
def test_hooks_that_came_with_the_tests_are_in_the_last_line(told: object, hooks: tuple[str, ...]) -> None:
    assert read(lines(START, RESULT, {**END, "hooks": told}), nonce="n").hooks == hooks


@pytest.mark.parametrize(
    "report",
    [
        b"",
        b"\xff\xfe",
        b"null\n",
        b"[]\n[]\n[]\n",
        lines(START),
        lines(START, RESULT),
        lines(START, END),
        lines(START, RESULT, RESULT, END),
        lines(START, RESULT, END, RESULT),
        lines(START, RESULT, END, END),
        lines(START, RESULT, {**END, "nonce": "other"}),
        lines({**START, "nonce": "other"}, RESULT, END),
        lines(START, {**RESULT, "outcome": "great"}, END),
        lines(START, {"kind": "result"}, END),
        lines(START, RESULT, {**END, "exit": 2}),
        lines(START, RESULT, {**END, "exit": "0"}),
        lines(START, RESULT, {**END, "exit": [0]}),
        lines(START, RESULT, END)[:-10],
    ],
)
def test_anything_else_has_a_problem(report: bytes) -> None:
    assert read(report, nonce="n").problem


def test_lone_surrogates_become_text_that_can_be_stored() -> None:
    report = lines(START, {**RESULT, "detail": "\udcff"}, END)
    assert read(report, nonce="n").results[0].detail == "?"
