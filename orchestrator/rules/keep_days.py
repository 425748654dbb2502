"""For how long what a run leaves is kept. Pure."""

from ..nouns.runs import Run

DEFAULT_DAYS = 30.0
"""For which attempts stay behind their refs once their run is over."""
DAY = 86_400.0


def is_past(run: Run, *, now: float, days: float) -> bool:
    """Whether a run ended so many days ago; one that goes on, or may be resumed, is never past."""
    return run.finished_at is not None and now - run.finished_at > days * DAY
