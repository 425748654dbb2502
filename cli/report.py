"""The report of a run: collected from its folder once, then told as markdown or as JSON."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from ..orchestrator.nouns.delivery import Opened
from ..orchestrator.nouns.events import Judged, Planned, PlanRefused, Reviewed
from ..orchestrator.nouns.hands import Amendment, Widening, Wish
from ..orchestrator.nouns.keys import AttemptKey
from ..orchestrator.nouns.questions import Asked
from ..orchestrator.nouns.runs import AttemptStatus, Evidence, Landing, Run, TaskStatus
from ..orchestrator.rules import economy
from ..orchestrator.rules.assumptions import Built, is_of_worker
from ..orchestrator.rules.flakes import Flaky, flaky
from ..orchestrator.rules.ladder import in_words
from ..orchestrator.rules.outside_cap import OUTSIDE_CAP, told
from ..orchestrator.rules.probe_verdicts import ASKED_BY
from ..orchestrator.rules.widening import widens
from ..orchestrator.run_view import ground_of
from ..orchestrator.store.journal import Call, Totals
from ..specs.parse import parse
from ..tui.clean import clean
from ..tui.snapshot import counted, duration
from .answers import in_full, may_change, named
from .assuming import assumed_in, assumption_lines
from .documents import pull_document
from .followed import Followed, followed_in, followed_lines
from .lessons_of_run import unjudged
from .outcome import branch, take_over
from .output import table
from .repository import OpenRun
from .reviews import notes_on, reviews_of
from .spec_copy import text_of
from .words import pull_lines

LEVELS: dict[str, str] = {
    "V0": "claimed",
    "V1": "its check passes",
    "V2": "the check fails, by assertion, against a mutant of the patch",
    "V3": "a holdout passes too",
}
"""What a level of evidence means, in the words of docs/glossary.md."""
VERIFIED = ("V2", "V3")
"""Levels at which a requirement counts as shown."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Requirement:
    """A sentence of the spec and all that speaks for it; ``level`` is the best, empty where nothing does."""

    id: str
    text: str
    strength: str
    evidence: tuple[Evidence, ...]

    @property
    def level(self) -> str:
        """``V0`` to ``V3``, or empty."""
        return max((each.level for each in self.evidence), default="")


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelUse:
    """What one model of one tier did."""

    tier: str
    model: str
    calls: int
    prompt: int
    completion: int
    usd: float
    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """A plan that went back to the planner; ``by`` is the author who refused it."""

    plan: int
    by: str
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """Everything a report says; times in seconds, money in dollars."""

    run: Run
    requirements: tuple[Requirement, ...]
    refusals: tuple[Refusal, ...]
    replanned: bool
    """A proposal came after the last refusal."""
    questions: tuple[Asked, ...]
    landings: tuple[Landing, ...]
    tasks: tuple[TaskStatus, ...]
    ledger: Totals
    models: tuple[ModelUse, ...]
    wall: float
    attempts: Mapping[AttemptKey, AttemptStatus] = field(default_factory=dict)
    """Those that landed."""
    reviews: tuple[Reviewed, ...] = ()
    """What a critic said of patches before they landed."""
    widened: tuple[Widening, ...] = ()
    """What attempts were let write beside their plan, by persons' answers."""
    assumed: tuple[Built, ...] = ()
    """What was decided without a person, and what is built on it."""
    lessons: tuple[str, ...] = ()
    """Names of those that the run proposes and nobody has judged."""
    amendments: tuple[Amendment, ...] = ()
    """What people added to the spec during the run."""
    reverts: tuple[Wish, ...] = ()
    """What people wanted taken back."""
    ground: str = ""
    """The commit that the run's own work stands on."""
    followed: tuple[Followed, ...] = ()
    """What it was to follow of its base branch, and what came of that."""
    outside_cap: str = ""
    """Models that do not say what they cost, by name."""
    pulls: tuple[Opened, ...] = ()
    """Its pull requests, as we left them."""
    flaky: tuple[Flaky, ...] = ()
    """Tests that failed and passed on one and the same tree."""

    @property
    def recorded(self) -> bool:
        """Whether the answers came from a recording, not from a model."""
        return self.run.settings.replay is not None or self.run.settings.profile == "replay"


def collect(opened: OpenRun, *, now: float) -> Report:
    """Read a run's folder."""
    store, journal = opened.store, opened.journal
    run = store.run()
    proposals = [event for event in store.events() if isinstance(event.fact, Planned | PlanRefused)]
    refused = [(event.author, event.fact) for event in proposals if isinstance(event.fact, PlanRefused)]
    return Report(
        run=run,
        requirements=tuple(requirements_of(opened)),
        refusals=tuple(Refusal(plan=f.number, by=by, reasons=f.reasons) for by, f in refused),
        replanned=bool(proposals) and isinstance(proposals[-1].fact, Planned),
        questions=store.questions(),
        landings=store.landings(),
        tasks=store.tasks(),
        ledger=journal.totals(),
        models=tuple(models_of(journal.calls())),
        wall=(run.finished_at or now) - run.created_at,
        attempts={each.key: each for each in store.attempts() if each.state == "landed"},
        reviews=reviews_of(store.events()),
        widened=store.hands().widened,
        assumed=assumed_in(opened),
        lessons=unjudged(opened),
        amendments=store.hands().amendments,
        reverts=store.hands().reverts,
        ground=ground_of(store),
        followed=tuple(followed_in(store)),
        outside_cap=store.choice(OUTSIDE_CAP) or "",
        pulls=tuple(pull for pull in store.pulls() if pull.number),
        flaky=flaky([event.fact.verdict for event in store.events() if isinstance(event.fact, Judged)]),
    )


def requirements_of(opened: OpenRun) -> Iterator[Requirement]:
    """Each sentence of the run's spec with what speaks for it."""
    found: defaultdict[str, list[Evidence]] = defaultdict(list)
    for evidence in opened.store.evidence():
        found[evidence.requirement].append(evidence)
    spec = parse(text_of(opened.folder, opened.store) if opened.folder.spec.exists() else "")
    for item in spec.normative:
        yield Requirement(
            id=item.id, text=item.text, strength=item.strength or "MUST", evidence=tuple(found.pop(item.id, ()))
        )
    for name, evidence_of in found.items():  # of a spec without items, or of one amended since
        yield Requirement(id=name, text="", strength="MUST", evidence=tuple(evidence_of))


def models_of(calls: tuple[Call, ...]) -> Iterator[ModelUse]:
    """What each model of each tier did."""
    groups: defaultdict[tuple[str, str], list[Call]] = defaultdict(list)
    for call in calls:
        groups[call.tier, call.model].append(call)
    for (tier, model), group in sorted(groups.items()):
        yield ModelUse(
            tier=tier,
            model=model,
            calls=len(group),
            prompt=sum(call.prompt for call in group),
            completion=sum(call.completion for call in group),
            usd=sum(call.sunk_usd + (call.usd or 0.0) for call in group),
            seconds=sum(call.seconds for call in group),
        )


def document(report: Report) -> dict[str, object]:
    """The report for a program."""
    return {
        "run": report.run,
        "recorded": report.recorded,
        "requirements": [
            {"id": r.id, "text": r.text, "strength": r.strength, "level": r.level, "evidence": r.evidence}
            for r in report.requirements
        ],
        "refused_plans": report.refusals,
        "questions": report.questions,
        "assumptions": report.assumed,
        "widened": report.widened,
        "landings": report.landings,
        "reviews": report.reviews,
        "tasks": report.tasks,
        "ledger": report.ledger,
        "times_alone": economy.times_alone(
            report.ledger.prompt, report.ledger.completion, requirements=len(report.requirements)
        ),
        "models": report.models,
        "wall_seconds": report.wall,
        "lessons": report.lessons,
        "amendments": report.amendments,
        "reverts": report.reverts,
        "ground": report.ground,
        "followed": report.followed,
        "outside_cap": report.outside_cap,
        "pulls": [pull_document(pull) for pull in report.pulls],
        "flaky": report.flaky,
        "branch": branch(report.run.id),
        "take_over": take_over(report.run.id) if report.landings else None,
    }


def lines(report: Report) -> Iterator[str]:
    """The report as markdown."""
    run = report.run
    yield f"# {clean(run.title) or run.id}"
    yield ""
    reason = f" ({clean(run.reason)})" if run.reason else ""
    yield f"Run {run.id} of spec {clean(run.spec_id)} is {run.state}{reason}; base {run.base[:10]}."
    if report.recorded:
        yield "The answers in this run were recorded earlier and replayed; no model was asked."
    yield from _told_requirements(report)
    yield from _told_refusals(report)
    yield from _told_amendments(report)
    if report.followed:
        yield from ("", "## Followed", "", *(f"- {line}" for line in followed_lines(report.followed)))
    yield from _told_decisions(report)
    yield from _told_landings(report)
    if report.flaky:
        yield from ("", "## Flaky tests", "")
        told_of = "failed in {0.failed} of {0.judged} verdicts on trees on which it also passed"
        yield from (f"- {clean(each.test)} {told_of.format(each)}" for each in report.flaky)
    if report.pulls:
        yield from ("", "## Pull requests", "")
        yield from (f"- {line}" for line in pull_lines(report.pulls))
    yield from _told_ledger(report)
    if report.lessons:
        yield ""
        yield f"It proposes {counted(len(report.lessons), 'lesson')}: agentctl lessons list --run {run.id}"
    if report.landings:
        yield ""
        yield f"Take the result over: {take_over(run.id)}; or in parts, read one by one: agentctl deliver {run.id}"


def _told_requirements(report: Report) -> Iterator[str]:
    yield from ("", "## Asked, and what speaks for it", "")
    for requirement in report.requirements:
        checks = ", ".join(dict.fromkeys(_by(evidence) for evidence in requirement.evidence))
        proof = f"{requirement.level} by {checks}" if requirement.level else "nothing speaks for it"
        yield f"- {clean(requirement.id)} {clean(requirement.text, width=140)}".rstrip()
        yield f"    {proof}"
    levels = sorted({requirement.level for requirement in report.requirements if requirement.level})
    if levels:
        yield ""
        yield "; ".join(f"{level}: {LEVELS[level]}" for level in levels) + "."
    open_ = [clean(r.id) for r in report.requirements if r.level not in VERIFIED]
    if open_:
        yield ""
        yield f"Not shown to tell right from wrong (V2): {', '.join(open_)}."
    elif not report.requirements:
        yield "The spec has no requirements with ids."


def _by(evidence: Evidence) -> str:
    """Which check said so of which commit; at V0 there is no check, only the word of its task."""
    task = f" of {clean(evidence.task)}" if evidence.task else ""
    check = clean(evidence.check) if evidence.check.strip(" -") else f"the word{task} alone"
    return f"{check} on {evidence.commit[:10]}" if evidence.commit else check


def _told_refusals(report: Report) -> Iterator[str]:
    """How often the planner had to try, and why."""
    if not report.refusals:
        return
    tries = len(report.refusals) + report.replanned
    yield from ("", "## Planned", "")
    yield f"The planner proposed {counted(tries, 'plan')}; {counted(len(report.refusals), 'plan')} went back to it:"
    yield ""
    for refusal in report.refusals:
        first, *more = [clean(reason, width=300) for reason in refusal.reasons] or [""]
        yield f"- plan {refusal.plan}, refused by {named(refusal.by.removeprefix('policy:'))}: {first}"
        yield from (f"    {reason}" for reason in more)


def _told_amendments(report: Report) -> Iterator[str]:
    """What people added and wanted taken back; what came of the latter stands where it had landed."""
    if report.amendments or report.reverts:
        yield from ("", "## Added and taken back", "")
    for each in report.amendments:
        yield f"- {clean(each.requirement)} was added by {named(each.by)}: {clean(each.text, width=140)}"
    for wish in report.reverts:
        why = f": {clean(wish.why, width=140)}" if wish.why else ""
        yield f"- {named(wish.by)} wanted {clean(wish.task)} taken back{why}"
    if report.amendments:
        yield ""
        yield "What was added, as a patch of the spec: agentctl show proposal"


def _told_decisions(report: Report) -> Iterator[str]:
    if report.questions:
        yield from ("", "## Decided", "")
    for asked in report.questions:
        *more, last = in_full(asked.answer) if asked.answer else ["not answered"]
        by = f" ({named(asked.answered_by or '?')})" if asked.answer else ""
        yield f"- {asked.id} {clean(asked.question.text, width=140)}"
        yield from (f"    {line}".rstrip() for line in (*more, f"{last}{by}"))
        if given := widens(asked, asked.question.task):
            yield f"    {may_change(asked.question.task, given)}"
    if report.assumed:
        yield from ("", "## Decided without you", "")
        yield from assumption_lines(report.assumed)
    if any(_may_be_proposed(asked) for asked in report.questions):
        yield ""
        yield "As a patch of the spec: agentctl show proposal"


def _may_be_proposed(asked: Asked) -> bool:
    return asked.answer is not None and (asked.question.asked_by == ASKED_BY or is_of_worker(asked))


def _told_landings(report: Report) -> Iterator[str]:
    yield from ("", "## Landed", "")
    titles = {status.task.id: clean(status.task.title) for status in report.tasks}
    for landing in report.landings:
        task = landing.key.task
        yield f"- {landing.commit[:10]} {clean(task)} {titles.get(task, '')}{_tried(report, landing.key)}"
        yield from (f"    {note}" for note in notes_on(landing.key, report.reviews))
    if not report.landings:
        yield "Nothing."
    for status in report.tasks:
        if status.state != "landed":
            why = f": {clean(status.activity, width=120)}" if status.activity else ""
            yield f"- not landed: {clean(status.task.id)} {clean(status.task.title)} ({status.state}){why}"


def _tried(report: Report, key: AttemptKey) -> str:
    """On which attempt and rung it landed, where that was not the first by one."""
    found = report.attempts.get(key)
    rung = clean(in_words(found.rung)) if found is not None else ""
    where = f", rollout {key.rollout} of {rung}" if key.rollout else f" on {rung}" if rung else ""
    return f", attempt {key.attempt}{where}" if key.attempt > 1 else where if key.rollout else ""


def _told_ledger(report: Report) -> Iterator[str]:
    ledger = report.ledger
    yield from ("", "## Ledger", "")
    rows = [("tier", "model", "calls", "tokens in", "tokens out", "usd", "model time")]
    for use in report.models:
        figures = (str(use.calls), str(use.prompt), str(use.completion), f"{use.usd:.4f}", duration(use.seconds))
        rows.append((clean(use.tier), clean(use.model), *figures))
    yield from table(rows)
    saved = f", {ledger.cached} of the tokens in from the provider's cache" if ledger.cached else ""
    yield (
        f"{counted(ledger.calls, 'call')}, {ledger.prompt} tokens in, {ledger.completion} out{saved}, "
        f"${ledger.usd:.4f}, {duration(ledger.seconds)} of model time; {_age(report)}."
    )
    if aside := _beside_one_agent(report):
        yield aside
    if report.outside_cap:
        yield told(clean(report.outside_cap))


def _beside_one_agent(report: Report) -> str:
    """That the team took more tokens than it should have, beside one strong agent alone."""
    ledger, tasks = report.ledger, len(report.tasks)
    return economy.told(ledger.prompt, ledger.completion, requirements=len(report.requirements), tasks=tasks)


def _age(report: Report) -> str:
    """How long the run took, or has been there, with whatever time in which nothing drove it."""
    wall = duration(report.wall)
    return f"begun {wall} ago" if report.run.finished_at is None else f"{wall} from its beginning to its end"
