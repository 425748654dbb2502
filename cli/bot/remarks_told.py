"""Reviewers' remarks that became work: each thread is answered with the commit that settles it, or with why not.

Whether a thread is resolved is for the reviewer to say.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ...orchestrator.nouns.forge import Remark
from ...orchestrator.nouns.runs import TaskStatus
from ...orchestrator.rules.harmless import code, inline
from ...tui.snapshot import FINISHED
from .at import At, Brought
from .bringing import commits_of

_REMARK = "remark:"


@dataclass(frozen=True, slots=True)
class _Pushed:
    sha: str
    subject: str


async def answer_remarks(at: At, brought: Sequence[Brought]) -> None:
    """Reply where something else is to be said than was said; a new reply waits for its turn.

    A commit that settled something is made anew where another fix comes below it, and is named by its new id then.
    """
    deeds = _deeds(at)
    if not deeds:
        return
    pushed = await _pushed(at, brought)
    wanted = {id_: words for id_, deed in deeds.items() if (words := _words(at, deed, pushed))}
    wanted = {id_: words for id_, words in wanted.items() if words != _words_told(at, id_)}
    if not wanted:
        return
    for each in brought:
        for remark in await at.forge.remarks(each.pull.number):
            if remark.id in wanted:
                await _reply(at, each.pull.number, remark, wanted[remark.id])


def _deeds(at: At) -> dict[int, Mapping[str, object]]:
    """By remark what it became; other runs of the repository keep theirs beside it."""
    found: dict[int, Mapping[str, object]] = {}
    for key, value in at.book.deeds(_REMARK).items():
        number = key.removeprefix(_REMARK)
        if number.isdigit() and isinstance(value, dict) and value.get("run", at.thread.run) == at.thread.run:
            found[int(number)] = value
    return found


async def _pushed(at: At, brought: Sequence[Brought]) -> dict[str, _Pushed]:
    """By task the commit of it that a reviewer can see."""
    found: dict[str, _Pushed] = {}
    for each in brought:
        if each.ours or each.pull.state == "merged":
            for sha, subject, trailers in await commits_of(at, brought, each):
                found.update({task: _Pushed(sha, subject) for task in trailers.get("Task", ())})
    return found


def _words(at: At, deed: Mapping[str, object], pushed: Mapping[str, _Pushed]) -> str:
    """Empty while it is not known what becomes of it."""
    requirement, run = str(deed.get("requirement", "")), at.run.store.run()
    status = _task(at, requirement, str(deed.get("task") or ""))
    if status is None:
        return f"Not done: the run is {run.state}." if run.state in ("failed", "cancelled") else ""
    if status.state == "landed":
        commit = pushed.get(status.task.id)
        which = f" ({code(requirement)})" if requirement else ""
        return f"Settled by {commit.sha[:10]} {inline(commit.subject, width=120)}{which}." if commit else ""
    if status.state == "dropped":
        return f"Not done: {inline(status.activity or 'its task was left out', width=300)}."
    return f"Not done: the run is {run.state}." if run.state in FINISHED else ""


def _task(at: At, requirement: str, task: str) -> TaskStatus | None:
    statuses = at.run.store.tasks()
    named = next((each for each in statuses if each.task.id == task), None)
    if named is not None or not requirement:
        return named
    return next((each for each in reversed(statuses) if requirement in each.task.requirements), None)


async def _reply(at: At, number: int, remark: Remark, words: str) -> None:
    if _words_told(at, remark.id) is None and not at.may_speak():
        return
    await at.forge.reply(number, remark.thread, words, marker=f"agentctl:remark:{remark.id}")
    at.book.keep(at.key(f"replied:{remark.id}"), words, at=at.now)


def _words_told(at: At, remark: int) -> str | None:
    told = at.book.deed(at.key(f"replied:{remark}"))
    return str(told) if told is not None else None
