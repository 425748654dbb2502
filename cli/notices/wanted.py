"""What the settings want told, where and when. Secrets are named here by their variables, and read by nothing here."""

from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import urlsplit

from ...orchestrator.nouns.notices import Quiet
from ...orchestrator.rules.notices import HOUR

SECRET_ENV = "AGENTCTL_NOTIFY_SECRET"  # noqa: S105 - the name of a variable
LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
_HOUR = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """``[notify]`` of the settings; nothing in it is stored with a run."""

    webhooks: tuple[str, ...] = ()
    secret_env: str = SECRET_ENV
    """The variable with the secret that signs what goes to webhooks, and answers from there."""
    slack_env: str = ""
    """The variable with the address of a Slack webhook; empty for none."""
    desktop: bool = False
    quiet: Quiet | None = None
    digest: float = HOUR
    """Seconds."""
    answers: bool = False
    """Whether answers are taken, and Slack shows buttons."""
    slack_signing_env: str = ""
    """The variable with the signing secret of the Slack app."""
    slack_users: tuple[str, ...] = ()
    """Slack ids of those who may answer."""

    @property
    def any(self) -> bool:
        """Whether there is a channel."""
        return bool(self.webhooks or self.slack_env or self.desktop)

    @property
    def buttons(self) -> bool:
        """Whether an answer from Slack would be taken."""
        return self.answers and bool(self.slack_signing_env and self.slack_users)

    def lines(self) -> Iterator[str]:
        """The channels and hours in words, without what is secret in an address."""
        yield from (f"webhook {host_of(address)}" for address in self.webhooks)
        yield from (["Slack"] if self.slack_env else [])
        yield from (["desktop"] if self.desktop else [])
        if self.quiet is not None:
            yield f"quiet {_clock(self.quiet.begin)}-{_clock(self.quiet.end)}"
        yield from (["`agentctl web` takes answers"] if self.answers else [])


def host_of(address: str) -> str:
    """Where an address leads: its host, and its port where it names one. What stands behind may be a secret."""
    parts = urlsplit(address)
    return (parts.hostname or "?") + (f":{parts.port}" if parts.port else "")


def trouble_of(address: str) -> str:
    """Why an address cannot be told anything; empty where it can."""
    try:
        parts = urlsplit(address)
        port = parts.port
    except ValueError:
        return "it is no address"
    if parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname in LOOPBACK):
        return "it must begin with https://, or with http:// on this machine"
    if not parts.hostname or port == 0 or any(not char.isprintable() or char.isspace() for char in address):
        return "it is no address"
    return "leave names and passwords out of it" if parts.username or parts.password else ""


def _clock(minutes: int) -> str:
    return f"{minutes // _HOUR:02}:{minutes % _HOUR:02}"
