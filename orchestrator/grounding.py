"""Gathers what drafts of contracts are held against: what a tree imports, asks for, and runs its tests with."""

from collections.abc import Iterable, Mapping
from pathlib import PurePosixPath

from .nouns.plan import Plan, SpecView
from .nouns.runners import ScriptRunner
from .ports import Git, Runners, TreeEntry
from .rules.contract_ground import Ground
from .rules.contract_languages import language_for
from .rules.languages import Family, family_of, is_test_file
from .rules.script_paths import packages

_READ = 300
"""Files of one language whose imports are looked at, tests first."""


async def ground_of(tree: str, *, plan: Plan, spec: SpecView, git: Git, runners: Runners | None) -> Ground:
    """The ground that a tree gives to the contracts of a plan; without ``runners``, scripts are run by node."""
    entries = await git.entries(tree)
    every = (*entries, *(glob for task in plan.tasks for glob in task.owns))
    has_scripts = any(family_of(path) == "script" for path in every)
    return Ground(
        plan=plan,
        spec=spec,
        paths=frozenset(entries),
        modules=await _imported(git, entries, "python"),
        packages=await _imported(git, entries, "script") | await _asked_for(git, entries),
        runners=await _runners(runners, tree) if has_scripts else (),
    )


async def _imported(git: Git, entries: Mapping[str, TreeEntry], family: Family) -> frozenset[str]:
    """What the tree's own files of a language import, by first names or packages; its own among them."""
    ours = (path for path in entries if family_of(path) == family)
    texts = await _texts(git, entries, sorted(ours, key=lambda path: (not is_test_file(path), path)))
    return frozenset().union(*(language_for(path).imported(path, text) for path, text in texts.items()))


async def _asked_for(git: Git, entries: Mapping[str, TreeEntry]) -> frozenset[str]:
    """The packages of all manifests, and the names of the tree's own."""
    manifests = sorted(path for path in entries if PurePosixPath(path).name == "package.json")
    texts = await _texts(git, entries, manifests)
    return frozenset().union(*map(packages, texts.values()))


async def _texts(git: Git, entries: Mapping[str, TreeEntry], paths: Iterable[str]) -> dict[str, str]:
    chosen = list(paths)[:_READ]
    contents = await git.read_many([entries[path].id for path in chosen])
    return {path: contents[entries[path].id].decode("utf-8", "replace") for path in chosen}


async def _runners(runners: Runners | None, tree: str) -> tuple[ScriptRunner, ...]:
    return await runners.runners(tree) if runners is not None else ()
