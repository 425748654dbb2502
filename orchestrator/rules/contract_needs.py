"""What a team needs of its lead: nothing, where the spec's own checks and interfaces say it all. Pure.

A requirement wants a test when no check of the spec decides it, nobody excused it, and it is more than a MAY; the test
belongs to the last task that covers it, as a check of the spec would. A file wants a stub when a task of another team
leans on it, by a need or by name in its goal, and neither the spec nor the repository declares what is in it. Both are
Python: tasks that write another language, and repositories without Python, want nothing.
"""

import re
from collections.abc import Collection, Iterator
from pathlib import PurePosixPath

from ..nouns.contract import Offer, Wants
from ..nouns.plan import Plan, SpecView, Task
from . import globs
from .checks import covering_tasks
from .critical_path import natural, topological

_UNSEEN = frozenset({"__init__", "__main__", "conftest", "setup"})
"""Modules that nobody imports for what they declare."""
_FOREIGN = frozenset({".ts", ".tsx", ".mts", ".cts", ".js", ".jsx", ".mjs", ".cjs", ".go", ".rs"})


def wants(plan: Plan, spec: SpecView, paths: Collection[str]) -> tuple[Wants, ...]:
    """What each team needs, in the order of the plan; teams that need nothing are left out.

    ``paths`` are those of the tree that work starts from. A small spec never needs anything.
    """
    if spec.small or not _is_python(plan, spec, paths):
        return ()
    tests = tuple(pair for pair in _tests(plan, spec) if not _is_foreign(plan.task(pair[0])))
    offered = offers(plan, spec, paths)
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


def offers(plan: Plan, spec: SpecView, paths: Collection[str]) -> tuple[Offer, ...]:
    """What tasks offer to those of other teams, where it is declared nowhere."""
    return tuple(_offers(plan, spec, frozenset(paths)))


def module_of(path: str) -> str:
    """The dotted name a Python file is imported by, where the root and ``src`` are importable; empty for others."""
    parts = PurePosixPath(path.removeprefix("src/")).with_suffix("").parts
    if not path.endswith(".py") or not all(part.isidentifier() for part in parts):
        return ""
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def is_test_file(path: str) -> bool:
    """Whether pytest takes a Python file of this name for tests."""
    name = PurePosixPath(path).name
    return name.endswith(".py") and (name.startswith("test_") or name.endswith("_test.py"))


def _tests(plan: Plan, spec: SpecView) -> tuple[tuple[str, str], ...]:
    decided = {requirement for locked in spec.locked for requirement in locked.requirements} | set(spec.settled)
    position = {task: number for number, task in enumerate(topological(plan))}
    found = []
    for each in spec.requirements:
        covering = covering_tasks(plan, (each.id,))
        if covering and each.id not in decided and each.strength != "MAY":
            found.append((max(covering, key=position.__getitem__), each.id))
    return tuple(found)


def _is_python(plan: Plan, spec: SpecView, paths: Collection[str]) -> bool:
    owned = (glob for task in plan.tasks for glob in task.owns)
    return bool(spec.interfaces) or any(path.endswith(".py") for path in (*paths, *owned))


def _is_foreign(task: Task) -> bool:
    """Whether all the code that a task names is of another language."""
    kinds = {PurePosixPath(glob).suffix for glob in task.owns}
    return bool(kinds & _FOREIGN) and ".py" not in kinds


def _offers(plan: Plan, spec: SpecView, paths: frozenset[str]) -> Iterator[Offer]:
    declared = {each.path for each in spec.interfaces}
    for owner in (task for task in plan.tasks if not _is_foreign(task)):
        others = [task for task in plan.tasks if task.team != owner.team]
        for path in _undeclared(owner, declared, paths):
            readers = [task.id for task in others if owner.id in task.needs or _names(task.goal, path)]
            if readers:
                yield Offer(task=owner.id, path=path, readers=tuple(sorted(readers, key=natural)))


def _undeclared(owner: Task, declared: Collection[str], paths: frozenset[str]) -> Iterator[str]:
    """The Python that a task will write anew and nothing declares; a folder only where nothing in it is named."""
    for glob in owner.owns:
        literal = not re.search(r"[*?\[]", glob) and glob.endswith(".py")
        if literal:
            hidden = PurePosixPath(glob).stem in _UNSEEN or is_test_file(glob)
            if not hidden and glob not in declared and glob not in paths:
                yield glob
        elif not _holds_tests(glob) and not any(globs.covers(glob, each) for each in (*declared, *paths)):
            yield glob


def _holds_tests(glob: str) -> bool:
    """Tests, documents and data are nothing that others import."""
    parts = glob.split("/")
    return bool({"test", "tests", "docs", "examples"} & set(parts)) or "." in parts[-1].strip("*")


def _names(goal: str, path: str) -> bool:
    module = module_of(path)
    return path in goal or ("." in module and re.search(rf"(?<![\w.]){re.escape(module)}(?!\w)", goal) is not None)
