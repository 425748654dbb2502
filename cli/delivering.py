"""`deliver`: what a run built as judged branches, texts of pull requests and mails; says what to do next.

`cut_run` is the way to a run's cuts for everybody who brings them further.
"""

import argparse
import asyncio
import os
from collections.abc import AsyncIterator, Callable, Collection, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from itertools import count
from pathlib import Path

from ..orchestrator.delivering import Delivery, cut, planned
from ..orchestrator.errors import UsageError
from ..orchestrator.gate.checkout import remove
from ..orchestrator.git.lines import lines_changed
from ..orchestrator.git.opening import open_repository
from ..orchestrator.git.repository import Repository
from ..orchestrator.git.work_trees import checked_out
from ..orchestrator.nouns.delivery import Cut, Slice, Spent
from ..orchestrator.nouns.plan import SpecView
from ..orchestrator.nouns.verdicts import GateReport, Verdict
from ..orchestrator.placing import Wishes, held_by
from ..orchestrator.ports import Gate
from ..orchestrator.rules.harmless import plain
from ..orchestrator.rules.redact import redact, secrets_of
from ..orchestrator.run_view import RunView, ground_of, view_of
from ..orchestrator.slice_verdict import verdict_on, verdict_with
from ..orchestrator.store.folder import find
from ..tui.clean import clean
from ..tui.snapshot import counted
from .built_before import spec_of
from .delivered import Written, earlier_in, write
from .judging import court
from .outcome import branch
from .output import emit, emit_json, say, table
from .policy_table import policy_at
from .report import models_of
from .repository import OpenRun, locate, opened
from .spec_copy import read

DONE = 0
_ROOMS = count()
"""One number for each gate of this process: a bot may have several at work for one run."""
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Sliced:
    """A run's slices in the order of review, judged, each a branch with its texts; and the gate that judged them."""

    cuts: tuple[Cut, ...]
    view: RunView
    gate: Gate

    async def judge(self, cut: Cut, tree: str) -> Verdict:
        """What the gate says of a slice on another tree: that of a branch which has moved."""
        return await verdict_on(tree, cut.slice, [each.slice for each in self.cuts], view=self.view, gate=self.gate)


@asynccontextmanager
async def sliced(  # noqa: PLR0913 - what cutting a run takes
    run: OpenRun,
    root: Path,
    *,
    review_minutes: float,
    wishes: Wishes | None = None,
    accepted: bool = False,
    moves: bool = True,
    tell: Callable[[str], None] = lambda _: None,
) -> AsyncIterator[Sliced]:
    """The slices of a run, which is open for writing; the gate's rooms are gone when the block ends.

    ``wishes`` is what is known of fixes. Without ``moves`` no branch is made or moved. ``accepted`` is a person's word
    for a run without a sandbox. The run may be driven by another process meanwhile.

    Raises:
        AgentctlError: nothing has landed; a branch holds what no delivery put there; the whole is red here.
    """
    async with _in_court(run, root, accepted=accepted, tell=tell) as delivery:
        cuts = await cut(delivery, review_minutes=review_minutes, wishes=wishes, moves=moves)
        yield Sliced(cuts=cuts, view=delivery.view, gate=delivery.gate)


async def judged(run: OpenRun, root: Path, tree: str, names: Collection[str]) -> Verdict:
    """What the run's gate says of a tree that holds these slices, those that were merged before, and what others made.

    ``run`` is open for writing. Raises AgentctlError where it cannot be judged here.
    """
    there = {*names, *(each.name for each in run.store.pulls() if each.state == "merged")}
    held = {task for name, tasks in held_by(run.store).items() if name in there for task in tasks}
    async with _in_court(run, root) as delivery:
        return await verdict_with(tree, held, view=delivery.view, gate=delivery.gate)


@asynccontextmanager
async def _in_court(
    run: OpenRun, root: Path, *, accepted: bool = False, tell: Callable[[str], None] = lambda _: None
) -> AsyncIterator[Delivery]:
    """A delivery of the run with its gate, whose rooms are gone when the block ends."""
    now = run.store.run()
    git = open_repository(root, rules=now.settings.commit)
    packages = read(run.folder, run.store).meta.allow.deps
    scratch = f"deliver-{os.getpid()}-{next(_ROOMS)}"
    try:
        found = await court(run.folder, now, run.store, git, packages=packages, scratch=scratch, accepted=accepted)
        yield await _delivery(run, git, found.gate, tell)
    finally:
        remove(run.folder.path.parent.parent / "work" / now.id / scratch)


async def cut_run(
    run: OpenRun,
    root: Path,
    *,
    review_minutes: float,
    accepted: bool = False,
    tell: Callable[[str], None] = lambda _: None,
) -> tuple[Cut, ...]:
    """As `sliced`, for who needs the gate no more."""
    async with sliced(run, root, review_minutes=review_minutes, accepted=accepted, tell=tell) as found:
        return found.cuts


async def planned_of(run: OpenRun, root: Path, *, review_minutes: float) -> tuple[Slice, ...]:
    """The slices as the rules would cut them; nothing is judged, and no branch moves."""
    git = open_repository(root)
    return await planned(await _delivery(run, git, _Unasked(), lambda _: None), review_minutes=review_minutes)


class _Unasked:
    """The gate of who only plans."""

    async def judge(self, tree: str, **_: object) -> Verdict:
        raise LookupError(f"{tree} is not judged in a plan")

    async def report(self, tree: str, **_: object) -> GateReport:
        raise LookupError(f"{tree} is not judged in a plan")


async def _delivery(run: OpenRun, git: Repository, gate: Gate, tell: Callable[[str], None]) -> Delivery:
    view: SpecView = await spec_of(run.folder, run.store, git)
    return Delivery(
        run=run.folder.run,
        view=view_of(run.store, view),
        git=git,
        gate=gate,
        lines=partial(lines_changed, git),
        checked_out=partial(checked_out, git),
        why=_first_sentence(read(run.folder, run.store).intent),
        spent=tuple(Spent(model=each.model, calls=each.calls, usd=each.usd) for each in models_of(run.journal.calls())),
        redact=partial(redact, secrets=secrets_of(os.environ)),
        tell=tell,
    )


def _first_sentence(text: str) -> str:
    """The beginning of a spec's prose, to the end of a sentence."""
    line = plain(text)
    end = next((n for n, char in enumerate(line) if char in ".!?" and line[n + 1 : n + 2] in {"", " "}), len(line))
    return line[: end + 1]


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
