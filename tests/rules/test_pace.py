"""One factor for the bot's intervals: what may be said, and what it changes."""

import pytest
from agentctl.cli.bot.intervals import Intervals
from agentctl.orchestrator.errors import SettingsError
from agentctl.orchestrator.forge.github.ways import server_of
from agentctl.orchestrator.rules.pace import VARIABLE, pace_of


@pytest.mark.parametrize(
    ("said", "factor"), [(None, 1.0), ("", 1.0), ("1", 1.0), (" 0.1 ", 0.1), ("0.01", 0.01), ("10", 10.0)]
)
def test_a_factor_is_read(said: str | None, factor: float) -> None:
    assert pace_of({} if said is None else {VARIABLE: said}) == factor


@pytest.mark.parametrize("said", ["0", "0.001", "-1", "11", "nan", "inf", "1e-1", "fast", "0,1", "\u0660.5", "1_0"])
def test_what_is_no_factor_is_refused_by_name(said: str) -> None:
    with pytest.raises(SettingsError, match=r"AGENTCTL_BOT_PACE is a factor from 0\.01 to 10"):
        pace_of({VARIABLE: said})


def test_it_makes_all_intervals_shorter_alike() -> None:
    usual, quick = Intervals(), Intervals().at(0.1)
    assert (quick.fresh, quick.again, quick.least) == (3.0, 60.0, 0.1)
    assert all(getattr(quick, name) == getattr(usual, name) * 0.1 for name in Intervals.__slots__)


@pytest.mark.parametrize(
    ("environ", "seconds"),
    [
        ({}, 1.0),
        ({VARIABLE: "0.1"}, 1.0),
        ({VARIABLE: "0.1", "AGENTCTL_GITHUB_API": "https://api.github.com"}, 1.0),
        ({VARIABLE: "0.1", "AGENTCTL_GITHUB_API": "http://127.0.0.1:9"}, 0.1),
        ({VARIABLE: "10"}, 10.0),
    ],
)
def test_github_itself_is_never_written_to_faster_than_it_wants(environ: dict[str, str], seconds: float) -> None:
    assert server_of("github.com", environ).between_writes == seconds
