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
_CODE = {
    True: {"keyword": "#CC79A7", "string": "#E69F00", "number": "#56B4E9", "name": "#F0E442"},
    False: {"keyword": "#8F3F71", "string": "#9A5B00", "number": "#0072B2", "name": "#6B5B00"},
}
"""Of code, on a dark ground and on a light one."""
_GROUNDS = {True: {"added": "#12301F", "taken": "#3A1A12"}, False: {"added": "#DDF3E4", "taken": "#FBE3DA"}}
"""What was added to a file and taken from it."""
_BASE = {
    "": Style(),
    "dim": Style(dim=True),
    "bold": Style(bold=True),
    "reverse": Style(reverse=True),
}


def _of_code(*, dark: bool) -> dict[str, Style]:
    """Kinds of words, grounds of lines, and each of both together: ``keyword added``."""
    kinds = {name: Style(color=shade) for name, shade in _CODE[dark].items()} | {"comment": Style(dim=True)}
    grounds = {name: Style(bgcolor=shade) for name, shade in _GROUNDS[dark].items()}
    both = {f"{kind} {ground}": kinds[kind] + grounds[ground] for kind in kinds for ground in grounds}
    return {**kinds, **grounds, **both}


def styles(*, dark: bool, colour: bool) -> Mapping[str, Style]:
    """Every style by its name."""
    shades: dict[str, str] = {str(state): shade for state, shade in STATES.items()} | (_ON_DARK if dark else {})
    named = {**shades, "good": shades["landed"], "bad": shades["dropped"], "warm": shades["parked"]}
    named["cold"] = shades["ready"] if dark else shades["working"]
    coloured = {name: Style(color=shade) if colour else Style() for name, shade in named.items()}
    loud = {"bad": Style(bold=True), "warm": Style(bold=True)} if not colour else {}
    coloured |= _of_code(dark=dark) if colour else dict.fromkeys(_of_code(dark=dark), Style())
    cursor = Style(bgcolor=_CURSOR[dark], bold=True) if colour else Style(reverse=True)
    return {**_BASE, **coloured, **loud, "cursor": cursor}
