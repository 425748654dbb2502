"""Fifty workers in virtual time, and everything around them that goes wrong: a history follows from its seed alone.

Messages to the model, or its replies, are lost; the wall clock jumps by hours, both ways; processes die at fault
points; and the lock of one that is not dead is taken by another, so that two drive the run until the first one finds
out at what it writes next.
"""

import random
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Literal

from ...orchestrator.nouns.runs import Limits
from ..sim.leads import api
from ..sim.loop import run_virtually
from ..sim.plans import random_plan, spec_of
from ..sim.roles import Habits
from ..sim.world import Trouble, World
from .simulated import LADDERS, History, live_through

WORKERS = 50
DENSITY = 0.1
LOSES = 0.03
"""Of all messages."""
GATES = 8
MOST_KILLS = 2
POINTS_OF_A_TASK = 18
"""Fault points from which those are drawn at which a life ends; it may have fewer and end unharmed."""
SECONDS = 25.0
"""Within which a lock is taken away, and between two jumps; most lives last longer."""
JUMPS = 6
HOURS = 12.0
"""How far a clock jumps at most."""
HABITS = Habits(bad=0.2, hates=0.02, asks=0.05, loses=LOSES)


Fault = Literal["no fence", "the branch moves before the verdict"]
"""What is seeded to see whether it is found: a product that had it would be wrong."""


def fleet(folder: Path, seed: int, *, size: int = WORKERS, fault: Fault | None = None) -> World:
    """A run of ``size`` tasks and workers that has not begun, with all that will go wrong in it but for the kills."""
    plan = random_plan(seed=seed, tasks=size, density=DENSITY)
    plan = replace(plan, tasks=tuple(replace(task, owns=(*task.owns, api(task.id))) for task in plan.tasks))
    limits = Limits(workers=size, gates=GATES)
    world = World(folder, seed=seed, plan=plan, spec=spec_of(plan), habits=HABITS, limits=limits, on_disk=True)
    chance = random.Random(f"fleet {seed}")
    world.contracts = chance.random() < 1 / 3
    world.ladder = chance.choice(LADDERS)
    world.critic = chance.choice(("on", "off"))
    world.lead_answers = chance.random() < 1 / 2
    jumps = [(chance.uniform(1, SECONDS), _hours(chance)) for _ in range(chance.randint(0, JUMPS))]
    lives = range(1, MOST_KILLS + 2)
    world.trouble = Trouble(
        overtaken={life: chance.uniform(0, SECONDS) for life in lives if chance.random() < 1 / 2},
        jumps=jumps,
        fenced=fault != "no fence",
        hasty=fault == "the branch moves before the verdict",
    )
    run_virtually(world.create())
    return world


def fleet_history(seed: int, size: int = WORKERS, fault: Fault | None = None) -> History:
    """No kill to two of them, at points that the seed decides."""
    chance = random.Random(f"kills of fleet {seed}")
    kills = [chance.randint(1, size * POINTS_OF_A_TASK) for _ in range(chance.randint(0, MOST_KILLS))]
    return live_through(seed, kills, partial(fleet, size=size, fault=fault))


def _hours(chance: random.Random) -> float:
    """Seconds that a clock jumps by."""
    return 3600.0 * chance.uniform(-HOURS, HOURS)
