"""Has a run follow the branch it began on: by a task that brings what is new there, judged and landed like any other.

A wish is a person's word, or what the setting `follow` makes of it when the branch has moved. It is seen to by the
driver: it becomes a task, or the choice says why not. Nothing moves before the gate has judged what comes of it. In a
replay the choices of the recording stand for the wishes, and what came is laid as the recording carries it.
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace

import msgspec

from . import faults
from .bases import ground_tree, tip_tree
from .handed import laid, packed, unpacked
from .keeping import Keeping
from .nouns.events import AttemptStarted, Chosen, Fact, Noted, Patched, PlanApproved, Planned
from .nouns.hand_facts import FollowAsked
from .nouns.hands import PERSON, Follow
from .nouns.keys import RECORDED, AttemptKey
from .nouns.plan import Plan
from .ports import Gate, Git, Merge, Store
from .rules import following as rules
from .rules.amending import next_task, with_task
from .rules.estimate import unasked
from .rules.following import FOLLOWED_BY, FOLLOWS
from .rules.hands import GIVEN
from .rules.manifests import installed_otherwise, is_manifest
from .run_view import BASE_BRANCH, BASELINE, RunView, ground_of

_MOST_COMMITS = 200
"""Commits of the branch that are looked through for who changed the lines in the way."""
_MOST_CARRIED = 4_000_000
"""Characters of what came, beyond which a run cannot be played again from its own folder."""


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """What became of a wish, as a replay needs it."""

    commit: str
    branch: str
    by: str
    task: str = ""
    """The task that brings it; empty where that cannot be."""
    refused: str = ""
    """Why not."""
    landed: tuple[str, ...] = ()
    """The tasks that had landed."""
    manifests: tuple[str, ...] = ()
    """Those for which the commit would have other packages than the run, which keeps those that it began with."""


@dataclass(slots=True, kw_only=True)
class Following:
    """One run's wishes to follow its base branch."""

    view: RunView
    store: Store
    git: Git
    gate: Gate
    keeping: Keeping
    _landings: int = 0
    """How many there were at the last look at the branch."""

    async def begin(self) -> None:
        """See to every wish that nobody has seen to; where that is the setting, look at the branch once a landing."""
        settings, landed = self.store.run().settings, len(self.store.landings())
        if settings.replay is not None:
            await self._obey()
            return
        if settings.follow == "continuous" and landed > self._landings:
            self._landings = landed
            await self._look()
        await self._see_to()

    async def at_end(self) -> bool:
        """When all else is over: have the branch followed where it has moved; whether there is more to do now."""
        settings = self.store.run().settings
        if settings.follow == "never" or settings.replay is not None or not self.store.landings():
            return False
        await self._look()
        await self._see_to()
        return not self._is_over()

    async def start(self, key: AttemptKey) -> tuple[str, str]:
        """Begin the attempt that brings what the branch has: its tree, and why there is none."""
        attempt = self.store.attempt(key)
        if attempt is not None and attempt.tree is not None:
            return attempt.tree, ""
        task = self.view.plan.task(key.task)
        wish = Follow(number=0, commit=task.follows, branch=_branch(task.id, self.store), force=True, by="", at=0.0)
        before = await ground_tree(self.view, self.git)
        started = AttemptStarted(key=key, rung=PERSON, base_tree=before)
        trouble = await hindrance(wish, view=self.view, git=self.git)
        came = await _brought(wish.commit, before=before, view=self.view, git=self.git)
        if trouble or came.tree is None:
            self.store.append(started, author="driver")
            return "", trouble
        report = await self.gate.report(came.tree)
        broken = rules.broken(self.view.promised, report)
        if broken or not report.complete:
            self.store.append(started, author="driver")
            why = rules.red(wish.branch, broken) if report.complete else rules.unjudged(wish.branch, report)
            return "", " ".join(filter(None, (why, await self._packages(wish))))
        patch = await self._patch(wish.commit, came.tree, key)
        await self.keeping.point(key, patch)
        promises = msgspec.json.encode(rules.promises(self.view.promised, report)).decode()
        promised = Chosen(key=f"{BASELINE}:{key.task}", value=self.store.put_blob(promises))
        self.store.append(started, Patched(key=key, patch=patch, tree=came.tree), promised, author="driver")
        return came.tree, ""

    async def _packages(self, wish: Follow) -> str:
        """That its tests ran with other packages than it asks for, which may be why."""
        return rules.packages(wish.branch, await other_manifests(wish.commit, store=self.store, git=self.git))

    async def _patch(self, commit: str, tree: str, key: AttemptKey) -> str:
        """The followed commit itself; where the run began with files of its own, one on top that has those too."""
        if await self.git.tree_of(commit) == tree:
            return commit
        words = f"{self.view.plan.task(key.task).title}\n\nAttempt {key} of run {self.keeping.run}."
        at = self.keeping.clock.now()
        return await self.git.commit(tree=tree, parents=[commit], message=words, at=at)

    async def _look(self) -> None:
        """Wish for the branch's commit where that is another one than any that was wished for."""
        branch = self.store.choice(BASE_BRANCH) or ""
        commit = await self.git.resolve(f"refs/heads/{branch}") if branch else None
        wishes = self.store.hands().follows
        if commit is None or commit in {ground_of(self.store), *(wish.commit for wish in wishes)}:
            return
        self.store.append(FollowAsked(number=len(wishes) + 1, commit=commit, branch=branch), author=FOLLOWED_BY)

    async def _see_to(self) -> None:
        for wish in self.store.hands().follows:
            if not self._is_over():
                return
            if decision(self.store, wish.number) is None:
                await self._decide(wish)

    async def _decide(self, wish: Follow) -> None:
        """The task that brings it, in the plan; or why there is none. In one append."""
        landed = tuple(landing.key.task for landing in self.store.landings())
        step = Step(commit=wish.commit, branch=wish.branch, by=wish.by, landed=landed)
        refused = await hindrance(wish, view=self.view, git=self.git)
        if refused:
            said = Noted(text=f"{wish.branch} is not followed to {wish.commit[:10]}: {refused}")
            self._say(wish, msgspec.structs.replace(step, refused=refused), said)
            return
        before = await ground_tree(self.view, self.git)
        came = await _brought(wish.commit, before=before, view=self.view, git=self.git)
        text = await packed(self.git, before, came.tree or before, author="", by=wish.by)
        others = await other_manifests(wish.commit, store=self.store, git=self.git)
        noted = [Noted(text=rules.packages(wish.branch, others))] if others else []
        self._plan_it(wish, msgspec.structs.replace(step, manifests=others), *self._carried(text), *noted)

    def _carried(self, text: str) -> tuple[Fact, ...]:
        """What came, for a replay; nothing where that is too much."""
        key = f"{GIVEN}{next_task(self._plan())}"
        return (Chosen(key=key, value=text),) if len(text) <= _MOST_CARRIED else ()

    def _plan_it(self, wish: Follow, step: Step, *more: Fact) -> None:
        plan = self._plan()
        task = rules.following(plan, wish, since=ground_of(self.store))
        planned = with_task(plan, task, [rules.BASE])
        step = msgspec.structs.replace(step, task=task.id)
        self._say(wish, step, *more, Planned(plan=planned, estimate=unasked(planned)), PlanApproved())

    def _say(self, wish: Follow, step: Step, *more: Fact) -> None:
        decided = Chosen(key=f"{FOLLOWS}{wish.number}", value=msgspec.json.encode(step).decode())
        self.store.append(decided, *more, author=wish.by)
        faults.reach("follow.decided")

    async def _obey(self) -> None:
        """In a replay: the next wish of the recording, once as much has landed as had then."""
        number = 1
        while decision(self.store, number) is not None:
            number += 1
        said = self.store.choice(f"{RECORDED}{FOLLOWS}{number}")
        if said is None or not self._is_over():
            return
        then = msgspec.json.decode(said, type=Step)
        if not {landing.key.task for landing in self.store.landings()}.issuperset(then.landed):
            return
        wish = Follow(number=number, commit=then.commit, branch=then.branch, force=True, by=then.by, at=0.0)
        if then.refused:
            self._say(wish, then)
            return
        text = self.store.choice(f"{RECORDED}{GIVEN}{then.task}")
        if text is None:
            raise LookupError(f"the recording does not hold what {then.task} brought")
        commit = await self._as_recorded(text, wish)
        self._plan_it(replace(wish, commit=commit), then, Chosen(key=f"{GIVEN}{then.task}", value=text))

    async def _as_recorded(self, text: str, wish: Follow) -> str:
        """A commit with what came when the run was recorded, on what this one stands on."""
        before = await ground_tree(self.view, self.git)
        tree = await laid(unpacked(text).files, onto=before, git=self.git)
        ground, words = ground_of(self.store), f"What {wish.branch} brought, as it was recorded"
        return await self.git.commit(tree=tree, parents=[ground], message=words, at=self.keeping.clock.now())

    def _is_over(self) -> bool:
        return rules.is_over(self._plan(), {each.task.id: each.state for each in self.store.tasks()})

    def _plan(self) -> Plan:
        plan = self.store.plan()
        if plan is None:
            raise LookupError("the base branch is to be followed in a run that has no plan")
        return plan


def decision(store: Store, number: int) -> Step | None:
    """What became of the wish of that number; None as long as nobody has seen to it."""
    said = store.choice(f"{FOLLOWS}{number}")
    return msgspec.json.decode(said, type=Step) if said is not None else None


def came_of(store: Store) -> Iterator[tuple[int, Step, str, str]]:
    """Of every wish that was seen to: its number, what was decided, the commit it landed as, and why it did not."""
    commits = {landing.key.task: landing.commit for landing in store.landings()}
    dropped = {each.task.id: each.activity or "it was left out" for each in store.tasks() if each.state == "dropped"}
    number = 1
    while (step := decision(store, number)) is not None:
        yield number, step, commits.get(step.task, ""), step.refused or dropped.get(step.task, "")
        number += 1


async def hindrance(wish: Follow, *, view: RunView, git: Git) -> str:
    """Why the base branch cannot be followed there, as far as git knows it; empty where it can."""
    ground = ground_of(view.store)
    if await git.resolve(wish.commit) is None:
        return f"{wish.commit} is not in this repository."
    if await git.reaches(tip=ground, commit=wish.commit):
        return f"the run stands on {ground[:10]}, which holds that already."
    if not wish.force and not await git.reaches(tip=wish.commit, commit=ground):
        return rules.rewritten(wish.branch, ground=ground, commit=wish.commit)
    before = await ground_tree(view, git)
    came = await _brought(wish.commit, before=before, view=view, git=git)
    if came.tree is None:
        return await _in_the_way(wish, came.conflicts, view=view, git=git)
    run = view.store.run().id
    merged = await git.merge(base=before, ours=await tip_tree(run, git), theirs=came.tree)
    return "" if merged.tree is not None else await _in_the_way(wish, merged.conflicts, view=view, git=git)


async def other_manifests(commit: str, *, store: Store, git: Git) -> tuple[str, ...]:
    """The manifests for which a commit would have other packages than the run's base, whose packages the run keeps."""
    run = store.run()
    before, after = [await _manifests(each, git) for each in (run.base, commit)]
    return installed_otherwise(before, after, setup=run.settings.setup)


async def _manifests(commit: str, git: Git) -> dict[str, bytes]:
    entries = await git.entries(await git.tree_of(commit))
    found = {path: entry.id for path, entry in entries.items() if is_manifest(path)}
    contents = await git.read_many([*found.values()])
    return {path: contents[blob] for path, blob in found.items()}


async def _brought(commit: str, *, before: str, view: RunView, git: Git) -> Merge:
    """What the run stands on, with what the branch has changed since."""
    ground = await git.tree_of(ground_of(view.store))
    return await git.merge(base=ground, ours=before, theirs=await git.tree_of(commit))


async def _in_the_way(wish: Follow, conflicts: Collection[str], *, view: RunView, git: Git) -> str:
    """Which paths do not merge, which tasks changed them, and which commits of the branch."""
    tasks = []
    for landing in view.store.landings():
        attempt = view.store.attempt(landing.key)
        if attempt is None or attempt.tree is None or view.plan.task(landing.key.task).follows:
            continue
        if not set(conflicts).isdisjoint(await git.changed(attempt.base_tree, attempt.tree)):
            tasks.append(landing.key.task)
    ground = ground_of(view.store)
    commits, before = [], await git.tree_of(ground)
    for commit, message in list(await git.log(since=ground, tip=wish.commit))[-_MOST_COMMITS:]:
        tree = await git.tree_of(commit)
        if not set(conflicts).isdisjoint(await git.changed(before, tree)):
            commits.append(f"{commit[:10]} {message.partition(chr(10))[0]}")
        before = tree
    return rules.clash(wish.branch, conflicts, tasks=tasks, commits=commits)


def _branch(task: str, store: Store) -> str:
    """The name of the branch that a task follows."""
    number = 1
    while (step := decision(store, number)) is not None and step.task != task:
        number += 1
    return step.branch if step is not None else "the base branch"
