"""How the run of a thread stands, for whoever decides what may be commanded: what it claims, and what is let change."""

from ...orchestrator.errors import UsageError
from ...orchestrator.rules.asking import read_budget_answer, read_plan_answer
from ...orchestrator.rules.commanding import alone
from ...orchestrator.rules.guarded import elsewhere
from ...orchestrator.rules.said import Said
from ...orchestrator.store.folder import RunFolder
from ...tui.snapshot import FINISHED
from ..answers import interpret
from ..batch_runs import claims
from ..finding import question_named
from ..planning import latest
from ..repository import OpenRun, opened


def usd(folder: RunFolder) -> float:
    """Dollars that it has used up, or while it is not over may yet."""
    return claims(folder)


def is_at_work(folder: RunFolder) -> bool:
    """Whether it is not over, and does not wait for a person alone."""
    with opened(folder) as run:
        return run.store.run().state not in {*FINISHED, "waiting"}


def raises(folder: RunFolder, command: Said) -> float:
    """By how many dollars a command raises its cap; 0 for one that does not, or cannot."""
    if command.word not in ("budget", "answer"):
        return 0.0
    try:
        with opened(folder) as run:
            if command.word == "budget":
                return read_budget_answer(command.args[0].removeprefix("+"), cap_usd=run.cap_usd).usd
            question = question_named(run, command.args[0]).question
            if question.kind != "budget":
                return 0.0
            return read_budget_answer(interpret(question, command.args[1], cap_usd=run.cap_usd)).usd
    except UsageError:  # it is told when the command is carried out
        return 0.0


def given_by_plan(run: OpenRun) -> tuple[str, ...]:
    """The files which decide what runs elsewhere that the latest plan gives to tasks."""
    proposal = latest(run)
    return elsewhere(path for task in proposal.plan.tasks for path in task.owns) if proposal is not None else ()


def frees(folder: RunFolder, command: Said) -> tuple[str, ...]:
    """The files that a command lets tasks change: an approval those of the plan, an answer those of its option."""
    if command.word not in ("approve", "answer"):
        return ()
    try:
        with opened(folder) as run:
            if command.word == "approve":
                return given_by_plan(run)
            question = question_named(run, command.args[0]).question
            text = interpret(question, command.args[1], cap_usd=run.cap_usd)
            if question.kind == "plan":
                return given_by_plan(run) if read_plan_answer(text).kind == "approve" else ()
    except UsageError:  # it is told when the command is carried out
        return ()
    return next((option.paths for option in question.options if option.text == text), alone(text))
