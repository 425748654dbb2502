"""The morning digest of a batch: what to review in which order, what to answer, what it cost, and what failed."""

import asyncio
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from ..orchestrator.errors import AgentctlError
from ..orchestrator.git.lines import lines_changed
from ..orchestrator.git.opening import open_repository
from ..orchestrator.nouns.hands import Hands
from ..orchestrator.nouns.keys import integration_branch
from ..orchestrator.nouns.runs import Run, TaskStatus
from ..orchestrator.rules.review_minutes import Lines, by_kind, review_minutes
from ..orchestrator.run_view import ground_of
from ..tui.clean import clean
from ..tui.inbox import Ranked, standing
from ..tui.snapshot import FINISHED, counted, duration
from .answers import form, named
from .batch_file import Batch, Entry
from .batch_runs import folder_of, run_of
from .outcome import branch, unmet
from .repository import opened


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """A spec of the batch, as it stands."""

    entry: Entry
    run: Run | None
    lines: Mapping[str, Lines]
    minutes: float
    """Of reading its change."""
    usd: float
    cap_usd: float
    seconds: float
    landed: int
    tasks: tuple[TaskStatus, ...]
    questions: tuple[Ranked, ...]
    hands: Hands
    unmet: tuple[str, ...]
    ground: str = ""
    """The commit that the run's own work stands on."""

    @property
    def state(self) -> str:
        """As its run is, or that it has none."""
        return self.run.state if self.run is not None else "not begun"

    @property
    def left(self) -> str:
        """Why it is not being built; nothing where it is over by now, whoever saw to that."""
        return "" if self.state in FINISHED else self.entry.left


@dataclass(frozen=True, slots=True, kw_only=True)
class Digest:
    """The batch, in the order of review: what others build on first, then the shortest."""

    batch: Batch
    specs: tuple[Told, ...]


def collect(root: Path, batch: Batch) -> Digest:
    """Read the runs of a batch and their branches."""
    told = {entry.path: _told(root, entry) for entry in batch.entries}
    return Digest(batch=batch, specs=tuple(_in_order(told)))


def _told(root: Path, entry: Entry) -> Told:
    folder, run = folder_of(root, entry), run_of(root, entry)
    if folder is None or run is None:
        return Told(
            entry=entry, run=None, lines={}, minutes=0.0, usd=0.0, cap_usd=0.0, seconds=0.0, landed=0, tasks=(),
            questions=(), hands=Hands(), unmet=(),
        )  # fmt: skip
    with opened(folder) as found:
        store, over = found.store, run.state in FINISHED
        landed = len(store.landings())
        ground = ground_of(store)
        lines = by_kind(asyncio.run(_changed(root, run, ground))) if landed else {}
        last = store.events()[-1].at
        return Told(
            entry=entry,
            run=run,
            lines=lines,
            minutes=review_minutes(lines),
            usd=found.journal.totals().usd,
            cap_usd=found.cap_usd,
            seconds=(run.finished_at or last) - run.created_at,
            landed=landed,
            tasks=store.tasks(),
            questions=() if over else standing(store, store.questions(only_open=True), now=time.time()),
            hands=Hands() if over else store.hands(),
            unmet=unmet(found) if over else (),
            ground=ground,
        )


async def _changed(root: Path, run: Run, ground: str) -> dict[str, tuple[int, int]]:
    git = open_repository(root)
    try:
        tip = await git.resolve(integration_branch(run.id))
        if tip is None:
            return {}
        return await lines_changed(git, await git.tree_of(ground), await git.tree_of(tip))
    except AgentctlError:  # a branch or a base that somebody took away since
        return {}


def _in_order(told: Mapping[str, Told]) -> Iterator[Told]:
    waiting = dict(told)
    while waiting:
        free = [each for each in waiting.values() if not set(each.entry.on) & waiting.keys()] or [*waiting.values()]
        first = min(free, key=lambda each: (each.landed == 0, each.minutes, each.entry.path))
        yield waiting.pop(first.entry.path)


def document(digest: Digest) -> dict[str, object]:
    """The digest for a program; its keys only ever grow."""
    return {
        "batch": digest.batch.id,
        "made_at": digest.batch.made_at,
        "budget_usd": digest.batch.usd,
        "usd": sum(each.usd for each in digest.specs),
        "review_minutes": sum(each.minutes for each in digest.specs),
        "specs": [
            {
                "spec": each.entry.path,
                "title": each.entry.title,
                "run": each.entry.run,
                "state": each.state,
                "reason": each.left or (each.run.reason if each.run is not None else ""),
                "branch": branch(each.run.id) if each.run is not None and each.landed else None,
                "on": each.entry.on,
                "lines": each.lines,
                "review_minutes": each.minutes,
                "usd": each.usd,
                "cap_usd": each.cap_usd,
                "seconds": each.seconds,
                "landed": each.landed,
                "tasks": len(each.tasks),
                "questions": [{"blocks": q.blocks, "asked": q.asked} for q in each.questions],
                "dropped": [s.task.id for s in each.tasks if s.state == "dropped"],
                "unmet": each.unmet,
            }
            for each in digest.specs
        ],
    }


def lines(digest: Digest) -> Iterator[str]:
    """The digest as markdown."""
    batch, specs = digest.batch, digest.specs
    done = sum(each.state == "done" for each in specs)
    minutes = sum(each.minutes for each in specs)
    asked = sum(len(each.questions) for each in specs)
    yield f"# Batch {batch.id}"
    yield ""
    yield (
        f"{done} of {counted(len(specs), 'spec')} done; about {minutes:.0f} minutes to review, "
        f"{counted(asked, 'question')} for you, ${sum(each.usd for each in specs):.2f} spent."
    )
    yield from ("", "## Review, in this order", "", *_reviews(specs))
    yield from ("", "## Answer", "", *_questions(batch, specs))
    yield from ("", "## Money and time", "", *_money(batch, specs))
    yield from ("", "## Failed, or not begun", "", *_failed(specs))


def _reviews(specs: Iterable[Told]) -> Iterator[str]:
    number = 0
    for each in specs:
        if each.run is None or not each.landed:
            continue
        number += 1
        on = f", on top of {', '.join(map(clean, each.entry.on))}" if each.entry.on else ""
        part = "" if each.state == "done" else f", {each.state}: {each.landed} of {len(each.tasks)} tasks"
        yield f"{number}. {clean(each.entry.title, width=100)} ({clean(each.entry.path)}{part}{on})"
        changed = "; ".join(f"{kind} +{n.added} -{n.removed}" for kind, n in each.lines.items())
        yield f"   about {max(each.minutes, 1):.0f} min: {changed or 'no lines'}"
        yield f"   `git diff {each.ground[:10]} {branch(each.run.id)}`, then `git merge {branch(each.run.id)}`"
    if not number:
        yield "Nothing has landed."


def _questions(batch: Batch, specs: Sequence[Told]) -> Iterator[str]:
    rows = [(each, ranked) for each in specs for ranked in each.questions]
    rows.sort(key=lambda row: -row[1].blocks)
    for each, ranked in rows:
        asked = ranked.asked
        unlocks = counted(ranked.blocks, "task") if ranked.blocks else "the plan"
        yield f"- {clean(each.entry.path)} {asked.id}: {clean(asked.question.text, width=140)} (unlocks {unlocks})"
        yield f"  `agentctl answer --run {each.entry.run} {asked.id} {form(asked.question)}`"
    held = [line for each in specs for line in _held(each)]
    yield from held
    yield f"Then: `agentctl batch --resume {batch.id}`" if rows or held else "Nothing."


def _held(each: Told) -> Iterator[str]:
    """What persons hold up with their own hands."""
    run, path = each.entry.run, clean(each.entry.path)
    for pause in each.hands.pauses:
        what, way = (f"{path} {pause.task}", f"--run {run} {pause.task}") if pause.task else (path, run)
        yield f"- {what} is paused by {named(pause.by)}: `agentctl unpause {way}`"
    for taken in each.hands.taken:
        way = f"`agentctl submit --run {run} {taken.task}`, or `agentctl give-back --run {run} {taken.task}`"
        yield f"- {path} {taken.task} is taken by {named(taken.by)}: {way}"


def _money(batch: Batch, specs: Iterable[Told]) -> Iterator[str]:
    cap = f" of ${batch.usd:.2f}" if batch.usd is not None else ""
    rows = [each for each in specs if each.run is not None]
    for each in rows:
        yield f"- {clean(each.entry.path)}: ${each.usd:.2f} of at most ${each.cap_usd:.2f}, {duration(each.seconds)}"
    since = time.strftime("%Y-%m-%d %H:%M", time.localtime(batch.made_at))
    yield f"In all ${sum(each.usd for each in rows):.2f}{cap}, since {since}."


def _failed(specs: Sequence[Told]) -> Iterator[str]:
    nothing = True
    for each in specs:
        reasons = [each.left] if each.left else []
        if each.run is not None and each.state in {"failed", "cancelled", "drained"}:
            reasons.append(f"{each.state}{f': {each.run.reason}' if each.run.reason else ''}")
        reasons += [f"{s.task.id} was left out: {s.activity}" for s in each.tasks if s.state == "dropped"]
        if each.unmet:
            reasons.append(f"nothing speaks for {', '.join(each.unmet)}")
        if each.run is None and not reasons:
            reasons.append(_turn(each, specs))
        for reason in reasons:
            nothing = False
            yield f"- {clean(each.entry.path)}: {clean(reason, width=240)}"
    if nothing:
        yield "Nothing."


def _turn(waiting: Told, specs: Iterable[Told]) -> str:
    """Why a spec that nothing speaks against has no run yet."""
    first = {*waiting.entry.needs, *waiting.entry.after}
    broken = [each.entry for each in specs if each.entry.path in first and each.left and each.run is not None]
    if not broken:
        return "its turn has not come"
    return f"it comes after {broken[0].path}, whose driver ended: mend that, or `agentctl cancel {broken[0].run}`"
