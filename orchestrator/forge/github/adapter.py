"""GitHub behind the port: one repository, reached by one login."""

from ...nouns.forge import Login, RepoName
from ...ports import Clock
from .client import Client
from .keys import InstallationKey, TokenKey
from .news import News


class GitHub(News):
    """A repository on GitHub, or on a server that speaks as GitHub does.

    Args:
        repo: its name.
        client: the login's way to the API.
        speaker: as whom we speak.
        key: what that way is opened with; git uses it too.
        git: where repositories are cloned from, such as ``https://github.com``.
        clock: the time.
    """

    def __init__(
        self,
        *,
        repo: RepoName,
        client: Client,
        speaker: Login,
        key: TokenKey | InstallationKey,
        git: str,
        clock: Clock,
    ) -> None:
        super().__init__(repo=repo, client=client, speaker=speaker, clock=clock)
        self._key = key
        self._git = git.rstrip("/")
        self._owned: tuple[Client, ...] = ()

    def owns(self, door: Client) -> None:
        """Close an App's own connections too when this one is closed."""
        self._owned = (*self._owned, door)

    async def close_connection(self) -> None:
        """Close what is open; the next call opens it again."""
        for each in (self._client, *self._owned):
            await each.close()
