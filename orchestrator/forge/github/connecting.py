"""Which login there is, and a repository reached by it: an App's, else a token of the environment, else that of `gh`.

A token goes to the host that it was made for and to no other: the names of hosts come from remotes, which anybody may
have written into a clone.
"""

import random
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from ...clock import SystemClock
from ...errors import AuthenticationError, ForgeRefused, SettingsError
from ...nouns.forge import RepoName, Way
from ...ports import Clock, Random
from .adapter import GitHub
from .asking import Key, at, checked_address
from .client import Client
from .gh import gh_token
from .keys import AppKey, InstallationKey, TokenKey
from .limits import Pace
from .login import login_of_app, login_of_token

API = "https://api.github.com"
_HOME = "github.com"
_TOKENS = ("AGENTCTL_GITHUB_TOKEN", "GH_TOKEN", "GITHUB_TOKEN")
_ENTERPRISE_TOKENS = ("AGENTCTL_GITHUB_TOKEN", "GH_ENTERPRISE_TOKEN", "GITHUB_ENTERPRISE_TOKEN")
_APP, _APP_KEY = "AGENTCTL_GITHUB_APP_ID", "AGENTCTL_GITHUB_APP_KEY"
_LARGEST_KEY = 1 << 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """Where a host's API and repositories are, and whether it is the one that tokens of the environment are for."""

    api: str
    git: str
    ours: bool


def server_of(host: str, environ: Mapping[str, str], *, api: str = "") -> Server:
    """The addresses of a host.

    Args:
        host: as remotes name it.
        environ: ``AGENTCTL_GITHUB_API`` and ``AGENTCTL_GITHUB_GIT`` name a server of one's own, ``GH_HOST`` and
            ``GITHUB_SERVER_URL`` the one that the tokens of the environment are for.
        api: the base address of the API, before that of the environment.
    """
    said = api or environ.get("AGENTCTL_GITHUB_API", "")
    actions = urlsplit(environ.get("GITHUB_SERVER_URL", "")).netloc
    ours = bool(said and said != API) or host in {_HOME, environ.get("GH_HOST"), actions} or host.endswith(".ghe.com")
    if host == _HOME:
        guess = API
    elif host.endswith(".ghe.com"):
        guess = f"https://api.{host}"
    else:
        guess = f"https://{host}/api/v3"
    git = environ.get("AGENTCTL_GITHUB_GIT") or f"https://{host}"
    return Server(api=checked_address(said or guess), git=checked_address(git), ours=ours)


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
        pace = self._paces.setdefault(installation, Pace(self.clock))
        return Client(api=self.server.api, key=key, pace=pace, clock=self.clock, chance=self.chance)


def app_of(
    environ: Mapping[str, str],
    *,
    host: str = _HOME,
    api: str = "",
    clock: Clock | None = None,
    chance: Random | None = None,
) -> App | None:
    """The App that the environment names by its id and the file with its private key; None where it names none.

    Raises:
        SettingsError: one of the two is missing, or cannot be used.
    """
    id_, path = environ.get(_APP, ""), environ.get(_APP_KEY, "")
    if not id_ and not path:
        return None
    if not id_ or not path:
        raise SettingsError(f"Set both {_APP} (the App's id) and {_APP_KEY} (the file with its private key).")
    return App(
        server=server_of(host, environ, api=api),
        key=AppKey(id_, _private_key(path)),
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
    client = Client(api=server.api, key=key, pace=Pace(clock), clock=clock, chance=random.SystemRandom())
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


async def found_token(
    host: str,
    environ: Mapping[str, str],
    *,
    ours: bool,
    gh: Callable[[str, Mapping[str, str]], Awaitable[str]] = gh_token,
) -> tuple[str, Way]:
    """The token for a host, and where it comes from.

    Raises:
        AuthenticationError: there is none; says the ways to get one.
    """
    names: tuple[str, ...] = _TOKENS if ours else ()
    if ours and host != _HOME and not host.endswith(".ghe.com"):
        names = tuple(dict.fromkeys((*_ENTERPRISE_TOKENS, *_TOKENS)))
    for name in names:
        if token := environ.get(name, "").strip():
            action = name == "GITHUB_TOKEN" and environ.get("GITHUB_ACTIONS") == "true"
            return token, "action" if action or token.startswith("ghs_") else "token"
    if token := await gh(host, environ):
        return token, "gh"
    elsewhere = (
        "" if ours else f" Tokens of the environment are not sent to {host}: set GH_HOST={host} if they are its."
    )
    raise AuthenticationError(
        f"No login for {host} was found: run `gh auth login --hostname {host}`, or set AGENTCTL_GITHUB_TOKEN, "
        f"or {_APP} and {_APP_KEY}.{elsewhere}"
    )


def _private_key(path: str) -> str:
    try:
        content = Path(path).read_bytes()[: _LARGEST_KEY + 1]
        text = content.decode("ascii")
    except (OSError, UnicodeDecodeError):
        text = ""
    if "PRIVATE KEY-----" not in text or len(text) > _LARGEST_KEY:
        raise SettingsError(f"{_APP_KEY} names {path}, which is no private key that can be read: download one as .pem.")
    return text
