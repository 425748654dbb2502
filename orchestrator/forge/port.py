"""What a forge is: the protocol. One object is one repository, reached by one login. Knows no product.

Every write is idempotent, so that whoever was killed after it may do it again: what is looked for is found by its
branch, its marker (a hidden line of markdown), or its name and sha.
"""

from collections.abc import Sequence
from typing import Protocol

from ..nouns.forge import (
    Access,
    Check,
    CheckWanted,
    Comment,
    Issue,
    Login,
    MergeMethod,
    Permission,
    Protection,
    Pull,
    Remark,
    RepoName,
    Review,
)
from ..nouns.happenings import Delivery


class Forge(Protocol):
    """A repository on a forge.

    Raises ForgeRefused where the forge says no for good, ForgeAway where later may be better, HeadMoved where a write
    was bound to a head that is not the head any more. What is not there is None, or an empty answer.
    """

    @property
    def repo(self) -> RepoName: ...

    async def login(self) -> Login: ...
    async def access(self) -> Access:
        """For git; a token as short-lived and as narrow as the forge gives, for this repository alone."""
        ...

    async def default_branch(self) -> str: ...
    async def branch(self, name: str) -> str | None:
        """The commit a branch points at."""
        ...

    async def read(self, path: str, *, ref: str) -> str | None:
        """A text file at a branch or commit."""
        ...

    async def permission(self, login: str) -> Permission:
        """What somebody may do now; never answered from memory."""
        ...

    async def protection(self, branch: str) -> Protection: ...
    async def issue(self, number: int) -> Issue | None: ...
    async def pull(self, number: int) -> Pull | None: ...
    async def pulls(self, *, head: str = "", author: str = "", state: str = "open") -> Sequence[Pull]:
        """Pull requests from a branch, of an author; ``state`` is ``open``, ``closed`` or ``all``."""
        ...

    async def files(self, number: int) -> Sequence[str]:
        """Paths a pull request changes."""
        ...

    async def comments(self, number: int) -> Sequence[Comment]: ...
    async def comment(self, comment: int) -> Comment | None:
        """One comment as it stands now."""
        ...

    async def reviews(self, number: int) -> Sequence[Review]: ...
    async def remarks(self, number: int) -> Sequence[Remark]: ...
    async def checks(self, sha: str) -> Sequence[Check]:
        """The latest of each name, with annotations."""
        ...

    async def check_log(self, check: Check) -> str:
        """The end of what a failed check printed, redacted; empty where the forge does not give it."""
        ...

    async def news(self, cursor: str) -> tuple[Sequence[Delivery], str]:
        """What happened since a cursor (empty for now on), oldest first, and the next cursor. May repeat."""
        ...

    async def open_pull(self, *, head: str, base: str, title: str, body: str, draft: bool) -> Pull:
        """The open pull request from that branch, made where there is none."""
        ...

    async def edit_pull(self, number: int, *, title: str = "", body: str = "", base: str = "") -> Pull:
        """Change what is given; writes nothing where it stands so already."""
        ...

    async def set_draft(self, number: int, *, draft: bool) -> None: ...
    async def close(self, number: int) -> None: ...
    async def say(self, number: int, body: str, *, marker: str) -> Comment:
        """Our comment with this marker: made, or edited in place, or left as it is where it says so already."""
        ...

    async def reply(self, number: int, thread: int, body: str, *, marker: str) -> Remark:
        """Our reply in a thread of remarks, as `say`."""
        ...

    async def react(self, comment: int, *, remark: bool = False) -> None:
        """An eyes reaction: it was seen."""
        ...

    async def put_check(self, wanted: CheckWanted) -> Check:
        """Our check of that name on that commit, as it should stand."""
        ...

    async def ask_review(self, number: int, reviewers: Sequence[str]) -> None:
        """Ask ``login`` or ``org/team``; who cannot be asked is left out."""
        ...

    async def merge(self, number: int, *, sha: str, method: MergeMethod, title: str, message: str) -> str:
        """Merge that head and no other; returns the commit on the base branch. Enqueues where there is a merge queue.

        Empty where it was only enqueued.
        """
        ...

    async def close_connection(self) -> None: ...
