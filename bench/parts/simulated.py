"""Histories in virtual time: a run whose process dies at chosen fault points and is started again until it is done."""

import random
import tempfile
import traceback
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from ...orchestrator.nouns.questions import Asked
from ...orchestrator.nouns.runs import Limits
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

    @property
    def told(self) -> list[str]:
        """Each violation with what brings it about again."""
        return [f"seed {self.seed}, kills {list(self.kills)}: {each}" for each in self.violations]


def live_through(seed: int, kills: Sequence[int]) -> History:
    """Run seed's plan with a process that dies at each of these fault points in turn, and say what does not hold."""
    with tempfile.TemporaryDirectory(prefix="sim-", dir=_memory()) as folder:
        world = new_world(Path(folder), seed)
        person = Patient(world)
        world.reply = person.reply
        struck, wrong = 0, []
        try:
            while world.live(die_at=kills[struck] if struck < len(kills) else None) is None:
                struck += 1
            wrong = [*world.violations(), *person.wronged]
            if world.store.run().state != "done":
                wrong.append(f"the run ended {world.store.run().state}: {world.store.run().reason}")
        except Exception as error:  # noqa: BLE001 - whatever a history raises is its finding
            place = traceback.extract_tb(error.__traceback__)[-1]
            wrong = [f"{type(error).__name__}: {error} ({Path(place.filename).name}:{place.lineno})"]
        finally:
            world.journal.close()
            world.store.close()
        points = world.fate.reached
    return History(seed=seed, kills=tuple(kills), struck=struck, points=points, violations=tuple(wrong))


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
    world.contracts = bool(seed % 3)
    world.ladder = LADDERS[seed % len(LADDERS)]
    world.critic = "on" if seed % 2 else "off"
    run_virtually(world.create())
    return world


class Patient:
    """A person who waits for everything that does not depend on an open question (invariant 6)."""

    def __init__(self, world: World) -> None:
        self._world = world
        self.wronged: list[str] = []

    def reply(self, asked: Asked) -> str | None:
        """The first option, once nothing else goes on."""
        others = going_on(self._world.store)
        if others and self._world.clock.now() < asked.at + PATIENCE:
            return None
        if others:
            self.wronged.append(f"6: {asked.id} held up {', '.join(sorted(others))}")
        return first_option(asked)


def _memory() -> str | None:
    """A folder without a disk behind it, where there is one: the journal is synchronous."""
    return "/dev/shm" if Path("/dev/shm").is_dir() else None
