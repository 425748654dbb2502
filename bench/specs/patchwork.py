"""Documents sewn from scraps of markdown as it is really typed, near-misses and nonsense included. Seeded; no parser.

They are what nobody would call a spec, so that the parser is tried where it has to guess: scraps stand in any order,
sometimes without the empty line that would keep them apart, sometimes with the line ends of another system.
"""

import random
from functools import cache
from pathlib import Path

SCRAPS = Path(__file__).with_name("scraps.txt")
"""Between two scraps stands a line of two percent signs."""
_SEAMS = ("\n\n", "\n\n", "\n")
_ENDS = ("\n", "\n", "\n", "\r\n")


def patchwork(*, seed: int) -> str:
    """One to eight scraps."""
    chance = random.Random(seed)
    seam, end = chance.choice(_SEAMS), chance.choice(_ENDS)
    text = seam.join(chance.sample(_scraps(), chance.randrange(1, 9))) + "\n"
    return text.replace("\n", end)


@cache
def _scraps() -> list[str]:
    return SCRAPS.read_text(encoding="utf-8").removesuffix("\n").split("\n%%\n")
