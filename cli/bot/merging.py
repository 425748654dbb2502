"""Merges what the repository's policy lets us merge: the lowest pull request of a stack, at the head that was judged.

Without a policy that says so nothing is merged: a person is told what is ready.
"""

from collections.abc import Sequence

from ...orchestrator.errors import ForgeRefused, HeadMoved
from ...orchestrator.git.history import reaches
from ...orchestrator.rules.checks_of_pulls import NOT_DONE
from .at import At, Brought
from .checks_told import verdict_on

READY = "ready for you"
SLOW = 7200.0
"""Seconds after which it is said of a check that has not ended that it may never do."""


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
    if await _brings_more(at, each):
        return f"it stands on commits that {each.pull.base} does not hold: `/agentctl rebase` leaves them out"
    states = {check.state for check in await at.checks(each.pull.head_sha)}
    if states & {"queued", "running"}:
        return _running(at, each, "its checks are running")
    return "" if "failure" in states or not await _is_judged(at, each) else READY


async def _merge(at: At, each: Brought) -> str:
    """What came of it, in words."""
    pull, key = each.pull, at.key(f"merge:{each.pull.number}:{each.slice.head}")
    kept = at.book.deed(key)
    if isinstance(kept, dict) and 0 <= at.now - float(kept["at"]) < at.intervals.again:
        return str(kept["words"])
    if not each.ours or await _brings_more(at, each):
        return await _stands(at, each)
    if not await _is_judged(at, each):
        return "not judged yet"
    method, why_not = await at.others.may_merge(at.forge, pull, policy=at.policy, sha=each.slice.head)
    if method is None:
        return _running(at, each, why_not) if NOT_DONE in why_not else why_not
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


async def _brings_more(at: At, each: Brought) -> bool:
    """Whether it stands on commits that its base does not hold any more; not where git has not got the base here."""
    if each.pull.base != at.thread.base or await at.git.resolve(each.pull.base_sha) is None:
        return False
    made = (rebuilt.base for rebuilt in at.run.store.rebuilt() if rebuilt.head == each.slice.head)
    stands_on = next(made, at.run.store.run().base)
    known = await at.git.resolve(stands_on) is not None
    return known and not await reaches(at.git, tip=each.pull.base_sha, commit=stands_on)


def _running(at: At, each: Brought, words: str) -> str:
    """The words, and once checks of this head have not ended for long, that nobody may be at work on them."""
    key = at.key(f"running:{each.pull.head_sha}")
    at.book.once(key, at.now, at=at.now)
    since = at.book.deed(key)
    if not isinstance(since, int | float) or at.now - since < SLOW:
        return words
    return (
        f"{words}, and that for {SLOW / 3600:.0f} hours or more: see on the forge whether anything is at work on them"
    )


async def _is_judged(at: At, each: Brought) -> bool:
    verdict = await verdict_on(at, each.slice.head)
    return verdict is not None and verdict.passed
