"""What a person chose to see: the screen, its cursor, what is folded, filtered, put off, and about to be sent."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

Mode = Literal["dash", "inbox", "task", "trace", "queue", "report", "log", "plan", "spec", "help", "output"]
ORDER: tuple[Mode, ...] = ("dash", "inbox", "task", "trace", "queue", "report", "log", "plan", "spec")
"""The screens that tab goes round."""
TABS = ("log", "patch", "tests", "prompts")
"""Of a task, by the keys 1 to 4."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """What a key, or words, would answer. ``wants_reason``: a plan is refused, and why is still to be typed."""

    question: str
    typed: str
    words: str
    wants_reason: bool = False
    anew: bool = False
    """It takes the place of an answer that was given."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pending:
    """Answers that are sent in a moment, so that they can be taken back."""

    choices: tuple[Choice, ...]
    due: float
    """When they are sent, by the clock that never goes back."""

    @property
    def questions(self) -> str:
        """Their ids."""
        return ", ".join(each.question for each in self.choices)

    @property
    def words(self) -> str:
        """What is answered."""
        first, *others = dict.fromkeys(each.words for each in self.choices)
        return first if not others else "to each what silence would take"


@dataclass(slots=True)
class Sight:
    """Changes with keys alone, never with the run."""

    mode: Mode = "dash"
    before: list[Mode] = field(default_factory=list)
    """Where esc goes back to."""
    cursors: dict[Mode, str] = field(default_factory=dict)
    folded: set[str] = field(default_factory=set)
    wanted: str = ""
    """The filter of the lists."""
    task: str = ""
    tab: int = 0
    follows: bool = True
    order: tuple[str, ...] = ()
    """The questions of the inbox as they are shown; it changes at its end alone while they are looked at."""
    shows_decided: bool = False
    """The inbox has what was decided, too."""
    marked: set[str] = field(default_factory=set)
    """The questions of the inbox that the next key answers together."""
    snoozed: set[str] = field(default_factory=set)
    ignored: set[str] = field(default_factory=set)
    pending: Pending | None = None
    told: str = ""
    """A word on what a key did, at the foot."""
    output: str = ""
    """What a command said that was typed here."""

    def go(self, mode: Mode) -> None:
        """To that screen; esc comes back."""
        if mode != self.mode:
            self.before = [*self.before[-20:], self.mode]
            self.mode = mode
        self.wanted = ""

    def back(self) -> None:
        """The filter goes first, then the screen."""
        if self.wanted:
            self.wanted = ""
        else:
            self.mode = self.before.pop() if self.before else "dash"

    @property
    def question(self) -> str:
        """The question that the inbox shows in full."""
        return self.cursors.get("inbox", "")

    def put_off(self, name: str) -> None:
        """To the end of the inbox."""
        self.snoozed.add(name)
        self.order = (*(each for each in self.order if each != name), name)
        self.cursors["inbox"] = next((each for each in self.order if each not in self.snoozed), "")
