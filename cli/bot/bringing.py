"""The pull requests of a run: brought when the run is done, and again when something of it or of them has changed."""

from collections.abc import Sequence
from dataclasses import asdict, replace
from typing import Literal

from ...orchestrator.errors import AgentctlError, ForgeAway
from ...orchestrator.nouns.delivery import Opened
from ...orchestrator.rules.commit_text import parse_trailers
from ...orchestrator.run_view import ground_of
from .at import At, Brought, digest
from .book import rewritten_key

HOUR_QUARTER = 900.0
"""Seconds: how often drafts that wait for an hour are looked at."""
_DEED = "brought"


async def bring_pulls(at: At) -> tuple[Brought, ...]:
    """The run's pull requests as they stand on the forge, brought to what the run has now."""
    opened = _opened(at)
    found = await _looked_up(at, opened)
    if not _is_due(at, found):
        return found
    try:
        opened = tuple(await at.others.bring(at.forge, at.run, at.thread, at.policy))
    except ForgeAway:
        raise
    except AgentctlError as error:
        _keep(at, opened, found, trouble=f"The result could not be brought here: {error}")
        return found
    found = await _looked_up(at, opened)
    # What bringing changed is not a reason to bring again; what somebody merged or closed meanwhile is.
    _keep(at, opened, [replace(each, pull=replace(each.pull, state=_seen(each.slice))) for each in found], trouble="")
    return found


def trouble_of_bringing(at: At) -> str:
    """Why the result could not be brought, the last time it was tried; empty where it was."""
    kept = at.book.deed(at.key(_DEED))
    return str(kept["trouble"]) if isinstance(kept, dict) else ""


async def tasks_of(at: At, brought: Sequence[Brought], each: Brought) -> tuple[str, ...]:
    """The tasks whose commits a slice holds, in the order of its commits; none where git has them not."""
    return tuple(trailers["Task"][0] for _, _, trailers in await commits_of(at, brought, each) if "Task" in trailers)


async def commits_of(
    at: At, brought: Sequence[Brought], each: Brought
) -> tuple[tuple[str, str, dict[str, tuple[str, ...]]], ...]:
    """The commits of a slice as it was pushed: id, subject, trailers."""
    below = next((other.slice for other in brought if _branch(at, other) == each.slice.base), None)
    since = below.head if below is not None else ground_of(at.run.store)
    found = await at.commits(since=since, tip=each.slice.head)
    return tuple((commit, text.partition("\n")[0], parse_trailers(text)) for commit, text in found)


def _branch(at: At, each: Brought) -> str:
    return f"agentctl/{at.thread.run}/{each.slice.name}"


def _seen(slice_: Opened) -> Literal["open", "closed", "merged"]:
    """The state in which bringing left a pull request."""
    return "closed" if slice_.state == "ended" else slice_.state


def _opened(at: At) -> tuple[Opened, ...]:
    kept = at.book.deed(at.key(_DEED))
    return tuple(Opened(**each) for each in kept["opened"]) if isinstance(kept, dict) else ()


def _is_due(at: At, found: Sequence[Brought]) -> bool:
    """Whether the result is to be brought now."""
    store = at.run.store
    if store.run().state != "done" or not store.landings():
        return False
    kept = at.book.deed(at.key(_DEED))
    if not isinstance(kept, dict) or kept["signature"] != _signature(at, found):
        return True
    return bool(kept["trouble"]) and not 0 <= at.now - float(kept["at"]) < at.intervals.again


def _signature(at: At, brought: Sequence[Brought]) -> str:
    landed = [each.commit for each in at.run.store.landings()]
    pulls = [(each.pull.number, each.pull.state) for each in brought]
    waits = at.policy.draft_until and any(each.pull.draft for each in brought)
    rewritten = at.book.deed(rewritten_key(at.thread.run))
    return digest([landed, pulls, int(at.now // HOUR_QUARTER) if waits else 0, *([rewritten] if rewritten else [])])


def _keep(at: At, opened: Sequence[Opened], found: Sequence[Brought], *, trouble: str) -> None:
    kept = {
        "signature": _signature(at, found),
        "opened": [asdict(each) for each in opened],
        "trouble": trouble,
        "at": at.now,
    }
    at.book.keep(at.key(_DEED), kept, at=at.now)


async def _looked_up(at: At, opened: Sequence[Opened]) -> tuple[Brought, ...]:
    found = [(each, await at.forge.pull(each.number)) for each in opened]
    return tuple(Brought(slice=each, pull=pull) for each, pull in found if pull is not None)
