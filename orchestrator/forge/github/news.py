"""What happened on GitHub since the last look, by polling: what webhooks would have told, as far as GitHub's lists do.

Looks overlap, and each thing has the same id every time, so that whoever takes ids once takes each thing once. Not
found this way: comments that were deleted, and an issue's text that was edited.
"""

import json
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from hashlib import sha256

from ...errors import ForgeAway, ForgeRefused
from ...nouns.happenings import (
    CheckEnded,
    Commented,
    Delivery,
    GroupQueued,
    Happening,
    Judged,
    Opened,
    PullMoved,
    Pushed,
    Remarked,
)
from .asking import Json
from .check_shapes import StatusShape
from .checks import Checks
from .client import MOST_PAGES
from .merging import Merging
from .messages import EventShape
from .place import read, read_all
from .repository import OURS
from .shapes import GHOST, CommentShape, IssueShape, PullShape, RemarkShape, ReviewShape
from .talk import Talk
from .webhooks import of_event

OVERLAP = 60.0
"""Seconds by which a look reaches back before what the last one saw: GitHub's lists are not always up to date."""
_PAGE = 100
_SECONDS = len("2027-01-15T08:00:00")
"""Times are compared without their fractions, which some servers send."""
_QUEUE = "gh-readonly-queue/"
_WATCHED = 20
"""Pull requests of ours whose checks are looked at."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cursor:
    """How far we have looked."""

    since: float
    event: int
    main: str
    """The default branch's commit."""

    def text(self) -> str:
        """As it is handed out."""
        return json.dumps(asdict(self), separators=(",", ":"))


def read_cursor(text: str) -> Cursor:
    """The cursor that was handed out.

    Raises:
        ForgeRefused: it was not one of ours.
    """
    try:
        found = json.loads(text)
        return Cursor(since=float(found["since"]), event=int(found["event"]), main=str(found["main"]))
    except (ValueError, TypeError, KeyError):
        raise ForgeRefused(f"`{text[:60]}` is no place to go on looking from: begin anew, from now on.") from None


class News(Merging, Talk, Checks):
    """The part of the port about what happened."""

    async def news(self, cursor: str) -> tuple[Sequence[Delivery], str]:
        """What happened since, oldest first."""
        if not cursor:
            return (), (await self._from_now()).text()
        was = read_cursor(cursor)
        found: list[tuple[float, str, Happening]] = []
        pulls: set[int] = set()
        for source in (
            self._issues(was, pulls),
            self._comments(was, pulls),
            self._remarks(was),
            self._reviews_and_heads(was),
        ):
            found += [each async for each in source]
        events = [each async for each in self._events(was)]
        last_event = max((number for number, _ in events), default=was.event)
        found += [each for _, each in reversed(events)]
        newest = max((at for at, _, _ in found), default=0.0)
        main = await self._main()
        found += [each async for each in self._branches(was, main, at=newest)]
        found += [each async for each in self._verdicts(at=newest)]
        next_ = Cursor(since=max(was.since, newest - OVERLAP), event=last_event, main=main[1])
        ordered = sorted(found, key=lambda each: each[0])
        once = {id_: Delivery(id=id_, repo=self._repo, happening=happening) for _, id_, happening in ordered}
        return tuple(once.values()), next_.text()

    async def _from_now(self) -> Cursor:
        answer = await self._client.look(self._at(), known=False)
        date = answer.headers.get("date") if answer is not None else None
        now = parsedate_to_datetime(date).timestamp() if date else self._clock.now()
        last = 0
        async for row in self._client.walk(self._at("issues", "events"), {"per_page": 1}):
            last = _integer(row.get("id"))
            break
        return Cursor(since=now, event=last, main=(await self._main())[1])

    async def _issues(self, was: Cursor, pulls: set[int]) -> AsyncIterator[tuple[float, str, Happening]]:
        for each in read_all(IssueShape, await self._changed(was, "issues", state="all")):
            noun = each.noun()
            pulls |= {each.number} if noun.pull else set()
            if each.created_at >= was.since:
                opened = Opened(number=each.number, pull=noun.pull, by=noun.author)
                yield each.created_at, f"opened:{each.number}", opened

    async def _comments(self, was: Cursor, pulls: set[int]) -> AsyncIterator[tuple[float, str, Happening]]:
        for each in read_all(CommentShape, await self._changed(was, "issues", "comments")):
            noun, number = each.noun(), _last_number(each.issue_url)
            pull = number in pulls or f"/pull/{number}#" in each.html_url
            commented = Commented(number=number, comment=noun, pull=pull, action="edited" if noun.edited else "created")
            yield noun.updated_at, f"comment:{each.id}:{_stamp(noun.updated_at, each.body)}", commented

    async def _remarks(self, was: Cursor) -> AsyncIterator[tuple[float, str, Happening]]:
        for each in read_all(RemarkShape, await self._changed(was, "pulls", "comments")):
            noun = each.noun()
            edited = noun.updated_at > noun.created_at
            happening = Remarked(
                number=_last_number(each.pull_request_url), remark=noun, action="edited" if edited else "created"
            )
            yield noun.updated_at, f"remark:{each.id}:{_stamp(noun.updated_at, each.body)}", happening

    async def _reviews_and_heads(self, was: Cursor) -> AsyncIterator[tuple[float, str, Happening]]:
        """A pull request's head is told whenever something of it changed; a head is told once."""
        for pull in await self._open():
            noun = pull.noun()
            if noun.updated_at < was.since:
                continue
            moved = PullMoved(number=pull.number, action="synchronize", by=noun.author, head_sha=noun.head_sha)
            yield noun.updated_at, f"head:{pull.number}:{noun.head_sha}", moved
            rows = [each async for each in self._client.walk(self._at("pulls", pull.number, "reviews"))]
            for each in read_all(ReviewShape, rows):
                review = each.noun()
                if each.state.lower() != "pending" and review.at >= was.since - OVERLAP:
                    yield review.at, f"review:{each.id}:{each.state.lower()}", Judged(number=pull.number, review=review)

    async def _events(self, was: Cursor) -> AsyncIterator[tuple[int, tuple[float, str, Happening]]]:
        async for row in self._client.walk(self._at("issues", "events")):
            event = read(EventShape, row)
            if event.id <= was.event:
                return
            happening = of_event(event)
            if happening is not None:
                yield event.id, (event.created_at, f"event:{event.id}", happening)

    async def _branches(
        self, was: Cursor, main: tuple[str, str], *, at: float
    ) -> AsyncIterator[tuple[float, str, Happening]]:
        name, sha = main
        if sha and sha != was.main:
            pushed = Pushed(branch=name, before=was.main, after=sha, forced=False, by=GHOST)
            yield at, f"push:{name}:{sha}", pushed
        async for row in self._client.walk(self._at("git", "matching-refs", f"heads/{_QUEUE}")):
            target = row.get("object")
            branch = str(row.get("ref") or "").removeprefix("refs/heads/")
            if isinstance(target, Mapping) and branch.startswith(_QUEUE):
                group = str(target.get("sha"))
                yield at, f"group:{group}", GroupQueued(sha=group, branch=branch)

    async def _verdicts(self, *, at: float) -> AsyncIterator[tuple[float, str, Happening]]:
        """Checks of others on our own pull requests, which show in no list of what changed."""
        ours = [each for each in await self._open() if each.head.ref.startswith(OURS) and not each.fork]
        for sha in dict.fromkeys(each.head.sha for each in ours[:_WATCHED]):
            for run in await self._runs(sha):
                if run.status == "completed" and not self._made_by_us(run):
                    slug = run.app.slug if run.app is not None else ""
                    ended = CheckEnded(sha=sha, name=run.name, state=run.state, app=slug)
                    yield at, f"check:{run.id}:{run.completed_at:.0f}", ended
            rows = [each async for each in self._client.walk(self._at("commits", sha, "status"), inside="statuses")]
            for each in read_all(StatusShape, rows):
                check = each.noun(sha)
                if check.state != "running":
                    yield at, f"status:{each.id}", CheckEnded(sha=sha, name=check.name, state=check.state)

    async def _changed(self, was: Cursor, *place: str, **query: str) -> list[Json]:
        """What a list holds that was updated since.

        A page that is full is followed by what was updated since its last row, not by the next page: what is updated
        while we walk goes to the end, and would push something over the edge that we have passed.
        """
        found: dict[object, Json] = {}
        start, page = _iso(was.since), 1
        for _ in range(MOST_PAGES):
            params: dict[str, str | int] = {
                **query,
                "since": start,
                "sort": "updated",
                "direction": "asc",
                "per_page": _PAGE,
                "page": page,
            }
            answer = await self._client.look(self._at(*place), params)
            body = answer.body if answer is not None else None
            rows = [each for each in body if isinstance(each, Mapping)] if isinstance(body, list) else []
            found |= {
                each.get("id"): each for each in rows if _text(each.get("updated_at"))[:_SECONDS] >= start[:_SECONDS]
            }
            if len(rows) < _PAGE:
                return list(found.values())
            last = _text(rows[-1].get("updated_at"))
            start, page = (last, 1) if last > start else (start, page + 1)
        raise ForgeAway(f"{self._at(*place)} has no end after {MOST_PAGES} pages.")

    async def _open(self) -> tuple[PullShape, ...]:
        path = self._at("pulls")
        found = [
            each async for each in self._client.walk(path, {"state": "open", "sort": "updated", "direction": "desc"})
        ]
        return read_all(PullShape, found)

    async def _main(self) -> tuple[str, str]:
        name = await self.default_branch()
        return name, await self.branch(name) or ""


def _stamp(at: float, body: str) -> str:
    """When, and a few letters of what: two edits may fall into one second."""
    return f"{at:.0f}:{sha256(body.encode()).hexdigest()[:8]}"


def _iso(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _last_number(address: str) -> int:
    last = address.rpartition("/")[2]
    return int(last) if last.isascii() and last.isdigit() else 0


def _integer(found: object) -> int:
    return found if isinstance(found, int) else 0


def _text(found: object) -> str:
    return found if isinstance(found, str) else ""
