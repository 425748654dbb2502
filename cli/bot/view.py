"""A run as its thread shows it: read from the run's folder, cleaned of nothing yet. Reads only."""

import os
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial

from ...orchestrator.nouns.runs import RunState
from ...orchestrator.rules.redact import redact, secrets_of
from ...tui.snapshot import WORDS, Snapshot, landed, spending, take
from ..assuming import assumed_in
from ..report import LEVELS, requirements_of
from ..repository import OpenRun


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskRow:
    """A task and where it can be read."""

    id: str
    title: str
    state: str
    pull: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RequirementRow:
    """A requirement and the best that speaks for it; ``level`` is empty where nothing does."""

    id: str
    text: str
    level: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Waits:
    """A question that nobody has answered."""

    id: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Decided:
    """A question that was answered without a person."""

    id: str
    text: str
    answer: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PullRow:
    """A pull request of the run: how it stands, and what is to be said of it."""

    number: int
    name: str
    state: str
    words: str = ""
    tasks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """All that the one comment of a run says; texts are as others wrote them."""

    run: str
    title: str
    state: RunState
    reason: str
    recorded: bool
    by: str
    """The login of who asked for it."""
    figures: str
    """``1/3 landed, $0.42 of $5.00``."""
    tasks: tuple[TaskRow, ...] = ()
    requirements: tuple[RequirementRow, ...] = ()
    waiting: tuple[Waits, ...] = ()
    held: int = 0
    """Questions that are kept for later, as other work goes on."""
    decided: tuple[Decided, ...] = ()
    pulls: tuple[PullRow, ...] = ()
    trouble: tuple[str, ...] = ()
    """What could not be done on the forge, in words."""
    totals: str = ""
    """What it came to; empty until nothing more is told of the run."""

    @property
    def urgent(self) -> list[object]:
        """What is not kept back when it changes."""
        pulls = [(each.number, each.state) for each in self.pulls]
        return [self.state, [each.id for each in self.waiting], pulls, self.trouble, bool(self.totals)]


def seen(  # noqa: PLR0913 - what a thread knows beside the run's folder
    run: OpenRun,
    *,
    by: str,
    told: Iterable[str],
    pulls: Sequence[PullRow] = (),
    more: Sequence[Waits] = (),
    trouble: Sequence[str] = (),
    environ: Mapping[str, str] = os.environ,
) -> View:
    """Read everything once.

    Args:
        run: the run, open.
        by: the login of who asked for it.
        told: keys of the run's questions that stand in the thread as comments.
        pulls: the pull requests of the run.
        more: questions of the thread's own.
        trouble: what could not be done.
        environ: where secrets may stand that are not to be shown.
    """
    snapshot = take(run.store, run.journal)
    now, asked = snapshot.run, _asked(snapshot, frozenset(told))
    view = View(
        run=now.id,
        title=now.title,
        state=now.state,
        reason=now.reason,
        recorded=now.settings.replay is not None or now.settings.profile == "replay",
        by=by,
        figures=f"{landed(snapshot)}, {spending(snapshot)}",
        tasks=tuple(_tasks(snapshot, pulls)),
        requirements=tuple(_requirements(run)),
        waiting=(*asked, *more),
        held=len(snapshot.open) - len(asked),
        decided=tuple(_decided(run)),
        pulls=tuple(pulls),
        trouble=tuple(trouble),
    )
    return _without_secrets(view, environ)


def _asked(snapshot: Snapshot, told: Collection[str]) -> tuple[Waits, ...]:
    """The open questions that stand in the thread, by their keys."""
    return tuple(Waits(id=each.id, text=each.question.text) for each in snapshot.open if each.question.key in told)


def _tasks(snapshot: Snapshot, pulls: Sequence[PullRow]) -> Iterator[TaskRow]:
    where = {task: each.number for each in pulls for task in each.tasks}
    for status in snapshot.tasks:
        task = status.task
        yield TaskRow(id=task.id, title=task.title, state=WORDS[status.state], pull=where.get(task.id))


def _requirements(run: OpenRun) -> Iterator[RequirementRow]:
    for each in requirements_of(run):
        yield RequirementRow(
            id=each.id, text=each.text, level=f"{each.level}: {LEVELS[each.level]}" if each.level else ""
        )


def _decided(run: OpenRun) -> Iterator[Decided]:
    for built in assumed_in(run):
        asked = built.asked
        if not built.by:
            yield Decided(id=asked.id, text=asked.question.text, answer=asked.answer or "")


def _without_secrets(view: View, environ: Mapping[str, str]) -> View:
    tidy = partial(redact, secrets=secrets_of(environ))
    return replace(
        view,
        title=tidy(view.title),
        reason=tidy(view.reason),
        tasks=tuple(replace(each, title=tidy(each.title)) for each in view.tasks),
        requirements=tuple(replace(each, text=tidy(each.text)) for each in view.requirements),
        waiting=tuple(replace(each, text=tidy(each.text)) for each in view.waiting),
        decided=tuple(replace(each, text=tidy(each.text), answer=tidy(each.answer)) for each in view.decided),
        trouble=tuple(map(tidy, view.trouble)),
    )
