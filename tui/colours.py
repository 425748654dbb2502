"""The named styles of the screens, light and dark. Okabe-Ito: told apart by all common kinds of colour blindness.

No meaning is told by colour alone: a glyph and a word stand beside it. With NO_COLOR there are only bold, dim and
reverse.
"""

from collections.abc import Mapping

from rich.style import Style

from ..orchestrator.nouns.runs import TaskState

STATES: Mapping[TaskState, str] = {
    "blocked": "#999999",
    "ready": "#56B4E9",
    "working": "#0072B2",
    "parked": "#E69F00",
    "queued": "#CC79A7",
    "landed": "#009E73",
    "dropped": "#D55E00",
}
"""A colour for each state of a task, readable on both grounds."""
_ON_DARK = {"working": "#4AA3DF"}
"""Where a colour of `STATES` is too dark for a dark ground."""
_CURSOR = {True: "#2F4156", False: "#CCDCEC"}
"""The ground of the line that the cursor is on, in the dark and in the light."""
_BASE = {
    "": Style(),
    "dim": Style(dim=True),
    "bold": Style(bold=True),
    "reverse": Style(reverse=True),
}


def styles(*, dark: bool, colour: bool) -> Mapping[str, Style]:
    """Every style by its name."""
    shades: dict[str, str] = {str(state): shade for state, shade in STATES.items()} | (_ON_DARK if dark else {})
    named = {**shades, "good": shades["landed"], "bad": shades["dropped"], "warm": shades["parked"]}
    named["cold"] = shades["ready"] if dark else shades["working"]
    coloured = {name: Style(color=shade) if colour else Style() for name, shade in named.items()}
    loud = {"bad": Style(bold=True), "warm": Style(bold=True)} if not colour else {}
    cursor = Style(bgcolor=_CURSOR[dark], bold=True) if colour else Style(reverse=True)
    return {**_BASE, **coloured, **loud, "cursor": cursor}
