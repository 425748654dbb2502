"""Which models answer without saying what they cost, and how every screen says so. Pure."""

from collections.abc import Iterable

OUTSIDE_CAP = "outside-cap"
"""The choice under which a run keeps the names of its models that no cap holds."""


def listed(models: Iterable[str]) -> str:
    """The value of that choice: each name once, in order; empty where the cap holds everything."""
    return ", ".join(dict.fromkeys(models))


def beside_the_cap(names: str | None) -> str:
    """What stands beside an amount of money; empty where the cap holds everything."""
    return f" (without {names}: outside the cap)" if names else ""


def told(names: str) -> str:
    """The sentence for reports and for the beginning of a run."""
    return (
        f"Outside the cap: {names}. Command-line tools do not say what you are charged for them, so their calls are "
        "counted, their tokens are as the tool reports them or estimated, and no dollars are entered."
    )
