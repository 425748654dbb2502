"""What several tables say together: closures, expectations, jobs. Reads the store, changes nothing."""

from collections.abc import Iterable, Sequence

import msgspec

from .nouns.earlier import Earlier
from .nouns.keys import AttemptKey
from .nouns.plan import LockedTest, Plan, SpecView
from .nouns.runs import AttemptStatus, TaskStatus
from .nouns.verdicts import Expectation, Verdict
from .ports import Job, Store
from .rules.checks import locked_for
from .rules.critical_path import natural, remaining
from .rules.expectations import expect

START = "start"
"""The choice that names the commit the integration branch began at: the run's base plus the spec's fixtures."""

BASELINE = "baseline"
"""The choice that names the blob of the base's Expectation."""

EARLIER = "earlier"
"""The choice that names the blob of the Earlier: what a run before this one left of the spec."""

SPEC_PATH = "spec"
"""The choice that holds the spec's path in the repository: empty for a sentence, none for a file from elsewhere."""

SPEC_NAME = "spec_name"
"""The choice that holds the name of the spec's file, as the lines of its checks are told."""


def earlier_of(store: Store) -> Earlier | None:
    """What an earlier run left of the spec, once the run has begun; None where it was never built."""
    blob = store.choice(EARLIER)
    return msgspec.json.decode(store.blob(blob), type=Earlier) if blob else None


class RunView:
    """The tables of one run, joined."""

    def __init__(self, store: Store, spec: SpecView, baseline: Expectation) -> None:
        self.store = store
        self.spec = spec
        self.baseline = baseline

    @property
    def plan(self) -> Plan:
        """The approved plan; raises LookupError before there is one."""
        plan = self.store.plan()
        if plan is None:
            raise LookupError("the run has no plan yet")
        return plan

    def priorities(self) -> dict[str, float]:
        """For each task the length of the longest path from its start to the end of the run, in minutes."""
        return remaining(self.plan)

    def needs(self, task_id: str) -> tuple[str, ...]:
        """What a task waits for: its plan's dependencies and those a clash added."""
        status = self._statuses()[task_id]
        return tuple(dict.fromkeys((*status.task.needs, *status.extra_needs)))

    def closure(self, task_id: str) -> tuple[str, ...]:
        """Every task this one builds on, dependencies first, equal ranks in the order of their ids."""
        statuses = self._statuses()
        order: dict[str, None] = {}

        def visit(task: str) -> None:
            status = statuses[task]
            for need in sorted({*status.task.needs, *status.extra_needs}, key=natural):
                visit(need)
                order[need] = None

        visit(task_id)
        return tuple(order)

    def landed(self, tasks: Iterable[str]) -> tuple[AttemptStatus, ...]:
        """The attempts with which these tasks landed, in the same order; tasks that have not are left out."""
        by_task = {landing.key.task: landing.key for landing in self.store.landings()}
        found = (self.store.attempt(by_task[task]) for task in tasks if task in by_task)
        return tuple(attempt for attempt in found if attempt is not None)

    def verdict_of(self, attempt: AttemptStatus) -> Verdict | None:
        """What the gate last said of an attempt's tree."""
        if attempt.tree is None or attempt.gate is None:
            return None
        return self.store.verdict(attempt.tree, attempt.gate)

    def locked(self, tasks: Iterable[str]) -> tuple[LockedTest, ...]:
        """The tests locked to these tasks, without repeats, in the order of the spec."""
        wanted = {check for task in tasks for check in self.plan.task(task).checks}
        return tuple(each for each in self.spec.locked if each.check in wanted)

    def expectation(self, attempts: Sequence[AttemptStatus], tasks: Sequence[str]) -> Expectation:
        """What a tree made of these landed or waiting attempts must pass, with the tests locked to these tasks."""
        verdicts = (self.verdict_of(attempt) for attempt in attempts)
        return expect(self.baseline, earlier=(v for v in verdicts if v is not None), locked=self.locked(tasks))

    def job(self, key: AttemptKey) -> Job:
        """All that may reach the prompts of an attempt that has started."""
        attempt = self.store.attempt(key)
        if attempt is None:
            raise LookupError(f"attempt {key} has not started")
        task = self.plan.task(key.task)
        visible = locked_for(task.id, self.plan, self.spec.locked, ())
        return Job(
            key=key,
            task=task,
            spec=self.spec,
            rung=attempt.rung,
            base_tree=attempt.base_tree,
            locked=tuple(each for each in visible if not each.secret),
            decisions=self._decisions(attempt.decisions),
            digest=self._digest(key),
        )

    def answered(self, task_id: str) -> tuple[str, ...]:
        """Keys of the answered questions that concern a task's requirements, or all of them."""
        concerned = set(self.plan.task(task_id).requirements)
        return tuple(
            asked.question.key
            for asked in self.store.questions()
            if asked.answer is not None
            and asked.question.kind in {"decision", "escalation"}
            and (not asked.question.requirements or concerned & set(asked.question.requirements))
        )

    def _decisions(self, keys: Iterable[str]) -> tuple[tuple[str, str], ...]:
        asked = (self.store.question(key) for key in keys)
        return tuple((each.question.text, each.answer) for each in asked if each is not None and each.answer)

    def _digest(self, key: AttemptKey) -> str:
        earlier = [each for each in self.store.attempts(key.task) if each.key.attempt < key.attempt]
        return "\n\n".join(
            f"Attempt {each.key.attempt} ({each.rung}): {each.reason}" for each in earlier if each.reason
        )

    def _statuses(self) -> dict[str, TaskStatus]:
        return {status.task.id: status for status in self.store.tasks()}
