"""What `agentctl gate check` does and prints: the gate of a run from here, on HEAD, with faults planted.

The checkout is left alone: trees are made from git's objects, and faults exist in the sandbox only.
"""

import argparse
import asyncio
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from ..orchestrator.errors import RepositoryError, UsageError
from ..orchestrator.evidence.packages import ROOT
from ..orchestrator.evidence.planted import Planted, Proven, prove_gate
from ..orchestrator.git.opening import open_repository
from ..tui.clean import clean
from ..tui.snapshot import counted
from .output import table
from .repository import locate
from .verifying import commit_at, dirty
from .verifying_bench import Bench, sweep

HEAD = ("PACKAGE", "PLANTED", "CAUGHT BY")
NOT_CAUGHT = "NOT CAUGHT: nothing tests what this package does"
_SHORT = 7
_LISTED = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What was seen of the gate, and on what."""

    commit: str
    dirty: tuple[str, ...]
    """Files of the checkout that are not as they are committed, and so were not looked at."""
    proven: Proven
    services: tuple[str, ...] = ()
    """What ran beside it."""


def run(args: argparse.Namespace) -> Found:
    """Prove the gate on HEAD.

    Raises:
        UsageError: the settings, the repository or the folders cannot be used as given.
        RepositoryError: the tests do not run to their end on HEAD, so there is nothing to prove.
        AgentctlError: nothing here confines commands, the disk is full, git refused.
    """
    root = locate(args.repo)
    try:
        return asyncio.run(_prove(args, root))
    finally:
        sweep(root)


async def _prove(args: argparse.Namespace, root: Path) -> Found:
    git = open_repository(root)
    commit = await commit_at(git, "HEAD")
    tree = await git.tree_of(commit)
    wanted = tuple(_folder(each) for each in args.packages)
    entries = await git.entries(tree)
    for folder in wanted:
        if folder != ROOT and not any(path.startswith(f"{folder}/") for path in entries):
            raise UsageError(f"{clean(folder)} is no folder of HEAD: name one relative to the repository's root.")
    async with Bench.opened(git, root, commit, args, whole=True) as bench:
        gate = await bench.gate()
        proven = await prove_gate(tree, gate=gate, git=git, wanted=wanted, most=args.faults, say=bench.progress.say)
    if not proven.runs[0].complete:
        raise RepositoryError(
            f"The gate does not run to its end on HEAD, so it proves nothing: {proven.runs[0].problem}"
        )
    services = tuple(each.name for each in bench.settings.services)
    return Found(commit=commit, dirty=await dirty(git), proven=proven, services=services)


def _folder(given: str) -> str:
    """A folder as git writes it."""
    path = PurePosixPath(given)
    if path.is_absolute() or ".." in path.parts:
        raise UsageError(f"{clean(given)}: name a folder of the repository, relative to its root.")
    return str(path)


def lines(found: Found) -> Iterator[str]:
    """The table, what came out differently, and the sum."""
    proven = found.proven
    state = f"{counted(len(found.dirty), 'file')} not committed, so not looked at" if found.dirty else "tree clean"
    one, two = proven.runs
    times = f"{counted(len(one.results), 'test')}, run twice: {one.seconds:.1f} s, {two.seconds:.1f} s"
    beside = f"  beside {', '.join(found.services)}" if found.services else ""
    yield f"HEAD {found.commit[:_SHORT]}  {state}  {times}{beside}"
    yield from table([HEAD, *(_row(each) for each in proven.packages)]) if proven.packages else ()
    for each in proven.differs:
        yield f"flaky: {clean(each.name)}: {clean(each.first)}, then {clean(each.second)}"
    if proven.red:
        more = f" and {len(proven.red) - _LISTED} more" if len(proven.red) > _LISTED else ""
        yield f"red on HEAD, so they catch nothing: {clean(', '.join(proven.red[:_LISTED]))}{more}"
    yield _sum(proven)


def _row(planted: Planted) -> tuple[str, str, str]:
    caught = planted.caught
    if caught is not None:
        return clean(planted.package), clean(str(caught.mutant)), clean(caught.by)
    missed = [each for each in planted.faults if each.ending == "missed"]
    if not missed:
        fault = planted.faults[0]
        return clean(planted.package), clean(str(fault.mutant)), f"NOT CAUGHT: no fault could be run: {clean(fault.by)}"
    more = f" and {len(missed) - 1} more" if len(missed) > 1 else ""
    return clean(planted.package), f"{clean(str(missed[0].mutant))}{more}", NOT_CAUGHT


def _sum(proven: Proven) -> str:
    if proven.ok:
        return f"proven: {counted(len(proven.packages), 'package')} with a fault that is caught, and both runs agree"
    caught = sum(each.caught is not None for each in proven.packages)
    parts = [f"{caught}/{len(proven.packages)} packages with a fault that is caught"] if proven.packages else []
    parts += [_nothing(proven)] if not proven.packages else []
    parts += [f"{counted(len(proven.differs), 'test')} flaky"] if proven.differs else []
    return f"not proven: {', '.join(parts)}"


def _nothing(proven: Proven) -> str:
    if not all(each.complete for each in proven.runs):
        return "one of the two runs did not end by itself, so no fault was planted"
    return "no code in which a fault can be planted"


def document(found: Found) -> dict[str, object]:
    """Everything, for a program. Its keys only ever grow."""
    proven = found.proven
    return {
        "commit": found.commit,
        "uncommitted": found.dirty,
        "tests": len(proven.runs[0].results),
        "seconds": [round(each.seconds, 3) for each in proven.runs],
        "services": found.services,
        "packages": [_package(each) for each in proven.packages],
        "differs": [{"name": each.name, "first": each.first, "second": each.second} for each in proven.differs],
        "red": proven.red,
        "ok": proven.ok,
        "reason": "" if proven.ok else _sum(proven),
    }


def _package(planted: Planted) -> dict[str, object]:
    caught = planted.caught
    return {
        "package": planted.package,
        "caught": caught is not None,
        "by": caught.by if caught is not None else "",
        "planted": [
            {
                "path": each.mutant.path,
                "line": each.mutant.edit.line,
                "kind": each.mutant.edit.kind,
                "was": each.mutant.edit.was,
                "now": each.mutant.edit.now,
                "ending": each.ending,
                "by": each.by,
            }
            for each in planted.faults
        ],
    }
