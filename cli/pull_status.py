"""How a run's pull requests stand on the forge now: checks, reviews, and what each waits for."""

from collections.abc import Sequence
from dataclasses import dataclass

from ..orchestrator.forge.port import Forge
from ..orchestrator.nouns.delivery import Opened
from ..orchestrator.nouns.forge import Permission, Pull, Review
from ..orchestrator.rules.checks_of_pulls import Checks, checks_of, standing_reviews, waits_for
from ..tui.clean import clean
from ..tui.snapshot import counted
from .documents import pull_document
from .output import table


@dataclass(frozen=True, slots=True, kw_only=True)
class PullNow:
    """A pull request as we left it and as it is; ``pull`` is None where the forge does not have it."""

    kept: Opened
    pull: Pull | None
    checks: Checks | None = None
    approved: tuple[str, ...] = ()
    against: tuple[str, ...] = ()
    waits: tuple[str, ...] = ()


async def look(kept: Sequence[Opened], forge: Forge, *, me: str) -> list[PullNow]:
    """Ask for each of them anew."""
    return [await _look(each, forge, me=me) for each in kept if each.number]


async def _look(kept: Opened, forge: Forge, *, me: str) -> PullNow:
    pull = await forge.pull(kept.number)
    if pull is None or pull.state != "open":
        return PullNow(kept=kept, pull=pull)
    protection, checks = await forge.protection(pull.base), await forge.checks(pull.head_sha)
    reviews = await forge.reviews(kept.number)
    permissions: dict[str, Permission] = {login: await forge.permission(login) for login in standing_reviews(reviews)}
    return PullNow(
        kept=kept,
        pull=pull,
        checks=checks_of(checks, protection, sha=pull.head_sha),
        approved=_said(reviews, "approved"),
        against=_said(reviews, "changes_requested"),
        waits=waits_for(
            pull,
            protection=protection,
            checks=checks,
            reviews=reviews,
            permissions=permissions,
            sha=pull.head_sha,
            me=me,
        ),
    )


def lines(found: Sequence[PullNow]) -> list[str]:
    """A table, or that there is nothing to show."""
    if not found:
        return ["no pull request yet"]
    head = ("number", "title", "state", "checks", "reviews", "mergeable", "waits for")
    return table([head, *(_row(each) for each in found)])


def document(found: Sequence[PullNow]) -> list[dict[str, object]]:
    """The same for a program."""
    return [
        {
            **pull_document(each.kept),
            "title": each.pull.title if each.pull else each.kept.title,
            "state": _state(each),
            "checks": each.checks,
            "approved": each.approved,
            "changes_requested": each.against,
            "mergeable": each.pull.mergeable if each.pull else None,
            "waits_for": each.waits,
        }
        for each in found
    ]


def _row(each: PullNow) -> tuple[str, ...]:
    title = clean(each.pull.title if each.pull else each.kept.title, width=50)
    if each.pull is None or each.checks is None:
        return f"#{each.kept.number}", title, _state(each), "", "", "", ""
    mergeable = {True: "yes", False: "conflicts", None: "not known yet"}[each.pull.mergeable]
    waits = clean("; ".join(each.waits), width=120) or "somebody who merges it"
    return f"#{each.kept.number}", title, _state(each), _checks(each.checks), _reviews(each), mergeable, waits


def _state(each: PullNow) -> str:
    if each.pull is None:
        return "gone"
    return "draft" if each.pull.state == "open" and each.pull.draft else each.pull.state


def _checks(checks: Checks) -> str:
    failed = len(checks.red) + len(checks.ours)
    many = {"red": f" ({failed})", "pending": f" ({len(checks.pending)})", "green": ""}[checks.state]
    return f"{checks.state}{many}"


def _reviews(each: PullNow) -> str:
    parts = [
        counted(len(each.approved), "approval") if each.approved else "",
        counted(len(each.against), "change request") if each.against else "",
    ]
    return ", ".join(filter(None, parts)) or "none"


def _said(reviews: Sequence[Review], verdict: str) -> tuple[str, ...]:
    return tuple(login for login, each in standing_reviews(reviews).items() if each.verdict == verdict)
