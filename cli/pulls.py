"""`agentctl pr`, and `deliver --pr`: brings a run's slices to a forge, and says how its pull requests stand."""

import argparse
import asyncio
import os
import re
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import Any

from ..orchestrator.clock import SystemClock
from ..orchestrator.errors import UsageError
from ..orchestrator.forge.port import Forge
from ..orchestrator.git.opening import open_repository
from ..orchestrator.git.repository import Repository
from ..orchestrator.nouns.delivery import Cut
from ..orchestrator.nouns.forge import Login
from ..orchestrator.nouns.policy import Policy
from ..orchestrator.nouns.stack import Deed, Told
from ..orchestrator.pulls.bringing import Brought, Judge, Pulling
from ..tui.clean import clean
from ..tui.snapshot import counted
from .documents import pull_document
from .outcome import DONE, WAITING
from .output import emit, emit_json, say
from .policy_table import policy_on
from .pull_words import deed_line
from .remotes import chosen, remotes_of
from .repository import OpenRun, locate, open_run

_HOUR = re.compile(r"([01]?\d|2[0-3]):[0-5]\d")


@dataclass(frozen=True, slots=True, kw_only=True)
class Bench:
    """What bringing a run to a forge is done with."""

    run: OpenRun
    git: Repository
    forge: Forge
    login: Login
    target: str


def opened(args: argparse.Namespace) -> int:
    """Open what is not open yet, and bring the rest up to date."""
    return _with_bench(args, lambda bench: _brought(args, bench))


def updated(args: argparse.Namespace) -> int:
    """The same, of a run that has pull requests already; with ``--rebase`` on the branch as it is now."""

    async def update(bench: Bench) -> int:
        if not any(pull.number for pull in bench.run.store.pulls()):
            name = bench.run.folder.run
            raise UsageError(f"Run {name} has no pull request yet: open them with `agentctl pr open {name}`.")
        return await _brought(args, bench)

    return _with_bench(args, update)


def told(args: argparse.Namespace) -> int:
    """How each pull request of the run stands on the forge, and what it waits for."""
    from .pull_status import document, lines, look

    async def tell(bench: Bench) -> int:
        found = await look(bench.run.store.pulls(), bench.forge, me=bench.login.account.login)
        if args.json:
            emit_json({"run": bench.run.folder.run, "repository": str(bench.forge.repo), "pulls": document(found)})
        else:
            emit(lines(found))
        return DONE

    return _with_bench(args, tell, write=False)


async def deliver(args: argparse.Namespace, bench: Bench, cuts: Sequence[Cut], judge: Judge) -> int:
    """Bring these slices to the forge, or say what that would do."""
    policy = await _policy(args, bench)
    pulling = Pulling(
        run=bench.run.folder.run,
        forge=bench.forge,
        git=bench.git,
        store=bench.run.store,
        judge=judge,
        clock=SystemClock(),
        target=bench.target,
        policy=policy,
    )
    if args.dry_run:
        _, actions = await pulling.planned(cuts)
        _print(args, bench, [each for each in actions if not isinstance(each, Told)], _tellings(actions))
        return DONE
    brought = await (pulling.rebase(cuts) if getattr(args, "rebase", False) else pulling.bring(cuts))
    _print(args, bench, brought.done, brought.told)
    return WAITING if _asks(brought) else DONE


@asynccontextmanager
async def benched(args: argparse.Namespace, run: OpenRun) -> AsyncIterator[Bench]:
    """The forge of this repository, announced: as whom we speak, and what that login cannot do."""
    from .forges import forge_for

    git = open_repository(locate(args.repo))
    repo = chosen(remotes_of(git), named=args.repo_name)
    forge = await forge_for(repo, environ=os.environ)
    try:
        login = await forge.login()
        say(f"{repo} on {repo.host}, as {clean(login.account.login)} ({login.way})")
        for cannot in login.cannot:
            say(f"  note: {clean(cannot)}")
        yield Bench(run=run, git=git, forge=forge, login=login, target=args.base or await forge.default_branch())
    finally:
        await forge.close_connection()


def _with_bench(
    args: argparse.Namespace, work: Callable[[Bench], Coroutine[Any, Any, int]], *, write: bool = True
) -> int:
    async def all_of_it(run: OpenRun) -> int:
        async with benched(args, run) as bench:
            return await work(bench)

    check(args)  # what is wrong with the options is said before anything is asked of the forge
    with open_run(args.repo, args.run, write=write) as run:
        return asyncio.run(all_of_it(run))


async def _brought(args: argparse.Namespace, bench: Bench) -> int:
    from .sliced import sliced

    policy, root = await _policy(args, bench), locate(args.repo)
    minutes = policy.review_minutes
    async with sliced(
        bench.run, root, review_minutes=minutes, accepted=args.unsandboxed, moves=not args.dry_run, tell=say
    ) as found:
        return await deliver(args, bench, found.cuts, found.judge)


def check(args: argparse.Namespace) -> None:
    """Raise UsageError where an option cannot be used."""
    if args.draft_until and not _HOUR.fullmatch(args.draft_until):
        raise UsageError(f"--draft-until {clean(args.draft_until, width=40)!r} is no hour: write one such as 09:00.")
    if args.max_open is not None and args.max_open < 1:
        raise UsageError(f"--max-open {args.max_open} opens nothing: write 1 or more.")


async def _policy(args: argparse.Namespace, bench: Bench) -> Policy:
    """What the branch that they go to has committed; options only ever tighten it."""
    policy = await policy_on(bench.forge, bench.target)
    if args.draft_until:
        policy = replace(policy, draft_until=max(policy.draft_until, args.draft_until.zfill(5)))
    if args.max_open is not None:
        policy = replace(policy, max_open_prs=min(args.max_open, policy.max_open_prs))
    minutes = getattr(args, "review_minutes", None)
    return policy if minutes is None else replace(policy, review_minutes=_stricter(policy.review_minutes, minutes))


def _stricter(allowed: float, wanted: float) -> float:
    """Of two limits of minutes the lower one, where 0 is none."""
    return min((each for each in (allowed, wanted) if each), default=0.0)


def _asks(brought: Brought) -> bool:
    return any("clashes with" in each.words for each in brought.told)


def _tellings(actions: Sequence[Deed | Told]) -> list[Told]:
    return [each for each in actions if isinstance(each, Told)]


def _print(args: argparse.Namespace, bench: Bench, deeds: Sequence[Deed], tellings: Sequence[Told]) -> None:
    pulls = [pull for pull in bench.run.store.pulls() if pull.number]
    doings = [line for deed in deeds if (line := deed_line(deed))]
    if args.json:
        emit_json(
            {
                "run": bench.run.folder.run,
                "repository": str(bench.forge.repo),
                "as": bench.login.account.login,
                "dry_run": args.dry_run,
                "done": doings,
                "told": tellings,
                "pulls": [pull_document(pull) for pull in pulls],
            }
        )
        return
    if args.dry_run:
        emit(doings or ["nothing is to be done"])
    else:
        for line in doings:
            say(line)
        emit(f"#{pull.number}  {pull.state:<6}  {clean(pull.title, width=72)}  {clean(pull.url)}" for pull in pulls)
        say(f"{counted(len(doings), 'step')} done" if doings else "nothing was to be done")
    for each in tellings:
        say(f"{clean(each.name)}: {clean(each.words, width=300)}")
