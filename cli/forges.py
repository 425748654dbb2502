"""The one place where a forge is made: an adapter for the host, with the best login there is."""

from collections.abc import Mapping
from importlib import import_module

from ..orchestrator.errors import UsageError
from ..orchestrator.forge.port import Forge
from ..orchestrator.nouns.forge import RepoName

_API = "AGENTCTL_GITHUB_API"
"""The variable that names another base address of the API than the host's own."""


async def forge_for(repo: RepoName, *, environ: Mapping[str, str]) -> Forge:
    """The repository on its forge; to be closed by `Forge.close_connection`.

    Raises:
        ForgeRefused: no login is found, or it is refused.
        ForgeAway: the forge does not answer.
    """
    github = import_module("..orchestrator.forge.github", __package__)
    if not hasattr(github, "connect"):
        raise UsageError("This build has no adapter for GitHub.")
    api = {"api": environ[_API]} if environ.get(_API) else {}
    forge: Forge = await github.connect(repo, environ=environ, **api)
    return forge
