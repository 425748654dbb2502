"""How patient the bot's port is: with slow heads, with silence, and with how many at once."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """How long, and how many."""

    head: float = 10.0
    """Seconds for the head of a request to arrive."""
    idle: int = 30
    """Seconds for which a connection that says nothing is kept."""
    connections: int = 512
