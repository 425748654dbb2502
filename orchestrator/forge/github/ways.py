"""Which logins to GitHub there are, and what each is for. Reads the environment and a key's file; asks no server.

A token goes to the host that it was made for and to no other: the names of hosts come from remotes, which anybody may
have written into a clone.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from ...errors import AuthenticationError, SettingsError
from ...nouns.forge import Way
from ...rules.pace import pace_of
from .asking import checked_address
from .gh import gh_token

API = "https://api.github.com"
HOME = "github.com"
_TOKENS = ("AGENTCTL_GITHUB_TOKEN", "GH_TOKEN", "GITHUB_TOKEN")
_ENTERPRISE_TOKENS = ("AGENTCTL_GITHUB_TOKEN", "GH_ENTERPRISE_TOKEN", "GITHUB_ENTERPRISE_TOKEN")
_APP, _APP_KEY = "AGENTCTL_GITHUB_APP_ID", "AGENTCTL_GITHUB_APP_KEY"
BETWEEN_WRITES = 1.0
"""Seconds that GitHub wants between two writes."""
_LARGEST_KEY = 1 << 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """Where a host's API and repositories are, and whether it is the one that tokens of the environment are for."""

    api: str
    git: str
    ours: bool
    between_writes: float = BETWEEN_WRITES
    """Seconds."""


def server_of(host: str, environ: Mapping[str, str], *, api: str = "") -> Server:
    """The addresses of a host.

    Args:
        host: as remotes name it.
        environ: ``AGENTCTL_GITHUB_API`` and ``AGENTCTL_GITHUB_GIT`` name a server of one's own, ``GH_HOST`` and
            ``GITHUB_SERVER_URL`` the one that the tokens of the environment are for; the bot's pace is for writes too,
            but to GitHub itself nothing is written faster than it wants.
        api: the base address of the API, before that of the environment.
    """
    said = api or environ.get("AGENTCTL_GITHUB_API", "")
    actions = urlsplit(environ.get("GITHUB_SERVER_URL", "")).netloc
    ours = bool(said and said != API) or host in {HOME, environ.get("GH_HOST"), actions} or host.endswith(".ghe.com")
    if host == HOME:
        guess = API
    elif host.endswith(".ghe.com"):
        guess = f"https://api.{host}"
    else:
        guess = f"https://{host}/api/v3"
    git = environ.get("AGENTCTL_GITHUB_GIT") or f"https://{host}"
    between = BETWEEN_WRITES * (pace if (pace := pace_of(environ)) > 1 or said not in {"", API} else 1.0)
    return Server(api=checked_address(said or guess), git=checked_address(git), ours=ours, between_writes=between)


@dataclass(frozen=True, slots=True, kw_only=True)
class AppFound:
    """An App's id, and its private key."""

    id: str
    private_key: str = field(repr=False)


def found_app(environ: Mapping[str, str]) -> AppFound | None:
    """The App that the environment names by its id and the file with its private key; None where it names none.

    Raises:
        SettingsError: one of the two is missing, or cannot be used.
    """
    id_, path = environ.get(_APP, ""), environ.get(_APP_KEY, "")
    if not id_ and not path:
        return None
    if not id_ or not path:
        raise SettingsError(f"Set both {_APP} (the App's id) and {_APP_KEY} (the file with its private key).")
    return AppFound(id=id_, private_key=_private_key(path))


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
    if ours and host != HOME and not host.endswith(".ghe.com"):
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


async def told_login(environ: Mapping[str, str], *, host: str = HOME) -> str:
    """The login that would be taken for a host, in words; empty where there is none.

    Raises:
        SettingsError: what the environment says cannot be used.
    """
    ours = server_of(host, environ).ours
    if ours and (app := found_app(environ)) is not None:
        return f"App {app.id}"
    try:
        _, way = await found_token(host, environ, ours=ours)
    except AuthenticationError:
        return ""
    return {"gh": "the login of `gh`", "action": "the token of a workflow"}.get(way, "a token of the environment")


def _private_key(path: str) -> str:
    try:
        content = Path(path).read_bytes()[: _LARGEST_KEY + 1]
        text = content.decode("ascii")
    except (OSError, UnicodeDecodeError):
        text = ""
    if "PRIVATE KEY-----" not in text or len(text) > _LARGEST_KEY:
        raise SettingsError(f"{_APP_KEY} names {path}, which is no private key that can be read: download one as .pem.")
    return text
