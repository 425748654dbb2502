"""A repository as the bot works in it, and which run a thread of it is about."""

import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass

from ...orchestrator.forge.port import Forge
from ...orchestrator.nouns.forge import Login, Pull
from ...orchestrator.nouns.policy import Policy
from ...orchestrator.store.folder import RunFolder
from ...tui.clean import clean
from .book import Book, Thread
from .clones import Clone

_OURS = re.compile(r"agentctl/([a-z0-9][a-z0-9-]{0,39})/.+", re.DOTALL)


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """One repository: how it is reached, what it allows, where its runs are, and what was done in it."""

    forge: Forge
    book: Book
    clone: Clone
    policy: Policy
    clock: Callable[[], float]

    def folder(self, run: str) -> RunFolder | None:
        """The folder of a run; None where there is none, or a kill left it without one."""
        found = RunFolder(path=self.clone.root / ".agentctl" / "runs" / run)
        return found if (found.path / "lock").exists() and found.run_db.exists() else None

    def threads(self, number: int) -> tuple[Thread, ...]:
        """The runs that were asked for in an issue or a pull request, oldest first."""
        return self.book.threads(self.forge.repo, number=number, also_over=True)

    async def thread(self, number: int) -> Thread | None:
        """The run that an issue or a pull request is about: the latest asked for in it, or whose slice it is."""
        if asked := self.threads(number):
            return asked[-1]
        pull = await self.forge.pull(number)
        return self.thread_of_branch(pull.head) if pull is not None and not pull.fork else None

    def thread_of_branch(self, branch: str) -> Thread | None:
        """The run that one of our branches, ``agentctl/RUN/NAME``, belongs to."""
        found = _OURS.fullmatch(branch)
        threads = self.book.threads(self.forge.repo, also_over=True)
        return next((each for each in threads if found is not None and each.run == found[1]), None)


def unheard(login: Login) -> str:
    """What a person has to know whose own login the bot speaks with; empty for an App and a workflow."""
    me = clean(login.account.login, width=100)
    if login.way not in {"token", "gh"} or login.account.bot:
        return ""
    return (
        f"it speaks as {me}, so what {me} writes commands nothing: it would obey itself. Command it from another "
        "account, or give it an account of its own or an App (docs/github-app.md)"
    )


def is_ours(pull: Pull) -> bool:
    """Whether a pull request comes from a branch of ours."""
    return not pull.fork and _OURS.fullmatch(pull.head) is not None


def digest(*parts: str) -> str:
    """What stands for texts in a key: ten signs."""
    return hashlib.sha256("\0".join(parts).encode("utf-8", "surrogatepass")).hexdigest()[:10]
