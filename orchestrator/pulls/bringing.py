"""Brings pull requests to where the rules want them: does what they say, writes down what it did, and asks again.

Each step is written down before or after it so that whoever was killed in between finds out from the forge and goes on:
what is about to be pushed is known before it is there, and everything else is found by its branch or its marker.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import tzinfo

from .. import faults
from ..errors import GitError, HeadMoved
from ..forge.port import Forge
from ..git.history import reaches
from ..git.remote import Push, push
from ..git.replaying import Replayed, replayed
from ..git.repository import Repository
from ..nouns.delivery import Cut, Opened, Rebuilt
from ..nouns.events import QuestionAsked
from ..nouns.forge_facts import PullRebuilt, PullStands
from ..nouns.policy import Policy
from ..nouns.questions import Option, Question
from ..nouns.stack import (
    AskReview,
    ClosePull,
    Deed,
    EditPull,
    Keep,
    MakeReady,
    OpenPull,
    PushBranch,
    Rebuild,
    SayOnPull,
    Standing,
    Told,
)
from ..nouns.verdicts import Verdict
from ..ports import Clock, Store
from ..rules.stack_text import quoted
from ..rules.stacking_pulls import ENDED, Terms, next_actions
from .looking import Seen, bring_here, look, require_base

Judge = Callable[[Cut, str], Awaitable[Verdict]]
"""What the gate says of a slice on another tree; equal trees are judged once."""

AUTHOR = "driver"
_ROUNDS = 6
"""Rounds beyond three for each slice after which things do not settle: somebody else is at work on them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Brought:
    """What was done, what a person should know, and how it stands now."""

    done: tuple[Deed, ...]
    told: tuple[Told, ...]
    seen: Seen


@dataclass(slots=True, kw_only=True)
class Pulling:
    """The pull requests of one run on one forge."""

    run: str
    forge: Forge
    git: Repository
    store: Store
    judge: Judge
    clock: Clock
    target: str
    """The branch they go to in the end."""
    policy: Policy = field(default_factory=Policy)
    zone: tzinfo | None = None
    clashes: dict[str, tuple[str, str]] = field(default_factory=dict)
    """By slice: the commit it cannot be put on, and the files in the way."""
    grounded: bool = False
    """The forge is known to hold what the run began on."""

    async def bring(self, cuts: Sequence[Cut]) -> Brought:
        """Do what is to be done until nothing is.

        What stands on commits that somebody took out of the target is made anew on what that is now: it would bring
        them back.

        Raises:
            ForgeRefused: the forge will not have it; what was done by then stays, and asking again goes on.
            ForgeAway: later may be better.
        """
        await self._put_on_tip(cuts, only_rewritten=True)
        done: list[Deed] = []
        for _ in range(_ROUNDS + 3 * len(cuts)):
            seen, actions = await self.planned(cuts)
            deeds = [action for action in actions if not isinstance(action, Told)]
            if not deeds:
                told = tuple(action for action in actions if isinstance(action, Told))
                return Brought(done=tuple(done), told=told, seen=seen)
            done += await self._carried(deeds, seen)
        raise GitError(f"The pull requests of run {self.run} change while we change them: try again in a while.")

    async def planned(self, cuts: Sequence[Cut]) -> tuple[Seen, Sequence[Deed | Told]]:
        """What is to be done next, without doing it."""
        seen = await look(cuts, forge=self.forge, git=self.git, store=self.store, target=self.target)
        stack = tuple(replace(each, clash=self.clashes.get(each.name, ("", ""))) for each in seen.stack)
        seen = replace(seen, stack=stack)
        if not self.grounded and any(each.pull is None and each.kept is None for each in stack):
            await require_base(cuts, forge=self.forge, git=self.git, target=self.target)
            self.grounded = True
        return seen, next_actions(stack, seen.gone, self._terms(seen))

    async def rebase(self, cuts: Sequence[Cut]) -> Brought:
        """Put what is not merged yet on the target as it is now, and bring that to the forge.

        Where that clashes, the slice stays where it was, and a question names the files.
        """
        await self._put_on_tip(cuts)
        clashed = [
            Told(name=n, words=f"clashes with {self.target} in {paths}") for n, (_, paths) in self.clashes.items()
        ]
        brought = await self.bring(cuts)
        return replace(brought, told=(*clashed, *(each for each in brought.told if each.name not in self.clashes)))

    async def _put_on_tip(self, cuts: Sequence[Cut], *, only_rewritten: bool = False) -> None:
        """Make the lowest slices anew on the target as it is; ``only_rewritten``: where that lost what they are on."""
        if only_rewritten and not any(each.number and each.state == "open" for each in self.store.pulls()):
            return
        tip = (await bring_here(self.forge, self.git, [self.target])).get(self.target, "")
        lost = await self._lost(cuts, tip) if only_rewritten and tip else frozenset()
        if not tip or (only_rewritten and not lost):
            return
        seen, _ = await self.planned(cuts)
        for each in seen.stack:
            lowest = not each.cut.slice.on and (each.pull is None or each.pull.state == "open")
            goes_there = each.pull is not None and each.pull.base == self.target
            if lowest and tip != each.base and (not only_rewritten or (goes_there and each.name in lost)):
                also = [other.cut for other in seen.stack if other.name in each.also]
                await self._rebuild(each, tip, also)

    async def _lost(self, cuts: Sequence[Cut], tip: str) -> frozenset[str]:
        """The lowest slices that stand on what the target does not hold."""
        made = {(each.name, each.of): each.base for each in self.store.rebuilt()}
        bases = {
            each.slice.name: made.get((each.slice.name, each.head), each.base) for each in cuts if not each.slice.on
        }
        return frozenset([n for n, base in bases.items() if not await reaches(self.git, tip=tip, commit=base)])

    def _terms(self, seen: Seen) -> Terms:
        return Terms(
            target=self.target,
            policy=self.policy,
            others_open=seen.others_open,
            now=self.clock.now(),
            zone=self.zone,
            me=seen.me,
        )

    async def _carried(self, deeds: Sequence[Deed], seen: Seen) -> list[Deed]:
        """Do them in order; where somebody else was faster, what was done by then."""
        stack = {each.name: each for each in seen.stack}
        kept = {each.name: each for each in self.store.pulls()}
        done: list[Deed] = []
        for deed in deeds:
            try:
                await self._do(deed, stack, kept)
            except HeadMoved:
                return done
            done.append(deed)
        return done

    async def _do(self, deed: Deed, stack: dict[str, Standing], kept: dict[str, Opened]) -> None:
        match deed:
            case Keep():
                self._keep(deed.pull, kept)
            case Rebuild():
                also = [stack[name].cut for name in deed.also]
                await self._rebuild(stack[deed.name], deed.onto, also)
            case PushBranch():
                await self._push(deed, stack[deed.name], kept)
            case OpenPull():
                await self._open(deed, kept)
            case EditPull():
                await self._edit(deed, kept)
            case MakeReady():
                await self.forge.set_draft(deed.number, draft=False)
                self._keep(replace(kept[deed.name], ready=True), kept)
            case AskReview():
                await self.forge.ask_review(deed.number, deed.reviewers)
                asked = (*kept[deed.name].asked, *deed.reviewers)
                self._keep(replace(kept[deed.name], asked=asked), kept)
            case ClosePull():
                await self._close(deed, kept)
            case SayOnPull():
                await self.forge.say(deed.number, deed.body, marker=deed.marker)
                self._keep(replace(kept[deed.name], said=(*kept[deed.name].said, deed.marker)), kept)

    def _keep(self, pull: Opened, kept: dict[str, Opened]) -> None:
        if kept.get(pull.name) != pull:
            self.store.append(PullStands(pull=pull), author=AUTHOR)
            kept[pull.name] = pull
            faults.reach("pull.kept")

    async def _push(self, deed: PushBranch, standing: Standing, kept: dict[str, Opened]) -> None:
        known = kept.get(deed.name) or Opened(name=deed.name, number=0, url="", head="", base="")
        heads = {**known.heads, deed.new: standing.cut.head}
        self._keep(replace(known, head=deed.new, heads=heads), kept)
        await push(self.git, await self.forge.access(), [Push(branch=deed.branch, new=deed.new, old=deed.old)])
        faults.reach("pull.pushed")

    async def _open(self, deed: OpenPull, kept: dict[str, Opened]) -> None:
        pull = await self.forge.open_pull(
            head=deed.branch, base=deed.base, title=deed.title, body=deed.body, draft=True
        )
        new = replace(
            kept[deed.name],
            number=pull.number,
            url=pull.url,
            base=deed.base,
            state="open",
            title=deed.title,
            text=deed.text,
            at=self.clock.now(),
            ready=not pull.draft,
            asked=(),
            said=(),
        )
        self._keep(new, kept)

    async def _edit(self, deed: EditPull, kept: dict[str, Opened]) -> None:
        await self.forge.edit_pull(deed.number, title=deed.title, body=deed.body, base=deed.base)
        known = kept[deed.name]
        title, base, text = deed.title or known.title, deed.base or known.base, deed.text or known.text
        self._keep(replace(known, title=title, base=base, text=text), kept)

    async def _close(self, deed: ClosePull, kept: dict[str, Opened]) -> None:
        """That it is ours to close is known before: a person's closing would be for good. That it is done, after."""
        self._keep(replace(kept[deed.name], state="ended"), kept)
        await self.forge.say(deed.number, deed.why, marker=ENDED)
        await self.forge.close(deed.number)
        self._keep(replace(kept[deed.name], said=(*kept[deed.name].said, ENDED)), kept)

    async def _rebuild(self, standing: Standing, onto: str, also: Sequence[Cut]) -> None:
        cut, made = standing.cut, Replayed(head=onto)
        for each in (cut, *also):
            made = await replayed(self.git, since=each.base, tip=each.head, onto=made.head)
            if made.conflicts:
                self._clashed(standing, onto, made)
                return
        tree = await self.git.tree_of(made.head)
        verdict = await self.judge(cut, tree) if made.head != onto else None
        red = "" if verdict is None or verdict.passed else next(iter(verdict.reasons), "the gate gave no reason")
        await self._hold(standing.name, made.head)
        rebuilt = Rebuilt(
            name=standing.name,
            of=cut.head,
            base=onto,
            head=made.head,
            tree=tree,
            red=red,
            also=tuple(each.slice.name for each in also),
            rests=not cut.slice.on,
        )
        self.store.append(PullRebuilt(rebuilt=rebuilt), author=AUTHOR)
        faults.reach("pull.rebuilt")

    async def _hold(self, name: str, commit: str) -> None:
        """A ref, so that git does not throw the commits away."""
        ref = f"refs/agentctl/{self.run}/pulls/{name}"
        old = (await self.git.refs(ref)).get(ref)
        if old != commit and not await self.git.move_ref(ref, new=commit, old=old):
            raise GitError(f"{ref} was moved by another process: one at a time brings a run's pull requests")

    def _clashed(self, standing: Standing, onto: str, made: Replayed) -> None:
        paths = ", ".join(map(quoted, made.conflicts[:_SHOWN])) + (" and more" if len(made.conflicts) > _SHOWN else "")
        self.clashes[standing.name] = (onto, paths)
        self.store.append(QuestionAsked(question=_about_clash(standing, onto, paths)), author=AUTHOR)


_SHOWN = 8
"""Paths in a sentence."""


def _about_clash(standing: Standing, onto: str, paths: str) -> Question:
    return Question(
        key=f"rebase:{standing.name}:{standing.cut.head[:12]}:{onto[:12]}",
        kind="escalation",
        text=f"{standing.cut.branch} cannot be put on {onto[:10]}: both changed {paths}. Who brings them together?",
        why="What was merged meanwhile changed the same lines. Nothing was dropped: the branch stays where it was.",
        options=(
            Option(text="I do, on the branch", consequence="what you push to it is left as it is"),
            Option(
                text="leave it as it is", consequence="the pull request shows the conflict until somebody solves it"
            ),
        ),
        recommended=0,
        asked_by="pulls",
    )
