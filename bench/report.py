"""What a suite found: bars that hold or do not, the figures behind them, and the machine they were taken on."""

import os
import platform
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

QUICK_SECONDS = 60
"""What a quick run may take; it is smaller, not laxer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """A figure and the most it may be."""

    name: str
    value: float
    limit: float
    unit: str

    @property
    def holds(self) -> bool:
        """Whether the figure is within its limit; a figure that is not a number is not."""
        return self.value <= self.limit

    def as_dict(self) -> dict[str, Any]:
        """The five fields of the JSON form."""
        return {
            "name": self.name,
            "value": rounded(self.value),
            "limit": self.limit,
            "unit": self.unit,
            "holds": self.holds,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """One run of a suite. A suite that could not measure has ``problems`` and no figure in their place."""

    suite: str
    quick: bool
    bars: tuple[Bar, ...] = ()
    figures: Mapping[str, Any] = field(default_factory=dict)
    problems: tuple[str, ...] = ()

    @property
    def holds(self) -> bool:
        """Whether everything was measured and is within its limit."""
        return not self.problems and bool(self.bars) and all(bar.holds for bar in self.bars)

    def as_dict(self) -> dict[str, Any]:
        """The JSON form."""
        return {
            "suite": self.suite,
            "quick": self.quick,
            "holds": self.holds,
            "bars": [bar.as_dict() for bar in self.bars],
            "problems": list(self.problems),
            **{name: rounded(value) for name, value in self.figures.items()},
            "machine": asdict(machine()),
        }

    def lines(self) -> list[str]:
        """The same for people."""
        width = max([len(bar.name) for bar in self.bars], default=0)
        told = [f"{self.suite}{' (quick)' if self.quick else ''}"]
        for bar in self.bars:
            mark = "holds" if bar.holds else "DOES NOT HOLD"
            told.append(f"  {bar.name:<{width}}  {bar.value:10.3f} <= {bar.limit:g} {bar.unit:<8} {mark}")
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
    return len(os.sched_getaffinity(0))


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


Suite = Callable[..., Report]
"""Takes ``quick`` and measures."""
