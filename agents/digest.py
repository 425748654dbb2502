"""Requests and replies as JSON text, and the digests by which two requests are known to be equal. Pure."""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any, Literal

import msgspec

from ..orchestrator.nouns.plan import Tier
from .models.port import Json, Message, Mime, Picture, Reply, Request, ToolCall, ToolSpec, Usage


def canonical(value: object) -> bytes:
    """The one JSON text of a value: keys sorted, no spaces, UTF-8; lone surrogates become question marks.

    Messages name their pictures by digest. One without pictures does not mention any.
    """
    stored = _stored(value)
    try:
        return msgspec.json.encode(stored, order="sorted")
    except UnicodeEncodeError:
        return msgspec.json.encode(_encodable(msgspec.to_builtins(stored)), order="sorted")


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
    """A request as canonical JSON, with each of its pictures once, apart from the messages that show it."""
    shown = pictures_of(request.messages)
    if not shown:
        return canonical(request).decode()
    pictures = [{"sha256": sha256, "data": data} for sha256, data in shown.items()]
    return canonical({**_request(request), "pictures": pictures}).decode()


def pictures_of(messages: Iterable[Message]) -> dict[str, bytes]:
    """The pictures of these messages by their digests, in the order in which they are first shown."""
    return {picture.sha256: picture.data for message in messages for picture in message.pictures}


def dump_reply(reply: Reply) -> str:
    """A reply as canonical JSON."""
    return canonical(reply).decode()


def load_request(text: str) -> Request:
    """Read what `dump_request` wrote; raises ValueError on anything else."""
    wire = msgspec.json.decode(text, type=_Request)
    pictures = {picture.sha256: picture.data for picture in wire.pictures}
    return Request(
        tier=wire.tier,
        messages=tuple(_message(message, pictures) for message in wire.messages),
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


def load_message(text: str, pictures: Mapping[str, bytes]) -> Message:
    """Read one message from its canonical JSON, with its pictures by their digests; raises ValueError otherwise."""
    return _message(msgspec.json.decode(text, type=_Message), pictures)


# The nouns' own types cannot be decoded into: msgspec knows no recursive alias, and `Json` is one.
class _Call(msgspec.Struct):
    id: str
    name: str
    arguments: dict[str, Any]
    error: str = ""


class _Shown(msgspec.Struct):
    """A picture as a message names it."""

    path: str
    alt: str
    mime: Mime
    sha256: str


class _Picture(msgspec.Struct):
    sha256: str
    data: bytes


class _Message(msgspec.Struct):
    role: Literal["system", "user", "assistant", "tool"]
    text: str
    calls: list[_Call] = []
    call: str = ""
    pictures: list[_Shown] = []


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
    pictures: list[_Picture] = []


class _Reply(msgspec.Struct):
    text: str
    calls: list[_Call]
    usage: Usage
    model: str
    usd: float | None
    seconds: float


def _call(wire: _Call) -> ToolCall:
    return ToolCall(id=wire.id, name=wire.name, arguments=wire.arguments, error=wire.error)


def _message(wire: _Message, pictures: Mapping[str, bytes]) -> Message:
    return Message(
        role=wire.role,
        text=wire.text,
        calls=tuple(map(_call, wire.calls)),
        call=wire.call,
        pictures=tuple(_picture(shown, pictures.get(shown.sha256, b"")) for shown in wire.pictures),
    )


def _picture(wire: _Shown, data: bytes) -> Picture:
    picture = Picture(path=wire.path, alt=wire.alt, mime=wire.mime, data=data)
    if picture.sha256 != wire.sha256:
        raise ValueError(f"the picture {wire.path} with the digest {wire.sha256} is missing or damaged")
    return picture


def _stored(value: object) -> object:
    """Requests and messages, also in lists, as they are stored and digested."""
    match value:
        case Request():
            return _request(value)
        case Message():
            fields = {"role": value.role, "text": value.text, "calls": value.calls, "call": value.call}
            shown = [
                {"path": each.path, "alt": each.alt, "mime": each.mime, "sha256": each.sha256}
                for each in value.pictures
            ]
            return {**fields, "pictures": shown} if shown else fields
        case list() | tuple():
            return [_stored(item) for item in value]
        case _:
            return value


def _request(request: Request) -> dict[str, object]:
    fields = {name: getattr(request, name) for name in ("tier", "tools", "schema", "max_tokens", "temperature")}
    return {**fields, "messages": _stored(request.messages)}


def _sha256(value: object) -> str:
    return hashlib.sha256(canonical(value)).hexdigest()


def _encodable(value: Json) -> Json:
    match value:
        case str():
            return value.encode(errors="replace").decode() if not value.isascii() else value
        case list() | tuple():
            return [_encodable(item) for item in value]
        case dict():
            return {str(_encodable(name)): _encodable(item) for name, item in value.items()}
        case _:
            return value
