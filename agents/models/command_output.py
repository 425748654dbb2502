"""Reads what a command-line tool printed: the reply, what it used, or what it says went wrong. Pure."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

from .command_tools import Output
from .port import Usage

_ESCAPES = re.compile(r"\x1b(?:\[[0-9;?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[@-Z\\-_])")
"""Colours, cursor movements and titles (ECMA-48), which some tools print even where nobody sees them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What a tool said. Exactly one of ``text`` and ``error`` is of use, unless both are empty: then nothing came."""

    text: str = ""
    error: str = ""
    """In the tool's own words."""
    usage: Usage | None = None
    cut: bool = False
    """The model ran into its token limit."""


class Unreadable(ValueError):
    """It is not what this tool prints when it is done: cut off, or something else entirely."""


def read(output: Output, printed: str) -> Said:
    """The reply in what was printed; raises Unreadable."""
    text = _ESCAPES.sub("", printed)
    match output:
        case "text":
            return Said(text=text.strip("\n"))
        case "claude":
            return _claude(text)
        case "codex":
            return _codex(text)
        case "gemini":
            return _gemini(text)


def _claude(text: str) -> Said:
    """``{"type": "result", "is_error": ..., "result": ..., "usage": {...}}``, alone or as the last of a list."""
    found = _json(text)
    entries = found if isinstance(found, list) else [found]
    results = [entry for entry in entries if isinstance(entry, dict) and entry.get("type") == "result"]
    if not results:
        raise Unreadable("there is no result in it")
    result = results[-1]
    said = _text(result.get("result")) or " ".join(map(_text, _list(result.get("errors"))))
    used = _table(result.get("usage"))
    usage = _usage(
        prompt=sum(_count(used, f"{kind}input_tokens") for kind in ("", "cache_creation_", "cache_read_")),
        completion=_count(used, "output_tokens"),
        cached=_count(used, "cache_read_input_tokens"),
    )
    if result.get("is_error") or result.get("subtype", "success") != "success":
        return Said(error=said or _text(result.get("subtype")) or "it failed and does not say why", usage=usage)
    return Said(text=said, usage=usage, cut=result.get("stop_reason") == "max_tokens")


def _codex(text: str) -> Said:
    """Events, one a line: the last message of the agent is the reply; ``turn.completed`` says what was used."""
    reply, error, usage, ended = "", "", None, False
    for event in _events(text):
        item = _table(event.get("item"))
        match event.get("type"):
            case "item.completed" if item.get("type") == "agent_message":
                reply = _text(item.get("text"))
            case "turn.completed":
                used, ended = _table(event.get("usage")), True
                usage = _usage(
                    prompt=_count(used, "input_tokens"),
                    completion=_count(used, "output_tokens"),
                    cached=_count(used, "cached_input_tokens"),
                )
            case "turn.failed":
                error, ended = _text(_table(event.get("error")).get("message")) or "its turn failed", True
            case "error":
                error = _text(event.get("message")) or error
            case _:
                pass
    if ended and usage is not None:
        return Said(text=reply, usage=usage)
    if error:
        return Said(error=error)
    raise Unreadable("its turn does not end")


def _gemini(text: str) -> Said:
    """``{"response": ..., "stats": {"models": {NAME: {"tokens": {...}}}}}``, or an ``error``, after any warnings."""
    found = _table(_json(text[max(text.find("{"), 0) :]))
    if error := found.get("error"):
        return Said(error=_text(_table(error).get("message")) or str(error))
    if "response" not in found:
        raise Unreadable("there is no response in it")
    models = _table(_table(found.get("stats")).get("models")).values()
    tokens = [_table(_table(model).get("tokens")) for model in models]
    usage = _usage(
        prompt=sum(_count(each, "prompt") for each in tokens),
        completion=sum(_count(each, "candidates") + _count(each, "thoughts") for each in tokens),
        cached=sum(_count(each, "cached") for each in tokens),
    )
    return Said(text=_text(found.get("response")), usage=usage)


def _events(text: str) -> Iterator[Mapping[str, Any]]:
    for line in text.splitlines():
        if line.startswith("{"):
            yield _table(_json(line))


def _json(text: str) -> Any:
    try:
        return msgspec.json.decode(text.strip())
    except (msgspec.DecodeError, RecursionError) as error:
        raise Unreadable(f"it is not the JSON it should be: {error}") from error


def _usage(*, prompt: int, completion: int, cached: int) -> Usage | None:
    """None where nothing was reported."""
    return Usage(prompt=prompt, completion=completion, cached=min(cached, prompt)) if prompt > 0 else None


def _count(table: Mapping[str, Any], name: str) -> int:
    value = table.get(name)
    return value if isinstance(value, int) and not isinstance(value, bool) and value > 0 else 0


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _table(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []
