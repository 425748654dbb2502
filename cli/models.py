"""Which model a run is to use when nobody said, and the ways to get one."""

import os
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..agents.models.command import absent
from ..agents.models.profiles import (
    ALL_PROFILES,
    COMMAND_PROFILES,
    PROFILES,
    detect,
    is_local,
    local_models,
    ollama_base,
    tiers,
)
from ..orchestrator.errors import AuthenticationError, SettingsError
from ..tui.clean import clean
from .specfile import SpecText
from .tools_here import named

AUTO = "auto"
DESK = "desk"
EXAMPLES = Path(__file__).resolve().parent.parent / "specs" / "examples"
WITHOUT = "Without a model work: `agentctl demo`, lint, --replay FILE, and every command that looks at a run."


def recording_of(source: SpecText) -> Path | None:
    """The shipped recording of a shipped spec, told by its text; None for any other."""
    for example in sorted(EXAMPLES.glob("*.md")):
        recordings = sorted(EXAMPLES.glob(f"{example.stem}.*jsonl*"))
        if recordings and example.read_text(encoding="utf-8").strip() == source.text.strip():
            return recordings[0]
    return None


def found() -> str:
    """The profile to use here.

    Raises:
        AuthenticationError: there is none; says which ways there are and what works without.
    """
    name = detect(os.environ, probe=True)
    if name is None:
        raise AuthenticationError("No model was found. Ways to get one:\n" + "\n".join([*ways(), WITHOUT]))
    return name


def require(profile: str, overrides: Mapping[str, Any]) -> None:
    """Make sure, before a run is made, that somebody can be asked; what only a provider knows shows at the first call.

    Raises:
        SettingsError: there is no such profile, tier or field, or a model's price is not known.
        AuthenticationError: no model of a tier has its key.
    """
    if profile == DESK:
        return
    if profile not in ALL_PROFILES:
        names = ", ".join((AUTO, *PROFILES, DESK, *COMMAND_PROFILES))
        raise SettingsError(f"There is no model profile `{clean(profile)}`: choose {names}, or use --replay FILE.")
    chosen = tiers(profile, environ=os.environ, overrides=overrides)
    for deployments in (chosen.pro, chosen.flash):
        programs = [each.command[:1] for each in deployments]
        if all(program and shutil.which(program[0]) is None for program in programs):
            said = absent(clean(deployments[0].model), clean(programs[0][0]))
            raise AuthenticationError("\n".join([f"{said}. Other ways to a model:", *ways(), WITHOUT]))
        keys = [each.key_env for each in deployments]
        if keys and all(key is not None and not os.environ.get(key, "").strip() for key in keys):
            wanted = f"{clean(deployments[0].model)} needs a key: export {keys[0]}=..., or choose another model:"
            raise AuthenticationError("\n".join([wanted, *ways(), WITHOUT]))


def missing_locally(profile: str, overrides: Mapping[str, Any]) -> str:
    """What Ollama lacks for a profile that `require` let pass, and what to do; empty where nothing is."""
    if profile == DESK:
        return ""
    chosen = tiers(profile, environ=os.environ, overrides=overrides)
    wanted = {
        each.model.partition("/")[2] for tier in (chosen.flash, chosen.pro) for each in tier if is_local(each.model)
    }
    if not wanted:
        return ""
    local = local_models(os.environ)
    if local is None:
        return f"Ollama does not answer at {ollama_base(os.environ)}: start it with `ollama serve`."
    lacking = sorted(name for name in wanted if name not in local and f"{name}:latest" not in local)
    return "\n".join(f"get the model with `ollama pull {clean(name)}`" for name in lacking)


def ways() -> list[str]:
    """How to get a model, one way a line."""
    lines = [f"  {tool.title}, which is installed here: --profile {tool.name}" for tool in named()]
    lines += [f"  {profile.title}: export {profile.keys[0]}=..." for profile in PROFILES.values() if profile.keys]
    lines.append("  Ollama on this machine: `ollama serve`, and a model of yours in [models] of agentctl.toml")
    lines.append(
        "  the desk: --profile desk, and answer the prompts yourself or with any chat window (`agentctl desk`)"
    )
    lines.append(
        "  a subscription and no key: --profile claude-cli or codex-cli, with that tool installed and logged in"
    )
    return lines
