"""What checks and reviews come to: whether a commit is green, and whether a pull request may be merged. Pure.

The forge has its own rules and holds them too. These are ours, for what we do by ourselves, and they are stricter:
nothing is merged that a committed policy does not name, that no other person has approved as it is now, or that is red.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from ..nouns.forge import PERMISSIONS, Account, Check, CheckState, MergeMethod, Permission, Protection, Pull, Review
from ..nouns.policy import Policy
from .guarded import elsewhere
from .run_checks import OURS

NOT_DONE = "not done: "
"""How it begins that checks are waited for."""
_APP = "agentctl"
_PASSED: frozenset[CheckState] = frozenset({"success", "neutral", "skipped"})
_FAILED: frozenset[CheckState] = frozenset({"failure", "cancelled"})
_LEAST = PERMISSIONS.index("write")


@dataclass(frozen=True, slots=True, kw_only=True)
class Checks:
    """What all checks of a commit come to."""

    state: Literal["green", "red", "pending"]
    red: tuple[Check, ...] = ()
    """Those of the repository that failed and count: the required ones, or all where none is required."""
    ours: tuple[Check, ...] = ()
    """Our own that failed."""
    optional: tuple[Check, ...] = ()
    """Those of the repository that failed and hold up nothing."""
    pending: tuple[str, ...] = ()
    """Names of those that are not done, or that are required and have not said anything."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MayMerge:
    """How a pull request may be merged; or, without ``method``, everything that speaks against it."""

    method: MergeMethod | None
    why: tuple[str, ...] = ()


def checks_of(checks: Sequence[Check], protection: Protection, *, sha: str) -> Checks:
    """What the checks of exactly that commit come to; what is red is red although others are not done."""
    here = [each for each in checks if each.sha == sha]
    required = frozenset(protection.required_checks)
    failed = [each for each in here if each.state in _FAILED]
    ours = tuple(each for each in failed if is_ours(each))
    theirs = [each for each in failed if not is_ours(each)]
    red = tuple(each for each in theirs if not required or each.name in required)
    named = {each.name for each in here}
    running = [each.name for each in here if each.state not in _PASSED | _FAILED and _counts(each, required)]
    pending = tuple(dict.fromkeys([*running, *(name for name in protection.required_checks if name not in named)]))
    return Checks(
        state="red" if red or ours else "pending" if pending else "green",
        red=red,
        ours=ours,
        optional=tuple(each for each in theirs if each not in red),
        pending=pending,
    )


def is_ours(check: Check) -> bool:
    """Whether a check is one that we make."""
    return check.app == _APP or check.name.startswith(OURS)


def may_merge(  # noqa: PLR0913 - all that may speak against it
    pull: Pull,
    *,
    protection: Protection,
    checks: Sequence[Check],
    reviews: Sequence[Review],
    permissions: Mapping[str, Permission],
    policy: Policy,
    sha: str,
    me: str,
    paths: Collection[str] = (),
) -> MayMerge:
    """Whether we may merge a pull request at ``sha``, the head that was judged.

    Args:
        pull: as the forge has it now.
        protection: of the branch it goes to.
        checks: of its head.
        reviews: oldest first.
        permissions: what each reviewer may do in the repository now; who is not in it may nothing.
        policy: the committed one, of the base branch.
        sha: the head that was judged; any other is not merged.
        me: the login we speak as.
        paths: the files it changes.
    """
    if policy.merge is None:
        return MayMerge(method=None, why=("the policy names no way to merge: a person merges",))
    least = replace(protection, approvals=max(protection.approvals, 1))
    waits = waits_for(pull, protection=least, checks=checks, reviews=reviews, permissions=permissions, sha=sha, me=me)
    why = (*_of_head(pull, sha), *_of_method(policy.merge, protection), *_of_paths(paths), *waits)
    return MayMerge(method=None, why=why) if why else MayMerge(method=policy.merge)


def waits_for(  # noqa: PLR0913 - all that it may wait for
    pull: Pull,
    *,
    protection: Protection,
    checks: Sequence[Check],
    reviews: Sequence[Review],
    permissions: Mapping[str, Permission],
    sha: str,
    me: str,
) -> tuple[str, ...]:
    """What has to be before a pull request at that head can be merged by whoever merges it; as for `may_merge`."""
    return (
        *_of_pull(pull),
        *_of_checks(checks_of(checks, protection, sha=sha)),
        *_of_reviews(pull, reviews, permissions, needed=protection.approvals, sha=sha, me=me),
    )


def standing_reviews(reviews: Sequence[Review]) -> Mapping[str, Review]:
    """The last word of each reviewer; a mere comment is none."""
    return {each.author.login: each for each in reviews if each.verdict != "commented"}


def _counts(check: Check, required: Collection[str]) -> bool:
    return is_ours(check) or not required or check.name in required


def _of_pull(pull: Pull) -> Iterator[str]:
    if pull.state != "open":
        yield f"it is {pull.state}"
    if pull.draft:
        yield "it is a draft"
    if pull.fork:
        yield "it comes from a fork: a person merges"
    if pull.base.startswith(OURS):
        yield f"it stands on {pull.base}, which comes first"
    if pull.mergeable is None:
        yield "the forge has not found out yet whether it can be merged"
    elif not pull.mergeable:
        yield f"it conflicts with {pull.base}"


def _of_head(pull: Pull, sha: str) -> Iterator[str]:
    if pull.head_sha != sha:
        yield f"its head is {pull.head_sha[:10]}, and {sha[:10]} was judged"


def _of_method(method: MergeMethod, protection: Protection) -> Iterator[str]:
    if method not in protection.methods:
        allowed = ", ".join(protection.methods) or "no method"
        yield f"the policy says {method}, and the repository allows {allowed}"


def _of_paths(paths: Collection[str]) -> Iterator[str]:
    if found := elsewhere(paths):
        folder, inside, _ = found[0].partition("/")
        yield f"it changes {folder}{inside}, which a person has to merge"


def _of_checks(found: Checks) -> Iterator[str]:
    failed = [each.name for each in (*found.ours, *found.red)]
    if failed:
        yield f"red: {', '.join(failed)}"
    if found.pending:
        yield f"{NOT_DONE}{', '.join(found.pending)}"


def _of_reviews(
    pull: Pull,
    reviews: Sequence[Review],
    permissions: Mapping[str, Permission],
    *,
    needed: int,
    sha: str,
    me: str,
) -> Iterator[str]:
    last = [each for each in standing_reviews(reviews).values() if _is_other(each.author, pull, me=me)]
    against = [each.author.login for each in last if each.verdict == "changes_requested"]
    if against:
        yield f"changes are requested by {', '.join(against)}"
    heard = [each for each in last if each.verdict == "approved" and _may_approve(each.author, permissions)]
    here = [each for each in heard if each.commit == sha]
    if len(here) < needed:
        old = f"; {len(heard) - len(here)} of an older head" if len(heard) > len(here) else ""
        yield f"{len(here)} of {needed} approvals of this head{old}"


def _is_other(account: Account, pull: Pull, *, me: str) -> bool:
    return not account.bot and account.login not in {me, pull.author.login}


def _may_approve(account: Account, permissions: Mapping[str, Permission]) -> bool:
    return PERMISSIONS.index(permissions.get(account.login, "none")) >= _LEAST
