"""What can go wrong when a model is asked: one class for each thing a caller does next.

ModelError                        exit 1; ``usd`` and ``usage`` say what it cost
├── Unavailable                   no answer came: ask again, after ``retry_after`` seconds where that is known
│   ├── RateLimited                   wait, together with everyone else who asks there
│   ├── Overloaded                    wait and back off: the provider is short of capacity or has failed
│   ├── TimedOut                      ask again once: it may have been paid for
│   └── Disconnected                  ask again; once, if the request had gone out
│       └── Unreachable                   ask again for seconds, then a person: nothing listens there, or it has no name
├── BadReply                      an answer came, was paid for, and cannot be used
│   ├── EmptyReply                    ask again once
│   ├── Malformed                     say what was wrong (``problems``) and ask again once
│   └── Repeating                     ask another deployment: this one loops on this prompt
├── Refused                       asking the same deployment again gives the same answer: ask another, or a person
│   ├── QuotaExhausted                top up the account, or use another profile
│   ├── Filtered                      say it in other words
│   ├── ContextOverflow               send less
│   ├── BadRequest                    a setting of this deployment does not suit it
│   ├── KeyRefused                    exit 4: set a key that is valid, or log in
│   ├── NotInstalled                  exit 4: install the command-line tool, or choose another profile
│   └── UnknownModel                  exit 2: correct the model's name
├── Interrupted                   the run is being stopped: nothing more is sent, and a resume makes the call again
└── PriceUnknown                  exit 2: state the price in the settings, or choose another model
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...orchestrator.errors import AgentctlError, AuthenticationError, SettingsError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .port import Usage


class ModelError(AgentctlError):
    """No usable reply.

    Args:
        message: which model, what happened, and what to do next.
        usd: what it cost so far; None where the provider may have charged and did not say how much, so that the
            reservation has to count as spent.
        usage: the tokens behind ``usd``, where they are known.
    """

    def __init__(self, message: str, *, usd: float | None = 0.0, usage: Usage | None = None) -> None:
        super().__init__(message)
        self.usd = usd
        self.usage = usage


class Unavailable(ModelError):
    """No answer came; the same deployment may give one later.

    Args:
        message: as for ModelError.
        retry_after: seconds the provider asked us to wait; None where it named none.
        usd: as for ModelError; a request that was never accepted costs 0.
    """

    def __init__(self, message: str, *, retry_after: float | None = None, usd: float | None = 0.0) -> None:
        super().__init__(message, usd=usd)
        self.retry_after = retry_after


class RateLimited(Unavailable):
    """More requests or tokens a minute than the account may send."""


class Overloaded(Unavailable):
    """The provider failed, or has no capacity at the moment (5xx, 529)."""


class TimedOut(Unavailable):
    """No byte came within the idle deadline, or the reply was not complete within the total one."""


class Disconnected(Unavailable):
    """The connection could not be made, or was cut before the reply was complete."""


class Unreachable(Disconnected):
    """Nothing listens at the address, or its name is not known: that heals when somebody does something about it."""


class BadReply(ModelError):
    """A reply that cannot be used; ``usd`` and ``usage`` are what it cost all the same."""


class EmptyReply(BadReply):
    """No choices, or neither text nor a tool call."""


class Malformed(BadReply):
    """Arguments that are no JSON, a tool that does not exist, the same id twice, or a broken schema.

    Args:
        message: as for ModelError.
        problems: each thing that was wrong, in words a model can act on.
        said: the text of the reply, for the repair turn.
        usd: as for ModelError.
        usage: as for ModelError.
    """

    def __init__(
        self,
        message: str,
        *,
        problems: Sequence[str],
        said: str = "",
        usd: float | None = 0.0,
        usage: Usage | None = None,
    ) -> None:
        super().__init__(message, usd=usd, usage=usage)
        self.problems = tuple(problems)
        self.said = said


class Repeating(BadReply):
    """The reply ran into its limit saying the same thing over and over."""


class Refused(ModelError):
    """The deployment will not answer this, however often it is asked."""


class QuotaExhausted(Refused):
    """The account has no credit left, or its daily allowance is used up."""


class Filtered(Refused):
    """The provider's content filter stopped the request or the reply."""


class ContextOverflow(Refused):
    """The request is longer than the model's context window."""


class BadRequest(Refused):
    """The provider does not accept the request as it is put."""


class KeyRefused(Refused, AuthenticationError):
    """The key is missing, invalid, or has no right to this model."""


class NotInstalled(Refused, AuthenticationError):
    """The command-line tool that is to answer is not there, or cannot be started."""


class UnknownModel(Refused, SettingsError):
    """The provider has no model of that name, or nobody here knows the provider."""


class Interrupted(ModelError):
    """The run was stopped before a usable reply came; no further request was sent after that."""


class PriceUnknown(ModelError, SettingsError):
    """A model without a known price is not called: the budget could not be kept."""
