"""How the items of a spec came to be: commits and tasks, by trailers, or by the lock where those were squashed away."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from ..orchestrator.errors import GitError
from ..orchestrator.git.history import Told, blame, mentioning, reaches, told, touching
from ..orchestrator.git.repository import Repository
from ..orchestrator.rules.commit_text import parse_trailers
from ..orchestrator.rules.globs import covers
from ..specs.lock import Lock, LockError, lock_path, read_lock
from ..specs.names import identifier
from ..specs.nouns import Spec
from ..specs.rules.reading import Reading
from ..specs.rules.suppression import suppressions

_WITHOUT_CHECK = "SPT201"


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """A task that worked on an item, and its commit; ``squashed`` where only the lock remembers that commit."""

    task: str
    commit: str
    squashed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Trace:
    """Works by item, the newest first; ``base`` is the commit before the first of them, None where nobody knows."""

    works: Mapping[str, tuple[Work, ...]]
    base: str | None
    tip: str


async def trace(  # noqa: PLR0913 - what is known of a spec's work
    git: Repository,
    spec: Spec,
    lock: Lock | None,
    *,
    tip: str,
    spec_path: str,
    base: str | None,
    elsewhere: bool = False,
) -> Trace:
    """The trace of a spec up to a commit.

    ``base`` is what a person said it is. ``elsewhere`` says that the lock was not found with this commit: of the tasks
    that it names and whose commits are not here, only those count that the commit's own lock names too.
    """
    commits = await commits_of(git, spec.id, tip=tip)
    works: dict[str, list[Work]] = {}
    for each in commits:
        trailers = parse_trailers(each.message)
        for item in trailers.get("Requirement", ()):
            for task in trailers.get("Task", ()):
                works.setdefault(item, []).append(Work(task=task, commit=each.commit))
    traced = frozenset(works)
    own = await _tasks_at(git, tip=tip, spec_path=spec_path) if elsewhere and lock is not None else None
    for landed in (task for task in (lock.tasks if lock is not None else ()) if task.commit):
        squashed = not await reaches(git, tip=tip, commit=landed.commit)
        if squashed and own is not None and (landed.id, landed.commit) not in own:
            continue
        for item in set(landed.requirements) - traced:
            works.setdefault(item, []).append(Work(task=landed.id, commit=landed.commit, squashed=squashed))
    if base is None:
        base = _before(commits[-1]) if commits else await _before_lock(git, lock, tip=tip, spec_path=spec_path)
    return Trace(works={item: tuple(found) for item, found in works.items()}, base=base, tip=tip)


async def stands_on(git: Repository, *, tip: str, commit: str) -> bool:
    """Whether a commit that a lock names is ``tip`` or before it; what is no commit's id is not."""
    try:
        return await reaches(git, tip=tip, commit=commit)
    except GitError:
        return False


async def _tasks_at(git: Repository, *, tip: str, spec_path: str) -> frozenset[tuple[str, str]]:
    """The tasks and commits that the lock names as it is in a commit; none where there is no lock that can be read."""
    entry = (await git.entries(await git.tree_of(tip))).get(lock_path(spec_path)) if spec_path else None
    if entry is None:
        return frozenset()
    try:
        lock = read_lock((await git.read(entry.id)).decode("utf-8"))
    except (LockError, UnicodeDecodeError):
        return frozenset()
    return frozenset((task.id, task.commit) for task in lock.tasks)


async def commits_of(git: Repository, spec_id: str, *, tip: str) -> tuple[Told, ...]:
    """The commits whose trailers name a spec, newest first."""
    found = await mentioning(git, tip=tip, words=f"Spec: {spec_id}@")
    return tuple(each for each in found if _names(each, spec_id))


def _names(commit: Told, spec_id: str) -> bool:
    return any(value.startswith(f"{spec_id}@") for value in parse_trailers(commit.message).get("Spec", ()))


def _before(commit: Told) -> str | None:
    return commit.parents[0] if commit.parents else None


async def _before_lock(git: Repository, lock: Lock | None, *, tip: str, spec_path: str) -> str | None:
    """The commit before the one that brought the lock and the work together, as a squash merge does."""
    if lock is None or not spec_path:
        return None
    commits = await touching(git, tip=tip, path=lock_path(spec_path))
    first = commits[-1] if commits else None
    before = _before(first) if first is not None else None
    if first is None or before is None:
        return None
    changed = await git.changed(await git.tree_of(before), await git.tree_of(first.commit))
    worked = {path for task in lock.tasks for path in task.paths}
    return before if worked & changed.keys() else None


async def unrequested(
    git: Repository, spec: Spec, lock: Lock | None, history: Trace, *, spec_path: str
) -> tuple[str, ...]:
    """Files that changed since the base and that no task of the lock owns."""
    if lock is None or not lock.tasks or history.base is None:
        return ()
    changed = await git.changed(await git.tree_of(history.base), await git.tree_of(history.tip))
    own = {path for task in lock.tasks for path in task.paths} | {fixture.path for fixture in spec.fixtures}
    own |= {spec_path, lock_path(spec_path)} if spec_path else set()
    globs = {glob for task in lock.tasks for glob in task.owns}
    checks = f"tests/spec_{identifier(spec.id)}/"
    return tuple(
        sorted(
            path
            for path in changed
            if path not in own and not path.startswith(checks) and not any(covers(glob, path) for glob in globs)
        )
    )


async def waivers(git: Repository, spec: Spec, *, tip: str, spec_path: str) -> dict[str, str]:
    """Items that a person excused from having a check (SPT201), with the reason and, if git knows, who wrote it."""
    found: dict[str, str] = {}
    for item, reason, line in _excused(spec):
        who = await _author(git, tip=tip, path=spec_path, line=line) if spec_path else ""
        found[item] = f"{reason}{f' ({who})' if who else ''}"
    return found


def _excused(spec: Spec) -> Iterator[tuple[str, str, int]]:
    for code, reason, first, last in suppressions(Reading(spec, None)):
        if code == _WITHOUT_CHECK:
            yield from ((item.id, reason, first) for item in spec.items.values() if first <= item.line <= last)


async def _author(git: Repository, *, tip: str, path: str, line: int) -> str:
    """Who wrote a line of the spec; nobody for one that is not committed."""
    try:
        return (await told(git, (await blame(git, commit=tip, path=path, line=line)).commit)).author
    except GitError:
        return ""
