"""A life of the merge queue on real git, drawn from a seed: patches that clash, a gate that flakes, a base, and kills.

Each task edits lines of a few files that all of them edit, and tries again on the tip when it is sent back. Processes
die at fault points; the next one goes on from the tables and the refs. Before the branch moves, it is noted how
many events the tables hold, by somebody who outlives the processes.
"""

import asyncio
import random
from collections.abc import AsyncIterator, Iterable, Sequence
from dataclasses import replace
from pathlib import Path

from ...orchestrator import faults
from ...orchestrator.clock import SystemClock
from ...orchestrator.git.opening import create_repository
from ...orchestrator.git.repository import Repository
from ...orchestrator.landing import Branch, settle_landing
from ...orchestrator.merge_queue import MergeQueue
from ...orchestrator.nouns.events import AttemptStarted, Chosen, Judged, Patched, PlanApproved, Planned, RunCreated
from ...orchestrator.nouns.keys import AttemptKey, integration_branch
from ...orchestrator.nouns.plan import Estimate, LockedTest, Plan
from ...orchestrator.nouns.runs import RunSettings
from ...orchestrator.nouns.verdicts import Expectation, GateReport, Verdict
from ...orchestrator.ports import Git, Store, TreeEntry
from ...orchestrator.run_view import START, RunView
from ...orchestrator.store.sqlite import SqliteStore
from ..parts import target
from ..sim.fate import Fate, Killed
from ..sim.plans import random_plan, spec_of

RUN = "audit"
TASKS, FILES, LINES = 7, 3, 12
SLOTS = 2
TRIES = 4
"""Attempts of a task; what is sent back more often is left out."""
BAD, HATES, FLAKES, FOLLOWS = 0.2, 0.3, 0.05, 0.5
"""Of first attempts: red alone, red beside another's; of gate runs: red for nothing; of histories: with a base."""
MOST_KILLS, POINTS = 3, 60
"""Of a history, and the fault points of a life from which they are drawn; a life may have fewer, and ends unharmed."""
PAUSES = 8
"""Turns of the event loop that the gate takes at most."""
TEST = "t::all"


class NotedGit(Repository):
    """Git that notes, before a ref moves, how many events the tables hold; a dead process moves none."""

    def __init__(self, repository: Repository, *, fate: Fate) -> None:
        super().__init__(repository.location, repository.door)
        self._fate = fate
        self.store: Store | None = None
        """The tables of the process that lives."""
        self.noted: dict[str, int] = {}
        """By commit."""

    async def move_ref(self, ref: str, *, new: str | None, old: str | None) -> bool:
        """Compare and swap."""
        self._fate.guard()
        if new is not None and self.store is not None:
            self.noted.setdefault(new, self.store.last_event())
        return await super().move_ref(ref, new=new, old=old)


class LineGate:
    """Satisfies ports.Gate: a tree is red where a line says so, alone or beside a line of another task.

    A ``hasty`` one says that a tree is green before that is in the tables.
    """

    def __init__(self, git: Git, store: Store, *, fate: Fate, seed: int, hasty: bool) -> None:
        self._git = git
        self._store = store
        self._fate = fate
        self._chance = random.Random(f"gate {seed} {fate.reached}")
        self._slots = asyncio.Semaphore(SLOTS)
        self._hasty = hasty
        self._late: list[Verdict] = []

    async def judge(
        self,
        tree: str,
        *,
        expectation: Expectation,
        locked: Sequence[LockedTest] = (),
        key: AttemptKey | None = None,
        priority: float = 0.0,
        again: bool = False,
    ) -> Verdict:
        """Look up, or look at the lines; what is expected and how urgent it is makes no difference here."""
        del expectation, locked, priority
        known = None if again else self._store.verdict(tree, "lines")
        if known is not None:
            return known
        async with self._slots:
            for _ in range(self._chance.randrange(PAUSES)):
                await asyncio.sleep(0)
            verdict = await self._verdict(tree)
        if self._hasty and verdict.passed:
            self._late.append(verdict)
            return verdict
        self._record(verdict, key)
        return verdict

    async def report(self, tree: str, *, locked: Sequence[LockedTest] = ()) -> GateReport:
        """Nobody asks for one here."""
        raise LookupError(f"no report of {tree} with {len(locked)} locked tests")

    def catch_up(self) -> None:
        """Enter the verdicts that were given without being entered."""
        for verdict in self._late:
            self._record(verdict, None)
        self._late.clear()

    def _record(self, verdict: Verdict, key: AttemptKey | None) -> None:
        self._fate.guard()
        faults.reach("gate.ended")
        self._store.append(Judged(verdict=verdict, report=self._store.put_blob("{}"), key=key), author="gate")
        faults.reach("gate.recorded")

    async def _verdict(self, tree: str) -> Verdict:
        words = " ".join([text async for text in _texts(self._git, tree)]).split()
        hated = {word.removeprefix("hates:") for word in words if word.startswith("hates:")}
        written = {word.partition(".")[0] for word in words if word.startswith("T")}
        red = "bad" in words or bool(hated & written)
        if red or self._chance.random() < FLAKES:
            why = f"{TEST} failed: {'a line says so' if red else 'it flakes'}"
            return Verdict(tree=tree, gate="lines", passed=False, reasons=(why,))
        return Verdict(tree=tree, gate="lines", passed=True, tests=(TEST,))


class History:
    """One run of the queue, which outlives its processes."""

    def __init__(self, folder: Path, seed: int, *, hasty: bool = False) -> None:
        self.root = folder / "repo"
        self.seed = seed
        self._hasty = hasty
        self._db = folder / "run.db"
        self._clock = SystemClock()
        self._chance = random.Random(f"history {seed}")
        self.fate = Fate()
        self.git = NotedGit(create_repository(self.root, at=1_700_000_000), fate=self.fate)
        self.plan = random_plan(seed=seed, tasks=TASKS, density=0.0)
        self._start = ""

    def live(self) -> int:
        """From the beginning to its end, in as many processes as it takes; how many of them were killed."""
        target.keep_log(self.root, integration_branch(RUN))
        asyncio.run(self._create())
        kills = [self._chance.randint(1, POINTS) for _ in range(self._chance.randint(0, MOST_KILLS))]
        killed = 0
        while not self._process(kills[killed] if killed < len(kills) else None):
            killed += 1
        return killed

    def tables(self) -> SqliteStore:
        """As a process opens them."""
        return SqliteStore(self._db, clock=self._clock, redact=str, blobs=self._db.parent / "blobs")

    def _process(self, die_at: int | None) -> bool:
        """Whether it came to the end."""
        self.fate.at, self.fate.reached, self.fate.dead = die_at, 0, False
        faults.arm(self.fate.strike)
        try:
            with self.tables() as store:
                self.git.store = store
                asyncio.run(self._drive(store))
        except Killed:
            return False
        finally:
            faults.arm(None)
            self.fate.dead = False
        return True

    async def _create(self) -> None:
        """A run whose base is green, with a commit of main that it follows or not."""
        blobs = [await self.git.write(_joined(str(line) for line in range(LINES))) for _ in range(FILES)]
        files = {f"f{number}": TreeEntry(mode="100644", id=blob) for number, blob in enumerate(blobs)}
        tree = await self.git.amend_tree(None, files)
        self._start = await self.git.commit(tree=tree, parents=[], message="Base", at=1.0)
        if self._chance.random() < FOLLOWS:
            theirs = await self.git.commit(
                tree=await self._edited(tree, "main"), parents=[self._start], message="Theirs", at=2.0
            )
            last = replace(self.plan.tasks[-1], follows=theirs)
            self.plan = replace(self.plan, tasks=(*self.plan.tasks[:-1], last))
        with self.tables() as store:
            self.git.store = store
            store.append(*_begun(self._start, self.plan), author="driver")
            gate = LineGate(self.git, store, fate=self.fate, seed=self.seed, hasty=False)
            while not (await gate.judge(tree, expectation=Expectation(), again=True)).passed:
                pass
            await self.git.move_ref(integration_branch(RUN), new=self._start, old=None)

    async def _drive(self, store: SqliteStore) -> None:
        """One process: what was on its way goes on, and each task is tried until it has landed or is given up."""
        view = RunView(store, spec_of(self.plan), Expectation())
        await settle_landing(run=RUN, git=self.git, store=store, view=view)
        gate = LineGate(self.git, store, fate=self.fate, seed=self.seed, hasty=self._hasty)
        branch = Branch(run=RUN, git=self.git, store=store, clock=self._clock, view=view)
        queue = MergeQueue(branch, git=self.git, store=store, gate=gate, view=view, slots=SLOTS)
        serving = asyncio.create_task(queue.serve())
        working = asyncio.create_task(self._work_all(queue, store))
        await asyncio.wait({serving, working}, return_when=asyncio.FIRST_COMPLETED)
        serving.cancel()
        working.cancel()
        for each in await asyncio.gather(serving, working, return_exceptions=True):
            if isinstance(each, BaseException) and not isinstance(each, asyncio.CancelledError):
                raise each
        gate.catch_up()

    async def _work_all(self, queue: MergeQueue, store: Store) -> None:
        await asyncio.gather(*(self._work(task.id, queue, store) for task in self.plan.tasks))

    async def _work(self, task: str, queue: MergeQueue, store: Store) -> None:
        tries = 1 if self.plan.task(task).follows else TRIES
        for key in (AttemptKey(task=task, attempt=number) for number in range(1, tries + 1)):
            if store.attempt(key) is None:
                await self._patch(key, store)
            if (await queue.submit(key)).landed:
                return

    async def _patch(self, key: AttemptKey, store: Store) -> None:
        """What a task makes: of the start at first, of the tip when it was sent back."""
        task, ref = self.plan.task(key.task), integration_branch(RUN)
        tip = self._start if key.attempt == 1 else (await self.git.refs(ref))[ref]
        base = await self.git.tree_of(tip)
        made = await self.git.tree_of(task.follows) if task.follows else await self._edited(base, str(key))
        patch = await self.git.commit(tree=made, parents=[tip], message=task.title, at=3.0)
        self.fate.guard()
        started = AttemptStarted(key=key, rung="flash", base_tree=base)
        store.append(started, Patched(key=key, patch=patch, tree=made), author="worker")

    async def _edited(self, tree: str, name: str) -> str:
        """The tree with a line of this name put before or in the place of one line of the base, in one or two files."""
        chance, changes = random.Random(f"{self.seed} {name}"), dict[str, TreeEntry | None]()
        files = await self.git.entries(tree)
        for number, path in enumerate(chance.sample(sorted(files), chance.choice((1, 1, 2)))):
            lines = (await self.git.read(files[path].id)).decode().splitlines()
            at = chance.choice([at for at, line in enumerate(lines) if line.isdigit()])
            lines[at : at + chance.choice((0, 1))] = [f"{name.replace(':', '.')}.{number}{_flaw(name, chance)}"]
            changes[path] = TreeEntry(mode="100644", id=await self.git.write(_joined(lines)))
        return await self.git.amend_tree(tree, changes)


def _flaw(name: str, chance: random.Random) -> str:
    """What makes a first attempt red, if anything."""
    if not name.endswith(":1"):
        return ""
    if chance.random() < BAD:
        return " bad"
    return f" hates:T{chance.randint(1, TASKS)}" if chance.random() < HATES else ""


def _begun(start: str, plan: Plan) -> tuple[RunCreated, Planned, PlanApproved, Chosen]:
    settings = RunSettings(profile="sim", repo="")
    created = RunCreated(run=RUN, spec_id="sim", spec_blob="", title="An audit", base=start, settings=settings)
    estimate = Estimate(calls=1, usd=0.0, minutes=1.0, critical_path=())
    return created, Planned(plan=plan, estimate=estimate), PlanApproved(), Chosen(key=START, value=start)


async def _texts(git: Git, tree: str) -> AsyncIterator[str]:
    files = await git.entries(tree)
    for blob in (await git.read_many([entry.id for entry in files.values()])).values():
        yield blob.decode()


def _joined(lines: Iterable[str]) -> bytes:
    return "".join(f"{line}\n" for line in lines).encode()
