"""What proves to GitHub who we are: a token, an App's key, and the narrow tokens that an App mints. Never shown."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from githubkit import AppAuthStrategy, GitHubCore
from githubkit.auth.app import AppAuth
from githubkit.cache import MemCacheStrategy
from githubkit.exception import AuthCredentialError
from jwt.exceptions import PyJWTError

from ...errors import ForgeAway, SettingsError
from ...nouns.forge import Way
from ...ports import Clock
from .asking import at
from .client import Client

PERMISSIONS: Mapping[str, str] = {
    "actions": "read",
    "checks": "write",
    "contents": "write",
    "issues": "write",
    "metadata": "read",
    "pull_requests": "write",
    "statuses": "read",
}
"""What a token for one repository is minted with: all that the bot does, and nothing else."""
_EARLY = 300.0
"""Seconds before its end from which on a minted token is not used any more."""


@dataclass(frozen=True, slots=True)
class TokenKey:
    """A token that somebody gave us."""

    token: str = field(repr=False)
    way: Way

    async def authorization(self) -> str:
        """As a bearer."""
        return f"Bearer {self.token}"

    def forget(self) -> None:
        """There is no other one."""


class AppKey:
    """An App, by its private key: it lists installations and mints tokens, and does nothing else."""

    def __init__(self, app: str, private_key: str) -> None:
        self._app = app
        self._private_key = private_key
        self._core = GitHubCore(AppAuthStrategy(app, private_key), http_cache=False, cache_strategy=MemCacheStrategy())

    def __repr__(self) -> str:
        return f"AppKey({self._app!r})"

    async def authorization(self) -> str:
        """A token signed by the App's key, for ten minutes.

        Raises:
            SettingsError: the key is none.
        """
        auth = AppAuth(self._core, self._app, self._private_key)
        try:
            return f"Bearer {await auth.aget_jwt()}"
        except (ValueError, TypeError, PyJWTError, AuthCredentialError):
            raise SettingsError(
                f"The private key of App {self._app} cannot be used: download a new one from the App's settings."
            ) from None

    def forget(self) -> None:
        """A new one is signed."""
        self._core = GitHubCore(
            AppAuthStrategy(self._app, self._private_key), http_cache=False, cache_strategy=MemCacheStrategy()
        )


class InstallationKey:
    """An App where it is installed: tokens for one repository, with the least that is needed, kept while they last.

    Args:
        app: the App's own door.
        installation: its id.
        granted: the permissions that the installation has.
        repository: its name without its owner; empty for a token that only lists repositories.
        clock: the time.
    """

    def __init__(
        self, app: Client, installation: int, granted: Mapping[str, object], *, repository: str, clock: Clock
    ) -> None:
        self.lacking = _lacking(granted)
        self._app = app
        self._installation = installation
        self._repository = repository
        self._clock = clock
        self._wanted = {name: level for name, level in PERMISSIONS.items() if name in granted} | _weaker(granted)
        self._token = ""
        self._until = 0.0

    def __repr__(self) -> str:
        return f"InstallationKey({self._installation}, {self._repository!r})"

    async def authorization(self) -> str:
        """As a bearer; minted where none is left."""
        return f"Bearer {await self.token()}"

    async def token(self) -> str:
        """A token that holds for five minutes at least."""
        if not self._token or self._clock.now() >= self._until - _EARLY:
            await self._mint()
        return self._token

    def forget(self) -> None:
        """A new one is minted."""
        self._token = ""

    async def _mint(self) -> None:
        body: dict[str, object] = {"permissions": self._wanted}
        what = "mint a token for the installation"
        if self._repository:
            body["repositories"] = [self._repository]
            what = f"mint a token for {self._repository}"
        answer = await self._app.mint(at("app", "installations", self._installation, "access_tokens"), body, what=what)
        found = answer.body if isinstance(answer.body, Mapping) else {}
        token, until = found.get("token"), found.get("expires_at")
        if not isinstance(token, str) or not token or not isinstance(until, str):
            raise ForgeAway("GitHub gave no token where it should have.")
        self._until = datetime.fromisoformat(until).timestamp()
        self._token = token


def _lacking(granted: Mapping[str, object]) -> tuple[str, ...]:
    """The permissions that an installation ought to have and has not, as GitHub names them: ``checks: write``."""
    return tuple(
        f"{name}: {level}"
        for name, level in PERMISSIONS.items()
        if name != "metadata" and granted.get(name) not in {level, "write", "admin"}
    )


def _weaker(granted: Mapping[str, object]) -> dict[str, str]:
    return {name: "read" for name, level in PERMISSIONS.items() if level == "write" and granted.get(name) == "read"}
