"""Several sessions at once, none of which outlives the others' failure."""

import asyncio
from collections.abc import Coroutine, Iterable
from typing import TypeVar

Found = TypeVar("Found")


async def together(works: Iterable[Coroutine[None, None, Found]]) -> list[Found]:
    """What they give, in their order; when one raises, the others have ended before the error goes on."""
    tasks = [asyncio.create_task(work) for work in works]
    try:
        return await asyncio.gather(*tasks)
    finally:
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks)
