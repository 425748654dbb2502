"""The screens of a run: looks ten times a second, draws lines, obeys the keys that only look. The rest is pure."""

from __future__ import annotations

import gc
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from textual.app import App, ComposeResult
from textual.binding import Binding
from textual.containers import Container
from textual.widgets import Input

from . import scene
from .calls import Calls
from .colours import styles
from .commands import Commands, Looking
from .entries import short
from .keys import KEYS
from .look import Feed, Look
from .pane import Pane
from .sight import ORDER, Mode, Sight
from .texts import Texts
from .views import dash, questions

if TYPE_CHECKING:
    from .playing import Player

PERIOD = 0.1
"""Seconds between two looks."""
NARROW = 100
"""Columns below which the second pane folds away, or goes below the first."""
_PAGE = 20
"""Lines of the keys that turn a page; in the inbox they turn the question's, by half."""
_SHARES = {"inbox": 0.4}
"""Of the width, for the first pane of a screen with two; two thirds elsewhere."""
_RUNG = 120
"""Characters of a question that a desktop is told."""
_BEFORE_TEXTUAL = ("tab", "ctrl+c")
"""Keys that Textual's own screens would take first."""


class Screens(App[None]):
    """One run on a terminal, to be looked at."""

    ENABLE_COMMAND_PALETTE = False
    AUTO_FOCUS = None
    CSS = """
    Screen { layout: vertical; overflow: hidden; }
    #head, #foot { height: 1; } #foot { height: 2; }
    #body { layout: horizontal; height: 1fr; }
    #right { width: 1fr; padding-left: 2; }
    .single #right { display: none; }
    .stacked #body { layout: vertical; }
    .stacked #left { height: 8; } .stacked #right { width: 100%; height: 1fr; padding-left: 0; }
    #line { display: none; height: 1; border: none; padding: 0; }
    .typing #line { display: block; }
    """
    BINDINGS = [  # noqa: RUF012 - Textual's way
        Binding(key.key, key.action, key.words, show=False, priority=key.key in _BEFORE_TEXTUAL) for key in KEYS
    ]

    def __init__(  # noqa: PLR0913 - its parts, which are wired in one place
        self,
        feed: Feed,
        commands: Commands,
        *,
        player: Player | None = None,
        colour: bool = True,
        ring: Callable[[str], None] | None = None,
        focused: Callable[[bool], None] | None = None,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__()
        self._live = feed
        self._player = player
        self._looks = isinstance(commands, Looking)
        self._commands = commands
        self._colour = colour
        self._ring = ring
        self._focused = focused
        self._calls = Calls(feed.store)
        self._monotonic = monotonic
        self._look: Look = self._feed.look()
        self._texts = Texts(commands.run)
        self._purpose: Callable[[str], Awaitable[None]] | None = None
        self.sight = Sight(order=questions.ordered(self._look, ()))

    @property
    def _feed(self) -> Feed:
        """What shows the run: of one that is played again, the run as it was."""
        return self._live if self._player is None else self._player.feed

    # what is on the screen

    def compose(self) -> ComposeResult:
        """A header, two panes, a line to type on, a foot."""
        named = styles(dark=self.current_theme.dark, colour=self._colour)
        yield Pane(styles=named, name="head")
        with Container(id="body"):
            yield Pane(styles=named, name="left", cursor=True, chosen=self._chosen)
            yield Pane(styles=named, name="right", chosen=self._chosen)
        yield Input(id="line", compact=True, select_on_focus=False)
        yield Pane(styles=named, name="foot")

    def on_mount(self) -> None:
        """Begin to look."""
        self.draw()
        self._focus(has=True)
        self.set_interval(PERIOD, self._tick)
        self.call_after_refresh(_collect)

    def on_app_focus(self) -> None:
        """The terminal's window is before the person."""
        self._focus(has=True)

    def on_app_blur(self) -> None:
        """It is not: a desktop may tell them."""
        self._focus(has=False)

    def _focus(self, *, has: bool) -> None:
        if self._focused is not None and self._player is None:
            self._focused(has)

    def on_resize(self) -> None:
        """Lines are cut to the width."""
        self.call_after_refresh(self.draw)

    async def _tick(self) -> None:
        if self._player is not None:
            self._player.tick()
        if self._feed.changed():
            before, self._look = self._look, self._feed.look()
            self._call_for_a_person(before)
            self.draw()
        elif int(self._look.now) != int(self._feed.clock()) or self.sight.pending is not None:
            self._look = replace(self._look, now=self._feed.clock())
            self.draw()

    def _call_for_a_person(self, before: Look) -> None:
        """Ring once for what the log says that a person is told; of a log that says nothing, for each new question."""
        if self._player is None and self._ring is not None:
            for words in self._calls.fresh(before, self._look):
                self._ring(short(words, _RUNG))

    def draw(self) -> None:
        """Every pane as the run and the person's choice have it now."""
        look, sight = self._look, self.sight
        sight.order = questions.ordered(look, sight.order, decided=sight.shows_decided)
        sight.marked &= {each.asked.id for each in look.ranked}
        narrow = self.size.width < NARROW
        split = scene.is_split(sight.mode) and not (narrow and sight.mode != "inbox")
        self.screen.set_class(not split, "single")
        self.screen.set_class(split and narrow, "stacked")
        head, main, second, foot = (self.query_one(f"#{name}", Pane) for name in ("head", "left", "right", "foot"))
        played = self._player.words if self._player is not None else ""
        head.show([dash.header(look, played=played, looks=self._looks, width=self.size.width)])
        events = self._feed.latest() if sight.mode in ("dash", "log", "task") else ()
        share = _SHARES.get(sight.mode, 2 / 3)
        width = self.size.width if not split or narrow else int(self.size.width * share)
        main.styles.width = width
        if main.cursor != (wanted := sight.cursors.get(sight.mode, "")):
            main.cursor = wanted
        lines = scene.left(look, sight, events=events, fetched=self._texts.read, width=max(width - 1, 20))
        main.show(lines, follow=sight.follows and sight.mode in ("log", "task") and sight.tab == 0)
        sight.cursors[sight.mode] = main.cursor
        if split:
            side = self.size.width if narrow else self.size.width - width - 2
            second.show(scene.right(look, sight, events=events, width=max(side - 1, 20)))
        foot.show(scene.foot(look, sight, now=self._monotonic(), width=self.size.width))
        self._fetch()

    def _chosen(self, pane: Pane, key: str) -> None:
        """The cursor moved, by a key or by the mouse."""
        if pane.id == "left":
            self.sight.cursors[self.sight.mode] = key
            self.draw()
        elif self.sight.mode == "dash":
            self.sight.go("inbox")
            self.sight.cursors["inbox"] = key
            self.draw()

    # keys that only look

    def action_mode(self, mode: Mode) -> None:
        """Another screen."""
        if mode == "task" and self.sight.mode != "task" and (task := self._task_at_cursor()):
            self.sight.task = task
        if mode == "inbox":
            self.sight.order = ()
        self.sight.go(mode)
        self.sight.told = ""
        self.draw()

    def action_next_mode(self) -> None:
        """The next screen of the round."""
        at = ORDER.index(self.sight.mode) if self.sight.mode in ORDER else -1
        self.action_mode(ORDER[(at + 1) % len(ORDER)])

    def action_move(self, by: int) -> None:
        """The cursor, or what is seen of a text."""
        self.sight.follows = False
        if self.sight.mode == "inbox" and abs(by) == _PAGE:
            self.query_one("#right", Pane).scroll_relative(y=by // 2, animate=False)
        else:
            self.query_one("#left", Pane).move(by)

    def action_fold(self) -> None:
        """A team without its tasks, or with them."""
        key = self.sight.cursors.get("dash", "")
        if self.sight.mode == "dash" and key.startswith("team:"):
            self.sight.folded ^= {key}
            self.draw()

    def action_follow(self) -> None:
        """The end of a log stays in sight, or does not."""
        self.sight.follows = not self.sight.follows
        self.sight.told = "follows its end" if self.sight.follows else "stands still"
        self.draw()

    def action_out(self) -> None:
        """Out of what is being typed, of the filter, of the screen."""
        if self._purpose is not None:
            self._close_line()
        else:
            self.sight.back()
        self.sight.told = ""
        self.draw()

    def action_open(self) -> None:
        """What the cursor is on."""
        key = self.sight.cursors.get(self.sight.mode, "")
        if self.sight.mode == "dash" and key.startswith("team:"):
            self.action_fold()
        elif self.sight.mode in ("dash", "queue", "plan") and key:
            self.sight.task = key.partition(":")[0]
            self.sight.go("task")
            self.draw()

    def action_filter(self) -> None:
        """Ask for words that lines must have."""
        self._ask("only lines with: ", self._filter, value=self.sight.wanted)

    async def _filter(self, text: str) -> None:
        self.sight.wanted = text

    def action_play(self, how: str) -> None:
        """Of a run that is played again: on or off, a step, another speed."""
        if self._player is None:
            self._tell("this run is shown as it is; `agentctl tui --replay` plays one again")
            return
        if how == "toggle":
            self._player.plays = not self._player.plays
        elif how in ("1", "-1"):
            self._player.step(int(how))
        else:
            self._player.pace(1 if how == "faster" else -1)
        self._look = self._feed.look()
        self.sight.order = ()
        self.draw()

    def _task_at_cursor(self) -> str:
        if self.sight.mode == "task":
            return self.sight.task
        key = self.sight.cursors.get(self.sight.mode, "").partition(":")[0]
        if key in {status.task.id for status in self._look.snapshot.tasks}:
            return key
        self._tell("choose a task first")
        return ""

    def _fetch(self) -> None:
        """Begin to read what the screen shows and the store does not have."""
        due = self._texts.wanted(self.sight, over=self._look.snapshot.finished, now=self._monotonic())
        for key, argv in due.items():
            self.run_worker(self._read(key, argv))

    async def _read(self, key: str, argv: Sequence[str]) -> None:
        if await self._texts.fetch(key, argv):
            self.draw()

    # the line

    def _ask(self, prompt: str, then: Callable[[str], Awaitable[None]], *, value: str = "") -> None:
        line = self.query_one("#line", Input)
        self._purpose = then
        self.sight.told = prompt
        line.value, line.placeholder, line.cursor_position = value, prompt, len(value)
        self.screen.add_class("typing")
        line.focus()
        self.draw()

    def _close_line(self) -> None:
        self._purpose = None
        self.screen.remove_class("typing")
        self.set_focus(None)

    async def on_input_submitted(self, event: Input.Submitted) -> None:
        """What was typed goes to what asked for it."""
        then, self.sight.told = self._purpose, ""
        self._close_line()
        if then is not None:
            await then(event.value)
        self.draw()

    async def action_leave(self) -> None:
        """The run goes on."""
        self.exit()

    def _tell(self, text: str) -> None:
        self.sight.told = short(text, 300)
        self.draw()


def _collect() -> None:
    """Where nothing looked for garbage until now, look, but never among what the first frame needed."""
    if not gc.isenabled():
        gc.freeze()
        gc.enable()
