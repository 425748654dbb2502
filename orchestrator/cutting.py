"""Makes the slices of a run in git, of objects only, and has each judged before a branch points at it.

A slice is what the attempts of its tasks changed, merged onto what it stands on, a commit a task. One that is red or
clashes alone becomes one with its neighbour; the last such slice is the whole run, whose commits were judged when they
landed. A fix is in the slice that it is about where that merges and is green, else on top. All slices together are the
tree of the integration branch, or nothing is delivered. They stand on the newest commit of the base branch that the run
followed: what came from there is nobody's slice.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from .errors import AgentctlError, GitError
from .landed_branch import LandedBranch
from .nouns.delivery import Cut, Slice
from .nouns.runs import AttemptStatus, Landing
from .ports import Gate, Git, TreeEntry
from .rules.code_owners import Owners, of_all
from .rules.dealing import Dealing
from .rules.harmless import message as harmless
from .rules.slicing import Portion, chain
from .run_view import RunView
from .slice_verdict import verdict_on

LinesChanged = Callable[[str, str], Awaitable[Mapping[str, tuple[int, int]]]]
"""From two trees to the lines added and removed, by path."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """A commit of a slice; ``task`` is empty for what no task did."""

    commit: str
    task: str
    title: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """A slice in git, with its commits in their order."""

    cut: Cut
    commits: tuple[Made, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Trouble:
    """What speaks against a slice as it was cut."""

    slice: Slice
    why: str
    whole: bool = False
    """It is not the slice, but what all of them come to."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settled:
    """Slices that were judged, and how the landings were dealt for that."""

    pieces: tuple[Piece, ...]
    dealing: Dealing


@dataclass(frozen=True, slots=True, kw_only=True)
class Cutting:
    """One run's result, to be cut."""

    run: str
    view: RunView
    git: Git
    gate: Gate
    lines: LinesChanged
    owners: Owners
    tell: Callable[[str], None]
    known: dict[tuple[str, str, str], str] = field(default_factory=dict)
    """Commits that are there already, by parent, tree and message; a signed one would be another each time."""

    async def remember(self, branch: LandedBranch, heads: Iterable[str]) -> None:
        """Take over what earlier deliveries committed below these heads."""
        for head in heads:
            if not await self.git.reaches(tip=head, commit=branch.base):
                continue  # it stands on what the run stood on before it followed its base
            parent = branch.base
            for commit, message in await self.git.log(since=branch.base, tip=head):
                self.known[parent, await self.git.tree_of(commit), message.strip()] = commit
                parent = commit

    async def dealt(self, branch: LandedBranch, deal: Callable[[Sequence[Portion]], Dealing]) -> Dealing:
        """The landings as they are to be dealt; nothing is judged yet."""
        portions = [await self._portion(each) for each in branch.landings]
        return replace(deal(portions), ground=await self._ground(branch))

    async def settled(self, branch: LandedBranch, dealing: Dealing) -> Settled:
        """The slices in git, judged; no branch has moved.

        Raises:
            AgentctlError: the whole run is red as it stands here, or is not what its tasks come to.
        """
        found = await self._tried(branch, dealing.slices())
        if not isinstance(found, _Trouble):
            return Settled(pieces=found, dealing=dealing)
        best = await self._joined(branch, dealing.without_hosts())
        if isinstance(best, _Trouble):
            raise AgentctlError(
                f"What this run built is not delivered, because {best.slice.name} is not green as it stands here: "
                f"{best.why}. If the environment has changed since, mend that; else `agentctl retry` what broke it."
            )
        for task, host in dealing.beside.items():  # one by one, so that none is blamed for another
            trial = await self._joined(branch, best.dealing.with_host(task, host), newest=task)
            if isinstance(trial, Settled):
                best = trial
                continue
            self.tell(f"{task} cannot be where {host} is: {trial.why}")
            why = f"{task} is about what {host} did and stands here all the same, because there {trial.why}"
            best = replace(best, dealing=best.dealing.with_aside(task, why))
        return _with_notes(best)

    async def _joined(self, branch: LandedBranch, dealing: Dealing, *, newest: str = "") -> Settled | _Trouble:
        """With slices made one until each can stand alone; ``newest`` is a fix on trial, whose trouble ends it."""
        while True:
            slices = dealing.slices()
            found = await self._tried(branch, slices)
            if not isinstance(found, _Trouble):
                return Settled(pieces=found, dealing=dealing)
            if newest and (found.whole or _holds(slices, found.slice, newest)):
                return found
            more = dealing.with_neighbour(found.slice, slices, found.why)
            if more is None:
                return found
            dealing = more
            self.tell(f"{found.slice.name} cannot stand alone: {found.why}")

    async def _portion(self, landing: Landing) -> Portion:
        task, attempt = self.view.plan.task(landing.key.task), self._attempt(landing)
        changed = await self.lines(attempt.base_tree, attempt.tree or "")
        return Portion(
            task=task.id,
            team=task.team,
            order=landing.order,
            needs=frozenset({*self.view.closure(task.id), *self._checked_with(task.id), *filter(None, [task.reverts])}),
            changed=changed,
            owners=of_all(changed, self.owners),
        )

    def _checked_with(self, task: str) -> set[str]:
        """Tasks whose requirements the checks locked to this one decide too, as far as they landed before it."""
        landed = [each.key.task for each in sorted(self.view.store.landings(), key=lambda each: each.order)]
        before = set(landed[: landed.index(task)])
        decided = {id_ for each in self.view.locked([task]) for id_ in each.requirements}
        return {t.id for t in self.view.plan.tasks if t.id in before and not decided.isdisjoint(t.requirements)}

    def _attempt(self, landing: Landing) -> AttemptStatus:
        attempt = self.view.store.attempt(landing.key)
        if attempt is None or attempt.tree is None:
            raise LookupError(f"attempt {landing.key} landed without a tree")
        return attempt

    async def _ground(self, branch: LandedBranch) -> Mapping[str, tuple[int, int]]:
        if not branch.ground:
            return {}
        return await self.lines(await self.git.tree_of(branch.began), await self.git.tree_of(branch.ground[-1]))

    async def _tried(self, branch: LandedBranch, slices: tuple[Slice, ...]) -> tuple[Piece, ...] | _Trouble:
        """Every slice made and judged, or the first that cannot be."""
        made = await self._made(branch, slices)
        if isinstance(made, _Trouble):
            return made
        trouble = await self._together(branch, made)
        if trouble is not None:
            return trouble
        self.tell(f"judging {len(made)} {'slice' if len(made) == 1 else 'slices'}")
        judged = await asyncio.gather(*(self._judged(piece, slices) for piece in made))
        found: list[Piece] = []
        for each in judged:
            if isinstance(each, _Trouble):
                return each
            found.append(each)
        return tuple(found)

    async def _made(self, branch: LandedBranch, slices: tuple[Slice, ...]) -> list[Piece] | _Trouble:
        if len(slices) == 1:
            return [await self._whole(branch, slices[0])]
        return await self._stacked(branch, slices)

    async def _stacked(self, branch: LandedBranch, slices: tuple[Slice, ...]) -> list[Piece] | _Trouble:
        """Each on the one below it, and the first on what all stand on: their tasks' commits, merged there."""
        heads: dict[str, str] = {"": branch.base}
        made: list[Piece] = []
        for each in slices:
            commits = [] if made else await self._again(branch, branch.ground, onto=branch.base)
            if isinstance(commits, tuple):
                return _Trouble(slice=each, why=f"what all tasks start from clashes in {', '.join(commits)}")
            head = commits[-1].commit if commits else heads[each.on]
            for landing, rest in self._of(branch, each):
                commit = await self._committed(branch, landing, onto=head)
                if isinstance(commit, tuple):
                    return _Trouble(slice=each, why=f"what {landing.key.task} changed clashes in {', '.join(commit)}")
                commits.append(self._of_branch(branch, landing.commit, as_=commit))
                head = commit
                if each is slices[-1] and (last := await self._rest(branch, rest, onto=head)) is not None:
                    commits.append(last)
                    head = last.commit
            heads[each.name] = head
            made.append(await self._piece(each, base=heads[each.on], commits=commits))
        return made

    async def _whole(self, branch: LandedBranch, slice_: Slice) -> Piece:
        """All in one: the trees of the integration branch, commit by commit.

        Of a run that followed its base, its own commits on top of that where they come to the same.
        """
        if branch.followed:
            found = await self._stacked(branch, (slice_,))
            if not isinstance(found, _Trouble) and found[0].cut.tree == await self.git.tree_of(branch.tip):
                return found[0]
        commits = await self._again(branch, tuple(branch.messages), onto=branch.began)
        if isinstance(commits, tuple):
            raise GitError(f"the branch of run {self.run} does not come to what it holds: {', '.join(commits)}")
        return await self._piece(slice_, base=branch.base, commits=commits)

    async def _again(self, branch: LandedBranch, commits: Sequence[str], *, onto: str) -> list[Made] | tuple[str, ...]:
        """These commits on another one, the branch's own up to the first that is not as it was there.

        That is so where a message would act on a forge; the paths where a commit clashes.
        """
        landings = {each.commit: each for each in branch.landings}
        made: list[Made] = []
        for commit in commits:
            text, parent = branch.messages[commit], made[-1].commit if made else onto
            new, landing = commit, landings.get(commit)
            if parent != branch.parents[commit] or harmless(text) != text:
                tree = await self._carried(commit, since=branch.parents[commit], onto=parent)
                if isinstance(tree, tuple):
                    return tree
                new = await self._commit(
                    tree,
                    parent,
                    text,
                    at=landing.at if landing is not None else branch.landings[-1].at,
                    author=self.view.author_of(self._attempt(landing)) if landing is not None else "",
                    beside=branch.followed.get(commit, ""),
                )
            made.append(self._of_branch(branch, commit, as_=new))
        return made

    async def _carried(self, commit: str, *, since: str, onto: str) -> str | tuple[str, ...]:
        """The tree of a commit with what it changed, on another one; the paths where that clashes."""
        trees = [await self.git.tree_of(each) for each in (since, onto, commit)]
        merge = await self.git.merge(base=trees[0], ours=trees[1], theirs=trees[2])
        return merge.conflicts if merge.tree is None else merge.tree

    async def _piece(self, slice_: Slice, *, base: str, commits: Sequence[Made]) -> Piece:
        head = commits[-1].commit
        cut = Cut(
            slice=slice_,
            branch=f"agentctl/{self.run}/{slice_.name}",
            base=base,
            head=head,
            tree=await self.git.tree_of(head),
            gate="",
        )
        return Piece(cut=cut, commits=tuple(commits))

    def _of(self, branch: LandedBranch, slice_: Slice) -> list[tuple[Landing, tuple[str, ...]]]:
        """Its landings, each with what no task did between it and the next one.

        So a slice which a fix is put into grows by commits on top of those that are pushed already.
        """
        commits, own = list(branch.messages), [each for each in branch.landings if each.key.task in slice_.tasks]
        ends = [*(commits.index(each.commit) for each in own[1:]), len(commits)]
        found: list[tuple[Landing, tuple[str, ...]]] = []
        for landing, end in zip(own, ends, strict=bool(own)):
            start = commits.index(landing.commit) if landing is not own[-1] else 0
            found.append((landing, tuple(commit for commit in commits[start:end] if commit in branch.rest)))
        return found

    def _of_branch(self, branch: LandedBranch, commit: str, *, as_: str = "") -> Made:
        task = next((each.key.task for each in branch.landings if each.commit == commit), "")
        title = branch.messages[commit].partition("\n")[0]
        return Made(commit=as_ or commit, task=task, title=title)

    async def _committed(self, branch: LandedBranch, landing: Landing, *, onto: str) -> str | tuple[str, ...]:
        """A task's commit on another one; the paths where that clashes."""
        attempt = self._attempt(landing)
        merge = await self.git.merge(
            base=attempt.base_tree, ours=await self.git.tree_of(onto), theirs=attempt.tree or ""
        )
        if merge.tree is None:
            return merge.conflicts
        text, author = branch.messages[landing.commit], self.view.author_of(attempt)
        return await self._commit(merge.tree, onto, text, at=landing.at, author=author)

    async def _commit(
        self, tree: str, parent: str, message: str, *, at: float, author: str = "", beside: str = ""
    ) -> str:
        """A commit with a message that acts on no forge: one that is there, or a new one; ``beside`` is merged in."""
        text = harmless(message)
        known = self.known.get((parent, tree, text.strip()))
        if known is not None:
            return known
        parents = [parent, beside] if beside else [parent]
        return await self.git.commit(tree=tree, parents=parents, message=text, at=at, author=author)

    async def _rest(self, branch: LandedBranch, rest: Sequence[str], *, onto: str) -> Made | None:
        """What no task did, as the branch has it after the last of these: the lock of the spec."""
        if not rest:
            return None
        last = rest[-1] if rest[-1] != branch.rest[-1] else branch.tip
        then = await self.git.entries(await self.git.tree_of(last))
        changes: dict[str, TreeEntry | None] = {}
        for commit in branch.rest[: branch.rest.index(rest[-1]) + 1]:
            trees = await self.git.tree_of(branch.parents[commit]), await self.git.tree_of(commit)
            changes |= {path: then.get(path) for path in await self.git.changed(*trees)}
        tree = await self.git.tree_of(onto)
        new = await self.git.amend_tree(tree, changes)
        if new == tree:
            return None
        commits = list(branch.messages)
        before = [each.at for each in branch.landings if commits.index(each.commit) < commits.index(rest[-1])]
        commit = await self._commit(new, onto, branch.messages[rest[-1]], at=before[-1])
        return self._of_branch(branch, rest[-1], as_=commit)

    async def _together(self, branch: LandedBranch, made: Sequence[Piece]) -> _Trouble | None:
        """Whether all slices, merged in the order of review, are what the integration branch holds.

        Raises AgentctlError where even all in one is something else; names the paths.
        """
        tip = await self.git.tree_of(branch.tip)
        tree = await self.git.tree_of(branch.base)
        for piece in made:
            cut = piece.cut
            merge = await self.git.merge(base=await self.git.tree_of(cut.base), ours=tree, theirs=cut.tree)
            if merge.tree is None:
                paths = ", ".join(merge.conflicts)
                why = f"with the slices before it, it clashes in {paths}"
                return _Trouble(slice=cut.slice, why=why, whole=True)
            tree = merge.tree
        if tree == tip:
            return None
        paths = ", ".join(sorted(await self.git.changed(tree, tip)))
        if len(made) == 1:
            raise AgentctlError(f"The slices of run {self.run} do not come to what it built: they differ in {paths}.")
        why = f"all slices together differ from the run in {paths}"
        return _Trouble(slice=made[-1].cut.slice, why=why, whole=True)

    async def _judged(self, piece: Piece, slices: Sequence[Slice]) -> Piece | _Trouble:
        cut = piece.cut
        verdict = await verdict_on(cut.tree, cut.slice, slices, view=self.view, gate=self.gate)
        if verdict.passed:
            return replace(piece, cut=replace(cut, gate=verdict.gate))
        first = verdict.reasons[0].splitlines()[0] if verdict.reasons else "it gave no reason"
        return _Trouble(slice=cut.slice, why=f"the gate is red: {first.rstrip(':')}")


def _holds(slices: Sequence[Slice], own: Slice, task: str) -> bool:
    """Whether a task is in that slice or below it."""
    return any(task in each.tasks for each in chain(own.name, slices))


def _with_notes(found: Settled) -> Settled:
    """The pieces with what was found out after they were made: why a fix stands on top."""
    slices = {each.name: each for each in found.dealing.slices()}
    pieces = tuple(replace(each, cut=replace(each.cut, slice=slices[each.cut.slice.name])) for each in found.pieces)
    return replace(found, pieces=pieces)
