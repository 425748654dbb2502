"""Real processes that drive a run and are killed: forked here, killed with SIGKILL, and started again until done.

A worker of the bench forks each driver from itself, with everything imported, and adopts what a killed driver leaves
behind; so it sees whether anything does.
"""

import asyncio
import ctypes
import os
import signal
import tempfile
import time
import traceback
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import NoReturn

import psutil

from ...agents.models.port import Model, Reply, Request
from ...agents.models.tiers import Price
from ...cli import wiring
from ...cli.answering import Answering, Surroundings
from ...orchestrator import faults, unwritable
from ...orchestrator.errors import DiskFull
from ...orchestrator.graphs import driver as _graphs  # noqa: F401 - imported before forking, as all a life needs
from ...orchestrator.nouns.events import QuestionAnswered
from ...orchestrator.nouns.keys import CallKey, integration_branch
from ...orchestrator.nouns.runs import Limits, RunSettings
from ...orchestrator.ports import Store
from ...orchestrator.sandbox.process import adopt_orphans
from ...orchestrator.store.folder import RunFolder
from ..scripted import Rules, ScriptedModel
from . import target
from .aftermath import Aftermath
from .own_runs import store_of
from .patience import going_on
from .small import SPEC, script

LIFE_SECONDS = 120.0
"""A driver that takes longer hangs; an undisturbed one takes a few seconds."""
ORPHAN_SECONDS = 10.0
"""How long what a killed driver had started may take to die."""
LIMITS = Limits(workers=4, gates=2, usd=1.0)
RESERVED_USD = 0.01
RESUME = "resume"
"""The case of a later driver, whose fault points are not counted."""
FULL = 75
"""The status of a driver that ended since its disk is full."""
_TICK = 0.01
_PR_SET_PDEATHSIG = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """How the first driver of a run ends: at its n-th fault point, or after some seconds; neither means never."""

    name: str
    fault: int | None = None
    seconds: float | None = None
    whole_tree: bool = True
    """After some seconds: kill all it started too, or leave that to die by itself."""
    full: bool = False
    """After some seconds: its disk gets full, and it ends by itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Life:
    """What became of a run."""

    case: Case
    killed: bool
    """Its first driver ended before the run was done."""
    points: int
    """Fault points that its first driver reached."""
    point: str
    """The one it died at."""
    seconds: float
    """How long its first driver lived."""
    violations: tuple[str, ...]

    @property
    def told(self) -> list[str]:
        """Each violation with the case it belongs to."""
        return [f"{self.case.name}{f' ({self.point})' if self.point else ''}: {each}" for each in self.violations]


def live(case: Case) -> Life:
    """Begin a run in a new repository, kill its driver as the case says, resume it until it is done, and look."""
    with tempfile.TemporaryDirectory(prefix="crash-") as place:
        return lived(Scene.begin(Path(place)), case)


def lived(scene: "Scene", case: Case, *, mended: Callable[[], None] = lambda: None) -> Life:
    """The run of a scene to its end; ``mended`` is called between its first driver and the next."""
    first = scene.life(case)
    points = scene.points()
    mended()
    if first.killed:
        scene.life(Case(name=RESUME))
    return Life(
        case=case,
        killed=first.killed,
        points=len(points),
        point=points[-1] if points and first.killed and case.fault is not None else "",
        seconds=first.seconds,
        violations=tuple(scene.wrong) or tuple(scene.aftermath().violations()),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _End:
    killed: bool
    seconds: float


@dataclass(slots=True, kw_only=True)
class Scene:
    """One run, its drivers one after the other, and the notes they leave in files."""

    root: Path
    folder: RunFolder
    before: str
    notes: Path
    fill: Callable[[], None] = lambda: None
    """Take what room its disk has left."""
    wrong: list[str] = field(default_factory=list)

    @classmethod
    def begin(cls, place: Path) -> "Scene":
        """A new repository in the folder ``place``, and a run in it that nothing drives yet."""
        adopt_orphans()
        root = target.create(place / "repo")
        spec = root / "five.md"
        spec.write_text(SPEC, encoding="utf-8")
        before = target.untouched(root)
        settings = RunSettings(profile="scripted", repo=str(root), approve=True, limits=LIMITS)
        folder = wiring.prepare(root, SPEC, str(spec), settings, wiring.Extras())
        target.keep_log(root, integration_branch(folder.run))
        return cls(root=root, folder=folder, before=before, notes=place)

    def aftermath(self) -> Aftermath:
        """What to look at once the run is done."""
        asked = _lines(self.notes / "asked")
        return Aftermath(root=self.root, folder=self.folder, before=self.before, asked=asked, cap=LIMITS.usd)

    def life(self, case: Case) -> _End:
        """One driver, from its start to its end or its death, beside a person with patience."""
        began = time.monotonic()
        pid = os.fork()
        if pid == 0:
            self._drive(case)
        try:
            status = self._attend(pid, case, began=began)
        finally:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        killed = os.WIFSIGNALED(status)
        if not killed:
            self._await_orphans()
        full = case.full and not killed and os.WEXITSTATUS(status) == FULL
        if not killed and not full and os.WEXITSTATUS(status) != 0:
            self.wrong.append(f"a driver failed: {self._log.read_text(encoding='utf-8', errors='replace')[-600:]}")
        return _End(killed=killed or full, seconds=time.monotonic() - began)

    def points(self) -> list[str]:
        """The fault points that the first driver reached."""
        return _lines(self.notes / "points")

    @property
    def _log(self) -> Path:
        return self.notes / "log"

    def _drive(self, case: Case) -> NoReturn:
        """The life of the forked process; never returns."""
        try:
            os.setsid()
            end_with_parent()
            log = os.open(self._log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
            os.dup2(log, 1)
            os.dup2(log, 2)
            faults.arm(_Strike(self.notes / "points", at=case.fault) if case.name != RESUME else None)
            model = partial(_scripted, self.notes / "asked")
            driver = wiring.RunDriver(folder=self.folder, extras=wiring.Extras(), answers=model)
            asyncio.run(driver.drive(wait=True))
        except BaseException as error:  # noqa: BLE001 - nothing may return into the code of the process it was forked from
            traceback.print_exc()
            os._exit(FULL if _is_full(error) else 1)
        os._exit(0)

    def _attend(self, pid: int, case: Case, *, began: float) -> int:
        """Answer questions in time, kill (or fill the disk) when it is time; returns the wait status."""
        struck = False
        with store_of(self.folder) as store:
            while True:
                ended, status = os.waitpid(pid, os.WNOHANG)
                if ended:
                    return status
                age = time.monotonic() - began
                if case.seconds is not None and age >= case.seconds and not struck:
                    struck = True
                    self._strike(pid, case)
                if age > LIFE_SECONDS:
                    self.wrong.append(f"a driver did not end in {LIFE_SECONDS:g} s; going on: {going_on(store)}")
                    _kill(pid, whole_tree=True)
                    return os.waitpid(pid, 0)[1]
                try:
                    _answer(store)
                except DiskFull:
                    _kill(pid, whole_tree=True)
                time.sleep(_TICK)

    def _strike(self, pid: int, case: Case) -> None:
        if case.full:
            self.fill()
        else:
            _kill(pid, whole_tree=case.whole_tree)

    def _await_orphans(self) -> None:
        """What killed drivers left behind is adopted by this process; it is dead soon after the last one is done."""
        deadline = time.monotonic() + ORPHAN_SECONDS
        while _children_left():
            if time.monotonic() > deadline:
                left = psutil.Process().children(recursive=True)
                self.wrong.append(f"processes left behind: {[each.cmdline()[:3] for each in left]}")
                for each in left:
                    each.kill()
                return
            time.sleep(_TICK)


def _is_full(error: BaseException) -> bool:
    """Whether a person is told to make room: in our own words, or in those that `main` has for what was refused."""
    return isinstance(error, DiskFull) or (isinstance(error, OSError) and error.errno in unwritable.FULL)


def _answer(store: Store) -> None:
    for asked in store.questions(only_open=True):
        if not going_on(store):
            store.append(QuestionAnswered(key=asked.question.key, answer="no"), author="person:bench")


def end_with_parent() -> None:
    """Have the kernel kill this process when its parent dies (prctl(2)): a bench that is stopped leaves no driver."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)


def _children_left() -> bool:
    """Reap what has ended; whether anything lives."""
    try:
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass
    except ChildProcessError:
        return False
    return True


def _kill(pid: int, *, whole_tree: bool) -> None:
    below = psutil.Process(pid).children(recursive=True) if whole_tree else []
    os.kill(pid, signal.SIGKILL)
    for process in below:
        with suppress(psutil.NoSuchProcess):
            process.kill()


class _Strike:
    """Notes each fault point in a file, and kills this process and its group at the n-th."""

    def __init__(self, notes: Path, *, at: int | None) -> None:
        self._file = os.open(notes, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        self._at = at
        self._reached = 0

    def __call__(self, name: str) -> None:
        """A fault point was reached."""
        os.write(self._file, f"{name}\n".encode())
        self._reached += 1
        if self._reached == self._at:
            os.killpg(0, signal.SIGKILL)


class _Noted:
    """A Model whose calls are noted in a file that outlives the process, before they are answered."""

    def __init__(self, model: Model, notes: Path) -> None:
        self._model = model
        self._file = os.open(notes, os.O_WRONLY | os.O_CREAT | os.O_APPEND)

    async def complete(self, key: CallKey, request: Request) -> Reply:
        """As the model does."""
        os.write(self._file, f"{key}\n".encode())
        return await self._model.complete(key, request)


def _scripted(notes: Path, _settings: RunSettings, around: Surroundings) -> Answering:
    price = Price(prompt=0.1, completion=0.4)
    model = ScriptedModel(Rules(script()), clock=around.clock, price=price)
    return Answering(model=_Noted(model, notes), price=lambda _: RESERVED_USD, usd_per_call=None)


def _lines(path: Path) -> list[str]:
    return path.read_text(encoding="utf-8").splitlines() if path.exists() else []
