"""How a run ended, in words and as an exit code, and the command that takes its result over. Reads the store."""

from collections.abc import Iterator

from ..orchestrator.nouns.keys import integration_branch
from ..orchestrator.nouns.runs import Run
from ..tui.clean import clean
from ..tui.snapshot import Snapshot, headline
from .answers import form
from .repository import OpenRun

DONE, FAILED, WAITING, NO_KEY, BUDGET, UNMET, INTERRUPTED = 0, 1, 3, 4, 5, 6, 130
_KEY_REFUSED = "trouble:KeyRefused:"
"""How the key of a question begins that was asked because a provider refused ours."""


def branch(run: str) -> str:
    """The integration branch as one types it: ``agentctl/RUN/all``."""
    return integration_branch(run).removeprefix("refs/heads/")


def take_over(run: str) -> str:
    """The command that brings a run's result into the branch one stands on."""
    return f"git merge {branch(run)}"


def unmet(opened: OpenRun) -> tuple[str, ...]:
    """Ids of requirements that the plan covers and that nothing speaks for, in the plan's order."""
    found = {evidence.requirement for evidence in opened.store.evidence()}
    plan = opened.store.plan()
    wanted = [requirement for task in plan.tasks for requirement in task.requirements] if plan else []
    return tuple(dict.fromkeys(requirement for requirement in wanted if requirement not in found))


def exit_code(opened: OpenRun, run: Run) -> int:
    """0 when the run is done; else what stands in its way: a person, the budget, a requirement, or a failure."""
    match run.state:
        case "done":
            return DONE
        case "drained":
            return INTERRUPTED
        case "waiting" | "planning" | "building":
            return waiting_code(opened)
        case "failed":
            return UNMET if unmet(opened) and opened.store.landings() else FAILED
        case _:
            return FAILED


def waiting_code(opened: OpenRun) -> int:
    """5 where all that is asked for is money, 4 where it is a key, else 3."""
    questions = [asked.question for asked in opened.store.questions(only_open=True)]
    if questions and all(question.key.startswith(_KEY_REFUSED) for question in questions):
        return NO_KEY
    return BUDGET if {question.kind for question in questions} == {"budget"} else WAITING


def summary(snapshot: Snapshot, *, now: float) -> Iterator[str]:
    """A few lines for stderr at the end of a run: what became of it, what it cost, and what to do next."""
    run = snapshot.run
    yield ""
    yield f"{run.id} is {run.state}: {headline(snapshot, now=now)}"
    if run.reason:
        yield f"because: {clean(run.reason, width=300)}"
    for status in snapshot.tasks:
        if status.state == "dropped":
            yield f"left out: {clean(status.task.id)} {clean(status.task.title)}: {clean(status.activity, width=120)}"
    for asked in snapshot.open:
        yield f"{asked.id} waits for you: {clean(asked.question.text, width=150)}"
    if snapshot.open:
        yield f"answer with: agentctl answer --run {run.id} {snapshot.open[0].id} {form(snapshot.open[0].question)}"
    if not snapshot.finished:
        yield f"go on with: agentctl resume {run.id}"
    elif snapshot.landed:
        yield f"see: agentctl report {run.id}"
