"""What was decided without a person in a run, what was built on it, and how to say otherwise."""

import argparse
from collections.abc import Iterator

from ..orchestrator.nouns.questions import Asked
from ..orchestrator.rules.assumptions import Built, assumptions
from ..orchestrator.rules.quoting import LEAD
from ..tui.clean import clean
from ..tui.snapshot import FINISHED
from .answers import describe, named
from .output import emit, emit_json
from .repository import OpenRun, open_run

_BY = {
    "policy:assumption": "taken for granted by the probe",
    "policy:autonomy": "taken, as nobody was to be asked or it can be reverted",
    "policy:deadline": "taken, as nobody answered in time",
    LEAD: "answered by the lead",
}


def listed(args: argparse.Namespace) -> int:
    """`agentctl assumptions`."""
    with open_run(args.repo, args.run) as run:
        found = assumed_in(run)
        if args.json:
            emit_json({"run": run.folder.run, "assumptions": [_document(each) for each in found]})
            return 0
        emit(assumption_lines(found) if found else ["nothing was decided without you"])
        holding = [each for each in found if not each.by]
        if holding and run.store.run().state not in FINISHED:
            emit([f"say otherwise with: agentctl answer --run {run.folder.run} {holding[0].asked.id} TEXT"])
        elif holding:
            emit(["the run is over: put what is wrong into the spec (agentctl show proposal) and run it again"])
    return 0


def assumed_in(run: OpenRun) -> tuple[Built, ...]:
    """The answers of a run that no person gave, in the order of asking."""
    store = run.store
    questions = store.questions()
    if not any(each.answered_by in _BY for each in questions):
        return ()
    return assumptions(questions, tasks=store.tasks(), attempts=store.attempts(), events=store.events())


def answerer(asked: Asked) -> str:
    """Who answered a question, for a person to read; of what no person said, how it came about."""
    by = asked.answered_by or "someone"
    return _BY.get(by) or named(by)


def assumption_lines(found: tuple[Built, ...]) -> Iterator[str]:
    """Each answer with what it was taken from and what is built on it."""
    for each in found:
        asked, question = each.asked, each.asked.question
        yield f"{asked.id}  {clean(question.text, width=150)}"
        yield f"  {describe(asked.answer or '')}: {_BY.get(asked.answered_by or '', clean(asked.answered_by or '?'))}"
        if question.evidence:
            yield f"  {clean(question.evidence, width=300)}"
        if each.by:
            yield f"  overruled by {each.by}"
        yield f"  built on it: {', '.join(map(clean, each.tasks)) or 'nothing yet'}"


def _document(each: Built) -> dict[str, object]:
    asked = each.asked
    return {
        "id": asked.id,
        "question": asked.question.text,
        "answer": asked.answer,
        "answered_by": asked.answered_by,
        "at": asked.answered_at,
        "evidence": asked.question.evidence,
        "requirements": asked.question.requirements,
        "tasks": each.tasks,
        "overruled_by": each.by or None,
    }
