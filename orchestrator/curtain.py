"""What a worker may see of a tree: all of it, but for holdouts of a committed spec, and files kept from every model.

A worker works on the tree as it is shown; what it changed there is carried over to the real one, so that the spec's own
file comes out of a task as it went in.
"""

from dataclasses import dataclass

from .nouns.plan import SpecView
from .ports import Git, TreeEntry
from .rules.hiding import is_hidden, told, trespasses


@dataclass(frozen=True, slots=True, kw_only=True)
class Curtain:
    """Hides the holdouts of one spec, and what the policy never sends. Without any, a tree is shown as it is."""

    git: Git
    spec: SpecView
    never_send: tuple[str, ...] = ()

    async def shown(self, tree: str) -> str:
        """The tree as a worker may see it; the same each time."""
        hidden = await self._hidden(tree)
        without = await self.git.amend_tree(tree, dict.fromkeys(hidden)) if hidden else tree
        return await self._without_holdouts(without)

    async def carried_over(self, tree: str, *, base: str) -> str:
        """What a worker made of the shown ``base``, done to the real one; what it did where files are hidden is not."""
        shown = await self.shown(base)
        if shown == base and not self.never_send:
            return tree
        changed = await self.git.changed(shown, tree)
        held = trespasses(changed, await self._hidden(base), self.never_send)
        kept = {path: entry for path, entry in changed.items() if path not in held}
        return await self.git.amend_tree(base, kept) if kept else base

    async def refused(self, tree: str, *, base: str) -> tuple[str, ...]:
        """What is wrong with what a worker made of the shown ``base``: files that only look absent, a sentence each."""
        if not self.never_send:
            return ()
        changed = await self.git.changed(await self.shown(base), tree)
        return told(trespasses(changed, await self._hidden(base), self.never_send))

    async def _hidden(self, tree: str) -> tuple[str, ...]:
        if not self.never_send:
            return ()
        return tuple(path for path in await self.git.entries(tree) if is_hidden(path, self.never_send))

    async def _without_holdouts(self, tree: str) -> str:
        if not any(locked.secret for locked in self.spec.locked):
            return tree
        first = self.spec.before[0] if self.spec.before else self.spec  # what was added is in no file
        source = await self.git.write(first.source.encode())
        copies = {path: entry for path, entry in (await self.git.entries(tree)).items() if entry.id == source}
        if not copies:
            return tree
        clean = await self.git.write(first.text.encode())
        return await self.git.amend_tree(
            tree, {path: TreeEntry(mode=entry.mode, id=clean) for path, entry in copies.items()}
        )
