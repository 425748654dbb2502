"""A run that is to begin no new work after some time: it drains, says so, and goes on when it is resumed."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from agentctl.orchestrator.nouns.events import Noted, RunMoved

Command = Callable[..., Any]


async def until_drained(driver: Any) -> None:
    await driver.drained.wait()
    with driver.store() as store:
        store.append(RunMoved(state="drained"), author="driver")


def test_a_run_drains_when_its_time_is_up_and_says_so(agentctl: Command, wiring: Command, spec: Path) -> None:
    double = wiring(until_drained)
    done = agentctl("run", str(spec), "--profile", "desk", "--until", "+1s")
    assert done.code == 130
    assert double.drivers[0].drained.is_set()
    assert "as --until said" in done.err
    assert "go on with: agentctl resume k7m2xq" in done.err
    with double.drivers[0].store() as store:
        (event,) = [event for event in store.events() if isinstance(event.fact, Noted)]
        assert event.author == "policy:until"


def test_what_ends_before_its_time_ends_as_ever(agentctl: Command, wiring: Command, spec: Path) -> None:
    def done(driver: Any) -> None:
        with driver.store() as store:
            store.append(RunMoved(state="done"), author="driver")

    double = wiring(done)
    assert agentctl("run", str(spec), "--profile", "desk", "--until", "+8h").code == 0
    assert not double.drivers[0].drained.is_set()


@pytest.mark.parametrize("when", ["soon", "2001-01-01", "7"])
def test_a_time_that_cannot_be_meant_makes_no_run(when: str, agentctl: Command, wiring: Command, spec: Path) -> None:
    double = wiring()
    done = agentctl("run", str(spec), "--profile", "desk", "--until", when)
    assert (done.code, double.prepared) == (2, [])
    assert "--until" in done.err


def test_a_detached_run_is_told_the_same_moment(
    agentctl: Command, wiring: Command, spec: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from agentctl.cli import processes, starting
    from agentctl.cli.moments import until

    wiring()
    started: list[list[str]] = []
    monkeypatch.setattr(processes, "detach", lambda command, **_: started.append(command) or 1)
    monkeypatch.setattr(starting, "_ended_early", lambda *_: None)
    assert agentctl("run", str(spec), "--profile", "desk", "--until", "+8h", "--detach").code == 0
    moment = started[0][started[0].index("--until") + 1]
    assert abs(until(moment, now=time.time()) - time.time() - 28800) < 600


def test_the_amount_under_which_plans_are_approved_reaches_the_run(
    agentctl: Command, wiring: Command, spec: Path
) -> None:
    double = wiring()
    agentctl("run", str(spec), "--profile", "desk", "--approve-under", "$5", "--budget", "20")
    settings = double.prepared[0][2]
    assert (settings.approve_under, settings.approve, settings.limits.usd) == (5.0, False, 20.0)
