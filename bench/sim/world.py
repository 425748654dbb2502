"""A run whose outside is in memory and outlives its driver: crash it anywhere, start it again, and check what holds."""

import asyncio
import random
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from langgraph.checkpoint.memory import InMemorySaver
from langgraph.checkpoint.serde.jsonplus import JsonPlusSerializer

from ...agents.advice import Advice
from ...agents.caller import Caller, Caps
from ...agents.critic import ModelCritic
from ...agents.lead import ModelLead
from ...agents.lead_answers import ModelConsulted
from ...agents.models.port import Message, Request
from ...orchestrator import faults
from ...orchestrator.amending import SpecAmended
from ...orchestrator.brake import Brake
from ...orchestrator.ending import Tracing
from ...orchestrator.graphs.driver import Driver
from ...orchestrator.graphs.parts import Parts
from ...orchestrator.hands import held
from ...orchestrator.nouns.events import Fact, QuestionAnswered, RunCreated
from ...orchestrator.nouns.hand_facts import CancelAsked
from ...orchestrator.nouns.keys import AttemptKey, CallKey, integration_branch
from ...orchestrator.nouns.plan import Plan, SpecView
from ...orchestrator.nouns.questions import Asked, Autonomy
from ...orchestrator.nouns.runs import Critique, Limits, Run, RunSettings
from ...orchestrator.ports import Clock, Job, Store, TreeEntry
from ...orchestrator.rules.ladder import race
from ...orchestrator.store.journal import Call, Journal
from ...orchestrator.store.sqlite import SqliteStore
from ...specs.parse import parse
from .gate import MemoryGate
from .git import MemoryGit
from .loop import VirtualClock, run_virtually
from .plans import amended, written_by
from .roles import Habits, MemoryModel, MemoryPlanner, MemoryWorker
from .workspaces import MemoryWorkspaces

RUN = "sim"
CENT_FRACTION = 1e-6
"""USD by which sums of floats may differ."""


LONGEST = 1e6
"""Virtual seconds after which a process counts as hanging (TimeoutError)."""


class Killed(BaseException):
    """The simulated process died; nothing it does afterwards reaches the outside."""


class _Saver(InMemorySaver):
    """Checkpoints that a dead process cannot write any more."""

    def __init__(self, guard: Callable[[], None]) -> None:
        super().__init__(serde=JsonPlusSerializer(allowed_msgpack_modules=None))
        self._guard = guard
        self.largest = 0

    async def aput(self, config: Any, checkpoint: Any, metadata: Any, new_versions: Any) -> Any:
        self._guard()
        self.largest = max(self.largest, len(self.serde.dumps_typed(checkpoint)[1]))
        return await super().aput(config, checkpoint, metadata, new_versions)

    async def aput_writes(self, *args: Any, **kwargs: Any) -> None:
        self._guard()
        await super().aput_writes(*args, **kwargs)


class _Journal(Journal):
    """A journal in which a dead process, whose coroutines are being cancelled, enters nothing."""

    def __init__(self, path: Path, *, clock: Clock, guard: Callable[[], None]) -> None:
        super().__init__(path, clock=clock, redact=str)
        self._guard = guard

    def failed(self, key: CallKey, *, error: str, usd: float) -> None:
        self._guard()
        super().failed(key, error=error, usd=usd)

    def set_result(self, key: AttemptKey, turn: int, call: str, text: str) -> None:
        self._guard()
        super().set_result(key, turn, call, text)


@dataclass(slots=True)
class Fate:
    """When the process dies: at the n-th fault point from now; None means never."""

    at: int | None = None
    reached: int = 0
    dead: bool = False
    names: list[str] = field(default_factory=list)

    def strike(self, name: str) -> None:
        """Called at each fault point; raises Killed there and at every later one."""
        self.reached += 1
        self.names.append(name)
        if self.at is not None and self.reached >= self.at:
            self.dead = True
        self.guard()

    def guard(self) -> None:
        """Raise Killed in a process that is dead."""
        if self.dead:
            raise Killed


class World:
    """What outlives processes: git, the tables, the call journal, the checkpoints, and the model's bill."""

    def __init__(self, folder: Path, *, seed: int, plan: Plan, spec: SpecView, habits: Habits, limits: Limits) -> None:
        self._calls = folder / "calls.db"
        self.seed = seed
        self.plan = plan
        self.spec = spec
        self.limits = limits
        self.clock = VirtualClock()
        self.fate = Fate()
        self.git = MemoryGit(self.fate.guard)
        self.store = SqliteStore(None, clock=self.clock, redact=str, blobs=None)
        self.journal = self._open_journal()
        self.saver = _Saver(self.fate.guard)
        self.model = MemoryModel(seed=seed, habits=habits, clock=self.clock, tasks=len(plan.tasks))
        self.files: dict[str, str] = {}
        """What the repository holds before the run, by path."""
        self.approve = True
        self.ladder: tuple[str, ...] = ("flash", "pro")
        self.critic: Critique = "off"
        self.contracts = False
        """Whether leads write stubs and tests, as `MemoryModel` would."""
        self.lead_answers = False
        """Whether leads see workers' questions first."""
        self.wait_minutes = 0.0
        self.team_autonomy: dict[str, Autonomy] = {}
        self.planner = MemoryPlanner(lambda: self.plan, clock=self.clock)
        self.gate_seconds = 0.5
        self.looks_every = 1.0
        self.drain_after: float | None = None
        """Seconds after which a process is told to stop."""
        self.cancel_after: float | None = None
        """Seconds after which a person cancels the run from another process."""
        self.reply: Callable[[Asked], str | None] = first_option
        self.later: Callable[[Store], Iterable[Fact]] = lambda _: ()
        """What a person says as the run goes on; looked at as often as the questions, and stored once."""
        self.makespan = 0.0

    def _open_journal(self) -> Journal:
        """A journal of its own for each process: which calls are its own is part of what a process knows."""
        return _Journal(self._calls, clock=self.clock, guard=self.fate.guard)

    async def create(self) -> None:
        """The repository with one commit, and the run's first event."""
        there = {
            path: TreeEntry(mode="100644", id=await self.git.write(self.files[path].encode())) for path in self.files
        }
        tree = await self.git.amend_tree(None, there)
        base = await self.git.commit(tree=tree, parents=[], message="base", at=0.0)
        settings = RunSettings(
            profile="sim",
            repo="memory",
            limits=self.limits,
            ladder=self.ladder,
            approve=self.approve,
            critic=self.critic,
            lead_answers=self.lead_answers,
            wait_minutes=self.wait_minutes,
            team_autonomy=self.team_autonomy,
        )
        spec_blob = self.store.put_blob(self.spec.text)
        created = RunCreated(
            run=RUN, spec_id=self.spec.id, spec_blob=spec_blob, title=self.spec.title, base=base, settings=settings
        )
        self.store.append(created, author="person:sim")

    def live(self, *, die_at: int | None = None) -> Run | None:
        """One process, from start to the end of the run or its death; None means it died."""
        self.fate.at, self.fate.reached, self.fate.dead = die_at, 0, False
        self.fate.names.clear()
        faults.arm(self.fate.strike)
        try:
            return run_virtually(self._process())
        except Killed:
            return None
        finally:
            faults.arm(None)
            self.fate.dead = False

    async def _process(self) -> Run:
        driver = self.driver()
        work = asyncio.create_task(self._drive(driver))
        person = asyncio.create_task(self.attend())
        person.add_done_callback(lambda _: work.cancel())  # it only ends by death, which is the whole process's
        beside = [person]
        if self.drain_after is not None:
            beside.append(asyncio.create_task(self._drain(driver, self.drain_after)))
        if self.cancel_after is not None:
            beside.append(asyncio.create_task(self._cancel(self.cancel_after)))
        try:
            async with asyncio.timeout(LONGEST):
                run = await work
        except asyncio.CancelledError:
            self.fate.guard()
            raise
        finally:
            for each in beside:
                each.cancel()
            self.makespan = self.clock.monotonic()
        return run

    async def _drive(self, driver: Driver) -> Run:
        """As a process does: its parts are made anew where the spec has a sentence more than they were made from."""
        while True:
            try:
                return await driver.drive(wait=True)
            except SpecAmended:
                driver = self.driver()

    def driver(self) -> Driver:
        """A new process's driver on what earlier ones left."""
        self.journal.close()
        self.journal = self._open_journal()
        run, brake = self.store.run(), Brake()
        caps = Caps(run_usd=self.limits.usd, planning_usd=self.limits.planning_usd, raised=self.store.budget_raised)
        hold = partial(held, store=self.store, clock=self.clock, brake=brake)
        caller = Caller(self.model, self.journal, brake=brake, caps=caps, price=lambda _: 2 * self.model.usd, hold=hold)
        gate = MemoryGate(
            git=self.git, store=self.store, clock=self.clock, slots=self.limits.gates, seconds=self.gate_seconds
        )
        parts = Parts(
            run=RUN,
            spec=amended(self.spec, self.store.hands().amendments),
            base=run.base,
            settings=run.settings,
            store=self.store,
            git=self.git,
            gate=gate,
            workspaces=MemoryWorkspaces(self.git),
            planner=self.planner,
            worker=MemoryWorker(model=caller, journal=self.journal),
            clock=self.clock,
            random=random.Random(self.seed),
            brake=brake,
            critic=ModelCritic(caller, opening=_opening),
            consulted=ModelConsulted(model=caller),
            lead=ModelLead(model=caller, git=self.git, advice=Advice(self.git)) if self.contracts else None,
            lay_input=_as_it_is,
            tracing=Tracing(spec=parse(self.spec.source, name=RUN)),
        )
        return Driver(parts=parts, saver=self.saver, settle_calls=lambda: len(self.journal.settle_interrupted()))

    async def _drain(self, driver: Driver, seconds: float) -> None:
        await self.clock.sleep(seconds)
        driver.drain()

    async def _cancel(self, seconds: float) -> None:
        await self.clock.sleep(seconds)
        self.store.append(CancelAsked(), author="person:sim")

    async def attend(self) -> None:
        """Somebody who looks every second and answers what they have an answer to."""
        while True:
            await self.clock.sleep(self.looks_every)
            for fact in self.later(self.store):
                self.fate.guard()
                self.store.append(fact, author="person:sim")
            for asked in self.store.questions(only_open=True):
                answer = self.reply(asked)
                if answer is not None:
                    self.fate.guard()
                    self.store.append(QuestionAnswered(key=asked.question.key, answer=answer), author="person:sim")

    def violations(self) -> list[str]:
        """Which of the invariants 1 to 4 do not hold at the end of a finished run (DESIGN section 11)."""
        return [*self._unjudged(), *self._lost(), *self._paid_twice(), *self._overspent()]

    def _unjudged(self) -> list[str]:
        wrong = []
        for commit in self.git.pointed_at:
            verdict = self.store.verdict_of_tree(self.git.commits[commit][0])
            if verdict is None or not verdict.passed:
                wrong.append(f"1: the branch pointed at {commit[:8]} without a passing verdict")
        return wrong

    def _lost(self) -> list[str]:
        landed = [landing.key.task for landing in self.store.landings()]
        wrong = [f"2: {task} landed {landed.count(task)} times" for task in set(landed) if landed.count(task) > 1]
        tip = self.git.trees[self.git.commits[self.git.branches[integration_branch(RUN)]][0]]
        gone = {status.task.reverts for status in self.store.tasks() if status.state == "landed"}
        for status in self.store.tasks():
            there = written_by(status.task) in tip
            if status.task.id in gone or status.task.reverts:
                wrong += [f"2: the work of {status.task.id} is still there"] if status.task.id in gone and there else []
            elif status.state != "landed":
                wrong.append(f"2: {status.task.id} is {status.state}")
            elif not there:
                wrong.append(f"2: the work of {status.task.id} is not on the branch")
        wrong += self._contracts_lost(tip)
        overtaken = {str(each.key) for each in self.store.attempts() if each.state == "lost"}
        unanswered = [each for each in self.store.questions() if each.answer is None]
        wrong += [f"2: {each.id} lost its answer" for each in unanswered if each.question.asked_by not in overtaken]
        return wrong + self._races()

    def _contracts_lost(self, tip: dict[str, TreeEntry]) -> list[str]:
        """Stubs and locked tests are on the branch as they were written."""
        made = self.store.contracts()
        files = {stub.path: stub.text for each in made for stub in each.stubs}
        gone = {status.task.reverts for status in self.store.tasks() if status.state == "landed"}
        locked = ((test, task) for each in made for test, task in zip(each.tests, each.tasks, strict=True))
        files |= {test.path: test.text for test, task in locked if task not in gone}
        there = {path: self.git.blobs[tip[path].id].decode() for path in files if path in tip}
        tasks = [(each.team, task) for each in made for task in each.written_for]
        twice = sorted({f"{team} for {task}" for team, task in tasks if tasks.count((team, task)) > 1})
        lost = [path for path, text in files.items() if there.get(path) != text]
        wrong = [f"2: {path} of a contract is not on the branch as written" for path in lost]
        return wrong + [f"2: there are two contracts of team {each}" for each in twice]

    def _races(self) -> list[str]:
        """Of several rollouts one at most goes on, and it is the one that was chosen; what the others wrote is kept."""
        wrong = []
        for each in self.store.attempts():
            chosen = self.store.choice(race(each.key)) if each.key.rollout else None
            if each.key.rollout and each.state in {"queued", "landed", "patched"} and chosen != str(each.key):
                wrong.append(f"2: {each.key} is {each.state}, and {chosen} was chosen")
            if each.state == "lost" and each.patch and each.key.ref(RUN) not in self.git.branches:
                wrong.append(f"2: the work of {each.key} is gone")
        return wrong

    def _paid_twice(self) -> list[str]:
        wrong = []
        for call in self.journal.calls():
            count = self.model.answered.get(str(call.key), 0)
            if count > call.sends or call.sends > 2:  # noqa: PLR2004 - invariant 3: sent again at most once
                wrong.append(f"3: {call.key} was answered {count} times, sent {call.sends} times")
        return wrong

    def _overspent(self) -> list[str]:
        cap = self.limits.usd + self.store.budget_raised()
        totals = self.journal.totals()
        rows = sum(each.sunk_usd + _last_send(each) for each in self.journal.calls())
        wrong = [f"4: {totals.usd:.4f} spent over the cap {cap}"] if totals.usd > cap + 1e-9 else []
        apart = abs(totals.usd - rows) > CENT_FRACTION
        return wrong + ([f"4: the ledger says {totals.usd}, the journal {rows}"] if apart else [])


async def _opening(job: Job) -> Request:
    """What a critic goes on from; nobody here reads more of it than whose it is."""
    return Request(tier="flash", messages=(Message(role="user", text=str(job.key)),))


async def _as_it_is(tree: str) -> str:
    """Simulated specs bring no input files."""
    return tree


def first_option(asked: Asked) -> str:
    """A person who always takes the first option, or says yes."""
    options = asked.question.options
    return options[0].text if options else "yes"


def _last_send(call: Call) -> float:
    """USD that the last send of a call counts for."""
    return call.reserved_usd if call.state == "lost" else call.usd or 0.0
