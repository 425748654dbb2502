"""A bar that was not measured is told as that, and nothing else."""

import json

import pytest
from agentctl.bench import __main__ as door
from agentctl.bench import specs
from agentctl.bench.report import Bar, Report, Unmeasured

GOOD = Bar(name="crashes", value=0.0, limit=0.0, unit="")
MISSING = Unmeasured(name="sentences", limit=10.0, unit="%", why="git clone it")


@pytest.mark.parametrize(("value", "holds"), [(119, False), (120, True), (121, True), (float("nan"), False)])
def test_a_bar_may_be_a_least_figure(value: float, *, holds: bool) -> None:
    bar = Bar(name="exercises", value=value, limit=120, unit="", least=True)
    assert bar.holds is holds
    assert bar.as_dict()["least"] is True
    assert any(">= 120" in line for line in Report(suite="s", quick=True, bars=(bar,)).lines())


def test_a_bar_without_a_number_fails_and_is_null_in_json() -> None:
    told = Bar(name="x", value=float("nan"), limit=1.0, unit="").as_dict()
    assert (told["value"], told["holds"]) == (None, False)


def test_an_unmeasured_bar_neither_holds_nor_fails() -> None:
    report = Report(suite="s", quick=False, bars=(GOOD,), unmeasured=(MISSING,))
    assert (report.holds, report.fails) == (False, False)
    told = json.loads(json.dumps(report.as_dict()))
    assert told["holds"] is None
    assert told["bars"][1] == {
        "name": "sentences",
        "value": None,
        "limit": 10.0,
        "unit": "%",
        "holds": None,
        "why": "git clone it",
    }
    (line,) = (line for line in report.lines() if "sentences" in line)
    assert "NOT MEASURED" in line
    assert "holds" not in line
    assert "  not measured: git clone it" in report.lines()


def test_a_bar_that_fails_is_not_hidden_by_one_that_was_not_measured() -> None:
    bad = Bar(name="crashes", value=1.0, limit=0.0, unit="")
    report = Report(suite="s", quick=False, bars=(bad,), unmeasured=(MISSING,))
    assert report.fails
    assert report.as_dict()["holds"] is False


def test_a_report_of_nothing_but_unmeasured_bars_fails() -> None:
    assert Report(suite="s", quick=False, unmeasured=(MISSING,)).fails


@pytest.mark.parametrize(
    ("arguments", "variable", "folder"),
    [([], None, None), ([], "/b", "/b"), (["--corpora", "/a"], "/b", "/a")],
)
def test_the_door_says_where_the_corpora_are(
    arguments: list[str],
    variable: str | None,
    folder: str | None,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    asked: list[str | None] = []

    def run(*, quick: bool, corpora: str | None) -> Report:
        asked.append(corpora)
        return Report(suite="specs", quick=quick, bars=(GOOD,), unmeasured=(MISSING,))

    monkeypatch.setattr(specs, "run", run)
    monkeypatch.delenv("AGENTCTL_CORPORA", raising=False)
    if variable is not None:
        monkeypatch.setenv("AGENTCTL_CORPORA", variable)
    assert door.main(["specs", "--quick", *arguments]) == 0
    assert asked == [folder]
    assert "NOT MEASURED" in capsys.readouterr().out
