"""How a run follows its base branch: the task that brings what is new there, and what it then promises. Pure.

What the branch brings is a patch like any other: the gate judges it alone and with all that has landed, and the merge
queue lands it. A base that is red where it was green is not followed; one that was rewritten, only at a person's word.
"""

from collections.abc import Collection, Mapping
from dataclasses import replace

from ..nouns.hands import Follow
from ..nouns.plan import Plan, Task, Team
from ..nouns.verdicts import Expectation, GateReport
from .amending import next_task
from .expectations import baseline

FOLLOWS = "follows:"
"""Prefix of the choices that say what became of the wish of that number to follow the base branch."""
FOLLOWED_BY = "policy:follow"
"""The author of a wish that the setting `follow` makes."""
BASE = Team(id="base", purpose="what the branch brings that the run began on")
_SHOWN = 3


def following(plan: Plan, wish: Follow, *, since: str) -> Task:
    """The task whose landing brings what the branch has since that commit."""
    return Task(
        id=next_task(plan),
        team=BASE.id,
        title=f"Follow {wish.branch} to {wish.commit[:10]}" if wish.branch != wish.commit else _by_commit(wish),
        goal=f"Brings what {wish.branch} has since {since[:10]}, by the word of {said_by(wish.by)}.",
        follows=wish.commit,
    )


def _by_commit(wish: Follow) -> str:
    return f"Follow the base to {wish.commit[:10]}"


def said_by(author: str) -> str:
    """Who wanted it, in words."""
    return "the setting `follow`" if author == FOLLOWED_BY else author.removeprefix("person:")


def is_over(plan: Plan, states: Mapping[str, str]) -> bool:
    """Whether nothing is being followed: the next is begun when this one has landed or was left out."""
    return all(states.get(task.id) in {"landed", "dropped"} for task in plan.tasks if task.follows)


def broken(promised: Expectation, report: GateReport) -> tuple[str, ...]:
    """The tests that were green on the base before and fail on it now."""
    return tuple(sorted(r.id for r in report.results if r.outcome in {"failed", "error"} and r.id in promised.tests))


def promises(before: Expectation, report: GateReport) -> Expectation:
    """What the base promises from here on; what an edit of the spec lets go may still go."""
    now = baseline(report)
    return replace(now, tests=now.tests - before.may_go, may_go=before.may_go)


def red(branch: str, tests: Collection[str]) -> str:
    """Why a branch whose own tests fail is not followed."""
    shown = ", ".join(sorted(tests)[:_SHOWN])
    more = f" and {len(tests) - _SHOWN} more" if len(tests) > _SHOWN else ""
    fail = "fails" if len(tests) == 1 else "fail"
    return f"{branch} is red there: {shown}{more} passed on what the run stands on, and {fail} now."


def unjudged(branch: str, report: GateReport) -> str:
    """Why a branch whose tests do not run to their end is not followed."""
    return f"the tests of {branch} do not run to their end there: {report.problem or 'the test run did not complete'}"


def packages(branch: str, manifests: Collection[str]) -> str:
    """What it means that the branch has other manifests than the run's base, as sentences; empty where it has not."""
    if not manifests:
        return ""
    named = ", ".join(manifests)
    return (
        f"On {branch} {named} {'is' if len(manifests) == 1 else 'are'} not as the run began with: its tests go on with "
        "the packages that it began with, and what only the new one installs is missing there. A new run has it."
    )


def rewritten(branch: str, *, ground: str, commit: str) -> str:
    """Why a branch that lost what the run stands on is not followed."""
    return (
        f"{branch} was rewritten: {commit[:10]} does not stand on {ground[:10]}, on which this run builds. "
        "`agentctl follow --force` follows it all the same, and takes out what is not there any more."
    )


def clash(branch: str, paths: Collection[str], *, tasks: Collection[str], commits: Collection[str]) -> str:
    """Why what a branch brings does not merge: the paths, who changed them here, and which commits did there."""
    here = ", ".join(tasks) or "this run"
    there = f"{', '.join(commits)} of {branch}" if commits else branch
    return f"{here} and {there} changed the same lines of {', '.join(paths)}."
