"""The live tree of a run on a terminal, drawn by rich from the store alone.

Drawn only when something changed; the clock in the header counts as a change once a second. Every string that is not
ours goes through `clean` and `rich.text.Text`, so no markup in it is ever interpreted.
"""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from types import TracebackType
from typing import Self

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.text import Text

from ..orchestrator.nouns.runs import TaskState, TaskStatus
from ..orchestrator.ports import Store
from .clean import clean
from .snapshot import GLYPHS, WORDS, CallJournal, Snapshot, TeamView, headline, take

_COLOURS: dict[TaskState, str] = {  # Okabe-Ito: told apart by all common kinds of colour blindness
    "blocked": "#999999",
    "ready": "#56B4E9",
    "working": "#0072B2",
    "parked": "#E69F00",
    "queued": "#CC79A7",
    "landed": "#009E73",
    "dropped": "#D55E00",
}
_BUSY: tuple[TaskState, ...] = ("parked", "working", "queued", "ready", "dropped", "blocked", "landed")
"""The order in which tasks keep their line when there are more of them than lines."""


def render(snapshot: Snapshot, *, now: float, height: int) -> RenderableType:
    """The header, each team with its tasks, and the open questions, in at most ``height`` lines."""
    questions = [_question(asked.id, asked.question.text) for asked in snapshot.open[:3]]
    room = max(height - 1 - len(questions) - 2 * len(snapshot.teams), 0)
    shown = _kept(snapshot.tasks, room)
    lines = [_header(snapshot, now=now)]
    for team in snapshot.teams:
        lines += _team(team, shown)
    return Group(*[*lines, *questions][:height])


def _header(snapshot: Snapshot, *, now: float) -> Text:
    run = snapshot.run
    return _line(
        (f"{run.id} ", "bold"),
        (f"{clean(run.title, width=30)} ", ""),
        (f"[{run.state}] ", "bold"),
        (headline(snapshot, now=now), ""),
    )


def _kept(tasks: tuple[TaskStatus, ...], room: int) -> frozenset[str]:
    ranked = sorted(tasks, key=lambda status: _BUSY.index(status.state))
    return frozenset(status.task.id for status in ranked[:room])


def _team(team: TeamView, shown: frozenset[str]) -> Iterator[Text]:
    yield _line(
        (f"  {clean(team.id)} ", "bold"), (f"{team.landed}/{len(team.tasks)} ", ""), (clean(team.purpose), "dim")
    )
    for status in team.tasks:
        if status.task.id in shown:
            yield _task(status)
    folded = [status for status in team.tasks if status.task.id not in shown]
    if folded:
        counts = {word: sum(WORDS[s.state] == word for s in folded) for word in WORDS.values()}
        yield _line(("    … " + ", ".join(f"{count} {word}" for word, count in counts.items() if count), "dim"))


def _task(status: TaskStatus) -> Text:
    colour = _COLOURS[status.state]
    task = status.task
    tried = f" (attempt {status.attempt}, {clean(status.rung)})" if status.attempt > 1 else ""
    return _line(
        (f"    {GLYPHS[status.state]} {WORDS[status.state]:<8}", colour),
        (f"{clean(task.id)} {clean(task.title, width=48)}{tried}", ""),
        (f"  {clean(status.activity, width=80)}" if status.state != "landed" else "", "dim"),
    )


def _question(name: str, text: str) -> Text:
    return _line((f"  ? {name} ", f"bold {_COLOURS['parked']}"), (clean(text, width=200), ""))


def _line(*parts: tuple[str, str]) -> Text:
    return Text.assemble(*parts, no_wrap=True, overflow="ellipsis")


@dataclass(slots=True, kw_only=True)
class LiveView:
    """The tree on one terminal. `tick` as often as you like: it draws only what changed."""

    store: Store
    journal: CallJournal
    console: Console
    _live: Live | None = None
    _seen: tuple[int, int] | None = None

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
        seen = (self.store.version(), int(now))
        if self._live is None or seen == self._seen:
            return None
        self._seen = seen
        snapshot = take(self.store, self.journal)
        self._live.update(render(snapshot, now=now, height=self.console.height - 1), refresh=True)
        return snapshot

    def pause(self) -> None:
        """Leave the terminal to someone else, with the last picture above the cursor."""
        if self._live is not None:
            self._live.stop()
            self._live = None

    def resume(self) -> None:
        """Take the terminal again."""
        if self._live is None:
            self._live = Live(console=self.console, auto_refresh=False, redirect_stdout=False, redirect_stderr=False)
            self._live.start()
            self._seen = None
