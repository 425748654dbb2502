"""The call journal as something to read. Requests and replies are taken as the JSON they are, whoever wrote them."""

import json
from collections.abc import Iterator
from typing import Any

from ..orchestrator.errors import UsageError
from ..orchestrator.nouns.events import Event, PlanRefused
from ..orchestrator.nouns.keys import PLANNING
from ..orchestrator.store.journal import Call
from ..tui.clean import clean, clean_lines
from ..tui.plain import describe
from .answers import named
from .finding import attempt_named
from .output import table
from .repository import OpenRun

_HEAD, _TAIL = 40, 10
"""Lines of a long text that are shown."""


def call_list(run: OpenRun) -> Iterator[str]:
    """One line a call, in the order in which they were sent."""
    rows = [("call", "state", "model", "tokens in/out", "usd", "seconds", "")]
    for call in run.journal.calls():
        usd = "-" if call.usd is None else f"{call.usd:.4f}"
        tokens = f"{call.prompt}/{call.completion}"
        rows.append(
            (
                str(call.key),
                call.state,
                clean(call.model),
                tokens,
                usd,
                f"{call.seconds:.1f}",
                clean(call.error, width=60),
            )
        )
    yield from table(rows)


def find_calls(run: OpenRun, what: str | None, *, turn: int | None) -> tuple[Call, ...]:
    """The calls of an attempt, of a task's latest attempt, of the planner, or all.

    Raises:
        UsageError: there is no such attempt, or it made no such call.
    """
    calls = run.journal.calls()
    if what == PLANNING:
        calls = tuple(call for call in calls if call.key.attempt.task == PLANNING)
    elif what is not None:
        key = attempt_named(run, what).key
        calls = tuple(call for call in calls if call.key.attempt == key)
    if turn is not None:
        calls = tuple(call for call in calls if call.key.turn == turn)
    if not calls and what is not None:
        raise UsageError(f"{clean(what)} has made no {'call' if turn is None else f'call in turn {turn}'} yet.")
    return tuple(sorted(calls, key=lambda call: (call.started_at, call.key)))


def transcript(run: OpenRun, calls: tuple[Call, ...], *, full: bool) -> Iterator[str]:
    """Each call: messages not seen before, the reply, and what its tools came to; why the planner was asked again."""
    seen: set[tuple[str, str]] = set()
    refused = [event for event in run.store.events() if isinstance(event.fact, PlanRefused)]
    for call in calls:
        while call.key.attempt.task == PLANNING and refused and refused[0].at <= call.started_at:
            yield from (f"=== {_refusal(refused.pop(0))}", "")
        cost = "" if call.usd is None else f", ${call.usd:.4f}"
        used = f"{call.prompt} tokens in, {call.completion} out, {call.seconds:.1f}s{cost}"
        yield f"=== {call.key} {call.state} {clean(call.model)} ({used})"
        for message in _messages(run, call):
            role, text = str(message.get("role", "?")), _told(message)
            if (role, text) not in seen:
                seen.add((role, text))
                yield from _block(role, text, full=full)
        yield from _block("reply", _reply(call), full=True)
        if call.error:
            yield from _block("error", call.error, full=True)
        for name, result in run.journal.results(call.key.attempt, call.key.turn).items():
            seen.add(("tool", result))
            yield from _block(f"result of {clean(name)}", result, full=full)
        yield ""


def _refusal(event: Event) -> str:
    return describe(event.fact, author=named(event.author)) or ""


def transcript_document(run: OpenRun, calls: tuple[Call, ...]) -> list[dict[str, object]]:
    """The same for a program: each call with its request, its reply and its results."""
    return [
        {
            "call": call,
            "key": str(call.key),
            "request": _parsed(run.journal.blob(call.request_blob)),
            "reply": _parsed(call.reply or ""),
            "results": run.journal.results(call.key.attempt, call.key.turn),
        }
        for call in calls
    ]


def _parsed(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text


def _messages(run: OpenRun, call: Call) -> list[dict[str, Any]]:
    request = _parsed(run.journal.blob(call.request_blob))
    messages = request.get("messages", []) if isinstance(request, dict) else [{"role": "prompt", "text": str(request)}]
    return [message for message in messages if isinstance(message, dict)]


def _told(message: dict[str, Any]) -> str:
    return "\n".join([str(message.get("text", "")), *_calls(message)]).strip()


def _reply(call: Call) -> str:
    reply = _parsed(call.reply or "")
    return _told(reply) if isinstance(reply, dict) else str(reply)


def _calls(message: dict[str, Any]) -> Iterator[str]:
    for call in message.get("calls") or ():
        if isinstance(call, dict):
            yield f"-> {call.get('name')}"
            arguments = call.get("arguments")
            for name, value in arguments.items() if isinstance(arguments, dict) else ():
                shown = value if isinstance(value, str) else json.dumps(value)
                yield f"   {name}: {shown}" if "\n" not in shown else "\n".join([f"   {name}:", shown])


def _block(title: str, text: str, *, full: bool) -> Iterator[str]:
    if not text.strip():
        return
    lines = clean_lines(text).splitlines()
    yield f"--- {clean(title)}"
    if full or len(lines) <= _HEAD + _TAIL:
        yield from lines
        return
    yield from lines[:_HEAD]
    yield f"    ... {len(lines) - _HEAD - _TAIL} lines more; --full shows them ..."
    yield from lines[-_TAIL:]
