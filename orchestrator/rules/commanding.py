"""Who may command the bot, and how much: rules on what the forge and the book say. Pure; no text of anybody counts."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from ..nouns.forge import PERMISSIONS, Account, Permission
from ..nouns.policy import Policy
from .guarded import elsewhere
from .permission import word_on
from .said import Said, Word

DAY = 86_400.0
"""Seconds. A person's day are the last 24 hours: it does not depend on anybody's clock on the wall."""
STARTS: frozenset[Word] = frozenset({"run", "plan"})
BOUND: frozenset[Word] = frozenset({"run", "plan", "approve"})
"""What is said of the code that was seen, and of no other."""
_NAMES = re.compile(r"[\w./-]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Started:
    """A run that somebody started through the bot."""

    by: str
    at: float
    usd: float = 0.0
    working: bool = True


def is_ours(account: Account, *, me: str) -> bool:
    """Whether a bot wrote it, we ourselves among them: no bot is obeyed, so that none can drive another in circles."""
    login = account.login.casefold()
    return account.bot or login.endswith("[bot]") or login == me.casefold()


def least(policy: Policy) -> Permission:
    """The least permission with which somebody commands; a policy raises it, and never lowers it below ``write``."""
    return max("write", policy.may_start, key=PERMISSIONS.index)


def why_not(login: str, permission: Permission, policy: Policy) -> str:
    """Why somebody with this permission may not command; empty where they may."""
    if PERMISSIONS.index(permission) < PERMISSIONS.index(least(policy)):
        return f"commands need the permission `{least(policy)}` in this repository."
    if policy.people and login.casefold() not in {each.casefold() for each in policy.people}:
        return "the repository's policy names who may command, and you are not among them."
    return ""


def moved(head: str, *, seen: str, said: Said) -> str:
    """Why a command that is bound to a head is not obeyed at this one; empty where it is.

    Args:
        head: the head as it is now.
        seen: the head when the command was written, as far as is known; empty where it is not.
        said: the command; with ``--at`` it says itself what it is about.
    """
    if said.word not in BOUND:
        return ""
    named = said.options.get("at", "")
    if named and not head.startswith(named):
        return f"the head is {head[:10]}, not {named[:10]}: look at it, and say it again."
    if not named and seen and seen != head:
        return f"the head moved from {seen[:10]} to {head[:10]} since you wrote: look at it, and say it again."
    return ""


def too_much(login: str, runs: Iterable[Started], policy: Policy, *, now: float) -> str:
    """Why nobody, or this person, may start another run now; empty where they may."""
    known = tuple(runs)
    working = sum(each.working for each in known)
    if working >= policy.runs_at_once:
        return f"{working} runs are at work, and the policy allows {policy.runs_at_once} at once: say it again later."
    mine = [each for each in known if each.by.casefold() == login.casefold() and each.at > now - DAY]
    most = policy.runs_per_person_day
    if most is not None and len(mine) >= most:
        return f"you started {len(mine)} runs in 24 hours, and the policy allows {most}."
    cap, spent = policy.usd_per_person_day, sum(each.usd for each in mine)
    if cap is not None and spent >= cap:
        return f"your runs of 24 hours spent ${spent:.2f}, and the policy allows ${cap:.2f}."
    return ""


def too_dear(usd: float, *, started_by: str, runs: Iterable[Started], policy: Policy, now: float) -> str:
    """Why the cap of a run may not rise by so much now, whoever says it; empty where it may, or does not rise."""
    cap = policy.usd_per_person_day
    mine = sum(each.usd for each in runs if each.by.casefold() == started_by.casefold() and each.at > now - DAY)
    if cap is None or usd <= 0 or mine + usd <= cap:
        return ""
    return (
        f"that brings the runs that {started_by} started in 24 hours to ${mine + usd:.2f}, "
        f"and the policy allows ${cap:.2f}."
    )


def left(login: str, runs: Iterable[Started], policy: Policy, *, now: float) -> float | None:
    """Dollars that a run of theirs may spend; None where no policy says."""
    mine = sum(each.usd for each in runs if each.by.casefold() == login.casefold() and each.at > now - DAY)
    day = None if policy.usd_per_person_day is None else max(policy.usd_per_person_day - mine, 0.0)
    return min((each for each in (day, policy.usd_per_run) if each is not None), default=None)


def needs_another(paths: Sequence[str], *, by: str, started_by: str) -> str:
    """Why this person cannot alone let a task change such files; empty where they can."""
    held = elsewhere(paths)
    if held and by.casefold() == started_by.casefold():
        return f"{len(held)} of these files decide what runs elsewhere ({held[0][:80]}): somebody else has to agree."
    return ""


def alone(text: str) -> tuple[str, ...]:
    """The files of that kind that an answer in own words lets change; a bare name may mean one of the workflows."""
    names = dict.fromkeys(each.strip("./-") for each in _NAMES.findall(text))
    paths = (f".{each}" if each.startswith("github/") else _of_forge(each) for each in names)
    return tuple(path for path in elsewhere(paths) if word_on(path, text) == "yes")


def _of_forge(name: str) -> str:
    return f".github/workflows/{name}" if name.endswith((".yml", ".yaml")) and "/" not in name else name


def of_fork(said: Said, policy: Policy) -> str:
    """Why a command is not obeyed on a pull request from a fork; empty where it is, and then only its text counts."""
    if said.word not in STARTS or policy.follow_forks:
        return ""
    return "this pull request comes from a fork, and the policy does not follow forks."
