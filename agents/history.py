"""A worker's conversation, told from the call journal: its replies, what its tools said, and how that is sent again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from ..orchestrator.nouns.keys import CallKey
from ..orchestrator.rules.normalise import shorten
from .digest import canonical, load_reply
from .models.port import Json, Message, ToolCall
from .tools.site import FAILURE

if TYPE_CHECKING:
    from ..orchestrator.nouns.keys import AttemptKey
    from ..orchestrator.store.journal import Journal

ROLE = "worker"
WHOLE_TURN = ""
"""The call id under which a note to the turn as a whole is kept: that it called no tool, or that it was undone."""
KEPT_WHOLE = 2
"""Turns at the end whose results are never shortened."""
_SHORT = 600
"""Characters that remain of a shortened result or argument."""
_ROOM_MADE = 0.7
"""Once a conversation is too long it is shortened to this part, so that the next turns need not shorten again."""
_LONG_ARGUMENTS = frozenset({"content", "old", "new"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """One reply and what came of its calls, by their ids."""

    number: int
    text: str
    calls: tuple[ToolCall, ...]
    results: Mapping[str, str]

    @property
    def undone(self) -> bool:
        """Whether what it wrote was taken back as a whole, which a note to the turn says."""
        return bool(self.calls) and WHOLE_TURN in self.results


class History:
    """Reads the turns of attempts; their calls were entered by the Caller, their results by the worker."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal

    def turn(self, key: AttemptKey, number: int) -> Turn | None:
        """That turn, if its reply is in the journal."""
        call = self._journal.call(CallKey(attempt=key, role=ROLE, turn=number))
        if call is None or call.state != "done" or call.reply is None:
            return None
        reply = load_reply(call.reply)
        results = self._journal.results(key, number)
        return Turn(number=number, text=reply.text, calls=_distinct(reply.calls), results=results)

    def turns(self, key: AttemptKey, *, before: int) -> tuple[Turn, ...]:
        """All turns before that one; raises LookupError if one of them has no reply."""
        found = [self.turn(key, number) for number in range(before)]
        missing = next((number for number, turn in enumerate(found) if turn is None), None)
        if missing is not None:
            raise LookupError(f"turn {missing} of {key} has no reply in the journal")
        return tuple(turn for turn in found if turn is not None)


def conversation(
    opening: Sequence[Message],
    turns: Sequence[Turn],
    *,
    budget: int,
    asides: Mapping[int, Message] | None = None,
) -> tuple[Message, ...]:
    """The opening and all turns as messages; where they pass ``budget`` characters, old results are shortened.

    How far is decided by the turns alone, so a request can be made again byte for byte. ``asides`` are what a person
    said, by the turn that heard it; they are never shortened.
    """
    said = {turn: [message] for turn, message in (asides or {}).items()}
    short = _shortened(sum(map(_size, opening)), turns, budget)
    seen: set[str] = set()
    messages = list(opening)
    for index, turn in enumerate(turns):
        messages += said.get(index, [])
        messages += _messages(_brief(turn) if index < short else turn, seen)
    return (*messages, *said.get(len(turns), []))


def _shortened(opening: int, turns: Sequence[Turn], budget: int) -> int:
    """How many of the first turns are shortened. Every turn's decision is replayed: each keeps the one before it."""
    whole = [sum(map(_size, _messages(turn, set()))) for turn in turns]
    brief = [sum(map(_size, _messages(_brief(turn), set()))) for turn in turns]
    short = 0
    for end in range(1, len(turns) + 1):
        if opening + sum(brief[:short]) + sum(whole[short:end]) <= budget:
            continue
        while short < end - KEPT_WHOLE and opening + sum(brief[:short]) + sum(whole[short:end]) > _ROOM_MADE * budget:
            short += 1
    return short


def _messages(turn: Turn, seen: set[str]) -> list[Message]:
    """The reply and the results of its calls, in the order of the calls. Ids are told apart across turns as well."""
    names = {call.id: call.id if call.id not in seen else f"{call.id}.{turn.number}" for call in turn.calls}
    seen.update(names.values())
    calls = tuple(replace(call, id=names[call.id]) for call in turn.calls)
    messages = [Message(role="assistant", text=turn.text, calls=calls)]
    for call in turn.calls:
        text = turn.results.get(call.id, f"{FAILURE}this was not carried out")
        messages.append(Message(role="tool", text=text, call=names[call.id]))
    if WHOLE_TURN in turn.results:
        messages.append(Message(role="user", text=turn.results[WHOLE_TURN]))
    return messages


def _brief(turn: Turn) -> Turn:
    calls = tuple(replace(call, arguments=_brief_arguments(call.arguments)) for call in turn.calls)
    results = {call: shorten(text, _SHORT) for call, text in turn.results.items()}
    return Turn(number=turn.number, text=shorten(turn.text, _SHORT), calls=calls, results=results)


def _brief_arguments(arguments: dict[str, Json]) -> dict[str, Json]:
    return {
        name: shorten(value, _SHORT) if name in _LONG_ARGUMENTS and isinstance(value, str) else value
        for name, value in arguments.items()
    }


def _size(message: Message) -> int:
    return len(message.text) + (len(canonical(message.calls)) if message.calls else 0)


def _distinct(calls: Sequence[ToolCall]) -> tuple[ToolCall, ...]:
    """The calls with ids that differ: some models give one id twice, or none."""
    seen: set[str] = set()
    distinct: list[ToolCall] = []
    for number, call in enumerate(calls, start=1):
        name = call.id if call.id and call.id not in seen else f"{call.id}#{number}"
        seen.add(name)
        distinct.append(replace(call, id=name))
    return tuple(distinct)
