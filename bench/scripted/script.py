r"""Scripts: what is answered to what. A script is a callable from Asked to Answer; Rules reads one from JSON.

A file of rules, the first that matches wins::

    {
      "rules": [
        {"when": {"contains": ["task T1"], "turn": 0}, "times": 1, "fault": "rate", "retry_after": 1},
        {"when": {"call": "T1/1/0/worker/0/0"}, "latency": 0.5,
         "calls": [{"name": "write", "arguments": {"path": "a.py", "text": "A = 1\n"}}]}
      ],
      "otherwise": {"text": "done"}
    }
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, Literal, get_args

from ...agents.models.port import Json

Fault = Literal[
    "rate",
    "quota",
    "error",
    "overloaded",
    "key",
    "unknown_model",
    "bad_request",
    "filter",
    "filtered_reply",
    "overflow",
    "disconnect",
    "cut",
    "hang",
    "drip",
    "empty",
    "no_choices",
    "no_usage",
    "not_json",
    "bad_arguments",
    "wrong_arguments",
    "unknown_tool",
    "duplicate_ids",
    "repeat",
    "length",
]
"""How an answer goes wrong. `cut` breaks off inside the body, `hang` never answers, `drip` sends a byte at a time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """One request as a script sees it, from either transport."""

    model: str
    text: str
    """The text of every message, one after the other."""
    last: str
    """The text of the last message."""
    turn: int
    """How many times the assistant has spoken already."""
    tools: tuple[str, ...] = ()
    pictures: tuple[str, ...] = ()
    """The addresses of what every message shows: data URLs."""
    call: str = ""
    """The call key, where the client named it (header ``x-agentctl-call``, or the field ``user``)."""
    sent: int = 1
    """The number of this request since the script began, from 1."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ScriptCall:
    """A tool call of an answer; a missing ``id`` is made from the number of the request."""

    name: str
    arguments: dict[str, Json] = field(default_factory=dict)
    id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What is sent back, after ``latency`` seconds.

    ``prompt`` and ``completion`` are the tokens reported; None counts them at 4 characters a token.
    """

    text: str = ""
    calls: tuple[ScriptCall, ...] = ()
    latency: float = 0.0
    fault: Fault | None = None
    retry_after: float | None = None
    """Seconds in the Retry-After header of `rate`, `error` and `overloaded`."""
    prompt: int | None = None
    completion: int | None = None
    cached: int = 0

    def __post_init__(self) -> None:
        """Refuse a fault nobody knows: a misspelt one would pass as a success."""
        if self.fault is not None and self.fault not in get_args(Fault):
            raise ValueError(f"no fault {self.fault!r}; there are: {', '.join(get_args(Fault))}")

    def tokens(self, asked: Asked) -> tuple[int, int]:
        """The prompt and completion tokens that are reported."""
        said = len(self.text) + sum(len(call.name) + len(str(call.arguments)) for call in self.calls)
        prompt = len(asked.text) // 4 + 1 if self.prompt is None else self.prompt
        return prompt, said // 4 + 1 if self.completion is None else self.completion


Script = Callable[[Asked], Answer]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Rule:
    contains: tuple[str, ...] = ()
    turn: int | None = None
    call: str | None = None
    model: str | None = None
    times: int | None = None
    answer: Answer

    def matches(self, asked: Asked) -> bool:
        return (
            (self.turn is None or self.turn == asked.turn)
            and (self.call is None or self.call == asked.call)
            and (self.model is None or self.model == asked.model)
            and all(part in asked.text for part in self.contains)
        )


class Rules:
    """A script from data: the first rule that matches and has not been used up, else ``otherwise``.

    Args:
        data: the object of a rules file. Raises ValueError on unknown keys and faults.
    """

    def __init__(self, data: Mapping[str, Any]) -> None:
        _refuse_unknown(data, {"rules", "otherwise"}, "the script")
        self._rules = tuple(_rule(rule) for rule in data.get("rules", ()))
        self._otherwise = _answer(data.get("otherwise", {"text": "done"}))
        self.used = [0] * len(self._rules)
        """How often each rule has answered."""

    @classmethod
    def read(cls, path: Path) -> "Rules":
        """The rules of a JSON file."""
        return cls(json.loads(path.read_text(encoding="utf-8")))

    def __call__(self, asked: Asked) -> Answer:
        """Answer by the first rule that applies."""
        for index, rule in enumerate(self._rules):
            if (rule.times is None or self.used[index] < rule.times) and rule.matches(asked):
                self.used[index] += 1
                return rule.answer
        return self._otherwise


def _rule(data: Mapping[str, Any]) -> _Rule:
    when = data.get("when", {})
    _refuse_unknown(when, {"contains", "turn", "call", "model"}, "`when`")
    contains = when.get("contains", ())
    return _Rule(
        contains=(contains,) if isinstance(contains, str) else tuple(contains),
        turn=when.get("turn"),
        call=when.get("call"),
        model=when.get("model"),
        times=data.get("times"),
        answer=_answer({key: value for key, value in data.items() if key not in {"when", "times"}}),
    )


def _answer(data: Mapping[str, Any]) -> Answer:
    _refuse_unknown(data, {field.name for field in fields(Answer)}, "an answer")
    calls = tuple(ScriptCall(**call) for call in data.get("calls", ()))
    return Answer(**{**data, "calls": calls})


def _refuse_unknown(data: Mapping[str, Any], known: set[str], name: str) -> None:
    unknown = data.keys() - known
    if unknown:
        raise ValueError(f"{name} has no {', '.join(sorted(unknown))}; known are {', '.join(sorted(known))}")
