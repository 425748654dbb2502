"""What goes wrong on purpose: answers that are late, refused, or lost after the deed was done."""

import time
from dataclasses import dataclass
from typing import Literal

from .world import Answer, refused

Kind = Literal["broken", "patience", "exhausted", "hangs", "lost"]


@dataclass(slots=True, kw_only=True)
class Fault:
    """What becomes of the next requests of the App's that match.

    ``broken`` is a 502; ``patience`` the secondary limit, with ``Retry-After``; ``exhausted`` the primary limit,
    with the moment it ends; ``hangs`` answers only after so many seconds; ``lost`` is done, and then answered a 502.
    """

    kind: Kind
    times: int = 1
    seconds: float = 1.0
    matching: str = ""
    """A part of ``METHOD path``; empty for any."""

    def hits(self, method: str, path: str) -> bool:
        """Whether it is this request's turn; counts it."""
        if self.times <= 0 or self.matching not in f"{method} {path}":
            return False
        self.times -= 1
        return True

    @property
    def answer(self) -> Answer:
        """What is answered instead."""
        if self.kind == "patience":
            said = refused(429, "You have exceeded a secondary rate limit")
            return Answer(status=429, body=said.body, headers={"Retry-After": str(round(self.seconds))})
        if self.kind == "exhausted":
            reset = str(round(time.time() + self.seconds))
            limits = {"X-RateLimit-Limit": "5000", "X-RateLimit-Remaining": "0", "X-RateLimit-Reset": reset}
            body = refused(403, "API rate limit exceeded for installation ID 100.").body
            return Answer(status=403, body=body, headers=limits)
        return refused(502, "Server Error")
