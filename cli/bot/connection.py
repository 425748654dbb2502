"""One connection to the bot's port, as uvicorn has it, with an end to what does not end by itself."""

import asyncio
from typing import TYPE_CHECKING, Any, ClassVar

from uvicorn.protocols.http.h11_impl import H11Protocol, RequestResponseCycle

from .patience import Patience

if TYPE_CHECKING:
    from uvicorn import Config
    from uvicorn.server import ServerState


class Connection(H11Protocol):
    """Closed where the head of a request does not arrive in time, and where there are more than there may be."""

    patience: ClassVar[Patience] = Patience()

    def __init__(
        self,
        config: "Config",
        server_state: "ServerState",
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self._until: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn has it
        """As asyncio calls it."""
        super().connection_made(transport)
        if len(self.connections) > self.patience.connections:
            transport.abort()
        else:
            self._watch()

    def data_received(self, data: bytes) -> None:
        """As asyncio calls it."""
        super().data_received(data)
        self._watch()

    def connection_lost(self, exc: Exception | None) -> None:
        """As asyncio calls it."""
        self._forget()
        super().connection_lost(exc)

    def _watch(self) -> None:
        """From the first byte of a head on, also of one that begins on a kept connection."""
        cycle: RequestResponseCycle | None = self.cycle
        if cycle is not None and not cycle.response_complete:
            self._forget()
        elif self._until is None and not self.transport.is_closing():
            self._until = self.loop.call_later(self.patience.head, self.transport.abort)

    def _forget(self) -> None:
        if self._until is not None:
            self._until.cancel()
            self._until = None
