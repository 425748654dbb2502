"""Who answers a run's calls: a provider, a person at the desk, or a recording. The one place that chooses."""

import os
import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_args

from ..agents.caller import free
from ..agents.models.command import CommandModel
from ..agents.models.desk import DeskModel
from ..agents.models.litellm_model import LitellmModel, warm
from ..agents.models.port import Model, Request, Usage
from ..agents.models.profiles import tiers
from ..agents.models.replay import Drift, ReplayModel
from ..agents.models.retry import TieredModel
from ..agents.models.tiers import Deployment, Tiers
from ..agents.probe import PROBING
from ..agents.recording import read
from ..orchestrator.brake import Brake
from ..orchestrator.nouns.plan import Tier
from ..orchestrator.nouns.runs import RunSettings
from ..orchestrator.ports import Clock
from ..orchestrator.rules.estimate import Prices
from ..orchestrator.rules.outside_cap import listed
from .holding import require_providers
from .models import DESK

TYPICAL = Usage(prompt=6_000, completion=900)
"""Tokens of a worker's call as a rule, for estimates shown before a plan is approved."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answering:
    """A model, what to reserve for a request, and what a typical call costs, by tier; None where no price applies."""

    model: Model
    price: Callable[[Request], float | None]
    usd_per_call: Prices | None
    probes: bool = True
    """Whether a spec is probed; a replay does what its recording did."""
    outside_cap: str = ""
    """The models that do not say what they cost, by name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What the model is chosen in."""

    run: str
    desk: Path
    clock: Clock
    brake: Brake
    overrides: Mapping[str, Any]
    scale: float
    team_of: Callable[[str], str]
    on_drift: Callable[[Drift], None]


def answering(settings: RunSettings, around: Surroundings) -> Answering:
    """The model of a run's profile.

    Raises:
        SettingsError: there is no such profile, tier or field.
        AgentctlError: the recording cannot be read, or a model has no known price.
    """
    if settings.replay is not None:
        recording = read(Path(settings.replay))
        replay = ReplayModel(recording, clock=around.clock, scale=around.scale, on_drift=around.on_drift)
        probes = any(key.startswith(f"{PROBING}/") for key in recording.calls)
        return Answering(model=replay, price=free, usd_per_call=None, probes=probes)
    if settings.profile == DESK:
        desk = DeskModel(around.desk, run=around.run, clock=around.clock, team_of=around.team_of)
        return Answering(model=desk, price=free, usd_per_call=None)
    require_providers(settings, around.overrides)
    chosen = tiers(settings.profile, environ=os.environ, overrides=around.overrides)
    deployments = _asked(chosen)
    if not all(each.command for each in deployments):
        warm()
    model = TieredModel(
        chosen,
        lambda deployment: _model(deployment, around.clock),
        clock=around.clock,
        random=random.SystemRandom(),
        brake=around.brake,
    )
    return Answering(
        model=model,
        price=chosen.reservation,
        usd_per_call={tier: chosen.of(tier)[0].cost(TYPICAL) for tier in get_args(Tier)},
        outside_cap=listed(each.model for each in deployments if each.command),
    )


def _model(deployment: Deployment, clock: Clock) -> Model:
    return CommandModel(deployment, clock=clock) if deployment.command else LitellmModel(deployment, clock=clock)


def _asked(chosen: Tiers) -> list[Deployment]:
    return [*chosen.flash, *chosen.pro, *chosen.ultra]
