"""Whether two tasks that may run at the same time will disagree about a symbol, before either has begun. Pure.

Two kinds are told. One task says that it changes, removes, renames, moves or redeclares what a file of its own
defines, and another owns a file that relies on it; a text merge sees nothing of that. Or both are told to write the
same public symbol, each in files of its own. Tasks in order are never told of: the later one sees what the earlier did.
What is told blocks nothing; see `claims.py` for what counts as said and `references.py` for what counts as relying.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations

from ...specs.grammars import language_of
from ..nouns.plan import Conflict, Finding, Plan, SpecView, Task
from . import globs
from .changes import Base, Change
from .claims import Claim
from .critical_path import ancestors, natural
from .references import Reader, Use

MOST = 50
"""Conflicts of one plan that are told; whoever has more has to cut anew."""
_EVERYWHERE = frozenset(
    (
        *("main", "run", "setup", "teardown", "init", "register", "handler", "handle", "execute", "configure"),
        *("arguments", "create", "build", "test", "default", "index", "app", "router", "config", "settings", "cli"),
    )
)
"""Names that many modules have on purpose."""
_WORDS = re.compile(r"[A-Z]?[a-z0-9]+|[A-Z]+")


def unordered(plan: Plan) -> dict[str, tuple[str, ...]]:
    """For each task those that may run at the same time; ``plan`` has no circle."""
    before = ancestors(plan)
    return {
        one.id: tuple(
            other.id
            for other in plan.tasks
            if other.id != one.id and other.id not in before[one.id] and one.id not in before[other.id]
        )
        for one in plan.tasks
    }


def conflicts(
    plan: Plan, spec: SpecView, said: Sequence[Claim], changes: Sequence[Change], base: Base
) -> tuple[Conflict, ...]:
    """Everything to be told of a plan without a circle, what is strong first, then in the order of tasks.

    ``changes`` are what `changed` finds; ``base`` has the files of the tasks beside those that change something.
    """
    beside = unordered(plan)
    found: dict[tuple[str, str, str], Conflict] = {}
    for change in changes:
        for other in beside[change.task]:
            conflict = _relied_on(change, other, base)
            if conflict is not None:
                key = (change.task, other, conflict.symbol)
                if key not in found or (conflict.strong and not found[key].strong):
                    found[key] = conflict
    every = [*found.values(), *_twice(plan, spec, said, beside)]
    every.sort(key=lambda each: (not each.strong, *map(natural, each.tasks), each.symbol))
    return tuple(every[:MOST])


def conflict_findings(found: Sequence[Conflict]) -> tuple[Finding, ...]:
    """What the planner is asked to think about again."""
    return tuple(Finding(task=each.tasks[1], message=each.message) for each in found if each.strong)


def _relied_on(change: Change, other: str, base: Base) -> Conflict | None:
    """The conflict with a task whose files rely on what is changed."""
    uses = [(path, use) for path in base.owned.get(other, ()) if (use := _use(change, path, base)) is not None]
    if not uses or _is_ambiguous(change, base):
        return None
    (path, use), more = uses[0], len(uses) - 1
    what = change.symbol or change.path
    where = f"{change.path}:{change.line}" if change.symbol else change.path
    others = f", as do {more} more of its files" if more > 1 else ", as does one more of its files" if more else ""
    message = (
        f"{change.task} {change.how} `{what}`{f' ({where})' if change.symbol else ''}: {change.said}. {other} owns "
        f"{path}, which {use.how} it in line {use.line}{others}, and both may run at the same time: "
        f"let {other} need {change.task}, or give both to one task."
    )
    return Conflict(
        symbol=what,
        tasks=(change.task, other),
        message=message,
        strong=change.strong,
        defined_at=where,
        used_at=f"{path}:{use.line}",
    )


def _use(change: Change, path: str, base: Base) -> Use | None:
    source, language = base.files.get(path), language_of(path) or ""
    if source is None or path == change.path or not _alike(language, language_of(change.path) or ""):
        return None
    reader = Reader(path=path, language=language, source=source, paths=base.paths)
    return reader.use_of(change.symbol, change.path) if change.symbol else reader.use_of_file(change.path)


def _alike(one: str, other: str) -> bool:
    scripts = {"javascript", "typescript", "tsx"}
    return one == other or {one, other} <= scripts


def _is_ambiguous(change: Change, base: Base) -> bool:
    """Whether a member is called as members of other classes are, so that nobody can tell whose is used."""
    _, dot, member = change.symbol.partition(".")
    every = (each.name for source in base.files.values() for each in source.definitions)
    return bool(dot) and len({name for name in every if name.endswith(f".{member}")}) > 1


def _twice(
    plan: Plan, spec: SpecView, said: Sequence[Claim], beside: Mapping[str, Sequence[str]]
) -> Iterator[Conflict]:
    """Symbols that two tasks are told to write."""
    writes: dict[str, list[Claim]] = {}
    for claim in said:
        if claim.kind == "write" and _is_public(claim.symbol):
            writes.setdefault(claim.symbol, []).append(claim)
    pairs = (pair for several in writes.values() for pair in combinations(several, 2))
    for one, other in pairs:
        if other.task not in beside[one.task]:
            continue
        first, second = sorted((one, other), key=lambda claim: natural(claim.task))
        if not _may_meet(plan.task(first.task), plan.task(second.task)):
            continue
        places = [_place(claim, plan.task(claim.task), spec) for claim in (first, second)]
        if all(places):
            continue  # each says in which file of its own: there are to be two
        strong = first.strong and second.strong and not any(places) and len(_WORDS.findall(first.symbol)) > 1
        yield Conflict(
            symbol=first.symbol,
            tasks=(first.task, second.task),
            message=(
                f"{first.task} and {second.task} may run at the same time and are both told to write `{first.symbol}`, "
                f"each in files of its own ({first.task}: “{first.quote}”; {second.task}: “{second.quote}”): say in "
                f"which file it belongs, and let the other task need that one."
            ),
            strong=strong,
        )


def _may_meet(one: Task, other: Task) -> bool:
    """Whether code of two tasks can be of one language; where their globs do not say, it can."""
    first, second = ({language_of(glob) for glob in task.owns} - {None} for task in (one, other))
    pairs = ((a, b) for a in first for b in second)
    return not first or not second or any(_alike(a or "", b or "") for a, b in pairs)


def _is_public(symbol: str) -> bool:
    last = symbol.rpartition(".")[2]
    return not last.startswith(("_", "test_")) and last not in _EVERYWHERE


def _place(claim: Claim, task: Task, spec: SpecView) -> str:
    """The file of a task's own in which the words, or the spec, say that a symbol is to be written."""
    own = [path for path in claim.files if any(globs.covers(glob, path) for glob in task.owns)]
    declared = [
        each.path
        for each in spec.interfaces
        if re.search(rf"(?<!\w){re.escape(claim.symbol)}(?!\w)", each.text)
        and any(globs.covers(glob, each.path) for glob in task.owns)
    ]
    return next(iter((*own, *declared)), "")
