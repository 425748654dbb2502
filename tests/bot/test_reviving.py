"""Drivers that are gone are begun again where a run can go on, and left where they break: real books, real runs."""

import os
import signal
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from agentctl.cli.bot.drivers import MOST_BREAKS, launched
from agentctl.cli.repository import opened
from agentctl.orchestrator.errors import ForgeAway
from agentctl.orchestrator.nouns.events import QuestionAnswered, QuestionAsked, RunMoved
from agentctl.orchestrator.nouns.forge import RepoName
from agentctl.orchestrator.nouns.hand_facts import Amended, PauseAsked
from agentctl.orchestrator.nouns.policy import Policy
from agentctl.orchestrator.store.folder import RunFolder

from .acts import PLANNED, QUESTION, SPEC, TOML, Driven, World


async def looks(world: World, times: int = 3) -> int:
    """How many drivers are begun in so many looks."""
    before = len(world.launches)
    for _ in range(times):
        await world.acting.revive()
    return len(world.launches) - before


async def test_a_run_that_waits_for_a_person_is_begun_again_once_for_what_somebody_said(world: World) -> None:
    await world.built(QuestionAsked(question=QUESTION), RunMoved(state="waiting"))
    assert await looks(world) == 0
    world.facts(PauseAsked(), author="person:Ada")
    assert await looks(world) == 0
    world.facts(QuestionAnswered(key="zone", answer="utc"), author="person:Ada")
    assert await looks(world) == 1


@pytest.mark.parametrize("state", ["done", "failed", "cancelled"])
async def test_a_run_that_is_over_stays_over(world: World, state: Any) -> None:
    await world.built(RunMoved(state=state))
    world.begin()
    assert await looks(world) == 0


async def test_a_run_whose_driver_was_never_seen_to_end_is_begun_when_the_bot_is(world: World) -> None:
    driven = Driven(code=None)
    world.launch = lambda _: driven
    await world.built()
    assert world.drivers.at_work()
    assert await looks(world) == 0
    world.begin()
    assert not world.drivers.at_work()
    assert await looks(world) == 1
    driven.code = 3
    assert not world.drivers.at_work()
    assert await looks(world) == 0


async def test_a_run_that_another_process_drives_is_left_to_it(world: World) -> None:
    world.launch = lambda _: Driven(code=None)
    await world.built()
    world.begin()
    with world.run.lock():
        assert await looks(world) == 0
    assert await looks(world) == 1


async def test_a_driver_that_breaks_is_begun_again_until_it_broke_too_often_and_then_it_is_told(world: World) -> None:
    world.launch = lambda _: Driven(code=1)
    number = await world.built()
    (world.run.path / "driver.log").write_text("\x1b[31magentctl: no such model\n")
    assert await looks(world, 8) == MOST_BREAKS - 1
    (told,) = world.replies(number)
    assert "its driver broke 3 times in a row" in told
    assert "no such model" in told
    assert "\x1b" not in told
    world.begin()
    assert await looks(world) == 0
    assert len(world.replies(number)) == 1
    await world.say("ada", number, "/agentctl budget +1")
    assert await looks(world, 8) == MOST_BREAKS - 1


async def test_an_end_in_order_between_two_breaks_begins_the_count_anew(world: World) -> None:
    codes = iter([1, 1, 3, 1, 1, 3])
    world.launch = lambda _: Driven(code=next(codes))
    number = await world.built()
    assert await looks(world, 8) == 2
    world.facts(QuestionAsked(question=QUESTION), QuestionAnswered(key="zone", answer="utc"), author="person:Ada")
    assert await looks(world, 8) == 3
    assert world.replies(number) == []


async def test_a_driver_that_has_no_key_and_asks_nothing_counts_as_broken(world: World) -> None:
    world.launch = lambda _: Driven(code=4)
    number = await world.built()
    await looks(world, 8)
    assert len(world.launches) == MOST_BREAKS
    assert len(world.replies(number)) == 1


async def test_a_sentence_that_anybody_adds_opens_a_run_that_waits(world: World) -> None:
    await world.built(QuestionAsked(question=QUESTION), RunMoved(state="waiting"))
    assert await looks(world) == 0
    world.facts(Amended(number=1, requirement="R3", text="`x` MUST be 1."), author="policy:repair")
    assert await looks(world) == 1


async def test_not_more_runs_are_driven_at_once_than_the_policy_lets(world: World) -> None:
    world.policy = Policy(runs_at_once=1)
    driven: dict[str, Driven] = {}

    def launch(folder: RunFolder) -> Driven:
        driven[folder.run] = Driven(code=None)
        return driven[folder.run]

    world.launch = launch
    first = await world.built()
    second = world.forge.issue_by("ada", "Two more", SPEC)
    await world.say("ada", second.number, "/agentctl run")
    assert len(world.launches) == 1
    assert await looks(world) == 0
    await world.say("ada", first, "/agentctl cancel")
    world.store(folder := world.place.folder(world.launches[0]), write=True).append(  # type: ignore[arg-type] - it is there
        RunMoved(state="cancelled"), author="driver"
    )
    assert folder is not None
    driven[folder.run].code = 1
    assert await looks(world) == 1
    assert world.launches[1] == world.run.run


async def test_a_driver_has_none_of_the_variables_that_are_the_bots_alone(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GH_TOKEN", "ghs_of-the-bot-alone")
    monkeypatch.setenv("AGENTCTL_WEBHOOK_SECRET", "of-the-bot-alone")
    await world.built(*PLANNED, RunMoved(state="building"))
    child = launched(world.run)
    seen = Path(f"/proc/{child.pid}/environ").read_bytes()  # type: ignore[attr-defined] - it is a Child
    child.signal(signal.SIGKILL)  # what it goes on to do is no part of this
    _until(lambda: child.ended() is not None)
    assert b"of-the-bot-alone" not in seen
    assert b"PATH=" in seen
    assert os.environ["GH_TOKEN"]


def _until(true: Callable[[], bool]) -> None:
    for _ in range(600):
        if true():
            return
        time.sleep(0.1)
    raise AssertionError("it never ended")


async def test_a_repository_whose_settings_cannot_be_used_has_its_run_refused_in_words(world: World) -> None:
    world.push("main", {"agentctl.toml": TOML + "\nwrong = 1\n"})
    issue = world.forge.issue_by("ada", "Two modules", SPEC)
    told = await world.say("ada", issue.number, "/agentctl run")
    assert "agentctl.toml of commit" in told
    assert "`models.wrong`" in told


async def test_a_forge_that_is_away_keeps_no_other_repositorys_runs_from_being_driven(world: World) -> None:
    await world.built(QuestionAsked(question=QUESTION), RunMoved(state="waiting"))
    (thread,) = world.book.threads()
    world.book.bind(replace(thread, repo=RepoName(owner="aaa", name="gone"), run="i1-gone", at=0.0))
    here = world.acting.others.place

    async def place(repo: RepoName) -> Any:
        if repo.owner == "aaa":
            raise ForgeAway("nobody answers")
        return await here(repo)

    world.acting.others = replace(world.acting.others, place=place)
    world.facts(QuestionAnswered(key="zone", answer="utc"), author="person:Ada")
    assert await looks(world) == 1


async def test_that_a_run_is_left_is_told_when_the_forge_is_there_again(world: World) -> None:
    world.launch = lambda _: Driven(code=1)
    number = await world.built()

    def away(_: str) -> None:
        raise ForgeAway("nobody answers")

    world.forge.before = away
    assert await looks(world, 8) == MOST_BREAKS - 1
    assert world.replies(number) == []
    world.forge.before = lambda _: None
    assert await looks(world) == 0
    assert len(world.replies(number)) == 1


async def test_a_run_whose_folder_is_damaged_holds_up_no_other(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    world.launch = lambda _: Driven(code=None)
    first = await world.built()
    broken = world.run
    second = world.forge.issue_by("ada", "Two more", SPEC)
    broken.run_db.write_bytes(b"no database" * 1000)
    for beside in broken.path.glob("run.db-*"):
        beside.unlink()
    world.begin()
    await world.say("ada", second.number, "/agentctl run")
    assert world.launches[-1] == world.run.run != broken.run
    assert f"run {broken.run} cannot be read" in capsys.readouterr().err
    assert "damaged" in await world.say("ada", first, "/agentctl status")


async def test_a_red_check_amends_a_run_that_is_over_and_it_is_driven_at_the_next_look(world: World) -> None:
    await world.built(RunMoved(state="done"))
    assert await looks(world) == 0
    with opened(world.run) as run:
        requirement = await world.acting.amend(run, "The code MUST make the check `ci` pass.", author="policy:repair")
    assert requirement == "R3"
    assert await looks(world) == 1
