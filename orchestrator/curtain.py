"""What a worker may see of a tree: all of it, but for the holdouts of a spec that is committed in the repository.

A worker works on the tree as it is shown; what it changed there is carried over to the real one, so that the spec's own
file comes out of a task as it went in.
"""

from dataclasses import dataclass

from .nouns.plan import SpecView
from .ports import Git, TreeEntry


@dataclass(frozen=True, slots=True, kw_only=True)
class Curtain:
    """Hides the holdouts of one spec. Without any, every tree is shown as it is."""

    git: Git
    spec: SpecView

    async def shown(self, tree: str) -> str:
        """The tree as a worker may see it; the same each time."""
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

    async def carried_over(self, tree: str, *, base: str) -> str:
        """What a worker made of the shown ``base``, done to the real one."""
        shown = await self.shown(base)
        return tree if shown == base else await self.git.amend_tree(base, await self.git.changed(shown, tree))
