"""Joins the bot's rooms, and the only place that does: what understands messages, acts on them, and tells the forge."""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, AbstractContextManager, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from ...orchestrator.clock import SystemClock
from ...orchestrator.errors import RunStateError
from ...orchestrator.forge.port import Forge
from ...orchestrator.git.opening import open_repository
from ...orchestrator.git.remote import fetch
from ...orchestrator.nouns.delivery import Opened
from ...orchestrator.nouns.forge import MergeMethod, Pull, RepoName
from ...orchestrator.nouns.happenings import Delivery, Ignored
from ...orchestrator.nouns.policy import Policy
from ...orchestrator.pulls.bringing import Pulling
from ...orchestrator.rules.asked_by_issue import sentence_of, spec_of_issue
from ...orchestrator.rules.checks_of_pulls import may_merge, standing_reviews
from ...orchestrator.rules.pace import pace_of
from ...orchestrator.rules.said import Said
from ...orchestrator.store.folder import RunFolder
from ..policy_table import policy_on
from ..repository import OpenRun, opened
from ..sliced import Sliced, judged, sliced
from . import standing
from .acting import Acting
from .acting import Others as Hands
from .at import Others
from .book import Book, Thread
from .clones import Clone, root_of
from .commanding import Decision, Looks, Standing, allowed
from .drivers import Drivers, unseen
from .home import Home
from .intervals import Intervals
from .news import Find
from .place import Place
from .reach import Reach
from .rounds import Round, Rounds
from .ticking import Tick
from .wishes import wishes_of
from .work import Act, Read


async def _nowhere() -> Mapping[RepoName, Forge]:
    return {}


@dataclass(frozen=True, slots=True, kw_only=True)
class Joined:
    """What a bot needs beside its book."""

    read: Read
    act: Act
    tick: Tick
    find: Find = _nowhere
    """The repositories whose news can be asked for, as they are now."""
    at_work: Callable[[], bool] = lambda: False
    """Whether a driver that was begun here is not over."""
    intervals: Intervals = field(default_factory=Intervals)


Join = Callable[[Home, Book], AbstractAsyncContextManager[Joined]]
"""Joins them for one bot; with the block their connections are closed."""


@asynccontextmanager
async def joined(home: Home, book: Book) -> AsyncIterator[Joined]:
    """The bot of one home.

    Raises:
        AuthenticationError: there is no login to a forge.
        SettingsError: the environment names no pace that can be kept.
        UsageError: no remote of the clone is on one.
    """
    reach = Reach(home=home, book=book)
    try:
        intervals = Intervals().at(pace_of(reach.environ))
        rooms = _Rooms(home=home, book=book, reach=reach, intervals=intervals)
        await reach.login()
        yield Joined(
            read=_read,
            act=rooms.act,
            tick=rooms.tick,
            find=reach.found,
            at_work=rooms.drivers.at_work,
            intervals=intervals,
        )
    finally:
        await reach.close()


def _read(kind: str, id_: str, body: bytes) -> Delivery | Ignored:
    from ...orchestrator.forge.github.webhooks import read_webhook

    return read_webhook(kind, id_, json.loads(body))


@dataclass(slots=True, kw_only=True)
class _Rooms:
    """The parts of one bot, each told where the others are."""

    home: Home
    book: Book
    reach: Reach
    intervals: Intervals
    drivers: Drivers = field(init=False)
    acting: Acting = field(init=False)
    rounds: Rounds = field(init=False)

    def __post_init__(self) -> None:
        self.drivers = Drivers(book=self.book, clock=time.time, secrets=unseen(self.home))
        hands = Hands(
            place=self.place,
            allow=self.allow,
            spec_of_issue=spec_of_issue,
            sentence_of=sentence_of,
            rebase=self.rebase,
            judge_group=judged,
        )
        self.acting = Acting(others=hands, drivers=self.drivers)
        others = Others(bring=self.bring, amend=self.acting.amend, may_merge=_may_merge)
        look = Round(forge=self.reach.forge, policy=_policy, run=self.run, others=others)
        self.rounds = Rounds(book=self.book, round=look, intervals=self.intervals)

    async def act(self, delivery: Delivery) -> str:
        said = await self.acting.act(delivery)
        self.rounds.poke(delivery.repo)
        return said

    async def tick(self) -> float:
        await self.acting.revive()
        return await self.rounds.tick()

    async def place(self, repo: RepoName) -> Place:
        forge = await self.reach.forge(repo)
        policy = await policy_on(forge, await forge.default_branch())
        clone = Clone(root=self.root(repo), fetch=fetch)
        return Place(forge=forge, book=self.book, clone=clone, policy=policy, clock=time.time)

    def root(self, repo: RepoName) -> Path:
        """Where the clone is."""
        return root_of(self.home, self.book, repo)

    async def allow(self, place: Place, delivery: Delivery) -> Decision:
        def standing_of(thread: Thread) -> Standing:
            folder = place.folder(thread.run)
            if folder is None:
                return Standing(usd=0.0, working=False)
            return Standing(usd=standing.usd(folder), working=standing.is_at_work(folder))

        def frees(thread: Thread, said: Said) -> Sequence[str]:
            folder = place.folder(thread.run)
            return standing.frees(folder, said) if folder is not None else ()

        def raises(thread: Thread, said: Said) -> float:
            folder = place.folder(thread.run)
            return standing.raises(folder, said) if folder is not None else 0.0

        looks = Looks(standing=standing_of, frees=frees, raises=raises, about=place.thread)
        return await allowed(place.forge, self.book, delivery, place.policy, now=time.time(), looks=looks)

    def run(self, thread: Thread) -> AbstractContextManager[OpenRun]:
        return opened(self._folder(thread.repo, thread.run), write=True)

    def _folder(self, repo: RepoName, run: str) -> RunFolder:
        folder = RunFolder(path=self.root(repo) / ".agentctl" / "runs" / run)
        if not folder.run_db.exists():
            raise RunStateError(f"The folder of run {run} is gone from {self.root(repo)}.")
        return folder

    async def bring(self, forge: Forge, run: OpenRun, thread: Thread, policy: Policy, /) -> Sequence[Opened]:
        wishes = await wishes_of(forge, self.book, thread, run)
        async with sliced(run, self.root(thread.repo), review_minutes=policy.review_minutes, wishes=wishes) as found:
            await self._pulling(forge, run, thread, policy, found).bring(found.cuts)
        return [each for each in run.store.pulls() if each.number]

    async def rebase(self, place: Place, folder: RunFolder) -> str:
        """Put a run's pull requests onto what their base is now; what came of it."""
        thread = next(each for each in self.book.threads(place.forge.repo, also_over=True) if each.run == folder.run)
        with opened(folder, write=True) as run:
            wishes, minutes = await wishes_of(place.forge, self.book, thread, run), place.policy.review_minutes
            async with sliced(run, place.clone.root, review_minutes=minutes, wishes=wishes) as found:
                pulling = self._pulling(place.forge, run, thread, place.policy, found)
                brought = await pulling.rebase(found.cuts)
        told = "; ".join(f"{each.name}: {each.words}" for each in brought.told)
        return told or f"put on {thread.base} as it is now"

    def _pulling(self, forge: Forge, run: OpenRun, thread: Thread, policy: Policy, found: Sliced) -> Pulling:
        rules = run.store.run().settings.commit
        return Pulling(
            run=thread.run,
            forge=forge,
            git=open_repository(self.root(thread.repo), rules=rules),
            store=run.store,
            judge=found.judge,
            clock=SystemClock(),
            target=thread.base,
            policy=policy,
        )


async def _policy(forge: Forge, _: Thread) -> Policy:
    return await policy_on(forge, await forge.default_branch())


async def _may_merge(forge: Forge, pull: Pull, /, *, policy: Policy, sha: str) -> tuple[MergeMethod | None, str]:
    reviews = await forge.reviews(pull.number)
    names = list(standing_reviews(reviews))
    permissions = dict(zip(names, await asyncio.gather(*(forge.permission(each) for each in names)), strict=True))
    found = may_merge(
        pull,
        protection=await forge.protection(pull.base),
        checks=await forge.checks(pull.head_sha),
        reviews=reviews,
        permissions=permissions,
        policy=policy,
        sha=sha,
        me=(await forge.login()).account.login,
        paths=await forge.files(pull.number),
    )
    return found.method, "; ".join(found.why)
