"""All tools in one table, and the order in which the calls of one reply are carried out."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Protocol

from ...orchestrator.errors import PolicyViolation
from . import ask, edit, outline, read, run, search, submit, test, write
from .site import Outcome, Refused, Site, failure

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping, Sequence

    from ..models.port import Json, ToolCall, ToolSpec

    Look = Callable[[Site, dict[str, Json]], Outcome]
    Try = Callable[[Site, dict[str, Json]], Awaitable[Outcome]]

LOOKS: Mapping[str, Look] = {"read": read.read, "outline": outline.outline, "search": search.search}
"""They change nothing and may run side by side."""

CHANGES: Mapping[str, Look] = {"write": write.write, "edit": edit.edit}
"""They run one after another, in the order in which they were asked for."""

TRIES: Mapping[str, Try] = {"run": run.run, "test": test.test}
"""They run after the changes, one after another: a command may write files."""

ENDS = ("ask", "submit")
"""They end a turn, and are the worker's own business."""

SPECS: tuple[ToolSpec, ...] = (
    read.SPEC,
    outline.SPEC,
    search.SPEC,
    write.SPEC,
    edit.SPEC,
    run.SPEC,
    test.SPEC,
    ask.SPEC,
    submit.SPEC,
)


class Reach(Protocol):
    """Tools from outside for one turn; they run after the looks and before the changes, one after another."""

    def names(self) -> tuple[str, ...]:
        """What can be called."""
        ...

    async def call(self, call: ToolCall) -> Outcome:
        """Carry a call out; what goes wrong is an outcome too."""
        ...


async def carry_out(site: Site, calls: Sequence[ToolCall], *, reach: Reach | None = None) -> dict[str, Outcome]:
    """Run all calls but those in ENDS; an outcome by the id of each. What goes wrong is an outcome too."""
    outside = () if reach is None else reach.names()
    outcomes: dict[str, Outcome] = {}
    looks = [call for call in calls if call.name in LOOKS and not call.error]
    looked = await asyncio.gather(*(asyncio.to_thread(_look, LOOKS, site, call) for call in looks))
    outcomes.update(zip((call.id for call in looks), looked, strict=True))
    for call in calls:
        if reach is not None and call.name in outside and not call.error:
            outcomes[call.id] = await reach.call(call)
    for call in calls:
        if call.name in CHANGES and not call.error:
            outcomes[call.id] = await asyncio.to_thread(_look, CHANGES, site, call)
    for call in calls:
        if call.name in TRIES and not call.error:
            outcomes[call.id] = await _try(site, call)
    for call in calls:
        if call.error or not (_is_known(call.name) or call.name in outside):
            outcomes[call.id] = _invalid(call, outside)
    return {call.id: outcomes[call.id] for call in calls if call.id in outcomes}


def _look(table: Mapping[str, Look], site: Site, call: ToolCall) -> Outcome:
    try:
        return table[call.name](site, call.arguments)
    except (Refused, PolicyViolation, OSError) as refused:
        return failure(refused)


async def _try(site: Site, call: ToolCall) -> Outcome:
    try:
        return await TRIES[call.name](site, call.arguments)
    except (Refused, PolicyViolation, OSError) as refused:
        return failure(refused)


def _invalid(call: ToolCall, outside: Sequence[str]) -> Outcome:
    if not _is_known(call.name) and call.name not in outside:
        known = ", ".join((*(spec.name for spec in SPECS), *outside))
        return failure(f"there is no tool {call.name[:80]!r}; there are {known}")
    return failure(f"{call.name} was not carried out: {call.error}")


def _is_known(name: str) -> bool:
    return any(spec.name == name for spec in SPECS)
