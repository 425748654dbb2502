"""Conflicts between the tasks of a plan, foreseen in the tree it starts from. Reads git objects, runs nothing.

Nothing is read for a single task, nor where no task says that it changes something; then the files of those that do,
then those of the tasks beside them, as far as a name of what changes stands in them.
"""

import asyncio
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from ..specs.grammars import language_of
from .nouns.plan import Conflict, Plan, SpecView
from .ports import Git, TreeEntry
from .rules import globs
from .rules.changes import Base, changed, claimants, names_of
from .rules.claims import claims
from .rules.conflicts import conflicts, unordered
from .rules.critical_path import acyclic
from .rules.symbols import Source, read_source

MOST_FILES = 5_000
"""Files that are looked at, in the order of their paths; a plan whose tasks own more is told what these show."""
MOST_BYTES = 200_000
"""Longer files are generated."""
_BATCH = 250
_REGULAR = frozenset({"100644", "100755"})


@dataclass(slots=True, kw_only=True)
class Foreseeing:
    """Foresees for one run; what it has read of a file it keeps, so that an edited plan costs next to nothing."""

    git: Git
    _read: dict[tuple[str, str], Source] = field(default_factory=dict)
    """By language and blob."""

    async def conflicts(self, plan: Plan, spec: SpecView, start: str) -> tuple[Conflict, ...]:
        """What is to be told of a plan that starts from this commit; nothing of one in a circle.

        Raises GitError.
        """
        if spec.small or not start or not _has_order(plan):
            return ()
        said = claims(plan, spec)
        if not said and not spec.interfaces:
            return ()
        entries = await self.git.entries(await self.git.tree_of(start))
        base = Base(paths=frozenset(entries), owned=_owned(plan, entries))
        claiming = claimants(said, spec, base)
        names = {claim.symbol.rpartition(".")[2] for claim in said}
        stubs = {stub.path for stub in spec.interfaces}
        files = await self._files(_paths(base, claiming), entries, names, also=stubs)
        changes = changed(said, spec, replace(base, files=files))
        beside = unordered(plan)
        readers = dict.fromkeys(other for change in changes for other in beside[change.task])
        if readers:
            files = files | await self._files(_paths(base, readers), entries, names_of(changes))
        return conflicts(plan, spec, said, changes, replace(base, files=files))

    async def _files(
        self,
        paths: Sequence[str],
        entries: Mapping[str, TreeEntry],
        names: Collection[str],
        also: Collection[str] = frozenset(),
    ) -> dict[str, Source]:
        """Those in which one of the names stands, and those of ``also``, as others see them."""
        found: dict[str, Source] = {}
        any_name = "|".join(re.escape(name) for name in sorted(names)) or "(?!)"
        named = re.compile(rf"(?<!\w)(?:{any_name})(?!\w)".encode())
        for begin in range(0, len(paths), _BATCH):
            some = {path: entries[path].id for path in paths[begin : begin + _BATCH]}
            contents = await self.git.read_many(sorted(set(some.values())))
            for path, blob in some.items():
                content = contents[blob]
                if len(content) <= MOST_BYTES and (path in also or named.search(content)):
                    found[path] = await self._source(path, blob, content)
        return found

    async def _source(self, path: str, blob: str, content: bytes) -> Source:
        key = (language_of(path) or "", blob)
        if key not in self._read:
            self._read[key] = await asyncio.to_thread(read_source, key[0], content)
        return self._read[key]


def _has_order(plan: Plan) -> bool:
    """Whether some task may run beside another, and it can be said beside which."""
    ids = {task.id for task in plan.tasks}
    return len(ids) == len(plan.tasks) > 1 and acyclic(plan)


def _owned(plan: Plan, entries: Mapping[str, TreeEntry]) -> dict[str, list[str]]:
    """The source files of the tree that each task owns."""
    sources = sorted(path for path, each in entries.items() if each.mode in _REGULAR and language_of(path) is not None)
    return {task.id: globs.owned(task.owns, sources) for task in plan.tasks}


def _paths(base: Base, tasks: Iterable[str]) -> list[str]:
    return sorted({path for task in tasks for path in base.owned[task]})[:MOST_FILES]
