"""`deliver`: what a run built as judged branches, texts of pull requests and mails; says what to do next."""

import argparse
import asyncio
from collections.abc import Iterator, Sequence
from pathlib import Path

from ..orchestrator.errors import UsageError
from ..orchestrator.git.opening import open_repository
from ..orchestrator.nouns.delivery import Cut, Slice
from ..orchestrator.run_view import ground_of
from ..orchestrator.store.folder import find
from ..tui.clean import clean
from ..tui.snapshot import counted
from .delivered import Written, earlier_in, write
from .outcome import branch
from .output import emit, emit_json, say, table
from .policy_table import policy_at
from .repository import OpenRun, locate, opened
from .sliced import cut_run, planned_of

DONE = 0
_OF_A_FORGE = ("repo_name", "base", "draft_until", "max_open")
"""Options that mean nothing without a forge."""


def deliver(args: argparse.Namespace) -> int:
    """Cut the run, write what is to be written, and print it; with ``--pr`` bring it to a forge."""
    if args.pr:
        return _to_forge(args)
    if wrong := [name for name in _OF_A_FORGE if getattr(args, name) is not None]:
        raise UsageError(f"--{wrong[0].replace('_', '-')} is of pull requests: say --pr too.")
    root = locate(args.repo)
    with opened(find(root, args.run), write=not args.dry_run) as run:
        minutes = asyncio.run(_minutes(args, run, root))
        if args.dry_run:
            slices = asyncio.run(planned_of(run, root, review_minutes=minutes))
            _print(args, run, [_of_slice(each) for each in slices], _lines(run, slices))
            say("nothing was judged, moved or written (--dry-run): what is red alone becomes one with its neighbour")
            return DONE
        folder = Path(args.out).expanduser() if args.out else run.folder.path / "delivery"
        earlier_in(folder)  # refuses one that holds other files, before anything is done
        cuts = asyncio.run(cut_run(run, root, review_minutes=minutes, accepted=args.unsandboxed, tell=say))
        written = asyncio.run(write(folder, run, open_repository(root), cuts, mail=args.mail))
        found = [_of_cut(each, written) for each in cuts]
        _print(args, run, found, _lines(run, [each.slice for each in cuts], cuts))
        _say_next(run, cuts, written)
    return DONE


def _to_forge(args: argparse.Namespace) -> int:
    if args.mail or args.out:
        raise UsageError("With --pr the texts go to the forge: leave out --mail and --out, or leave out --pr.")
    from .pulls import opened as pulls_opened

    return pulls_opened(args)


async def _minutes(args: argparse.Namespace, run: OpenRun, root: Path) -> float:
    """How long a slice may take to read: by the command line, else by the policy of the run's base."""
    if args.review_minutes is not None:
        return float(args.review_minutes)
    return (await policy_at(open_repository(root), run.store.run().base)).review_minutes


def _print(args: argparse.Namespace, run: OpenRun, found: Sequence[dict[str, object]], lines: Iterator[str]) -> None:
    if args.json:
        now, base = run.store.run(), ground_of(run.store)
        emit_json({"run": now.id, "state": now.state, "base": base, "branch": branch(now.id), "slices": found})
    else:
        emit(lines)


def _of_slice(each: Slice) -> dict[str, object]:
    return {
        "name": each.name,
        "team": each.team,
        "on": each.on or None,
        "tasks": each.tasks,
        "owners": each.owners,
        "paths": each.paths,
        "review_minutes": each.minutes,
        "notes": each.notes,
    }


def _of_cut(each: Cut, written: Written) -> dict[str, object]:
    return {
        **_of_slice(each.slice),
        "branch": each.branch,
        "base": each.base,
        "head": each.head,
        "tree": each.tree,
        "gate": each.gate,
        "title": each.title,
        "body": each.body,
        "evidence": each.shown,
        "commits": [{"commit": commit, "task": task or None, "title": title} for commit, task, title in each.commits],
        "text": str(written.texts[each.slice.name]),
        "mails": [str(path) for path in written.mails.get(each.slice.name, ())],
    }


def _lines(run: OpenRun, slices: Sequence[Slice], cuts: Sequence[Cut] = ()) -> Iterator[str]:
    landed = sum(len(each.tasks) for each in slices)
    yield f"{counted(len(slices), 'slice')} of {counted(landed, 'task')}, in the order of review"
    yield ""
    shown = {each.slice.name: _levels(each) for each in cuts}
    rows = [("", "branch", "on", "minutes", "tasks", "evidence" if cuts else "")]
    for number, each in enumerate(slices, start=1):
        name, minutes = f"agentctl/{run.folder.run}/{each.name}", f"{max(each.minutes, 1):.0f}"
        tasks = clean(" ".join(each.tasks), width=60) or "-"
        rows.append((str(number), name, each.on or "-", minutes, tasks, shown.get(each.name, "")))
    yield from table(rows)
    for each in slices:
        if each.owners:
            yield f"{each.name} is owned by {clean(', '.join(each.owners), width=200)}"
        yield from (f"{each.name}: {clean(note, width=300)}" for note in each.notes)


def _levels(each: Cut) -> str:
    """How many requirements stand at which level."""
    levels = sorted((one.level or "none" for one in each.shown), reverse=True)
    return ", ".join(f"{levels.count(level)} {level}" for level in dict.fromkeys(levels)) or "-"


def _say_next(run: OpenRun, cuts: Sequence[Cut], written: Written) -> None:
    state = run.store.run().state
    if state != "done":
        say(f"run {run.folder.run} is {state}: this is what has landed by now; deliver again when there is more")
    say(f"the texts of the pull requests are in {written.folder}")
    say(f"by hand: git push origin {' '.join(each.branch for each in cuts)}")
    if written.mails:
        say(f"by mail: git am {written.folder}/NAME/*.patch, in this order: {', '.join(e.slice.name for e in cuts)}")
    say(f"or all at once: git merge {branch(run.folder.run)}")
