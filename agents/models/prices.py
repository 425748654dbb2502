"""Prices and limits of models, from the map that litellm ships. Reads its file; imports nothing of it.

The map is a file of 3 MB that is parsed once, in about 20 ms, when a profile of hosted models is first used.
"""

import importlib.util
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import msgspec

from .tiers import Price

_FILE = "model_prices_and_context_window_backup.json"
_LONG = re.compile(r"input_cost_per_token_above_(\d+)k_tokens")
_Entry = Mapping[str, object]


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """What the map says of one model; None where it says nothing."""

    price: Price | None = None
    context: int | None = None
    max_output: int | None = None
    tools: bool = True
    schemas: bool = True
    temperature: bool = True


def listing(model: str) -> Listing | None:
    """What is known of a model by its litellm name, with or without the provider; None where it is not listed.

    OpenRouter charges what the provider charges (its terms, "no mark-up on provider pricing"), so a model of its own
    that is not listed is looked up at the provider.
    """
    for name in _names(model):
        if (entry := _map().get(name)) is not None:
            return _read(entry)
    return None


def _names(model: str) -> tuple[str, ...]:
    provider, _, rest = model.partition("/")
    if provider != "openrouter":
        return (model, rest) if provider in {"anthropic", "openai"} else (model,)
    vendor, _, name = rest.partition("/")
    if vendor == "google":
        return model, f"gemini/{name}"
    # OpenRouter writes versions with a dot where Anthropic has a hyphen.
    return (model, name.replace(".", "-")) if vendor == "anthropic" else (model, name)


@cache
def _map() -> Mapping[str, _Entry]:
    spec = importlib.util.find_spec("litellm")
    if spec is None or not spec.submodule_search_locations:
        return {}
    path = Path(spec.submodule_search_locations[0], _FILE)
    return msgspec.json.decode(path.read_bytes(), type=dict[str, dict[str, object]]) if path.is_file() else {}


def _read(entry: _Entry) -> Listing:
    prompt = _figure(entry, "max_input_tokens")
    output = _figure(entry, "max_output_tokens") or _figure(entry, "max_tokens")
    return Listing(
        price=_price(entry),
        context=None if prompt is None else int(prompt),
        max_output=None if output is None else int(output),
        tools=entry.get("supports_function_calling") is True,
        schemas=entry.get("supports_response_schema") is True,
        temperature=entry.get("supports_sampling_params") is not False,
    )


def _price(entry: _Entry) -> Price | None:
    short = _bracket(entry, "")
    if short is None:
        return None
    over = min((int(found[1]) for key in entry if (found := _LONG.fullmatch(key))), default=None)
    long = None if over is None else _bracket(entry, f"_above_{over}k_tokens")
    if over is None or long is None:
        return short
    return Price(
        prompt=short.prompt, completion=short.completion, cached=short.cached, long_over=over * 1000, long=long
    )


def _bracket(entry: _Entry, suffix: str) -> Price | None:
    prompt = _figure(entry, f"input_cost_per_token{suffix}")
    completion = _figure(entry, f"output_cost_per_token{suffix}")
    cached = _figure(entry, f"cache_read_input_token_cost{suffix}")
    if prompt is None or completion is None:
        return None
    return Price(
        prompt=_million(prompt), completion=_million(completion), cached=None if cached is None else _million(cached)
    )


def _figure(entry: _Entry, key: str) -> float | None:
    value = entry.get(key)
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


def _million(usd: float) -> float:
    """The price of a million tokens, without the dust of binary fractions."""
    return round(usd * 1e6, 6)
