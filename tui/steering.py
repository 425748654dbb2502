"""What a key comes to that puts a hand on a run: a command of agentctl, perhaps with words still to be typed. Pure."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from ..orchestrator.rules.autonomy import autonomy_of
from .clean import clean

if TYPE_CHECKING:
    from .look import Look

Typed = Literal["steer", "budget", "autonomy"]
Pressed = Literal["pause", "prefer", "retry", "raise", "cancel"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """What is still to be typed, and the command that it then is."""

    prompt: str
    argv: Callable[[str], list[str]]
    value: str = ""


def pressed(what: Pressed, task: str, look: Look) -> list[str]:
    """The command of a key that needs no words; of two that undo each other the one that changes something."""
    hands = look.snapshot.hands
    match what:
        case "pause":
            return ["pause" if hands.pause(task) is None else "unpause", task]
        case "prefer":
            return ["prefer", task, *(("--off",) if task in hands.preferred else ())]
        case "raise":
            return ["retry", task, "--rung", "pro"]
        case "cancel":
            return ["cancel", "--task", task]
        case "retry":
            return ["retry", task]


def typed(what: Typed, meant: str, look: Look) -> Line:
    """The line of a key that needs words; ``meant`` is a task, a line of the dashboard, or what is none of a team."""
    match what:
        case "steer":
            return Line(prompt=f"say to {clean(meant)}: ", argv=lambda text: ["steer", meant, "--", text])
        case "budget":
            cap = look.snapshot.cap_usd
            return Line(
                prompt=f"raise the cap of ${cap:.2f} by, in dollars: ", argv=lambda text: ["budget", "--", text]
            )
        case "autonomy":
            team = team_of(meant, look)
            level = autonomy_of(team, hands=look.snapshot.hands, settings=look.snapshot.run.settings)
            whose = f"team {clean(team)}" if team else "the run"
            return Line(
                prompt=f"{whose} is {level} now: ask-always, ask-blocking or never? ",
                argv=lambda text: ["autonomy", *(("--team", team) if team else ()), "--", text.strip()],
            )


def team_of(meant: str, look: Look) -> str:
    """The team of a task, an attempt, or a team's line; "" of anything else, which is the run's."""
    name, _, rest = meant.partition(":")
    return (
        rest if name == "team" else next((each.task.team for each in look.snapshot.tasks if each.task.id == name), "")
    )
