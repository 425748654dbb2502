"""The frontier as JSON and as a picture: which ways are beaten in time and cost at once, and which are not."""

import json
import math
from collections.abc import Iterator, Mapping
from pathlib import Path
from xml.sax.saxutils import escape

_WIDTH, _HEIGHT, _MARGIN = 720, 420, 64
_INK, _GREY, _BLUE = "#1f2328", "#8c959f", "#0969da"

_TICKS = [mantissa * 10.0**power for power in range(-2, 4) for mantissa in (1, 2, 3, 5)]

Point = tuple[float, float]
"""Minutes, and dollars with a person's time and the waiting in them."""


def frontier(points: Mapping[str, Point]) -> list[str]:
    """The ways that no other beats in both, fastest first."""
    kept = [
        name
        for name, (minutes, cost) in points.items()
        if not any(m <= minutes and c <= cost and (m, c) != (minutes, cost) for m, c in points.values())
    ]
    return sorted(kept, key=lambda name: points[name])


def write(folder: Path, points: Mapping[str, Point]) -> None:
    """Write ``pareto.json`` and ``pareto.svg``."""
    folder.mkdir(parents=True, exist_ok=True)
    best = frontier(points)
    told = {
        "axes": ["minutes", "cost in dollars, a person's time and the waiting included"],
        "ways": [
            {"name": name, "minutes": round(minutes, 3), "cost": round(cost, 4), "on_frontier": name in best}
            for name, (minutes, cost) in points.items()
        ],
        "frontier": best,
    }
    (folder / "pareto.json").write_text(json.dumps(told, indent=1) + "\n", encoding="utf-8")
    (folder / "pareto.svg").write_text("\n".join(_svg(points, best)) + "\n", encoding="utf-8")


def _svg(points: Mapping[str, Point], best: list[str]) -> Iterator[str]:
    across, up = _scale([m for m, _ in points.values()], _WIDTH), _scale([c for _, c in points.values()], _HEIGHT)

    def at(point: Point) -> Point:
        return across(point[0]), _HEIGHT - up(point[1])

    yield (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" font-family="sans-serif" '
        f'font-size="13" fill="{_INK}">'
    )
    yield f'<rect width="{_WIDTH}" height="{_HEIGHT}" fill="white"/>'
    yield from _axes(across, up)
    line = " ".join(f"{x:.1f},{y:.1f}" for x, y in (at(points[name]) for name in best))
    yield f'<polyline points="{line}" fill="none" stroke="{_BLUE}" stroke-width="1.5" stroke-dasharray="5 4"/>'
    for name, point in points.items():
        x, y = at(point)
        yield f'<circle cx="{x:.1f}" cy="{y:.1f}" r="5" fill="{_BLUE if name in best else _GREY}"/>'
        yield f'<text x="{x:.1f}" y="{y - 12:.1f}" text-anchor="middle">{escape(name)}</text>'
    yield "</svg>"


def _axes(across: "_Scale", up: "_Scale") -> Iterator[str]:
    bottom = _HEIGHT - _MARGIN
    yield f'<path d="M{_MARGIN},24 V{bottom} H{_WIDTH - 24}" fill="none" stroke="{_GREY}"/>'
    for minutes in filter(across.holds, _TICKS):
        x = across(minutes)
        yield f'<text x="{x:.1f}" y="{bottom + 18}" text-anchor="middle" fill="{_GREY}">{minutes:g}</text>'
    for cost in filter(up.holds, _TICKS):
        y = _HEIGHT - up(cost) + 4
        yield f'<text x="{_MARGIN - 8}" y="{y:.1f}" text-anchor="end" fill="{_GREY}">{cost:g}</text>'
    middle = (_WIDTH + _MARGIN) / 2
    yield f'<text x="{middle}" y="{_HEIGHT - 16}" text-anchor="middle">minutes to the end</text>'
    yield f'<text x="{_MARGIN - 48}" y="16">dollars, with a person\'s time and the waiting</text>'


class _Scale:
    """Logarithmic, from a margin to the other end."""

    def __init__(self, values: list[float], length: int) -> None:
        low, high = min(values) / 1.3, max(values) * 1.3
        self._low, self._high, self._ratio, self._length = low, high, math.log(high / low), length

    def holds(self, value: float) -> bool:
        """Whether it is on the axis."""
        return self._low <= value <= self._high

    def __call__(self, value: float) -> float:
        return _MARGIN + (self._length - _MARGIN - 24) * math.log(max(value, 1e-9) / self._low) / self._ratio


def _scale(values: list[float], length: int) -> _Scale:
    return _Scale(values, length)
