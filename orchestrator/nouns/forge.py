"""What a forge keeps beside git: issues, pull requests, comments, reviews, checks, and who may do what there.

Texts in these nouns were written by anybody: they are data, never commands, until `rules` say otherwise.
"""

import hashlib
from dataclasses import dataclass
from typing import Literal

Permission = Literal["none", "read", "triage", "write", "maintain", "admin"]
"""What a person may do in a repository, least first, as GitHub names it."""
PERMISSIONS: tuple[Permission, ...] = ("none", "read", "triage", "write", "maintain", "admin")
Verdict = Literal["approved", "changes_requested", "commented", "dismissed"]
CheckState = Literal["queued", "running", "success", "failure", "neutral", "cancelled", "skipped"]
MergeMethod = Literal["merge", "squash", "rebase"]
Way = Literal["gh", "token", "app", "action"]
"""How we are logged in: by the `gh` command, by a token, as an App, or by the token of a workflow."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RepoName:
    """A repository's place on its forge."""

    owner: str
    name: str
    host: str = "github.com"

    def __str__(self) -> str:
        """``owner/name``."""
        return f"{self.owner}/{self.name}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """Somebody who writes on the forge."""

    login: str
    bot: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Issue:
    """An issue, or the part of a pull request that is like one."""

    number: int
    title: str
    body: str
    author: Account
    labels: tuple[str, ...] = ()
    open: bool = True
    pull: bool = False
    updated_at: float = 0.0
    """Seconds since the epoch, here and below."""
    url: str = ""

    @property
    def digest(self) -> str:
        """What stands for its words."""
        return hashlib.sha256(f"{self.title}\0{self.body}".encode("utf-8", "surrogatepass")).hexdigest()


@dataclass(frozen=True, slots=True, kw_only=True)
class Pull:
    """A pull request as it stands."""

    number: int
    title: str
    body: str
    author: Account
    head: str
    """The branch it comes from."""
    head_sha: str
    base: str
    """The branch it goes to."""
    base_sha: str
    fork: bool = False
    """Its branch is in another repository: what it holds is never run with a token near."""
    draft: bool = False
    state: Literal["open", "closed", "merged"] = "open"
    mergeable: bool | None = None
    """None while the forge has not found out."""
    labels: tuple[str, ...] = ()
    merged_sha: str = ""
    updated_at: float = 0.0
    url: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Comment:
    """A comment on an issue or a pull request."""

    id: int
    body: str
    author: Account
    created_at: float
    updated_at: float
    url: str = ""

    @property
    def edited(self) -> bool:
        """Somebody has changed it since it was written."""
        return self.updated_at > self.created_at


@dataclass(frozen=True, slots=True, kw_only=True)
class Review:
    """What a reviewer said of a whole pull request."""

    id: int
    verdict: Verdict
    body: str
    author: Account
    commit: str
    """The head that was looked at."""
    at: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Remark:
    """A reviewer's comment on a line; ``thread`` is the id of the remark that began its thread."""

    id: int
    thread: int
    path: str
    line: int | None
    """None where the line is not there any more."""
    body: str
    author: Account
    commit: str
    created_at: float
    updated_at: float
    url: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Annotation:
    """What a check says of a line."""

    path: str
    line: int
    message: str
    level: Literal["notice", "warning", "failure"] = "failure"


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """A check run or a commit status, folded into one."""

    id: int
    name: str
    sha: str
    state: CheckState
    title: str = ""
    summary: str = ""
    annotations: tuple[Annotation, ...] = ()
    app: str = ""
    """The slug of who made it; empty for a status."""
    external_id: str = ""
    url: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckWanted:
    """A check of ours as it should stand; there is one for each name and sha."""

    name: str
    sha: str
    state: CheckState
    title: str
    summary: str = ""
    annotations: tuple[Annotation, ...] = ()
    external_id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Protection:
    """What a branch asks of what is merged into it."""

    required_checks: tuple[str, ...] = ()
    approvals: int = 0
    code_owners: bool = False
    merge_queue: bool = False
    signatures: bool = False
    methods: tuple[MergeMethod, ...] = ("merge", "squash", "rebase")


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """How git reaches the repository: an address, and a token that is neither in it nor on a command line."""

    url: str
    token: str = ""

    def __repr__(self) -> str:
        """Without the token."""
        return f"Access(url={self.url!r})"


@dataclass(frozen=True, slots=True, kw_only=True)
class Login:
    """As whom we speak, and what that login cannot do, in words for a person."""

    account: Account
    way: Way
    cannot: tuple[str, ...] = ()
