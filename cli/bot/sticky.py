"""The one comment of a run in its thread, as markdown: how it stands, what waits, what is shown. Pure."""

from collections.abc import Iterator

from ...orchestrator.rules.harmless import cell, code, inline
from ...tui.snapshot import counted
from .markdown import folded, rows
from .view import PullRow, View

LONGEST = 60_000
"""Characters; GitHub takes 65,536."""
_STEPS = (100, 40, 15, 5)
"""How many rows of a kind are shown, the first number with which all of it fits."""
_STATE = {
    "planning": "is being planned",
    "waiting": "waits for you",
    "building": "is being built",
    "drained": "is paused",
    "done": "is done",
    "failed": "has failed",
    "cancelled": "was cancelled",
}
_COMMANDS = (
    ("answer Q1 2", "answer a question, by a number or in words"),
    ("approve", 'have the plan built; `refuse "why"` has it planned anew'),
    ("retry T1", "try a task once more"),
    ("budget +5", "let the run cost more"),
    ("undo T1", "take back what a task landed"),
    ("cancel", "end the run, or a task of it; what has landed stays"),
    ("status", "say how it stands; also `queue`, `explain T1`, `help`"),
)
_CLAIMED = "V0: the commit of a task names the requirement, and nothing else speaks for it."
_HINT = "One command on a line of its own, from whoever may write to this repository."


def sticky(view: View) -> str:
    """The comment, below `LONGEST` whatever the run."""
    for most in _STEPS:
        text = "\n\n".join(_parts(view, most))
        if len(text) < LONGEST:
            return text
    return "\n\n".join(_head(view))


def _parts(view: View, most: int) -> Iterator[str]:
    yield from _head(view)
    if view.waiting:
        lines = [f"- {code(each.id)} {inline(each.text, width=160)}" for each in view.waiting[:most]]
        yield "\n".join(["**Waits for an answer**", "", *lines, *_left(len(view.waiting), most)])
    if view.pulls:
        lines = [_pull(each) for each in view.pulls[:most]]
        yield "\n".join(["**Pull requests**, from the bottom up", "", *lines, *_left(len(view.pulls), most)])
    if view.tasks:
        yield _tasks(view, most)
    if view.requirements:
        yield _requirements(view, most)
    if view.decided:
        lines = [
            f"- {code(each.id)} {inline(each.text, width=160)}: **{inline(each.answer, width=120)}**"
            for each in view.decided[:most]
        ]
        body = "\n".join([*lines, *_left(len(view.decided), most)])
        yield folded(f"Decided without a person: {len(view.decided)}", body)
    if not view.totals:
        yield folded("How to command", _how_to())


def _head(view: View) -> Iterator[str]:
    yield f"### {code(view.run)} {inline(view.title, width=120)}".rstrip()
    reason = f": {inline(view.reason, width=200)}" if view.reason else ""
    held = f", {counted(view.held, 'question')} kept for later" if view.held else ""
    by = f" Asked for by {code(view.by)}." if view.by else ""
    yield f"The run **{_STATE[view.state]}**{reason}. {view.figures.replace('$', chr(92) + '$')}{held}.{by}"
    if view.recorded:
        yield "Its answers were recorded earlier and are replayed: no model is asked."
    if view.trouble:
        yield "\n".join(f"- ⚠ {inline(each, width=300)}" for each in view.trouble[:10])
    if view.totals:
        yield f"**The end**: {inline(view.totals)}. Nothing more is told here."


def _pull(each: PullRow) -> str:
    words = f": {inline(each.words)}" if each.words else ""
    return f"- #{each.number} {code(each.name)} {each.state}{words}"


def _tasks(view: View, most: int) -> str:
    cells = [
        (code(each.id), cell(each.title, width=80), each.state, f"#{each.pull}" if each.pull else "")
        for each in view.tasks[:most]
    ]
    table = rows(("task", "what", "state", "pull request"), cells)
    return "\n".join([table, *_left(len(view.tasks), most)])


def _requirements(view: View, most: int) -> str:
    cells = [
        (code(each.id), cell(each.text, width=100), each.level or "nothing yet") for each in view.requirements[:most]
    ]
    legend = ["", _CLAIMED] if any(each.level[:2] == "V0" for each in view.requirements[:most]) else []
    shown = sum(each.level[:2] in ("V2", "V3") for each in view.requirements)
    head = ("requirement", "sentence", "evidence")
    table = "\n".join([rows(head, cells), *_left(len(view.requirements), most), *legend])
    return folded(f"Requirements: {shown} of {len(view.requirements)} shown", table)


def _left(count: int, most: int) -> list[str]:
    return ["", f"and {count - most} more"] if count > most else []


def _how_to() -> str:
    return "\n".join([*(f"- `/agentctl {word}`: {what}" for word, what in _COMMANDS), "", _HINT])
