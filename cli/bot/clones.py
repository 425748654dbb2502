"""The clone in which a repository's runs live. The only module that says what of a forge comes into it, and where.

A clone of the bot's own is made when it is first needed and has no checkout: a folder with a git directory and the
runs. Where a person's clone is used, it is as safe: whatever is fetched goes to refs of ours, and its branches, its
index and its work tree are not touched.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from itertools import count
from pathlib import Path

from ...orchestrator.errors import ForgeRefused, HeadMoved
from ...orchestrator.forge.port import Forge
from ...orchestrator.git.opening import empty_repository, open_repository
from ...orchestrator.git.repository import Repository
from ...orchestrator.nouns.forge import Access, Pull, RepoName
from ...tui.clean import clean
from .book import Book
from .home import Home

Fetch = Callable[[Repository, Access, Sequence[str]], Awaitable[object]]
"""Brings refs here, as ``refs/heads/main:refs/agentctl/forge/heads/main``; what was there is replaced."""
HERE = "refs/agentctl/forge/"


def moved_key(repo: RepoName) -> str:
    """Of the deed that says where the clone of a repository is that was renamed."""
    return f"clone:{repo.host}/{repo}"


def root_of(home: Home, book: Book, repo: RepoName) -> Path:
    """Where the clone of a repository is, or is to be made: of one that was renamed, where it was.

    Another repository may bear that old name by now: it gets a place of its own.
    """
    if isinstance(moved := book.deed(moved_key(repo)), str):
        return Path(moved)
    usual = home.clone(repo)
    taken = set() if home.only is not None else {str(each) for each in book.deeds("clone:").values()}
    places = (usual.with_name(f"{usual.name}+{number}") for number in count(2))  # no repository has such a name
    return usual if str(usual) not in taken else next(each for each in places if str(each) not in taken)


@dataclass(frozen=True, slots=True, kw_only=True)
class Clone:
    """A repository's objects and runs on this machine."""

    root: Path
    fetch: Fetch

    def repository(self) -> Repository:
        """It, opened; made where there is none yet, or a kill left half of one. Raises RepositoryError."""
        git = self.root / ".git"
        whole = git.is_file() or ((git / "HEAD").exists() and (git / "refs").is_dir())
        return open_repository(self.root) if whole else empty_repository(self.root)

    async def branch(self, forge: Forge, name: str) -> str:
        """The commit at which a branch of the forge is now, fetched. Raises ForgeRefused where there is none."""
        return await self._fetched(forge, f"heads/{name}", f"{HERE}heads/{name}")

    async def head(self, forge: Forge, pull: Pull) -> str:
        """The head of a pull request, fetched.

        Raises:
            ForgeRefused: it comes from a fork, whose commits are never brought here.
            HeadMoved: it is another one by now.
        """
        if pull.fork:
            raise ForgeRefused(f"#{pull.number} comes from a fork: its commits are not fetched, and nothing runs them.")
        found = await self._fetched(forge, f"heads/{pull.head}", f"{HERE}pull/{pull.number}/head")
        if found != pull.head_sha:
            raise HeadMoved(f"#{pull.number} is at {found[:10]} by now, not at {pull.head_sha[:10]}: say it again.")
        return found

    async def tree_of_group(self, forge: Forge, branch: str, sha: str) -> str:
        """The tree of a commit of the forge's merge queue, fetched. Raises HeadMoved where its branch is elsewhere."""
        found = await self._fetched(forge, f"heads/{branch}", f"{HERE}groups/{sha}")
        if found != sha:
            raise HeadMoved(f"the merge queue made {found[:10]} in the place of {sha[:10]}")
        return await self.repository().tree_of(found)

    async def _fetched(self, forge: Forge, source: str, here: str) -> str:
        repository = self.repository()
        await self.fetch(repository, await forge.access(), [f"refs/{source}:{here}"])
        found = await repository.resolve(here)
        if found is None:
            raise ForgeRefused(f"{forge.repo} has no branch {clean(source.removeprefix('heads/'), width=100)}.")
        return found
