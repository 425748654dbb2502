"""``[notify]`` of the settings: who is told that a person is needed, validated. No secret may stand in it."""

import re
from typing import Annotated, Self

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from ..orchestrator.nouns.notices import Quiet
from .notices.wanted import SECRET_ENV, Wanted, host_of, trouble_of
from .table import Table

NOTIFY = "notify"
_MINUTE = 60
_HOURS = re.compile(r"([01]?\d|2[0-3]):([0-5]\d)\s*-\s*([01]?\d|2[0-3]):([0-5]\d)")
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,99}")
_IS_SECRET = re.compile(r"whsec_|xox|[0-9a-fA-F]{32}$")
"""Of Standard Webhooks, a token of Slack, a signing secret of Slack."""
_SLACK = "hooks.slack.com"


def _variable(given: str) -> str:
    if given and (not _VARIABLE.fullmatch(given) or _IS_SECRET.match(given)):
        raise ValueError("name a variable here, such as MY_SECRET, and put the secret into it: export MY_SECRET=...")
    return given


def _address(given: str) -> str:
    if wrong := trouble_of(given):
        raise ValueError(wrong)
    if host_of(given) == _SLACK:
        raise ValueError("an address of Slack is a secret: put it into a variable and name that by `slack_env`")
    return given


def _hours(given: str) -> str:
    if given and (quiet_of(given) is None):
        raise ValueError("write it as 22:00-07:00, from one time of the day to another")
    return given


_Variable = Annotated[str, AfterValidator(_variable)]
_Addresses = Annotated[
    tuple[Annotated[str, AfterValidator(_address)], ...],
    Field(max_length=8),
    BeforeValidator(lambda v: (v,) if isinstance(v, str) else v),
]
_Users = Annotated[
    tuple[Annotated[str, Field(pattern=r"^[UW][A-Z0-9]{2,20}$")], ...],
    Field(max_length=100),
    BeforeValidator(lambda v: (v,) if isinstance(v, str) else v),
]


class NotifyTable(Table):
    """Channels, hours, and whether answers are taken."""

    webhook: _Addresses = ()
    secret_env: _Variable = SECRET_ENV
    slack_env: _Variable = ""
    desktop: bool = False
    quiet: Annotated[str, AfterValidator(_hours)] = ""
    digest_minutes: int = Field(default=60, ge=1, le=1440)
    answers: bool = False
    slack_signing_env: _Variable = ""
    slack_users: _Users = ()

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if self.webhook and not self.secret_env:
            raise ValueError("a `webhook` needs `secret_env`, the variable with the secret that signs what it is told")
        if self.slack_users and not self.slack_signing_env:
            raise ValueError("`slack_users` needs `slack_signing_env`, without which nobody can be told from another")
        return self


def quiet_of(text: str) -> Quiet | None:
    """The hours that ``22:00-07:00`` means; None for what means none."""
    found = _HOURS.fullmatch(text.strip())
    if found is None:
        return None
    begin, end = (int(found[n]) * _MINUTE + int(found[n + 1]) for n in (1, 3))
    return Quiet(begin=begin, end=end) if begin != end else None


def wanted(table: NotifyTable) -> Wanted:
    """The table as the rest of the program has it."""
    return Wanted(
        webhooks=table.webhook,
        secret_env=table.secret_env,
        slack_env=table.slack_env,
        desktop=table.desktop,
        quiet=quiet_of(table.quiet),
        digest=table.digest_minutes * 60.0,
        answers=table.answers,
        slack_signing_env=table.slack_signing_env,
        slack_users=table.slack_users,
    )
