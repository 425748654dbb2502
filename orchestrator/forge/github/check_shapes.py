"""GitHub's JSON of check runs and commit statuses, which are one noun here. As lenient as `shapes`."""

from typing import Literal

from ...nouns.forge import Annotation, Check, CheckState
from .shapes import Moment, Shape, Text, UserShape

_RUNNING: dict[str, CheckState] = {"in_progress": "running"}
_ENDED: dict[str, CheckState] = {
    "success": "success",
    "failure": "failure",
    "timed_out": "failure",
    "action_required": "failure",
    "startup_failure": "failure",
    "neutral": "neutral",
    "skipped": "skipped",
    "cancelled": "cancelled",
    "stale": "cancelled",
}
_STATUS: dict[str, CheckState] = {"pending": "running", "success": "success", "failure": "failure", "error": "failure"}
_LEVELS: dict[str, Literal["notice", "warning", "failure"]] = {"notice": "notice", "warning": "warning"}


class AppShape(Shape):
    """Who made a check."""

    id: int = 0
    slug: Text = ""


class OutputShape(Shape):
    """What a check says."""

    title: Text = ""
    summary: Text = ""
    annotations_count: int | None = 0


class AnnotationShape(Shape):
    """What a check says of a line."""

    path: Text = ""
    start_line: int | None = 1
    message: Text = ""
    annotation_level: Text = "failure"

    def noun(self) -> Annotation:
        """As an annotation."""
        return Annotation(
            path=self.path,
            line=self.start_line or 1,
            message=self.message,
            level=_LEVELS.get(self.annotation_level, "failure"),
        )


class CheckShape(Shape):
    """A check run."""

    id: int
    name: Text = ""
    head_sha: Text = ""
    status: Text = ""
    conclusion: Text = ""
    output: OutputShape | None = None
    app: AppShape | None = None
    external_id: Text = ""
    completed_at: Moment = 0.0
    html_url: Text = ""

    @property
    def state(self) -> CheckState:
        """Status and conclusion in one; a conclusion that we do not know is no success."""
        if self.status != "completed":
            return _RUNNING.get(self.status, "queued")
        return _ENDED.get(self.conclusion, "failure")

    def noun(self, annotations: tuple[Annotation, ...] = ()) -> Check:
        """As a check."""
        output = self.output or OutputShape()
        return Check(
            id=self.id,
            name=self.name,
            sha=self.head_sha,
            state=self.state,
            title=output.title,
            summary=output.summary,
            annotations=annotations,
            app=self.app.slug if self.app is not None else "",
            external_id=self.external_id,
            url=self.html_url,
        )


class StatusShape(Shape):
    """A commit status."""

    id: int = 0
    context: Text = ""
    state: Text = ""
    description: Text = ""
    target_url: Text = ""
    creator: UserShape | None = None
    updated_at: Moment = 0.0

    def noun(self, sha: str) -> Check:
        """As a check that no App made."""
        return Check(
            id=self.id,
            name=self.context,
            sha=sha,
            state=_STATUS.get(self.state, "failure"),
            title=self.description,
            url=self.target_url,
        )
