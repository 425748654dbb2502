"""What is asked of GitHub's API, and what comes back. Opens no connection."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol, TypeAlias
from urllib.parse import quote, urlsplit

from ...errors import ForgeRefused, SettingsError

Json: TypeAlias = Mapping[str, object]
Params: TypeAlias = Mapping[str, str | int]
_LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})


class Key(Protocol):
    """What proves who we are; never shown."""

    async def authorization(self) -> str:
        """The header's value, fresh enough to be used now."""
        ...

    def forget(self) -> None:
        """GitHub did not take it."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What is asked. ``again`` says that asking twice is as asking once; ``known`` that an ETag may be sent."""

    method: str
    url: str
    what: str
    """As in ``GitHub will not WHAT``."""
    params: Params = field(default_factory=dict)
    body: object = None
    again: bool = True
    known: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What came back."""

    status: int
    headers: Mapping[str, str]
    body: object


def at(*parts: object) -> str:
    """A path of the API; what is inside a part stays inside it.

    Raises:
        ForgeRefused: a part is empty or climbs.
    """
    if bad := [each for each in map(str, parts) if each in {"", ".", ".."}]:
        raise ForgeRefused(f"{bad[0]!r} is no name that GitHub knows: say the whole name.")
    return "/" + "/".join(quote(str(each), safe="") for each in parts)


def checked_address(api: str) -> str:
    """The base address of an API, without a slash at its end.

    Raises:
        SettingsError: it is none, or would send a token in the clear to another machine.
    """
    try:
        parts = urlsplit(api)
        host = parts.hostname if parts.username is None else None
    except ValueError:
        parts, host = urlsplit(""), None
    if host is None:
        raise SettingsError(f"`{api}` is no address of GitHub's API: say one such as https://ghe.example.org/api/v3.")
    if parts.scheme != "https" and not (parts.scheme == "http" and host in _LOOPBACK):
        raise SettingsError(f"{parts.scheme}://{host} would send the token in the clear: use https.")
    return api.rstrip("/")


def message_of(body: object) -> str:
    """What an answer says of itself."""
    return str(body.get("message") or "") if isinstance(body, Mapping) else ""


def is_limited(body: object) -> bool:
    """Whether GraphQL says that a limit is reached, which it does in a success."""
    errors = body.get("errors") if isinstance(body, Mapping) else None
    return isinstance(errors, list) and any(
        isinstance(each, Mapping) and each.get("type") in {"RATE_LIMIT", "RATE_LIMITED"} for each in errors
    )


def rows_of(body: object, inside: str) -> list[Json]:
    """The rows of a list, or of the list of that name inside an answer."""
    found = body.get(inside) if inside and isinstance(body, Mapping) else body
    return [each for each in found if isinstance(each, Mapping)] if isinstance(found, list) else []


def parsed(content: bytes) -> object:
    """The JSON of an answer; its text where it is none."""
    try:
        return json.loads(content) if content else None
    except (ValueError, RecursionError):
        return content.decode("utf-8", "replace")
