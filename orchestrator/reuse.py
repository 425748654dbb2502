"""Patches that earlier runs of this repository made under the same action key. Verdicts are never reused."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from .nouns.events import Chosen
from .nouns.keys import ACTION, AttemptKey
from .nouns.plan import Task
from .nouns.runs import OldPatch
from .ports import Git, Job, Store
from .rules.action_key import Surroundings, action_key
from .rules.interfaces import interface_hash
from .run_view import RunView

Find = Callable[[str], OldPatch | None]
"""The patch that was made under an action key, if one is known."""


Advised = Callable[[Job], Awaitable[str]]
"""One hash of what the repository's own rules, guides and lessons tell a task; empty where they say nothing."""


async def unadvised(job: Job) -> str:
    """Where no repository gives advice."""
    del job
    return ""


def nothing(action: str) -> OldPatch | None:
    """Where no patch is to be reused: in a recording, in a replay, and where a person wants everything anew."""
    del action
    return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Reuse:
    """Looks for a patch before a worker is asked."""

    store: Store
    git: Git
    view: RunView
    find: Find
    version: str
    """Of everything that reaches a worker's prompts and comes with agentctl: prompts and guides."""
    advised: Advised = unadvised

    async def patch_for(self, key: AttemptKey) -> str | None:
        """The tree that an earlier patch makes of a first attempt's base; None where there is none, or it does not fit.

        Locked tests are left out: they are laid over the tree as the spec has them now.
        """
        if key.attempt > 1:
            return None
        job = self.view.job(key)
        action = await self._action_key(job)
        self.store.append(Chosen(key=f"{ACTION}{job.task.id}", value=action), author="driver")
        old = self.find(action)
        if old is None or self.store.hands().sentences(job.task.id):
            return None  # a person who says something about a task does not want what there was
        paths = [locked.path for locked in job.spec.locked]
        entries = await self.git.entries(old.base_tree)
        made = await self.git.amend_tree(old.tree, {path: entries.get(path) for path in paths})
        merged = await self.git.merge(base=old.base_tree, ours=job.base_tree, theirs=made)
        return merged.tree

    async def _action_key(self, job: Job) -> str:
        keys = {locked.check: locked.key for locked in job.spec.locked}
        given = Surroundings(
            checks=keys,
            interfaces=await self._interfaces(job.task),
            contract={stub.path: stub.text for stub in job.contract},
            decisions=job.decisions,
            guides=await self.advised(job),
            prompt=self.version,
            ladder=self.view.ladder(job.task.id),
        )
        return action_key(job.task, job.spec, given)

    async def _interfaces(self, task: Task) -> dict[str, str]:
        """What the task's dependencies offer, by path; their locked tests offer nothing."""
        found: dict[str, str] = {}
        locked = {each.path for each in self.view.spec.locked}
        for attempt in self.view.landed(self.view.closure(task.id)):
            changed = await self.git.changed(attempt.base_tree, attempt.tree or attempt.base_tree)
            offered = {path: entry for path, entry in changed.items() if path not in locked}
            contents = await self.git.read_many([entry.id for entry in offered.values() if entry is not None])
            for path, entry in offered.items():
                found[path] = interface_hash(path, contents[entry.id]) if entry is not None else ""
        return found
