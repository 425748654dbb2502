"""The payloads of GitHub's webhooks, and the rows of its lists of events, as far as we read them."""

from collections.abc import Mapping
from typing import Annotated

from pydantic import BeforeValidator

from .check_shapes import AppShape, CheckShape, StatusShape
from .shapes import (
    CommentShape,
    IssueShape,
    LabelShape,
    Moment,
    PullShape,
    RemarkShape,
    ReviewShape,
    Shape,
    Text,
    UserShape,
)


class PlaceShape(Shape):
    """Where it happened."""

    name: str
    full_name: str
    html_url: Text = ""


class SuiteShape(Shape):
    """The checks of one App on a commit."""

    head_sha: Text = ""
    app: AppShape | None = None


class GroupShape(Shape):
    """What the merge queue has put together."""

    head_sha: str
    head_ref: Text = ""


class MessageShape(Shape):
    """The parts of all the payloads that are read; each event has some of them."""

    action: Text = ""
    repository: PlaceShape | None = None
    sender: UserShape | None = None
    issue: IssueShape | None = None
    pull_request: PullShape | None = None
    label: LabelShape | None = None
    changes: Annotated[Mapping[str, object], BeforeValidator(lambda value: value or {})] = {}
    before: Text = ""
    after: Text = ""


class CommentMessage(MessageShape):
    """``issue_comment``."""

    comment: CommentShape


class ReviewMessage(MessageShape):
    """``pull_request_review``."""

    review: ReviewShape


class RemarkMessage(MessageShape):
    """``pull_request_review_comment``."""

    comment: RemarkShape


class CheckMessage(MessageShape):
    """``check_run``."""

    check_run: CheckShape


class SuiteMessage(MessageShape):
    """``check_suite``."""

    check_suite: SuiteShape


class StatusMessage(MessageShape, StatusShape):
    """``status``."""

    sha: str


class PushMessage(MessageShape):
    """``push``."""

    ref: str
    forced: bool = False
    deleted: bool = False


class GroupMessage(MessageShape):
    """``merge_group``."""

    merge_group: GroupShape


class EventShape(Shape):
    """An event of an issue or a pull request, as lists of them have it."""

    id: int
    event: Text = ""
    actor: UserShape | None = None
    issue: IssueShape | None = None
    label: LabelShape | None = None
    created_at: Moment = 0.0
