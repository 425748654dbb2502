"""Histories in virtual time: a run whose process dies at chosen fault points and is started again until it is done."""

import random
import tempfile
import traceback
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from ...orchestrator.nouns.events import Fact
from ...orchestrator.nouns.hand_facts import Amended, RevertAsked
from ...orchestrator.nouns.questions import Asked
from ...orchestrator.nouns.runs import Limits, Run
from ...orchestrator.ports import Store
from ..sim.leads import api
from ..sim.loop import run_virtually
from ..sim.plans import random_plan, spec_of
from ..sim.roles import Habits
from ..sim.world import World, first_option
from .patience import going_on

TASKS = 6
DENSITY = 0.2
WORKERS = 4
MOST_KILLS = 5
"""Of a random history."""
TYPICAL_POINTS = 200
"""Fault points of a life, from which random ones are drawn; a life may have fewer and end unharmed."""
_OFTEN = 2 / 3
LADDERS = (("flash", "pro"), ("flash*3", "pro"), ("flash", "flash*3", "pro"))
"""Of the histories in turn, by their seed."""
PATIENCE = 10_000.0
"""Virtual seconds a person waits for the tasks that do not depend on a question; nobody needs a hundredth of that."""


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """What happened in one simulated run. ``kills`` are the fault points its processes died at, one a process."""

    seed: int
    kills: tuple[int, ...]
    struck: int
    """How many of the kills came before the run was done."""
    points: int
    """Fault points that its last process reached."""
    violations: tuple[str, ...]
    overtaken: int = 0
    """Processes that went on after another had taken their lock, until they found out."""

    @property
    def told(self) -> list[str]:
        """Each violation with what brings it about again."""
        return [f"seed {self.seed}, kills {list(self.kills)}: {each}" for each in self.violations]


Make = Callable[[Path, int], World]
"""From a folder and a seed to a run that has not begun."""


def live_through(seed: int, kills: Sequence[int], make: Make | None = None) -> History:
    """Run seed's plan with a process that dies at each of these fault points in turn, and say what does not hold."""
    with tempfile.TemporaryDirectory(prefix="sim-", dir=memory()) as folder:
        world = (make or new_world)(Path(folder), seed)
        person = Patient(world)
        world.reply = person.reply
        struck, wrong = 0, []
        try:
            while world.live(die_at=kills[struck] if struck < len(kills) else None) is None:
                struck += 1
            wrong = [*world.violations(), *person.wronged]
            if not _ended_well(world.store.run()):
                wrong.append(f"the run ended {world.store.run().state}: {world.store.run().reason}")
        except Exception as error:  # noqa: BLE001 - whatever a history raises is its finding
            place = traceback.extract_tb(error.__traceback__)[-1]
            wrong = [f"{type(error).__name__}: {error} ({Path(place.filename).name}:{place.lineno})"]
        finally:
            world.close()
        points, overtaken = world.fate.reached, world.gave_up
    kills = tuple(kills)
    return History(seed=seed, kills=kills, struck=struck, points=points, violations=tuple(wrong), overtaken=overtaken)


def random_history(seed: int) -> History:
    """One to five kills at points that the seed decides."""
    chance = random.Random(f"kills of {seed}")
    kills = [chance.randint(1, TYPICAL_POINTS) for _ in range(chance.randint(1, MOST_KILLS))]
    return live_through(seed, kills)


def new_world(folder: Path, seed: int) -> World:
    """A run of six tasks that ask, go red and clash more often than real ones."""
    plan = random_plan(seed=seed, tasks=TASKS, density=DENSITY)
    limits = Limits(workers=WORKERS)
    plan = replace(plan, tasks=tuple(replace(task, owns=(*task.owns, api(task.id))) for task in plan.tasks))
    world = World(folder, seed=seed, plan=plan, spec=spec_of(plan), habits=Habits(), limits=limits)
    chance = random.Random(f"settings of {seed}")
    world.contracts = chance.random() < _OFTEN
    world.ladder = chance.choice(LADDERS)
    world.critic = chance.choice(("on", "off"))
    world.lead_answers = chance.random() < _OFTEN
    world.later = adding_and_taking_back if chance.random() < 1 - _OFTEN else world.later
    run_virtually(world.create())
    return world


class Patient:
    """A person who waits for everything that does not depend on an open question (invariant 6)."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._since: dict[str, float] = {}
        self.wronged: list[str] = []

    def reply(self, asked: Asked) -> str | None:
        """The first option, once nothing else goes on."""
        others, now = going_on(self._world.store), self._world.clock.monotonic()
        if others and now < self._since.setdefault(asked.id, now) + PATIENCE:
            return None
        if others:
            self.wronged.append(f"6: {asked.id} held up {', '.join(sorted(others))}")
        return first_option(asked)


def adding_and_taking_back(store: Store) -> Iterator[Fact]:
    """A person who adds a sentence once something has landed, and wants the first work back that nothing builds on."""
    own = [status for status in store.tasks() if not status.task.broad]
    landed = [status.task.id for status in own if status.state == "landed"]
    if landed:
        yield Amended(number=1, requirement="R90", text="It is told what was added.")
    leaves = [task for task in landed if not any(task in {*s.task.needs, *s.extra_needs} for s in own)]
    if leaves and not store.hands().reverts:
        yield RevertAsked(number=1, task=leaves[0], why="it is not wanted")


def _ended_well(run: Run) -> bool:
    """With all that was wanted and is wanted still."""
    return run.state == "done" or (run.state == "failed" and run.reason.startswith("taken back: "))


def memory() -> str | None:
    """A folder without a disk behind it, where there is one: the journal is synchronous."""
    return "/dev/shm" if Path("/dev/shm").is_dir() else None
