"""The best login there is, and a repository reached by it: an App's, else a token, else that of the `gh` command."""

import random
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from ...clock import SystemClock
from ...errors import ForgeRefused
from ...nouns.forge import RepoName
from ...ports import Clock, Random
from .adapter import GitHub
from .asking import Key, at
from .client import Client
from .gh import gh_token
from .keys import AppKey, InstallationKey, TokenKey
from .limits import Pace
from .login import login_of_app, login_of_token
from .ways import HOME, Server, found_app, found_token, server_of


@dataclass(slots=True, kw_only=True)
class App:
    """An App, with what it keeps for all of its repositories. Close it in the end."""

    server: Server
    key: AppKey
    clock: Clock = field(default_factory=SystemClock)
    chance: Random = field(default_factory=random.SystemRandom)
    _door: Client | None = None
    _paces: dict[int, Pace] = field(default_factory=dict)

    async def forge(self, repo: RepoName) -> GitHub:
        """One repository.

        Raises:
            ForgeRefused: the App is not installed there.
        """
        answer = await self.door.look(at("repos", repo.owner, repo.name, "installation"))
        found = answer.body if answer is not None and isinstance(answer.body, Mapping) else {}
        number, granted = found.get("id"), found.get("permissions")
        if not isinstance(number, int):
            raise ForgeRefused(f"The App is not installed for {repo}: an owner can install it from the App's page.")
        if found.get("suspended_at"):
            raise ForgeRefused(f"The App's installation for {repo} is suspended: an owner can resume it.")
        key = self._key(number, granted, repository=repo.name)
        speaker = await login_of_app(self.door, key.lacking)
        client = self._client(key, number)
        return GitHub(repo=repo, client=client, speaker=speaker, key=key, git=self.server.git, clock=self.clock)

    async def repositories(self) -> tuple[RepoName, ...]:
        """Everywhere the App is installed; suspended installations are left out."""
        host = urlsplit(self.server.git).netloc
        found = []
        async for each in self.door.walk(at("app", "installations")):
            number = each.get("id")
            if not isinstance(number, int) or each.get("suspended_at"):
                continue
            client = self._client(self._key(number, {"metadata": "read"}, repository=""), number)
            try:
                names = client.walk(at("installation", "repositories"), inside="repositories")
                found += [str(row.get("full_name")).partition("/") async for row in names]
            finally:
                await client.close()
        return tuple(RepoName(owner=owner, name=name, host=host) for owner, _, name in found)

    async def close(self) -> None:
        """Close the App's own connections."""
        if self._door is not None:
            await self._door.close()

    @property
    def door(self) -> Client:
        """The App as itself."""
        if self._door is None:
            self._door = self._client(self.key, 0)
        return self._door

    def _key(self, number: int, granted: object, *, repository: str) -> InstallationKey:
        permissions = granted if isinstance(granted, Mapping) else {}
        return InstallationKey(self.door, number, permissions, repository=repository, clock=self.clock)

    def _client(self, key: Key, installation: int) -> Client:
        pace = self._paces.setdefault(installation, Pace(self.clock, between_writes=self.server.between_writes))
        return Client(api=self.server.api, key=key, pace=pace, clock=self.clock, chance=self.chance)


def app_of(
    environ: Mapping[str, str],
    *,
    host: str = HOME,
    api: str = "",
    clock: Clock | None = None,
    chance: Random | None = None,
) -> App | None:
    """The App that the environment names; None where it names none.

    Raises:
        SettingsError: what it says of one cannot be used.
    """
    if (found := found_app(environ)) is None:
        return None
    return App(
        server=server_of(host, environ, api=api),
        key=AppKey(found.id, found.private_key),
        clock=clock or SystemClock(),
        chance=chance or random.SystemRandom(),
    )


async def connect(
    repo: RepoName,
    *,
    environ: Mapping[str, str],
    api: str = "",
    clock: Clock | None = None,
    gh: Callable[[str, Mapping[str, str]], Awaitable[str]] = gh_token,
) -> GitHub:
    """A repository, by the best login that there is.

    Raises:
        AuthenticationError: there is none for its host.
        ForgeRefused: there is one, and GitHub does not take it.
        SettingsError: what the environment says cannot be used.
    """
    clock = clock or SystemClock()
    server = server_of(repo.host, environ, api=api)
    if server.ours and (app := app_of(environ, host=repo.host, api=api, clock=clock)) is not None:
        return await _by_app(app, repo)
    token, way = await found_token(repo.host, environ, ours=server.ours, gh=gh)
    key = TokenKey(token, way)
    pace = Pace(clock, between_writes=server.between_writes)
    client = Client(api=server.api, key=key, pace=pace, clock=clock, chance=random.SystemRandom())
    try:
        speaker = await login_of_token(client, way, token=token)
    except BaseException:
        await client.close()
        raise
    return GitHub(repo=repo, client=client, speaker=speaker, key=key, git=server.git, clock=clock)


async def _by_app(app: App, repo: RepoName) -> GitHub:
    """A repository that closes its App when it is closed."""
    try:
        forge = await app.forge(repo)
    except BaseException:
        await app.close()
        raise
    forge.owns(app.door)
    return forge
