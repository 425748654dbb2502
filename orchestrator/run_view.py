"""What several tables say together: closures, expectations, jobs. Reads the store, changes nothing."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace

import msgspec

from ..specs.lock import lock_path
from .nouns.contract import Contract, Stub
from .nouns.earlier import Earlier
from .nouns.events import Heard
from .nouns.hands import PERSON
from .nouns.keys import RECORDED, AttemptKey
from .nouns.plan import LockedTest, Plan, SpecView, Task
from .nouns.questions import Asked
from .nouns.runs import AttemptStatus, TaskStatus
from .nouns.verdicts import Expectation, Verdict
from .ports import Job, Store
from .rules.amending import AMENDS, FORGETS
from .rules.asking import TAKEN_OVER
from .rules.assumptions import RECORDING, answered_by, replaced
from .rules.checks import locked_for
from .rules.clashes import CLASH
from .rules.contract_use import stubs_for, with_checks, with_tests
from .rules.critical_path import natural, remaining
from .rules.expectations import expect
from .rules.hands import heard_by, sentences
from .rules.ladder import ladder_of, race
from .rules.permission import Said, asked_for
from .rules.tried import all_told

START = "start"
"""The choice that names the commit the integration branch began at: the run's base plus the spec's fixtures."""

BASELINE = "baseline"
"""The choice that names the blob of the base's Expectation."""

FRAME = "frame"
"""The choice that names the commit tasks start from where that is not START: it holds the contracts' stubs."""

EARLIER = "earlier"
"""The choice that names the blob of the Earlier: what a run before this one left of the spec."""

TRIED = "tried:"
"""Prefix of the choices that name the blob of what an attempt that failed leaves to the next rung."""

BEGUN = "begun:"
"""Prefix of the choices that name the tree an attempt begins with where that is more than its base."""

LADDER = "ladder:"
"""Prefix of the choices that hold a task's ladder: a replay climbs the same one, whatever the settings are there."""

CONTRACTS = "contracts"
"""The choice that says that leads were asked; a replay of a run without it asks none."""

FROM_SHELF = "shelf:"
"""Prefix of the choices that name the tasks of a team whose contract an earlier run's lead wrote."""

WORKERS = "workers"
"""The choice that holds how many workers a plan was judged for: a replay at another number judges it alike."""

CRITIC = "critic"
"""The choice that holds whether patches are read before they land, for a replay to have them read or not alike."""

SPEC_PATH = "spec"
"""The choice that holds the spec's path in the repository: empty for a sentence, none for a file from elsewhere."""

AHEAD = 1e6
"""Minutes by which what a person prefers is ahead: more than any plan takes."""

BASE_BRANCH = "base_branch"
"""The choice that names the branch that was checked out when the run began on its commit; none with a detached HEAD."""

SPEC_NAME = "spec_name"
"""The choice that holds the name of the spec's file, as the lines of its checks are told."""

SETTINGS_AT = "settings_at"
"""The choice that names the commit whose agentctl.toml the run goes by; there is none where the work tree's counts."""


def earlier_of(store: Store) -> Earlier | None:
    """What an earlier run left of the spec, once the run has begun; None where it was never built."""
    blob = store.choice(EARLIER)
    return msgspec.json.decode(store.blob(blob), type=Earlier) if blob else None


def view_of(store: Store, spec: SpecView) -> "RunView":
    """The tables of a run, joined, with what its base promises as far as that is known."""
    blob = store.choice(BASELINE)
    text = store.blob(blob) if blob else ""
    return RunView(store, spec, msgspec.json.decode(text, type=Expectation) if text else Expectation())


def followed_by(store: Store) -> Task | None:
    """The task that brought what the run stands on now; None where that is its base."""
    plan, landed = store.plan(), {landing.key.task for landing in store.landings()}
    found = [task for task in (plan.tasks if plan is not None else ()) if task.follows and task.id in landed]
    return max(found, key=lambda task: natural(task.id), default=None)


def ground_of(store: Store) -> str:
    """The commit that a run's own work stands on: the newest that it followed, or its base."""
    task = followed_by(store)
    return task.follows if task is not None else store.run().base


class RunView:
    """The tables of one run, joined."""

    def __init__(self, store: Store, spec: SpecView, baseline: Expectation) -> None:
        self.store = store
        self.baseline = baseline
        self._own = spec
        self._joined: tuple[tuple[Contract, ...], SpecView] = ((), spec)
        self._checked: tuple[Plan, tuple[Contract, ...], Plan] | None = None

    @property
    def spec(self) -> SpecView:
        """The spec; the tests of the contracts are locked as its own checks are."""
        contracts = self.store.contracts()
        if contracts != self._joined[0]:
            self._joined = (contracts, with_tests(self._own, contracts))
        return self._joined[1]

    @property
    def plan(self) -> Plan:
        """The approved plan, the contracts' tests among its checks; raises LookupError before there is one."""
        plan, contracts = self.store.plan(), self.store.contracts()
        if plan is None:
            raise LookupError("the run has no plan yet")
        if self._checked is None or self._checked[:2] != (plan, contracts):
            self._checked = (plan, contracts, with_checks(plan, contracts))
        return self._checked[2]

    def start(self) -> str:
        """The commit that tasks start from; raises LookupError before the run has begun."""
        start = self.store.choice(FRAME) or self.store.choice(START)
        if start is None:
            raise LookupError("the run has no start yet")
        return start

    def priorities(self) -> dict[str, float]:
        """For each task the length of the longest path from its start to the end of the run, in minutes.

        What a person prefers stands `AHEAD` of all else.
        """
        first = self.preferred()
        return {task: left + AHEAD * (task in first) for task, left in remaining(self.plan).items()}

    def preferred(self) -> frozenset[str]:
        """The tasks that a person wants first, with all that they wait for."""
        known = self._statuses()
        asked = [task for task in self.store.hands().preferred if task in known]
        return frozenset({*asked, *(need for task in asked for need in self.closure(task))})

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
        named, plan = tuple(tasks), self.plan
        gone = self._taken_back(named).values()
        wanted = {check for task in named if task not in gone for check in plan.task(task).checks}
        return tuple(each for each in self.spec.locked if each.check in wanted)

    def expectation(
        self,
        attempts: Sequence[AttemptStatus],
        tasks: Sequence[str],
        *,
        foreign: Mapping[str, Collection[str]] | None = None,
    ) -> Expectation:
        """What a tree made of these landed or waiting attempts must pass, with the tests locked to these tasks.

        Of what one of these tasks takes back nothing is asked any more. ``foreign`` has by task the tests that its
        attempt saw pass and that are of work which this tree does not hold. Where one of them follows the base branch,
        what that promises now counts, and what went there is not missed here.
        """
        gone = self._taken_back(tasks)
        counted = (attempt for attempt in attempts if attempt.key.task not in gone.values())
        verdicts = ((self.verdict_of(attempt), (foreign or {}).get(attempt.key.task, ())) for attempt in counted)
        earlier = (_without(verdict, tests) for verdict, tests in verdicts if verdict is not None)
        promised, left = self._promises(tasks)
        expected = expect(promised, earlier=earlier, locked=self.locked(tasks))
        forgotten = {*left, *(test for by in gone for test in self._forgotten(by))}
        if not forgotten:
            return expected
        locked = {test for each in self.locked(tasks) for test in each.tests}
        return replace(expected, tests=expected.tests - (forgotten - locked))

    def _promises(self, tasks: Iterable[str]) -> tuple[Expectation, frozenset[str]]:
        """What the base promises on which these tasks stand, and the tests that earlier ones had and it has not."""
        plan = self.store.plan()
        following = {task.id for task in plan.tasks if task.follows} if plan is not None else set()
        if following.isdisjoint(tasks := tuple(tasks)):
            return self.baseline, frozenset()
        brought = (self.brought(task) for task in sorted(following.intersection(tasks), key=natural))
        *earlier, last = [self.baseline, *(each for each in brought if each is not None)]
        return last, frozenset().union(*(each.tests for each in earlier)) - last.tests

    @property
    def promised(self) -> Expectation:
        """What the base promises that the run stands on now."""
        task = followed_by(self.store)
        return (self.brought(task.id) if task is not None else None) or self.baseline

    def brought(self, task: str) -> Expectation | None:
        """What the base promises with what a task follows; None before that was judged."""
        blob = self.store.choice(f"{BASELINE}:{task}")
        return msgspec.json.decode(self.store.blob(blob), type=Expectation) if blob else None

    def _taken_back(self, tasks: Iterable[str]) -> dict[str, str]:
        """The tasks among these that take another back, with that."""
        plan = self.store.plan()
        reverting = {task.id: task.reverts for task in plan.tasks if task.reverts} if plan is not None else {}
        return {task: reverting[task] for task in tasks if task in reverting} if reverting else {}

    def _forgotten(self, task: str) -> tuple[str, ...]:
        """The tests that go with what a task takes back."""
        tests = self.store.choice(f"{FORGETS}{task}")
        return msgspec.json.decode(tests, type=tuple[str, ...]) if tests else ()

    def _spec_for(self, task: Task) -> SpecView:
        """The spec as a task's workers read it: what was added after the task was planned is none of its business.

        So no sentence that is added changes a prompt of work that has begun.
        """
        spec = self.spec
        if not spec.before:
            return spec
        number = int(self.store.choice(f"{AMENDS}{task.id}") or 0) or self._added_last(task, spec)
        if number >= len(spec.before):
            return spec
        old = spec.before[number]
        known = {each.id for each in old.requirements}
        return replace(old, locked=tuple(each for each in spec.locked if known.issuperset(each.requirements)))

    def _added_last(self, task: Task, spec: SpecView) -> int:
        """The number of the latest amendment that a task covers, which was made for another."""
        first = {each.id for each in spec.before[0].requirements}
        covered = [each.number for each in self.store.hands().amendments if each.requirement in task.requirements]
        return max(covered, default=0) if not first.issuperset(task.requirements) else 0

    def job(self, key: AttemptKey) -> Job:
        """All that may reach the prompts of an attempt that has started."""
        attempt = self.store.attempt(key)
        if attempt is None:
            raise LookupError(f"attempt {key} has not started")
        task = self.plan.task(key.task)
        task = replace(task, owns=_with(task.owns, self.store.hands().widened_at(key)))
        visible = locked_for(task.id, self.plan, self.spec.locked, ())
        return Job(
            key=key,
            task=task,
            spec=self._spec_for(task),
            rung=attempt.rung,
            base_tree=attempt.base_tree,
            begun=self.store.choice(f"{BEGUN}{key}") or "",
            locked=tuple(each for each in visible if not each.secret),
            decisions=self._decisions(attempt.decisions),
            contract=self._contract(task),
            digest=self.tried(key.task, before=key.attempt) if key.attempt > 1 else "",
            steering=self.steering(key),
        )

    def owned(self, task: str) -> tuple[str, ...]:
        """What a task owns: by the plan, and by what persons answered to its attempts."""
        return _with(self.plan.task(task).owns, self.store.hands().widened_in(task))

    def author_of(self, attempt: AttemptStatus) -> str:
        """``Name <address>`` of the person whose work an attempt is; empty for who commits as a rule."""
        key = attempt.key
        handed_in = self.store.hands().submission(key.task, key.attempt) if attempt.rung == PERSON else None
        return handed_in.author if handed_in is not None else ""

    def steering(self, key: AttemptKey) -> tuple[tuple[int, str], ...]:
        """The sentences of a person that an attempt has heard, each with the turn that heard it first."""
        values: list[str] = []
        while (value := self.store.choice(heard_by(key, len(values) + 1))) is not None:
            values.append(value)
        return sentences(values)

    def protected(self) -> tuple[str, ...]:
        """The files of all locked tests, of earlier leads too, of the spec and its lock, and what is never sent."""
        earlier = earlier_of(self.store)
        kept = earlier.contract if earlier is not None else ()
        spec = self.store.choice(SPEC_PATH)
        own = (spec, lock_path(spec)) if spec else ()
        hidden = self.store.run().settings.never_send
        return (*(each.path for each in self.spec.locked), *kept, *own, *hidden)

    def said_to(self, job: Job) -> Said:
        """What persons, not policies and not models, want of an attempt: in the spec, in answers it knows, to it."""
        asked = (self.store.question(key) for key in self._told(job.key))
        return Said(
            required=asked_for(job.spec.requirements, job.task.requirements),
            answers=tuple(each.answer for each in asked if each is not None and each.answer and self.by_person(each)),
            steering=tuple(sentence for _, sentence in self.steering(job.key)),
        )

    def by_person(self, asked: Asked) -> bool:
        """Whether a person answered, now or when the run was recorded."""
        by = asked.answered_by or ""
        if by == RECORDING:
            by = self.store.choice(answered_by(asked.question.key)) or ""
        return by.startswith("person")

    def _told(self, key: AttemptKey) -> tuple[str, ...]:
        """Keys of the questions whose answers an attempt was given, at its start and then as it heard them."""
        attempt = self.store.attempt(key)
        facts = (event.fact for event in self.store.events())
        heard = (fact.question for fact in facts if isinstance(fact, Heard) and fact.key == key)
        return tuple(dict.fromkeys((*(attempt.decisions if attempt is not None else ()), *heard)))

    def _contract(self, task: Task) -> tuple[Stub, ...]:
        """What a team has agreed on, and what others offer to it: the same for all tasks of a team."""
        contracts = self.store.contracts()
        return stubs_for(task.team, contracts, self.plan, self._own) if contracts else ()

    def known_to(self, key: AttemptKey) -> tuple[str, ...]:
        """Keys of the answered questions that an attempt which starts now is told of; in a replay those of then."""
        recorded = self.store.choice(f"{RECORDED}decisions:{key}")
        return self.answered(key.task) if recorded is None else tuple(recorded.split())

    def answered(self, task_id: str) -> tuple[str, ...]:
        """Keys of the answered questions that concern a task's requirements, or all of them."""
        concerned, gone = set(self.plan.task(task_id).requirements), replaced(self.store.questions())
        return tuple(
            asked.question.key
            for asked in self.store.questions()
            if asked.answer not in (None, TAKEN_OVER)
            and asked.question.key not in gone
            and asked.question.kind in {"decision", "escalation"}
            and (not asked.question.requirements or concerned & set(asked.question.requirements))
        )

    def _decisions(self, keys: Iterable[str]) -> tuple[tuple[str, str], ...]:
        asked = (self.store.question(key) for key in keys)
        return tuple((each.question.text, each.answer) for each in asked if each is not None and each.answer)

    def ladder(self, task: str) -> tuple[str, ...]:
        """Who tries a task, rung by rung: in a replay as it was recorded."""
        recorded = self.store.choice(f"{RECORDED}{LADDER}{task}")
        if recorded:
            return tuple(recorded.split(","))
        settings = self.store.run().settings
        return ladder_of(task, self.plan, teams=settings.team_ladders, default=settings.ladder)

    def tried(self, task: str, *, before: int | None = None) -> str:
        """What failed at a task so far, or before that attempt; of a race that was decided only the one that went on.

        Those that were let go had not failed, and how far they came only timing knows.
        """
        earlier = [each for each in self.store.attempts(task) if before is None or each.key.attempt < before]
        failed = [each for each in earlier if each.reason and not self._was_overtaken(each.key)]
        clashed = next((each for each in reversed(failed) if self.store.choice(f"{CLASH}{each.key}")), None)
        told = [(_name(each), self._left_by(each, whole=each is clashed)) for each in failed]
        return all_told(told, whole=_name(clashed) if clashed is not None else "")

    def _was_overtaken(self, key: AttemptKey) -> bool:
        chosen = self.store.choice(race(key)) if key.rollout else None
        return chosen not in (None, str(key))

    def _left_by(self, attempt: AttemptStatus, *, whole: bool) -> str:
        """What is told of an attempt; both sides of a clash only with ``whole``."""
        blob = self.store.choice(f"{CLASH if whole else TRIED}{attempt.key}")
        return self.store.blob(blob) if blob else attempt.reason

    def _statuses(self) -> dict[str, TaskStatus]:
        return {status.task.id: status for status in self.store.tasks()}


def _with(owns: tuple[str, ...], more: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys((*owns, *more)))


def _name(attempt: AttemptStatus) -> str:
    key = attempt.key
    which = f", rollout {key.rollout}" if key.rollout else ""
    return f"Attempt {key.attempt}{which} ({attempt.rung})"


def _without(verdict: Verdict, tests: Collection[str]) -> Verdict:
    return replace(verdict, tests=tuple(each for each in verdict.tests if each not in tests)) if tests else verdict
