"""Takes messages into the book from many requests at once: what arrives together is one transaction, in a thread.

A commit waits for the disk, and a loop that waits for the disk hears nobody. While one commit is under way, what comes
collects, and goes into the next.
"""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field

from .book import Book, Message

MOST = 256
"""Messages of one transaction."""

_Waiting = tuple[Message, "asyncio.Future[bool]"]


@dataclass(slots=True, kw_only=True)
class Intake:
    """One book's door for messages; for one event loop."""

    book: Book
    """For nobody else while this is used."""
    taken: Callable[[], None]
    """Called when there is something new in the book."""
    _pending: list[_Waiting] = field(default_factory=list, init=False)
    _writing: "asyncio.Task[None] | None" = field(default=None, init=False)

    async def take(self, message: Message) -> bool:
        """Keep it durably, and come back then; False where it was there already.

        Raises:
            AgentctlError: the book cannot be written; nothing was kept.
        """
        future: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self._pending.append((message, future))
        if self._writing is None or self._writing.done():
            self._writing = asyncio.create_task(self._write())
        return await future

    async def drain(self) -> None:
        """Come back once nothing is under way."""
        if self._writing is not None:
            with suppress(asyncio.CancelledError):
                await self._writing

    async def _write(self) -> None:
        while self._pending:
            batch, self._pending = self._pending[:MOST], self._pending[MOST:]
            try:
                new = set(await asyncio.to_thread(self.book.take, [message for message, _ in batch]))
            except BaseException as error:  # whoever waits has to hear of it, also where this task is cancelled
                for _, future in batch:
                    if not future.done():
                        future.set_exception(error if isinstance(error, Exception) else asyncio.CancelledError())
                if not isinstance(error, Exception):
                    raise
                continue
            for message, future in batch:
                if not future.done():
                    future.set_result(message.id in new)
                    new.discard(message.id)
            if batch:
                self.taken()
