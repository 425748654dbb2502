"""Who builds the tasks of a run, joined out of its parts: the steps of attempts, the merge queue, the scheduler."""

from langgraph.checkpoint.base import BaseCheckpointSaver

from ..admission import Admission
from ..attempt_steps import AttemptSteps
from ..cancelling import Cancelling
from ..consulting import Consulting
from ..curtain import Curtain
from ..disputes import Disputes
from ..following import Following
from ..hands import Obeying
from ..keeping import Keeping
from ..landing import Branch
from ..merge_queue import MergeQueue
from ..obstacles import Obstacles
from ..racing import Races
from ..reopening import Reopening
from ..reuse import Reuse
from ..reviewing import Reviewing
from ..run_view import RunView
from ..slots import Slots
from ..taking_back import TakingBack
from ..veil import veiled
from ..widening import Widenings
from .parts import Parts
from .scheduler import Scheduler
from .task_graph import task_graph


class Crew:
    """One of each for a run; what several of them use they share."""

    def __init__(self, parts: Parts, view: RunView) -> None:
        store, git, clock = parts.store, parts.git, parts.clock
        self._parts = parts
        self._view = view
        self._slots = Slots(parts.settings.limits.workers, first=view.preferred)
        self._seen = veiled(git, parts.settings.never_send)
        self._curtain = Curtain(git=git, spec=parts.spec, never_send=parts.settings.never_send)
        self._reopening = Reopening(store=store, view=view, clock=clock, brake=parts.brake)
        self._keeping = Keeping(run=parts.run, view=view, store=store, git=git, curtain=self._curtain, clock=clock)
        self._hands = Obeying(store=store, clock=clock, brake=parts.brake, keeping=self._keeping)
        self._taking_back = TakingBack(view=view, store=store, git=git, keeping=self._keeping)
        self._following = Following(view=view, store=store, git=git, gate=parts.gate, keeping=self._keeping)
        branch = Branch(run=parts.run, git=git, store=store, clock=clock, view=view)
        slots = parts.settings.limits.gates
        self.queue = MergeQueue(branch, git=git, store=store, gate=parts.gate, view=view, slots=slots)
        """Where green patches wait to land."""

    def scheduler(self, saver: "BaseCheckpointSaver[str]", *, wait: bool) -> Scheduler:
        """Starts tasks as they become ready; with ``wait`` a person is waited for."""
        consulting = self._consulting()
        steps = self._steps(consulting)
        return Scheduler(
            parts=self._parts,
            view=self._view,
            graph=task_graph(steps, saver),
            let_go=steps.let_go,
            reopening=self._reopening,
            taking_back=self._taking_back,
            following=self._following,
            hands=self._hands,
            cancelling=Cancelling(store=self._parts.store, keeping=self._keeping),
            disputes=Disputes(store=self._parts.store, view=self._view, consulting=consulting),
            slots=self._slots,
            wait=wait,
        )

    def _steps(self, consulting: Consulting) -> AttemptSteps:
        parts, view, reviewing = self._parts, self._view, self._reviewing()
        return AttemptSteps(
            run=parts.run,
            view=view,
            store=parts.store,
            git=parts.git,
            judge=parts.gate,
            first_look=parts.first_look,
            workspaces=parts.workspaces,
            curtain=self._curtain,
            worker=parts.worker,
            queue=self.queue,
            clock=parts.clock,
            brake=parts.brake,
            limits=parts.settings.limits,
            slots=self._slots,
            reuse=self._reuse(),
            races=Races(store=parts.store, git=self._seen, clock=parts.clock, break_tie=reviewing.break_tie),
            reviewing=reviewing,
            consulting=consulting,
            reopening=self._reopening,
            admission=Admission(git=parts.git, view=view, commands=parts.settings.gate),
            obstacles=Obstacles(store=parts.store),
            widenings=Widenings(store=parts.store, view=view, git=parts.git),
            keeping=self._keeping,
            hands=self._hands,
            taking_back=self._taking_back,
            following=self._following,
        )

    def _reviewing(self) -> Reviewing:
        parts = self._parts
        return Reviewing(
            store=parts.store,
            git=self._seen,
            view=self._view,
            mode=parts.settings.critic,
            critic=parts.critic,
            bench=parts.tracing.bench,
        )

    def _consulting(self) -> Consulting:
        parts = self._parts
        return Consulting(
            store=parts.store,
            view=self._view,
            clock=parts.clock,
            brake=parts.brake,
            slots=self._slots,
            hands=self._hands,
            settings=parts.settings,
            lead=parts.consulted,
        )

    def _reuse(self) -> Reuse:
        parts = self._parts
        return Reuse(
            store=parts.store,
            git=parts.git,
            view=self._view,
            find=parts.find_patch,
            version=parts.version,
            advised=parts.advised,
        )
