"""What it means that GitHub says no, in words that say what a person can do. Pure.

GitHub's own words are untrusted: cleaned, shortened, and without secrets.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from ...errors import AgentctlError, ForgeAway, ForgeRefused
from ...rules.normalise import clean
from ...rules.redact import redact

_LONGEST = 300
_UNAUTHORIZED = 401
_FORBIDDEN = 403
_ABSENT = 404
_GONE = 410
_INVALID = 422
_LACKING = "resource not accessible by"
_APPS = ("json web token", "'issuer'", "'iss'", "'exp'", "integration")
"""What is said of the token that an App makes with its key."""


@dataclass(frozen=True, slots=True, kw_only=True)
class No:
    """An answer that is no success: its status, its headers in small letters, and what it says."""

    status: int
    said: str
    errors: tuple[str, ...] = ()
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)

    @property
    def absent(self) -> bool:
        """What was asked for is not there, or not for us."""
        return self.status in {_ABSENT, _GONE}

    @property
    def invalid(self) -> bool:
        """What was to be written is not taken."""
        return self.status == _INVALID

    def says(self, *words: str) -> bool:
        """Whether its words hold one of these, whatever the case."""
        all_ = " ".join((self.said, *self.errors)).lower()
        return any(each.lower() in all_ for each in words)


class Refused(ForgeRefused):
    """As ForgeRefused, with the answer, for those who know what to do about it."""

    def __init__(self, message: str, no: No) -> None:
        super().__init__(message)
        self.no = no


class Unsure(ForgeAway):
    """Nobody knows whether a write took place: the connection broke, or the server failed, in the middle of it."""


def read_no(status: int, headers: Mapping[str, str], body: object, *, secrets: Sequence[str]) -> No:
    """The answer, with everything that somebody could read in it made fit to be read."""
    said, errors = "", []
    if isinstance(body, Mapping):
        said = str(body.get("message") or "")
        found = body.get("errors")
        errors = [_one(each) for each in found] if isinstance(found, list) else []
    told = tuple(_fit(each, secrets) for each in errors if each)
    return No(status=status, said=_fit(said, secrets), errors=told, headers=headers)


def refusal(no: No, what: str) -> AgentctlError:
    """The error for an answer that no waiting will change.

    Args:
        no: the answer.
        what: what was to be done, such as ``open a pull request in acme/shed``.
    """
    words = "; ".join(dict.fromkeys(each.rstrip(".") for each in (no.said, *no.errors) if each)) or f"HTTP {no.status}"
    return Refused(f"GitHub will not {what}: {words}. {_todo(no)}".strip(), no)


def _todo(no: No) -> str:
    needed = no.headers.get("x-accepted-github-permissions", "")
    if no.status == _UNAUTHORIZED and no.says(*_APPS):
        return (
            "AGENTCTL_GITHUB_APP_ID is to be the id of the App whose key AGENTCTL_GITHUB_APP_KEY names, and the clock "
            "of this machine right."
        )
    if no.status == _UNAUTHORIZED:
        return "The login is not valid any more: make a new token, or log in again with `gh auth login`."
    if sso := no.headers.get("x-github-sso", ""):
        address = clean(sso.partition("url=")[2])
        return f"The organisation wants the token authorized for single sign-on: {address or 'see its settings'}."
    if no.status == _FORBIDDEN and needed:
        return f"The login lacks a permission: give it `{_permissions(needed)}`."
    if no.status == _FORBIDDEN and _LACKING in no.said.lower():
        return "The login lacks a permission for this: see what it may do in the settings of the token or the App."
    if no.absent:
        return "It is not there, or this login may not see it: look at the name, and at what the login may do."
    return ""


def _permissions(header: str) -> str:
    """``contents=write; pull_requests=write`` as a person names them: ``contents: write`` or ``…``."""
    return " or ".join(clean(each).strip().replace("=", ": ").replace(",", ", ") for each in header.split(";"))


def _one(error: object) -> str:
    if isinstance(error, str):
        return error
    if not isinstance(error, Mapping):
        return ""
    if message := error.get("message"):
        return str(message)
    return " ".join(str(error[key]) for key in ("resource", "field", "code") if error.get(key))


def _fit(text: str, secrets: Sequence[str]) -> str:
    line = " ".join(clean(redact(text, secrets=secrets)).split())
    return line if len(line) <= _LONGEST else line[: _LONGEST - 1] + "…"
