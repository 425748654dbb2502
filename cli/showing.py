"""What `agentctl show` prints of a run, a plan, a task, a question, or an attempt."""

import argparse
import re
import time
from collections.abc import Iterator, Sequence

from ..orchestrator.nouns.events import Judged
from ..orchestrator.nouns.keys import AttemptKey
from ..orchestrator.nouns.runs import AttemptStatus, Evidence, TaskStatus
from ..orchestrator.nouns.verdicts import Verdict
from ..orchestrator.rules.autonomy import autonomy_of
from ..orchestrator.store.folder import all_runs
from ..orchestrator.store.journal import Totals
from ..tui.clean import clean, clean_lines
from ..tui.inbox import rank
from ..tui.snapshot import counted, duration, take
from .by_hand import history
from .contract_words import print_contracts
from .documents import asked_document, status_document
from .finding import attempt_named, question_named, task_named
from .output import emit, emit_json
from .planning import print_plan
from .repository import OpenRun, locate, open_run
from .words import question_lines, status_lines, task_line


def show(args: argparse.Namespace) -> int:
    """Print what was named; without a name, the run."""
    what, prefix = args.what or "", args.run
    if what and prefix is None and any(folder.run == what for folder in all_runs(locate(args.repo))):
        what, prefix = "", what
    with open_run(args.repo, prefix) as run:
        if not what:
            _show_run(run, as_json=args.json)
        elif what == "plan":
            print_plan(run.folder, as_json=args.json)
        elif what == "contract":
            print_contracts(run, as_json=args.json)
        elif what == "proposal":
            _show_proposal(run, as_json=args.json)
        elif re.fullmatch(r"[Qq]\d+", what):
            _show_question(run, what, as_json=args.json)
        elif ":" in what:
            _show_attempt(run, attempt_named(run, what), as_json=args.json)
        else:
            _show_task(run, task_named(run, what), as_json=args.json)
    return 0


def _show_run(run: OpenRun, *, as_json: bool) -> None:
    snapshot, live = take(run.store, run.journal), run.folder.driver() is not None
    if as_json:
        emit_json(status_document(snapshot, live=live))
        return
    emit(status_lines(snapshot, now=time.time(), live=live))
    settings = snapshot.run.settings
    limits = settings.limits
    autonomy = autonomy_of("", hands=snapshot.hands, settings=settings)
    emit([f"profile {clean(settings.profile)}, {autonomy}, {limits.workers} workers, {run.folder.path}"])


def _show_proposal(run: OpenRun, *, as_json: bool) -> None:
    from .proposing import proposed, told  # reads the spec, which costs what the other subjects need not pay

    if as_json:
        emit_json({"patch": proposed(run)})
    else:
        emit(told(run))


def _show_question(run: OpenRun, name: str, *, as_json: bool) -> None:
    (ranked,) = rank([question_named(run, name)], run.store.tasks())
    if as_json:
        emit_json({"blocks": ranked.blocks, **asked_document(ranked)})
    else:
        emit(question_lines(ranked.asked, blocks=ranked.blocks if ranked.asked.answer is None else 0))


def _show_task(run: OpenRun, status: TaskStatus, *, as_json: bool) -> None:
    if as_json:
        attempts, evidence, ledger = _of_task(run, status)
        widened = run.store.hands().widened_in(status.task.id)
        found = {"status": status, "widened": widened, "attempts": attempts, "evidence": evidence, "ledger": ledger}
        emit_json(found)
    else:
        emit(task_page(run, status))


def _of_task(run: OpenRun, status: TaskStatus) -> tuple[Sequence[AttemptStatus], list[Evidence], Totals]:
    task = status.task.id
    evidence = [each for each in run.store.evidence() if each.task == task]
    return run.store.attempts(task), evidence, run.journal.totals(task=task)


def task_page(run: OpenRun, status: TaskStatus) -> Iterator[str]:
    """All there is to say of a task: what it is to do and may write, its attempts, what it showed, what it cost."""
    attempts, evidence, ledger = _of_task(run, status)
    task = status.task
    checks = (*task.checks, *(each for made in run.store.contracts() for each in made.checks_of(task.id)))
    about = f"team {clean(task.team)}; for {_list(task.requirements)}; checks {_list(checks)}"
    yield from (task_line(status, run.store.hands()), about)
    more = run.store.hands().widened_in(task.id)
    too = f" and, by answers, {_list(more)}" if more else ""
    yield from (f"writes {_list(task.owns)}{too}; after {_list((*task.needs, *status.extra_needs))}", "")
    yield from (clean_lines(task.goal), "")
    yield from history(run, task.id)
    yield from (_attempt_line(attempt) for attempt in attempts)
    for each in evidence:
        yield f"{clean(each.requirement)} {each.level} by {clean(each.check)} on {each.commit[:10]}"
    yield f"{counted(ledger.calls, 'call')}, ${ledger.usd:.2f}, {duration(ledger.seconds)} of model time"


def _show_attempt(run: OpenRun, attempt: AttemptStatus, *, as_json: bool) -> None:
    verdicts = [e.fact for e in run.store.events() if isinstance(e.fact, Judged) and e.fact.key == attempt.key]
    calls = [call for call in run.journal.calls() if call.key.attempt == attempt.key]
    if as_json:
        emit_json({"attempt": attempt, "verdicts": [judged.verdict for judged in verdicts], "calls": len(calls)})
        return
    emit([_attempt_line(attempt)])
    emit(_verdict_lines(verdicts))
    usd = sum(call.sunk_usd + (call.usd or 0.0) for call in calls)
    emit([f"{counted(len(calls), 'call')}, ${usd:.2f}", *_see(attempt.key, run.folder.run)])


def _attempt_line(attempt: AttemptStatus) -> str:
    patch = f", patch {attempt.patch[:10]}" if attempt.patch else ""
    reason = f": {clean(attempt.reason, width=200)}" if attempt.reason else ""
    return f"attempt {attempt.key} on {clean(attempt.rung)}: {attempt.state}{patch}{reason}"


def _parts(verdict: Verdict) -> str:
    """Which parts of the gate judged, where it has parts."""
    return f", judged by {clean(', '.join(verdict.gates))}" if verdict.gates else ""


def _verdict_lines(verdicts: list[Judged]) -> Iterator[str]:
    for judged in verdicts:
        verdict = judged.verdict
        if verdict.passed:
            yield f"green: {len(verdict.tests)} tests passed on tree {verdict.tree[:10]}{_parts(verdict)}"
        else:
            yield f"red on tree {verdict.tree[:10]}{_parts(verdict)}:"
            yield from (f"  {line}" for reason in verdict.reasons for line in clean_lines(reason).splitlines())


def _see(key: AttemptKey, run: str) -> Iterator[str]:
    yield f"its patch: agentctl diff --run {run} {key}   its transcript: agentctl logs --run {run} {key}"


def _list(items: tuple[str, ...]) -> str:
    return ", ".join(map(clean, items)) or "nothing"
