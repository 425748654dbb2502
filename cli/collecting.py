"""`agentctl gc`: what is left over is looked for, told, and taken away, by one process of a repository at a time."""

import argparse
import asyncio
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from ..orchestrator.git.opening import open_repository
from ..orchestrator.git.repository import Repository
from ..orchestrator.leftovers.look import Leftover, Wanted, look
from ..orchestrator.leftovers.state import State
from ..orchestrator.leftovers.take_away import Done, take_away
from .one_at_a_time import one_at_a_time
from .output import emit, emit_json
from .repository import locate
from .settings import Flags, load

_NOTHING = "nothing is left over"
_KB, _MB, _GB = 1 << 10, 1 << 20, 1 << 30


def collect(args: argparse.Namespace) -> int:
    """Look, take away unless it is only to be told, and say so; 1 where something could not be taken away."""
    root = locate(args.repo)
    days = load(root, Flags()).keep_days if args.keep_days is None else args.keep_days
    wanted = Wanted(now=time.time(), days=days, runs=args.runs)
    done = asyncio.run(_collected(open_repository(root), root, wanted, dry_run=args.dry_run))
    if args.json:
        emit_json(_document(done, days=days, dry_run=args.dry_run))
    else:
        emit(_told(done, days=days, dry_run=args.dry_run))
    return 1 if any(not each.gone and not args.dry_run for each in done) else 0


async def _collected(repository: Repository, root: Path, wanted: Wanted, *, dry_run: bool) -> Sequence[Done]:
    if dry_run:
        return [Done(leftover=each, gone=False) for each in await look(repository, root, wanted)]
    state = State(root=root)
    state.check()
    if not state.home.is_dir():
        return await take_away(repository, root, await look(repository, root, wanted))
    with one_at_a_time(state.lock):
        return await take_away(repository, root, await look(repository, root, wanted))


def _told(done: Sequence[Done], *, days: float, dry_run: bool) -> Iterator[str]:
    for each in done:
        mark = "would go" if dry_run else "gone" if each.gone else "KEPT"
        why = each.why or each.leftover.why
        yield f"{mark}  {told(each.leftover)}: {why}"
    if not done:
        yield f"{_NOTHING}; attempts are kept for {days:g} days after their run"
        return
    counted = [each.leftover for each in done if each.gone or dry_run]
    refs = sum(len(each.refs) for each in counted)
    freed = bytes_told(sum(each.bytes for each in counted))
    yield f"{'would free' if dry_run else 'freed'} {freed}" + (
        f", and {refs} refs, whose objects git itself drops when it next collects garbage" if refs else ""
    )


def told(leftover: Leftover) -> str:
    """What it is, and how large."""
    amount = f"{len(leftover.refs)} refs" if leftover.refs else bytes_told(leftover.bytes)
    return (
        f"{leftover.kind} of {leftover.name}, {amount}"
        if leftover.name.startswith("run ")
        else (f"{leftover.kind} {leftover.name}, {amount}")
    )


def bytes_told(count: int) -> str:
    """An amount of bytes as one reads it: ``640 bytes``, ``3.4 MB``."""
    for unit, name in ((_GB, "GB"), (_MB, "MB"), (_KB, "KB")):
        if count >= unit:
            return f"{count / unit:.1f} {name}"
    return f"{count} bytes"


def _document(done: Sequence[Done], *, days: float, dry_run: bool) -> dict[str, object]:
    return {
        "dry_run": dry_run,
        "keep_days": days,
        "bytes": sum(each.leftover.bytes for each in done if each.gone or dry_run),
        "refs": sum(len(each.leftover.refs) for each in done if each.gone or dry_run),
        "leftovers": [
            {
                "kind": each.leftover.kind,
                "name": each.leftover.name,
                "why": each.leftover.why,
                "bytes": each.leftover.bytes,
                "refs": sorted(each.leftover.refs),
                "paths": [str(path) for path in each.leftover.paths],
                "gone": each.gone,
                "kept_because": each.why,
            }
            for each in done
        ],
    }
