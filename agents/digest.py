"""Requests and replies as JSON text, and the digests by which two requests are known to be equal. Pure."""

import hashlib
from dataclasses import replace
from typing import Any, Literal

import msgspec

from ..orchestrator.nouns.plan import Tier
from .models.port import Json, Message, Reply, Request, ToolCall, ToolSpec, Usage


def canonical(value: object) -> bytes:
    """The one JSON text of a value: keys sorted, no spaces, UTF-8; lone surrogates become question marks."""
    try:
        return msgspec.json.encode(value, order="sorted")
    except UnicodeEncodeError:
        return msgspec.json.encode(_encodable(msgspec.to_builtins(value)), order="sorted")


def digest(request: Request) -> str:
    """SHA-256, in hex, of everything the model is asked; equal requests have equal digests whatever answers them."""
    return _sha256(replace(request, temperature=float(request.temperature)))


def message_digest(message: Message) -> str:
    """SHA-256, in hex, of one message with its tool calls."""
    return _sha256(message)


def tools_digest(request: Request) -> str:
    """SHA-256, in hex, of what an answer may look like: the tools and the schema."""
    return _sha256([request.tools, request.schema])


def dump_request(request: Request) -> str:
    """A request as canonical JSON."""
    return canonical(request).decode()


def dump_reply(reply: Reply) -> str:
    """A reply as canonical JSON."""
    return canonical(reply).decode()


def load_request(text: str) -> Request:
    """Read what `dump_request` wrote; raises ValueError on anything else."""
    wire = msgspec.json.decode(text, type=_Request)
    return Request(
        tier=wire.tier,
        messages=tuple(map(_message, wire.messages)),
        tools=tuple(ToolSpec(name=t.name, description=t.description, parameters=t.parameters) for t in wire.tools),
        schema=wire.schema,
        max_tokens=wire.max_tokens,
        temperature=wire.temperature,
    )


def load_reply(text: str) -> Reply:
    """Read what `dump_reply` wrote; raises ValueError on anything else."""
    wire = msgspec.json.decode(text, type=_Reply)
    return Reply(
        text=wire.text,
        calls=tuple(map(_call, wire.calls)),
        usage=wire.usage,
        model=wire.model,
        usd=wire.usd,
        seconds=wire.seconds,
    )


def load_message(text: str) -> Message:
    """Read one message from its canonical JSON; raises ValueError on anything else."""
    return _message(msgspec.json.decode(text, type=_Message))


# The nouns' own types cannot be decoded into: msgspec knows no recursive alias, and `Json` is one.
class _Call(msgspec.Struct):
    id: str
    name: str
    arguments: dict[str, Any]
    error: str = ""


class _Message(msgspec.Struct):
    role: Literal["system", "user", "assistant", "tool"]
    text: str
    calls: list[_Call] = []
    call: str = ""


class _Tool(msgspec.Struct):
    name: str
    description: str
    parameters: dict[str, Any]


class _Request(msgspec.Struct):
    tier: Tier
    messages: list[_Message]
    max_tokens: int
    temperature: float
    tools: list[_Tool] = []
    schema: dict[str, Any] | None = None


class _Reply(msgspec.Struct):
    text: str
    calls: list[_Call]
    usage: Usage
    model: str
    usd: float | None
    seconds: float


def _call(wire: _Call) -> ToolCall:
    return ToolCall(id=wire.id, name=wire.name, arguments=wire.arguments, error=wire.error)


def _message(wire: _Message) -> Message:
    return Message(role=wire.role, text=wire.text, calls=tuple(map(_call, wire.calls)), call=wire.call)


def _sha256(value: object) -> str:
    return hashlib.sha256(canonical(value)).hexdigest()


def _encodable(value: Json) -> Json:
    match value:
        case str():
            return value.encode(errors="replace").decode() if not value.isascii() else value
        case list():
            return [_encodable(item) for item in value]
        case dict():
            return {str(_encodable(name)): _encodable(item) for name, item in value.items()}
        case _:
            return value
