"""What `agentctl why` prints: the chain from a line to its prompt, for a person and for a program."""

from collections.abc import Iterator
from datetime import UTC, datetime

from ..tui.clean import clean, clean_lines
from .answers import may_change
from .why import Origin

_SHORT = 10


def lines(found: Origin, *, prompt: bool) -> Iterator[str]:
    """The chain for a person, from the line to the prompt."""
    commit = found.commit
    date = datetime.fromtimestamp(commit.at, tz=UTC).strftime("%Y-%m-%d")
    yield f"{clean(found.path)}:{found.line}  {clean(found.text.strip(), width=100)}"
    yield f"commit       {commit.commit[:_SHORT]}  {date}  {clean(commit.author)}  {clean(commit.subject, width=80)}"
    if found.source == "nobody":
        yield "No run wrote this line: the commit names no task, and no lock came with it."
        return
    if found.source == "lock":
        yield "The commit has no trailers, as after a squash merge; what follows is told by the lock that came with it."
    run = f" of run {clean(found.run)}" if found.run else ""
    yield f"task         {', '.join(map(clean, found.tasks))}{run}: {clean(found.title, width=100)}"
    for each in found.requirements:
        yield f"requirement  {clean(found.spec)}:{clean(each.id)}  {clean(each.text) or '(its text is not kept here)'}"
    for check in found.checks:
        yield f"evidence     {clean(check, width=120)}"
    for decision in found.decisions:
        yield f"question     {clean(decision.text, width=160)}"
        yield f"answer       {clean(decision.answer or 'open', width=160)} ({clean(decision.by) or 'nobody yet'})"
        if decision.widened:
            yield f"widened      {may_change(decision.task, decision.widened)}"
    if found.prompt is None:
        yield f"prompt       {clean(found.missing)}"
        return
    told_at = f"agentctl logs {found.prompt.attempt} --run {found.prompt.run} --turn {found.prompt.turn}"
    yield f"prompt       {told_at}"
    if prompt:
        yield ""
        yield from (clean_lines(line) for line in found.prompt.lines)


def document(found: Origin) -> dict[str, object]:
    """The chain for a program."""
    return {
        "path": found.path,
        "line": found.line,
        "text": found.text,
        "source": found.source,
        "commit": {
            "id": found.commit.commit,
            "author": found.commit.author,
            "at": found.commit.at,
            "subject": found.commit.subject,
        },
        "spec": found.spec,
        "tasks": found.tasks,
        "run": found.run,
        "requirements": found.requirements,
        "evidence": found.checks,
        "questions": found.decisions,
        "prompt": None
        if found.prompt is None
        else {"attempt": found.prompt.attempt, "turn": found.prompt.turn, "calls": found.prompt.document},
        "missing": found.missing,
    }
