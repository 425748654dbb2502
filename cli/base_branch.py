"""`follow`: a run takes in what its base branch has by now; what stands in the way is told before that is kept."""

import argparse
import asyncio
import time

from ..orchestrator.errors import AgentctlError, UsageError
from ..orchestrator.following import hindrance, other_manifests
from ..orchestrator.git.opening import open_repository
from ..orchestrator.git.repository import Repository
from ..orchestrator.nouns.hand_facts import FollowAsked
from ..orchestrator.nouns.hands import Follow
from ..orchestrator.nouns.keys import integration_branch
from ..orchestrator.opened import open_again
from ..orchestrator.rules.following import packages
from ..orchestrator.run_view import BASE_BRANCH, ground_of, view_of
from ..tui.clean import clean, clean_lines
from . import processes
from .built_before import spec_of
from .followed import Followed, followed_in
from .opening import announce, go_on, goes_on_here, open_for_more, require_branch
from .output import emit, emit_json, say
from .repository import OpenRun, locate, opened

DONE, REFUSED = 0, 1
_LOOK = 0.05


def follow(args: argparse.Namespace) -> int:
    """Take in what the base branch has, or say why that cannot be.

    Raises:
        UsageError: it is not known what to follow, or there is no such commit, or it is being followed already.
        AgentctlError: what the branch brings clashes with what the run built, or the branch was rewritten.
    """
    root = locate(args.repo)
    with open_for_more(args) as run:
        git, by = open_repository(root), processes.person(root)
        wish = asyncio.run(_wish(args, run, git, by=by))
        if wish.commit == ground_of(run.store):
            say(f"run {run.folder.run} stands on {wish.commit[:10]} of {clean(wish.branch)} already")
            return _emit(args, run, _nothing(wish), state="up to date", code=DONE)
        asyncio.run(check(run, git, wish))
        number = ask(run, wish)
        say(f"{clean(wish.branch)} is to be followed to {wish.commit[:10]}: the gate judges what the run built on that")
        others = asyncio.run(other_manifests(wish.commit, store=run.store, git=git))
        if others:
            say(clean(packages(wish.branch, others), width=2000))
        announce(run)
        _wait(run, number, later=args.later)
        known, folder = _is_known(_outcome(run, number)), run.folder
        here = not known and goes_on_here(args, folder)
    code = go_on(args, folder) if here else DONE
    with opened(folder) as run:
        return _tell(args, run, _outcome(run, number) or _nothing(wish), code=code)


async def _wish(args: argparse.Namespace, run: OpenRun, git: Repository, *, by: str) -> Follow:
    """What is to be followed. Raises UsageError where nothing is named, or nothing is there by that name."""
    name = run.folder.run
    branch = args.onto or run.store.choice(BASE_BRANCH)
    if not branch:
        raise UsageError(
            f"Run {name} does not know on which branch it began: name it, `agentctl follow {name} --onto main`."
        )
    asked = args.onto or f"refs/heads/{branch}"
    commit = await git.resolve(f"{asked}^{{commit}}") if await git.resolve(asked) is not None else None
    if commit is None:
        raise UsageError(f"There is no commit {clean(branch, width=80)} here: name a branch with `--onto BRANCH`.")
    return Follow(number=0, commit=commit, branch=branch, force=args.force, by=by, at=0.0)


async def check(run: OpenRun, git: Repository, wish: Follow) -> None:
    """All that git knows beforehand.

    Raises:
        UsageError: another commit is being followed, or the run's branch is gone.
        AgentctlError: it cannot be followed there; says what stands in the way.
    """
    name = run.folder.run
    require_branch(await git.resolve(integration_branch(name)), name)
    pending = [each for each in followed_in(run.store) if not _is_known(each)]
    if pending or len(run.store.hands().follows) > len(list(followed_in(run.store))):
        raise UsageError(f"The base branch of run {name} is being followed already: see `agentctl status {name}`.")
    view = view_of(run.store, await spec_of(run.folder, run.store, git))
    if why := await hindrance(wish, view=view, git=git):
        raise AgentctlError(f"{clean(wish.branch)} cannot be followed: {clean(why, width=2000)} Nothing was changed.")


def ask(run: OpenRun, wish: Follow) -> int:
    """Keep the wish; returns its number."""
    while True:
        number = len(run.store.hands().follows) + 1
        asked = FollowAsked(number=number, commit=wish.commit, branch=wish.branch, force=wish.force)
        if run.store.append(asked, author=wish.by):
            return number


def _outcome(run: OpenRun, number: int) -> Followed | None:
    return next((each for each in followed_in(run.store) if each.number == number), None)


def _is_known(outcome: Followed | None) -> bool:
    """Whether it was decided: landed, or not possible."""
    return outcome is not None and bool(outcome.commit or outcome.reasons)


def _nothing(wish: Follow) -> Followed:
    """Of a wish that nobody has seen to."""
    return Followed(number=wish.number, branch=wish.branch, to=wish.commit, by=wish.by, task="", commit="", reasons="")


def _wait(run: OpenRun, number: int, *, later: bool) -> None:
    """Until the driver knows what comes of it, or is gone, which may have ended the run at this very moment."""
    while not later and run.folder.driver() is not None and not _is_known(_outcome(run, number)):
        time.sleep(_LOOK)
    open_again(run.store)


def _tell(args: argparse.Namespace, run: OpenRun, outcome: Followed, *, code: int) -> int:
    """Say what came of it, and return the exit code; ``code`` is that of driving, where nothing is known yet."""
    if outcome.commit:
        code = _emit(args, run, outcome, state="followed", code=DONE)
        say(
            f"{clean(outcome.branch)} was followed to {outcome.to[:10]} by {outcome.task}, commit {outcome.commit[:10]}"
        )
        return code
    if outcome.reasons:
        say(f"{clean(outcome.branch)} was not followed, and nothing was changed:")
        for line in clean_lines(outcome.reasons).splitlines():
            say(f"  {line}")
        return _emit(args, run, outcome, state="refused", code=REFUSED)
    return _emit(args, run, outcome, state="asked", code=code)


def _emit(args: argparse.Namespace, run: OpenRun, outcome: Followed, *, state: str, code: int) -> int:
    if args.json:
        emit_json(
            {
                "run": run.folder.run,
                "branch": outcome.branch,
                "to": outcome.to,
                "state": state,
                "task": outcome.task,
                "commit": outcome.commit,
                "ground": ground_of(run.store),
                "reasons": outcome.reasons,
                "manifests": list(outcome.manifests),
            }
        )
    elif outcome.commit:
        emit([outcome.commit])
    return code
