"""Works off the messages in the book: of one repository one at a time and in order, of several side by side.

Whatever is killed, the book says what is not done, and it is done from its beginning; so what a message sets off has to
be done again without harm. A message that cannot be done rests longer each time, and is set aside in the end: it holds
up no other. What the forge asks us to wait for is waited for, and counts as no try.
"""

import asyncio
import errno
import os
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field

from ...orchestrator import faults
from ...orchestrator.errors import AgentctlError, DiskFull, ForgeAway, ForgeRefused
from ...orchestrator.nouns.happenings import Delivery, Ignored
from ...orchestrator.rules.coalescing import coalesced, is_repeatable
from ...tui.clean import clean
from ..crash import save
from .book import Book, Message
from .found import FOUND, delivery_of

Read = Callable[[str, str, bytes], Delivery | Ignored]
"""Understands a webhook: the event's name, the delivery's id, the payload. Raises ValueError where it cannot."""
Act = Callable[[Delivery], Awaitable[str]]
"""Does what a delivery asks for; returns in words what became of it."""

PAUSES = (10.0, 60.0, 300.0, 1800.0)
"""Seconds before the second, third, ... try; after as many tries and one a message is set aside."""
AWAY = (5.0, 15.0, 60.0, 300.0)
"""Seconds for which a forge that does not answer, and does not say for how long, is left alone."""
LONGEST = 2 * 3600.0
"""Seconds that a message rests at most: a forge's limit is over within an hour."""
LANES = 4
"""Repositories that are worked for at once."""
LOOK = 2.0
"""Seconds between two looks whether another process has written to the book."""
KEPT = 30 * 86_400.0
"""Seconds for which the book remembers what is done."""
_TOGETHER = 50
"""Messages of a repository that are looked through for what says the same."""
_TROUBLE = 30.0
"""Seconds after which a book that could not be written is tried again."""
_FULL = (errno.ENOSPC, errno.EDQUOT)
_NO_ROOM = os.strerror(errno.ENOSPC)
_WIDTH = 300
_DAY = 86_400.0


def is_full(error: Exception) -> bool:
    """Whether a disk that is full is what went wrong; git tells of it in words alone."""
    return isinstance(error, DiskFull) or getattr(error, "errno", None) in _FULL or _NO_ROOM in str(error)


@dataclass(slots=True, kw_only=True)
class Work:
    """The loop over one book."""

    book: Book
    read: Read
    act: Act
    tell: Callable[[str], None]
    done: Callable[[], None] = lambda: None
    """Called after each message, when something may have changed."""
    pauses: tuple[float, ...] = PAUSES
    away: tuple[float, ...] = AWAY
    lanes: int = LANES
    clock: Callable[[], float] = time.time
    _woken: asyncio.Event = field(default_factory=asyncio.Event, init=False)
    _busy: dict[str, asyncio.Task[None]] = field(default_factory=dict, init=False)
    _resting: dict[str, float] = field(default_factory=dict, init=False)
    _absent: dict[str, int] = field(default_factory=dict, init=False)
    _unanswered: dict[str, int] = field(default_factory=dict, init=False)
    _looked: float = field(default=float("inf"), init=False)
    _forgot: float = field(default=float("-inf"), init=False)
    _seen: int = field(default=-1, init=False)

    def wake(self) -> None:
        """There may be something new in the book."""
        self._woken.set()

    async def go_on(self, stop: asyncio.Event) -> None:
        """Work until told to stop, and end what is in hand then."""
        try:
            while not stop.is_set():
                self._woken.clear()
                await self._wait(stop, self._begin())
            await self._settle()
        finally:
            await self._drop()

    async def catch_up(self, stop: asyncio.Event) -> None:
        """Work until nothing is left that may be done now."""
        try:
            while not stop.is_set():
                self._woken.clear()
                self._begin()
                if not self._busy:
                    return
                await asyncio.wait(self._busy.values(), return_when=asyncio.FIRST_COMPLETED)
            await self._settle()
        finally:
            await self._drop()

    def _begin(self) -> float:
        """Take up what can be; returns for how many seconds there is nothing else to do, unless one is woken."""
        try:
            return self._begun()
        except AgentctlError as error:
            self.tell(f"the book cannot be used, which is tried again: {error}")
            return _TROUBLE

    def _begun(self) -> float:
        now = self.clock()
        if not self._looked <= now:  # the clock was ahead, or whose process came before this one had one that was
            self.book.rest_no_longer(than=now + LONGEST)
            self._resting.clear()
        self._looked = now
        self._seen = self.book.version()
        self._resting = {lane: until for lane, until in self._resting.items() if until > now}
        without = {*self._busy, *self._resting}
        for message in self.book.heads(now=now, most=self.lanes - len(self._busy), without=without):
            self._start(message)
        if now - self._forgot > _DAY:
            self._forgot = now
            self.book.forget(before=now - KEPT)
        due = [self.book.due(without=[*self._busy, *self._resting]), *self._resting.values()]
        return max(min((each for each in due if each is not None), default=now + _DAY) - now, 0.0)

    def _start(self, message: Message) -> None:
        task = asyncio.create_task(self._work_on(message))
        self._busy[message.lane] = task
        task.add_done_callback(lambda _: self._ended(message.lane))

    def _ended(self, lane: str) -> None:
        self._busy.pop(lane, None)
        self._woken.set()

    async def _wait(self, stop: asyncio.Event, seconds: float) -> None:
        """Until one is woken, or the time has passed, or somebody else has written to the book."""
        until = time.monotonic() + seconds
        full = len(self._busy) >= self.lanes
        while not self._woken.is_set() and not stop.is_set():
            left = LOOK if full else min(until - time.monotonic(), LOOK)
            if left <= 0:
                return
            with suppress(TimeoutError):
                async with asyncio.timeout(left):
                    await self._woken.wait()
            with suppress(AgentctlError):
                if self.book.version() != self._seen:
                    return

    async def _settle(self) -> None:
        if self._busy:
            await asyncio.wait(self._busy.values())

    async def _drop(self) -> None:
        for task in (left := list(self._busy.values())):
            task.cancel()
        await asyncio.gather(*left, return_exceptions=True)

    async def _work_on(self, message: Message) -> None:
        """One message to its end, whatever it is; nothing is raised."""
        try:
            try:
                await self._do(message)
                self._absent.pop(message.lane, None)
                self._unanswered.pop(message.id, None)
            except ForgeAway as error:
                self._put_off(message, error)
            except ForgeRefused as error:
                self._end([message.id], f"refused: {error}")
            except Exception as error:  # noqa: BLE001 - a message that nothing can be made of holds up no other
                if is_full(error):
                    self._wait_for_room(message, error)
                else:
                    self._fail(message, error)
        except AgentctlError as error:
            self._resting[message.lane] = self.clock() + _TROUBLE
            self.tell(f"what became of {message.id} cannot be kept, so it is done again: {error}")
        self.done()

    async def _do(self, message: Message) -> None:
        faults.reach("a message is in hand")
        delivery = self._understood(message)
        if isinstance(delivery, Ignored):
            self._end([message.id], f"ignored: {delivery.reason}")
            return
        later = self._later(message) if is_repeatable(delivery) else {}
        together, places = coalesced(delivery, list(later.values()))
        said = await self.act(together)
        faults.reach("a message is acted on")
        self._end([message.id, *(list(later)[place] for place in places)], said)
        faults.reach("a message is done")

    def _understood(self, message: Message) -> Delivery | Ignored:
        if message.kind == FOUND:
            return delivery_of(message.body)
        return self.read(message.kind, message.id, message.body)

    def _later(self, message: Message) -> dict[str, Delivery]:
        """What waits behind a message in its lane, as far as it can be understood."""
        found: dict[str, Delivery] = {}
        for each in self.book.waiting(now=self.clock(), most=_TOGETHER, lane=message.lane):
            with suppress(Exception):  # its own turn will come, and tell
                if each.id != message.id and isinstance(read := self._understood(each), Delivery):
                    found[each.id] = read
        return found

    def _end(self, ids: list[str], said: str) -> None:
        self.book.end(*ids, said=clean(said, width=_WIDTH), at=self.clock())

    def _put_off(self, message: Message, error: ForgeAway) -> None:
        """The forge is away for the whole repository."""
        times = self._absent.get(message.lane, 0)
        self._absent[message.lane] = times + 1
        pause = error.seconds if error.seconds > 0 else self.away[min(times, len(self.away) - 1)]
        until = self.clock() + pause
        self._resting[message.lane] = until
        if self._is_never_answered(message):
            until += 2 * self.away[-1]
        self.book.postpone(message.id, until=until, why=clean(str(error), width=_WIDTH), counts=False)
        self.tell(f"{message.lane or 'the forge'} is left alone for {pause:g} s: {error}")

    def _wait_for_room(self, message: Message, error: Exception) -> None:
        """The disk is full, which is no fault of the message: it counts as no try, and the bot says so each time."""
        until = self.clock() + _TROUBLE
        self._resting[message.lane] = until
        self.tell(f"there is no room on the disk for what {message.lane or 'a message'} asks: it waits until there is")
        self.book.postpone(message.id, until=until, why=clean(str(error), width=_WIDTH), counts=False)

    def _is_never_answered(self, message: Message) -> bool:
        """Whether the forge may be away for this one alone: others go first then, and it is never given up."""
        self._unanswered[message.id] = self._unanswered.get(message.id, 0) + 1
        return self._unanswered[message.id] >= 2 * len(self.away)

    def _fail(self, message: Message, error: Exception) -> None:
        """Nothing of the message is told: whose words an error repeats is not known."""
        why = clean(f"{type(error).__name__}: {error}", width=_WIDTH)
        if message.tries < len(self.pauses):
            pause = self.pauses[message.tries]
            self.book.postpone(message.id, until=self.clock() + pause, why=why)
            self.tell(f"message {message.id} failed ({type(error).__name__}) and is tried again in {pause:g} s")
            return
        self.book.set_aside(message.id, why=why, at=self.clock())
        self.tell(
            f"message {message.id} was set aside after {message.tries + 1} tries ({type(error).__name__}, traceback: "
            f"{save(error)}): `agentctl bot status` says more, `agentctl bot retry {message.id}` tries it again"
        )
