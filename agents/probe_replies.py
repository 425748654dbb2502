"""What the three prompts of the probe have to be answered with, and how that is read: untrusted text in, nouns out.

Pure. Lists are cut to what can be used, sentences to a length that can be read; what is left over is no error.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, TypeVar, get_args

import msgspec

from ..orchestrator.rules.probe_verdicts import MOST_OPTIONS, Choice, Decision, Verdict
from ..orchestrator.rules.probing import Probe
from .fences import plain
from .models.errors import Malformed
from .schema import find_json

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from ..orchestrator.rules.probing import Weight
    from .models.port import Json

T = TypeVar("T")
MOST_PROBES = 12
_SENTENCE = 400
"""Characters of anything that is written into a question or a prompt."""

_QUOTE = 1_000
_TEXT: Json = {"type": "string"}
_TEXTS: Json = {"type": "array", "items": {"type": "string"}}


def _object(properties: dict[str, Json]) -> dict[str, Json]:
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


SITUATIONS: dict[str, Json] = _object(
    {"probes": {"type": "array", "items": _object({"situation": _TEXT, "observe": _TEXT, "items": _TEXTS})}}
)
DECISIONS: dict[str, Json] = _object(
    {
        "decisions": {
            "type": "array",
            "items": _object(
                {
                    "probes": _TEXTS,
                    "verdict": {"type": "string", "enum": list(get_args(Verdict))},
                    "quote": _TEXT,
                    "question": _TEXT,
                    "why": _TEXT,
                    "options": {
                        "type": "array",
                        "items": _object({"answers": _TEXTS, "text": _TEXT, "consequence": _TEXT}),
                    },
                    "recommended": {"type": "integer"},
                    "items": _TEXTS,
                    "weight": {"type": "integer"},
                }
            ),
        }
    }
)


def predictions(probes: Sequence[Probe]) -> dict[str, Json]:
    """The schema of a reader's answer: a short text for each probe, by its id."""
    return _object({probe.id: _TEXT for probe in probes})


def read_situations(text: str, *, known: Collection[str]) -> tuple[Probe, ...]:
    """The probes of an answer, at most twelve; ``known`` are the ids of the spec. Raises Malformed."""
    wire = _decoded(text, "probes", _Situations).probes
    usable = [each for each in wire if each.situation.strip()][:MOST_PROBES]
    return tuple(
        Probe(
            id=f"p{number}",
            situation=_line(each.situation),
            observe=_line(each.observe) or "the result",
            items=tuple(item for item in dict.fromkeys(each.items) if item in known),
        )
        for number, each in enumerate(usable, start=1)
    )


def read_predictions(text: str, probes: Sequence[Probe]) -> dict[str, str]:
    """What a reader predicts, by the ids of the probes; one that it left out is missing. Raises Malformed."""
    found = _value(text, probes[0].id)
    if not isinstance(found, dict):
        raise _malformed(text, "the answer must be one JSON object, with a short string for each situation")
    return {probe.id: _answer(found[probe.id]) for probe in probes if found.get(probe.id) is not None}


def read_decisions(text: str, *, most: int) -> tuple[Decision, ...]:
    """The judge's decisions as they were written, at most ``most``; whether they hold is not decided here.

    Raises Malformed.
    """
    return tuple(map(_decision, _decoded(text, "decisions", _Decisions).decisions[:most]))


class _Situation(msgspec.Struct):
    situation: str
    observe: str = ""
    items: list[str] = []


class _Situations(msgspec.Struct):
    probes: list[_Situation]


class _Option(msgspec.Struct):
    text: str
    answers: list[str] = []
    consequence: str = ""


class _Decision(msgspec.Struct):
    probes: list[str]
    verdict: Verdict
    quote: str = ""
    question: str = ""
    why: str = ""
    options: list[_Option] = []
    recommended: int = 0
    items: list[str] = []
    weight: int = 2


class _Decisions(msgspec.Struct):
    decisions: list[_Decision]


def _decision(wire: _Decision) -> Decision:
    weight: Weight = 1 if wire.weight <= 1 else 3 if wire.weight >= 3 else 2  # noqa: PLR2004 - its two ends
    return Decision(
        probes=tuple(dict.fromkeys(wire.probes[:MOST_PROBES])),
        verdict=wire.verdict,
        quote=plain(wire.quote).strip()[:_QUOTE],
        question=_line(wire.question),
        why=_line(wire.why),
        choices=tuple(
            Choice(groups=tuple(each.answers), text=_line(each.text), consequence=_line(each.consequence))
            for each in wire.options[: MOST_OPTIONS + 1]
        ),
        recommended=wire.recommended,
        items=tuple(dict.fromkeys(wire.items)),
        weight=weight,
    )


def _answer(value: object) -> str:
    """A prediction as text; a model that answers ``[]`` in place of ``"[]"`` has answered all the same."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _line(text: str) -> str:
    line = " ".join(plain(text).split())
    return line if len(line) <= _SENTENCE else f"{line[: _SENTENCE - 3].rstrip()}..."


def _value(text: str, field: str) -> object:
    """The first JSON object with that field, else whatever JSON there is; the fields are looked at by the caller."""
    found, _ = find_json(text, {"type": "object", "required": [field]})
    try:
        return msgspec.json.decode(found)
    except (ValueError, RecursionError) as error:
        raise _malformed(text, f"there is no JSON object in the answer: {error}") from None


def _decoded(text: str, field: str, kind: type[T]) -> T:
    try:
        return msgspec.convert(_value(text, field), kind)
    except msgspec.ValidationError as error:
        raise _malformed(text, str(error)) from None


def _malformed(text: str, problem: str) -> Malformed:
    return Malformed(
        f"an answer to the probe of the spec cannot be used: {problem}; run again, or use another model",
        problems=(problem,),
        said=text,
    )
