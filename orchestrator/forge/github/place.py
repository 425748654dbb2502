"""One repository on GitHub as one login reaches it: what reading and writing there have in common."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

from pydantic import ValidationError

from ...errors import ForgeAway
from ...nouns.forge import Account, Login, RepoName
from ...ports import Clock
from .asking import Json, at
from .client import Client
from .limits import TRIES
from .refusals import Unsure
from .shapes import Shape

T = TypeVar("T")
S = TypeVar("S", bound=Shape)
_LONGEST = 65_000
"""Characters of a text that GitHub takes, with room for a marker: its own limit is 65,536."""
_CUT = "\n\n…"


class Place:
    """What `GitHub` is made of."""

    def __init__(self, *, repo: RepoName, client: Client, speaker: Login, clock: Clock) -> None:
        self._repo = repo
        self._client = client
        self._speaker = speaker
        self._clock = clock
        self._making = asyncio.Lock()

    def __repr__(self) -> str:
        return f"{type(self).__name__}({str(self._repo)!r}, as {self._speaker.account.login!r})"

    @property
    def repo(self) -> RepoName:
        """Its name."""
        return self._repo

    async def login(self) -> Login:
        """As whom we speak, and what that cannot do."""
        return self._speaker

    def _at(self, *parts: object) -> str:
        return at("repos", self._repo.owner, self._repo.name, *parts)

    def _ours(self, author: Account) -> bool:
        """Whether we wrote it: a marker that somebody else copied does not count."""
        return author.login == self._speaker.account.login

    async def _once(self, look: Callable[[], Awaitable[T | None]], make: Callable[[], Awaitable[T]]) -> T:
        """What is there, or else made; after a write of which nobody knows whether it took place, looked for again."""
        async with self._making:
            for tries in range(TRIES):
                if (there := await look()) is not None:
                    return there
                try:
                    return await make()
                except Unsure:
                    if tries == TRIES - 1:
                        raise
                    # What was just written may take a moment to be in GitHub's lists.
                    await self._clock.sleep(2.0 ** (tries + 1))
        raise AssertionError  # unreachable: the last try returns or raises


def read(shape: type[S], found: object) -> S:
    """A part of GitHub's JSON.

    Raises:
        ForgeAway: it is not what GitHub says it sends; a proxy may have answered.
    """
    try:
        return shape.model_validate(found)
    except ValidationError as error:
        places = ", ".join(".".join(map(str, each["loc"])) or "all of it" for each in error.errors()[:3])
        name = shape.__name__.removesuffix("Shape").lower()
        raise ForgeAway(f"What came back is no {name} of GitHub's: {places} cannot be read.") from None


def read_all(shape: type[S], found: list[Json]) -> tuple[S, ...]:
    """As `read`, of each."""
    return tuple(read(shape, each) for each in found)


def marked(body: str, marker: str) -> str:
    """A text of ours with its hidden line, no longer than GitHub takes."""
    if len(body) > _LONGEST:
        body = body[: _LONGEST - len(_CUT)] + _CUT
    return f"{body}\n\n{hidden(marker)}"


def hidden(marker: str) -> str:
    """The line by which we find our own."""
    return f"<!-- {marker} -->"
