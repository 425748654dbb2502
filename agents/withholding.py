"""Requests without what no model may read: every text of every message goes through here before it is sent."""

from collections.abc import Callable
from dataclasses import replace

from .models.port import Json, Message, Request, ToolCall

Clean = Callable[[str], str]
"""Takes out of a text what no model may read."""


def less(request: Request, clean: Clean) -> Request:
    """The request with every text cleaned; pictures were left out before, by their paths."""
    return replace(request, messages=tuple(_message(each, clean) for each in request.messages))


def _message(message: Message, clean: Clean) -> Message:
    calls = tuple(_call(each, clean) for each in message.calls)
    return replace(message, text=clean(message.text), calls=calls)


def _call(call: ToolCall, clean: Clean) -> ToolCall:
    arguments = {name: _value(value, clean) for name, value in call.arguments.items()}
    return replace(call, arguments=arguments, error=clean(call.error))


def _value(value: Json, clean: Clean) -> Json:
    match value:
        case str():
            return clean(value)
        case list():
            return [_value(each, clean) for each in value]
        case dict():
            return {name: _value(each, clean) for name, each in value.items()}
        case _:
            return value
