"""Reads what plugin.py wrote. Pure: bytes in, results out; the bytes are untrusted."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import cast, get_args

from ..nouns.verdicts import Outcome, TestResult

_ENDINGS = {
    2: "the test session was interrupted, by pytest.exit() or a plugin",
    3: "pytest failed inside itself or in a plugin or conftest",
    4: "pytest could not be started with this repository's settings",
}
_CUT = "the test run ended before its report was complete: something crashed, or called os._exit or sys.exit"
_COMPLETE = (0, 1, 5)  # all passed, some failed, none found
_OUTCOMES = frozenset(get_args(Outcome))


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """One pytest session; ``problem`` is empty only when it ended by itself and reported all of it."""

    results: tuple[TestResult, ...] = ()
    problem: str = ""
    hooks: tuple[str, ...] = ()
    """Of pytest, those that came with the tests, as `GateReport.hooks`."""


def read(report: bytes, *, nonce: str) -> Session:
    """The session that a report tells of; a report that was cut, extended or forged is a problem, not an error."""
    try:
        records = [json.loads(line) for line in report.splitlines()]
        results = {result.id: result for result in map(_result, records[1:-1])}
        found = tuple(results.values())
    except (ValueError, TypeError, KeyError):
        return Session(problem="the report of the test run was tampered with")
    if not records or not _is(records[0], "start", nonce):
        return Session(problem="the test run did not start")
    last = records[-1]
    if not _is(last, "end", nonce) or last.get("records") != len(records) - 1:
        return Session(results=found, problem=_CUT)
    if last.get("problem"):
        return Session(results=found, problem=_text(last["problem"]))
    code = last.get("exit")
    if code in _COMPLETE:
        return Session(results=found, hooks=_hooks(last.get("hooks", [])))
    ending = _ENDINGS.get(code) if isinstance(code, int) else None
    return Session(results=found, problem=ending or f"pytest ended with exit code {code}")


def _is(record: object, kind: str, nonce: str) -> bool:
    return isinstance(record, Mapping) and record.get("kind") == kind and record.get("nonce") == nonce


def _result(record: Mapping[str, object]) -> TestResult:
    if record["kind"] != "result" or record["outcome"] not in _OUTCOMES:
        raise ValueError(record["kind"])
    outcome = cast("Outcome", record["outcome"])
    return TestResult(
        id=_text(record["id"]),
        outcome=outcome,
        detail=_text(record["detail"]),
        raised=_text(record.get("raised", "")),
    )


def _hooks(told: object) -> tuple[str, ...]:
    return tuple(sorted({_text(each) for each in told})) if isinstance(told, list) else ()


def _text(value: object) -> str:
    return str(value).encode("utf-8", "replace").decode()
