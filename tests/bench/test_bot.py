"""What the suite bot does without what has to be brought, and at which writes it kills."""

import pytest
from agentctl.bench import bot
from agentctl.bench.emulated.service import MODULES
from agentctl.bench.parts.by_tests import counted


def test_without_the_packages_nothing_is_measured_and_nothing_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(MODULES, raising=False)
    found = bot._Found()
    for part in (bot._contract, bot._examples, bot._life):
        part(found, quick=True)
    assert (found.bars, found.problems) == ([], [])
    assert [each.limit for each in found.unmeasured] == [0, bot.EXAMPLES, 0]
    assert all(MODULES in each.why and "npm install" in each.why for each in found.unmeasured)


def test_every_write_is_a_place_to_die_before_it_is_done_and_after() -> None:
    assert list(bot._kills(2, every=True)) == [(1, False), (1, True), (2, False), (2, True)]


@pytest.mark.parametrize("writes", [12, 13, 91])
def test_a_sample_is_spread_over_the_writes_that_there_are(writes: int) -> None:
    kills = list(bot._kills(writes, every=False))
    assert len({at for at, _ in kills}) == bot.KILLS
    assert all(1 <= at <= writes for at, _ in kills)


def test_tests_that_are_not_there_are_told_by_name() -> None:
    with pytest.raises(FileNotFoundError, match=r"tests/nowhere\.py"):
        counted(["tests/nowhere.py"])


def test_tests_are_counted_by_what_became_of_them() -> None:
    found = counted(["tests/bench/test_report.py"])
    assert (found.passed > 0, found.failed, found.skipped) == (True, (), ())
