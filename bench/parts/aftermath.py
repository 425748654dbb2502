"""What must hold after a real run that was killed and resumed: invariants 1 to 4, a sound repository, nothing left."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from ...orchestrator.clock import SystemClock
from ...orchestrator.nouns.keys import integration_branch
from ...orchestrator.ports import Store
from ...orchestrator.rules.commit_text import parse_trailers
from ...orchestrator.store.folder import RunFolder
from ...orchestrator.store.journal import Call, Journal
from . import target
from .own_runs import store_of

_MOST_SENDS = 2
_TRIFLE = 1e-6


@dataclass(frozen=True, slots=True, kw_only=True)
class Aftermath:
    """A finished run, and what was noted while it lived."""

    root: Path
    folder: RunFolder
    before: str
    """`target.untouched` before the run."""
    asked: Sequence[str]
    """The key of every call that reached the model, in order, over all processes."""
    cap: float

    def violations(self) -> list[str]:
        """Each thing that does not hold, with the number of its invariant where it has one."""
        clock = SystemClock()
        with (
            store_of(self.folder) as store,
            Journal(self.folder.calls_db, clock=clock, redact=str, readonly=True) as journal,
        ):
            calls = journal.calls()
            spent = journal.totals().usd
            return [
                *self._ended(store),
                *self._unjudged(store),
                *self._lost(store),
                *self._paid_twice(calls),
                *self._overspent(calls, spent=spent, cap=self.cap + store.budget_raised()),
                *self._left_behind(),
                *self._repository(),
            ]

    def _ended(self, store: Store) -> Iterator[str]:
        run = store.run()
        if run.state != "done":
            yield f"the run ended {run.state}: {run.reason}"

    def _unjudged(self, store: Store) -> Iterator[str]:
        branch = integration_branch(self.folder.run)
        commits = target.git(self.root, "log", "-g", "--format=%H %T", branch).splitlines()
        if not commits:
            yield f"1: {branch} has no log of where it pointed"
        for commit, tree in (line.split() for line in commits):
            verdict = store.verdict_of_tree(tree)
            if verdict is None or not verdict.passed:
                yield f"1: the branch pointed at {commit[:8]} without a passing verdict"

    def _lost(self, store: Store) -> Iterator[str]:
        branch = integration_branch(self.folder.run)
        messages = target.git(self.root, "log", "-z", "--format=%B", f"{store.run().base}..{branch}").split("\0")
        landed = Counter(task for message in messages for task in parse_trailers(message).get("Task", ()))
        recorded = Counter(landing.key.task for landing in store.landings())
        if landed != recorded:
            yield f"2: the branch holds {dict(landed)}, the tables say {dict(recorded)}"
        for status in store.tasks():
            if landed[status.task.id] != 1:
                yield f"2: {status.task.id} landed {landed[status.task.id]} times"
        for asked in store.questions():
            if asked.answer is None:
                yield f"2: {asked.id} lost its answer"
        locks = target.git(self.root, "log", "--format=%h", f"{store.run().base}..{branch}", "--", "five.lock").split()
        if len(locks) != 1:
            yield f"2: the lock of the spec was committed {len(locks)} times"

    def _paid_twice(self, calls: Sequence[Call]) -> Iterator[str]:
        sent = Counter(self.asked)
        for call in calls:
            if sent[str(call.key)] > call.sends or call.sends > _MOST_SENDS:
                yield f"3: {call.key} reached the model {sent[str(call.key)]} times, the journal says {call.sends}"
        unknown = sent.keys() - {str(call.key) for call in calls}
        if unknown:
            yield f"3: the journal does not know {', '.join(sorted(unknown))}"

    def _overspent(self, calls: Sequence[Call], *, spent: float, cap: float) -> Iterator[str]:
        rows = sum(call.sunk_usd + (call.reserved_usd if call.state == "lost" else call.usd or 0.0) for call in calls)
        if spent > cap + _TRIFLE:
            yield f"4: {spent:.4f} spent over the cap {cap}"
        if abs(spent - rows) > _TRIFLE:
            yield f"4: the ledger says {spent}, the journal {rows}"

    def _left_behind(self) -> Iterator[str]:
        work = self.root / ".agentctl" / "work"
        left = [path for path in work.glob("*/*/*") if path.name != "plugin"] if work.exists() else []
        left = [path for path in left if not path.is_dir() or any(path.iterdir()) or path.parent.name == "gate"]
        if left:
            yield f"left behind: {', '.join(str(path.relative_to(work)) for path in left[:5])}"

    def _repository(self) -> Iterator[str]:
        if target.untouched(self.root) != self.before:
            yield "the user's checkout, index or branch was touched"
        complaints = target.git(self.root, "fsck", "--strict", "--no-dangling", "--no-progress")
        if complaints:
            yield f"git fsck: {complaints[:300]}"
        locks = [path.name for path in (self.root / ".git").rglob("*.lock")]
        if locks:
            yield f"git locks were left: {', '.join(locks)}"
