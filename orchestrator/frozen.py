"""Holds a patch against the interfaces that are frozen: those the spec declares, and the stubs of the contracts.

Frozen are signatures, by syntax tree (rules.signatures). Only what a task owns is held against it. A name that is
missing is forgiven while a task that has not landed yet may still write the file, unless the name was there before.
"""

from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import dataclass

from .nouns.plan import Task
from .ports import Git, Job, TreeEntry
from .rules.edit import owns
from .rules.offered import broken_in
from .rules.signatures import Broken
from .run_view import RunView

_SPEC = "the interface in the spec"
_CONTRACT = "the contract of team"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Interface:
    path: str
    text: str
    by: str
    """Who declares it, as the end of a sentence names it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Frozen:
    """The interfaces of one run, beside the trees of its attempts."""

    git: Git
    view: RunView

    async def broken_by(self, job: Job, tree: str) -> tuple[str, ...]:
        """What a tree does to the interfaces of files that its task owns, a sentence each; empty if it keeps them."""
        mine = [each for each in self._interfaces() if owns(job.task, each.path)]
        if not mine:
            return ()
        entries, before = await self.git.entries(tree), await self.git.entries(job.base_tree)
        found: list[str] = []
        for each in mine:
            if entries.get(each.path) != before.get(each.path) or not self._later(job.task, each.path):
                found += [sentence async for sentence in self._of_file(job, each, entries, before)]
        return tuple(dict.fromkeys(found))

    async def _of_file(
        self, job: Job, each: _Interface, entries: Mapping[str, TreeEntry], before: Mapping[str, TreeEntry]
    ) -> AsyncIterator[str]:
        later = self._later(job.task, each.path)
        if each.path not in entries:
            if each.path in before or not later:
                yield f"{each.path} is not there, and {each.by} declares it"
            return
        was = broken_in(each.path, each.text, await self._text(before, each.path))
        there = {one.name for one in was if one.missing}
        for one in broken_in(each.path, each.text, await self._text(entries, each.path)):
            if not (later and one.missing and _was_missing(one, there)):
                lost = "" if not one.missing or _was_missing(one, there) else ", which was there before"
                yield f"{each.path}: {one.words}{lost}; {each.by} declares it"

    def _interfaces(self) -> Iterator[_Interface]:
        for each in self.view.spec.interfaces:
            if each.frozen:
                yield _Interface(path=each.path, text=each.text, by=_SPEC)
        for contract in self.view.store.contracts():
            for stub in contract.stubs:
                yield _Interface(path=stub.path, text=stub.text, by=f"{_CONTRACT} {contract.team}")

    def _later(self, task: Task, path: str) -> bool:
        """Whether another task that this one does not build on may still write the file."""
        done = {*self.view.closure(task.id), task.id}
        return any(owns(other, path) for other in self.view.plan.tasks if other.id not in done)

    async def _text(self, entries: Mapping[str, TreeEntry], path: str) -> str:
        entry = entries.get(path)
        return (await self.git.read(entry.id)).decode("utf-8", "replace") if entry is not None else ""


def _was_missing(one: Broken, before: set[str]) -> bool:
    """Whether a name was not there before either, alone or with the class it is in."""
    return one.name in before or one.name.partition(".")[0] in before
