"""What a run leaves for the next one and for readers: proofs of its checks, and the lock of its spec.

Both come after everything has landed. The lock is one more commit on the integration branch, with a verdict for its
exact tree like every other; a run that is killed in between finds what it had done by then.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import msgspec

from ..specs.lock import (
    Lock,
    LockedAnswer,
    LockedContract,
    LockedEvidence,
    LockedTask,
    LockedTeam,
    lock_spec,
    write_lock,
)
from ..specs.nouns import Spec
from . import faults
from .bases import ground_tree
from .clarifying import DECIDED_BY
from .errors import GitError
from .evidence.contracted import rows_of, tests_in
from .evidence.run import Earlier, prove_run
from .evidence.trial import Bench
from .landing import URGENT, secret
from .nouns.events import Chosen, EvidenceFound, Noted
from .nouns.keys import ACTION, integration_branch
from .nouns.plan import LockedTest, Plan, Task
from .nouns.runs import Landing
from .nouns.verdicts import Verdict
from .opened import times_opened
from .ports import Clock, Gate, Git, Store, TreeEntry
from .rules.assumptions import standing_answers
from .rules.carry import locked_task
from .rules.commit_text import frame_message
from .run_view import START, RunView

PROVEN = "proven"
"""The choice that names the blob of the lock's new rows of evidence; of a run that was opened again, by its tip."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tracing:
    """What a trace is made of; ``path`` is the lock's in the repository, None where the spec is from elsewhere."""

    spec: Spec
    path: str | None = None
    previous: Lock | None = None
    bench: Bench | None = None
    """Where checks are tried alone; None proves nothing."""
    seconds: float = 120.0
    """How long proving may take."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ending:
    """The last steps of a run whose tasks have all landed or were dropped."""

    run: str
    view: RunView
    store: Store
    git: Git
    gate: Gate
    clock: Clock
    slots: int
    tracing: Tracing
    whole: bool = False
    """The gate is the whole one, and landings were judged by parts of it: so it judges the tip before all else."""

    async def close(self) -> None:
        """Prove the checks of what landed, and commit the lock; of what is red as a whole there is none."""
        if self.whole and not (await self._verdict(await self._tip_tree())).passed:
            return
        rows = await self._proven()
        if self.tracing.path is not None and not self._as_before():
            await self._write(self.tracing.path, await self._lock(rows))

    def _as_before(self) -> bool:
        """Whether the lock that is there says it all: nothing has landed, and the spec means what it meant."""
        previous = self.tracing.previous
        same = previous is not None and previous.digest == lock_spec(self.tracing.spec).digest
        return same and not self.store.landings() and bool(self.view.plan.kept) and not self.view.plan.dropped

    async def _proven(self) -> tuple[LockedEvidence, ...]:
        landings, start = self.store.landings(), self.store.choice(START)
        proven = f"{PROVEN}:{landings[-1].commit}" if times_opened(self.store) and landings else PROVEN
        blob = self.store.choice(proven)
        if blob is not None:
            rows = msgspec.json.decode(self.store.blob(blob), type=tuple[LockedEvidence, ...])
            return tuple(replace(row, at=round(row.at)) for row in rows)  # as they were made: the lock stays as it is
        if self.tracing.bench is None or not landings or start is None:
            return ()
        found = await prove_run(
            self.tracing.spec,
            keys={each.id: each.key for each in self.view.spec.requirements},
            plan=self.view.plan,
            landings=landings,
            tip=landings[-1].commit,
            base=await ground_tree(self.view, self.git),
            git=self.git,
            bench=self.tracing.bench,
            clock=self.clock,
            contract=[test for made in self.store.contracts() for test in made.tests] + await self._kept_tests(),
            earlier=self._earlier(),
            slots=self.slots,
            seconds=self.tracing.seconds,
        )
        blob = self.store.put_blob(msgspec.json.encode(found.rows).decode())
        faults.reach("proof.found")
        self.store.append(EvidenceFound(evidence=found.evidence), Chosen(key=proven, value=blob), author="gate")
        return found.rows

    def _earlier(self) -> Earlier | None:
        """What an earlier run left and this one keeps."""
        previous, kept = self.tracing.previous, self.view.plan.kept
        if previous is None or not kept:
            return None
        return Earlier(lock=previous, requirements=frozenset(id_ for task in kept for id_ in task.requirements))

    async def _kept_tests(self) -> list[LockedTest]:
        """The tests of earlier runs' leads that still stand as they were written."""
        return list(await tests_in(self.git, self.tracing.previous, await self._tip_tree()))

    async def _write(self, path: str, lock: Lock) -> None:
        """Commit the lock on top of the branch, unless it is there already."""
        branch = integration_branch(self.run)
        tip = (await self.git.refs(branch))[branch]
        tree = await self.git.tree_of(tip)
        entry = TreeEntry(mode="100644", id=await self.git.write(write_lock(lock).encode()))
        if (await self.git.entries(tree)).get(path) == entry:
            return
        new = await self.git.amend_tree(tree, {path: entry})
        verdict = await self._verdict(new)
        if not verdict.passed:
            reason = verdict.reasons[0] if verdict.reasons else "it gave no reason"
            self.store.append(
                Noted(text=f"{path} was not committed, because with it the gate is red: {reason}"), author="gate"
            )
            return
        faults.reach("lock.judged")
        commit = await self.git.commit(tree=new, parents=[tip], message=self._message(path), at=self.clock.now())
        if not await self.git.move_ref(branch, new=commit, old=tip):
            raise GitError(f"{branch} was moved by somebody else; move it back to {tip} and resume the run")
        faults.reach("lock.moved")

    async def _verdict(self, tree: str) -> Verdict:
        """What the gate says of a tree that holds all that has landed."""
        tasks = [landing.key.task for landing in self.store.landings()]
        return await self.gate.judge(
            tree,
            expectation=self.view.expectation(self.view.landed(tasks), tasks),
            locked=secret(self.view.locked(tasks)),
            priority=URGENT,
        )

    async def _tip_tree(self) -> str:
        branch = integration_branch(self.run)
        return await self.git.tree_of((await self.git.refs(branch))[branch])

    def _message(self, path: str) -> str:
        spec = self.view.spec
        return frame_message(
            title=f"Trace of {spec.title}",
            body=f"{path} says which task and which check speak for each requirement; `agentctl verify` reads it.",
            spec_id=spec.id,
            spec_digest=spec.digest,
            run=self.run,
        )

    async def _lock(self, rows: tuple[LockedEvidence, ...]) -> Lock:
        plan, previous = self.view.plan, self.tracing.previous
        landed = {landing.key.task: await self._landed(landing) for landing in self.store.landings()}
        lock = lock_spec(self.tracing.spec, previous=previous)
        fresh = {row.check for row in rows}
        contract = (*await self._kept_contract(lock), *rows_of(self.store.contracts(), landed))
        gone = {each.check for each in lock.contract} - {each.check for each in contract}
        return replace(
            lock,
            answers=(*lock.answers, *self._answers()),
            teams=tuple(_teams(plan, previous)),
            tasks=(*_kept(plan, previous), *(self._task(t, landed.get(t.id)) for t in plan.tasks if not t.by_code)),
            evidence=(*(row for row in lock.evidence if row.check not in fresh | gone), *rows),
            contract=contract,
        )

    async def _kept_contract(self, lock: Lock) -> tuple[LockedContract, ...]:
        """Earlier runs' tests of leads that are still there as they were written."""
        there = {test.path for test in await self._kept_tests()}
        return tuple(each for each in lock.contract if each.path in there)

    def _answers(self) -> Iterator[LockedAnswer]:
        for asked in standing_answers(self.store.questions()):
            if asked.question.kind == "decision" and asked.answer is not None and asked.answered_by != DECIDED_BY:
                yield LockedAnswer(
                    question=asked.question.text,
                    answer=asked.answer,
                    by=(asked.answered_by or "").partition(":")[0],
                    requirements=asked.question.requirements,
                )

    async def _landed(self, landing: Landing) -> tuple[str, tuple[str, ...]]:
        """The commit of a landing, and the paths that its patch changed."""
        attempt = self.store.attempt(landing.key)
        if attempt is None or attempt.tree is None:
            raise LookupError(f"attempt {landing.key} landed without a tree")
        return landing.commit, tuple(sorted(await self.git.changed(attempt.base_tree, attempt.tree)))

    def _task(self, task: Task, landed: tuple[str, tuple[str, ...]] | None) -> LockedTask:
        commit, paths = landed or ("", ())
        action = self.store.choice(f"{ACTION}{task.id}") or ""
        owned = replace(task, owns=paths if task.broad and paths else self.view.owned(task.id))
        return locked_task(owned, action_key=action, commit=commit, paths=paths, run=self.run)


def _kept(plan: Plan, previous: Lock | None) -> Iterator[LockedTask]:
    before = {task.id: task for task in previous.tasks} if previous is not None else {}
    yield from (replace(before[t.id], requirements=t.requirements, needs=t.needs) for t in plan.kept)


def _teams(plan: Plan, previous: Lock | None) -> Iterator[LockedTeam]:
    used = {task.team for task in (*plan.kept, *plan.tasks) if not task.follows}
    known = {team.id: team for team in previous.teams} if previous is not None else {}
    known |= {team.id: LockedTeam(id=team.id, purpose=team.purpose) for team in plan.teams}
    yield from (team for id_, team in known.items() if id_ in used)
