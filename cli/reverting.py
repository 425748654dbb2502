"""`revert`: what a task landed is taken back; what stands in the way is told before anything is kept."""

import argparse
import asyncio
import time
from dataclasses import dataclass

from ..orchestrator.errors import AgentctlError, UsageError
from ..orchestrator.git.opening import open_repository
from ..orchestrator.git.repository import Repository
from ..orchestrator.nouns.hand_facts import RevertAsked
from ..orchestrator.nouns.keys import integration_branch
from ..orchestrator.nouns.runs import TaskStatus
from ..orchestrator.opened import open_again
from ..orchestrator.run_view import RunView, view_of
from ..orchestrator.taking_back import decision, landing_of, objection, undo
from ..tui.clean import clean, clean_lines
from . import processes
from .built_before import spec_of
from .by_hand import LONGEST
from .finding import task_named
from .opening import announce, go_on, goes_on_here, open_for_more, require_branch
from .output import emit, emit_json, say
from .repository import OpenRun, locate, opened

DONE, REFUSED = 0, 1
_LOOK = 0.05


@dataclass(frozen=True, slots=True, kw_only=True)
class _Outcome:
    """What came of a wish, as it stands."""

    task: str
    undoes: str = ""
    commit: str = ""
    reasons: str = ""

    @property
    def known(self) -> bool:
        """Whether it was decided: landed, or not possible."""
        return bool(self.commit or self.reasons)


def revert(args: argparse.Namespace) -> int:
    """Take a task's work back, or say why that cannot be.

    Raises:
        UsageError: the task has not landed, or is being taken back already.
        AgentctlError: other work builds on it, or changed the same lines.
    """
    root = locate(args.repo)
    with open_for_more(args) as run:
        status = task_named(run, args.task)
        asyncio.run(check(run, open_repository(root), status))
        number = ask(run, status.task.id, args.why, author=processes.person(root))
        say(f"{status.task.id} is to be taken back: the gate judges the branch without it")
        announce(run)
        _wait(run, number, later=args.later)
        known, folder = _outcome(run, number, status.task.id).known, run.folder
        here = not known and goes_on_here(args, folder)
    code = go_on(args, folder) if here else DONE
    with opened(folder) as run:
        return _tell(args, run, _outcome(run, number, status.task.id), status, code=code)


async def check(run: OpenRun, git: Repository, status: TaskStatus) -> None:
    """All that can be known beforehand.

    Raises:
        UsageError: the task has not landed, or is being taken back already.
        AgentctlError: other work builds on it, or changed the same lines.
    """
    task, name = status.task.id, run.folder.run
    if status.state != "landed":
        raise UsageError(f"{task} has not landed ({status.state}): there is nothing to take back.")
    asked = [wish for wish in run.store.hands().reverts if wish.task == task]
    if any(not _outcome(run, wish.number, task).known for wish in asked):
        raise UsageError(f"{task} is being taken back already: see `agentctl status {name}`.")
    tip = await git.tree_of(require_branch(await git.resolve(integration_branch(name)), name))
    view = view_of(run.store, await spec_of(run.folder, run.store, git))
    if why := objection(task, view):
        raise AgentctlError(f"{task} cannot be taken back: {why} Nothing was changed.")
    landed = landing_of(task, view)
    undone = await undo(landed, onto=tip, git=git)
    if undone.tree is None:
        raise AgentctlError(await _in_the_way(task, undone.conflicts, view, git))
    if undone.tree == tip:
        raise AgentctlError(f"{task} cannot be taken back: nothing of what it changed is there any more.")


async def _in_the_way(task: str, conflicts: tuple[str, ...], view: RunView, git: Repository) -> str:
    """Which paths do not come apart, and which tasks changed them since."""
    landings = view.store.landings()
    own = next(landing.order for landing in landings if landing.key.task == task)
    later = []
    for landing in landings:
        attempt = view.store.attempt(landing.key)
        if landing.order <= own or attempt is None or attempt.tree is None:
            continue
        if not set(conflicts).isdisjoint(await git.changed(attempt.base_tree, attempt.tree)):
            later.append(landing.key.task)
    who = f"{', '.join(later)} changed" if later else "later work changed"
    paths = ", ".join(clean(path) for path in conflicts)
    return f"{task} cannot be taken back: {who} the same lines of {paths}. Nothing was changed."


def ask(run: OpenRun, task: str, why: str, *, author: str) -> int:
    """Keep the wish to take a task back; returns its number."""
    why = " ".join(why.split())[:LONGEST]
    while True:
        number = len(run.store.hands().reverts) + 1
        if run.store.append(RevertAsked(number=number, task=task, why=why), author=author):
            return number


def _wait(run: OpenRun, number: int, *, later: bool) -> None:
    """Until the driver knows what comes of it, or is gone, which may have ended the run at this very moment."""
    task = run.store.hands().reverts[number - 1].task
    while not later and run.folder.driver() is not None and not _outcome(run, number, task).known:
        time.sleep(_LOOK)
    open_again(run.store)


def _outcome(run: OpenRun, number: int, task: str) -> _Outcome:
    decided = decision(run.store, number)
    if decided is None:
        return _Outcome(task=task)
    if decided.refused:
        return _Outcome(task=task, reasons=decided.refused)
    undoes = decided.undoes
    commit = next((each.commit for each in run.store.landings() if each.key.task == undoes), "")
    state = next((each for each in run.store.tasks() if each.task.id == undoes), None)
    dropped = state.activity or "it was left out" if state is not None and state.state == "dropped" else ""
    return _Outcome(task=task, undoes=undoes, commit=commit, reasons=dropped)


def _tell(args: argparse.Namespace, run: OpenRun, outcome: _Outcome, status: TaskStatus, *, code: int) -> int:
    """Say what came of it, and return the exit code; ``code`` is that of driving, where nothing is known yet."""
    requirements = status.task.requirements
    if args.json:
        state = "reverted" if outcome.commit else "refused" if outcome.reasons else "asked"
        emit_json(
            {
                "run": run.folder.run,
                "task": outcome.task,
                "state": state,
                "by": outcome.undoes,
                "commit": outcome.commit,
                "requirements": requirements,
                "reasons": outcome.reasons,
            }
        )
    elif outcome.commit:
        emit([outcome.commit])
    if outcome.commit:
        unmet = f"; {', '.join(map(clean, requirements))} not met any more" if requirements else ""
        say(f"{outcome.task} was taken back by {outcome.undoes}, commit {outcome.commit[:10]}{unmet}")
        return DONE
    if outcome.reasons:
        say(f"{outcome.task} was not taken back, and nothing was changed:")
        for line in clean_lines(outcome.reasons).splitlines():
            say(f"  {line}")
        return REFUSED
    return code
