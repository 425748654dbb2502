"""What a lead's draft is held against, whatever its language. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass

from ..nouns.contract import Draft
from ..nouns.plan import Plan, SpecView, Task
from ..nouns.runners import ScriptRunner
from . import globs


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """The plan, the spec, and what the repository has."""

    plan: Plan
    spec: SpecView
    paths: frozenset[str]
    """Of the tree that work starts from."""
    modules: frozenset[str] = frozenset()
    """First names of the modules that the repository's own Python imports."""
    packages: frozenset[str] = frozenset()
    """What the repository's TypeScript and JavaScript imports, or its manifests ask for, by name."""
    runners: tuple[ScriptRunner, ...] = ()
    """Of TypeScript and JavaScript."""

    def owners(self, path: str) -> tuple[Task, ...]:
        """The tasks that may write a file."""
        return tuple(task for task in self.plan.tasks if any(globs.covers(glob, path) for glob in task.owns))

    def declared(self, draft: Draft) -> Mapping[str, str]:
        """The texts of the spec's interfaces and of a draft's stubs, by path."""
        return {each.path: each.text for each in self.spec.interfaces} | {s.path: s.text for s in draft.stubs}
