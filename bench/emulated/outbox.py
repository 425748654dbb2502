"""What the emulated forge tells the bot: webhooks, signed, kept, and sent to its door one after the other."""

import asyncio
import hashlib
import hmac
import json
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import aiohttp

_SECONDS = 10
"""How long GitHub waits for an answer."""


@dataclass(slots=True, kw_only=True)
class Sent:
    """A webhook: its body as it was signed, and what each try to deliver it came to."""

    id: str
    event: str
    action: str
    body: bytes
    signature: str
    answers: list[int] = field(default_factory=list)
    """Statuses; 0 where nobody answered."""

    @property
    def headers(self) -> dict[str, str]:
        """As GitHub sends them."""
        return {
            "Content-Type": "application/json",
            "User-Agent": "GitHub-Hookshot/emulated",
            "X-GitHub-Delivery": self.id,
            "X-GitHub-Event": self.event,
            "X-Hub-Signature-256": self.signature,
        }


@dataclass(slots=True, kw_only=True)
class Outbox:
    """Webhooks in the order in which they came to be. Like GitHub, it tries each once and does not try again."""

    secret: str
    door: str = ""
    """Where they go; empty, and they are only kept."""
    held: bool = False
    """Keep them back; who tests sends them in the order of their choice."""
    every: list[Sent] = field(default_factory=list)
    quiet: asyncio.Event = field(default_factory=asyncio.Event)
    """Set while no write is under way: half a write is not told."""
    _next: int = 0
    _more: asyncio.Event = field(default_factory=asyncio.Event)

    def add(self, event: str, payload: Mapping[str, Any]) -> Sent:
        """Keep a webhook, to be sent when it is its turn."""
        body = json.dumps(payload).encode()
        digest = hmac.new(self.secret.encode(), body, hashlib.sha256).hexdigest()
        sent = Sent(
            id=str(uuid.uuid4()),
            event=event,
            action=str(payload.get("action", "")),
            body=body,
            signature=f"sha256={digest}",
        )
        self.every.append(sent)
        self._more.set()
        return sent

    def release(self) -> None:
        """Send what was held back, and hold nothing more."""
        self.held = False
        self._more.set()

    @property
    def waiting(self) -> int:
        """How many have not been sent."""
        return len(self.every) - self._next

    async def run(self) -> None:
        """Send until cancelled."""
        async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=_SECONDS)) as session:
            while True:
                await self._more.wait()
                await self.quiet.wait()
                if self.held or self._next >= len(self.every):
                    self._more.clear()
                    continue
                sent = self.every[self._next]
                if self.door:
                    sent.answers.append(await self._deliver(session, sent))
                self._next += 1

    async def again(self, sent: Sent) -> int:
        """Send one once more, as GitHub does when somebody asks for it; returns the status."""
        async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=_SECONDS)) as session:
            sent.answers.append(await self._deliver(session, sent))
        return sent.answers[-1]

    async def _deliver(self, session: aiohttp.ClientSession, sent: Sent) -> int:
        try:
            async with session.post(self.door, data=sent.body, headers=sent.headers) as answer:
                return answer.status
        except (aiohttp.ClientError, TimeoutError):
            return 0
