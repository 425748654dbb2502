"""Numbered places at which the crash bench kills the process; in a normal run each costs one comparison.

A fault point stands before and after every step whose half-done state must be recoverable. The crash bench arms a kill
in a driver that it has forked; the simulation arms an exception instead.
"""

from collections.abc import Callable

_armed: Callable[[str], None] | None = None


def arm(strike: Callable[[str], None] | None) -> None:
    """Call ``strike`` with the name of each fault point reached from now on; None disarms."""
    global _armed  # noqa: PLW0603 - one process has one way to die
    _armed = strike


def reach(name: str) -> None:
    """Mark a fault point; the name says what has just become durable, or is about to."""
    if _armed is not None:
        _armed(name)
