"""What a team needs of its lead: nothing, where the spec's own checks and interfaces say it all. Pure.

A requirement wants a test when no check of the spec decides it, nobody excused it, and it is more than a MAY; the test
belongs to the last task that covers it, as a check of the spec would. A file wants a stub when a task of another team
leans on it, by a need or by name in its goal, and neither the spec nor the repository declares what is in it. Tasks
whose code is of a language without contracts (rules.languages) want nothing.
"""

import re
from collections.abc import Collection, Iterator
from functools import lru_cache

from ..nouns.contract import Offer, Wants
from ..nouns.plan import Plan, SpecView, Task
from . import globs
from .checks import covering_tasks
from .critical_path import natural, topological
from .languages import FAMILIES, Family, families, family_of, is_offered, names_in_words


def wants(plan: Plan, spec: SpecView, paths: Collection[str]) -> tuple[Wants, ...]:
    """What each team needs, in the order of the plan; teams that need nothing are left out.

    ``paths`` are those of the tree that work starts from. A small spec never needs anything.
    """
    if spec.small:
        return ()
    spoken = {task.id for task in plan.tasks if families_of(task, plan, spec, paths)}
    tests = tuple(pair for pair in _tests(plan, spec) if pair[0] in spoken)
    offered = tuple(offer for offer in offers(plan, spec, paths) if offer.task in spoken)
    team_of = {task.id: task.team for task in plan.tasks}
    found = (
        Wants(
            team=team.id,
            tests=tuple(pair for pair in tests if team_of[pair[0]] == team.id),
            offers=tuple(offer for offer in offered if team_of[offer.task] == team.id),
        )
        for team in plan.teams
    )
    return tuple(each for each in found if each.tests or each.offers)


def families_of(task: Task, plan: Plan, spec: SpecView, paths: Collection[str]) -> tuple[Family, ...]:
    """The languages that contracts for a task are written in; none where its code is of another one."""
    every = [*(glob for each in plan.tasks for glob in each.owns), *(each.path for each in spec.interfaces)]
    return families(task.owns, paths, every)


def families_in(wanted: Wants, plan: Plan, spec: SpecView, paths: Collection[str]) -> tuple[Family, ...]:
    """The languages that a team's contract is written in."""
    found = {each for task in wanted.tasks for each in families_of(plan.task(task), plan, spec, paths)}
    return tuple(each for each in FAMILIES if each in found)


def offers(plan: Plan, spec: SpecView, paths: Collection[str]) -> tuple[Offer, ...]:
    """What tasks offer to those of other teams, where it is declared nowhere."""
    return _offers_of(plan, frozenset(each.path for each in spec.interfaces), frozenset(paths))


@lru_cache(maxsize=4)
def _offers_of(plan: Plan, declared: frozenset[str], paths: frozenset[str]) -> tuple[Offer, ...]:
    return tuple(_offers(plan, declared, paths))


def _tests(plan: Plan, spec: SpecView) -> tuple[tuple[str, str], ...]:
    decided = {requirement for locked in spec.locked for requirement in locked.requirements} | set(spec.settled)
    position = {task: number for number, task in enumerate(topological(plan))}
    found = []
    for each in spec.requirements:
        covering = covering_tasks(plan, (each.id,))
        if covering and each.id not in decided and each.strength != "MAY":
            found.append((max(covering, key=position.__getitem__), each.id))
    return tuple(found)


def _offers(plan: Plan, declared: frozenset[str], paths: frozenset[str]) -> Iterator[Offer]:
    for owner in plan.tasks:
        others = [task for task in plan.tasks if task.team != owner.team]
        for path in _undeclared(owner, declared, paths):
            module = names_in_words(path)
            readers = [task.id for task in others if owner.id in task.needs or _names(task.goal, path, module)]
            if readers:
                yield Offer(task=owner.id, path=path, readers=tuple(sorted(readers, key=natural)))


def _undeclared(owner: Task, declared: Collection[str], paths: frozenset[str]) -> Iterator[str]:
    """The code that a task will write anew and nothing declares; a folder only where nothing in it is named."""
    for glob in owner.owns:
        if not re.search(r"[*?\[]", glob) and family_of(glob) is not None:
            if is_offered(glob) and glob not in declared and glob not in paths:
                yield glob
        elif not _holds_tests(glob) and not any(globs.covers(glob, each) for each in (*declared, *paths)):
            yield glob


def _holds_tests(glob: str) -> bool:
    """Tests, documents and data are nothing that others import."""
    parts = glob.split("/")
    return bool({"test", "tests", "__tests__", "docs", "examples"} & set(parts)) or "." in parts[-1].strip("*")


def _names(goal: str, path: str, module: re.Pattern[str] | None) -> bool:
    return path in goal or (module is not None and module.search(goal) is not None)
