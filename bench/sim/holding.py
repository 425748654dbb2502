"""What must hold at the end of a simulated run, whatever happened to its processes: invariants 1 to 4 of the design."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import chain

from ...orchestrator.nouns.keys import integration_branch
from ...orchestrator.ports import Store, TreeEntry
from ...orchestrator.rules.ladder import race
from ...orchestrator.store.journal import Call, Journal
from .git import MemoryGit
from .plans import written_by
from .roles import MemoryModel

CENT_FRACTION = 1e-6
"""USD by which sums of floats may differ."""
_MOST_SENDS = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Aftermath:
    """What a finished run left."""

    run: str
    cap_usd: float
    store: Store
    journal: Journal
    git: MemoryGit
    model: MemoryModel
    failures: Counter[str]
    """How often each call failed and said so, after which it may be sent again; all else is sent twice at most."""
    tries: int = 1
    """How often one sending of a call may be answered: a reply that is lost is asked for again once."""

    def violations(self) -> list[str]:
        """Each thing that does not hold, with the number of its invariant."""
        found = (self._unjudged(), self._lost(), self._contracts_lost(), self._races(), self._paid_twice())
        return [*chain.from_iterable(found), *self._overspent()]

    def _unjudged(self) -> list[str]:
        wrong = []
        for commit in self.git.pointed_at:
            verdict = self.store.verdict_of_tree(self.git.commits[commit][0])
            if verdict is None or not verdict.passed:
                wrong.append(f"1: the branch pointed at {commit[:8]} without a passing verdict")
        return wrong

    def _lost(self) -> list[str]:
        landed = [landing.key.task for landing in self.store.landings()]
        wrong = [f"2: {task} landed {landed.count(task)} times" for task in set(landed) if landed.count(task) > 1]
        tip, gone = self._tip(), self._taken_back()
        for status in (each for each in self.store.tasks() if not each.task.follows):
            there = written_by(status.task) in tip
            if status.task.id in gone or status.task.reverts:
                wrong += [f"2: the work of {status.task.id} is still there"] if status.task.id in gone and there else []
            elif status.state != "landed":
                wrong.append(f"2: {status.task.id} is {status.state}")
            elif not there:
                wrong.append(f"2: the work of {status.task.id} is not on the branch")
        overtaken = {str(each.key) for each in self.store.attempts() if each.state == "lost"}
        unanswered = [each for each in self.store.questions() if each.answer is None]
        return wrong + [
            f"2: {each.id} lost its answer" for each in unanswered if each.question.asked_by not in overtaken
        ]

    def _contracts_lost(self) -> list[str]:
        """Stubs and locked tests are on the branch as they were written."""
        made, tip, gone = self.store.contracts(), self._tip(), self._taken_back()
        files = {stub.path: stub.text for each in made for stub in each.stubs}
        locked = ((test, task) for each in made for test, task in zip(each.tests, each.tasks, strict=True))
        files |= {test.path: test.text for test, task in locked if task not in gone}
        there = {path: self.git.blobs[tip[path].id].decode() for path in files if path in tip}
        tasks = [(each.team, task) for each in made for task in each.written_for]
        twice = sorted({f"{team} for {task}" for team, task in tasks if tasks.count((team, task)) > 1})
        lost = [path for path, text in files.items() if there.get(path) != text]
        wrong = [f"2: {path} of a contract is not on the branch as written" for path in lost]
        return wrong + [f"2: there are two contracts of team {each}" for each in twice]

    def _races(self) -> list[str]:
        """Of several rollouts one at most goes on, and it is the one that was chosen; what the others wrote is kept."""
        wrong = []
        for each in self.store.attempts():
            chosen = self.store.choice(race(each.key)) if each.key.rollout else None
            if each.key.rollout and each.state in {"queued", "landed", "patched"} and chosen != str(each.key):
                wrong.append(f"2: {each.key} is {each.state}, and {chosen} was chosen")
            if each.state == "lost" and each.patch and each.key.ref(self.run) not in self.git.branches:
                wrong.append(f"2: the work of {each.key} is gone")
        return wrong

    def _paid_twice(self) -> list[str]:
        wrong = []
        for call in self.journal.calls():
            count = self.model.answered.get(str(call.key), 0)
            if count > call.sends * self.tries or call.sends > _MOST_SENDS + self.failures[str(call.key)]:
                wrong.append(f"3: {call.key} was answered {count} times, sent {call.sends} times")
        return wrong

    def _overspent(self) -> list[str]:
        cap = self.cap_usd + self.store.budget_raised()
        totals = self.journal.totals()
        rows = sum(each.sunk_usd + _last_send(each) for each in self.journal.calls())
        wrong = [f"4: {totals.usd:.4f} spent over the cap {cap}"] if totals.usd > cap + 1e-9 else []
        apart = abs(totals.usd - rows) > CENT_FRACTION
        return wrong + ([f"4: the ledger says {totals.usd}, the journal {rows}"] if apart else [])

    def _tip(self) -> Mapping[str, TreeEntry]:
        return self.git.trees[self.git.commits[self.git.branches[integration_branch(self.run)]][0]]

    def _taken_back(self) -> set[str]:
        return {status.task.reverts for status in self.store.tasks() if status.state == "landed"}


def _last_send(call: Call) -> float:
    """USD that the last send of a call counts for."""
    return call.reserved_usd if call.state == "lost" else call.usd or 0.0
