"""What a person is told of a run while they are elsewhere, and the hours in which they are told nothing."""

from dataclasses import dataclass
from typing import Literal

About = Literal["question", "digest", "done", "failed", "waiting", "budget", "stopped"]
"""``waiting`` and ``budget``: nothing drives the run until somebody answers; ``stopped``: its driver met an error."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HumanNeeded:
    """A person is to be told of these questions, or how a run ended: once, by every channel there is."""

    about: About
    text: str
    """In one line."""
    why_now: str = ""
    questions: tuple[str, ...] = ()
    """Ids, the most urgent first."""
    reasons: tuple[str, ...] = ()
    """Why each of them stands where it stands, in the same order."""
    of: int = 0
    """Of an end: the sequence number of the event that it is about, so that each end is told once."""
    due: float = 0.0
    """Not to be told before this moment, in seconds since the epoch: the end of the quiet hours."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Quiet:
    """Hours of each day in which nobody is told anything, in minutes after midnight; they may pass midnight."""

    begin: int
    end: int
