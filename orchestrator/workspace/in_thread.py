"""Waiting for work in a thread, which goes on whoever waits for it."""

import asyncio
from collections.abc import Callable
from concurrent.futures import Executor
from typing import TypeVar

T = TypeVar("T")


async def in_thread(threads: Executor, work: Callable[..., T], *arguments: object) -> T:
    """What ``work`` gives in one of ``threads``.

    Who is cancelled meanwhile is so once it has ended; at once where no thread has begun it, and then none does.
    """
    job = threads.submit(work, *arguments)
    doing, cancelled = asyncio.wrap_future(job), None
    while not doing.done():
        try:
            await asyncio.wait({doing})
        except asyncio.CancelledError as asked:
            if job.cancel():
                raise
            cancelled = asked
    if cancelled is not None:
        doing.exception()
        raise cancelled
    return doing.result()
