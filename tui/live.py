"""The live tree of a run on a terminal, drawn by rich from the store alone.

Drawn only when something changed; the clock in the header counts as a change once a second. Every string that is not
ours goes through `clean` and `rich.text.Text`, so no markup in it is ever interpreted.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from types import TracebackType
from typing import TYPE_CHECKING, Self

from rich.cells import cell_len
from rich.console import Console, Group, RenderableType
from rich.text import Text

from ..orchestrator.nouns.hands import Hands
from ..orchestrator.nouns.runs import TaskState, TaskStatus
from .clean import clean
from .colours import STATES
from .picture import Picture, without_echo
from .snapshot import (
    WORDS,
    CallJournal,
    Snapshot,
    TeamView,
    ahead,
    duration,
    headline,
    landed,
    mark,
    spending,
    take,
    tried,
)

if TYPE_CHECKING:
    from ..orchestrator.ports import Store

_BUSY: tuple[TaskState, ...] = ("parked", "working", "queued", "ready", "dropped", "blocked", "landed")
"""The order in which tasks keep their line when there are more of them than lines."""


def render(snapshot: Snapshot, *, now: float, height: int, width: int) -> RenderableType:
    """The header, each team with its tasks, and the open questions, in at most ``height`` lines of ``width`` cells."""
    questions = [_question(asked.id, asked.question.text) for asked in snapshot.open[:3]]
    again = [_line((f"  {clean(snapshot.run.reason, width=200)}", "dim"))] if _plans_again(snapshot) else []
    room = max(height - 1 - len(again) - len(questions) - 2 * len(snapshot.teams), 0)
    shown = _kept(snapshot.tasks, room)
    lines = [_header(snapshot, now=now, width=width), *again]
    for team in snapshot.teams:
        lines += _team(team, shown, snapshot.hands)
    return Group(*[*lines, *questions][:height])


def _plans_again(snapshot: Snapshot) -> bool:
    return snapshot.run.state == "planning" and bool(snapshot.run.reason)


def _header(snapshot: Snapshot, *, now: float, width: int) -> Text:
    """Where it does not fit, the title gives way first, then the lesser figures; what is spent is always there."""
    run = snapshot.run
    figures = next((text for text in _figures(snapshot, now=now) if len(f"{run.id} [{run.state}] {text}") <= width), "")
    room = width - len(f"{run.id} [{run.state}] {figures}") - 1
    title = clean(run.title, width=30)
    shown = title if cell_len(title) <= room else clean(title, width=_fitting(title, room))
    return _line(
        (f"{run.id} ", "bold"),
        (f"{shown} " if room > 1 else "", ""),
        (f"[{run.state}] ", "bold"),
        (figures or spending(snapshot), ""),
    )


def _figures(snapshot: Snapshot, *, now: float) -> Iterator[str]:
    """The figures, each time with fewer of them."""
    yield headline(snapshot, now=now)
    waiting = (f"{len(snapshot.open)} waiting",) if snapshot.open else ()
    time_taken = duration((snapshot.run.finished_at or now) - snapshot.run.created_at)
    left = (words,) if (words := ahead(snapshot, now=now)) else ()
    yield " · ".join((landed(snapshot), spending(snapshot), time_taken, *left, *waiting))
    yield " · ".join((landed(snapshot), spending(snapshot), time_taken, *waiting))
    yield " · ".join((spending(snapshot), *waiting))
    yield spending(snapshot)


def _fitting(text: str, cells: int) -> int:
    """How many characters of a text fit into so many cells with an ellipsis; East Asian ones take two."""
    return next((n for n in range(len(text), 0, -1) if cell_len(text[: n - 1]) < cells), 0)


def _kept(tasks: tuple[TaskStatus, ...], room: int) -> frozenset[str]:
    ranked = sorted(tasks, key=lambda status: _BUSY.index(status.state))
    return frozenset(status.task.id for status in ranked[:room])


def _team(team: TeamView, shown: frozenset[str], hands: Hands) -> Iterator[Text]:
    yield _line(
        (f"  {clean(team.id)} ", "bold"), (f"{team.landed}/{len(team.tasks)} ", ""), (clean(team.purpose), "dim")
    )
    for status in team.tasks:
        if status.task.id in shown:
            yield _task(status, hands)
    folded = [status for status in team.tasks if status.task.id not in shown]
    if folded:
        counts = {word: sum(WORDS[s.state] == word for s in folded) for word in WORDS.values()}
        yield _line(("    … " + ", ".join(f"{count} {word}" for word, count in counts.items() if count), "dim"))


def _task(status: TaskStatus, hands: Hands) -> Text:
    glyph, word, held = mark(status, hands)
    colour = STATES[status.state]
    task = status.task
    return _line(
        (f"    {glyph} {word:<8}", colour),
        (f"{clean(task.id)} {clean(task.title, width=48)}{tried(status)}", ""),
        (f"  {clean(held or status.activity, width=80)}" if status.state != "landed" else "", "dim"),
    )


def _question(name: str, text: str) -> Text:
    return _line((f"  ? {name} ", f"bold {STATES['parked']}"), (clean(text, width=200), ""))


def _line(*parts: tuple[str, str]) -> Text:
    return Text.assemble(*parts, no_wrap=True, overflow="ellipsis")


@dataclass(slots=True, kw_only=True)
class LiveView:
    """The tree on one terminal. `tick` as often as you like: it draws only what changed."""

    store: Store
    journal: CallJournal
    console: Console
    _shown: ExitStack | None = None
    """What is undone when the terminal is left; None while it is somebody else's."""
    _picture: Picture | None = None
    _seen: tuple[int, int, int] | None = None

    def __enter__(self) -> Self:
        self.resume()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._seen = None
        self.tick()
        self.pause()

    def tick(self) -> Snapshot | None:
        """Draw if anything changed; returns what was drawn."""
        now = time.time()
        seen = (self.store.version(), int(now), self.console.width)
        if self._picture is None or seen == self._seen:
            return None
        self._seen = seen
        snapshot = take(self.store, self.journal)
        width, height = self.console.size
        self._picture.draw(render(snapshot, now=now, height=height - 1, width=width))
        return snapshot

    def pause(self) -> None:
        """Leave the terminal to someone else, with the last picture above the cursor."""
        if self._shown is not None:
            self._shown.close()
        self._shown = self._picture = None

    def resume(self) -> None:
        """Take the terminal again."""
        if self._shown is not None:
            return
        self._shown, self._picture, self._seen = ExitStack(), Picture(console=self.console), None
        self._shown.callback(self.console.show_cursor)
        self._shown.callback(self._picture.leave)
        self._shown.enter_context(without_echo())
        self.console.show_cursor(show=False)
