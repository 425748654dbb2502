"""The tests that a change concerns, run before all others where all would take long. Satisfies ports.FirstLook."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from ..nouns.plan import LockedTest
from ..nouns.verdicts import Expectation
from ..ports import Git, Store
from ..rules.affected import affected
from ..rules.judgement import judge
from ..rules.scoping import file_of
from .checkout import files_of
from .gate import PytestGate

_PART = 4
"""At most so small a part of the files with tests is run: the nearest ones. More would be no first look."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AffectedFirst:
    """Looks where at least ``least`` tests are expected to pass."""

    gate: PytestGate
    git: Git
    store: Store
    least: int

    async def reasons(
        self, tree: str, *, before: str, expectation: Expectation, priority: float = 0.0
    ) -> tuple[str, ...]:
        """What the nearest tests find wrong with a change of ``before``; a tree that was judged is not looked at."""
        public = expectation.tests - expectation.secret
        if len(public) < self.least or self.store.verdict_of_tree(tree) is not None:
            return ()
        tests = {file_of(each) for each in public}
        chosen = await self._chosen(tree, before, tests)
        if not chosen:
            return ()
        report = await self.gate.run_some(tree, chosen, priority=priority)
        paths = {each.path for each in chosen}
        wanted = replace(expectation, tests=frozenset(each for each in public if file_of(each) in paths))
        passed, reasons = judge(report, wanted)
        return () if passed else (*reasons, _told(sorted(paths), of=len(tests | paths)))

    async def _chosen(self, tree: str, before: str, tests: set[str]) -> Sequence[LockedTest]:
        changed = await self.git.changed(before, tree)
        files = {path: content for path, (_, content) in (await files_of(self.git, tree)).items()}
        near = await asyncio.to_thread(affected, files, changed, tests)
        if len(near) >= len(tests):
            return ()
        return _as_they_are(near[: max(1, len(tests) // _PART)], files)


def _as_they_are(paths: Sequence[str], files: Mapping[str, bytes]) -> Sequence[LockedTest]:
    """Files of tests with their own content; one that is no text is left to the whole run."""
    found = []
    for path in paths:
        try:
            text = files[path].decode()
        except UnicodeDecodeError:
            continue
        found.append(LockedTest(check="", requirements=(), path=path, text=text, tests=()))
    return found


def _told(paths: Sequence[str], *, of: int) -> str:
    return (
        f"So far only {len(paths)} of {of} files with tests were run, those nearest to your change: {', '.join(paths)}."
        " All of them are run once these pass."
    )
