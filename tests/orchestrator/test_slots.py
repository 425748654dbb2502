"""A limit that serves the most urgent first."""

import asyncio

from agentctl.orchestrator.slots import Slots


async def test_the_most_urgent_waiter_is_served_first_then_the_oldest() -> None:
    slots, served = Slots(1), []
    await slots.take("first")

    async def wait(name: str, priority: float) -> None:
        await slots.take(name, priority=priority)
        served.append(name)
        slots.give(name)

    async with asyncio.TaskGroup() as group:
        for name, priority in (("low", 1.0), ("old", 2.0), ("young", 2.0), ("high", 3.0)):
            group.create_task(wait(name, priority))
        await asyncio.sleep(0)
        slots.give("first")
    assert served == ["high", "old", "young", "low"]


async def test_taking_twice_is_taking_once() -> None:
    slots = Slots(1)
    await slots.take("a")
    await slots.take("a")
    slots.give("a")
    await slots.take("b")


async def test_a_waiter_that_is_cancelled_takes_no_slot_along() -> None:
    slots = Slots(1)
    await slots.take("a")
    waiter = asyncio.create_task(slots.take("b"))
    await asyncio.sleep(0)
    slots.give("a")
    waiter.cancel()
    await asyncio.gather(waiter, return_exceptions=True)
    slots.give("b")
    await asyncio.wait_for(slots.take("c"), timeout=1)


async def test_what_is_preferred_while_it_waits_is_served_before_what_is_more_urgent() -> None:
    first: set[str] = set()
    slots, served = Slots(1, first=lambda: frozenset(first)), []
    await slots.take("T9:1")

    async def wait(name: str, priority: float) -> None:
        await slots.take(name, priority=priority)
        served.append(name)
        slots.give(name)

    async with asyncio.TaskGroup() as group:
        for name, priority in (("T1:1", 9.0), ("T2:1/2", 1.0), ("T22:1", 5.0)):
            group.create_task(wait(name, priority))
        await asyncio.sleep(0)
        first.add("T2")
        slots.give("T9:1")
    assert served == ["T2:1/2", "T1:1", "T22:1"]
