"""Providers by name: those litellm knows, and which was probably meant. Reads its file; imports nothing of it."""

import difflib
import importlib.util
from collections.abc import Collection, Iterator
from functools import cache
from pathlib import Path

import msgspec

_FILE = "provider_endpoints_support_backup.json"


class _Support(msgspec.Struct):
    providers: dict[str, object]


@cache
def providers() -> frozenset[str]:
    """The names that may stand before the slash of a model; empty where litellm does not ship its list."""
    spec = importlib.util.find_spec("litellm")
    if spec is None or not spec.submodule_search_locations:
        return frozenset()
    path = Path(spec.submodule_search_locations[0], _FILE)
    if not path.is_file():
        return frozenset()
    return frozenset(msgspec.json.decode(path.read_bytes(), type=_Support).providers)


def unknown(model: str, *, ours: Collection[str], examples: Collection[str]) -> str:
    """Why a model cannot be asked: its provider is not known, or it names none; says what was probably meant.

    Args:
        model: as it stands in the settings.
        ours: the providers that have a profile, told first.
        examples: models of theirs, of which one may have been meant.
    """
    provider, slash, _ = model.partition("/")
    wrong = f"there is no provider `{provider}`" if slash else "it names no provider"
    meant = next(_meant(model, ours=ours, examples=examples), "")
    hint = f"; did you mean `{meant}`?" if meant else "."
    return (
        f"{model}: {wrong}{hint} Write PROVIDER/MODEL with one of {', '.join(ours)}, "
        "or another that litellm knows (docs.litellm.ai/docs/providers; name the variable of its key with `key_env`)"
    )


def _meant(model: str, *, ours: Collection[str], examples: Collection[str]) -> Iterator[str]:
    provider, slash, rest = model.partition("/")
    if slash:
        known = [*ours, *sorted(providers())]
        yield from (f"{near}/{rest}" for near in difflib.get_close_matches(provider, known, n=1, cutoff=0.75))
        return
    names = {example.rpartition("/")[2]: example for example in reversed(tuple(examples))}
    yield from (names[near] for near in difflib.get_close_matches(model, names, n=1, cutoff=0.75))
