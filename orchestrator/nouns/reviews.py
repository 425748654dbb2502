"""What a critic says of a patch, and what it was shown."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """What a critic holds against a patch; it counts only with ``quote`` and ``line``, or with ``test``."""

    requirement: str
    """The id of the requirement that is not met."""
    why: str
    quote: str = ""
    """Words of that requirement."""
    line: str = ""
    """The line of the diff that breaks it."""
    test: str = ""
    """A pytest file that fails on the patch and should not."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Opinion:
    """A critic's whole answer, as it was said."""

    claims: tuple[Claim, ...] = ()
    advice: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """What a critic is shown: a whole patch at first, then what has changed since it was last shown something."""

    diff: str
    passed: tuple[str, ...] = ()
    """The ids of all tests that passed on the patch."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """An earlier look of a critic at the same attempt: where its next one goes on."""

    turn: int = 0
    tree: str
    shown: Shown
    opinion: Opinion
