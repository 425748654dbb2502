"""Requests without what no model may read: every text of every message goes through here before it is sent."""

from dataclasses import replace

from ..orchestrator.rules.hiding import Withheld, without
from .models.port import Json, Message, Request, ToolCall


def less(request: Request, known: Withheld) -> Request:
    """The request without what is withheld; pictures were left out before, by their paths."""
    return replace(request, messages=tuple(_message(each, known) for each in request.messages))


def _message(message: Message, known: Withheld) -> Message:
    calls = tuple(_call(each, known) for each in message.calls)
    return replace(message, text=without(message.text, known), calls=calls)


def _call(call: ToolCall, known: Withheld) -> ToolCall:
    arguments = {name: _value(value, known) for name, value in call.arguments.items()}
    return replace(call, arguments=arguments, error=without(call.error, known))


def _value(value: Json, known: Withheld) -> Json:
    match value:
        case str():
            return without(value, known)
        case list():
            return [_value(each, known) for each in value]
        case dict():
            return {name: _value(each, known) for name, each in value.items()}
        case _:
            return value
