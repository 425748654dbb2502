"""Brings the forge to what a run says: looks at both, and writes only what differs.

Nothing here remembers what it was doing: killed anywhere and called again it ends the same, because each comment is
known by its marker, each check by its name and commit, and each deed by its key in the book.
"""

from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace

from ...orchestrator.errors import AgentctlError, ForgeAway
from ...orchestrator.forge.port import Forge
from ...orchestrator.nouns.policy import Policy
from ...orchestrator.nouns.runs import Run
from ...tui.snapshot import FINISHED, duration
from ..repository import OpenRun
from .asking_here import tell_questions
from .at import At, Brought, Others, digest
from .book import Book, Thread
from .bringing import bring_pulls, tasks_of, trouble_of_bringing
from .checks_told import tell_checks
from .intervals import Intervals
from .merging import merge_pulls
from .own_questions import own_questions
from .remarks_told import answer_remarks
from .repairing import repair_checks
from .sticky import sticky
from .view import PullRow, View, Waits, seen

_USUAL = Intervals()
_LINGERS = 86_400.0
"""Seconds that the thread of a run that failed stays open: somebody may try again."""
_Step = Callable[[At, Sequence[Brought]], Awaitable[None]]
_STEPS: tuple[_Step, ...] = (tell_checks, answer_remarks, repair_checks, merge_pulls)


async def reconcile(  # noqa: PLR0913 - what a look is about
    forge: Forge,
    book: Book,
    thread: Thread,
    run: OpenRun,
    *,
    policy: Policy,
    others: Others,
    now: float,
    intervals: Intervals = _USUAL,
) -> None:
    """Bring a thread to what its run says now; the thread is over where nothing more is to be told.

    Raises:
        ForgeAway: later may be better; what was written stays.
        ForgeRefused: a comment cannot be written there.
    """
    at = At(forge=forge, book=book, thread=thread, run=run, policy=policy, others=others, now=now, intervals=intervals)
    told = await tell_questions(at)
    await _stick(at, told, _left(at))
    brought = await bring_pulls(at)
    trouble = [words] if (words := trouble_of_bringing(at)) else []
    for step in _STEPS:
        try:
            await step(at, brought)
        except ForgeAway:
            raise
        except AgentctlError as error:
            trouble.append(str(error))
    rows = tuple([await _row(at, brought, each) for each in brought])
    ended = _ended(at, rows)
    await _stick(at, await tell_questions(at), _kept(at, _Look(rows=rows, trouble=tuple(trouble))), ended=ended)
    if ended:
        book.bind(replace(thread, over=True))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Look:
    """What a look at the forge came to."""

    rows: tuple[PullRow, ...] = ()
    trouble: tuple[str, ...] = ()


async def _row(at: At, brought: Sequence[Brought], each: Brought) -> PullRow:
    state = "draft" if each.pull.draft and each.pull.state == "open" else each.pull.state
    return PullRow(
        number=each.pull.number,
        name=each.slice.name,
        state=state,
        words=at.words.get(each.pull.number) or at.aside.get(each.pull.number, "") if each.pull.state == "open" else "",
        tasks=await tasks_of(at, brought, each),
    )


def _kept(at: At, look: _Look) -> _Look:
    """Keep it, for what is told before the next look."""
    at.book.keep(at.key("look"), asdict(look), at=at.now)
    return look


def _left(at: At) -> _Look:
    """What the last look came to."""
    kept = at.book.deed(at.key("look"))
    if not isinstance(kept, dict):
        return _Look()
    rows = tuple(PullRow(**{**each, "tasks": tuple(each["tasks"])}) for each in kept["rows"])
    return _Look(rows=rows, trouble=tuple(kept["trouble"]))


def _ended(at: At, rows: Sequence[PullRow]) -> str:
    """What the run came to, once nothing more is to be told of it; else empty."""
    run = at.run.store.run()
    open_ = any(each.state in ("open", "draft") for each in rows)
    if run.state not in FINISHED or open_:
        return ""
    if run.state == "done" and at.run.store.landings() and not rows:
        return ""  # its result has still to be brought
    if run.state == "failed" and at.now - (run.finished_at or run.created_at) < _LINGERS:
        return ""
    return ", ".join(_totals(run, rows))


def _totals(run: Run, rows: Sequence[PullRow]) -> Iterator[str]:
    yield run.state
    for state in ("merged", "closed"):
        if names := [f"#{each.number}" for each in rows if each.state == state]:
            yield f"{state} {' '.join(names)}"
    yield f"{duration((run.finished_at or run.created_at) - run.created_at)} from its beginning to its end"


async def _stick(at: At, told: Sequence[str], look: _Look, *, ended: str = "") -> None:
    more = [Waits(id=each.id, text=each.text) for each in own_questions(at.book, at.thread) if each.answer is None]
    view = seen(at.run, by=at.thread.by, told=told, pulls=look.rows, more=more, trouble=look.trouble)
    view = replace(view, totals=ended)
    await _write(at, view, sticky(view))


async def _write(at: At, view: View, text: str) -> None:
    """Unless it stands so, or was changed a moment ago and nothing presses."""
    kept, urgent = at.book.deed(at.key("sticky")), digest(view.urgent)
    if isinstance(kept, dict):
        age = at.now - float(kept["at"])
        wait = at.intervals.edits if kept["urgent"] == urgent else 0.0
        if 0 <= age < (at.intervals.again if kept["is"] == digest(text) else wait):
            return
    else:
        at.may_speak()  # what is said next waits for its turn
    await at.forge.say(at.thread.number, text, marker=f"agentctl:run:{at.thread.run}")
    at.book.keep(at.key("sticky"), {"is": digest(text), "urgent": urgent, "at": at.now}, at=at.now)
