"""What people answered when a run was recorded; stands in for them where nobody can be asked."""

from collections.abc import Mapping
from pathlib import Path

from ..agents.recording import read


def answers_of(recording: Path) -> Mapping[str, str]:
    """The recorded answers by the keys of their questions; raises UsageError for a file that is no recording."""
    return {key: answer.answer for key, answer in read(recording).answers.items()}
