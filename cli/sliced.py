"""The slices of a run, cut and judged, for everybody who brings them further: `deliver`, pull requests, the bot."""

import os
from collections.abc import AsyncIterator, Callable, Collection
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from itertools import count
from pathlib import Path

from ..orchestrator.delivering import Delivery, cut, planned
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
from ..orchestrator.run_view import RunView, view_of
from ..orchestrator.slice_verdict import verdict_on, verdict_with
from .built_before import spec_of
from .judging import court
from .report import models_of
from .repository import OpenRun
from .spec_copy import read

_ROOMS = count()
"""One number for each gate of this process: a bot may have several at work for one run."""


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
