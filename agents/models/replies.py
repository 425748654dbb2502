"""Judges replies: from what a model sent to text and tool calls that are safe to act on. Pure."""

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from .. import text_protocol
from ..forgiving import forgiving
from ..schema import problems
from .errors import EmptyReply, Malformed, Repeating
from .port import Json, Message, Request, ToolCall, ToolSpec

_TAIL = 4_000
_SMALLEST_LOOP = 8
"""A tail of 4,000 characters that says the same thing eight times over is a loop, not a table."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RawCall:
    """A tool call as it came; ``arguments`` is JSON text, or what was meant to be."""

    id: str
    name: str
    arguments: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RawReply:
    """A reply as it came. ``cut`` says that it ran into its token limit."""

    text: str
    calls: tuple[RawCall, ...] = ()
    cut: bool = False


def judge(request: Request, raw: RawReply, *, model: str, in_text: bool = False) -> tuple[str, tuple[ToolCall, ...]]:
    """The text and the tool calls of a usable reply; ``in_text`` where the calls are written in the text.

    Where some calls are good, the bad ones come with their ``error`` set, for the tool loop to report; where none is,
    the reply is Malformed. Raises EmptyReply, Malformed and Repeating, whose ``usd`` is for the caller to set.
    """
    if not raw.text.strip() and not raw.calls:
        raise EmptyReply(f"{model} sent an empty reply; asking again usually helps")
    if raw.cut and _loops(raw.text):
        raise Repeating(f"{model} repeated itself until its limit; try another model or a smaller task")
    text, calls, wrong = _written(request.tools, raw) if in_text else _calls(request.tools, raw)
    if not wrong and request.schema is not None and not calls:
        text, wrong = _structured(request, raw)
    if not wrong and raw.cut and request.tools and not calls:
        wrong = (f"it was cut off at {request.max_tokens} tokens before any tool call; be shorter",)
    if wrong:
        raise Malformed(f"{model} sent an unusable reply: {'; '.join(wrong)}", problems=wrong, said=raw.text)
    return text, calls


def repair(request: Request, error: Malformed) -> Request:
    """The request again, with what was said and what was wrong with it."""
    listed = "\n".join(f"- {problem}" for problem in error.problems)
    messages = (
        *request.messages,
        Message(role="assistant", text=error.said or "(a reply that could not be read)"),
        Message(role="user", text=f"That reply could not be used:\n{listed}\nSend the whole reply again, corrected."),
    )
    return Request(
        tier=request.tier,
        messages=messages,
        tools=request.tools,
        schema=request.schema,
        max_tokens=request.max_tokens,
        temperature=request.temperature,
    )


def instructions(schema: dict[str, Json]) -> str:
    """The schema in words, for a model that is not held to it by its provider."""
    return f"Answer with one JSON value and nothing else. It must satisfy this JSON schema:\n{json.dumps(schema)}"


_Judged = tuple[str, tuple[ToolCall, ...], tuple[str, ...]]


def _calls(tools: Sequence[ToolSpec], raw: RawReply) -> _Judged:
    twice = [call_id for call_id, count in Counter(call.id for call in raw.calls).items() if count > 1]
    if twice:
        return raw.text, (), (f"the tool call id {twice[0]!r} was used more than once",)
    known = {tool.name: tool for tool in tools}
    return _unless_all_bad(raw.text, tuple(_call(known, call, cut=raw.cut) for call in raw.calls))


def _written(tools: Sequence[ToolSpec], raw: RawReply) -> _Judged:
    return _unless_all_bad(*text_protocol.parse(raw.text, tools))


def _unless_all_bad(text: str, calls: tuple[ToolCall, ...]) -> _Judged:
    if calls and all(call.error for call in calls):
        return text, (), tuple(call.error for call in calls)
    return text, calls, ()


def _call(known: dict[str, ToolSpec], raw: RawCall, *, cut: bool) -> ToolCall:
    tool = known.get(raw.name)
    if tool is None:
        listed = ", ".join(known) or "none"
        return ToolCall(id=raw.id, name=raw.name, arguments={}, error=f"no tool {raw.name!r}; there are: {listed}")
    try:
        arguments = json.loads(raw.arguments or "{}", parse_constant=_no_constant)
    except ValueError as error:
        reason = "were cut off by the token limit; write less at once" if cut else f"are no JSON: {error}"
        return ToolCall(id=raw.id, name=raw.name, arguments={}, error=f"the arguments of {raw.name} {reason}")
    wrong = problems(arguments, {"type": "object", **forgiving(tool).parameters}, name=raw.name)
    if wrong:
        return ToolCall(id=raw.id, name=raw.name, arguments={}, error="; ".join(wrong))
    return ToolCall(id=raw.id, name=raw.name, arguments=arguments)


def _structured(request: Request, raw: RawReply) -> tuple[str, tuple[str, ...]]:
    text = _unfenced(raw.text)
    try:
        value = json.loads(text, parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        if raw.cut:
            return text, (f"the JSON was cut off at {request.max_tokens} tokens; be shorter",)
        return text, (f"it is no JSON: {error}",)
    return text, problems(value, request.schema or {})


def _unfenced(text: str) -> str:
    """The text without the Markdown fence that models put around JSON."""
    stripped = text.strip()
    if stripped.startswith("```") and stripped.endswith("```") and "\n" in stripped:
        return stripped[stripped.index("\n") + 1 : -3].strip()
    return stripped


def _no_constant(name: str) -> Json:
    raise ValueError(f"{name} is no JSON value")


def _loops(text: str) -> bool:
    """Whether the end of the text is one piece over and over, by the longest border of its reversed tail."""
    tail = text[-_TAIL:][::-1]
    borders = [0] * len(tail)
    for i in range(1, len(tail)):
        k = borders[i - 1]
        while k and tail[i] != tail[k]:
            k = borders[k - 1]
        borders[i] = k + (tail[i] == tail[k])
        period = i + 1 - borders[i]
        if i + 1 >= _TAIL // 2 and (i + 1) // period >= _SMALLEST_LOOP:
            return True
    return False
