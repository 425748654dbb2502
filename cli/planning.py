"""The latest plan of a run and its estimate, for `plan` and `show plan`; and `plan --edit`."""

import argparse

from ..orchestrator.errors import UsageError
from ..orchestrator.nouns.events import Planned
from ..orchestrator.store.folder import RunFolder
from .assuming import assumed_in, assumption_lines
from .going_on import say_who_goes_on
from .output import emit, emit_json, say
from .repository import OpenRun, locate, open_run, opened
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
        foreseen = {"conflicts": proposal.conflicts}
        emit_json({"run": folder.run, "plan": proposal.plan, "estimate": proposal.estimate} | foreseen)
    else:
        emit(plan_lines(proposal.plan, proposal.estimate, settings, proposal.conflicts))
        if assumed:
            emit(["", "decided without you:", *assumption_lines(assumed)])


def edit(args: argparse.Namespace) -> int:
    """`agentctl plan --edit`: change the plan that a run asks about, and answer with what came of it.

    Raises:
        UsageError: no plan is asked about, or the edited one does not hold; the text stays in its file.
    """
    from . import processes
    from .asking import answer
    from .plan_editing import checks, edited

    if args.no_input:
        raise UsageError("--edit opens an editor, which --no-input forbids: leave one of them out.")
    root = locate(args.repo)
    with open_run(args.repo, args.run, write=True) as run:
        name, plan = asked_about(run.folder), run.store.plan()
        asked = next((each for each in run.store.questions(only_open=True) if each.id == name), None)
        if asked is None or plan is None:
            raise UsageError(f"{run.folder.run} does not ask about a plan now: see `agentctl status {run.folder.run}`.")
        changed = edited(plan, asked.id, folder=run.folder.path, check=checks(run, root, plan))
        if changed is None:
            return 0
        answer(run, asked, changed, author=processes.person(root))
        emit([run.folder.run])
        say(f"{asked.id}: the edited plan is the answer; it is asked about once more")
        say_who_goes_on(run.folder)
    return 0
