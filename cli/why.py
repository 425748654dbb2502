"""`agentctl why`: from a line to the commit, the task, the requirement, the questions and the prompt it comes from.

Trailers say it first. Where a squash merge dropped them, the lock that came with it does: by the tasks that changed or
own the file, and by the evidence that touched it. A line that no run wrote is said to be a person's.
"""

import asyncio
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from ..orchestrator.errors import AgentctlError, GitError, UsageError
from ..orchestrator.git.history import Blamed, Told, blame, told
from ..orchestrator.git.opening import open_repository
from ..orchestrator.git.repository import Repository
from ..orchestrator.nouns.keys import integration_branch
from ..orchestrator.nouns.questions import Asked
from ..orchestrator.rules.commit_text import parse_trailers
from ..orchestrator.rules.globs import covers
from ..orchestrator.rules.widening import widens
from ..orchestrator.store.folder import all_runs
from ..orchestrator.store.journal import Call
from ..specs.lock import Lock, LockedTask, LockError, read_lock
from ..tui.clean import clean
from .outcome import branch
from .repository import OpenRun, locate, opened
from .spec_copy import read
from .transcript import transcript, transcript_document

_PLACE = re.compile(r"(.+):(\d+)", re.DOTALL)
_MOST_LOCKS = 200
_LOCK_BYTES = 2_000_000
_HEAD = b"agentctl lock"
WORKER = "worker"
"""Who writes lines; a critic only quotes them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Requirement:
    """What was asked for; ``text`` is empty where nobody has it any more."""

    id: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """A question that concerned it, and the answer; None while it is open."""

    text: str
    answer: str | None
    by: str
    task: str = ""
    """Which task asked; empty where only the lock tells of it."""
    widened: tuple[str, ...] = ()
    """The files that its task owned beside its plan by this answer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Prompt:
    """The call that wrote it, as it stands in the run's folder."""

    run: str
    attempt: str
    turn: int
    lines: tuple[str, ...]
    document: object


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """Where a line comes from. ``source`` says who told: the commit's own ``trailers``, the ``lock``, or ``nobody``."""

    path: str
    line: int
    text: str
    commit: Told
    source: str
    spec: str = ""
    tasks: tuple[str, ...] = ()
    title: str = ""
    run: str = ""
    requirements: tuple[Requirement, ...] = ()
    checks: tuple[str, ...] = ()
    """Checks whose evidence touched the file, with what they killed."""
    decisions: tuple[Decision, ...] = ()
    prompt: Prompt | None = None
    missing: str = ""
    """Why there is no prompt."""


def why(repo: str | None, place: str, *, at: str = "HEAD") -> Origin:
    """The origin of ``PATH:LINE``, as the line is at a commit.

    Raises:
        UsageError: it names no line of that commit.
    """
    root = locate(repo)
    return asyncio.run(_why(root, open_repository(root), place, at))


async def _why(root: Path, git: Repository, place: str, at: str) -> Origin:
    match = _PLACE.fullmatch(place)
    if match is None or int(match[2]) < 1:
        raise UsageError(f"{clean(place)} names no line: write PATH:LINE, such as src/app.py:12.")
    path, line = _inside(root, match[1]), int(match[2])
    tip = await git.resolve(at)
    if tip is None:
        raise UsageError(f"{clean(at)} names no commit here; try a branch, a tag, or an id.")
    try:
        blamed = await blame(git, commit=tip, path=path, line=line)
    except GitError as error:
        is_there = path in await git.entries(await git.tree_of(tip))
        hint = "" if is_there else await _elsewhere(git, root, path)
        raise UsageError(f"{clean(path)}:{line} is no line of {clean(at)}: {error}{hint}") from error
    commit = await told(git, blamed.commit)
    found = Origin(path=path, line=line, text=blamed.text, commit=commit, source="nobody")
    locks = await _locks(git, tip)
    trailers = parse_trailers(commit.message)
    if trailers.get("Task") and trailers.get("Spec"):
        found, lock = _by_trailers(found, trailers, locks)
        return _completed(root, found, lock)
    brought = await _brought(git, commit)
    told_by = _by_locks(found, blamed, {path: lock for path, lock in locks.items() if path in brought})
    return found if told_by is None else _completed(root, *told_by)


async def _elsewhere(git: Repository, root: Path, path: str) -> str:
    """Which run's branch has a file that is missing here, as it is asked for; empty where none has."""
    for folder in reversed(all_runs(root)):
        tip = await git.resolve(integration_branch(folder.run))
        if tip is not None and path in await git.entries(await git.tree_of(tip)):
            return f". {branch(folder.run)} has that file: say --at {branch(folder.run)}"
    return ""


def _by_trailers(
    found: Origin, trailers: Mapping[str, tuple[str, ...]], locks: Mapping[str, Lock]
) -> tuple[Origin, Lock | None]:
    spec = trailers["Spec"][0].partition("@")[0]
    traced = replace(
        found,
        source="trailers",
        spec=spec,
        tasks=trailers["Task"],
        title=found.commit.subject,
        run=next(iter(trailers.get("Run", ())), ""),
        requirements=_named(trailers.get("Requirement", ())),
    )
    return traced, next((lock for lock in locks.values() if lock.spec_id == spec), None)


def _by_locks(found: Origin, blamed: Blamed, locks: Mapping[str, Lock]) -> tuple[Origin, Lock] | None:
    """A commit without trailers is the work of a run if it brought along a lock whose tasks changed the file."""
    for lock in locks.values():
        tasks = _tasks_of(lock, blamed.path) or _tasks_of(lock, found.path)
        if tasks:
            traced = replace(
                found,
                source="lock",
                spec=lock.spec_id,
                tasks=tuple(task.id for task in tasks),
                title="; ".join(task.title for task in tasks),
                run=tasks[0].run,
                requirements=_named(item for task in tasks for item in task.requirements),
            )
            return traced, lock
    return None


def _named(items: Iterable[str]) -> tuple[Requirement, ...]:
    return tuple(Requirement(id=item, text="") for item in dict.fromkeys(items))


async def _brought(git: Repository, commit: Told) -> frozenset[str]:
    """The paths that a commit changed; of a merge, against its first parent."""
    tree = await git.tree_of(commit.commit)
    if not commit.parents:
        return frozenset(await git.entries(tree))
    return frozenset(await git.changed(await git.tree_of(commit.parents[0]), tree))


def _tasks_of(lock: Lock, path: str) -> tuple[LockedTask, ...]:
    """The landed tasks that changed a path; where the lock does not say what they changed, those that own it."""
    changed = tuple(task for task in lock.tasks if path in task.paths)
    owners = (task for task in lock.tasks if not task.paths and any(covers(glob, path) for glob in task.owns))
    return changed or tuple(task for task in owners if task.commit)


def _completed(root: Path, found: Origin, lock: Lock | None) -> Origin:
    """With what the lock and the run's folder know beside."""
    found = replace(
        found,
        checks=_touching(lock, found) if lock is not None else (),
        decisions=_decided(lock, found) if lock is not None else (),
        missing=f"the folder of run {found.run} is not here" if found.run else "no run is named",
    )
    texts = {item: known.text for item, known in lock.items.items()} if lock is not None else {}
    folder = next((folder for folder in all_runs(root) if folder.run == found.run), None)
    if folder is not None:
        try:
            with opened(folder) as run:
                spec = read(folder, run.store)
                texts = texts | {item.id: item.text for item in spec.items.values()}
                prompt, missing = _prompt(run, found)
                asked = tuple(_asked(run, found))
                found = replace(found, decisions=asked or found.decisions, prompt=prompt, missing=missing)
        except (AgentctlError, OSError) as error:
            found = replace(found, missing=f"the folder of run {found.run} cannot be read: {error}")
    named = tuple(replace(each, text=texts.get(each.id, "")) for each in found.requirements)
    return replace(found, requirements=named)


def _touching(lock: Lock, found: Origin) -> tuple[str, ...]:
    """The evidence that looked at the file."""
    return tuple(
        f"{row.check} {row.level}{f', tells {row.killed}' if row.killed else ''}"
        for row in lock.evidence
        if found.path in row.touched
    )


def _decided(lock: Lock, found: Origin) -> tuple[Decision, ...]:
    wanted = {each.id for each in found.requirements}
    return tuple(
        Decision(text=each.question, answer=each.answer, by=each.by)
        for each in lock.answers
        if not each.requirements or wanted.intersection(each.requirements)
    )


def _asked(run: OpenRun, found: Origin) -> Iterator[Decision]:
    """The questions of the run that are about these requirements, or that one of these tasks asked."""
    wanted = {each.id for each in found.requirements}
    for asked in run.store.questions():
        if asked.question.kind == "decision" and _concerns(asked, wanted, found.tasks):
            task = asked.question.task
            by = asked.answered_by or ""
            given = widens(asked, task)
            yield Decision(text=asked.question.text, answer=asked.answer, by=by, task=task, widened=given)


def _concerns(asked: Asked, wanted: set[str], tasks: tuple[str, ...]) -> bool:
    question = asked.question
    by_task = question.asked_by.partition(":")[0] in tasks
    return by_task or bool(wanted.intersection(question.requirements)) or question.asked_by.startswith("spec ")


def _prompt(run: OpenRun, found: Origin) -> tuple[Prompt | None, str]:
    """The last call of the landed attempt whose reply holds the line; else the attempt's first."""
    landed = {landing.key for landing in run.store.landings() if landing.key.task in found.tasks}
    calls = sorted(
        (call for call in run.journal.calls() if call.key.attempt in landed and call.key.role == WORKER),
        key=lambda call: (call.started_at, call.key),
    )
    if not calls:
        return None, f"run {found.run} keeps no call of {', '.join(found.tasks)}"
    wrote = [call for call in calls if _holds(call, found.text)]
    call = (wrote or calls[:1])[-1]
    return (
        Prompt(
            run=found.run,
            attempt=str(call.key.attempt),
            turn=call.key.turn,
            lines=tuple(transcript(run, (call,), full=True)),
            document=transcript_document(run, (call,)),
        ),
        "",
    )


def _holds(call: Call, text: str) -> bool:
    """Whether a reply, JSON within JSON or plain, holds a line."""
    wanted = text.strip()
    if not wanted or call.reply is None:
        return False
    once = json.dumps(wanted, ensure_ascii=False)[1:-1]
    twice = json.dumps(once, ensure_ascii=False)[1:-1]
    return any(each in call.reply for each in (wanted, once, twice))


async def _locks(git: Repository, tip: str) -> dict[str, Lock]:
    """Every lock of a commit, by path; what cannot be read is no lock."""
    entries = await git.entries(await git.tree_of(tip))
    paths = [path for path in sorted(entries) if path.endswith(".lock")][:_MOST_LOCKS]
    contents = await git.read_many([entries[path].id for path in paths])
    found: dict[str, Lock] = {}
    for path in paths:
        content = contents[entries[path].id]
        if len(content) <= _LOCK_BYTES and _HEAD in content[:200]:
            try:
                found[path] = read_lock(content.decode("utf-8", "replace"))
            except LockError:
                continue
    return found


def _inside(root: Path, name: str) -> str:
    """A path as git writes it: from the root, or from where one stands."""
    here = Path(name).absolute()
    if here.exists() and here.resolve().is_relative_to(root.resolve()):
        return here.resolve().relative_to(root.resolve()).as_posix()
    return Path(name).as_posix()
