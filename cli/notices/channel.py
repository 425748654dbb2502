"""What a channel is: something that tells one person, or a program of theirs, one notice."""

from typing import Protocol

from .notice import Notice


class NotDelivered(Exception):
    """A notice did not get through; the text says why, without anything secret of the address.

    Args:
        message: what went wrong, in a few words.
        again: whether another try could help.
    """

    def __init__(self, message: str, *, again: bool) -> None:
        super().__init__(message)
        self.again = again


class NotNow(Exception):
    """Nobody has to be told here: they are looking at the run."""


class Channel(Protocol):
    """Tells notices."""

    @property
    def name(self) -> str:
        """What it is called in the log and in the file of what was delivered; two channels never share a name."""
        ...

    def tell(self, notice: Notice) -> str:
        """Tell one notice; returns what the other side answered, in a few words.

        Raises:
            NotDelivered: it did not get through.
            NotNow: there is nothing to tell here.
        """
        ...
