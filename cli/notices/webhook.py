"""Any program that listens: JSON, signed as Standard Webhooks has it."""

import base64
import binascii
import hashlib
import json
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from ...orchestrator.errors import SettingsError
from .notice import Item, Notice
from .posting import SECONDS, post
from .wanted import host_of

if TYPE_CHECKING:
    from standardwebhooks import Webhook

VERSION = 1
MOST_BYTES = 64 * 1024
_PREFIX = "whsec_"
_LEAST_KEY = 24
"""Bytes, as Standard Webhooks wants them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookChannel:
    """One address."""

    address: str
    secret: str = field(repr=False)
    seconds: float = SECONDS

    @property
    def name(self) -> str:
        """Its host, and a hash of the rest of its address, which may hold a secret."""
        return f"webhook {host_of(self.address)} {hashlib.sha256(self.address.encode()).hexdigest()[:8]}"

    def tell(self, notice: Notice) -> str:
        """As `Channel`."""
        body = body_of(notice)
        headers = {"content-type": "application/json", "user-agent": "agentctl"}
        return post(self.address, body, headers | signed(self.secret, notice.id, body), seconds=self.seconds)


def signed(secret: str, message: str, body: bytes, *, at: float | None = None) -> dict[str, str]:
    """The three headers of Standard Webhooks for a message; ``at`` is when it is sent, in seconds since the epoch."""
    moment = datetime.fromtimestamp(int(time.time() if at is None else at), UTC)
    return {
        "webhook-id": message,
        "webhook-timestamp": str(int(moment.timestamp())),
        "webhook-signature": signer(secret).sign(message, moment, body.decode()),
    }


def signer(secret: str) -> "Webhook":
    """What signs and verifies with a secret that `checked` has seen."""
    from standardwebhooks import Webhook

    return Webhook(secret)


def checked(secret: str, *, variable: str) -> str:
    """The secret as it can be used.

    Raises:
        SettingsError: it is none of Standard Webhooks; the message does not repeat it.
    """
    given = secret.strip()
    try:
        key = base64.b64decode(given.removeprefix(_PREFIX), validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if len(key) < _LEAST_KEY:
        raise SettingsError(
            f"{variable} holds no secret of Standard Webhooks, which is {_PREFIX} and base64 of {_LEAST_KEY} bytes or "
            f"more: make one with `echo {_PREFIX}$(openssl rand -base64 32)`."
        )
    return given


def body_of(notice: Notice) -> bytes:
    """The body: at most `MOST_BYTES`; questions that do not fit stand there with their ids alone."""
    items = [_item(each) for each in notice.items]
    while True:
        body = json.dumps(_document(notice, items), separators=(",", ":")).encode()
        if len(body) <= MOST_BYTES:
            return body
        last = max(number for number, item in enumerate(items) if len(item) > len(_SHORT))
        items[last] = {name: items[last][name] for name in _SHORT}


_SHORT = ("id", "key", "command")


def _document(notice: Notice, items: list[dict[str, object]]) -> dict[str, object]:
    return {
        "type": "agentctl.human_needed",
        "version": VERSION,
        "timestamp": _written(notice.at),
        "data": {
            "run": notice.run,
            "title": notice.title,
            "state": notice.state,
            "about": notice.about,
            "text": notice.text,
            "why_now": notice.why_now,
            "standing": notice.standing,
            "questions": items,
        },
    }


def _item(item: Item) -> dict[str, object]:
    options = [
        {"label": each.label, "text": each.text, "consequence": each.consequence, "paths": list(each.paths)}
        for each in item.choices
    ]
    return {
        "id": item.id,
        "key": item.key,
        "kind": item.kind,
        "text": item.text,
        "why": item.why,
        "options": options,
        "recommended": item.recommended,
        "requirements": list(item.requirements),
        "reasons": item.reasons,
        "silence": item.silence,
        "default_at": None if item.default_at is None else _written(item.default_at),
        "command": item.command,
    }


def _written(moment: float) -> str:
    return datetime.fromtimestamp(moment, UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
