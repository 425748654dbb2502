"""The gate of a run whose settings have parts: chooses for each tree which of them judge it. Satisfies ports.Gate.

An attempt is compared with its own base, so that what its worker hears does not depend on timing; anything else with
what landed last. What cannot be compared is judged by all parts.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from ..nouns.keys import AttemptKey
from ..nouns.plan import LockedTest
from ..nouns.runs import GatePart
from ..nouns.verdicts import Expectation, GateReport, Scope, Verdict
from ..ports import Git, Store
from ..rules.scoping import due, narrowed, scope_of, whole
from .gate import PytestGate


@dataclass(frozen=True, slots=True, kw_only=True)
class ScopedGate:
    """Beside ``gate``, the parts and all commands of the settings, and after how many landings all parts judge.

    ``start`` names the choices that may hold the commit which tasks start from, the best first.
    """

    gate: PytestGate
    git: Git
    store: Store
    parts: Sequence[GatePart]
    commands: Sequence[str]
    every: int
    start: Sequence[str] = ()

    async def judge(
        self,
        tree: str,
        *,
        expectation: Expectation,
        locked: Sequence[LockedTest] = (),
        key: AttemptKey | None = None,
        priority: float = 0.0,
        again: bool = False,
    ) -> Verdict:
        """The verdict of the parts that the tree needs."""
        scope = await self._scope(tree, key)
        scope = replace(scope, idle=()) if locked else scope  # they run wherever they lie, with all they may need
        ours = {test for each in locked for test in each.tests}
        wanted = narrowed(expectation, scope, locked=ours)
        return await self.gate.judge(
            tree, expectation=wanted, locked=locked, key=key, priority=priority, again=again, scope=scope
        )

    async def report(self, tree: str, *, locked: Sequence[LockedTest] = ()) -> GateReport:
        """What all parts see."""
        return await self.gate.report(tree, locked=locked)

    async def _scope(self, tree: str, key: AttemptKey | None) -> Scope:
        before = await self._before(key)
        if before is None or (key is None and self._due()):
            return whole(self.parts, self.commands)
        return scope_of(self.parts, self.commands, changed=await self.git.changed(before, tree))

    def _due(self) -> bool:
        landings = self.store.landings()
        verdicts = [self.store.verdict_of_tree(each.tree) for each in landings]
        return bool(landings) and due(verdicts, self.parts, every=self.every)

    async def _before(self, key: AttemptKey | None) -> str | None:
        """The tree whose difference counts."""
        if key is not None:
            attempt = self.store.attempt(key)
            return attempt.base_tree if attempt is not None else None
        landings = self.store.landings()
        if landings:
            return landings[-1].tree
        start = next(filter(None, map(self.store.choice, self.start)), None)
        return await self.git.tree_of(start) if start is not None else None


@dataclass(frozen=True, slots=True, kw_only=True)
class WholeGate:
    """All parts, for the end of a run; its verdicts name them."""

    gate: PytestGate
    scope: Scope

    async def judge(
        self,
        tree: str,
        *,
        expectation: Expectation,
        locked: Sequence[LockedTest] = (),
        key: AttemptKey | None = None,
        priority: float = 0.0,
        again: bool = False,
    ) -> Verdict:
        """The verdict of the whole gate."""
        return await self.gate.judge(
            tree, expectation=expectation, locked=locked, key=key, priority=priority, again=again, scope=self.scope
        )

    async def report(self, tree: str, *, locked: Sequence[LockedTest] = ()) -> GateReport:
        """What all parts see."""
        return await self.gate.report(tree, locked=locked)
