"""The tool `ask`: a question for a person."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from ...orchestrator.nouns.questions import Option, Question
from ...orchestrator.rules.globs import covers
from ...orchestrator.rules.options import named
from ..fences import plain
from ..forgiving import under_its_name
from ..models.port import ToolSpec
from .site import ROOT, Refused, text_of

if TYPE_CHECKING:
    from ...orchestrator.ports import Job
    from ..models.port import Json

MAX_OPTIONS = 6
MAX_PATHS = 10
"""Of one option."""
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
                        "paths": {
                            "type": "array",
                            "items": {"type": "string"},
                            "description": "files you would own as well: exact, no globs",
                        },
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
    options = _options(arguments.get("options"), job)
    recommended = _recommended(arguments.get("recommended"), options)
    default = _default(text_of(arguments, "default", ""), options)
    return Question(
        key=question_key(text, job.task.requirements, wants=_wants(options, job)),
        kind="decision",
        text=text,
        why=_bounded(text_of(arguments, "why", "")),
        options=options,
        recommended=recommended,
        default=default or None,
        asked_by=str(job.key),
        requirements=job.task.requirements,
    )


def question_key(text: str, requirements: tuple[str, ...], *, wants: tuple[str, ...] = ()) -> str:
    """What a question is known by: equal wording about the same requirements is the same question.

    ``wants`` are the task and the files where it asks for some: no other task's question is the same.
    """
    parts = "\n".join((same_wording(text), *sorted(requirements), *wants))
    return hashlib.sha256(parts.encode("utf-8", errors="replace")).hexdigest()[:24]


def same_wording(text: str) -> str:
    """The words of a text without case, spacing and closing punctuation."""
    return " ".join(text.casefold().split()).rstrip(" ?.!:")


def _options(value: Json, job: Job) -> tuple[Option, ...]:
    if value is None:
        return ()
    if not isinstance(value, list) or len(value) > MAX_OPTIONS:
        raise Refused(f"`options` must be a list of at most {MAX_OPTIONS}")
    options = tuple(_option(each, job) for each in value)
    if len({same_wording(option.text) for option in options}) < len(options):
        raise Refused("two of the `options` say the same: give each words of its own")
    return options


def _option(value: Json, job: Job) -> Option:
    value = under_its_name("ask", "options", value)
    if not isinstance(value, dict) or not value.get("text"):
        raise Refused("each option must have a `text`, and may have a `consequence` and `paths`")
    return Option(
        text=_bounded(text_of(value, "text")),
        consequence=_bounded(text_of(value, "consequence", "")),
        paths=_paths(value.get("paths"), job),
    )


def _paths(value: Json, job: Job) -> tuple[str, ...]:
    """The files that the task does not own already; whether it may, the orchestrator says."""
    if value is None:
        return ()
    if not isinstance(value, list) or len(value) > MAX_PATHS:
        raise Refused(f"`paths` must be a list of at most {MAX_PATHS} files")
    paths = [each.strip().removeprefix(ROOT).removeprefix("./") if isinstance(each, str) else "" for each in value]
    if not all(each.isprintable() and each for each in paths):
        raise Refused("each of the `paths` must be a file, relative to the root of the repository")
    return tuple(each for each in dict.fromkeys(paths) if not any(covers(glob, each) for glob in job.task.owns))


def _wants(options: tuple[Option, ...], job: Job) -> tuple[str, ...]:
    paths = [path for option in options for path in option.paths]
    return (job.task.id, *sorted(set(paths))) if paths else ()


def _recommended(value: Json, options: tuple[Option, ...]) -> int | None:
    """Its index, from its number or from its words."""
    if not options:
        return None
    said = str(int(value)) if isinstance(value, float) and value.is_integer() else str(value).strip()
    numbers = {str(index + 1): index for index in range(len(options))}
    found = numbers[said] if said in numbers else named(said, options) if isinstance(value, str) else None
    if found is None:
        raise Refused(f"`recommended` must be the number of an option, 1 to {len(options)}")
    return found


def _default(value: str, options: tuple[Option, ...]) -> str:
    """The words of the option that it names, or its own."""
    index = named(value, options)
    if index is not None and options[index].paths:
        raise Refused("`default` cannot be an option with `paths`: only a person can let you own more")
    return _bounded(value) if index is None else options[index].text


def _bounded(text: str) -> str:
    text = plain(text).strip()
    return text if len(text) <= MAX_TEXT else f"{text[:MAX_TEXT]} [cut]"
