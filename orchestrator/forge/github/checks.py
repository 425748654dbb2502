"""Checks on GitHub: everybody's read, ours written. Whoever is no App writes commit statuses, which hold less."""

from collections.abc import Mapping, Sequence

from ...nouns.forge import Annotation, Check, CheckState, CheckWanted
from ...rules.normalise import clean
from ...rules.redact import redact
from .asking import Json
from .check_shapes import AnnotationShape, CheckShape, StatusShape
from .place import Place, read, read_all

_AT_ONCE = 50
"""Annotations that one request holds."""
_LONGEST = 65_000
_LONGEST_STATUS = 140
_LOG_BYTES = 1 << 16
_ACTIONS = "github-actions"
_ENDED: Mapping[CheckState, str] = {each: each for each in ("success", "failure", "neutral", "cancelled", "skipped")}
_AS_STATUS: Mapping[CheckState, str] = {
    "queued": "pending",
    "running": "pending",
    "success": "success",
    "neutral": "success",
    "skipped": "success",
    "failure": "failure",
    "cancelled": "error",
}


class Checks(Place):
    """The part of the port about checks."""

    async def checks(self, sha: str) -> Sequence[Check]:
        """Check runs and statuses; the latest of each name that one App made. Annotations of those that failed."""
        runs = await self._runs(sha)
        latest: dict[tuple[str, str], CheckShape] = {}
        for each in sorted(runs, key=lambda run: run.id):
            latest[each.name, each.app.slug if each.app is not None else ""] = each
        found = [each.noun(await self._said_of_lines(each)) for each in latest.values()]
        statuses = [each async for each in self._client.walk(self._at("commits", sha, "status"), inside="statuses")]
        return (*found, *(each.noun(sha) for each in read_all(StatusShape, statuses)))

    async def check_log(self, check: Check) -> str:
        """Of a job of GitHub Actions, whose id is its check's; others keep their logs to themselves."""
        if check.app != _ACTIONS:
            return ""
        tail = await self._client.end_of(self._at("actions", "jobs", check.id, "logs"), most=_LOG_BYTES)
        return redact(clean(tail))

    async def put_check(self, wanted: CheckWanted) -> Check:
        """A check run where we may make one, else a commit status; of that the annotations are not kept."""
        if self._speaker.way in {"app", "action"}:
            return await self._put_run(wanted)
        return await self._put_status(wanted)

    async def _put_run(self, wanted: CheckWanted) -> Check:
        found = [each for each in await self._runs(wanted.sha, name=wanted.name) if self._made_by_us(each)]
        mine = max(found, key=lambda run: run.id, default=None)
        there = await self._said_of_lines(mine, always=True) if mine is not None else ()
        if mine is not None and _is_so(mine, there, wanted):
            return mine.noun(there)
        if mine is None or not _can_become(mine, there, wanted):
            return await self._new_run(wanted, besides=frozenset(each.id for each in found))
        return await self._rest(mine, wanted, done=len(there))

    async def _new_run(self, wanted: CheckWanted, *, besides: frozenset[int]) -> Check:
        what = f"make the check {wanted.name} in {self._repo}"

        async def look() -> CheckShape | None:
            all_ = await self._runs(wanted.sha, name=wanted.name)
            new = (each for each in all_ if self._made_by_us(each) and each.id not in besides)
            return next((each for each in new if _says(each, wanted)), None)

        async def make() -> CheckShape:
            first = _body(wanted, wanted.annotations[:_AT_ONCE])
            body = {"name": wanted.name, "head_sha": wanted.sha, **first}
            answer = await self._client.write("POST", self._at("check-runs"), body, what=what)
            return read(CheckShape, answer.body)

        made = await self._once(look, make)
        if len(wanted.annotations) > _AT_ONCE:
            return await self._rest(made, wanted, done=_AT_ONCE)
        return made.noun(wanted.annotations)

    async def _rest(self, mine: CheckShape, wanted: CheckWanted, *, done: int) -> Check:
        """Bring a check run up to date; GitHub adds the annotations of each request to those that are there."""
        left = wanted.annotations[done:]
        pieces = [left[start : start + _AT_ONCE] for start in range(0, len(left), _AT_ONCE)] or [()]
        for piece in pieces:
            path = self._at("check-runs", mine.id)
            what = f"bring the check {wanted.name} in {self._repo} up to date"
            answer = await self._client.write("PATCH", path, _body(wanted, piece), what=what)
            mine = read(CheckShape, answer.body)
        return mine.noun(wanted.annotations)

    async def _put_status(self, wanted: CheckWanted) -> Check:
        state, words = _AS_STATUS[wanted.state], wanted.title[:_LONGEST_STATUS]
        body = {"context": wanted.name, "state": state, "description": words}
        what = f"set the status {wanted.name} in {self._repo}"

        async def look() -> StatusShape | None:
            async for each in self._client.walk(self._at("commits", wanted.sha, "statuses")):
                status = read(StatusShape, each)
                if status.context == wanted.name:  # the newest is first
                    return status if (status.state, status.description) == (state, words) else None
            return None

        async def make() -> StatusShape:
            answer = await self._client.write("POST", self._at("statuses", wanted.sha), body, what=what)
            return read(StatusShape, answer.body)

        return (await self._once(look, make)).noun(wanted.sha)

    async def _runs(self, sha: str, *, name: str = "") -> tuple[CheckShape, ...]:
        query: dict[str, str | int] = {"check_name": name} if name else {}
        path = self._at("commits", sha, "check-runs")
        found = [each async for each in self._client.walk(path, query, inside="check_runs")]
        return tuple(each for each in read_all(CheckShape, found) if not name or each.name == name)

    async def _said_of_lines(self, run: CheckShape, *, always: bool = False) -> tuple[Annotation, ...]:
        wanted = always or run.state == "failure"
        if not wanted or run.output is None or not run.output.annotations_count:
            return ()
        path = self._at("check-runs", run.id, "annotations")
        found = [each async for each in self._client.walk(path)]
        return tuple(each.noun() for each in read_all(AnnotationShape, found))

    def _made_by_us(self, run: CheckShape) -> bool:
        return run.app is not None and f"{run.app.slug}[bot]" == self._speaker.account.login


def _body(wanted: CheckWanted, annotations: Sequence[Annotation]) -> Json:
    """What a check run is told; its output is titled, or GitHub does not take it."""
    output = {
        "title": wanted.title or wanted.name,
        "summary": wanted.summary[:_LONGEST],
        "annotations": [_annotation(each) for each in annotations],
    }
    body: dict[str, object] = {"output": output}
    if wanted.external_id:
        body["external_id"] = wanted.external_id
    if wanted.state in _ENDED:
        return body | {"status": "completed", "conclusion": _ENDED[wanted.state]}
    return body | {"status": "in_progress" if wanted.state == "running" else "queued"}


def _annotation(each: Annotation) -> Json:
    line = max(each.line, 1)
    place = {"path": each.path, "start_line": line, "end_line": line}
    return {**place, "annotation_level": each.level, "message": each.message[:_LONGEST] or "-"}


def _says(run: CheckShape, wanted: CheckWanted) -> bool:
    """Whether all but the annotations is as it should be."""
    output = run.output
    return (
        run.state == wanted.state
        and output is not None
        and output.title == (wanted.title or wanted.name)
        and output.summary.strip() == wanted.summary[:_LONGEST].strip()
        and run.external_id == wanted.external_id
    )


def _is_so(run: CheckShape, there: Sequence[Annotation], wanted: CheckWanted) -> bool:
    return _says(run, wanted) and tuple(there) == wanted.annotations


def _can_become(run: CheckShape, there: Sequence[Annotation], wanted: CheckWanted) -> bool:
    """Whether it only has to go on: an ended check does not begin again, and no annotation is ever taken away."""
    began_again = run.status == "completed" and wanted.state not in _ENDED
    return not began_again and tuple(there) == wanted.annotations[: len(there)]
