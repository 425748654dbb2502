"""Whether a run can be played again from its own folder: what it had from elsewhere no recording holds. Only reads."""

from collections.abc import Iterator

import msgspec

from ..agents.lead import lead_task
from ..agents.probe import PROBING
from ..orchestrator.attempt_steps import TAKES_OVER
from ..orchestrator.clarifying import PROBED
from ..orchestrator.nouns.events import Acted
from ..orchestrator.nouns.hands import PERSON
from ..orchestrator.ports import Store
from ..orchestrator.rules.hands import GIVEN
from ..orchestrator.rules.probe_batch import Batch
from ..orchestrator.run_view import FROM_SHELF
from ..orchestrator.store.journal import Journal


def missing(store: Store, journal: Journal) -> Iterator[str]:
    """What a replay of the run would look for in vain, a sentence each; nothing where it can be played."""
    asked = {call.key.attempt.task for call in journal.calls()}
    for event in store.events():
        if isinstance(event.fact, Acted) and event.fact.text == TAKES_OVER:
            yield f"{event.fact.key} took over the patch of an earlier run"
    plan = store.plan()
    by_code = {task.id: task for task in (plan.tasks if plan is not None else ()) if task.by_code}
    for task in by_code.values():
        if task.follows and store.choice(f"{GIVEN}{task.id}") is None:
            yield f"what {task.id} brought from the base branch is too much for a recording"
    for attempt in store.attempts():
        if attempt.rung == PERSON and attempt.key.task not in by_code and store.choice(f"{GIVEN}{attempt.key}") is None:
            yield f"{attempt.key} was handed in when agentctl did not keep that for recordings yet"
    for team in dict.fromkeys(contract.team for contract in store.contracts()):
        if store.choice(f"{FROM_SHELF}{team}") is not None or lead_task(team) not in asked:
            yield f"the contract of team {team} is that of an earlier run"
    blob = store.choice(PROBED)
    probed = msgspec.json.decode(store.blob(blob), type=Batch) if blob is not None else None
    if probed is not None and (probed.questions or probed.assumptions) and PROBING not in asked:
        yield "what probing the spec showed is from an earlier run"
