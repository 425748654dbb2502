"""Profiles: which models play Flash and Pro for whom, what the settings change in them, and what is usable here."""

import http.client
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import get_args
from urllib.parse import urlsplit

import msgspec

from ...orchestrator.errors import SettingsError
from ...orchestrator.nouns.plan import Tier
from .command_tools import OWN, TOOLS, Tool, is_command, tool_of
from .errors import PriceUnknown
from .prices import Listing, listing
from .providers import providers, unknown
from .tiers import Deployment, Price, Tiers

Environ = Mapping[str, str]
Chosen = str | Mapping[str, object]
"""A deployment as settings name it: a model, or a table with ``model`` and what differs."""

_OLLAMA = "http://127.0.0.1:11434"
_LOCAL = ("ollama/", "ollama_chat/")
_LOCAL_CONTEXT = 32_768
_PROBE_SECONDS = 0.3
_PRICES = ("prompt_usd", "completion_usd", "cached_usd")
_STATED = frozenset({"api_base", "key_env"})
"""Who says where to ask, or with which key, need not name a provider that we have heard of."""
_FIELDS = frozenset({field.name for field in fields(Deployment)} - {"price"}) | frozenset(_PRICES)


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """A provider's models, in the order in which they are asked; ``keys`` are the variables that may hold its key."""

    name: str
    title: str
    keys: tuple[str, ...]
    flash: tuple[str, ...]
    pro: tuple[str, ...]
    ultra: tuple[str, ...] = ()

    def usable(self, environ: Environ) -> bool:
        """Whether a key of this profile is set; never true of a local one, which has to be probed."""
        return any(environ.get(key, "").strip() for key in self.keys)


PROFILES: Mapping[str, Profile] = {
    profile.name: profile
    for profile in (
        Profile(
            name="gemini",
            title="Google Gemini",
            keys=("GEMINI_API_KEY", "GOOGLE_API_KEY"),
            flash=("gemini/gemini-3.8-flash", "gemini/gemini-3.5-flash-lite"),
            pro=("gemini/gemini-4-argon", "gemini/gemini-3.1-pro-preview"),
        ),
        Profile(
            name="anthropic",
            title="Anthropic",
            keys=("ANTHROPIC_API_KEY",),
            flash=("anthropic/claude-haiku-5-5", "anthropic/claude-haiku-4-5"),
            pro=("anthropic/claude-sonnet-5-5", "anthropic/claude-sonnet-5"),
            ultra=("anthropic/claude-opus-5-5", "anthropic/claude-opus-5"),
        ),
        Profile(
            name="openai",
            title="OpenAI",
            keys=("OPENAI_API_KEY",),
            flash=("openai/gpt-6-luna", "openai/gpt-5.4-mini"),
            pro=("openai/gpt-6.1-sol", "openai/gpt-6-sol"),
            ultra=("openai/gpt-6-astra", "openai/gpt-5.6-sol"),
        ),
        Profile(
            name="openrouter",
            title="OpenRouter",
            keys=("OPENROUTER_API_KEY",),
            flash=("openrouter/google/gemini-3.8-flash", "openrouter/anthropic/claude-haiku-5.5"),
            pro=("openrouter/anthropic/claude-sonnet-5.5", "openrouter/openai/gpt-6.1-sol"),
        ),
        Profile(
            name="ollama",
            title="Ollama on this machine",
            keys=(),
            flash=("ollama_chat/qwen3-coder:30b",),
            pro=("ollama_chat/qwen3-coder:30b",),
        ),
    )
}
"""In the order in which `detect` prefers them. Names and prices: litellm 1.106's price map, November 2026."""

_MODELS: Mapping[str, tuple[str, str, str]] = {
    "claude-cli": ("claude-cli/haiku", "claude-cli/sonnet", "claude-cli/opus"),
    "codex-cli": ("codex-cli", "codex-cli", ""),
    "gemini-cli": ("gemini-cli/flash", "gemini-cli/pro", ""),
}
"""For Flash, Pro and Ultra, by the aliases that the tools themselves resolve; no name leaves the choice to the tool."""


def _profile_of(tool: Tool) -> Profile:
    flash, pro, ultra = _MODELS[tool.name]
    return Profile(name=tool.name, title=tool.title, keys=(), flash=(flash,), pro=(pro,), ultra=(ultra,) * bool(ultra))


COMMAND_PROFILES: Mapping[str, Profile] = {
    **{name: _profile_of(tool) for name, tool in TOOLS.items()},
    OWN: Profile(name=OWN, title="a command of your own", keys=(), flash=(), pro=()),
}
"""Command-line tools somebody is logged into. They are never chosen unasked: they use up that person's plan."""

ALL_PROFILES: Mapping[str, Profile] = {**PROFILES, **COMMAND_PROFILES}


def tiers(profile: str, *, environ: Environ, overrides: Mapping[str, Chosen | Sequence[Chosen]] | None = None) -> Tiers:
    """The deployments of a profile, with what the settings change.

    Args:
        profile: a name in PROFILES.
        environ: tells which of a profile's key variables is set, and where Ollama listens.
        overrides: for a tier, the deployments that take the place of the profile's: a model's name, a table, or several
            of either, best first. A table without ``model`` changes the profile's first. Tables may hold the fields of
            Deployment, and ``prompt_usd``, ``completion_usd`` and ``cached_usd`` in USD per million tokens.

    Raises SettingsError on an unknown profile, tier, provider, field or value, and PriceUnknown on a model without a
    price.
    """
    chosen = ALL_PROFILES.get(profile)
    if chosen is None:
        raise SettingsError(f"there is no model profile {profile!r}; choose one of {', '.join(ALL_PROFILES)}")
    built: dict[Tier, tuple[Deployment, ...]] = {}
    changes = dict(overrides or {})
    if profile == OWN:
        changes = _for_both(changes)
    for tier in get_args(Tier):
        names: tuple[str, ...] = getattr(chosen, tier)
        built[tier] = _deployments(names, changes.pop(tier, None), environ)
    if changes:
        raise SettingsError(f"models.{next(iter(changes))}: there are the tiers {', '.join(get_args(Tier))}")
    return Tiers(flash=built["flash"], pro=built["pro"], ultra=built["ultra"])


def detect(environ: Environ, *, probe: bool = False) -> str | None:
    """The first profile that can be used: one whose key is set, else Ollama if ``probe`` and it answers; else None."""
    for profile in PROFILES.values():
        if profile.usable(environ):
            return profile.name
    return "ollama" if probe and local_models(environ) is not None else None


def is_local(model: str) -> bool:
    """Whether Ollama on this machine is what answers for a model of this name."""
    return model.startswith(_LOCAL)


def local_models(environ: Environ) -> tuple[str, ...] | None:
    """The models Ollama has here, by name; None where it does not answer within 0.3 s. Blocks that long at most."""
    address = urlsplit(ollama_base(environ))
    connection = http.client.HTTPConnection(address.hostname or "", address.port, timeout=_PROBE_SECONDS)
    try:
        connection.request("GET", "/api/tags")
        found = msgspec.json.decode(connection.getresponse().read(1_000_000))
        return tuple(str(model["name"]) for model in found["models"])
    except (OSError, http.client.HTTPException, ValueError, KeyError, TypeError):
        return None
    finally:
        connection.close()


def ollama_base(environ: Environ) -> str:
    """Where Ollama listens: OLLAMA_HOST as Ollama itself reads it, or its default."""
    host = environ.get("OLLAMA_HOST", "").strip()
    if not host:
        return _OLLAMA
    base = host if "://" in host else f"http://{host}"
    address = urlsplit(base)
    # A server told to listen everywhere is reached on loopback.
    name = "127.0.0.1" if address.hostname in {None, "", "0.0.0.0"} else address.hostname  # noqa: S104 - not bound
    return f"{address.scheme}://{name}:{address.port or 11434}"


def _for_both(changes: dict[str, Chosen | Sequence[Chosen]]) -> dict[str, Chosen | Sequence[Chosen]]:
    """One command answers for Flash and Pro where only one is given."""
    given = changes.get("flash") or changes.get("pro")
    if not given:
        raise SettingsError(
            'the profile `command` runs what [models] names: write flash = {command = ["my-tool", "--its-flag"]}'
        )
    return {**changes, "flash": changes.get("flash") or given, "pro": changes.get("pro") or given}


def _deployments(
    names: tuple[str, ...], change: Chosen | Sequence[Chosen] | None, environ: Environ
) -> tuple[Deployment, ...]:
    if isinstance(change, Mapping) and not {"model", "command"} & change.keys():
        if not names:
            raise SettingsError("this profile has no model of its own for the tier; name one with `model`")
        return (_deployment(names[0], change, environ), *(_deployment(name, {}, environ) for name in names[1:]))
    several: Sequence[Chosen] = (change,) if isinstance(change, str | Mapping) else change or names
    return tuple(_chosen(one, environ) for one in several)


def _chosen(chosen: Chosen, environ: Environ) -> Deployment:
    if isinstance(chosen, str):
        return _deployment(chosen, {}, environ)
    model = chosen.get("model")
    if model is None and "command" in chosen:
        model = f"{OWN}/{_program_of(chosen['command'])}"
    if not isinstance(model, str):
        raise SettingsError("each deployment needs a `model`, such as gemini/gemini-3.8-flash")
    return _deployment(model, chosen, environ)


def _deployment(model: str, table: Mapping[str, object], environ: Environ) -> Deployment:
    extra = table.keys() - _FIELDS
    if extra:
        raise SettingsError(f"{model}: no setting {min(extra)!r}; there are {', '.join(sorted(_FIELDS))}")
    if is_command(model) or "command" in table:
        return _command(model, table)
    if alone := table.keys() & {"env", "output"}:
        raise SettingsError(f"{model}: `{min(alone)}` is for a `command`")
    if not table.keys() & _STATED:
        _require_provider(model)
    price = _stated_price(model, table)
    base = _local(model, environ) if is_local(model) else _hosted(model, environ, price=price)
    given = {key: value for key, value in table.items() if key not in _PRICES}
    try:
        changed = msgspec.convert(msgspec.to_builtins(base) | given, type=Deployment)
    except (msgspec.ValidationError, ValueError) as error:
        raise SettingsError(f"{model}: {error}") from None
    return replace(changed, price=price or base.price)


def _command(model: str, table: Mapping[str, object]) -> Deployment:
    """A deployment that runs a program; its figures are those of a tool that answers when it is done."""
    if priced := sorted(table.keys() & set(_PRICES)):
        raise SettingsError(f"{model}: no `{priced[0]}`, as what a command-line tool costs is outside the cap")
    tool = tool_of(model)
    base = Deployment(
        model=model,
        price=None,
        context=180_000,
        max_output=32_000,
        tools="text",
        schemas=False,
        temperature=False,
        concurrency=4,
        idle_seconds=600.0,
        total_seconds=600.0,
        command=tool.command(model.partition("/")[2]) if tool else (),
        output=tool.output if tool else "text",
    )
    try:
        made = msgspec.convert(msgspec.to_builtins(base) | dict(table) | {"model": model}, type=Deployment)
    except (msgspec.ValidationError, ValueError) as error:
        raise SettingsError(f"{model}: {error}") from None
    if not made.command or not made.command[0]:
        raise SettingsError(f'{model} needs what to run: command = ["my-tool", "--its-flag"]')
    if made.tools != "text" or made.schemas:
        raise SettingsError(f"{model}: a command is asked in words, so `tools` and `schemas` cannot be changed")
    return made


def _program_of(command: object) -> str:
    """The name of the program of a command, for the name of its model."""
    first = command[0] if isinstance(command, list | tuple) and command else ""
    return str(first).rstrip("/").rpartition("/")[2]


def _require_provider(model: str) -> None:
    provider, slash, _ = model.partition("/")
    known = providers()
    if slash and (not known or provider in known or listing(model) is not None):
        return
    examples = [name for profile in PROFILES.values() for name in (*profile.flash, *profile.pro, *profile.ultra)]
    raise SettingsError(unknown(model, ours=tuple(PROFILES), examples=examples))


def _local(model: str, environ: Environ) -> Deployment:
    return Deployment(
        model=model,
        api_base=ollama_base(environ),
        price=None,
        context=_LOCAL_CONTEXT,
        max_output=_LOCAL_CONTEXT // 4,
        concurrency=2,
        idle_seconds=600.0,
        total_seconds=900.0,
    )


def _hosted(model: str, environ: Environ, *, price: Price | None) -> Deployment:
    known = listing(model) or Listing()
    price = price or known.price
    if price is None:
        raise PriceUnknown(
            f"the price of {model} is not known, so no budget could be kept: state `prompt_usd` and `completion_usd` "
            "(USD per million tokens) in its settings, or choose another model"
        )
    fallback = Deployment(model=model, price=price)
    return replace(
        fallback,
        key_env=_key_env(model, environ),
        context=known.context or fallback.context,
        max_output=known.max_output or fallback.max_output,
        tools="native" if known.tools else "text",
        schemas=known.schemas,
        temperature=known.temperature,
    )


def _key_env(model: str, environ: Environ) -> str:
    """The variable that holds the key: the first that is set of a known provider's, else the customary name."""
    provider = model.partition("/")[0]
    keys = PROFILES[provider].keys if provider in PROFILES else (f"{provider.upper().replace('-', '_')}_API_KEY",)
    return next((key for key in keys if environ.get(key, "").strip()), keys[0])


def _stated_price(model: str, table: Mapping[str, object]) -> Price | None:
    stated = {key.removesuffix("_usd"): table[key] for key in _PRICES if key in table}
    if not stated:
        return None
    try:
        price = msgspec.convert(stated, type=Price)
    except msgspec.ValidationError as error:
        raise SettingsError(f"{model}: a price needs prompt_usd and completion_usd as numbers; {error}") from None
    if price.prompt < 0 or price.completion < 0:
        raise SettingsError(f"{model}: a price cannot be negative")
    return price
