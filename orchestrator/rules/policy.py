"""What a repository's policy makes of settings: it lowers what is too much, and refuses what it forbids. Pure.

A policy only tightens. Where two hold, such as the committed one and one in the work tree, each bound is the lower of
the two.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from urllib.parse import urlsplit

from ..nouns.policy import Policy
from ..nouns.questions import Autonomy
from ..nouns.runs import RunSettings

NOBODY = "nobody"
"""Stands in a list of providers for none of them: two policies that allow different ones allow no provider."""
_LEVELS: tuple[Autonomy, ...] = ("ask-always", "ask-blocking", "never")
"""By how much is decided without a person."""
_HERE = frozenset({"localhost", "127.0.0.1", "::1", "0.0.0.0"})  # noqa: S104 - an address to compare with, not to bind


@dataclass(frozen=True, slots=True, kw_only=True)
class Tightened:
    """Settings as a policy lets them stand, and what was changed, a sentence each."""

    settings: RunSettings
    words: tuple[str, ...] = ()


def tightened(policy: Policy, wanted: RunSettings) -> Tightened:
    """The settings that a run may have of those that were wanted."""
    settings, words = _money(policy, wanted)
    settings, more = _asking(policy, settings)
    return Tightened(
        settings=replace(settings, providers=policy.providers, never_send=policy.never_send),
        words=(*words, *more),
    )


def refused(allowed: Iterable[str], asked: Iterable[tuple[str, str]]) -> str:
    """Why models may not be asked, in one sentence that names them; empty where they may.

    Args:
        allowed: providers by name; none for all.
        asked: each model's name, and its provider as `provider_of` says.
    """
    known = {each.casefold() for each in allowed}
    wrong = {model: who for model, who in asked if known and who.casefold() not in known}
    if not wrong:
        return ""
    named = ", ".join(model if model.startswith(f"{who}/") else f"{model} ({who})" for model, who in wrong.items())
    return (
        f"the repository's policy allows models of {', '.join(sorted(known))} only, and not {named}: choose another "
        "--profile, or change `providers` under [policy] in agentctl.toml by a commit."
    )


def provider_of(model: str, *, address: str | None, command: bool = False) -> str:
    """Who sees what a model is sent: the provider, or the host of an address that takes its place."""
    name = model.partition("/")[0]
    name = "ollama" if name == "ollama_chat" else name
    if command or not address:
        return name
    host = urlsplit(address).hostname or address
    return name if name == "ollama" and host in _HERE else host


def stricter(one: Policy, other: Policy) -> Policy:
    """What holds for a run where both hold; what is only for the bot stays as ``one`` has it."""
    return replace(
        one,
        usd_per_run=_least(one.usd_per_run, other.usd_per_run),
        providers=_both(one.providers, other.providers),
        never_send=tuple(dict.fromkeys((*one.never_send, *other.never_send))),
        autonomy=min((each for each in (one.autonomy, other.autonomy) if each), key=_level, default=""),
    )


def _money(policy: Policy, wanted: RunSettings) -> tuple[RunSettings, tuple[str, ...]]:
    cap, limits = policy.usd_per_run, wanted.limits
    if cap is None:
        return wanted, ()
    words = (
        (f"the budget is ${cap:.2f}, not ${limits.usd:.2f}: the policy allows no more.",) if limits.usd > cap else ()
    )
    lower = replace(limits, usd=min(limits.usd, cap), planning_usd=min(limits.planning_usd, cap))
    return replace(wanted, limits=lower, most_usd=cap), words


def _asking(policy: Policy, wanted: RunSettings) -> tuple[RunSettings, tuple[str, ...]]:
    most = next((each for each in _LEVELS if each == policy.autonomy), None)
    if most is None:
        return wanted, ()
    words = []
    if _level(wanted.autonomy) > _level(most):
        words.append(f"the autonomy is {most}, not {wanted.autonomy}: the policy allows no more.")
    teams = {name: min(level, most, key=_level) for name, level in wanted.team_autonomy.items()}
    words += [f"team {name}: the autonomy is {most}." for name in teams if teams[name] != wanted.team_autonomy[name]]
    settings = replace(wanted, autonomy=min(wanted.autonomy, most, key=_level), team_autonomy=teams)
    if most == "ask-always" and (wanted.approve or wanted.approve_under is not None):
        words.append("the plan is asked about: the policy lets no plan be approved beforehand.")
        settings = replace(settings, approve=False, approve_under=None)
    return settings, tuple(words)


def _level(autonomy: str) -> int:
    return [str(each) for each in _LEVELS].index(autonomy)


def _least(one: float | None, other: float | None) -> float | None:
    return min((each for each in (one, other) if each is not None), default=None)


def _both(one: tuple[str, ...], other: tuple[str, ...]) -> tuple[str, ...]:
    if not one or not other:
        return one or other
    return tuple(each for each in one if each in other) or (NOBODY,)
