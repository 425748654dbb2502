"""What `agentctl doctor` says of locks, refs and leftovers, and with --repair does about them."""

import time
from collections.abc import AsyncIterator
from pathlib import Path

from ..orchestrator.errors import AgentctlError
from ..orchestrator.git.opening import open_repository
from ..orchestrator.leftovers.ailments import Ailment, ailments
from ..orchestrator.leftovers.state import State
from .checkup import Check
from .one_at_a_time import one_at_a_time

_NAME = "leftovers"
_HOW = "mend it with `agentctl doctor --repair`"


async def mended(root: Path, *, repair: bool) -> tuple[Check, ...]:
    """A check for each thing that is wrong, and what was done about it; a single fine one where nothing is."""
    state = State(root=root)
    try:
        if not repair or not state.home.is_dir():
            return tuple([each async for each in _looked_at(root, repair=repair)])
        state.check()
        with one_at_a_time(state.lock):
            return tuple([each async for each in _looked_at(root, repair=True)])
    except AgentctlError as error:
        return (Check(name=_NAME, state="fails", found="cannot be looked at", todo=(str(error),)),)


async def _looked_at(root: Path, *, repair: bool) -> AsyncIterator[Check]:
    found = await ailments(open_repository(root), root, now=time.time())
    for each in found:
        yield await _told(each, repair=repair)
    if not found:
        yield Check(name=_NAME, state="fine", found="no stale lock, no broken ref, nothing half-made")


async def _told(ailment: Ailment, *, repair: bool) -> Check:
    if ailment.mend is None:
        return Check(name=_NAME, state="note", found=ailment.what, todo=(ailment.todo,))
    if not repair:
        return Check(name=_NAME, state="note", found=ailment.what, todo=(_HOW,))
    try:
        done = await ailment.mend()
    except (AgentctlError, OSError) as error:
        return Check(name=_NAME, state="fails", found=ailment.what, todo=(f"it could not be mended: {error}",))
    return Check(name=_NAME, state="fine", found=f"{ailment.what}: {done}")
