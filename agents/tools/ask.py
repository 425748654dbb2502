"""The tool `ask`: a question for a person."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from ...orchestrator.nouns.questions import Option, Question
from ..fences import plain
from ..models.port import ToolSpec
from .site import Refused, number_of, text_of

if TYPE_CHECKING:
    from ...orchestrator.ports import Job
    from ..models.port import Json

MAX_OPTIONS = 6
MAX_TEXT = 2_000

SPEC = ToolSpec(
    name="ask",
    description=(
        "Ask a person what only a person can decide. Work on this task waits for the answer, "
        "unless you give a `default` that can be undone later."
    ),
    parameters={
        "type": "object",
        "properties": {
            "question": {"type": "string", "description": "one question, understandable without the code"},
            "why": {"type": "string", "description": "what the answer changes, and why nothing given settles it"},
            "options": {
                "type": "array",
                "items": {
                    "type": "object",
                    "properties": {
                        "text": {"type": "string", "description": "the answer"},
                        "consequence": {"type": "string", "description": "what follows from it"},
                    },
                    "required": ["text"],
                    "additionalProperties": False,
                },
                "minItems": 2,
                "maxItems": MAX_OPTIONS,
            },
            "recommended": {"type": "integer", "description": "number of the option you recommend, counting from 1"},
            "default": {
                "type": "string",
                "description": "an answer to go on with if nobody replies; only if reversible",
            },
        },
        "required": ["question", "why", "options", "recommended"],
        "additionalProperties": False,
    },
)


def question(job: Job, arguments: dict[str, Json]) -> Question:
    """The question as a person will see it; raises Refused where something is missing."""
    text = _bounded(text_of(arguments, "question"))
    if not text:
        raise Refused("`question` is empty")
    options = _options(arguments.get("options"))
    recommended = number_of(arguments, "recommended", 0)
    if options and not 1 <= recommended <= len(options):
        raise Refused(f"`recommended` must be the number of an option, 1 to {len(options)}")
    default = _bounded(text_of(arguments, "default", ""))
    return Question(
        key=question_key(text, job.task.requirements),
        kind="decision",
        text=text,
        why=_bounded(text_of(arguments, "why", "")),
        options=options,
        recommended=recommended - 1 if options else None,
        default=default or None,
        asked_by=str(job.key),
        requirements=job.task.requirements,
    )


def question_key(text: str, requirements: tuple[str, ...]) -> str:
    """What a question is known by: equal wording about the same requirements is the same question."""
    named = "\n".join((same_wording(text), *sorted(requirements)))
    return hashlib.sha256(named.encode("utf-8", errors="replace")).hexdigest()[:24]


def same_wording(text: str) -> str:
    """The words of a text without case, spacing and closing punctuation."""
    return " ".join(text.casefold().split()).rstrip(" ?.!:")


def _options(value: Json) -> tuple[Option, ...]:
    if value is None:
        return ()
    if not isinstance(value, list) or len(value) > MAX_OPTIONS:
        raise Refused(f"`options` must be a list of at most {MAX_OPTIONS}")
    return tuple(_option(each) for each in value)


def _option(value: Json) -> Option:
    if isinstance(value, str):
        value = {"text": value}
    if not isinstance(value, dict):
        raise Refused("each option must have a `text`, and may have a `consequence`")
    return Option(text=_bounded(text_of(value, "text")), consequence=_bounded(text_of(value, "consequence", "")))


def _bounded(text: str) -> str:
    text = plain(text).strip()
    return text if len(text) <= MAX_TEXT else f"{text[:MAX_TEXT]} [cut]"
