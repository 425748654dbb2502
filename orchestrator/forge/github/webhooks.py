"""What a webhook of GitHub says, as a noun, or why the bot has no use for it. Pure; believes nothing but its shape.

Whether a payload comes from GitHub at all was decided by its signature, before it is read here.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Literal, TypeVar
from urllib.parse import urlsplit

from pydantic import ValidationError

from ...nouns.forge import RepoName
from ...nouns.happenings import (
    CheckEnded,
    Commented,
    Delivery,
    GroupQueued,
    Happening,
    Ignored,
    Judged,
    Labelled,
    Opened,
    PullMoved,
    Pushed,
    Remarked,
    RepositoryMoved,
)
from .messages import (
    CheckMessage,
    CommentMessage,
    EventShape,
    GroupMessage,
    MessageShape,
    PushMessage,
    RemarkMessage,
    ReviewMessage,
    StatusMessage,
    SuiteMessage,
)
from .shapes import somebody

T = TypeVar("T")
_NAME = re.compile(r"(?!\.{1,2}\Z)[A-Za-z0-9._-]{1,100}")
_NOWHERE = re.compile(r"0{40}|0{64}")
_BRANCH = "refs/heads/"
Action = Literal["created", "edited", "deleted"]
_ACTIONS: Mapping[str, Action] = {"created": "created", "edited": "edited", "deleted": "deleted"}
_OPENED: Mapping[str, Literal["opened", "edited", "reopened"]] = {
    "opened": "opened",
    "edited": "edited",
    "reopened": "reopened",
}
Move = Literal["synchronize", "closed", "merged", "ready", "draft", "retargeted", "queued", "dequeued"]
_MOVES: Mapping[str, Move] = {
    "synchronize": "synchronize",
    "closed": "closed",
    "merged": "merged",
    "ready_for_review": "ready",
    "converted_to_draft": "draft",
    "convert_to_draft": "draft",
    "base_ref_changed": "retargeted",
    "enqueued": "queued",
    "added_to_merge_queue": "queued",
    "dequeued": "dequeued",
    "removed_from_merge_queue": "dequeued",
}


class _NoUse(Exception):
    """A reason to ignore a message."""


def read_webhook(kind: str, id: str, payload: Mapping[str, object]) -> Delivery | Ignored:  # noqa: A002 - as GitHub names it
    """The message as a noun.

    Args:
        kind: the header ``X-GitHub-Event``.
        id: the header ``X-GitHub-Delivery``.
        payload: the body, parsed.
    """
    reader = _READERS.get(kind)
    if reader is None:
        return Ignored(id=id, reason=f"nothing follows from {_short(kind)}")
    try:
        repo, happening = _place(payload), reader(payload)
        if isinstance(happening, RepositoryMoved):
            repo = _place_before(payload, repo)
    except _NoUse as reason:
        return Ignored(id=id, reason=str(reason))
    except ValidationError as error:
        where = ".".join(map(str, error.errors()[0]["loc"])) or "all of it"
        return Ignored(id=id, reason=f"its {_short(where)} cannot be read")
    return Delivery(id=id, repo=repo, happening=happening)


def of_event(event: EventShape) -> Happening | None:
    """What an event of a list says; None where nothing follows from it."""
    if event.issue is None:
        return None
    by, number, pull = somebody(event.actor), event.issue.number, event.issue.pull_request is not None
    if event.event == "labeled" and event.label is not None:
        return Labelled(number=number, label=event.label.name, pull=pull, by=by)
    if event.event == "reopened":
        return Opened(number=number, pull=pull, by=by, action="reopened")
    if pull and event.event in _MOVES:
        return PullMoved(number=number, action=_MOVES[event.event], by=by)
    return None


def _place(payload: Mapping[str, object]) -> RepoName:
    found = MessageShape.model_validate({"repository": payload.get("repository")}).repository
    if found is None:
        raise _NoUse("it is about no repository")
    owner, _, name = found.full_name.partition("/")
    host = urlsplit(found.html_url).netloc
    return _named(owner, name, host or "github.com")


def _named(owner: str, name: str, host: str) -> RepoName:
    if not (_NAME.fullmatch(owner) and _NAME.fullmatch(name)):
        raise _NoUse("its repository has a name that GitHub gives to none")
    return RepoName(owner=owner, name=name, host=host)


def _place_before(payload: Mapping[str, object], now: RepoName) -> RepoName:
    """The name under which we know a repository that has another one now."""
    changes = payload.get("changes")
    name = _inside(changes, "repository", "name", "from") or now.name
    by = _inside(changes, "owner", "from", "user", "login") or _inside(
        changes, "owner", "from", "organization", "login"
    )
    return _named(by or now.owner, name, now.host)


def _issue_comment(payload: Mapping[str, object]) -> Happening:
    message = CommentMessage.model_validate(payload)
    issue = _there(message.issue)
    comment, sender = message.comment.noun(), somebody(message.sender)
    return Commented(
        number=issue.number,
        comment=comment,
        pull=issue.pull_request is not None,
        action=_known(_ACTIONS, message.action),
        by=sender,
        read="" if issue.pull_request is not None else issue.noun().digest,
    )


def _issues(payload: Mapping[str, object]) -> Happening:
    message = MessageShape.model_validate(payload)
    issue = _there(message.issue)
    opened = _opened(message, issue.number, pull=False)
    return replace(opened, read=issue.noun().digest) if isinstance(opened, Labelled) else opened


def _pull_request(payload: Mapping[str, object]) -> Happening:
    message = MessageShape.model_validate(payload)
    pull = _there(message.pull_request)
    action = message.action
    if action == "closed" and pull.noun().state == "merged":
        action = "merged"
    if action == "edited" and "base" in message.changes:
        action = "base_ref_changed"
    if action not in _MOVES:
        return _opened(message, pull.number, pull=True)
    before = message.before if action == "synchronize" else ""
    by = somebody(message.sender)
    return PullMoved(number=pull.number, action=_MOVES[action], by=by, head_sha=pull.head.sha, before=before)


def _opened(message: MessageShape, number: int, *, pull: bool) -> Happening:
    by = somebody(message.sender)
    if message.action == "labeled":
        return Labelled(number=number, label=_there(message.label).name, pull=pull, by=by)
    return Opened(number=number, pull=pull, by=by, action=_known(_OPENED, message.action))


def _review(payload: Mapping[str, object]) -> Happening:
    message = ReviewMessage.model_validate(payload)
    if message.action not in {"submitted", "edited", "dismissed"}:
        raise _NoUse(f"nothing follows from {_short(message.action)}")
    number, by = _there(message.pull_request).number, somebody(message.sender)
    # Who dismisses a review is another, and changes none of its words.
    return Judged(number=number, review=message.review.noun(), by=by if message.action == "edited" else None)


def _remark(payload: Mapping[str, object]) -> Happening:
    message = RemarkMessage.model_validate(payload)
    action = _known(_ACTIONS, message.action)
    number, by = _there(message.pull_request).number, somebody(message.sender)
    return Remarked(number=number, remark=message.comment.noun(), action=action, by=by)


def _check_run(payload: Mapping[str, object]) -> Happening:
    message = CheckMessage.model_validate(payload)
    if message.action not in {"completed", "rerequested"}:
        raise _NoUse("the check has not ended")
    check = message.check_run.noun()
    return _ended(message, check.sha, check.name, app=check.app, state=check.state)


def _check_suite(payload: Mapping[str, object]) -> Happening:
    message = SuiteMessage.model_validate(payload)
    if message.action != "rerequested":
        raise _NoUse("each check of a suite is told on its own")
    suite = message.check_suite
    return _ended(message, suite.head_sha, "", app=suite.app.slug if suite.app is not None else "", state="queued")


def _ended(
    message: MessageShape,
    sha: str,
    name: str,
    *,
    app: str,
    state: Literal["queued", "running", "success", "failure", "neutral", "cancelled", "skipped"],
) -> CheckEnded:
    again = message.action == "rerequested"
    return CheckEnded(sha=sha, name=name, state=state, app=app, rerequested=again, by=somebody(message.sender))


def _status(payload: Mapping[str, object]) -> Happening:
    message = StatusMessage.model_validate(payload)
    check = message.noun(message.sha)
    if check.state == "running":
        raise _NoUse("the status is not the last one")
    return CheckEnded(sha=check.sha, name=check.name, state=check.state, by=somebody(message.sender))


def _push(payload: Mapping[str, object]) -> Happening:
    message = PushMessage.model_validate(payload)
    if not message.ref.startswith(_BRANCH):
        raise _NoUse("it is no branch that moved")
    before, after = (("" if _NOWHERE.fullmatch(each) else each) for each in (message.before, message.after))
    branch, by = message.ref.removeprefix(_BRANCH), somebody(message.sender)
    return Pushed(branch=branch, before=before, after="" if message.deleted else after, forced=message.forced, by=by)


def _merge_group(payload: Mapping[str, object]) -> Happening:
    message = GroupMessage.model_validate(payload)
    if message.action != "checks_requested":
        raise _NoUse("the group is gone")
    return GroupQueued(sha=message.merge_group.head_sha, branch=message.merge_group.head_ref.removeprefix(_BRANCH))


def _repository(payload: Mapping[str, object]) -> Happening:
    message = MessageShape.model_validate(payload)
    place = _there(message.repository)
    if message.action not in {"renamed", "transferred", "deleted", "archived"}:
        raise _NoUse(f"nothing follows from a repository that is {_short(message.action)}")
    return RepositoryMoved(name=place.full_name, gone=message.action in {"deleted", "archived"})


_READERS: Mapping[str, Callable[[Mapping[str, object]], Happening]] = {
    "check_run": _check_run,
    "check_suite": _check_suite,
    "issue_comment": _issue_comment,
    "issues": _issues,
    "merge_group": _merge_group,
    "pull_request": _pull_request,
    "pull_request_review": _review,
    "pull_request_review_comment": _remark,
    "push": _push,
    "repository": _repository,
    "status": _status,
}
EVENTS = tuple(sorted(_READERS))
"""What an App has to subscribe to."""


def _there(part: T | None) -> T:
    if part is None:
        raise _NoUse("it lacks what it is about")
    return part


def _known(actions: Mapping[str, T], action: str) -> T:
    if action not in actions:
        raise _NoUse(f"nothing follows from {_short(action)}")
    return actions[action]


def _inside(found: object, *keys: str) -> str:
    for key in keys:
        found = found.get(key) if isinstance(found, Mapping) else None
    return found if isinstance(found, str) else ""


def _short(text: str) -> str:
    """A word of a stranger's, fit to be shown."""
    return "".join(each if each.isalnum() or each in "._-" else "?" for each in text[:40]) or "nothing"
