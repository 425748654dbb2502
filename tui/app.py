"""The dashboard: the screens of a run, and keys that answer its questions and put a hand on it.

Whatever a key changes in a run is a command of agentctl, started as one, so that screen and command line cannot differ.
"""

from __future__ import annotations

import asyncio
import shlex
from collections.abc import Awaitable, Callable, Hashable, Sequence
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING

from textual.app import SuspendNotSupported

from . import answering, steering
from .commands import LOOKS
from .entries import short
from .pane import Pane
from .screens import Screens
from .sight import Choice, Pending
from .steady import Steady
from .views import questions

if TYPE_CHECKING:
    from ..orchestrator.nouns.questions import Asked

PLAYED = "this run is played again: nothing in it can be changed"
_MOST_SAID = 4
"""Lines of a command that the foot tells."""
HELD = 3.0
"""Seconds in which an answer can be taken back before it is sent."""


class Dashboard(Screens):
    """One run on a terminal, to be looked at and steered."""

    @property
    def _shut(self) -> str:
        """Why no key changes the run; empty where keys do."""
        if self._player is not None:
            return PLAYED
        return LOOKS if self._looks else ""

    _sure = ""
    """The task that one more K ends."""

    @cached_property
    def _steady(self) -> Steady:
        """Since when what stands on the screen has stood there."""
        return Steady()

    async def _tick(self) -> None:
        pending = self.sight.pending
        if pending is not None and self._monotonic() >= pending.due:
            await self._send(pending)
        await super()._tick()

    def draw(self) -> None:
        """As the screens are, and from when on what stands there can be answered."""
        super().draw()
        self.call_after_refresh(self._painted, self._what())

    def _what(self) -> Hashable:
        """All that an answer's key would depend on; None where no key answers."""
        if self._purpose is not None:
            return None
        return answering.ground(self._look, self.sight, size=(self.size.width, self.size.height))

    def _painted(self, what: Hashable) -> None:
        self._steady.painted(what, at=self._monotonic())

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
        elif self._shut:
            self._tell(self._shut)
        elif what is None:
            self._tell("nothing here waits for an answer")
        elif not self._steady.stands(what, at=self._monotonic()):
            self._tell("the list has just changed: look again, then press")
        else:
            return True
        return False

    def _hold(self, *choices: Choice) -> None:
        """Send them in a moment, in the place of what was about to be sent for the same questions."""
        if (before := self.sight.pending) is not None:
            again = {each.question for each in choices}
            others = tuple(each for each in before.choices if each.question not in again)
            if others:
                self.run_worker(self._send(replace(before, choices=others)))
        self.sight.pending = Pending(choices=choices, due=self._monotonic() + HELD)
        self.sight.marked.clear()
        self.draw()

    async def _send(self, pending: Pending) -> None:
        if self.sight.pending is pending:
            self.sight.pending = None
        told = [await self._answered(each) for each in pending.choices]
        self._tell(" · ".join(sorted(told, key=lambda words: not words.startswith("agentctl:"))))
        if self.sight.mode == "inbox" and self.sight.question in pending.questions.split(", "):
            self.sight.cursors["inbox"] = self._next_open() or self.sight.question
            self.draw()

    async def _answered(self, choice: Choice) -> str:
        """What `answer` said of it, or why it was not taken."""
        return await self._done("answer", *(("--anew",) if choice.anew else ()), choice.question, "--", choice.typed)

    def _next_open(self) -> str:
        """The first question of the inbox that still waits, but what was put off."""
        open_ones = {each.asked.id for each in self._look.ranked} - self.sight.snoozed - self.sight.ignored
        return next((each for each in self.sight.order if each in open_ones and each != self.sight.question), "")

    async def action_leave(self) -> None:
        """The run goes on; an answer that was about to be sent is sent."""
        if self.sight.pending is not None:
            await asyncio.shield(self._send(self.sight.pending))
        await super().action_leave()

    def action_open(self) -> None:
        """What the cursor is on; in the inbox what silence would take, where it can be reverted."""
        if self.sight.mode == "inbox":
            self._answer_by_key("enter")
        else:
            super().action_open()

    def action_fold(self) -> None:
        """A team without its tasks, or with them; in the inbox a mark on a question, or none."""
        asked = self._look.questions.get(self.sight.question) if self.sight.mode == "inbox" else None
        if asked is None:
            super().action_fold()
        elif asked.id in self.sight.marked or self._may_mark(asked):
            self.sight.marked ^= {asked.id}
            self.draw()

    def _may_mark(self, asked: Asked) -> bool:
        """Only what can be answered with others, and was read to its last option."""
        right = self.query_one("#right", Pane)
        if not answering.may_be_marked(asked):
            self._tell(f"{asked.id} is answered alone")
        elif not all(right.sees(key) for key in right.keys()):  # noqa: SIM118 - a pane's
            self._tell(f"not all of its options are on the screen: pgdn shows them, then space marks {asked.id}")
        else:
            return self._may_answer()
        return False

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
        try:
            with self.suspend():
                self._commands.here(["plan", "--edit"])
        except SuspendNotSupported:
            self._tell("there is no editor here: `agentctl plan --edit` in a terminal, or r to answer in words")
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
        if self._shut:
            self._tell(self._shut)
            return
        meant = self._task_at_cursor() if what == "steer" else self._meant()
        if meant or what != "steer":
            line = steering.typed(what, meant, self._look)
            self._ask(line.prompt, lambda text: self._typed(line, text), value=line.value)

    async def _typed(self, line: steering.Line, text: str) -> None:
        """Nothing typed is nothing done."""
        if text.strip():
            await self._do(*line.argv(text))

    async def action_on_task(self, what: steering.Pressed) -> None:
        """A command on the task at the cursor; the one that ends it asks once more."""
        if self._shut:
            self._tell(self._shut)
            return
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

    # commands

    def action_palette(self) -> None:
        """Any command of agentctl, on this run."""
        if self._looks:
            self._tell(LOOKS)
        else:
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
        """A command of a key; its words are told at the foot, its errors too. None where nothing may be changed."""
        self._tell(self._shut or await self._done(*argv))

    async def _done(self, *argv: str) -> str:
        """What a command said, on one line; where it failed, why."""
        done = await self._commands.run(argv)
        said = (done.err or done.out).strip().splitlines() or [f"{argv[0]}: done"]
        return said[-1] if done.code else " · ".join(said[:_MOST_SAID])
