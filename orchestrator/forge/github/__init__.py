"""GitHub, through githubkit. The only room that imports it.

`connecting` finds the login and makes a `GitHub`; `webhooks` reads messages without a connection, and `ways` says which
login there is: neither loads the library.
"""

from collections.abc import Mapping

from ...nouns.forge import RepoName
from ...ports import Clock
from ..port import Forge


async def connect(repo: RepoName, *, environ: Mapping[str, str], api: str = "", clock: Clock | None = None) -> Forge:
    """As `connecting.connect`."""
    from .connecting import connect as made  # noqa: PLC0415 - the library takes a while, and most commands need none

    return await made(repo, environ=environ, api=api, clock=clock)
