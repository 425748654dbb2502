"""A run whose outside is in memory and outlives its driver: crash it anywhere, start it again, and check what holds."""

import asyncio
import random
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from ...agents.advice import Advice
from ...agents.caller import Caller, Caps
from ...agents.critic import ModelCritic
from ...agents.lead import ModelLead
from ...agents.lead_answers import ModelConsulted
from ...agents.models.port import Message, Model, Request
from ...agents.models.retry import TieredModel
from ...agents.models.tiers import PAID_SENDS, Deployment, Price, Tiers
from ...orchestrator import faults
from ...orchestrator.amending import SpecAmended
from ...orchestrator.brake import Brake
from ...orchestrator.ending import Tracing
from ...orchestrator.errors import RunStateError
from ...orchestrator.graphs.driver import Driver
from ...orchestrator.graphs.parts import Parts
from ...orchestrator.hands import held
from ...orchestrator.nouns.events import Chosen, Fact, QuestionAnswered, RunCreated
from ...orchestrator.nouns.hand_facts import CancelAsked
from ...orchestrator.nouns.plan import Plan, SpecView
from ...orchestrator.nouns.questions import Asked, Autonomy
from ...orchestrator.nouns.runs import Critique, Follows, Limits, Run, RunSettings
from ...orchestrator.ports import Job, Store, TreeEntry
from ...orchestrator.run_view import BASE_BRANCH
from ...orchestrator.store.database import Fence
from ...orchestrator.store.journal import Journal
from ...orchestrator.store.sqlite import SqliteStore
from ...specs.parse import parse
from .fate import Fate, GuardedJournal, Killed, Saver
from .gate import MemoryGate
from .git import MemoryGit
from .holding import Aftermath
from .loop import VirtualClock, run_virtually
from .plans import amended
from .roles import Habits, MemoryModel, MemoryPlanner, MemoryWorker
from .workspaces import MemoryWorkspaces

RUN = "sim"
CALLS = 64
"""Calls of all workers in flight at once."""
LONGEST = 1e6
"""Virtual seconds after which a process counts as hanging (TimeoutError)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trouble:
    """What goes wrong around the processes; the last two are faults that are seeded."""

    overtaken: Mapping[int, float] = field(default_factory=dict)
    """By the number of a life, seconds after which another process takes its lock though it is not dead."""
    jumps: Sequence[tuple[float, float]] = ()
    """What the wall clock does: seconds until it jumps, and by how many."""
    fenced: bool = True
    """Whether a process that has lost the lock is kept from writing."""
    hasty: bool = False
    """Whether the queue is told that a tree is green before it was judged."""


class World:
    """What outlives processes: git, the tables, the call journal, the checkpoints, and the model's bill."""

    approve = True
    ladder: tuple[str, ...] = ("flash", "pro")
    critic: Critique = "off"
    contracts = False
    """Whether leads write stubs and tests, as `MemoryModel` would."""
    lead_answers = False
    """Whether leads see workers' questions first."""
    wait_minutes = 0.0
    follow: Follows = "never"
    base_branch = ""
    """The branch that the run began on, as a person has it checked out."""
    gate_seconds = 0.5
    looks_every = 1.0
    drain_after: float | None = None
    """Seconds after which a process is told to stop."""
    cancel_after: float | None = None
    """Seconds after which a person cancels the run from another process."""
    gave_up = 0
    """Processes that found that their lock was taken."""
    makespan = 0.0

    def __init__(  # noqa: PLR0913 - what a run is made of
        self,
        folder: Path,
        *,
        seed: int,
        plan: Plan,
        spec: SpecView,
        habits: Habits,
        limits: Limits,
        on_disk: bool = False,
    ) -> None:
        self._folder = folder
        self._on_disk = on_disk
        """Whether processes share the tables through a file, as real ones do; only then can one overtake another."""
        self._opened = ExitStack()
        self._driver: Driver | None = None
        self._lives = 0
        self._beginning = self._holder = 0
        """The process that has the run's lock: the last one that took it."""
        self.seed = seed
        self.plan = plan
        self.spec = spec
        self.limits = limits
        self.clock = VirtualClock()
        self.fate = Fate()
        self.git = MemoryGit(self.fate.guard)
        self.store = self._open_store()
        """As whoever does not drive the run opens it."""
        self.failures: Counter[str] = Counter()
        """How often each call failed and said so; a person may have it sent again."""
        self.journal = self._open_journal(0)
        self.saver = Saver(self.fate.guard)
        self.model = MemoryModel(seed=seed, habits=habits, clock=self.clock, tasks=len(plan.tasks))
        self.files: dict[str, str] = {}
        """What the repository holds before the run, by path."""
        self.team_autonomy: dict[str, Autonomy] = {}
        self.planner = MemoryPlanner(lambda: self.plan, clock=self.clock)
        self.reply: Callable[[Asked], str | None] = first_option
        self.later: Callable[[Store], Iterable[Fact]] = lambda _: ()
        """What a person says as the run goes on; looked at as often as the questions, and stored once."""
        self.trouble = Trouble()

    def _open_store(self, fence: Fence | None = None) -> SqliteStore:
        path, blobs = (self._folder / "run.db", self._folder / "blobs") if self._on_disk else (None, None)
        return SqliteStore(path, clock=self.clock, redact=str, blobs=blobs, fence=fence)

    def _store_of(self, process: int) -> SqliteStore:
        """As a process that drives the run opens it; in memory there is one for all."""
        if not self._on_disk:
            return self.store
        return self._opened.enter_context(self._open_store(partial(self._require_lock, process)))

    def _open_journal(self, process: int) -> Journal:
        """A journal of its own for each process: which calls are its own is part of what a process knows."""
        fence = partial(self._require_lock, process)
        path = self._folder / "calls.db"
        return self._opened.enter_context(
            GuardedJournal(path, clock=self.clock, guard=self.fate.guard, fence=fence, failures=self.failures)
        )

    def _require_lock(self, process: int) -> None:
        if self.trouble.fenced and process != self._holder:
            raise RunStateError(f"process {process} has lost the lock to process {self._holder}")

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
            follow=self.follow,
        )
        spec_blob = self.store.put_blob(self.spec.text)
        created = RunCreated(
            run=RUN, spec_id=self.spec.id, spec_blob=spec_blob, title=self.spec.title, base=base, settings=settings
        )
        on = [Chosen(key=BASE_BRANCH, value=self.base_branch)] if self.base_branch else []
        self.store.append(created, *on, author="person:sim")

    def live(self, *, die_at: int | None = None) -> Run | None:
        """One process, from start to the end of the run or its death; None means it died."""
        self.fate.at, self.fate.reached, self.fate.dead = die_at, 0, False
        self.fate.names.clear()
        self._lives += 1
        faults.arm(self.fate.strike)
        try:
            return run_virtually(self._process())
        except Killed:
            return None
        finally:
            faults.arm(None)
            self.fate.dead = False

    async def _process(self) -> Run:
        work = stale = asyncio.create_task(self._drive(self._take_lock()))
        stale.add_done_callback(lambda task: task.cancelled() or task.exception())  # heard, also where nobody waits
        person = asyncio.create_task(self.attend())
        beside = [person, asyncio.create_task(self._jump())]
        if self.drain_after is not None:
            beside.append(asyncio.create_task(self._drain(self.drain_after)))
        if self.cancel_after is not None:
            beside.append(asyncio.create_task(self._cancel(self.cancel_after)))
        if self._lives in self.trouble.overtaken:
            await asyncio.wait({work}, timeout=self.trouble.overtaken[self._lives])
            work = stale if stale.done() else asyncio.create_task(self._drive(self._take_lock()))
        person.add_done_callback(lambda _: work.cancel())  # it only ends by death, which is the whole process's
        try:
            async with asyncio.timeout(LONGEST):
                run = await work
                await self._gives_up(stale)
        except asyncio.CancelledError:
            self.fate.guard()
            raise
        finally:
            for each in beside:
                each.cancel()
            self.makespan = self.clock.monotonic()
        return run

    def _take_lock(self) -> int:
        """The number of a new process, which drives the run from now on."""
        self._holder += 1
        return self._holder

    async def _gives_up(self, stale: "asyncio.Task[Run]") -> None:
        """A process that lost the lock has ended by itself, or finds so at what it writes next."""
        try:
            await stale
        except RunStateError:
            self.gave_up += 1

    async def _drive(self, process: int) -> Run:
        """As a process does: its parts are made anew where the spec has a sentence more than they were made from."""
        while True:
            self._beginning = process
            self._driver = self.driver()
            try:
                return await self._driver.drive(wait=True)
            except SpecAmended:
                continue

    def driver(self) -> Driver:
        """The driver of the process that begins, on what earlier ones left."""
        journal, store = self._open_journal(self._beginning), self._store_of(self._beginning)
        self.journal = journal
        run, brake = self.store.run(), Brake()
        caps = Caps(run_usd=self.limits.usd, planning_usd=self.limits.planning_usd, raised=store.budget_raised)
        hold = partial(held, store=store, clock=self.clock, brake=brake)
        model, price = self._asked(brake)
        caller = Caller(model, journal, brake=brake, caps=caps, price=price, hold=hold)
        gate = MemoryGate(
            git=self.git,
            store=store,
            clock=self.clock,
            slots=self.limits.gates,
            seconds=self.gate_seconds,
            hasty=self.trouble.hasty,
        )
        parts = Parts(
            run=RUN,
            spec=amended(self.spec, self.store.hands().amendments),
            base=run.base,
            settings=run.settings,
            store=store,
            git=self.git,
            gate=gate,
            workspaces=MemoryWorkspaces(self.git),
            planner=self.planner,
            worker=MemoryWorker(model=caller, journal=journal),
            clock=self.clock,
            random=random.Random(self.seed),
            brake=brake,
            critic=ModelCritic(caller, opening=_opening),
            consulted=ModelConsulted(model=caller),
            lead=ModelLead(model=caller, git=self.git, advice=Advice(self.git)) if self.contracts else None,
            lay_input=_as_it_is,
            tracing=Tracing(spec=parse(self.spec.source, name=RUN)),
        )
        return Driver(parts=parts, saver=self.saver, settle_calls=lambda: len(journal.settle_interrupted()))

    def _asked(self, brake: Brake) -> tuple[Model, Callable[[Request], float]]:
        """The model as a process asks it, and what a call may cost: where messages are lost, again after a while."""
        if not self.model.loses:
            return self.model, lambda _: 2 * self.model.usd
        price = Price(prompt=0.0, completion=1e6 * self.model.usd)
        deployment = Deployment(model="memory", price=price, max_output=1, concurrency=CALLS)
        tiers = Tiers(flash=(deployment,), pro=(deployment,))
        asked = TieredModel(tiers, lambda _: self.model, clock=self.clock, random=random.Random(self.seed), brake=brake)
        return asked, tiers.reservation

    async def _jump(self) -> None:
        """Let the wall clock jump; what measures time by it finds itself hours early or late."""
        for after, seconds in self.trouble.jumps:
            await self.clock.sleep(after)
            self.clock.epoch += seconds

    async def _drain(self, seconds: float) -> None:
        await self.clock.sleep(seconds)
        if self._driver is not None:
            self._driver.drain()

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

    def close(self) -> None:
        """Close every file that a process opened."""
        self._opened.close()
        self.store.close()

    def violations(self) -> list[str]:
        """Which of the invariants 1 to 4 do not hold at the end of a finished run (DESIGN section 11)."""
        after = Aftermath(
            run=RUN,
            cap_usd=self.limits.usd,
            store=self.store,
            journal=self.journal,
            git=self.git,
            model=self.model,
            failures=self.failures,
            tries=PAID_SENDS if self.model.loses else 1,
        )
        return after.violations()


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
