"""Which repositories a bot works for, and the forge of each. The only module of the bot that logs in anywhere."""

import os
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ...orchestrator.errors import ForgeAway, ForgeRefused
from ...orchestrator.forge.port import Forge
from ...orchestrator.git.opening import open_repository
from ...orchestrator.nouns.forge import RepoName
from ..forges import app_here, check_login, forge_for
from ..remotes import chosen, remotes_of
from .book import Book
from .home import Home
from .place import unheard

if TYPE_CHECKING:
    from ...orchestrator.forge.github.connecting import App

_NO_REMOTE = (
    "add it, `git remote add origin ADDRESS`; or give the bot a home of its own with --home, where it works for all "
    "repositories in which its App is installed"
)
_WHICH_REMOTE = "call the one for which the bot is to work `origin`"


@dataclass(slots=True, kw_only=True)
class Reach:
    """The forges of one home, each made when it is first needed. Close it in the end."""

    home: Home
    book: Book
    environ: Mapping[str, str] = field(default_factory=lambda: os.environ)
    forges: dict[RepoName, Forge] = field(default_factory=dict)
    _app: "App | None" = None
    _only: RepoName | None = None
    _said: set[str] = field(default_factory=set)

    async def repositories(self) -> Sequence[RepoName]:
        """Those whose news can be asked for: the one of this clone, else all in which the App is installed.

        Raises:
            UsageError: no remote of this clone is on a forge, or several could be meant.
            AuthenticationError: there is no login.
        """
        if self.home.only is not None:
            return (self._of_clone(),)
        app = self._found()
        if app is not None:
            return await app.repositories()
        await check_login(self.environ)
        return tuple(dict.fromkeys(each.repo for each in self.book.threads()))

    async def found(self) -> Mapping[RepoName, Forge]:
        """`repositories`, each on its forge."""
        return {repo: await self.forge(repo) for repo in await self.repositories()}

    async def login(self) -> None:
        """Find out at once whether there is a login; a forge that is only away is no reason not to begin.

        Raises as `repositories` does.
        """
        with suppress(ForgeAway):
            await self.found()

    async def forge(self, repo: RepoName) -> Forge:
        """A repository on its forge.

        Raises:
            ForgeRefused: this bot works for another one, or we are not let in.
            AuthenticationError: there is no login.
        """
        if self.home.only is not None and _folded(repo) != _folded(self._of_clone()):
            raise ForgeRefused(f"This bot works for {self._of_clone()} alone, not for {repo}.")
        if repo not in self.forges:
            app = self._found()
            self.forges[repo] = await (app.forge(repo) if app is not None else forge_for(repo, environ=self.environ))
            words = unheard(await self.forges[repo].login())
            if words and words not in self._said:
                self._said.add(words)
                self.home.tell(words)
        return self.forges[repo]

    async def close(self) -> None:
        """Close all connections."""
        for each in self.forges.values():
            await each.close_connection()
        if self._app is not None:
            await self._app.close()

    def _of_clone(self) -> RepoName:
        if self._only is None and self.home.only is not None:
            self._only = chosen(
                remotes_of(open_repository(self.home.only)), named=None, none=_NO_REMOTE, several=_WHICH_REMOTE
            )
        assert self._only is not None  # noqa: S101 - asked only where there is a clone
        return self._only

    def _found(self) -> "App | None":
        if self._app is None:
            host = self._of_clone().host if self.home.only is not None else ""
            self._app = app_here(self.environ, host=host)
        return self._app


def _folded(repo: RepoName) -> tuple[str, str]:
    """As forges compare names: a webhook and a remote may differ in capitals; the host is told by who is asked."""
    return repo.owner.casefold(), repo.name.casefold()
