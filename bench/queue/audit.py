"""Whether the branch ever pointed at a tree before its verdict was in the tables, and whether what landed is there."""

import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from ...orchestrator.nouns.events import Judged
from ...orchestrator.nouns.keys import integration_branch
from ...orchestrator.ports import Store
from ..parts import target
from ..parts.simulated import memory
from .history import RUN, History


@dataclass(frozen=True, slots=True, kw_only=True)
class Audit:
    """What one history came to."""

    seed: int
    commits: int
    """The commits that the branch pointed at."""
    landed: int
    clashes: int
    """Patches that were sent back because they did not merge."""
    killed: int
    violations: tuple[str, ...]


def audit(seed: int, hasty: bool = False) -> Audit:  # noqa: FBT001, FBT002 - a pool maps over arguments by position
    """Live one history through, and look at every value that the branch had."""
    with tempfile.TemporaryDirectory(prefix="audit-", dir=memory()) as folder:
        history = History(Path(folder), seed, hasty=hasty)
        killed = history.live()
        with history.tables() as store:
            pointed = target.git(history.root, "log", "-g", "--format=%H %T", integration_branch(RUN)).splitlines()
            values = [(commit, tree) for commit, tree in (line.split() for line in pointed)]
            wrong = (*_unjudged(values, history.git.noted, store), *_dropped(history, store))
            return Audit(
                seed=seed,
                commits=len(values),
                landed=len(store.landings()),
                clashes=sum("changed the same lines" in each.reason for each in store.attempts()),
                killed=killed,
                violations=tuple(f"seed {seed}: {each}" for each in wrong),
            )


def _unjudged(values: list[tuple[str, str]], noted: dict[str, int], store: Store) -> Iterator[str]:
    judged: dict[str, int] = {}
    for event in store.events():
        if isinstance(event.fact, Judged) and event.fact.verdict.passed:
            judged.setdefault(event.fact.verdict.tree, event.seq)
    if not values:
        yield "the branch has no log of where it pointed"
    for commit, tree in values:
        if commit not in noted:
            yield f"the branch came to point at {commit[:8]} by nobody who was watched"
        elif tree not in judged:
            yield f"the branch pointed at {commit[:8]} without a verdict that its tree passed"
        elif judged[tree] > noted[commit]:
            yield f"the branch pointed at {commit[:8]} before the verdict on its tree was in the tables"


def _dropped(history: History, store: Store) -> Iterator[str]:
    """The lines of patches that landed and are not in what landed last: nobody takes another's lines away here."""
    tip = target.git(history.root, "grep", "-h", "", integration_branch(RUN)).splitlines()
    for landing in store.landings():
        attempt = store.attempt(landing.key)
        if attempt is None or attempt.tree is None:
            yield f"{landing.key} landed without a tree"
            continue
        diff = target.git(history.root, "diff", "-U0", "--no-ext-diff", attempt.base_tree, attempt.tree)
        wanted = [line[1:] for line in diff.splitlines() if line.startswith("+") and not line.startswith("+++")]
        yield from (f"{landing.key} landed, and its line {line} is gone" for line in wanted if line not in tip)
