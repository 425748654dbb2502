"""Joins the bot's rooms: what understands messages, what acts on them, and what tells the forge."""

from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field

from ...orchestrator.errors import UsageError
from ...orchestrator.forge.port import Forge
from ...orchestrator.nouns.forge import RepoName
from .book import Book
from .home import Home
from .ticking import Tick
from .work import Act, Read


@dataclass(frozen=True, slots=True, kw_only=True)
class Joined:
    """What a bot needs beside its book."""

    read: Read
    act: Act
    tick: Tick
    forges: Mapping[RepoName, Forge] = field(default_factory=dict)
    """The repositories whose news can be asked for."""


Join = Callable[[Home, Book], AbstractAsyncContextManager[Joined]]
"""Joins them for one bot; with the block their connections are closed."""


def joined(home: Home, book: Book) -> AbstractAsyncContextManager[Joined]:
    """What is there to be joined.

    Raises:
        UsageError: no forge can be reached with what is installed.
    """
    del book
    raise UsageError(f"The bot of {home.path} can reach no forge: this agentctl has no adapter for one.")
