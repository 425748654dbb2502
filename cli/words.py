"""Plans, tasks and questions in plain words, line by line, for terminals, pipes and screen readers. Pure."""

import time
from collections.abc import Iterator, Sequence

from ..orchestrator.nouns.delivery import Opened
from ..orchestrator.nouns.hands import Hands
from ..orchestrator.nouns.plan import Conflict, Estimate, Plan, Task
from ..orchestrator.nouns.questions import Asked
from ..orchestrator.nouns.runs import RunSettings, TaskStatus
from ..orchestrator.rules.ladder import ASK
from ..orchestrator.rules.outside_cap import beside_the_cap
from ..orchestrator.rules.ranking import taken_at
from ..tui.clean import clean, clean_lines
from ..tui.snapshot import Snapshot, counted, headline, mark, paused, tried
from .answers import form, in_full, label, listed, named


def status_lines(snapshot: Snapshot, *, now: float, live: bool) -> Iterator[str]:
    """A run as it stands: header, teams with their tasks, open questions, and what to type next."""
    run = snapshot.run
    yield f"{run.id}  {clean(run.title)}"
    driver = "" if live or snapshot.finished else "  (nothing drives it)"
    yield f"{run.state}{driver}  {headline(snapshot, now=now, live=live)}"
    if run.reason:
        yield f"because: {clean(run.reason)}"
    if not snapshot.finished and (held := paused(snapshot.hands)):
        yield f"{held}: agentctl unpause {run.id}"
    for wish in snapshot.wishes:
        yield f"{clean(wish, width=150)}: its turn comes when nothing else goes on"
    for team in snapshot.teams:
        yield ""
        yield f"{clean(team.id)}  {team.landed}/{len(team.tasks)}  {clean(team.purpose)}".rstrip()
        for status in team.tasks:
            yield f"  {task_line(status, snapshot.hands)}"
    if snapshot.pulls:
        yield ""
        yield from pull_lines(snapshot.pulls)
    yield from _what_next(snapshot, live=live)


def pull_lines(pulls: Sequence[Opened]) -> Iterator[str]:
    """Pull requests as they were left, a line each: number, state, slice, and where to find it."""
    yield from (f"#{pull.number}  {pull.state:<6}  {clean(pull.name)}  {clean(pull.url)}".rstrip() for pull in pulls)


def _what_next(snapshot: Snapshot, *, live: bool) -> Iterator[str]:
    run = snapshot.run
    if snapshot.open:
        yield ""
        for asked in snapshot.open:
            yield f"? {asked.id}  {clean(asked.question.text, width=150)}"
        yield f"answer with: agentctl answer --run {run.id} {snapshot.open[0].id} {form(snapshot.open[0].question)}"
    if not live and not snapshot.finished:
        yield ""
        yield f"go on with: agentctl resume {run.id}"


def task_line(status: TaskStatus, hands: Hands) -> str:
    """A task on one line: glyph and word, id, title, and who holds it, or what its worker does."""
    glyph, word, held = mark(status, hands)
    doing = f"  {clean(held or status.activity, width=80)}" if held or status.activity else ""
    doing = "" if status.state == "landed" else doing
    title = clean(status.task.title, width=60)
    return f"{glyph} {word:<8}{clean(status.task.id):<6} {title}{tried(status)}{doing}"


def question_lines(asked: Asked, *, blocks: int = 0, reasons: str = "") -> Iterator[str]:
    """A question with its reasons, its numbered options, and what happens if nobody answers.

    ``reasons`` say why it stands where it stands, in place of ``blocks``.
    """
    question = asked.question
    about = [question.kind, f"asked by {clean(question.asked_by)}" if question.asked_by else ""]
    about.append(clean(reasons) or (f"holds up {counted(blocks, 'task')}" if blocks else ""))
    about.append(f"for {', '.join(map(clean, question.requirements))}" if question.requirements else "")
    yield f"{asked.id}  ({', '.join(part for part in about if part)})"
    yield from _indented(question.text)
    if question.why:
        yield from _indented(f"why: {question.why}")
    if question.evidence:
        yield from _indented(f"evidence: {question.evidence}")
    for index, option in enumerate(question.options):
        mark = " (recommended)" if question.recommended == index else ""
        so = f": {clean(option.consequence)}" if option.consequence else ""
        yield f"    {label(question, index)}  {clean(option.text)}{mark}{so}"
        if option.paths:
            yield f"       lets {clean(question.task)} change {listed(option.paths)} too, if you choose it"
    if asked.answer is not None:
        first, *more = in_full(asked.answer)
        yield f"  answered by {named(asked.answered_by or '?')}: {first}"
        yield from (f"    {line}".rstrip() for line in more)
    elif (moment := taken_at(asked)) is not None:
        when = time.strftime("%H:%M", time.localtime(moment))
        yield f"  `{clean(question.default or '')}` is taken at {when} unless you answer; it can be reverted"
    elif question.default is not None:
        yield f"  if nobody answers: goes on with `{clean(question.default)}`, which can be reverted"
    else:
        yield "  if nobody answers: waits"


def plan_lines(
    plan: Plan,
    estimate: Estimate | None = None,
    settings: RunSettings | None = None,
    conflicts: Sequence[Conflict] = (),
) -> Iterator[str]:
    """A plan: its summary and figures, its ladders, each team with its tasks, paths and needs, and what is foreseen."""
    yield from _indented(plan.summary, by="")
    if estimate is not None:
        yield estimate_line(estimate)
    if settings is not None:
        yield f"each task is tried by {climbed(settings.ladder)}"
    for note in plan.notes:
        yield from _indented(f"note: {note}", by="")
    if plan.kept:
        yield f"kept as it is: {', '.join(f'{clean(task.id)} {clean(task.title)}' for task in plan.kept)}"
    if plan.dropped:
        yield f"dropped: {', '.join(map(clean, plan.dropped))}"
    for team in plan.teams:
        yield ""
        own = team.ladder or (settings.team_ladders.get(team.id, ()) if settings is not None else ())
        yield f"{clean(team.id)}: {clean(team.purpose)}{f'  (tried by {climbed(own)})' if own else ''}"
        for task in plan.tasks:
            if task.team == team.id:
                yield from _planned(task)
    if conflicts:
        yield from ("", f"{counted(len(conflicts), 'conflict')} foreseen:")
        yield from (f"  - {clean(each.message)}" for each in conflicts)


def _planned(task: Task) -> Iterator[str]:
    after = f" after {', '.join(map(clean, task.needs))}" if task.needs else ""
    yield f"  {clean(task.id)}  {clean(task.title)}{after}  [{', '.join(map(clean, task.requirements))}]"
    if task.removes:
        yield f"      takes out {', '.join(map(clean, task.removes))}"
    yield f"      writes {', '.join(map(clean, task.owns)) or 'nothing'}; about {task.minutes:g} min"
    if task.ladder:
        yield f"      tried by {climbed(task.ladder)}"


def climbed(ladder: Sequence[str]) -> str:
    """``flash > flash*3 > pro > you``."""
    rungs = [clean(rung) for rung in ladder]
    return " > ".join("you" if rung == ASK else rung for rung in (rungs if ASK in rungs else [*rungs, ASK]))


def estimate_line(estimate: Estimate) -> str:
    """What a plan may cost: likely figures, not caps."""
    cost = "cost not known" if estimate.usd is None else f"about ${estimate.usd:.2f}"
    path = " > ".join(map(clean, estimate.critical_path))
    cost += beside_the_cap(clean(estimate.outside_cap))
    return f"about {counted(estimate.calls, 'call')}, {cost}, {estimate.minutes:.0f} min; critical path {path}"


def _indented(text: str, *, by: str = "  ") -> Iterator[str]:
    """A text of others; where it has several lines each begins with a bar, so that none passes for one of ours."""
    lines = clean_lines(text).strip("\n").splitlines()
    bar = "│ " if len(lines) > 1 else ""
    yield from (f"{by}{bar}{line}".rstrip() for line in lines)
