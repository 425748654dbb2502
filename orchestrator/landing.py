"""What moves the integration branch: only to a tree that has a passing verdict, by compare and swap, and once.

The intention is recorded before the move and the fact after it, so that whoever starts after a kill finds in git which
of the two was reached (`settle_landing`).

A walk through one landing:  T3 and T5 are stacked on the tip -> the stacked tree was judged -> `LandingIntended` -> the
branch moves from old to new -> `Landed`, evidence, and the group's `Chosen` in one append.
"""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

from . import faults
from .errors import GitError
from .nouns.events import AttemptEnded, Chosen, EvidenceFound, Fact, Landed, LandingIntended, Noted, TaskMoved
from .nouns.hand_facts import Reverted
from .nouns.keys import integration_branch
from .nouns.plan import LockedTest, Plan
from .nouns.runs import AttemptStatus, Landing
from .nouns.verdicts import Verdict
from .ports import Clock, Git, Store
from .rules.commit_text import landing_message
from .rules.evidence import evidence_for
from .run_view import RunView

URGENT = 1e9
"""Priority of the queue's gate runs: everybody waits for the tip."""

GROUP = "group:"
"""Prefix of the choices that hold what the queue decided, numbered in that order."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stacked:
    """A patch on top of the tip and of those below it."""

    attempt: AttemptStatus
    tree: str
    """The tip with this patch and all before it."""
    told: tuple[str, ...] = ()
    """What is worth saying of what became of its changes, a sentence each."""


class Branch:
    """The integration branch of a run."""

    def __init__(self, *, run: str, git: Git, store: Store, clock: Clock, view: RunView) -> None:
        self._ref = integration_branch(run)
        self._run = run
        self._git = git
        self._store = store
        self._clock = clock
        self._view = view

    async def tip(self) -> str:
        """The commit it points at. Raises GitError where it is gone."""
        tip = (await self._git.refs(self._ref)).get(self._ref)
        if tip is None:
            raise GitError(f"{self._ref} is gone; restore it with `git update-ref` from the last landing and resume")
        return tip

    async def land(self, stack: Sequence[Stacked], tip: str, verdict: Verdict, chosen: Chosen) -> None:
        """Move it from ``tip`` to a commit for each patch, the last of which has the tree that was judged."""
        landings = await self._commits(stack, tip)
        new = landings[-1].commit
        notes = [Noted(text=f"{each.attempt.key.task}: {said}") for each in stack for said in each.told]
        self._store.append(*notes, LandingIntended(old=tip, new=new, landings=landings), author="queue")
        faults.reach("landing.intended")
        if not await self._git.move_ref(self._ref, new=new, old=tip):
            raise GitError(f"{self._ref} was moved by somebody else; move it back to {tip} and resume the run")
        faults.reach("landing.moved")
        evidence = evidence_for(landings, plan=self._view.plan, spec=self._view.spec, verdict=verdict)
        facts = landed_facts(landings, self._view.plan)
        self._store.append(*facts, EvidenceFound(evidence=evidence), chosen, author="queue")
        faults.reach("landing.recorded")

    def reject(self, attempt: AttemptStatus, reason: str, *more: Fact) -> None:
        """Send a patch back to its task, to be done again on top of everything that has landed."""
        key = attempt.key
        needs = tuple(landing.key.task for landing in self._store.landings())
        self._store.append(
            AttemptEnded(key=key, state="failed", reason=reason, clash=True),
            TaskMoved(task=key.task, state="blocked", reason=reason, needs=needs),
            *more,
            author="queue",
        )
        faults.reach("landing.rejected")

    async def _commits(self, stack: Sequence[Stacked], tip: str) -> tuple[Landing, ...]:
        landings: list[Landing] = []
        order = max((landing.order for landing in self._store.landings()), default=0)
        parent, now = tip, self._clock.now()
        for each in stack:
            task = self._view.plan.task(each.attempt.key.task)
            message = landing_message(
                title=task.title,
                body=task.goal,
                spec_id=self._view.spec.id,
                spec_digest=self._view.spec.digest,
                task=task.id,
                requirements=task.requirements,
                run=self._run,
            )
            author = self._view.author_of(each.attempt)
            # What was followed is a parent too, so that git takes none of it for the run's own work.
            parents = [parent, *filter(None, [task.follows])]
            parent = await self._git.commit(tree=each.tree, parents=parents, message=message, at=now, author=author)
            order += 1
            landings.append(
                Landing(
                    order=order,
                    key=each.attempt.key,
                    commit=parent,
                    tree=each.tree,
                    patch=each.attempt.patch or "",
                    at=now,
                )
            )
        return tuple(landings)


def secret(locked: Sequence[LockedTest]) -> tuple[LockedTest, ...]:
    """The holdouts among these: what the gate lays over a tree although it never lands."""
    return tuple(each for each in locked if each.secret)


def next_group(store: Store) -> str:
    """The key of the queue's next decision."""
    return next(key for number in itertools.count() if store.choice(key := f"{GROUP}{number}") is None)


def landed_facts(landings: Sequence[Landing], plan: Plan | None) -> tuple[Fact, ...]:
    """What is appended once the branch has moved: what landed, and what that took back."""
    landed = {landing.key.task for landing in landings}
    undoing = [task for task in plan.tasks if task.reverts and task.id in landed] if plan is not None else []
    gone = (Reverted(task=task.reverts, by=task.id, reason=task.goal) for task in undoing)
    return (Landed(landings=tuple(landings)), *gone)


async def settle_landing(*, run: str, git: Git, store: Store, view: RunView) -> str:
    """After a kill: ask git whether the last intended landing happened, and record it if it did.

    Returns a sentence for the log, or nothing where the tables and the branch agreed.
    """
    intended = [event.fact for event in store.events() if isinstance(event.fact, LandingIntended)]
    known = {landing.commit for landing in store.landings()}
    branch = integration_branch(run)
    tip = (await git.refs(branch)).get(branch)
    last = next((each for each in reversed(intended) if each.new == tip), None)
    if last is None or tip in known:
        return ""
    verdict = store.verdict_of_tree(last.landings[-1].tree)
    facts = landed_facts(last.landings, store.plan())
    if store.plan() is not None and verdict is not None:
        found = evidence_for(last.landings, plan=view.plan, spec=view.spec, verdict=verdict)
        facts = (*facts, EvidenceFound(evidence=found))
    chosen = Chosen(key=next_group(store), value=" ".join(str(landing.key) for landing in last.landings))
    store.append(*facts, chosen, author="driver")
    tasks = ", ".join(landing.key.task for landing in last.landings)
    return f"{tasks} had landed when the process ended; the tables know it now"
