"""What people answered when a run was recorded; stands in for them where nobody can be asked."""

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from ..agents.recording import read
from ..orchestrator.nouns.questions import Asked
from .answers import describe


def answers_of(recording: Path) -> Mapping[str, str]:
    """The recorded answers by the keys of their questions; raises UsageError for a file that is no recording."""
    return {key: answer.answer for key, answer in read(recording).answers.items()}


def departures(questions: Iterable[Asked], recorded: Mapping[str, str]) -> Iterator[str]:
    """Where a person said something else than when it was recorded, which a recording cannot follow."""
    for asked in questions:
        then = recorded.get(asked.question.key)
        if then is not None and asked.answer not in (None, then):
            yield f"{asked.id}: this is a recording, so what was built follows the recorded answer: {describe(then)}"
