"""What was decided during a run, and added to its spec, as a patch of that, for its author to apply or not."""

from collections.abc import Iterator

from ..orchestrator.clarifying import ASSUMED_BY
from ..orchestrator.errors import SpecError
from ..orchestrator.rules.assumptions import is_assumed, is_of_worker, standing_answers
from ..orchestrator.rules.probe_batch import proposal, statement
from ..orchestrator.rules.probing import Assumption
from ..orchestrator.rules.quoting import LEAD
from ..orchestrator.run_view import SPEC_PATH
from ..specs.proposals import ProposalRefused, patch
from .repository import OpenRun
from .spec_copy import texts


def proposed(run: OpenRun) -> str:
    """A unified diff of the spec, empty where nothing was decided or added that it does not say.

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
    known = texts(run.folder, run.store)
    return patch(known[0], proposal(known[-1], answered=answered, assumed=assumed), path=_path(run))


def added(run: OpenRun) -> str:
    """A unified diff of the spec with what a person added to it during the run, and nothing else."""
    known = texts(run.folder, run.store)
    return patch(known[0], known[-1], path=_path(run))


def _path(run: OpenRun) -> str:
    return run.store.choice(SPEC_PATH) or "spec.md"


def told(run: OpenRun) -> Iterator[str]:
    """The patch, or why there is none."""
    try:
        text = proposed(run)
    except (ProposalRefused, SpecError) as refused:
        yield f"the spec cannot take in what was decided: {refused}"
        return
    yield from text.splitlines() or ["nothing was decided that the spec does not say"]
