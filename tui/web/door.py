"""Who may come in: a token that is good once, and the session that a browser gets for it."""

from __future__ import annotations

import hmac
import secrets
from collections import deque

_BYTES = 32
_MOST = 32
"""Sessions; the oldest goes."""


class Door:
    """Takes each token once.

    An address stays in a browser's history, in scrollback and in logs; a token that is used up does no harm there. The
    next browser has the next token; tabs of one browser share its session.
    """

    def __init__(self) -> None:
        self.token = secrets.token_urlsafe(_BYTES)
        """The one that is good now."""
        self._sessions: deque[str] = deque(maxlen=_MOST)

    def admit(self, token: str) -> str | None:
        """A new session for the token, which is followed by another one; None where it is not the token."""
        if not hmac.compare_digest(token.encode(errors="replace"), self.token.encode()):
            return None
        self.token = secrets.token_urlsafe(_BYTES)
        self._sessions.append(secrets.token_urlsafe(_BYTES))
        return self._sessions[-1]

    def knows(self, session: str) -> bool:
        """Whether this is a session of ours."""
        given = session.encode(errors="replace")
        return any([hmac.compare_digest(given, each.encode()) for each in self._sessions])  # noqa: C419 - looks at all
