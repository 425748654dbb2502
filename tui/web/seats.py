"""How many may look at once, and which one of them may change something. Pure."""

from __future__ import annotations

from dataclasses import dataclass

PLACES = 8
"""Viewers at once; each is a process."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Seat:
    """A viewer's place."""

    number: int
    writes: bool


class Seats:
    """The first who comes may write where anyone may; who comes later looks, until the writer has left."""

    def __init__(self, *, write: bool, places: int = PLACES) -> None:
        self._write = write
        self._places = places
        self._taken: dict[int, Seat] = {}

    @property
    def full(self) -> bool:
        """Whether nobody more can come in."""
        return len(self._taken) >= self._places

    def take(self) -> Seat | None:
        """A free seat; None where there is none."""
        if self.full:
            return None
        number = next(n for n in range(self._places) if n not in self._taken)
        writes = self._write and not any(seat.writes for seat in self._taken.values())
        self._taken[number] = Seat(number=number, writes=writes)
        return self._taken[number]

    def leave(self, seat: Seat) -> None:
        """Free it."""
        del self._taken[seat.number]
