"""Whether an attempt gets anywhere. Pure: decided by its turns alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .digest import canonical
from .tools.site import FAILURE
from .tools.table import CHANGES
from .tools.test import FAILED

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .history import Turn
    from .models.port import ToolCall

_REDS = 3
"""Equal results of `test`, each after a change, that end an attempt; of the gate two do."""


def no_progress(turns: Sequence[Turn]) -> str:
    """Why an attempt should end here, judged at its last turn; empty if it may go on."""
    if not turns:
        return ""
    return _silent(turns) or _same_change(turns) or _same_gate(turns) or _same_tests(turns)


def _silent(turns: Sequence[Turn]) -> str:
    if len(turns) > 1 and not turns[-1].calls and not turns[-2].calls:
        return "it answered twice in a row without using a tool"
    return ""


def _same_change(turns: Sequence[Turn]) -> str:
    """Every change of the last turn was asked for before, word for word, and did not come from repairing a failure."""
    changes = _changes(turns[-1])
    for call in changes:
        earlier = [(turn, old) for turn in turns[:-1] for old in _changes(turn) if _same(old, call)]
        if not earlier:
            return ""
        turn, old = earlier[-1]
        if _ok(turns[-1], call) and not _ok(turn, old):
            return ""
    if not changes:
        return ""
    return f"it made the same change twice: {changes[0].name} of {changes[0].arguments.get('path')}"


def _same_gate(turns: Sequence[Turn]) -> str:
    if not _told(turns[-1]):
        return ""
    told = [text for turn in turns for text in _told(turn)]
    if len(told) > 1 and told[-1] == told[-2]:
        return "the gate failed twice in the same way"
    return ""


def _same_tests(turns: Sequence[Turn]) -> str:
    results: list[str] = []
    changed = True
    for turn in turns:
        changed |= any(_ok(turn, call) for call in _changes(turn))
        for call in turn.calls:
            text = turn.results.get(call.id, "")
            if call.name == "test" and text and changed:
                results.append(text)
                changed = False
    last = results[-_REDS:]
    if len(last) == _REDS and len(set(last)) == 1 and last[0].startswith(FAILED):
        return f"{_REDS} test runs failed in the same way, with changes between them"
    return ""


def _changes(turn: Turn) -> list[ToolCall]:
    return [call for call in turn.calls if call.name in CHANGES]


def _same(one: ToolCall, other: ToolCall) -> bool:
    return one.name == other.name and canonical(one.arguments) == canonical(other.arguments)


def _ok(turn: Turn, call: ToolCall) -> bool:
    return not turn.undone and not turn.results.get(call.id, FAILURE).startswith(FAILURE)


def _told(turn: Turn) -> list[str]:
    """What the gate said to the submissions of a turn that reached it."""
    texts = [turn.results.get(call.id, FAILURE) for call in turn.calls if call.name == "submit"]
    return [text for text in texts if not text.startswith(FAILURE)]
