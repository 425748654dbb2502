"""When a forge is brought up to date."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from agentctl.cli.bot.ticking import Ticking
from agentctl.orchestrator.errors import ForgeAway


async def until(ticking: Ticking, *, ended: asyncio.Event) -> None:
    """Go on until the event, which the tick sets."""
    stop = asyncio.Event()
    going = asyncio.create_task(ticking.go_on(stop))
    async with asyncio.timeout(30):
        await ended.wait()
        stop.set()
        ticking.poke()
        await going


def counted(
    to: int, ended: asyncio.Event, also: Callable[[int], None] = lambda _: None
) -> Callable[[], Awaitable[float]]:
    calls = 0

    async def tick() -> float:
        nonlocal calls
        calls += 1
        also(calls)
        if calls == to:
            ended.set()
        return 0.0 if calls < to - 1 else 3600.0

    return tick


def ticking(tick: Callable[[], Awaitable[float]], told: list[str], folder: Path | None = None) -> Ticking:
    folders = [folder] if folder else []
    return Ticking(tick=tick, folders=lambda: folders, tell=told.append, least=0.0, period=0.01)


async def test_it_is_called_again_when_it_wants_to_be_and_when_it_is_poked() -> None:
    ended = asyncio.Event()
    one = ticking(counted(4, ended, lambda calls: one.poke() if calls == 3 else None), [])
    await until(one, ended=ended)


async def test_what_is_written_to_a_run_calls_it(tmp_path: Path) -> None:
    ended, first = asyncio.Event(), asyncio.Event()

    def also(calls: int) -> None:
        if calls == 1:
            first.set()

    going = asyncio.create_task(until(ticking(counted(2, ended, also), [], tmp_path), ended=ended))
    async with asyncio.timeout(30):
        await first.wait()
        for number in range(10_000):  # until the watcher has looked before and after
            if ended.is_set():
                break
            (tmp_path / "run.db").write_bytes(b"x" * number)
            await asyncio.sleep(0.01)
        await going


@pytest.mark.parametrize(
    ("error", "seconds"),
    [(ForgeAway("no answer", seconds=7.0), 7.0), (ForgeAway("no answer"), 60.0), (KeyError("x"), 60.0)],
)
async def test_what_fails_is_tried_again_later_and_told_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: Exception, seconds: float
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))

    async def tick() -> float:
        raise error

    told: list[str] = []
    one = ticking(tick, told)
    assert [await one.once() for _ in range(3)] == [seconds] * 3
    assert len(told) == 1
