"""Nouns and facts as JSON text and back. The only module that knows how they look on disk."""

from collections.abc import Mapping
from typing import Any, TypeVar, get_args

import msgspec

from ..errors import RunStateError
from ..nouns.events import SCHEMA, Fact
from .migrations import EVENT_STEPS, forward

T = TypeVar("T")

KINDS: Mapping[str, type[Any]] = {fact.__name__: fact for fact in get_args(Fact)}
"""Fact classes by the name under which their events are stored."""


def encode(value: object) -> str:
    """A noun, a fact, or a tuple of them as compact JSON."""
    return msgspec.json.encode(value).decode()


def decode(text: str, kind: type[T]) -> T:
    """What `encode` wrote. Raises RunStateError where the text is not one of ``kind``."""
    try:
        return msgspec.json.decode(text, type=kind)
    except msgspec.MsgspecError as error:
        raise RunStateError(f"a stored {kind} cannot be read ({error}): the run's folder is damaged") from error


def decode_fact(kind: str, schema: int, text: str) -> Fact:
    """The fact of an event, brought forward from ``schema``. Raises RunStateError for one this program cannot know."""
    known = KINDS.get(kind)
    if known is None:
        raise RunStateError(f"an event is of the unknown kind {kind!r}: upgrade agentctl to use this run")
    if schema != SCHEMA:
        text = encode(forward(kind, schema, decode(text, dict), steps=EVENT_STEPS))
    fact: Fact = decode(text, known)
    return fact
