"""What a ruling on a message looks like to who carries it out: commands, a refusal in words, or nothing."""

from collections.abc import Mapping, Sequence
from typing import Protocol, runtime_checkable


class Command(Protocol):
    """A command as it was said: its word such as ``answer``, its words in order, and its options without dashes."""

    @property
    def word(self) -> str:
        """``run``, ``answer``, ..."""
        ...

    @property
    def args(self) -> Sequence[str]:
        """``Q3`` and ``2``."""
        ...

    @property
    def options(self) -> Mapping[str, str]:
        """``rung`` and ``pro``."""
        ...


@runtime_checkable
class Granted(Protocol):
    """Commands that are to be obeyed, in this order."""

    @property
    def commands(self) -> Sequence[Command]:
        """What was said."""
        ...

    @property
    def by(self) -> str:
        """The login of who said it."""
        ...

    @property
    def sha(self) -> str:
        """The head that they are about, of a pull request."""
        ...

    @property
    def usd(self) -> float | None:
        """The most that a run which they start may spend; None where nothing says."""
        ...


@runtime_checkable
class Denied(Protocol):
    """Commands that are not obeyed."""

    @property
    def words(self) -> str:
        """Why not."""
        ...

    @property
    def reply(self) -> bool:
        """Whether it is said aloud."""
        ...
