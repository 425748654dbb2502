"""What happens on a forge, as far as the bot cares: read from webhooks or found by polling, the same either way."""

from dataclasses import dataclass
from typing import Literal

from .forge import Account, CheckState, Comment, Remark, RepoName, Review


@dataclass(frozen=True, slots=True, kw_only=True)
class Commented:
    """Somebody wrote on an issue or a pull request, changed what stood there, or took it away."""

    number: int
    comment: Comment
    pull: bool
    action: Literal["created", "edited", "deleted"] = "created"
    by: Account | None = None
    """Who did it: others may edit a comment. None where that is not known, and an edited one then commands nothing."""
    read: str = ""
    """The digest of the issue as it was then, which whoever commands has read; empty where that is not known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Labelled:
    """An issue or a pull request got a label."""

    number: int
    label: str
    pull: bool
    by: Account
    read: str = ""
    """As of `Commented`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """An issue or a pull request was opened, or its text was edited."""

    number: int
    pull: bool
    by: Account
    action: Literal["opened", "edited", "reopened"] = "opened"


@dataclass(frozen=True, slots=True, kw_only=True)
class PullMoved:
    """A pull request has another head or base, another state, or is ready; what it is now has to be asked."""

    number: int
    action: Literal["synchronize", "closed", "merged", "ready", "draft", "retargeted", "queued", "dequeued"]
    by: Account
    head_sha: str = ""
    before: str = ""
    """The head before, of ``synchronize``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """A reviewer ended a review."""

    number: int
    review: Review
    by: Account | None = None
    """Who did it: others may edit a review. None where that is not known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Remarked:
    """A reviewer said something of a line, or changed what stood there."""

    number: int
    remark: Remark
    action: Literal["created", "edited", "deleted"] = "created"
    by: Account | None = None
    """Who did it: others may edit a remark. None where that is not known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckEnded:
    """A check or a status of a commit came to an end, or was asked to run again (``rerequested``)."""

    sha: str
    name: str
    state: CheckState
    app: str = ""
    rerequested: bool = False
    by: Account | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Pushed:
    """A branch moved; ``after`` is empty where it went."""

    branch: str
    before: str
    after: str
    forced: bool
    by: Account


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupQueued:
    """The forge's own merge queue wants a verdict on a commit that holds several pull requests."""

    sha: str
    branch: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RepositoryMoved:
    """A repository was renamed, transferred or taken away from us; ``name`` is what it is called now."""

    name: str
    gone: bool = False


Happening = (
    Commented | Labelled | Opened | PullMoved | Judged | Remarked | CheckEnded | Pushed | GroupQueued | RepositoryMoved
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """A message that says what happened, once; ``id`` is the forge's, or made from what was found by polling."""

    id: str
    repo: RepoName
    happening: Happening


@dataclass(frozen=True, slots=True, kw_only=True)
class Ignored:
    """A message that the bot has no use for, and why."""

    id: str
    reason: str
