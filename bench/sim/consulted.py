"""A lead's word on a worker's question, in memory: a quote of the spec, one that stands nowhere, or the question."""

import random

from ...orchestrator.nouns.keys import CallKey
from .plans import wanted

UNREADABLE = 0.15
"""Share of answers that cannot be read."""
SETTLED = 0.5
"""Share of questions that the lead answers with words of the spec; half of the rest it answers without."""


def considered(key: CallKey, chance: random.Random) -> dict[str, object]:
    """The answer to a lead's request about a question."""
    task = key.attempt.task
    if chance.random() < UNREADABLE:
        return {"quote": 1}
    if chance.random() < SETTLED:
        return {"quote": wanted(task), "answer": "as the spec says"}
    if chance.random() < SETTLED:
        return {"quote": "these words stand nowhere at all", "answer": "as it pleases"}
    return {"question": f"What about {task}, in the words of its lead?", "why": "nothing says so"}
