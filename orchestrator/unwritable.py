"""What a disk that is full, or that fails, refuses: one error for all that writes, which says what to do. Pure.

Neither is anybody's failed test, and no worker is told of it: the run stops, and is resumed when the disk is well.
"""

import errno
from collections.abc import Iterator
from contextlib import contextmanager

from .errors import DiskFull

FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
FAILING = frozenset({errno.EIO})


def full(place: str) -> DiskFull:
    """For what could not be written where no room is left."""
    return DiskFull(
        f"{place} could not be written: the disk or a quota is full. Nothing stored so far is lost; "
        "make room, then `agentctl resume`"
    )


def failing(place: str, why: str) -> DiskFull:
    """For what the disk itself reports an error of."""
    return DiskFull(
        f"{place} could not be read or written: the disk fails ({why}). Nothing stored so far is lost; "
        "look at the disk (`dmesg` names it), then `agentctl resume`"
    )


@contextmanager
def told(place: str) -> Iterator[None]:
    """Raise DiskFull for a disk that is full or fails, and anything else as it is.

    Args:
        place: what was to be written, for a person.
    """
    try:
        yield
    except OSError as error:
        if error.errno in FULL:
            raise full(place) from error
        if error.errno in FAILING:
            raise failing(place, error.strerror or str(error)) from error
        raise
