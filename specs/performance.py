"""Performance bars: what a ``P`` item asks for, as a command, a metric and a bound. Pure; measuring is elsewhere.

    **P1** `cmd` MUST finish in <= 3.0 s wall (median of 5) on 2 cores.
    **P2** Peak memory for P1 MUST be at most 150 MB.

What a bar does not say it has from the bar that it refers to.
"""

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from .items import code_spans, without_code
from .nouns import Item, Spec

Metric = Literal["wall", "cpu", "peak memory", "size", "throughput"]
Op = Literal["<=", "<", ">=", ">"]
Missing = Literal["command", "metric", "bound", "statistic", "machine"]

_OPS: tuple[tuple[str, Op], ...] = (
    (r"<=|≤|=<", "<="),
    (r">=|≥|=>", ">="),
    (r"<", "<"),
    (r">", ">"),
    (r"at most|no(?:t)? more than|not exceed(?:ing)?|no longer than|up to|within|in at most", "<="),
    (r"at least|no(?:t)? less than|no(?:t)? fewer than", ">="),
    (r"under|below|less than|fewer than|faster than", "<"),
    (r"more than|over|above|exceed(?:s|ing)?", ">"),
    (r"in", "<="),
)
_UNITS: dict[str, tuple[Literal["time", "bytes"], float]] = {
    "ns": ("time", 1e-9),
    "us": ("time", 1e-6),
    "ms": ("time", 1e-3),
    "s": ("time", 1.0),
    "min": ("time", 60.0),
    "h": ("time", 3600.0),
    "B": ("bytes", 1.0),
    **{f"{prefix}B": ("bytes", 1000.0**n) for n, prefix in enumerate(("k", "M", "G", "T"), 1)},
    **{f"{prefix}iB": ("bytes", 1024.0**n) for n, prefix in enumerate(("K", "M", "G", "T"), 1)},
}
_SPELLINGS = {
    "µs": "us",
    "microseconds": "us",
    "milliseconds": "ms",
    "millisecond": "ms",
    "seconds": "s",
    "second": "s",
    "secs": "s",
    "sec": "s",
    "minutes": "min",
    "minute": "min",
    "hours": "h",
    "hour": "h",
    "bytes": "B",
    "byte": "B",
    "KB": "kB",
}
_UNIT = "|".join(sorted(map(re.escape, (*_UNITS, *_SPELLINGS)), key=len, reverse=True))
_OP = "|".join(f"(?P<op{n}>(?i:{words}))" for n, (words, _) in enumerate(_OPS))
_BOUND = re.compile(
    rf"(?:(?<![\w-])|(?<=\s))(?:{_OP})\s*(?:an? )?(?P<number>\d[\d,_]*(?:\.\d+)?(?:[eE]\d+)?)\s*"
    rf"(?:(?P<unit>{_UNIT})(?![\w/])(?!\s+per\b)|(?P<what>[A-Za-z]+)\s*(?:/\s*|per\s+)(?:s|sec|second)\b)"
)
_STATISTIC = re.compile(
    r"\(?\b(?P<stat>median|mean|average|min(?:imum)?|max(?:imum)?|best|worst|p\d{2})\s+of\s+(?P<runs>\d{1,4})"
    r"(?:\s+(?:runs|times))?(?:\s*(?:,|after|with|and)\s*(?P<warm>\d{1,3})\s+warm-?\s?ups?)?\s*\)?",
    re.IGNORECASE,
)
_MACHINE = re.compile(r"\bon\s+(?P<machine>\S.*?)(?=\.\s|[;,]\s|\.?\s*$)")
_MEMORY = re.compile(r"\b(?:memory|RSS|RAM|heap)\b", re.IGNORECASE)
_SIZE = re.compile(r"\b(?:sizes?|bytes|files?|archive|bundle|output|binary|package|wheel)\b", re.IGNORECASE)
_CPU = re.compile(r"\bCPU\b", re.IGNORECASE)
_STATS = {"average": "mean", "minimum": "min", "maximum": "max"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """A figure to keep. ``runs`` are measured after ``warmups`` that are not; ``stat`` of them is held to the bound.

    ``unit`` is that of ``bound``: ``ms``, ``MiB``, or what is counted in a second, such as ``rows/s``.
    """

    id: str
    metric: Metric
    op: Op
    bound: float
    unit: str
    stat: str
    """``median``, ``mean``, ``min``, ``max``, or a percentile such as ``p95``."""
    runs: int
    machine: str
    command: str
    line: int
    warmups: int = 0

    @property
    def limit(self) -> float:
        """The bound in seconds, in bytes, or, for a throughput, in what its unit counts in a second."""
        return self.bound * scale(self.unit)


@dataclass(frozen=True, slots=True, kw_only=True)
class Unmeasurable:
    """A ``P`` item that says too little to be measured."""

    id: str
    line: int
    missing: tuple[Missing, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Said:
    """What one sentence says of a bar; the rest is empty."""

    command: str = ""
    metric: Metric | None = None
    op: Op = "<="
    bound: float | None = None
    unit: str = ""
    stat: str = ""
    runs: int = 0
    warmups: int = 0
    machine: str = ""


def bars(spec: Spec) -> tuple[Bar | Unmeasurable, ...]:
    """Every performance item of a spec, in the order of the document."""
    return tuple(bar(item, spec.items) for item in spec.items.values() if item.kind == "performance")


def bar(item: Item, others: Mapping[str, Item]) -> Bar | Unmeasurable:
    """The bar that an item sets, completed by the first performance item that it refers to."""
    said = _said(item.text)
    base = next((others[ref] for ref in item.refs if ref in others and others[ref].kind == "performance"), None)
    if base:
        said = _completed(said, _said(base.text))
    missing = _missing(said)
    if missing or said.metric is None or said.bound is None:
        return Unmeasurable(id=item.id, line=item.line, missing=missing)
    return Bar(
        id=item.id,
        metric=said.metric,
        op=said.op,
        bound=said.bound,
        unit=said.unit,
        stat=said.stat,
        runs=said.runs,
        machine=said.machine,
        command=said.command,
        line=item.line,
        warmups=said.warmups,
    )


def figure(samples: Sequence[float], stat: str) -> float:
    """The statistic of at least one measurement; percentiles by nearest rank."""
    ordered = sorted(samples)
    match stat:
        case "median":
            middle = len(ordered) // 2
            return ordered[middle] if len(ordered) % 2 else (ordered[middle - 1] + ordered[middle]) / 2
        case "mean":
            return math.fsum(ordered) / len(ordered)
        case "min":
            return ordered[0]
        case "max":
            return ordered[-1]
        case _:
            return ordered[max(0, math.ceil(int(stat[1:]) / 100 * len(ordered)) - 1)]


def holds(bar: Bar, value: float) -> bool:
    """Whether a figure, in the unit of `Bar.limit`, is within the bound."""
    match bar.op:
        case "<=":
            return value <= bar.limit
        case "<":
            return value < bar.limit
        case ">=":
            return value >= bar.limit
        case ">":
            return value > bar.limit


def scale(unit: str) -> float:
    """How many seconds, bytes, or things a second one of a unit is."""
    return _UNITS[unit.removesuffix("/s")][1] if unit.removesuffix("/s") in _UNITS else 1.0


def _said(text: str) -> _Said:
    bare = without_code(text)
    spans = code_spans(text)
    said = _Said(command=spans[0] if spans else "")
    found = _BOUND.search(bare)
    if found:
        said = _bounded(said, found, bare)
    statistic = _STATISTIC.search(bare)
    if statistic:
        stat = _statistic(statistic["stat"].lower(), said.op)
        said = replace(said, stat=stat, runs=int(statistic["runs"]), warmups=int(statistic["warm"] or 0))
    after = _STATISTIC.sub(" ", text[found.end() if found else 0 :])
    machine = _MACHINE.search(after)
    said = replace(said, machine=machine["machine"].strip("` ") if machine else "")
    return replace(said, stat=said.stat or "max", runs=said.runs or 1) if said.metric == "size" else said


def _bounded(said: _Said, found: re.Match[str], bare: str) -> _Said:
    op = next(op for n, (_, op) in enumerate(_OPS) if found[f"op{n}"])
    number = float(found["number"].replace(",", "").replace("_", ""))
    if found["what"]:
        return replace(said, metric="throughput", op=op, bound=number, unit=f"{_spelt(found['what'])}/s")
    unit = _spelt(found["unit"])
    return replace(said, metric=_metric(bare, unit), op=op, bound=number, unit=unit)


def _spelt(unit: str) -> str:
    return _SPELLINGS.get(unit, unit)


def _metric(bare: str, unit: str) -> Metric | None:
    """What is measured: for a time, the wall clock unless CPU is said; for bytes, what the sentence calls them."""
    if _UNITS[unit][0] == "time":
        return "cpu" if _CPU.search(bare) else "wall"
    if _MEMORY.search(bare):
        return "peak memory"
    return "size" if _SIZE.search(bare) else None


def _statistic(word: str, op: Op) -> str:
    """The best of times is the least, the best of throughputs the greatest."""
    if word in {"best", "worst"}:
        return "min" if (word == "best") == (op in {"<=", "<"}) else "max"
    return _STATS.get(word, word)


def _completed(said: _Said, base: _Said) -> _Said:
    return replace(
        said,
        command=said.command or base.command,
        stat=said.stat or base.stat,
        runs=said.runs or base.runs,
        warmups=said.warmups or base.warmups,
        machine=said.machine or base.machine,
    )


def _missing(said: _Said) -> tuple[Missing, ...]:
    """What is not said. The size of a file is the same each time and everywhere."""
    fixed = said.metric == "size"
    lacks: tuple[tuple[Missing, bool], ...] = (
        ("command", not said.command),
        ("metric", said.bound is not None and said.metric is None),
        ("bound", said.bound is None),
        ("statistic", not fixed and (not said.stat or said.runs < 1)),
        ("machine", not fixed and not said.machine),
    )
    return tuple(name for name, lacking in lacks if lacking)
