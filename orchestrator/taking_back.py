"""Takes back what a task landed: by a task whose patch undoes it, which the gate judges and the queue lands like any.

Nobody moves a ref by hand, and what cannot be undone changes nothing. A wish is seen to by the driver: it becomes a
task, or the choice says why not. In a replay the choices of the recording stand for the wishes.
"""

from dataclasses import dataclass

import msgspec

from . import faults
from .bases import tip_tree
from .keeping import Keeping
from .nouns.events import AttemptStarted, Chosen, Fact, Patched, PlanApproved, Planned
from .nouns.hands import PERSON, Wish
from .nouns.keys import RECORDED, AttemptKey
from .nouns.plan import Plan
from .nouns.runs import AttemptStatus
from .ports import Git, Merge, Store
from .rules import amending as rules
from .rules.amending import FORGETS, REVERTS
from .rules.estimate import unasked
from .run_view import RunView


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """What became of a wish, as a replay needs it."""

    task: str
    """What was to be taken back."""
    why: str
    by: str
    undoes: str = ""
    """The task that takes it back; empty where that cannot be."""
    refused: str = ""
    """Why not."""
    landed: tuple[str, ...] = ()
    """The tasks that had landed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TakingBack:
    """One run's wishes to have something taken back."""

    view: RunView
    store: Store
    git: Git
    keeping: Keeping

    def begin(self) -> None:
        """See to every wish that nobody has seen to."""
        if self.store.run().settings.replay is not None:
            self._obey()
            return
        for wish in self.store.hands().reverts:
            if self.store.choice(f"{REVERTS}{wish.number}") is None:
                self._decide(wish, tuple(landing.key.task for landing in self.store.landings()))

    async def start(self, key: AttemptKey) -> tuple[str, str]:
        """Begin the attempt that undoes what a task landed: its tree, and why there is none."""
        attempt = self.store.attempt(key)
        if attempt is not None and attempt.tree is not None:
            return attempt.tree, ""
        landed = landing_of(self.view.plan.task(key.task).reverts, self.view)
        tip = await tip_tree(self.keeping.run, self.git)
        undone = await undo(landed, onto=tip, git=self.git)
        started = AttemptStarted(key=key, rung=PERSON, base_tree=tip)
        if undone.tree is None:
            self.store.append(started, author="driver")
            return "", f"What landed later changed the same lines of {', '.join(undone.conflicts)}."
        title = self.view.plan.task(key.task).title
        patch = await self.keeping.commit(undone.tree, f"{title}\n\nAttempt {key} of run {self.keeping.run}.")
        await self.keeping.point(key, patch)
        self.store.append(started, Patched(key=key, patch=patch, tree=undone.tree), author="driver")
        return undone.tree, ""

    def _decide(self, wish: Wish, landed: tuple[str, ...]) -> None:
        """The task that takes it back, in the plan; or why there is none. In one append."""
        plan, refused = self.view.plan, objection(wish.task, self.view)
        if refused:
            self._say(wish, Step(task=wish.task, why=wish.why, by=wish.by, refused=refused))
            return
        stored = self._plan()
        task = rules.taking_back(stored, wish, landed=landed)
        more = rules.with_task(stored, task)
        tests = rules.forgotten(
            self.view.verdict_of(landing_of(wish.task, self.view)), promised=self._promised(plan, wish.task)
        )
        step = Step(task=wish.task, why=wish.why, by=wish.by, undoes=task.id, landed=landed)
        forgets = Chosen(key=f"{FORGETS}{task.id}", value=msgspec.json.encode(tests).decode())
        self._say(wish, step, forgets, Planned(plan=more, estimate=unasked(more)), PlanApproved())

    def _say(self, wish: Wish, step: Step, *more: Fact) -> None:
        decided = Chosen(key=f"{REVERTS}{wish.number}", value=msgspec.json.encode(step).decode())
        self.store.append(decided, *more, author=wish.by)
        faults.reach("revert.decided")

    def _promised(self, plan: Plan, task: str) -> frozenset[str]:
        """The tests of the base, and of all that landed without building on that task."""
        others = [each.id for each in plan.tasks if each.id != task and task not in self.view.closure(each.id)]
        verdicts = (self.view.verdict_of(attempt) for attempt in self.view.landed(others))
        return self.view.baseline.tests.union(*(verdict.tests for verdict in verdicts if verdict is not None))

    def _obey(self) -> None:
        """In a replay: the next wish of the recording, once as much has landed as had then."""
        number = 1
        while self.store.choice(f"{REVERTS}{number}") is not None:
            number += 1
        said = self.store.choice(f"{RECORDED}{REVERTS}{number}")
        if said is None:
            return
        then = msgspec.json.decode(said, type=Step)
        if {landing.key.task for landing in self.store.landings()}.issuperset(then.landed):
            wish = Wish(number=number, task=then.task, why=then.why, by=then.by, at=0.0)
            if then.refused:
                self._say(wish, then)
            else:
                self._decide(wish, then.landed)

    def _plan(self) -> Plan:
        plan = self.store.plan()
        if plan is None:
            raise LookupError("something is to be taken back in a run that has no plan")
        return plan


def decision(store: Store, number: int) -> Step | None:
    """What became of the wish of that number; None as long as nobody has seen to it."""
    said = store.choice(f"{REVERTS}{number}")
    return msgspec.json.decode(said, type=Step) if said is not None else None


def objection(task: str, view: RunView) -> str:
    """Why a task's work cannot be taken back, before anything is tried; empty where it can."""
    statuses = view.store.tasks()
    status = next((each for each in statuses if each.task.id == task), None)
    if status is None or status.state != "landed":
        return f"{task} is not part of the branch."
    if status.task.follows:
        return f"{task} brought what the base branch has: work of the run may lean on it by now."
    if status.task.reverts:
        return f"{task} took {status.task.reverts} back itself; `agentctl amend` has that work done again."
    on_it = rules.builders(view.plan, statuses, task)
    if on_it:
        builds = "builds" if len(on_it) == 1 else "build"
        return f"{', '.join(on_it)} {builds} on what {task} landed."
    return ""


def landing_of(task: str, view: RunView) -> AttemptStatus:
    """The attempt with which a task landed; raises LookupError where it has not."""
    for attempt in view.landed([task]):
        return attempt
    raise LookupError(f"{task} is to be taken back and has not landed")


async def undo(landed: AttemptStatus, *, onto: str, git: Git) -> Merge:
    """A tree without what an attempt changed; the paths in the way where later work changed the same lines."""
    if landed.tree is None:
        raise LookupError(f"attempt {landed.key} landed without a tree")
    return await git.merge(base=landed.tree, ours=onto, theirs=landed.base_tree)
