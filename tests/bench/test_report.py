import json
import math

import pytest
from agentctl.bench import __main__ as door
from agentctl.bench import overhead
from agentctl.bench.report import Bar, Report


@pytest.mark.parametrize(
    ("value", "holds"), [(1.0, True), (1.15, True), (1.1501, False), (math.nan, False), (math.inf, False)]
)
def test_a_bar_holds_up_to_its_limit_and_never_without_a_figure(value: float, *, holds: bool) -> None:
    assert Bar(name="ratio", value=value, limit=1.15, unit="times").holds is holds


def test_a_report_without_bars_or_with_a_problem_does_not_hold() -> None:
    bar = Bar(name="ratio", value=1.0, limit=1.15, unit="times")
    assert Report(suite="s", quick=False, bars=(bar,)).holds
    assert not Report(suite="s", quick=False).holds
    assert not Report(suite="s", quick=False, bars=(bar,), problems=("no peer",)).holds


def test_a_report_is_one_json_object_with_the_five_fields_of_each_bar() -> None:
    bar = Bar(name="ratio", value=1.23456789, limit=1.15, unit="times")
    report = Report(suite="s", quick=True, bars=(bar,), figures={"seconds": {"each": [0.123456]}})
    told = json.loads(json.dumps(report.as_dict()))
    assert told["bars"] == [{"name": "ratio", "value": 1.2346, "limit": 1.15, "unit": "times", "holds": False}]
    assert told["seconds"] == {"each": [0.1235]}
    assert told["machine"]["cores"] >= 1
    assert any("DOES NOT HOLD" in line for line in report.lines())


def test_the_door_lists_the_suites(capsys: pytest.CaptureFixture[str]) -> None:
    assert door.main([]) == 0
    assert [line.split()[0] for line in capsys.readouterr().out.splitlines()] == list(door.SUITES)


@pytest.mark.parametrize(("value", "code"), [(0.2, 0), (2.0, 1)])
def test_the_door_exits_1_where_a_bar_does_not_hold(
    value: float, code: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def run(*, quick: bool) -> Report:
        return Report(suite="overhead", quick=quick, bars=(Bar(name="x", value=value, limit=1.0, unit="times"),))

    monkeypatch.setattr(overhead, "run", run)
    assert door.main(["overhead", "--quick", "--json"]) == code
    assert json.loads(capsys.readouterr().out)["quick"] is True
