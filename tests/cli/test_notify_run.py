"""`run` and `resume` tell who is away; `plan` and a replay tell nobody."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from agentctl.cli.notices.begin import is_quiet_here, notices
from agentctl.cli.notices.wanted import Wanted
from agentctl.orchestrator.nouns.events import RunMoved
from agentctl.orchestrator.nouns.notices import HumanNeeded, Quiet

from ..notices.conftest import SECRET, Receiver, receiver
from .conftest import ScriptedDriver, lands

__all__ = ["receiver"]
Command = Callable[..., Any]


def drives(driver: ScriptedDriver) -> None:
    """To its end, holding the lock as the real one does."""
    with driver.folder.lock():
        lands(driver)


def told(double: Any) -> list[str]:
    with double.drivers[-1].store() as store:
        return [event.fact.about for event in store.events() if isinstance(event.fact, HumanNeeded)]


@pytest.fixture
def webhook(receiver: Receiver, repo: Path, monkeypatch: pytest.MonkeyPatch) -> Receiver:
    (repo / "agentctl.toml").write_text(f'[notify]\nwebhook = "{receiver.address}"\n')
    monkeypatch.setenv("AGENTCTL_NOTIFY_SECRET", SECRET)
    return receiver


def test_a_run_tells_of_its_end_whoever_is_named_in_the_settings(
    agentctl: Command, wiring: Command, spec: Path, webhook: Receiver
) -> None:
    double = wiring(drives)
    done = agentctl("run", str(spec), "--profile", "desk")
    assert (done.code, told(double)) == (0, ["done"])
    assert [each["data"]["about"] for each in webhook.documents()] == ["done"]


def test_a_run_without_its_secret_says_so_and_goes_on(
    agentctl: Command, wiring: Command, spec: Path, webhook: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("AGENTCTL_NOTIFY_SECRET")
    wiring(drives)
    done = agentctl("run", str(spec), "--profile", "desk")
    assert done.code == 0
    assert done.err.startswith("notify: no webhook is told anything: the variable AGENTCTL_NOTIFY_SECRET is not set")
    assert webhook.came == []


def test_settings_that_cannot_be_used_are_told_before_anything_is_made(
    agentctl: Command, wiring: Command, spec: Path, repo: Path
) -> None:
    double = wiring(drives)
    (repo / "agentctl.toml").write_text('[notify]\nquiet = "at night"\n')
    done = agentctl("run", str(spec), "--profile", "desk")
    assert (done.code, double.prepared) == (2, [])
    assert "`notify.quiet` cannot be 'at night': write it as 22:00-07:00" in done.err


def test_a_plan_and_a_driver_without_the_lock_tell_nobody(
    agentctl: Command, wiring: Command, spec: Path, webhook: Receiver
) -> None:
    double = wiring(drives)
    agentctl("plan", str(spec), "--profile", "desk")
    assert (told(double), webhook.came) == ([], [])


def test_a_driver_that_fails_is_told_with_why(
    agentctl: Command, wiring: Command, spec: Path, webhook: Receiver
) -> None:
    def fails(driver: ScriptedDriver) -> None:
        with driver.folder.lock(), driver.store() as store:
            store.append(RunMoved(state="building"), author="driver")
            raise OSError("the disk went away")

    wiring(fails)
    assert agentctl("run", str(spec), "--profile", "desk").code == 1
    (document,) = webhook.documents()
    assert (document["data"]["about"], document["data"]["why_now"]) == ("stopped", "the disk went away")


def test_who_is_asked_at_the_terminal_is_told_elsewhere_only_later(repo: Path) -> None:
    assert [notices(Wanted(), repo, asks=asks).patience.stands for asks in (True, False)] == [60.0, 2.0]
    assert notices(Wanted(quiet=Quiet(begin=1, end=2), digest=60.0), repo).patience.digest == 60.0


def test_the_dashboard_rings_as_the_settings_let_it(repo: Path) -> None:
    assert not is_quiet_here(repo, now=0.0)
    (repo / "agentctl.toml").write_text('[notify]\nquiet = "00:00-23:59"\n')
    assert is_quiet_here(repo, now=12 * 3600.0)
    (repo / "agentctl.toml").write_text("[notify]\nquiet = 7\n")
    assert not is_quiet_here(repo, now=12 * 3600.0)
