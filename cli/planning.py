"""The latest plan of a run and its estimate, for `plan` and `show plan`."""

from ..orchestrator.nouns.events import Planned
from ..orchestrator.store.folder import RunFolder
from .assuming import assumed_in, assumption_lines
from .output import emit, emit_json
from .repository import OpenRun, opened
from .words import plan_lines


def latest(run: OpenRun) -> Planned | None:
    """The latest proposal with its estimate, approved or not."""
    proposals = [event.fact for event in run.store.events() if isinstance(event.fact, Planned)]
    return proposals[-1] if proposals else None


def has_plan(folder: RunFolder) -> bool:
    """Whether a plan was proposed."""
    with opened(folder) as run:
        return run.store.plan() is not None


def asked_about(folder: RunFolder) -> str | None:
    """The id of the question whether to build the plan, once it is asked and while it is open."""
    with opened(folder) as run:
        questions = run.store.questions(only_open=True)
    return next((asked.id for asked in reversed(questions) if asked.question.kind == "plan"), None)


def is_asked_about(folder: RunFolder) -> bool:
    """Whether a plan was proposed, checked, and put to a person."""
    return asked_about(folder) is not None


def how_to_build(folder: RunFolder) -> str:
    """What to type for the plan to be built."""
    question, name = asked_about(folder), folder.run
    approve = f"agentctl answer --run {name} {question} approve && " if question else ""
    return f"build it with: {approve}agentctl resume {name}"


def print_plan(folder: RunFolder, *, as_json: bool) -> None:
    """Print the latest plan, for a person or a program."""
    with opened(folder) as run:
        proposal, settings, assumed = latest(run), run.store.run().settings, assumed_in(run)
    if proposal is None:
        emit(["no plan yet"])
    elif as_json:
        emit_json({"run": folder.run, "plan": proposal.plan, "estimate": proposal.estimate})
    else:
        emit(plan_lines(proposal.plan, proposal.estimate, settings))
        if assumed:
            emit(["", "decided without you:", *assumption_lines(assumed)])
