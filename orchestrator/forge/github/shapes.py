"""GitHub's JSON as far as we read it, and the nouns it becomes. Lenient: what is not named here may be anything.

Who is gone is null in GitHub's JSON, and ``ghost`` on its pages and here; a branch's repository that is gone is null.
"""

from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict

from ...nouns.forge import Account, Comment, Issue, Pull, Remark, Review, Verdict

Text = Annotated[str, BeforeValidator(lambda value: "" if value is None else value)]
"""A text; null is an empty one."""
Moment = Annotated[float, BeforeValidator(lambda value: datetime.fromisoformat(value).timestamp() if value else 0.0)]
"""Seconds since the epoch; 0 where there is no time."""
GHOST = Account(login="ghost")
_VERDICTS: dict[str, Verdict] = {
    "approved": "approved",
    "changes_requested": "changes_requested",
    "dismissed": "dismissed",
}


class Shape(BaseModel):
    """A part of GitHub's JSON."""

    model_config = ConfigDict(extra="ignore", frozen=True)


class UserShape(Shape):
    """Somebody."""

    login: str
    type: Text = ""

    def noun(self) -> Account:
        """A bot by its type, or by how Apps are named."""
        return Account(login=self.login, bot=self.type == "Bot" or self.login.endswith("[bot]"))


def somebody(user: UserShape | None) -> Account:
    """The account, or the ghost."""
    return user.noun() if user is not None else GHOST


class LabelShape(Shape):
    """A label."""

    name: Text = ""


class IssueShape(Shape):
    """An issue; one with ``pull_request`` is the half of a pull request."""

    number: int
    title: Text = ""
    body: Text = ""
    user: UserShape | None = None
    labels: tuple[LabelShape | str, ...] = ()
    state: Text = "open"
    pull_request: Shape | None = None
    created_at: Moment = 0.0
    updated_at: Moment = 0.0
    html_url: Text = ""

    def noun(self) -> Issue:
        """As an issue."""
        return Issue(
            number=self.number,
            title=self.title,
            body=self.body,
            author=somebody(self.user),
            labels=_names(self.labels),
            open=self.state == "open",
            pull=self.pull_request is not None,
            updated_at=self.updated_at,
            url=self.html_url,
        )


class RepoShape(Shape):
    """A repository, as branches name it."""

    id: int = 0
    full_name: Text = ""


class SideShape(Shape):
    """One side of a pull request."""

    ref: Text = ""
    sha: Text = ""
    repo: RepoShape | None = None


class PullShape(Shape):
    """A pull request, of a list or on its own."""

    number: int
    node_id: Text = ""
    title: Text = ""
    body: Text = ""
    user: UserShape | None = None
    head: SideShape
    base: SideShape
    draft: bool | None = False
    state: Text = "open"
    merged: bool | None = None
    merged_at: Moment = 0.0
    merge_commit_sha: Text = ""
    mergeable: bool | None = None
    labels: tuple[LabelShape | str, ...] = ()
    created_at: Moment = 0.0
    updated_at: Moment = 0.0
    html_url: Text = ""

    @property
    def fork(self) -> bool:
        """Its branch is elsewhere, or was: a repository that is gone was no one of ours."""
        head, base = self.head.repo, self.base.repo
        return head is None or base is None or (head.id, head.full_name) != (base.id, base.full_name)

    def noun(self) -> Pull:
        """As a pull request."""
        merged = bool(self.merged or self.merged_at)
        return Pull(
            number=self.number,
            title=self.title,
            body=self.body,
            author=somebody(self.user),
            head=self.head.ref,
            head_sha=self.head.sha,
            base=self.base.ref,
            base_sha=self.base.sha,
            fork=self.fork,
            draft=bool(self.draft),
            state="merged" if merged else "closed" if self.state == "closed" else "open",
            mergeable=self.mergeable,
            labels=_names(self.labels),
            merged_sha=self.merge_commit_sha if merged else "",
            updated_at=self.updated_at,
            url=self.html_url,
        )


class CommentShape(Shape):
    """A comment on an issue or a pull request."""

    id: int
    body: Text = ""
    user: UserShape | None = None
    created_at: Moment = 0.0
    updated_at: Moment = 0.0
    html_url: Text = ""
    issue_url: Text = ""

    def noun(self) -> Comment:
        """As a comment."""
        return Comment(
            id=self.id,
            body=self.body,
            author=somebody(self.user),
            created_at=self.created_at,
            updated_at=self.updated_at or self.created_at,
            url=self.html_url,
        )


class ReviewShape(Shape):
    """What a reviewer said of all of it."""

    id: int
    state: Text = ""
    body: Text = ""
    user: UserShape | None = None
    commit_id: Text = ""
    submitted_at: Moment = 0.0

    def noun(self) -> Review:
        """As a review; GitHub writes its verdict large in one place and small in another."""
        return Review(
            id=self.id,
            verdict=_VERDICTS.get(self.state.lower(), "commented"),
            body=self.body,
            author=somebody(self.user),
            commit=self.commit_id,
            at=self.submitted_at,
        )


class RemarkShape(Shape):
    """A comment on a line of a pull request."""

    id: int
    in_reply_to_id: int | None = None
    path: Text = ""
    line: int | None = None
    body: Text = ""
    user: UserShape | None = None
    commit_id: Text = ""
    created_at: Moment = 0.0
    updated_at: Moment = 0.0
    html_url: Text = ""
    pull_request_url: Text = ""

    def noun(self) -> Remark:
        """As a remark."""
        return Remark(
            id=self.id,
            thread=self.in_reply_to_id or self.id,
            path=self.path,
            line=self.line,
            body=self.body,
            author=somebody(self.user),
            commit=self.commit_id,
            created_at=self.created_at,
            updated_at=self.updated_at or self.created_at,
            url=self.html_url,
        )


def _names(labels: tuple[LabelShape | str, ...]) -> tuple[str, ...]:
    return tuple(each if isinstance(each, str) else each.name for each in labels)
