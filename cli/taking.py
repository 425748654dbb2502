"""`take` and `submit`: a task's latest attempt in a work tree of the person's own, and back through the gate."""

import argparse
import asyncio
from dataclasses import dataclass
from itertools import chain, count
from pathlib import Path

from ..orchestrator.clock import SystemClock
from ..orchestrator.curtain import Curtain
from ..orchestrator.errors import PolicyViolation, UsageError
from ..orchestrator.git.opening import open_repository
from ..orchestrator.git.repository import Repository
from ..orchestrator.git.work_trees import add_work_tree, is_free, is_work_tree_of, make_room
from ..orchestrator.keeping import Keeping
from ..orchestrator.nouns.events import Chosen, TaskMoved
from ..orchestrator.nouns.hand_facts import TaskGivenBack, TaskTaken, WorkTreeMade
from ..orchestrator.nouns.hands import PERSON, Taken
from ..orchestrator.nouns.keys import AttemptKey
from ..orchestrator.nouns.runs import AttemptStatus, TaskStatus
from ..orchestrator.rules import asking
from ..orchestrator.rules.hands import ended_at
from ..orchestrator.rules.turns import finished
from ..orchestrator.run_view import view_of
from ..orchestrator.store.folder import exclude_from_git
from ..orchestrator.taking import Laid, Taking
from ..orchestrator.workspace.by_hand import lay_out, read_back
from ..tui.clean import clean, clean_lines
from . import processes
from .answers import named
from .built_before import spec_of
from .by_hand import do, in_hand, task_in_hand
from .finding import attempt_named
from .output import emit, say
from .repository import OpenRun, locate

LOOK = 0.05
RED = 1
_REASONS = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class _Bench:
    """A run with what it takes to work on one of its tasks by hand."""

    run: OpenRun
    root: Path
    git: Repository
    taking: Taking

    @property
    def id(self) -> str:
        return self.run.folder.run


async def _bench(args: argparse.Namespace, run: OpenRun) -> _Bench:
    now, root = run.store.run(), locate(args.repo)
    if not run.store.approved():
        raise UsageError(f"The plan of run {now.id} is not approved yet: no task of it can be taken.")
    git = open_repository(root, rules=now.settings.commit)
    spec = await spec_of(run.folder, run.store, git)
    view = view_of(run.store, spec)
    keeping = Keeping(
        run=now.id,
        view=view,
        store=run.store,
        git=git,
        curtain=Curtain(git=git, spec=spec, never_send=now.settings.never_send),
        clock=SystemClock(),
    )
    taking = Taking(run=now.id, view=view, store=run.store, git=git, keeping=keeping)
    return _Bench(run=run, root=root, git=git, taking=taking)


async def take(args: argparse.Namespace) -> int:
    """Take a task: stop its worker, and lay its latest attempt out; taking it again goes on from where that stopped."""
    with in_hand(args) as run:
        status = task_in_hand(run, args.task.partition(":")[0])
        bench = await _bench(args, run)
        task = status.task.id
        taken = run.store.hands().taken_by(task)
        if taken is not None and taken.folder and is_work_tree_of(bench.git, Path(taken.folder)) and not args.folder:
            say(f"{task} is taken by {named(taken.by)} already: agentctl submit --run {bench.id} {task}")
            latest = bench.taking.latest(task)
            _say_reasons(bench.taking.missing(latest) if latest is not None else ())
            emit([taken.folder])
            return 0
        source = attempt_named(run, args.task) if ":" in args.task else None
        folder = _folder(args, bench, task)
        if taken is None:
            _say_taken(bench, status)
        await _stopped(bench, task)
        if task_in_hand(run, task).state == "queued":
            _give_back(bench, task)
            raise UsageError(f"{task} was green and is landing; nothing was taken from it.")
        laid = await bench.taking.lay_out(task, source or bench.taking.latest(task))
        await _made(bench, task, laid, folder)
        _tell(bench, task, laid)
        emit([str(folder)])
    return 0


def _folder(args: argparse.Namespace, bench: _Bench, task: str) -> Path:
    """Where the work tree goes: nowhere in a checkout, but for agentctl's own folder, which git overlooks."""
    if not args.folder:
        exclude_from_git(bench.root)
        first = bench.root / ".agentctl" / "taken" / f"{bench.id}-{task}"
        later = (first.with_name(f"{first.name}-{number}") for number in count(2))
        return next(folder for folder in chain([first], later) if is_free(folder))
    folder = Path(args.folder).expanduser().resolve()
    own = bench.root / ".agentctl" / "taken"
    if folder.is_relative_to(bench.root.resolve()) and not folder.is_relative_to(own.resolve()):
        raise UsageError(f"{folder} is inside your checkout, which stays as it is: name a folder outside, or none.")
    make_room(folder)
    return folder


def _say_taken(bench: _Bench, status: TaskStatus) -> None:
    """Put it into the tables that the task is a person's; refuses what cannot be taken now."""
    task, store = status.task, bench.run.store
    landed = {each.task.id for each in store.tasks() if each.state == "landed"}
    waits = [need for need in bench.taking.view.needs(task.id) if need not in landed]
    if waits:
        raise UsageError(f"{task.id} builds on {', '.join(waits)}: take it once that has landed.")
    if status.state == "queued":
        raise UsageError(f"{task.id} is green and about to land: there is nothing left to do on it.")
    stuck = asking.withdrawn(store.questions(only_open=True), task.id, asking.TAKEN_OVER)
    store.append(TaskTaken(task=task.id, attempt=status.attempt), *stuck, author=processes.person(bench.root))


def _give_back(bench: _Bench, task: str) -> None:
    """Leave a task to its ladder again that was said to be taken, and of which nobody has a work tree."""
    taken = bench.run.store.hands().taken_by(task)
    if taken is not None and not taken.folder:
        bench.run.store.append(TaskGivenBack(task=task), author=processes.person(bench.root))


async def _stopped(bench: _Bench, task: str) -> None:
    """Wait until the driver has ended what went on, or do it in its place where there is none."""
    while _going(bench, task):
        if bench.run.folder.driver() is not None:
            await asyncio.sleep(LOOK)
            continue
        with bench.run.folder.lock():
            await _end(bench, task)


def _going(bench: _Bench, task: str) -> list[AttemptStatus]:
    states = {status.task.id: status.state for status in bench.run.store.tasks()}
    if states[task] in ("queued", "landed"):
        return []
    return [each for each in bench.run.store.attempts(task) if not each.over and each.rung != PERSON]


async def _end(bench: _Bench, task: str) -> None:
    """End the attempts that a driver left, with the trees that their last finished steps left."""
    from ..orchestrator.graphs.checkpoints import open_checkpoints
    from ..orchestrator.graphs.threads import tree_in

    taken, store = bench.run.store.hands().taken_by(task), bench.run.store
    why, turns = f"{named(taken.by) if taken else 'A person'} took the task over.", finished(store.events())
    async with open_checkpoints(bench.run.folder.graph_db) as saver:
        for each in _going(bench, task):
            tree = await tree_in(saver, each.key.thread(bench.id))
            after = Chosen(key=ended_at(each.key), value=f"{turns.get(each.key, 0)} {why}")
            facts = await bench.taking.keeping.ended(each.key, tree, reason=why, clash=True, also=[after])
            store.append(*facts, author="driver")


async def _made(bench: _Bench, task: str, laid: Laid, folder: Path) -> None:
    """The work tree: its HEAD is what the attempt made, on a commit with its base; then the fact."""
    keeping, title = bench.taking.keeping, bench.taking.view.plan.task(task).title
    base = await keeping.commit(laid.base_tree, f"Base of {task} in run {bench.id}")
    message = f"{title}, as far as it is\n\n{f'Attempt {laid.of}' if laid.of else 'Nothing yet'} of run {bench.id}."
    at = keeping.clock.now()
    head = await bench.git.commit(tree=laid.tree, parents=[base], message=message, at=at)
    await add_work_tree(bench.git, folder, commit=head)
    await lay_out(bench.git, laid.tree, folder)
    made = WorkTreeMade(task=task, folder=str(folder), base_tree=laid.base_tree, tree=laid.tree)
    parked = TaskMoved(task=task, state="parked", reason=f"taken: {folder}")
    bench.run.store.append(made, parked, author=processes.person(bench.root))


def _tell(bench: _Bench, task: str, laid: Laid) -> None:
    """What is there, what is missing, and what to do next."""
    status = bench.taking.view.plan.task(task)
    made = f"attempt {laid.of}" if laid.of else "its base: nobody has written anything yet"
    say(f"{task} ({clean(status.title)}) is yours, with {made}; `git diff HEAD~1` there shows what was done")
    if laid.conflicts:
        say(f"others changed the same lines of {', '.join(map(clean, laid.conflicts))}: what landed stands there now")
    _say_reasons(laid.missing)
    say(f"it may write {', '.join(map(clean, bench.taking.view.owned(task))) or 'nothing'}")
    say(f"hand it in: agentctl submit --run {bench.id} {task}   or: agentctl give-back --run {bench.id} {task}")


def _say_reasons(reasons: tuple[str, ...]) -> None:
    for reason in reasons[:_REASONS]:
        say("\n".join(f"  {line}" for line in clean_lines(reason).splitlines()))


async def submit(args: argparse.Namespace) -> int:
    """Hand in a work tree: told what is wrong with it before anything is judged, and afterwards what the gate says."""
    with in_hand(args) as run:
        task = task_in_hand(run, args.task).task.id
        bench = await _bench(args, run)
        taken = _taken(bench, task, args.folder)
        tree, sizes = await _read(bench, taken)
        allowed = tuple(dict.fromkeys([*run.store.hands().allowed_in(task), *args.allow]))
        wrong = await bench.taking.wrong(taken, tree, sizes=sizes, allowed=allowed)
        if wrong:
            raise PolicyViolation(
                "\n".join([f"{task} cannot be handed in as it is:", *(f"- {each}" for each in wrong)])
            )
        author = str(await bench.git.person())
        facts = await bench.taking.hand_in(taken, tree, author=author, allowed=args.allow)
        number = len({each.key.attempt for each in run.store.attempts(task)}) + 1
        do(args, run, *facts, words=f"{task} is handed in as attempt {number}, by {clean(author)}")
        return 0 if args.no_wait else await _verdict(bench, AttemptKey(task=task, attempt=number))


def _taken(bench: _Bench, task: str, folder: str | None) -> Taken:
    taken = bench.run.store.hands().taken_by(task)
    if taken is None or not taken.folder:
        raise UsageError(f"{task} is not taken: agentctl take --run {bench.id} {task}")
    judged = [each for each in bench.run.store.attempts(task) if each.rung == PERSON and not each.over]
    if judged:
        raise UsageError(f"{judged[-1].key}, which you handed in, is being judged: wait for what comes of it.")
    place = Path(folder).expanduser().resolve() if folder else Path(taken.folder)
    if not is_work_tree_of(bench.git, place):
        again = f"agentctl take --run {bench.id} {task}"
        raise UsageError(
            f"{place} is no work tree of {bench.root}: name the one you changed, or make one with `{again}`."
        )
    if place == bench.git.location.root:
        raise UsageError(f"{place} is your checkout, not the work tree of {task}: leave it out, or name that one.")
    return Taken(
        task=task,
        attempt=taken.attempt,
        by=taken.by,
        at=taken.at,
        folder=str(place),
        base_tree=taken.base_tree,
        tree=taken.tree,
    )


async def _read(bench: _Bench, taken: Taken) -> tuple[str, dict[str, int]]:
    tree, sizes = await read_back(bench.git, taken.base_tree, Path(taken.folder))
    return tree, dict(sizes)


async def _verdict(bench: _Bench, key: AttemptKey) -> int:
    """Wait for what the driver makes of it; 0 where none drives."""
    store = bench.run.store
    while bench.run.folder.driver() is not None:
        attempt = store.attempt(key)
        if attempt is not None and attempt.state == "landed":
            commit = next(each.commit for each in store.landings() if each.key == key)
            say(f"{key.task} landed as {commit[:10]}")
            return 0
        if attempt is not None and attempt.over:
            return _red(bench, attempt)
        await asyncio.sleep(LOOK)
    attempt = store.attempt(key)
    if attempt is not None and attempt.state == "landed":
        return 0
    return _red(bench, attempt) if attempt is not None and attempt.state == "failed" else 0


def _red(bench: _Bench, attempt: AttemptStatus) -> int:
    task = attempt.key.task
    for line in clean_lines(attempt.reason).splitlines():
        say(line)
    if attempt.clash:
        again = f"agentctl take --run {bench.id} {task} DIR"
        say(f"{task} is still yours; what landed meanwhile is in a new work tree: {again}")
    else:
        say(f"{task} is still yours: mend it, then `agentctl submit --run {bench.id} {task}` again")
    return RED
