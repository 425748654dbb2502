"""What a critic said of patches, in plain words: for the report, and beside a diff. Pure."""

from collections.abc import Iterator, Sequence

from ..orchestrator.nouns.events import Event, Reviewed
from ..orchestrator.nouns.keys import AttemptKey
from ..tui.clean import clean
from ..tui.snapshot import counted


def reviews_of(events: Sequence[Event]) -> tuple[Reviewed, ...]:
    """Every review in a run's log."""
    return tuple(event.fact for event in events if isinstance(event.fact, Reviewed))


def notes_on(key: AttemptKey, reviews: Sequence[Reviewed]) -> Iterator[str]:
    """How often an attempt was sent back by the critic, and what it advised, each thing once."""
    own = [review for review in reviews if review.key == key]
    blocked = sum(bool(review.blocked) for review in own)
    if blocked:
        yield f"sent back by the critic {counted(blocked, 'time')}"
    for note in dict.fromkeys(note for review in own for note in review.notes):
        yield f"the critic: {clean(note, width=300)}"
