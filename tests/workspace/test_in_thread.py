"""Who waits for a thread is cancelled once it has ended, or at once where none has begun."""

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from agentctl.orchestrator.workspace.in_thread import in_thread


async def test_what_no_thread_has_begun_is_taken_back_at_once() -> None:
    begun, go, ran = threading.Event(), threading.Event(), []
    with ThreadPoolExecutor(1) as threads:
        busy = asyncio.create_task(in_thread(threads, lambda: (begun.set(), go.wait(60))))
        await asyncio.to_thread(begun.wait, 60)
        queued = asyncio.create_task(in_thread(threads, ran.append, 1))
        await asyncio.sleep(0)
        for task in (queued, busy):
            task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await queued
        assert not busy.done()
        go.set()
        with pytest.raises(asyncio.CancelledError):
            await busy
    assert ran == []


async def test_what_a_thread_gives_or_raises_is_handed_on() -> None:
    with ThreadPoolExecutor(1) as threads:
        assert await in_thread(threads, divmod, 7, 2) == (3, 1)
        with pytest.raises(ZeroDivisionError):
            await in_thread(threads, divmod, 7, 0)
