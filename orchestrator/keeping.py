"""Keeps what an attempt wrote: its tree by a ref, and in words for who comes next. Nothing is ever lost.

Used by the steps of an attempt, and by a person's hand that ends one where no driver runs.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from . import faults
from .curtain import Curtain
from .errors import RunStateError
from .nouns.events import AttemptEnded, Chosen, Fact, Patched
from .nouns.hands import PERSON
from .nouns.keys import AttemptKey
from .nouns.plan import LockedTest
from .ports import Clock, Git, Job, Store, TreeEntry
from .rules.tree_policy import in_the_way
from .rules.tried import attempt_told
from .run_view import TRIED, RunView
from .veil import veiled


@dataclass(frozen=True, slots=True, kw_only=True)
class Keeping:
    """The trees of one run's attempts."""

    run: str
    view: RunView
    store: Store
    git: Git
    curtain: Curtain
    clock: Clock

    async def real(self, job: Job, tree: str) -> str:
        """What a worker made of the shown base, done to the real one."""
        return await self.curtain.carried_over(tree, base=job.base_tree)

    async def with_locked(self, job: Job, tree: str) -> str:
        """The tree with the task's locked tests laid over it: what is judged and what lands."""
        laid = await self.entries(job.locked)
        return await laid_over(tree, laid, git=self.git) if laid else tree

    async def entries(self, locked: Iterable[LockedTest]) -> dict[str, TreeEntry]:
        """The files of locked tests, by path."""
        files = {each.path: each.text for each in locked}
        return {path: TreeEntry(mode="100644", id=await self.git.write(text.encode())) for path, text in files.items()}

    async def kept(self, job: Job, tree: str) -> Patched:
        """Keep a tree by the attempt's ref; the fact that says so is for the caller to append."""
        key = job.key
        patch = await self.commit(tree, f"{job.task.title}\n\nAttempt {key} of run {self.run}.")
        await self.point(key, patch)
        return Patched(key=key, patch=patch, tree=tree)

    async def commit(self, tree: str, message: str) -> str:
        """A commit that holds a tree, on the commit that tasks start from."""
        return await self.git.commit(tree=tree, parents=[self.view.start()], message=message, at=self.clock.now())

    async def point(self, key: AttemptKey, patch: str, *, by: str = "") -> None:
        """Let an attempt's ref keep this commit, whatever it kept before; ``by`` is PERSON where they hand it in.

        Raises RunStateError where it keeps what a person handed in, which only that person replaces.
        """
        ref = key.ref(self.run)
        kept = (await self.git.refs(ref)).get(ref)
        handed = self.store.hands().submission(key.task, key.attempt)
        if handed is not None and kept == handed.patch != patch and by != PERSON:
            raise RunStateError(f"{ref} keeps what {handed.author} handed in as attempt {key}, and is not moved")
        await self.git.move_ref(ref, new=patch, old=kept)
        faults.reach("patch.kept")

    async def kept_last(self, key: AttemptKey, tree: str) -> tuple[str, tuple[Patched, ...]]:
        """Keep what an attempt that ends had written last: the tree, and the fact where it was not kept already."""
        job, attempt = self.view.job(key), self.store.attempt(key)
        if attempt is not None and attempt.rung == PERSON and attempt.tree is not None:
            return attempt.tree, ()
        made = await self.real(job, tree) if tree else job.base_tree
        laid = await self.with_locked(job, made)
        if made == job.base_tree or (attempt is not None and attempt.tree == laid):
            return laid, ()
        return laid, (await self.kept(job, laid),)

    async def ended(
        self, key: AttemptKey, tree: str, *, reason: str, clash: bool = False, also: Iterable[Fact] = ()
    ) -> tuple[Fact, ...]:
        """The facts that end an attempt with this tree, which is kept; empty where it is over already."""
        attempt = self.store.attempt(key)
        if attempt is None or attempt.over:
            return ()
        last, kept = await self.kept_last(key, tree)
        tried = self.store.put_blob(await self._told(self.view.job(key), last, reason))
        ended = AttemptEnded(key=key, state="failed", reason=reason, clash=clash)
        return (*kept, Chosen(key=f"{TRIED}{key}", value=tried), *also, ended)

    async def _told(self, job: Job, tree: str, reason: str) -> str:
        """What the next rung is told of an attempt that ends with this tree."""
        locked = {each.path for each in job.locked}
        paths = [path for path in await self.git.changed(job.base_tree, tree) if path not in locked]
        seen = veiled(self.git, self.curtain.never_send)
        diff = await seen.diff(job.base_tree, tree, paths) if paths else ""
        verdict = self.store.verdict_of_tree(tree)
        red = verdict.reasons if verdict is not None and not verdict.passed else ()
        return attempt_told(reason=reason, failures=red, diff=diff)


async def laid_over(tree: str, files: Mapping[str, TreeEntry], *, git: Git) -> str:
    """A tree with these files in it, and nothing of its own above or below them."""
    gone = {path: None for path in await git.entries(tree) if any(in_the_way(path, file) for file in files)}
    return await git.amend_tree(tree, {**gone, **files})
