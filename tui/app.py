"""The dashboard: looks at a run ten times a second, draws lines, and turns keys into commands. All else is pure.

Whatever a key changes in a run is a command of agentctl, started as one, so that screen and command line cannot differ.
"""

from __future__ import annotations

import asyncio
import gc
import shlex
import time
from collections.abc import Awaitable, Callable, Hashable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from textual.app import App, ComposeResult
from textual.binding import Binding
from textual.containers import Container
from textual.widgets import Input

from . import answering, scene, steering
from .calls import Calls
from .colours import styles
from .commands import Commands
from .entries import short
from .keys import KEYS
from .look import Feed, Look
from .pane import Pane
from .sight import ORDER, Choice, Mode, Pending, Sight
from .steady import Steady
from .texts import Texts
from .views import dash, questions

if TYPE_CHECKING:
    from ..orchestrator.nouns.questions import Asked
    from .playing import Player

PERIOD = 0.1
"""Seconds between two looks."""
HELD = 3.0
"""Seconds in which an answer can be taken back before it is sent."""
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


class Dashboard(App[None]):
    """One run on a terminal."""

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
        self._commands = commands
        self._colour = colour
        self._ring = ring
        self._focused = focused
        self._calls = Calls(feed.store)
        self._monotonic = monotonic
        self._look: Look = self._feed.look()
        self._steady = Steady()
        self._texts = Texts(commands.run)
        self._purpose: Callable[[str], Awaitable[None]] | None = None
        self._sure = ""
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
            yield Pane(styles=named, name="left", cursor=True)
            yield Pane(styles=named, name="right")
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
        pending = self.sight.pending
        if pending is not None and self._monotonic() >= pending.due:
            await self._send(pending)
        if self._player is not None:
            self._player.tick()
        if self._feed.changed():
            before, self._look = self._look, self._feed.look()
            self._call_for_a_person(before)
            self.draw()
        elif int(self._look.now) != int(self._feed.clock()) or pending is not None:
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
        head.show([dash.header(look, played=played, width=self.size.width)])
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
        self.call_after_refresh(self._painted, self._what())

    def _what(self) -> Hashable:
        """All that an answer's key would depend on; None where no key answers."""
        if self._purpose is not None:
            return None
        return answering.ground(self._look, self.sight, size=(self.size.width, self.size.height))

    def _painted(self, what: Hashable) -> None:
        self._steady.painted(what, at=self._monotonic())

    def on_pane_chosen(self, message: Pane.Chosen) -> None:
        """The cursor moved, by a key or by the mouse."""
        if message.pane.id == "left":
            self.sight.cursors[self.sight.mode] = message.key
            self.draw()
        elif self.sight.mode == "dash":
            self.sight.go("inbox")
            self.sight.cursors["inbox"] = message.key
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
        """A team without its tasks, or with them; in the inbox a mark on a question, or none."""
        key = self.sight.cursors.get(self.sight.mode, "")
        if self.sight.mode == "dash" and key.startswith("team:"):
            self.sight.folded ^= {key}
        elif self.sight.mode == "inbox" and key in self._look.questions:
            if answering.may_be_marked(self._look.questions[key]):
                self.sight.marked ^= {key}
            else:
                self.sight.told = f"{key} is answered alone"
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

    async def action_open(self) -> None:
        """What the cursor is on."""
        key = self.sight.cursors.get(self.sight.mode, "")
        if self.sight.mode == "inbox":
            self._answer_by_key("enter")
        elif self.sight.mode == "dash" and key.startswith("team:"):
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

    # keys that answer

    def action_answer(self, key: str) -> None:
        """A digit: an option of the question that is shown, or a tab of the task."""
        if self.sight.mode == "task" and key in "1234":
            self.sight.tab = int(key) - 1
            self.draw()
        elif self.sight.mode in ("inbox", "plan"):
            self._answer_by_key(key)

    def _answer_by_key(self, key: str) -> None:
        """Only for what has stood on the screen for a moment, and only as an answer to that question."""
        if not self._may_answer():
            return
        chosen = answering.together(self._look, self.sight, key)
        if isinstance(chosen, str):
            self._tell(chosen)
        elif unseen := self._unseen(key, chosen):
            self._tell(unseen)
        elif chosen[0].wants_reason:
            self._ask(f"{chosen[0].question}, why not: ", self._reply_to(chosen[0].question, lead="refuse: "))
        else:
            self._hold(*chosen)

    def _unseen(self, key: str, chosen: Sequence[Choice]) -> str:
        """What of it is not on the screen, in words; the options of a plan stand at the foot."""
        left, right = self.query_one("#left", Pane), self.query_one("#right", Pane)
        if self.sight.mode == "plan":
            return ""
        if key != "enter" and not right.sees(questions.option_key(key)):
            return f"{key} is not on the screen: pgdn shows it"
        hidden = [each.question for each in chosen if not left.sees(each.question)]
        return f"{', '.join(hidden)} is not on the screen: answer it alone" if hidden else ""

    def _may_answer(self) -> bool:
        what = self._what()
        if self._player is not None:
            self._tell("this run is played again: what was asked in it was answered then")
        elif what is None:
            self._tell("nothing here waits for an answer")
        elif not self._steady.stands(what, at=self._monotonic()):
            self._tell("the list has just changed: look again, then press")
        else:
            return True
        return False

    def _hold(self, *choices: Choice) -> None:
        if self.sight.pending is not None:
            self.run_worker(self._send(self.sight.pending))
        self.sight.pending = Pending(choices=choices, due=self._monotonic() + HELD)
        self.sight.marked.clear()
        self.draw()

    async def _send(self, pending: Pending) -> None:
        if self.sight.pending is pending:
            self.sight.pending = None
        for each in pending.choices:
            await self._do("answer", *(("--anew",) if each.anew else ()), each.question, "--", each.typed)
        if self.sight.mode == "inbox" and self.sight.question in pending.questions.split(", "):
            self.sight.cursors["inbox"] = self._next_open() or self.sight.question
            self.draw()

    def _next_open(self) -> str:
        """The first question of the inbox that still waits, but what was put off."""
        open_ones = {each.asked.id for each in self._look.ranked} - self.sight.snoozed - self.sight.ignored
        return next((each for each in self.sight.order if each in open_ones and each != self.sight.question), "")

    def action_reply(self) -> None:
        """Answer in words; of what was decided, say otherwise."""
        if self.sight.mode in ("inbox", "plan") and self._may_answer():
            self._ask_for_words(self._asked())

    def _ask_for_words(self, asked: Asked, *, value: str = "") -> None:
        """Whether they say otherwise is what the person sees now, and not what is when they have typed them."""
        anew = asked.answer is not None
        prompt = f"{asked.id}, otherwise: " if anew else f"{asked.id}: "
        self._ask(prompt, self._reply_to(asked.id, anew=anew), value=value)

    def _asked(self) -> Asked:
        return self._look.questions[answering.subject(self._look, self.sight)]

    def _reply_to(self, question: str, *, lead: str = "", anew: bool = False) -> Callable[[str], Awaitable[None]]:
        async def reply(text: str) -> None:
            if text.strip():
                words = short(text, 60)
                self._hold(Choice(question=question, typed=f"{lead}{text}", words=words, anew=anew))

        return reply

    def action_edit(self) -> None:
        """The plan in an editor; of another question the recommended answer on the line, or the one that was given."""
        if self.sight.mode not in ("inbox", "plan") or not self._may_answer():
            return
        asked = self._asked()
        if asked.question.kind == "plan":
            self._edit_plan()
            return
        best = asked.question.recommended
        recommended = asked.question.options[best].text if best is not None else ""
        self._ask_for_words(asked, value=asked.answer or recommended)

    def _edit_plan(self) -> None:
        """In the person's own editor, in this terminal; it is checked after every edit, and can be approved there."""
        with self.suspend():
            self._commands.here(["plan", "--edit"])
        self.refresh(layout=True)

    def action_snooze(self) -> None:
        """To the end of this screen's list."""
        if self.sight.mode == "inbox" and self.sight.question:
            self._tell(f"{self.sight.question} is put off on this screen; u brings it back")
            self.sight.put_off(self.sight.question)
            self.draw()

    def action_ignore(self) -> None:
        """Off this screen; the question goes on waiting, or takes what silence means."""
        if self.sight.mode == "inbox" and (name := self.sight.question):
            self.sight.ignored.add(name)
            self.sight.cursors["inbox"] = next(
                (each for each in self.sight.order if each not in self.sight.ignored), ""
            )
            self._tell(f"{name} is left to what silence means; u brings it back")

    def action_decided(self) -> None:
        """What was decided stands below what waits, or does not."""
        if self.sight.mode == "inbox":
            self.sight.shows_decided = not self.sight.shows_decided
            self.sight.order = ()
            self._tell("r on what was decided says otherwise" if self.sight.shows_decided else "only what waits")

    def action_undo(self) -> None:
        """An answer that was not sent yet; else what was put off."""
        if (pending := self.sight.pending) is not None:
            self.sight.pending = None
            self._tell(f"{pending.questions} was not answered")
        elif self.sight.snoozed or self.sight.ignored:
            self.sight.snoozed.clear()
            self.sight.ignored.clear()
            self._tell("everything is back on the list")
        else:
            self._tell("nothing to take back here; h shows what was decided, and r there says otherwise")

    # keys that put a hand on a task

    def action_typed(self, what: steering.Typed) -> None:
        """Words for a worker, more money, how much is decided without the person."""
        meant = self._task_at_cursor() if what == "steer" else self._meant()
        if meant or what != "steer":
            line = steering.typed(what, meant, self._look)
            self._ask(line.prompt, lambda text: self._do(*line.argv(text)), value=line.value)

    async def action_on_task(self, what: steering.Pressed) -> None:
        """A command on the task at the cursor; the one that ends it asks once more."""
        if not (task := self._task_at_cursor()):
            return
        if what == "cancel" and self._sure != task:
            self._sure = task
            self._tell(f"K again ends {task} and what depends on it; what has landed stays")
            return
        self._sure = ""
        await self._do(*steering.pressed(what, task, self._look))

    def _meant(self) -> str:
        """The task that is shown, or whose question is; else what the cursor is on."""
        if self.sight.mode == "task":
            return self.sight.task
        if self.sight.mode == "inbox" and (asked := self._look.questions.get(self.sight.question)):
            return asked.question.task
        return self.sight.cursors.get(self.sight.mode, "")

    def _task_at_cursor(self) -> str:
        if self.sight.mode == "task":
            return self.sight.task
        key = self.sight.cursors.get(self.sight.mode, "").partition(":")[0]
        if key in {status.task.id for status in self._look.snapshot.tasks}:
            return key
        self._tell("choose a task first")
        return ""

    # commands

    def action_palette(self) -> None:
        """Any command of agentctl, on this run."""
        self._ask("agentctl ", self._any)

    async def _any(self, text: str) -> None:
        try:
            argv = shlex.split(text)
        except ValueError as error:
            self._tell(f"that cannot be read: {error}")
            return
        if argv:
            done = await self._commands.run(argv)
            self.sight.output = f"$ agentctl {text}\n{done.out}{done.err}"
            self.sight.go("output")

    async def _do(self, *argv: str) -> None:
        """A command of a key; its words are told at the foot, its errors too. None of a run that is played again."""
        if self._player is not None:
            self._tell("this run is played again: nothing in it can be changed")
            return
        done = await self._commands.run(argv)
        said = (done.err or done.out).strip().splitlines() or [f"{argv[0]}: done"]
        self._tell(said[-1] if done.code else said[0])

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
        """The run goes on; an answer that was about to be sent is sent."""
        if self.sight.pending is not None:
            await asyncio.shield(self._send(self.sight.pending))
        self.exit()

    def _tell(self, text: str) -> None:
        self.sight.told = short(text, 300)
        self.draw()


def _collect() -> None:
    """Where nothing looked for garbage until now, look, but never among what the first frame needed."""
    if not gc.isenabled():
        gc.freeze()
        gc.enable()
