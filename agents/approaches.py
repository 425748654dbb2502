"""How the rollouts of one rung differ: each has an approach of its own and a temperature, by its number. Pure.

Samples of one prompt make the same mistake; what differs is how one sets about it.
"""

APPROACHES = (
    "Look for the smallest change that meets every requirement, and make only that.",
    "Write the tests first, from the requirements and their edges; then the code that makes them pass.",
    "Read the callers and the neighbours of what you change first, and follow how they do such things.",
    "Begin with the data: which values and states there are, and what must hold of each; let the code follow.",
    "List the edge cases of each requirement first (empty, one, many, wrong, twice), and go through them one by one.",
    "Write the plainest code a newcomer would understand, without any cleverness, even where it gets longer.",
    "Look for what the repository already has that does most of it, and build on that.",
    "Assume that the obvious solution fails: find out where, then write the one that does not.",
)
TEMPERATURES = (0.2, 0.5, 0.8, 1.0)
"""Of the rollouts in turn; the first is that of a rung of one."""


def approach(rollout: int) -> list[str]:
    """The last section of a rollout's pack; none for number 0, which works alone."""
    if not rollout:
        return []
    chosen = APPROACHES[(rollout - 1) % len(APPROACHES)]
    return [
        f"# How you go about it\n\nOthers do this task at the same time, each in a different way. Yours: {chosen}\n"
    ]


def temperature(rollout: int) -> float:
    """How freely the model of a rollout chooses its words."""
    return TEMPERATURES[(rollout - 1) % len(TEMPERATURES)] if rollout else TEMPERATURES[0]
