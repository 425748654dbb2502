"""Which model a run is to use when nobody said, and the ways to get one."""

import os
from pathlib import Path

from ..agents.models.profiles import PROFILES, detect
from ..orchestrator.errors import AuthenticationError
from .specfile import SpecText

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


def ways() -> list[str]:
    """How to get a model, one way a line."""
    lines = [f"  {profile.title}: export {profile.keys[0]}=..." for profile in PROFILES.values() if profile.keys]
    lines.append("  Ollama on this machine: `ollama serve`, and a model of yours in [models] of agentctl.toml")
    lines.append(
        "  the desk: --profile desk, and answer the prompts yourself or with any chat window (`agentctl desk`)"
    )
    return lines
