"""How the run of a thread stands, for whoever decides what may be commanded: what it claims, and what is let change."""

from ...orchestrator.errors import UsageError
from ...orchestrator.store.folder import RunFolder
from ...tui.snapshot import FINISHED
from ..answers import interpret
from ..batch_runs import claims
from ..finding import question_named
from ..repository import opened
from .said import Command


def usd(folder: RunFolder) -> float:
    """Dollars that it has used up, or while it is not over may yet."""
    return claims(folder)


def is_at_work(folder: RunFolder) -> bool:
    """Whether it is not over, and does not wait for a person alone."""
    with opened(folder) as run:
        return run.store.run().state not in {*FINISHED, "waiting"}


def frees(folder: RunFolder, command: Command) -> tuple[str, ...]:
    """The files that an answer lets a task change beside its plan; none for any other command."""
    if command.word != "answer":
        return ()
    try:
        with opened(folder) as run:
            question = question_named(run, command.args[0]).question
            text = interpret(question, command.args[1], cap_usd=run.cap_usd)
    except UsageError:  # it is told when the command is carried out
        return ()
    return next((option.paths for option in question.options if option.text == text), ())
