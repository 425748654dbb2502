"""A task in a person's hands: what their work tree begins with, what they may change in it, and how it is handed in.

Works on tables, objects and refs alone, so that it does in any process what the driver need not be there for. What a
person hands in is judged and landed by the driver, as any attempt is.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from .bases import hermetic_base
from .carried import carried
from .frozen import Frozen
from .keeping import Keeping
from .nouns.events import Fact
from .nouns.hand_facts import PathsAllowed, Submitted
from .nouns.hands import PERSON, Taken
from .nouns.keys import AttemptKey
from .nouns.plan import LockedTest, Task
from .nouns.runs import AttemptStatus
from .ports import Git, Job, Store, TreeEntry
from .rules.globs import covers
from .rules.guarded import guarded_for
from .rules.permission import Said, asked_for
from .rules.tree_policy import offences, shown
from .run_view import RunView

_UNKNOWN = 1_000
"""Stands for how much is red in a tree that was never judged."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Laid:
    """What a work tree begins with."""

    base_tree: str
    tree: str
    of: AttemptKey | None
    """The attempt it comes from; None where nobody has begun."""
    missing: tuple[str, ...] = ()
    """Why the gate was red last, or what ended the attempt."""
    conflicts: tuple[str, ...] = ()
    """Paths where others changed the same lines: what landed stands there, the attempt's is behind its ref."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Taking:
    """The tasks of one run that a person may take."""

    run: str
    view: RunView
    store: Store
    git: Git
    keeping: Keeping

    async def lay_out(self, task: str, attempt: AttemptStatus | None) -> Laid:
        """What an attempt made, on the base that the next one would have; the locked tests are laid over it."""
        base = await self._base(task)
        if attempt is None or attempt.tree is None:
            return Laid(base_tree=base, tree=await self._with_locked(task, base), of=None)
        tree, conflicts = await carried(self.git, old=attempt.base_tree, tree=attempt.tree, base=base)
        return Laid(
            base_tree=base,
            tree=await self._with_locked(task, tree),
            of=attempt.key,
            missing=self.missing(attempt),
            conflicts=conflicts,
        )

    def latest(self, task: str) -> AttemptStatus | None:
        """The attempt to go on from: the latest one that wrote anything, of several rollouts the least red one."""
        wrote = [each for each in self.store.attempts(task) if each.tree is not None]
        last = [each for each in wrote if each.key.attempt == wrote[-1].key.attempt]
        return min(last, key=lambda each: (self._redness(each), each.key), default=None)

    async def wrong(self, taken: Taken, tree: str, *, sizes: Mapping[str, int], allowed: Sequence[str]) -> list[str]:
        """What speaks against a person's tree before anything is judged, a sentence each; empty if nothing does."""
        task, base = self.view.plan.task(taken.task), await self.git.entries(taken.base_tree)
        laid = await self._laid(task.id)
        changed = {
            path: entry
            for path, entry in (await self.git.changed(taken.base_tree, tree)).items()
            if path not in laid or laid[path] != entry
        }
        job = self._job(task, taken)
        locked = self.view.protected()
        said = Said(required=asked_for(job.spec.requirements, task.requirements))
        held = [*self.view.spec.forbid, *guarded_for(job, changed, base, said=said)]
        found = offences(
            base,
            changed,
            owns=(*self.view.owned(task.id), *allowed),
            protected=(*locked, *(path for path in held if not _covered(path, allowed))),
            sizes=sizes,
        )
        words = [_advised(each.path, each.words, locked=locked) for each in found]
        frozen = await Frozen(git=self.git, view=self.view).broken_by(job, tree)
        return words + [
            f"{each} (`--allow` its path to change it all the same)" for each in frozen if not _lifted(each, allowed)
        ]

    async def hand_in(self, taken: Taken, tree: str, *, author: str, allowed: Sequence[str]) -> tuple[Fact, ...]:
        """Keep a person's tree by the ref of the attempt it becomes; the facts are for the caller to append."""
        attempts = self.store.attempts(taken.task)
        number = (attempts[-1].key.attempt if attempts else 0) + 1
        key = AttemptKey(task=taken.task, attempt=number)
        laid = await self._with_locked(taken.task, tree)
        title = self.view.plan.task(taken.task).title
        patch = await self.keeping.commit(laid, f"{title}\n\nAttempt {key} of run {self.run}, by hand.")
        await self.keeping.point(key, patch, by=PERSON)
        handed = Submitted(
            task=taken.task, attempt=number, base_tree=taken.base_tree, tree=laid, patch=patch, author=author
        )
        return (*([PathsAllowed(task=taken.task, paths=tuple(allowed))] if allowed else ()), handed)

    async def _base(self, task: str) -> str:
        return await hermetic_base(task, run=self.run, git=self.git, view=self.view)

    def missing(self, attempt: AttemptStatus) -> tuple[str, ...]:
        """Why the gate was red on an attempt's last tree, or what ended it."""
        verdict = self.view.verdict_of(attempt)
        if verdict is not None and not verdict.passed:
            return verdict.reasons
        return (attempt.reason,) if attempt.reason else ()

    def _redness(self, attempt: AttemptStatus) -> int:
        verdict = self.view.verdict_of(attempt)
        return _UNKNOWN if verdict is None else 0 if verdict.passed else len(verdict.reasons) or 1

    def _locked(self, task: str) -> list[LockedTest]:
        return [each for each in self.view.locked([task]) if not each.secret]

    async def _laid(self, task: str) -> dict[str, TreeEntry]:
        return await self.keeping.entries(self._locked(task))

    async def _with_locked(self, task: str, tree: str) -> str:
        laid = await self._laid(task)
        return await self.git.amend_tree(tree, laid) if laid else tree

    def _job(self, task: Task, taken: Taken) -> Job:
        key = AttemptKey(task=task.id, attempt=taken.attempt + 1)
        return Job(key=key, task=task, spec=self.view.spec, rung=PERSON, base_tree=taken.base_tree)


def _covered(path: str, globs: Sequence[str]) -> bool:
    return any(path == glob or covers(glob, path) for glob in globs)


def _advised(path: str | None, words: str, *, locked: Sequence[str]) -> str:
    """A violation, with what its person can do about it."""
    if path is None or not (words.endswith(")") or "protected" in words):
        return words
    if path in locked:
        return f"{shown(path)} is a locked test: put it back as it was, and change the spec if the spec is wrong"
    return f"{words}; put it back, or say `--allow {path}` if you mean it"


def _lifted(sentence: str, allowed: Sequence[str]) -> bool:
    """Whether a sentence about a frozen interface is about a path that was allowed."""
    return _covered(sentence.split(" ", 1)[0].rstrip(":"), allowed)
