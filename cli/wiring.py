"""Where a run's objects are wired together, and the only place: adapters for every port, chosen by the settings."""

import random
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from ..agents import recording
from ..agents.advice import Advice
from ..agents.caller import Caller, Caps
from ..agents.critic import ModelCritic
from ..agents.lead import ModelLead
from ..agents.lead_answers import ModelConsulted
from ..agents.mcp.client import Server
from ..agents.mcp.outside import OutsideTools, begin
from ..agents.models import litellm_model
from ..agents.pictures import Album, collect, missing
from ..agents.planner import ModelPlanner
from ..agents.probe import ModelProber
from ..agents.probe_shelf import FolderShelf
from ..agents.tools.advise import Advisor
from ..agents.worker import ToolWorker
from ..orchestrator.amending import SpecAmended
from ..orchestrator.brake import Brake
from ..orchestrator.clock import SystemClock
from ..orchestrator.ending import Tracing
from ..orchestrator.gate.gate import PytestGate
from ..orchestrator.git.locks import clear_locks
from ..orchestrator.git.opening import open_repository
from ..orchestrator.git.repository import Repository
from ..orchestrator.git.synthetic import write_history
from ..orchestrator.graphs.checkpoints import open_checkpoints
from ..orchestrator.graphs.driver import Driver
from ..orchestrator.graphs.parts import Parts
from ..orchestrator.hands import held
from ..orchestrator.input_files import with_input_files
from ..orchestrator.lineage import Lineage
from ..orchestrator.nouns.events import Chosen, Noted
from ..orchestrator.nouns.keys import RECORDED
from ..orchestrator.nouns.plan import SpecView
from ..orchestrator.nouns.runs import Run, RunSettings
from ..orchestrator.ports import Git
from ..orchestrator.reuse import nothing
from ..orchestrator.rules.estimate import Prices
from ..orchestrator.rules.forecast import Past
from ..orchestrator.rules.outside_cap import OUTSIDE_CAP, told
from ..orchestrator.run_view import SPEC_PATH, ground_of
from ..orchestrator.sandbox.port import CommandLimits
from ..orchestrator.sandbox.runner import SandboxRunner
from ..orchestrator.store.database import Fence
from ..orchestrator.store.folder import RunFolder
from ..orchestrator.store.journal import Journal
from ..orchestrator.store.old_patches import OldPatches
from ..orchestrator.store.past import past_of
from ..orchestrator.store.sqlite import SqliteStore
from ..orchestrator.veil import veiled
from ..orchestrator.workspace.host import HostWorkspaces
from ..specs.lock import lock_path
from ..specs.nouns import Spec
from .answering import Answering, Surroundings, answering
from .built_before import lineage
from .judging import confined, court, first_look, laid, landing_gate, whole_gate
from .preparing import Extras, open_tables, prepare
from .spec_copy import read, view_of_copy
from .unseen import Unseen

__all__ = ["Extras", "RunDriver", "open_driver", "prepare"]


def open_driver(folder: RunFolder, extras: Extras) -> "RunDriver":
    """What drives that run; its parts are opened when it begins to drive."""
    return RunDriver(folder=folder, extras=extras)


@dataclass(slots=True, kw_only=True)
class RunDriver:
    """One process's hold on a run: takes its lock, opens its parts, drives it, and closes everything."""

    folder: RunFolder
    extras: Extras
    answers: Callable[[RunSettings, Surroundings], Answering] = answering
    """Chooses who answers its calls."""
    _brake: Brake = field(default_factory=Brake)
    _driver: Driver | None = None
    _unseen: Unseen = field(default_factory=Unseen)

    async def drive(self, *, wait: bool) -> Run:
        """Until the run ends, was drained, or needs a person and ``wait`` is false.

        Raises:
            WaitingForPerson: as said.
            RunStateError: another process drives it, or has taken it over since.
            AgentctlError: what no rule of the run covers; the run can be resumed.
        """
        with self.folder.lock() as fence:
            while True:
                try:
                    async with self._opened(fence) as driver:
                        self._driver = driver
                        return await driver.drive(wait=wait)
                except SpecAmended:
                    continue

    def drain(self) -> None:
        """Begin no call, let those in flight end."""
        self._brake.pull()

    def stop(self) -> None:
        """End at once; what is durable stays."""
        self._brake.pull()
        if self._driver is not None:
            self._driver.stop()

    @asynccontextmanager
    async def _opened(self, fence: Fence) -> AsyncIterator[Driver]:
        async with AsyncExitStack() as stack:
            clock = SystemClock()
            store = stack.enter_context(open_tables(self.folder, clock, self._unseen, fence=fence))
            clean, calls_db = self._unseen.clean, self.folder.calls_db
            journal = stack.enter_context(Journal(calls_db, clock=clock, redact=clean, fence=fence))
            run = store.run()
            stack.callback(_keep_recording, run.settings, journal, store)
            parts, prices = await self._parts(run, store, journal, stack)
            saver = await stack.enter_async_context(open_checkpoints(self.folder.graph_db))
            stack.push_async_callback(litellm_model.close)
            yield Driver(
                parts=parts,
                saver=saver,
                settle_calls=lambda: len(journal.settle_interrupted()),
                prices=prices or {},
                past=partial(past_of, Path(run.settings.repo), run=run.id) if _reuses(run.settings) else Past,
            )

    async def _parts(
        self, run: Run, store: SqliteStore, journal: Journal, stack: AsyncExitStack
    ) -> tuple[Parts, Prices | None]:
        """Every part of the run, and what a typical call costs, by tier."""
        settings, clock = run.settings, SystemClock()
        git = open_repository(Path(settings.repo), rules=settings.commit)
        clear_locks(git.location, run.id)
        await self._unseen.look(run, self.folder, git, base=ground_of(store))
        seen = veiled(git, settings.never_send)
        answers = self.answers(settings, self._surroundings(store, clock))
        _keep_outside_cap(answers.outside_cap, store)
        caller = self._caller(answers, settings, store, journal)
        spec = read(self.folder, store)
        gate, workspaces = await self._rooms(run, store, git, packages=spec.meta.allow.deps)
        stack.push_async_callback(workspaces.drain)
        spec, view, before, place = await self._built_before(run, store, git, spec)
        album = await _album(view, run, store, seen)
        # What came of probing is kept for all runs of a repository; a recording and its replay have to ask.
        recorded = settings.record or settings.replay
        shelf = FolderShelf(self.folder.path.parent.parent / "probes") if recorded is None else None
        advice = Advice(seen, folders=settings.guides, lessons=settings.lessons)
        outside = await self._outside(settings, store)
        stack.push_async_callback(outside.close)
        advisor = Advisor(model=caller, most=settings.advice) if settings.advice else None
        critic = settings.critic != "off"
        worker = ToolWorker(
            caller, journal, git=seen, album=album, advice=advice, outside=outside, advisor=advisor, critic=critic
        )
        parts = Parts(
            run=run.id,
            spec=view,
            base=run.base,
            settings=settings,
            store=store,
            git=git,
            gate=landing_gate(gate, settings, git=git, store=store),
            whole=whole_gate(gate, settings),
            first_look=first_look(gate, settings, git=git, store=store),
            workspaces=workspaces,
            planner=ModelPlanner(caller, git=seen, album=album),
            worker=worker,
            critic=ModelCritic(caller, opening=worker.opening, advice=advice),
            consulted=ModelConsulted(model=caller) if settings.lead_answers else None,
            clock=clock,
            random=random.SystemRandom(),
            brake=self._brake,
            lay_input=partial(with_input_files, spec, git=git, runner=gate),
            prober=ModelProber(caller, shelf=shelf) if answers.probes else None,
            tracing=_tracing(spec, place, before, gate),
            lead=ModelLead(model=caller, git=seen, advice=advice) if settings.contracts else None,
            contract_shelf=FolderShelf(self.folder.path.parent.parent / "contracts") if _reuses(settings) else None,
            runners=gate,
            lineage=before,
            find_patch=OldPatches(Path(settings.repo), run=run.id).find if _reuses(settings) else nothing,
            version=worker.prompt_version,
            advised=advice.key,
        )
        return parts, answers.usd_per_call

    async def _built_before(
        self, run: Run, store: SqliteStore, git: Repository, spec: Spec
    ) -> tuple[Spec, SpecView, Lineage | None, str | None]:
        """The spec and what is shown of it, the build of it that the run goes on from, and where the spec stands."""
        view, path = view_of_copy(self.folder, store, before=None), store.choice(SPEC_PATH)
        place = path if path and not view.small else None
        before = await lineage(git, run, spec, place=place) if place and not run.settings.anew else None
        if before is None:
            return spec, view, None, place
        return before.spec, view_of_copy(self.folder, store, before=before), before, place

    def _caller(self, answers: Answering, settings: RunSettings, store: SqliteStore, journal: Journal) -> Caller:
        """What every role asks through: under the caps, and held while a person has paused the run."""
        return Caller(
            answers.model,
            journal,
            brake=self._brake,
            caps=Caps(
                run_usd=settings.limits.usd, planning_usd=settings.limits.planning_usd, raised=store.budget_raised
            ),
            price=answers.price,
            hold=partial(held, store=store, clock=SystemClock(), brake=self._brake),
            withhold=self._unseen.withhold,
            finishes=bool(answers.outside_cap),
        )

    async def _rooms(
        self, run: Run, store: SqliteStore, git: Repository, *, packages: Sequence[str] = ()
    ) -> tuple[PytestGate, HostWorkspaces]:
        """The gate and the workspaces, in the sandbox and the environment of the run's base."""
        found = await court(
            self.folder,
            run,
            store,
            git,
            packages=packages,
            scratch="gate",
            accepted=self.extras.sandbox_accepted,
        )
        runner = SandboxRunner(found.sandbox, found.environment, CommandLimits())
        work = self.folder.path.parent.parent / "work" / run.id
        beside = laid(run.settings, found.environment)
        history = partial(write_history, git)
        return found.gate, HostWorkspaces(git, work / "workspaces", runner, history=history, laid=beside)

    async def _outside(self, settings: RunSettings, store: SqliteStore) -> OutsideTools:
        """The tools of MCP servers; a replay has those of its recording and starts no server."""
        servers = {
            each.name: Server(each, sandbox=partial(confined, settings, store, accepted=self.extras.sandbox_accepted))
            for each in settings.mcp
        }
        return await begin(
            servers,
            store=store,
            replaying=settings.replay is not None,
            recorded=lambda key: store.choice(f"{RECORDED}{key}"),
            redact=self._unseen.clean,
        )

    def _surroundings(self, store: SqliteStore, clock: SystemClock) -> Surroundings:
        def team_of(task: str) -> str:
            return next((status.task.team for status in store.tasks() if status.task.id == task), "")

        return Surroundings(
            run=self.folder.run,
            desk=self.folder.path / "desk",
            clock=clock,
            brake=self._brake,
            overrides=self.extras.models,
            scale=1.0 if self.extras.scale is None else self.extras.scale,
            team_of=team_of,
            on_drift=lambda drift: _note_drift(store, str(drift.key), drift.what),
        )


def _keep_outside_cap(names: str, store: SqliteStore) -> None:
    """Say once which models no cap holds, and keep it for whatever shows money."""
    if names and store.choice(OUTSIDE_CAP) != names:
        store.append(Chosen(key=OUTSIDE_CAP, value=names), Noted(text=told(names)), author="driver")


async def _album(view: SpecView, run: Run, store: SqliteStore, git: Git) -> Album:
    """The spec's pictures in the run's base; those that are left out are noted, once."""
    album = await collect(view.pictures, place=store.choice(SPEC_PATH), base=run.base, git=git)
    noted = Noted(text=missing(album))
    if noted.text and all(event.fact != noted for event in store.events()):
        store.append(noted, author="driver")
    return album


def _tracing(spec: Spec, place: str | None, before: Lineage | None, gate: PytestGate) -> Tracing:
    path = lock_path(place) if place is not None else None
    return Tracing(spec=spec, path=path, previous=before.lock if before is not None else None, bench=gate)


def _reuses(settings: RunSettings) -> bool:
    """Whether patches of earlier runs may be taken over: what is recorded or replayed has to happen."""
    return settings.replay is None and settings.record is None and not settings.anew


def _note_drift(store: SqliteStore, key: str, what: str) -> None:
    store.append(
        Noted(text=f"drift: call {key} was asked something else than when it was recorded\n{what}"), author="replay"
    )


def _keep_recording(settings: RunSettings, journal: Journal, store: SqliteStore) -> None:
    if settings.record is not None:
        recording.write(Path(settings.record), journal=journal, store=store)
