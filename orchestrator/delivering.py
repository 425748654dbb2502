"""Delivers a run's result: cuts it into judged branches with the texts of their pull requests. No forge is needed.

The branches ``agentctl/RUN/NAME`` are moved by compare and swap, and only from where an earlier delivery had put them:
what somebody committed on one stays. Delivering again comes to the same commits.
"""

import shlex
from collections.abc import Awaitable, Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from .clarifying import ASSUMED_BY, DECIDED_BY
from .cutting import Cutting, LinesChanged, Piece
from .errors import GitError
from .landed_branch import read_branch
from .nouns.delivery import Cut, Decided, Shown, Slice, Spent, Story
from .nouns.events import Chosen
from .nouns.questions import Asked
from .nouns.runs import Evidence
from .placing import Placing, Wishes
from .ports import Gate, Git, Store
from .rules import code_owners, pull_template, pull_text, title_lint
from .rules.assumptions import RECORDING, answered_by, standing_answers
from .rules.harmless import plain
from .rules.quoting import LEAD
from .rules.slicing import chain
from .run_view import SPEC_PATH, RunView, ground_of

DELIVERED = "delivered:"
"""Prefix of the choices that say where a delivery put a branch; goes on with the slice's name and the commit."""
_BRANCHES = "refs/heads/"
_MOST_BYTES = 1_000_000
"""Of a file of the repository that is looked into."""
_IN_WORDS_OF_SOMEBODY = {RECORDING: "as it was recorded", DECIDED_BY: "in an earlier run"}
_WITHOUT_ANYBODY = {
    ASSUMED_BY: "taken for granted by the probe",
    "policy:autonomy": "the default, as nobody was to be asked or it can be reverted",
    "policy:deadline": "the default, as nobody answered in time",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class House:
    """What the run's base says of pull requests."""

    owners: code_owners.Owners = code_owners.nobody
    title: title_lint.TitleRule | None = None
    template: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """All that delivering a run takes."""

    run: str
    view: RunView
    git: Git
    gate: Gate
    lines: LinesChanged
    checked_out: Callable[[], Awaitable[Collection[str]]]
    """The branches that somebody stands on, which are not moved beneath them."""
    why: str = ""
    """What the spec says it is for."""
    spent: tuple[Spent, ...] = ()
    redact: Callable[[str], str] = str
    """Takes secrets out of texts that leave the run."""
    tell: Callable[[str], None] = lambda _: None
    """Is told what is being done, in a few words."""

    @property
    def store(self) -> Store:
        """The run's tables."""
        return self.view.store


async def planned(delivery: Delivery, *, review_minutes: float, wishes: Wishes | None = None) -> tuple[Slice, ...]:
    """The slices as the rules would cut them; nothing is judged, and no branch moves.

    Raises:
        AgentctlError: nothing has landed.
        GitError: the run's branch is gone or was moved.
    """
    cutting = _cutting(delivery, await house(delivery))
    placing = Placing(store=delivery.store, wishes=wishes or Wishes(), minutes=review_minutes)
    return (await cutting.dealt(await read_branch(cutting.view, cutting.git), placing.dealing)).slices()


async def cut(
    delivery: Delivery, *, review_minutes: float, wishes: Wishes | None = None, moves: bool = True
) -> tuple[Cut, ...]:
    """The slices in the order of review: each a judged branch, with the title and the text of its pull request.

    ``review_minutes`` is what one may take to read; 0 for no limit. ``wishes`` is what is known of fixes beside what
    they change. Without ``moves`` no branch is made or moved.

    Raises:
        AgentctlError: nothing has landed, or the whole run is red as it stands here.
        GitError: a branch is gone, or holds what no delivery of this run put there; says what to do.
    """
    rules = await house(delivery)
    cutting = _cutting(delivery, rules)
    branch = await read_branch(cutting.view, cutting.git)
    put = _put_before(delivery.store)
    here = await delivery.git.refs(f"{_BRANCHES}agentctl/{delivery.run}/")
    await cutting.remember(branch, (now for ref, now in here.items() if now in put.get(ref.rpartition("/")[2], ())))
    placing = Placing(store=delivery.store, wishes=wishes or Wishes(), minutes=review_minutes)
    found = await cutting.settled(branch, await cutting.dealt(branch, placing.dealing))
    cuts = [_worded(delivery, rules, piece, found.pieces) for piece in found.pieces]
    if moves:
        await _move(delivery, cuts, said=lambda: placing.keep(found.dealing, cuts))
    return tuple(cuts)


async def house(delivery: Delivery) -> House:
    """What the run stands on says of who owns what, how titles are to be, and what a text begins with.

    Raises GitError where that commit is not there.
    """
    git, base = delivery.git, ground_of(delivery.store)
    if await git.resolve(base) is None:
        raise GitError(
            f"the commit that run {delivery.run} stands on, {base[:10]}, is not in this repository: fetch it"
        )
    entries = await git.entries(await git.tree_of(base))
    owned = next((path for path in code_owners.PLACES if path in entries), None)
    template = pull_template.template_path(entries)
    wanted = [path for path in entries if title_lint.wanted(path)]
    paths = [path for path in (owned, template, *wanted) if path is not None and entries[path].mode.startswith("100")]
    contents = await git.read_many([entries[path].id for path in paths])
    found = {path: contents[entries[path].id] for path in paths}
    texts = {path: text.decode("utf-8", "replace") for path, text in found.items() if len(text) <= _MOST_BYTES}
    return House(
        owners=code_owners.owners(texts[owned]) if owned in texts else code_owners.nobody,
        title=title_lint.title_rule({path: texts[path] for path in wanted if path in texts}),
        template=texts.get(template or "", ""),
    )


def _cutting(delivery: Delivery, rules: House) -> Cutting:
    return Cutting(
        run=delivery.run,
        view=delivery.view,
        git=delivery.git,
        gate=delivery.gate,
        lines=delivery.lines,
        owners=rules.owners,
        tell=delivery.tell,
    )


async def _move(delivery: Delivery, cuts: Sequence[Cut], *, said: Callable[[], None]) -> None:
    """Let the branches point at the cuts, and take away those of an earlier delivery that are no slice any more."""
    git, here = delivery.git, await delivery.git.refs(f"{_BRANCHES}agentctl/{delivery.run}/")
    put = _put_before(delivery.store)
    wanted = {f"{_BRANCHES}{each.branch}": each for each in cuts}
    await _refuse(delivery, wanted, here=here, put=put)
    said()
    for each in cuts:
        if each.head not in put.get(each.slice.name, ()):
            fact = Chosen(key=f"{DELIVERED}{each.slice.name}:{each.head}", value=each.head)
            delivery.store.append(fact, author="driver")
    for ref, each in wanted.items():
        if here.get(ref) != each.head and not await git.move_ref(ref, new=each.head, old=here.get(ref)):
            raise GitError(f"{each.branch} was moved by somebody else meanwhile: deliver again")
    for ref, now in here.items():
        if ref not in wanted and now in put.get(ref.rpartition("/")[2], ()):
            await git.move_ref(ref, new=None, old=now)


async def _refuse(
    delivery: Delivery, wanted: Mapping[str, Cut], *, here: Mapping[str, str], put: Mapping[str, Collection[str]]
) -> None:
    """Raise GitError where a branch is not ours to move: it was moved by somebody, or somebody stands on it."""
    stood_on = await delivery.checked_out()
    for ref, now in here.items():
        name, branch = ref.rpartition("/")[2], ref.removeprefix(_BRANCHES)
        ours = now in put.get(name, ())
        if ref in wanted and now != wanted[ref].head and not ours:
            raise GitError(
                f"{branch} holds what no delivery put there, so nothing was moved: merge what you made, or keep it "
                f"with `git branch -m {branch} NAME`, and deliver again"
            )
        if ours and ref in stood_on and (ref not in wanted or now != wanted[ref].head):
            raise GitError(f"{branch} is checked out and would move beneath you: switch away, and deliver again")


def _put_before(store: Store) -> dict[str, set[str]]:
    """Every commit that a delivery let a branch point at, by the slice's name."""
    found: dict[str, set[str]] = {}
    for event in store.events():
        if isinstance(event.fact, Chosen) and event.fact.key.startswith(DELIVERED):
            name = event.fact.key.removeprefix(DELIVERED).rpartition(":")[0]
            found.setdefault(name, set()).add(event.fact.value)
    return found


def _worded(delivery: Delivery, rules: House, piece: Piece, pieces: Sequence[Piece]) -> Cut:
    slices = [each.cut.slice for each in pieces]
    story = _story(delivery, piece, slices)
    subject = story.what if len(pieces) > 1 else story.title
    title = title_lint.titled(subject, rules.title, scope=_scope(piece, pieces), paths=piece.cut.slice.paths)
    cut_ = replace(
        piece.cut,
        shown=tuple(_shown(delivery.view, piece.cut.slice, slices)),
        commits=tuple((each.commit, each.task, each.title) for each in piece.commits),
        title=delivery.redact(title),
    )
    return replace(cut_, body=delivery.redact(pull_text.body(cut_, story, template=rules.template)))


def _scope(piece: Piece, pieces: Sequence[Piece]) -> str:
    return piece.cut.slice.team.lower() if len(pieces) > 1 and piece.cut.slice.team.isidentifier() else ""


def _story(delivery: Delivery, piece: Piece, slices: Sequence[Slice]) -> Story:
    view, store, own = delivery.view, delivery.store, piece.cut.slice
    run = store.run()
    on = next((f"agentctl/{run.id}/{each.name}" for each in slices if each.name == own.on), "")
    first = next(each for each in slices if each.tasks)
    return Story(
        run=run.id,
        title=view.spec.title,
        why=delivery.why,
        what=_purpose(view, own),
        part=slices.index(own) + 1,
        parts=len(slices),
        on=on,
        partial="" if run.state == "done" else _left(delivery),
        decided=tuple(_decided(view, own, first=own is first)),
        assumed=tuple(_assumed(view, own, first=own is first)),
        spent=delivery.spent,
        recorded=run.settings.replay is not None or run.settings.profile == "replay",
        commands=tuple(_commands(view, piece, slices)),
    )


def _purpose(view: RunView, own: Slice) -> str:
    """What a slice is for: its only task's title, else what its team is for."""
    if not own.tasks:
        return f"What the parts of {view.spec.title} start from"
    tasks = [view.plan.task(task) for task in own.tasks]
    if len(tasks) == 1:
        return tasks[0].title
    purpose = next((team.purpose for team in view.plan.teams if team.id == own.team), "")
    same = [each for each in tasks if each.team != own.team]
    return ", ".join(each.title for each in tasks) if same or not purpose else purpose


def _left(delivery: Delivery) -> str:
    """What of a run that is not done is still to come."""
    open_ = [each.task.id for each in delivery.store.tasks() if each.state not in {"landed", "dropped"}]
    run = delivery.store.run()
    rest = f": {', '.join(open_)} will follow" if open_ and run.state not in {"failed", "cancelled"} else ""
    return f"The run is {run.state}; this is what has landed by now{rest}."


def _shown(view: RunView, own: Slice, slices: Sequence[Slice]) -> Iterator[Shown]:
    """Each requirement of these tasks with the best that speaks for it here or below."""
    below = {task for each in chain(own.name, slices) for task in each.tasks}
    texts = {each.id: each.text for each in view.spec.requirements}
    secret = {each.check for each in view.spec.locked if each.secret}
    evidence = view.store.evidence()
    for id_ in dict.fromkeys(id_ for task in own.tasks for id_ in view.plan.task(task).requirements):
        found = [each for each in evidence if each.requirement == id_ and each.task in below]
        best = max(found, key=_strength, default=None)
        check = best.check if best is not None and best.check not in {*secret, "-"} else ""
        yield Shown(
            requirement=id_,
            text=texts.get(id_, ""),
            level=best.level if best is not None else "",
            check=check,
            hidden=best is not None and best.check in secret,
        )


def _strength(evidence: Evidence) -> tuple[str, str]:
    return evidence.level, evidence.check


def _decided(view: RunView, own: Slice, *, first: bool) -> Iterator[Decided]:
    """What persons and leads decided for these tasks; what concerns none in particular is told in the first slice."""
    for asked in standing_answers(view.store.questions()):
        told = asked.question.kind in {"decision", "escalation"} and not _taken(_author(view, asked))
        if told and asked.answer is not None and _concerns(view, own, asked, first=first):
            by = _in_words(_author(view, asked))
            yield Decided(question=asked.question.text, answer=plain(asked.answer), by=by)


def _assumed(view: RunView, own: Slice, *, first: bool) -> Iterator[Decided]:
    """What was taken for granted, and holds."""
    for asked in standing_answers(view.store.questions()):
        taken = asked.question.kind == "decision" and _taken(_author(view, asked))
        if taken and asked.answer is not None and _concerns(view, own, asked, first=first):
            by = _in_words(_author(view, asked))
            yield Decided(question=asked.question.text, answer=plain(asked.answer), by=by)


def _concerns(view: RunView, own: Slice, asked: Asked, *, first: bool) -> bool:
    question = asked.question
    if any(question.task == each.id for each in view.plan.tasks):
        return question.task in own.tasks
    wanted = {id_ for task in own.tasks for id_ in view.plan.task(task).requirements}
    return not wanted.isdisjoint(question.requirements) if question.requirements else first


def _author(view: RunView, asked: Asked) -> str:
    """Who answered; in a replay whoever did when it was recorded."""
    by = asked.answered_by or ""
    return (view.store.choice(answered_by(asked.question.key)) or by) if by == RECORDING else by


def _taken(by: str) -> bool:
    """Whether an answer is a default that was taken, or a guess."""
    return by.startswith("policy:") and by not in _IN_WORDS_OF_SOMEBODY


def _in_words(by: str) -> str:
    known = {LEAD: "the lead of the team", **_IN_WORDS_OF_SOMEBODY, **_WITHOUT_ANYBODY}
    return known.get(by, by.removeprefix("person:"))


def _commands(view: RunView, piece: Piece, slices: Sequence[Slice]) -> Iterator[str]:
    cut = piece.cut
    # A reviewer has the branch at the forge, not under its own name.
    yield f"git fetch origin {cut.branch} && git switch --detach FETCH_HEAD"
    if cut.slice.on:
        yield f"git diff {cut.base[:10]} {cut.head[:10]}"
    locked = view.locked(cut.slice.tasks)
    tests = sorted({each.path for each in locked if not each.secret and each.path.endswith(".py")})
    if tests:
        yield "python -m pytest " + " ".join(map(shlex.quote, tests))
    yield from view.store.run().settings.gate
    spec = view.store.choice(SPEC_PATH)
    if spec and len(slices) == 1:
        yield f"agentctl verify {shlex.quote(spec)} --at HEAD"
