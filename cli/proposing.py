"""What was decided during a run as a patch of its spec, for its author to apply or not."""

from collections.abc import Iterator

from ..orchestrator.clarifying import ASSUMED_BY
from ..orchestrator.rules.assumptions import is_assumed, is_of_worker, standing_answers
from ..orchestrator.rules.probe_batch import proposal, statement
from ..orchestrator.rules.probing import Assumption
from ..orchestrator.rules.quoting import LEAD
from ..orchestrator.run_view import SPEC_PATH
from ..specs.proposals import ProposalRefused, patch
from .repository import OpenRun


def proposed(run: OpenRun) -> str:
    """A unified diff of the spec, empty where nothing was decided that it does not say.

    Raises ProposalRefused where the spec cannot take it in as it is.
    """
    answered, assumed = [], []
    for asked in standing_answers(run.store.questions()):
        if asked.answer is None:
            continue
        if asked.answered_by == ASSUMED_BY:
            assumed.append(Assumption(text=asked.answer, requirements=asked.question.requirements))
        elif is_assumed(asked) and is_of_worker(asked):
            said = statement(asked.question, asked.answer)
            assumed.append(Assumption(text=said.text, requirements=said.requirements))
        elif asked.answered_by != LEAD:
            answered.append((asked.question, asked.answer))
    text = run.folder.spec.read_text(encoding="utf-8", errors="replace")
    path = run.store.choice(SPEC_PATH) or "spec.md"
    return patch(text, proposal(text, answered=answered, assumed=assumed), path=path)


def told(run: OpenRun) -> Iterator[str]:
    """The patch, or why there is none."""
    try:
        text = proposed(run)
    except ProposalRefused as refused:
        yield f"the spec cannot take in what was decided: {refused}"
        return
    yield from text.splitlines() or ["nothing was decided that the spec does not say"]
