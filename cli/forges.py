"""The one place where a forge is made: an adapter for the host, with the best login there is."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from ..orchestrator.forge.port import Forge
from ..orchestrator.nouns.forge import RepoName

if TYPE_CHECKING:
    from ..orchestrator.forge.github.connecting import App


async def forge_for(repo: RepoName, *, environ: Mapping[str, str]) -> Forge:
    """The repository on its forge; to be closed by `Forge.close_connection`.

    Raises:
        AuthenticationError: no login is found.
        ForgeRefused: it is not taken.
        ForgeAway: the forge does not answer.
    """
    from ..orchestrator.forge.github import connect

    return await connect(repo, environ=environ)


async def check_login(environ: Mapping[str, str]) -> None:
    """Whether there is a token or a `gh` to speak with, for who does not know yet with which repository.

    Raises:
        AuthenticationError: there is none; says the ways to get one.
    """
    from ..orchestrator.forge.github.ways import HOME, found_token

    await found_token(environ.get("GH_HOST") or HOME, environ, ours=True)


def app_here(environ: Mapping[str, str], *, host: str = "") -> "App | None":
    """The App that the environment names, on a host (empty for the usual one); None where it names none.

    Raises:
        SettingsError: what it says of one cannot be used.
    """
    from ..orchestrator.forge.github.connecting import app_of
    from ..orchestrator.forge.github.ways import HOME

    return app_of(environ, host=host or HOME)
