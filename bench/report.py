"""What a suite found: bars that hold, do not, or were not measured, the figures behind them, and the machine."""

import math
import os
import platform
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from ..orchestrator import kernel


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """A figure and the most it may be; with ``least``, the least."""

    name: str
    value: float
    limit: float
    unit: str
    least: bool = False

    @property
    def holds(self) -> bool:
        """Whether the figure is within its limit; a figure that is not a number is not."""
        return self.value >= self.limit if self.least else self.value <= self.limit

    def as_dict(self) -> dict[str, Any]:
        """The five fields of the JSON form, and ``least`` where it is set; what is no number is null."""
        told = {
            "name": self.name,
            "value": rounded(self.value) if math.isfinite(self.value) else None,
            "limit": self.limit,
            "unit": self.unit,
            "holds": self.holds,
        }
        return told | ({"least": True} if self.least else {})


@dataclass(frozen=True, slots=True, kw_only=True)
class Unmeasured:
    """A bar without a figure, because something that the user has to bring is not here: it neither holds nor fails."""

    name: str
    limit: float
    unit: str
    why: str
    """What is missing, and how to get it."""

    def as_dict(self) -> dict[str, Any]:
        """Like a bar's JSON form; ``value`` and ``holds`` are null."""
        return {
            "name": self.name,
            "value": None,
            "limit": self.limit,
            "unit": self.unit,
            "holds": None,
            "why": self.why,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """One run of a suite. A suite that could not measure has ``problems`` and no figure in their place."""

    suite: str
    quick: bool
    bars: tuple[Bar, ...] = ()
    unmeasured: tuple[Unmeasured, ...] = ()
    figures: Mapping[str, Any] = field(default_factory=dict)
    problems: tuple[str, ...] = ()

    @property
    def every_bar(self) -> tuple[Bar | Unmeasured, ...]:
        """Those with a figure, then those without."""
        return (*self.bars, *self.unmeasured)

    @property
    def holds(self) -> bool:
        """Whether everything was measured and is within its limit."""
        return not self.fails and not self.unmeasured

    @property
    def fails(self) -> bool:
        """Whether a figure is beyond its limit, or something that should have been measured was not."""
        return bool(self.problems) or not self.bars or not all(bar.holds for bar in self.bars)

    def as_dict(self) -> dict[str, Any]:
        """The JSON form; ``holds`` is null where nothing fails and a bar was not measured."""
        return {
            "suite": self.suite,
            "quick": self.quick,
            "holds": self.holds if self.fails or not self.unmeasured else None,
            "bars": [bar.as_dict() for bar in self.every_bar],
            "problems": list(self.problems),
            **{name: rounded(value) for name, value in self.figures.items()},
            "machine": asdict(machine()),
        }

    def lines(self) -> list[str]:
        """The same for people."""
        width = max([len(bar.name) for bar in self.every_bar], default=0)
        told = [f"{self.suite}{' (quick)' if self.quick else ''}"]
        for bar in self.bars:
            mark = "holds" if bar.holds else "DOES NOT HOLD"
            sign = ">=" if bar.least else "<="
            told.append(f"  {bar.name:<{width}}  {bar.value:10.3f} {sign} {bar.limit:g} {bar.unit:<8} {mark}")
        told += [f"  {bar.name:<{width}}         NOT MEASURED" for bar in self.unmeasured]
        told += [f"  not measured: {why}" for why in dict.fromkeys(bar.why for bar in self.unmeasured)]
        told += [f"  {name}: {rounded(value)}" for name, value in self.figures.items()]
        return told + [f"  PROBLEM: {problem}" for problem in self.problems]


@dataclass(frozen=True, slots=True, kw_only=True)
class Machine:
    """Where the figures come from."""

    cores: int
    load: float
    """The load average of the last minute: above 0 before a bench has begun means that it was not alone."""
    python: str
    system: str


def machine() -> Machine:
    """This one, now."""
    return Machine(
        cores=cores(),
        load=round(os.getloadavg()[0], 1),
        python=platform.python_version(),
        system=f"{platform.system()} {platform.release()} {platform.machine()}",
    )


def cores() -> int:
    """How many cores this process may use."""
    return kernel.cores()


def rounded(value: Any) -> Any:
    """Figures as they are worth reading: four decimals, at any depth."""
    match value:
        case float():
            return round(value, 4)
        case Mapping():
            return {name: rounded(inner) for name, inner in value.items()}
        case list() | tuple():
            return [rounded(inner) for inner in value]
        case _:
            return value
