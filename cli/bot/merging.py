"""Merges what the repository's policy lets us merge: the lowest pull request of a stack, at the head that was judged.

Without a policy that says so nothing is merged: a person is told what is ready.
"""

from collections.abc import Sequence

from ...orchestrator.errors import ForgeRefused, HeadMoved
from .at import At, Brought
from .checks_told import verdict_on

READY = "ready for you"


async def merge_pulls(at: At, brought: Sequence[Brought]) -> None:
    """Merge the lowest one that may be; what stands on it is retargeted before its turn comes."""
    for each in brought:
        if each.pull.state != "open" or each.pull.number in at.words:
            continue
        if at.policy.merge is None:
            at.words[each.pull.number] = await _stands(at, each)
        elif each.pull.base.startswith(f"agentctl/{at.thread.run}/"):
            at.words[each.pull.number] = f"waits for what it stands on, {each.pull.base}"
        elif each.pull.base != at.thread.base:
            at.words[each.pull.number] = f"goes to {each.pull.base}, as somebody chose: a person merges"
        else:
            at.words[each.pull.number] = await _merge(at, each)


async def _stands(at: At, each: Brought) -> str:
    """What is to be said of it where a person merges."""
    if not each.ours:
        return "somebody pushed to it: nothing of that was judged, and nothing is overwritten"
    if each.pull.draft:
        return ""
    states = {check.state for check in await at.checks(each.pull.head_sha)}
    if states & {"queued", "running"}:
        return "its checks are running"
    return "" if "failure" in states or not await _is_judged(at, each) else READY


async def _merge(at: At, each: Brought) -> str:
    """What came of it, in words."""
    pull, key = each.pull, at.key(f"merge:{each.pull.number}:{each.slice.head}")
    kept = at.book.deed(key)
    if isinstance(kept, dict) and 0 <= at.now - float(kept["at"]) < at.intervals.again:
        return str(kept["words"])
    if not each.ours:
        return await _stands(at, each)
    if not await _is_judged(at, each):
        return "not judged yet"
    method, why_not = await at.others.may_merge(at.forge, pull, policy=at.policy, sha=each.slice.head)
    if method is None:
        return why_not
    message = f"Run: {at.thread.run}"
    try:
        merged = await at.forge.merge(
            pull.number, sha=each.slice.head, method=method, title=f"{pull.title} (#{pull.number})", message=message
        )
    except HeadMoved:
        return "its head moved before it could be merged"
    except ForgeRefused as refused:
        words = f"cannot be merged: {refused}"
    else:
        words = f"merged as {merged[:10]}" if merged else "in the forge's own merge queue"
    at.book.keep(key, {"at": at.now, "words": words}, at=at.now)
    return words


async def _is_judged(at: At, each: Brought) -> bool:
    verdict = await verdict_on(at, each.slice.head)
    return verdict is not None and verdict.passed
