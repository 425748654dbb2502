"""Each screen as lines: what stands on the left, what beside or below it, and at the foot. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from rich.cells import cell_len

from ..orchestrator.nouns.events import Landed
from . import code
from .answering import subject
from .clean import clean
from .entries import Entry, columns, entry, prose, short, verbatim, wrapped
from .look import Look
from .plain import line as event_line
from .sight import TABS, Mode, Sight
from .views import dash, keys, plan, questions, queue, spec, trace

if TYPE_CHECKING:
    from ..orchestrator.nouns.events import Event

_HINTS: dict[Mode, str] = {
    "dash": "enter open · i inbox · / filter · : command · ? keys · q leave",
    "inbox": "1-9 answer · 0 no · r in words · s later · x leave · u undo · h decided · esc",
    "task": "1 log  2 patch  3 tests  4 prompts · S say · p pause · + first · R retry · K cancel · esc",
    "trace": "j k choose · / filter · esc",
    "queue": "j k choose · / filter · esc",
    "report": "j k scroll · esc",
    "log": "j k scroll · f follow · / filter · esc",
    "plan": "j k choose · enter open · / filter · esc",
    "spec": "j k scroll · / filter · esc",
    "help": "j k scroll · esc",
    "output": "j k scroll · esc",
}
LATELY = 40
"""Events beside the dashboard; the log screen has more."""
_SPLIT: frozenset[Mode] = frozenset({"dash", "inbox", "trace"})


def is_split(mode: Mode) -> bool:
    """Whether the screen has a second pane."""
    return mode in _SPLIT


def left(look: Look, sight: Sight, *, events: Sequence[Event], fetched: Mapping[str, str], width: int) -> list[Entry]:
    """The main pane; ``fetched`` are texts of commands by what they are of."""
    wanted = sight.wanted
    shown = [name for name in sight.order if name not in sight.ignored]
    made: dict[Mode, Callable[[], list[Entry]]] = {
        "dash": lambda: dash.rows(look, folded=frozenset(sight.folded), wanted=wanted, width=width),
        "inbox": lambda: questions.rows(look, order=shown, sight=sight, width=width),
        "task": lambda: _task(look, sight, events=events, fetched=fetched, width=width),
        "trace": lambda: trace.rows(look, wanted=wanted, width=width),
        "queue": lambda: queue.rows(look, wanted=wanted, width=width),
        "log": lambda: _events(events, wanted=wanted),
        "plan": lambda: plan.rows(look, asked=look.questions.get(subject(look, sight)), wanted=wanted, width=width),
        "spec": lambda: spec.rows(look, wanted=wanted, width=width),
        "help": lambda: keys.rows(width=width),
        "output": lambda: prose(sight.output, width),
        "report": lambda: prose(fetched.get("report", "reading the report…"), width),
    }
    return made[sight.mode]()


def right(look: Look, sight: Sight, *, events: Sequence[Event], width: int) -> list[Entry]:
    """The second pane of a screen that has one."""
    match sight.mode:
        case "dash":
            lately = [text for each in events if (text := event_line(each))]
            return dash.beside(look, lately=lately[-LATELY:], width=width)
        case "inbox":
            return questions.detail(look, sight.question, width=width)
        case "trace":
            return trace.detail(look, sight.cursors.get("trace", ""), width=width)
        case _:
            return []


def foot(look: Look, sight: Sight, *, now: float, width: int) -> list[Entry]:
    """What is about to be sent or was done last, and the keys of this screen."""
    told = sight.told
    if (pending := sight.pending) is not None:
        told = f"{pending.questions}: {pending.words} is sent in {max(pending.due - now, 0):.0f} s; u takes it back"
    asked = look.questions.get(subject(look, sight)) if sight.mode == "plan" else None
    keys = plan.hint(asked) if asked is not None else _HINTS[sight.mode]
    if sight.mode == "inbox" and sight.marked:
        keys = f"{len(sight.marked)} marked: 1-9 or enter answers all of them · space marks, or takes a mark away · esc"
    if cell_len(told) > width:  # a refusal says at its end what to do
        return [*wrapped(told, width, style="warm"), entry()][:2]
    hint = f"only lines with `{clean(sight.wanted)}` · " if sight.wanted else ""
    return [
        columns([(short(told, width), "warm")], "", width=width),
        columns([(hint + keys, "dim")], "", width=width),
    ]


def _task(look: Look, sight: Sight, *, events: Sequence[Event], fetched: Mapping[str, str], width: int) -> list[Entry]:
    status = next((each for each in look.snapshot.tasks if each.task.id == sight.task), None)
    if status is None:
        return [entry(("choose a task on the dashboard (d)", "dim"))]
    tabs = [
        (f" {number} {name} ", "reverse" if number - 1 == sight.tab else "dim") for number, name in enumerate(TABS, 1)
    ]
    head = columns(
        [(f"{clean(sight.task)} ", "bold"), (short(status.task.title, width), "")], status.state, width=width
    )
    lines = [head, entry(*tabs), entry()]
    match TABS[sight.tab]:
        case "log":
            return [*lines, *(_events([each for each in events if _is_about(each, sight.task)], wanted=sight.wanted))]
        case "patch":
            return [*lines, *code.patch(fetched.get(f"diff {sight.task}", "reading the patch…"))]
        case "tests":
            shown = fetched.get(f"show {sight.task}", "reading…")
            return [*lines, *queue.attempts_of(look, sight.task, width=width), entry(), *code.report(shown)]
        case _:
            return [*lines, *prose(fetched.get(f"logs {sight.task}", "reading what was asked and said…"), width)]


def _events(events: Sequence[Event], *, wanted: str) -> list[Entry]:
    told = (text for each in events if (text := event_line(each)))
    lines = [shown for text in told for shown in verbatim(text)[:1] if wanted.lower() in text.lower()]
    return lines or [entry(("nothing yet", "dim"))]


def _is_about(event: Event, task: str) -> bool:
    fact = event.fact
    key = getattr(fact, "key", None)
    landed = [each.key.task for each in fact.landings] if isinstance(fact, Landed) else []
    return task in (getattr(fact, "task", None), getattr(key, "task", None), *landed)
