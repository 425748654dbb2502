"""What clashed, read out of git: the places that a patch and what landed first made different things of.

And what became of it: of an attempt that clashed, what the one that lands in its place does not bring in again.
"""

from dataclasses import dataclass

from .accounted import Sides, regions_of
from .nouns.keys import AttemptKey
from .nouns.runs import AttemptStatus
from .ports import Git, Store, TreeEntry
from .rules.accounting import MOST_PLACES, given_up, in_short
from .rules.both_sides import Region, lines_of
from .rules.clashes import CLASH, Clash, Place, both_sides
from .rules.hiding import is_hidden
from .rules.tree_policy import REGULAR
from .run_view import RunView

_LARGEST = 1_000_000
"""Characters of a file whose lines are shown."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Clashing:
    """The clashes of one run's patches."""

    git: Git
    store: Store
    view: RunView

    async def told(self, attempt: AttemptStatus, onto: str, *, paths: tuple[str, ...], why: str) -> str:
        """Both sides of a patch that does not merge onto a tree, for who goes on with its task."""
        read = [await self.git.entries(tree) for tree in (attempt.base_tree, onto, attempt.tree or "")]
        landed = await self._landed(attempt)
        found = []
        for path in paths[:MOST_PLACES]:
            base, there, own = (files.get(path) for files in read)
            by = tuple((task, title) for (task, title), changed in landed.items() if path in changed)
            found.append(await self._clash(path, by, (base, there, own)))
        return both_sides(why, found)

    async def given_up(self, attempt: AttemptStatus, tree: str) -> str:
        """What the task's last attempt that clashed had changed and this one, which lands as ``tree``, has not."""
        before = (each for each in self.store.attempts(attempt.key.task) if each.key.attempt < attempt.key.attempt)
        clashed = next((each for each in reversed([*before]) if has_clashed(self.view, each.key)), None)
        if clashed is None or clashed.tree is None:
            return ""
        wanted, missing = await self.git.changed(clashed.base_tree, clashed.tree), list[str]()
        base, there = await self.git.entries(clashed.base_tree), await self.git.entries(tree)
        for path, own in wanted.items():
            missing += await self._missing(path, (base.get(path), own, there.get(path)))
        said = f"of what attempt {clashed.key.attempt} had changed, this has otherwise or not at all:"
        return in_short(said, missing)

    async def _missing(self, path: str, files: tuple[TreeEntry | None, ...]) -> list[str]:
        """What of a change of one file is not in what lands."""
        base, own, there = files
        if own == there:
            return []
        if own is None or there is None or base is None or {base.mode, own.mode, there.mode} - REGULAR:
            return [path]
        (found,) = await regions_of(self.git, [Sides(base=base.id, landed=base.id, own=own.id)])
        return [*given_up(path, lines_of(await self.git.read(base.id)), found, await self.git.read(there.id))]

    async def _clash(self, path: str, by: tuple[tuple[str, str], ...], files: tuple[TreeEntry | None, ...]) -> Clash:
        if is_hidden(path, self.store.run().settings.never_send):
            return Clash(path=path, by=by, words="it is kept from models, and is not shown")
        base, landed, own = files
        if landed is None or own is None:
            gone = "what landed has no such file" if landed is None else "this attempt has no such file"
            return Clash(path=path, by=by, words=f"{gone}, and the other side changed it")
        if {landed.mode, own.mode} - REGULAR or (base is not None and base.mode not in REGULAR):
            return Clash(path=path, by=by, words="it is no regular file on both sides")
        empty = base.id if base is not None else await self.git.write(b"")
        (found,) = await regions_of(self.git, [Sides(base=empty, landed=landed.id, own=own.id)])
        places = tuple(_place(each) for each in found if each.by == "clash")
        texts = [text for each in places for text in (each.base, each.landed, each.own)]
        if any("\0" in text for text in texts) or sum(map(len, texts)) > _LARGEST:
            return Clash(path=path, by=by, words="it is no text, and both sides changed it")
        return Clash(path=path, by=by, places=places, words="" if places else "both sides changed it, or what it is")

    async def _landed(self, attempt: AttemptStatus) -> dict[tuple[str, str], frozenset[str]]:
        """By task the paths of what landed and is not in the base of this attempt."""
        known, found = {attempt.key.task, *self.view.closure(attempt.key.task)}, {}
        for each in self.view.landed(landing.key.task for landing in self.store.landings()):
            task = self.view.plan.task(each.key.task)
            if task.id not in known and each.tree is not None:
                # The title of one that follows the base names a commit, which is another one in a replay.
                title = "brought by the base branch" if task.follows else task.title
                found[task.id, title] = frozenset(await self.git.changed(each.base_tree, each.tree))
        return found


def _place(region: Region) -> Place:
    base, landed, own = (
        b"".join(lines).decode("utf-8", "replace") for lines in (region.base, region.landed, region.own)
    )
    return Place(line=region.at + 1, base=base, landed=landed, own=own)


def has_clashed(view: RunView, key: AttemptKey) -> bool:
    """Whether an attempt ended because others had changed the same lines and landed first."""
    return view.store.choice(f"{CLASH}{key}") is not None
