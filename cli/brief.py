"""One page for a colleague who joins a run: asked, decided, done, open, cost, and where to look. Reads the stores."""

import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from ..orchestrator.nouns.events import Event, Noted, PlanApproved, QuestionAnswered, RunCreated
from ..orchestrator.nouns.hand_facts import CancelAsked, Widened
from ..orchestrator.nouns.questions import Asked
from ..orchestrator.nouns.runs import Evidence, Landing, Run, TaskStatus
from ..orchestrator.rules.widening import widens
from ..orchestrator.store.journal import Call, Totals
from ..tui.clean import clean
from ..tui.inbox import Ranked, standing
from ..tui.plain import describe
from ..tui.snapshot import FINISHED, counted, duration
from .answers import describe as in_few_words
from .answers import form, label, may_change, named
from .moments import Since
from .outcome import branch, take_over
from .planning import latest
from .report import Report, collect
from .repository import OpenRun

MOST = 12
"""Lines of one section: what is more is counted, and the command that shows it is named."""
_WIDTH = 110
_STOOD_IN = ("policy:assumption", "policy:earlier run")
"""Authors of what nobody was asked in this run."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What was decided, by whom, and when; ``question`` is empty for what nobody had asked."""

    at: float
    by: str
    text: str
    question: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """A landing with what speaks for its requirements."""

    landing: Landing
    title: str
    evidence: tuple[Evidence, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Brief:
    """All that the page says; ``since`` is when it begins, 0 for the run's beginning."""

    report: Report
    since: float
    decided: tuple[Decision, ...]
    stood_in: int
    """Decisions that were taken for granted, or are those of an earlier run."""
    done: tuple[Done, ...]
    asked: tuple[Ranked, ...]
    stuck: tuple[TaskStatus, ...]
    under_way: tuple[TaskStatus, ...]
    waiting: tuple[TaskStatus, ...]
    ledger: Totals
    """Of the calls since then."""
    cap_usd: float
    estimate_usd: float | None
    last: int
    """The number of the latest event, for the next ``--since``."""

    @property
    def run(self) -> Run:
        """The run."""
        return self.report.run


def brief(opened: OpenRun, *, since: Since | None, now: float) -> Brief:
    """Read a run's folder; what is open is told as it stands, the rest from ``since`` on."""
    report, events = collect(opened, now=now), opened.store.events()
    begin = _moment(since, events)
    decisions = list(_decisions(opened, [event for event in events if _after(event, since, begin)]))
    tasks = report.tasks
    over = report.run.state in FINISHED
    proposal = latest(opened)
    return Brief(
        report=report,
        since=begin,
        decided=tuple(each for each in decisions if each.by not in _STOOD_IN),
        stood_in=sum(each.by in _STOOD_IN for each in decisions),
        done=tuple(_done(report, begin)),
        asked=() if over else standing(opened.store, opened.store.questions(only_open=True), now=now),
        stuck=tuple(each for each in tasks if each.state in {"parked", "dropped"}),
        under_way=tuple(each for each in tasks if each.state in {"working", "queued", "ready"}),
        waiting=tuple(each for each in tasks if each.state == "blocked"),
        ledger=_ledger(opened.journal.calls(), begin),
        cap_usd=opened.cap_usd,
        estimate_usd=proposal.estimate.usd if proposal is not None else None,
        last=events[-1].seq if events else 0,
    )


def _moment(since: Since | None, events: tuple[Event, ...]) -> float:
    if since is None:
        return 0.0
    if since.event is None:
        return since.at
    return max((event.at for event in events if event.seq <= (since.event or 0)), default=0.0)


def _after(event: Event, since: Since | None, begin: float) -> bool:
    return event.seq > since.event if since is not None and since.event is not None else event.at >= begin


def _decisions(opened: OpenRun, events: Iterable[Event]) -> Iterator[Decision]:
    """Answers that stand, approvals, and whatever else a person did."""
    for event in events:
        fact = event.fact
        match fact:
            case QuestionAnswered():
                asked = opened.store.question(fact.key)
                if asked is not None and (asked.answered_by, asked.answered_at) == (event.author, event.at):
                    yield _answered(asked, event)
            case PlanApproved() | CancelAsked():
                yield Decision(at=event.at, by=event.author, text=_said(event))
            case RunCreated() | Noted() | Widened():
                pass
            case _ if event.author.startswith("person:"):
                if words := _said(event):
                    yield Decision(at=event.at, by=event.author, text=words)


def _said(event: Event) -> str:
    by = clean(event.author)
    return (describe(event.fact, author=event.author) or "").removesuffix(f" by {by}")


def _answered(asked: Asked, event: Event) -> Decision:
    answer = in_few_words(asked.answer or "")
    if given := widens(asked, asked.question.task):
        answer = f"{answer}; {may_change(asked.question.task, given)}"
    return Decision(at=event.at, by=event.author, text=answer, question=f"{asked.id} {asked.question.text}")


def _done(report: Report, begin: float) -> Iterator[Done]:
    titles = {status.task.id: status.task.title for status in report.tasks}
    evidence = [each for requirement in report.requirements for each in requirement.evidence]
    for landing in report.landings:
        if landing.at >= begin:
            task = landing.key.task
            speaks = tuple(each for each in evidence if each.task == task)
            yield Done(landing=landing, title=titles.get(task, ""), evidence=speaks)


def _ledger(calls: Iterable[Call], begin: float) -> Totals:
    """As the journal's own totals, of the calls that began since then."""
    counts = [call for call in calls if call.started_at >= begin]
    return Totals(
        calls=len(counts),
        in_flight=sum(call.state == "started" for call in counts),
        usd=sum(call.sunk_usd + (call.usd or 0.0) for call in counts),
        prompt=sum(call.prompt for call in counts),
        completion=sum(call.completion for call in counts),
        cached=sum(call.cached for call in counts),
        seconds=sum(call.seconds for call in counts),
    )


def document(found: Brief) -> dict[str, object]:
    """The page for a program; its keys only ever grow."""
    run = found.run
    return {
        "run": run.id,
        "state": run.state,
        "reason": run.reason,
        "title": run.title,
        "spec": run.spec_id,
        "base": run.base,
        "since": found.since,
        "last_event": found.last,
        "requirements": [
            {"id": each.id, "text": each.text, "strength": each.strength, "level": each.level}
            for each in found.report.requirements
        ],
        "decided": found.decided,
        "taken_for_granted": found.stood_in,
        "done": found.done,
        "questions": [{"blocks": each.blocks, "asked": each.asked} for each in found.asked],
        "stuck": found.stuck,
        "under_way": found.under_way,
        "waiting": found.waiting,
        "ledger": found.ledger,
        "ledger_in_all": found.report.ledger,
        "cap_usd": found.cap_usd,
        "estimate_usd": found.estimate_usd,
        "branch": branch(run.id) if found.report.landings else None,
        "where_to_look": dict(_places(found)),
    }


def lines(found: Brief, *, now: float) -> Iterator[str]:
    """The page as markdown."""
    run = found.run
    yield f"# {clean(run.title, width=_WIDTH) or run.id}"
    yield ""
    reason = f" ({clean(run.reason, width=_WIDTH)})" if run.reason else ""
    age = duration((run.finished_at or now) - run.created_at)
    yield f"Run {run.id} of spec {clean(run.spec_id)} is {run.state}{reason}, {age} after it began, on {run.base[:10]}."
    if found.since:
        yield f"Decided, done and spent is told since {_time(found.since)}; the next page: --since {found.last}."
    yield from ("", "## Asked", "", *_asked(found))
    yield from ("", "## Decided", "", *_decided(found))
    yield from ("", "## Done", "", *_landed(found))
    yield from ("", "## Open", "", *_open(found))
    yield from ("", "## Cost", "", *_cost(found))
    yield from ("", "## Where to look", "")
    yield from (f"- {what}: `{command}`" for what, command in _places(found))


def _asked(found: Brief) -> Iterator[str]:
    requirements = found.report.requirements
    rows = [
        f"- {clean(each.id)} {clean(each.text, width=_WIDTH)} ({each.level or 'nothing speaks for it yet'})"
        for each in requirements
    ]
    yield from _most(rows, "agentctl report " + found.run.id)
    if not rows:
        yield "The spec has no requirements with ids; its text: `.agentctl/runs/" + found.run.id + "/spec.md`."


def _decided(found: Brief) -> Iterator[str]:
    rows = []
    for each in found.decided:
        question = f"{clean(each.question, width=_WIDTH)}: " if each.question else ""
        by = named(each.by.removeprefix("policy:")) + (" (a rule)" if each.by.startswith("policy:") else "")
        rows.append(f"- {question}{clean(each.text, width=_WIDTH)} ({by}, {_time(each.at)})")
    yield from _most(rows, "agentctl events " + found.run.id)
    if found.stood_in:
        taken = counted(found.stood_in, "assumption")
        yield f"- and {taken} that nobody was asked about: agentctl report {found.run.id}"
    if not rows and not found.stood_in:
        yield "Nothing."


def _landed(found: Brief) -> Iterator[str]:
    rows = []
    for each in found.done:
        best = dict(sorted((e.requirement, e.level) for e in each.evidence))  # the highest level of each is last
        shown = ", ".join(f"{clean(name)} {level}" for name, level in best.items()) or "no evidence yet"
        key = each.landing.key
        tries = f", attempt {key.attempt}" if key.attempt > 1 else ""
        rows.append(
            f"- `{each.landing.commit[:10]}` {clean(key.task)} {clean(each.title, width=_WIDTH)}{tries}: {shown}"
        )
    yield from _most(rows, "agentctl report " + found.run.id)
    if not rows:
        yield "Nothing has landed" + (" since then." if found.since else " yet.")


def _open(found: Brief) -> Iterator[str]:
    rows = []
    for ranked in found.asked:
        asked = ranked.asked
        holds = f"; holds up {counted(ranked.blocks, 'task')}" if ranked.blocks else ""
        rows.append(f"- {asked.id} {clean(asked.question.text, width=_WIDTH)}{holds}")
        for index, option in enumerate(asked.question.options):
            if option.paths:
                given = may_change(asked.question.task, option.paths)
                rows.append(f"    with option {label(asked.question, index)} {given}")
        rows.append(f"    answer with: agentctl answer --run {found.run.id} {asked.id} {form(asked.question)}")
    for word, group in (("stuck", found.stuck), ("under way", found.under_way)):
        for status in group:
            tries = f", attempt {status.attempt} on {clean(status.rung)}" if status.attempt else ""
            doing = f": {clean(status.activity, width=_WIDTH)}" if status.activity else ""
            state = "left out" if status.state == "dropped" else word
            rows.append(f"- {state}: {clean(status.task.id)} {clean(status.task.title, width=60)}{tries}{doing}")
    if found.waiting:
        names = ", ".join(clean(each.task.id) for each in found.waiting)
        rows.append(f"- waits for others: {clean(names, width=_WIDTH)}")
    yield from _most(rows, "agentctl status " + found.run.id)
    if not rows:
        yield "Nothing."


def _cost(found: Brief) -> Iterator[str]:
    ledger, whole = found.ledger, found.report.ledger
    estimate = "not known" if found.estimate_usd is None else f"${found.estimate_usd:.2f}"
    yield (
        f"${ledger.usd:.4f} in {counted(ledger.calls, 'call')}, {ledger.prompt} tokens in and {ledger.completion} out; "
        f"in all ${whole.usd:.4f} of at most ${found.cap_usd:.2f}, where the plan's estimate was {estimate}."
    )
    if found.report.recorded:
        yield "The answers were recorded earlier and replayed; no model was asked."


def _places(found: Brief) -> Iterator[tuple[str, str]]:
    run = found.run
    yield "where it stands", f"agentctl status {run.id}"
    yield "what was asked, and what speaks for it", f"agentctl report {run.id}"
    yield "what happened, in order", f"agentctl events {run.id}" + (f" --after {found.last}" if found.since else "")
    if found.asked:
        yield "the questions with their options", f"agentctl inbox {run.id}"
    if found.stuck:
        yield "what a worker was asked and said", f"agentctl logs --run {run.id} {found.stuck[0].task.id}"
    if found.report.landings:
        yield "the whole change", f"git diff {found.report.ground[:10]} {branch(run.id)}"
    if run.state == "done":
        yield "to take it over", take_over(run.id)
    elif run.state not in FINISHED:
        yield "to go on", f"agentctl resume {run.id}"
        yield "to go on elsewhere", f"agentctl pack {run.id} {run.id}.tar.zst"


def _most(rows: list[str], command: str) -> Iterator[str]:
    yield from rows[:MOST]
    if len(rows) > MOST:
        yield f"- and {len(rows) - MOST} more: {command}"


def _time(at: float) -> str:
    return time.strftime("%Y-%m-%d %H:%M", time.localtime(at))
