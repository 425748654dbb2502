"""Holds a run to the policy that its repository has committed; says what that changes of what was wanted."""

import asyncio
import os
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from ..agents.models.profiles import tiers
from ..orchestrator.errors import SettingsError
from ..orchestrator.git.opening import open_repository
from ..orchestrator.nouns.policy import Policy
from ..orchestrator.nouns.runs import RunSettings
from ..orchestrator.rules import policy as rules
from .models import DESK
from .output import say
from .policy_table import FILES, policy_at, policy_of


def within_policy(
    repo: Path, wanted: RunSettings, *, models: Mapping[str, Any], commits: tuple[str, ...]
) -> RunSettings:
    """The settings that the committed policies let a new run have.

    Args:
        repo: the repository.
        wanted: what flags, files, front matter and the environment come to.
        models: what the settings change of the profile's tiers.
        commits: whose policies hold, all of them; a stricter one in the work tree holds as well.

    Raises:
        SettingsError: a policy cannot be read, or it does not allow a model that would be asked.
    """
    policy = asyncio.run(_policy(repo, commits))
    if wanted.replay is not None:
        return wanted  # nobody is asked, and nothing is sent
    tightened = rules.tightened(policy, wanted)
    for line in tightened.words:
        say(line)
    require_providers(tightened.settings, models)
    return tightened.settings


def still_within(repo: Path, settings: RunSettings, *, models: Mapping[str, Any], at: str = "") -> None:
    """Refuse to go on with a run whose models the policy of a commit does not allow; empty for that of HEAD.

    Raises SettingsError.
    """
    head = asyncio.run(open_repository(repo).resolve(at or "HEAD"))
    policy = asyncio.run(_policy(repo, (head,) if head is not None else ()))
    if settings.replay is None:
        now = replace(settings, providers=policy.providers)
        require_providers(now, models)


def require_providers(settings: RunSettings, models: Mapping[str, Any]) -> None:
    """Make sure that each model which a run may ask is of an allowed provider, those to fall back on as well.

    Raises SettingsError, which names those that are not.
    """
    if not settings.providers or settings.replay is not None:
        return
    if settings.profile == DESK:
        asked = [(DESK, DESK)]
    else:
        chosen = tiers(settings.profile, environ=os.environ, overrides=models)
        asked = [
            (each.model, rules.provider_of(each.model, address=each.api_base, command=bool(each.command)))
            for each in (*chosen.flash, *chosen.pro, *chosen.ultra)
        ]
    if wrong := rules.refused(settings.providers, asked):
        raise SettingsError(wrong)


async def _policy(repo: Path, commits: tuple[str, ...]) -> Policy:
    git = open_repository(repo)
    policies = [await policy_at(git, each) for each in dict.fromkeys(commits)]
    here = _in_work_tree(repo)
    first = policies[0] if policies else Policy()
    for other in (*policies[1:], here):
        first = rules.stricter(first, other)
    return first


def _in_work_tree(repo: Path) -> Policy:
    """What stands in the work tree, which can only tighten; what is wrong with it was told when it was read."""
    for name, within in FILES:
        file = repo / name
        if file.is_file():
            text = file.read_text(encoding="utf-8", errors="surrogateescape")
            return policy_of(text, where=str(file), within=within)
    return Policy()
