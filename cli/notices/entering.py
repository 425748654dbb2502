"""Enters an answer that came from outside, as `agentctl answer` does: to the question it names by key, and no other."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field

from ...orchestrator.errors import AgentctlError, UsageError
from ...orchestrator.store.folder import RunFolder, all_runs
from ..asking import already_answered, enter
from ..going_on import who_goes_on
from ..repository import opened
from .once import Once, TooMany

UNKNOWN = "there is no such question in such a run here: send run, question and key as the notice had them"
TWICE = "this message was taken before: a new answer needs a new message"


class Given(BaseModel):
    """An answer as it comes: a question as the notice named it, and what would be typed for it."""

    model_config = ConfigDict(extra="forbid", strict=True)

    run: str = Field(min_length=1, max_length=40)
    question: str = Field(min_length=2, max_length=12)
    key: str = Field(min_length=1, max_length=1000)
    answer: str = Field(min_length=1, max_length=20_000)


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """What became of an answer."""

    status: int
    """As HTTP says it: 200, or why not."""
    words: str
    next: str = ""
    """Who goes on with the run, where nothing drives it."""


def entered(root: Path, given: Given, *, message: str, author: str, clock: Callable[[], float] = time.time) -> Taken:
    """Enter an answer whose signature was believed; ``message`` is what is taken once. Nothing is raised."""
    try:
        folder = next((each for each in all_runs(root) if each.run == given.run), None)
        return Taken(status=404, words=UNKNOWN) if folder is None else _in(folder, given, message, author, clock)
    except TooMany as error:
        return Taken(status=429, words=str(error))
    except UsageError as error:
        return Taken(status=400, words=str(error))
    except (AgentctlError, OSError) as error:
        return Taken(status=500, words=f"the answer could not be stored ({type(error).__name__}): try again")


def _in(folder: RunFolder, given: Given, message: str, author: str, clock: Callable[[], float]) -> Taken:
    with opened(folder, write=True) as run:
        asked = run.store.question(given.key)
        if asked is None or asked.id != given.question:
            return Taken(status=404, words=UNKNOWN)
        if not Once(folder=folder.path, clock=clock).take(message):
            return Taken(status=409, words=TWICE)
        if asked.answer is not None:
            return Taken(status=409, words=str(already_answered(asked)))
        try:
            said = enter(run, asked, given.answer, author=author)
        except UsageError as error:
            stands = run.store.question(given.key)
            late = stands is not None and stands.answer is not None
            return Taken(status=409 if late else 400, words=str(error))
    return Taken(status=200, words=said, next=who_goes_on(folder))
