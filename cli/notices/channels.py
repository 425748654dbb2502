"""The channels that the settings want and this machine has. The only module that reads their secrets."""

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from ...orchestrator.errors import SettingsError
from .channel import Channel
from .desktop import found
from .slack import SlackChannel
from .wanted import Wanted, trouble_of
from .webhook import WebhookChannel, checked


@dataclass(frozen=True, slots=True, kw_only=True)
class Channels:
    """Those that can be told something, and why others cannot."""

    usable: tuple[Channel, ...]
    troubles: tuple[str, ...]


def channels(
    wanted: Wanted, *, environ: Mapping[str, str] = os.environ, watched: Callable[[str], bool] = lambda _: False
) -> Channels:
    """Every channel of the settings, with its secret; one that lacks something is a trouble in words, and no error."""
    usable: list[Channel] = []
    troubles: list[str] = []
    if wanted.webhooks:
        try:
            secret = secret_of(wanted, environ)
            usable += [WebhookChannel(address=each, secret=secret) for each in dict.fromkeys(wanted.webhooks)]
        except SettingsError as error:
            troubles.append(f"no webhook is told anything: {error}")
    if wanted.slack_env:
        try:
            usable.append(SlackChannel(address=_slack(wanted.slack_env, environ), buttons=wanted.buttons))
        except SettingsError as error:
            troubles.append(f"Slack is told nothing: {error}")
    if wanted.desktop:
        desktop = found(watched)
        usable += [desktop] if desktop else []
        troubles += [] if desktop else ["the desktop is told nothing: neither notify-send nor osascript is installed"]
    return Channels(usable=tuple(usable), troubles=tuple(troubles))


def secret_of(wanted: Wanted, environ: Mapping[str, str]) -> str:
    """The secret of webhooks. Raises SettingsError, which names the variable."""
    return checked(variable(wanted.secret_env, environ), variable=wanted.secret_env)


def variable(name: str, environ: Mapping[str, str]) -> str:
    """What a variable holds. Raises SettingsError where it holds nothing."""
    if not (value := environ.get(name, "").strip()):
        raise SettingsError(f"the variable {name} is not set: export it where agentctl is started.")
    return value


def _slack(name: str, environ: Mapping[str, str]) -> str:
    address = variable(name, environ)
    if trouble_of(address):
        raise SettingsError(f"{name} holds no address of a Slack webhook, which begins with https://hooks.slack.com/.")
    return address
