"""Decides who may do what: a delivery in, commands or a refusal out. Asks the forge what is true now; does nothing.

A message only says that something happened. Who wrote, what they wrote, what they may do and which head there is are
asked again here. What was decided is kept in `Book` under the comment, so that a command is obeyed once, however often
its message comes, by whichever way, and whatever becomes of the comment later.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256

import msgspec

from ...orchestrator.forge.port import Forge
from ...orchestrator.nouns.forge import Account, Pull, RepoName
from ...orchestrator.nouns.happenings import Commented, Delivery, Labelled, PullMoved
from ...orchestrator.nouns.policy import Policy
from ...orchestrator.rules import commanding as rules
from ...orchestrator.rules.said import NAME, Heard, Said, heard
from .book import Book, Thread

_REPLIES = 20
"""Refusals that are said aloud in a repository in 24 hours; whoever comes after them hears nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Allowed:
    """Commands that are to be obeyed, all of them, in this order."""

    commands: tuple[Said, ...]
    by: str
    sha: str = ""
    """The head they are about, of a pull request; empty on an issue."""
    fork: bool = False
    """The head is another repository's: its text may be read, nothing of it may be run."""
    usd: float | None = None
    """The most that a run which they start may spend; None where no policy says."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """Commands that are not obeyed; ``reply`` says whether that is said aloud."""

    words: str
    reply: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Nothing:
    """No command, or none that counts; nobody is told."""

    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How a run stands: what it spent, and whether it is at work."""

    usd: float
    working: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Looks:
    """What the decisions need to know of runs, and how to find out."""

    standing: Callable[[Thread], Standing] | None = None
    """How the run of a thread stands. Without it a thread that is not over counts as at work, and where the policy caps
    dollars a day nothing is started, because they cannot be counted."""
    frees: Callable[[Thread, Said], Sequence[str]] | None = None
    """The files that a command, said in a thread, lets a task change."""
    raises: Callable[[Thread, Said], float] | None = None
    """By how many dollars a command, said of the run of a thread, raises its cap."""
    about: Callable[[int], Awaitable[Thread | None]] | None = None
    """Which run an issue or a pull request is about. Without it, the latest that was asked for there."""
    name: str = NAME
    """What the bot is called there."""


_NO_LOOKS = Looks()
Decision = Allowed | Refused | Nothing


async def allowed(
    forge: Forge,
    book: Book,
    delivery: Delivery,
    policy: Policy,
    *,
    now: float,
    looks: Looks = _NO_LOOKS,
) -> Decision:
    """What is to be done about a delivery.

    Args:
        forge: the repository.
        book: keeps what was decided.
        delivery: what happened.
        policy: of the base branch.
        now: seconds since the epoch.
        looks: what is known of runs.
    """
    noted(book, delivery, now=now)
    asking = _Asking(forge=forge, book=book, delivery=delivery, policy=policy, now=now, looks=looks)
    match delivery.happening:
        case Commented() as commented:
            return await asking.comment(commented)
        case Labelled() as labelled:
            return await asking.label(labelled)
        case other:
            return Nothing(reason=f"{type(other).__name__} is no command")


async def why_not(forge: Forge, policy: Policy, account: Account) -> str:
    """Why this person may not command in that repository now; empty where they may."""
    if await _is_bot(forge, account):
        return "bots are not obeyed."
    return rules.why_not(account.login, await forge.permission(account.login), policy)


async def _is_bot(forge: Forge, account: Account) -> bool:
    return rules.is_ours(account, me=(await forge.login()).account.login)


def noted(book: Book, delivery: Delivery, *, now: float) -> None:
    """Keep which head a pull request has, as far as messages told: what is said afterwards is said of that head.

    Called for every delivery in the order in which they came; doing it again changes nothing.
    """
    match delivery.happening:
        case PullMoved(number=number, head_sha=sha) if sha and book.once(f"noted:{delivery.id}", sha, at=now):
            book.keep(_head(delivery.repo, number), sha, at=now)
        case _:
            return


@dataclass(frozen=True, slots=True, kw_only=True)
class _Kept:
    """What was decided on a comment, and for which message of it."""

    delivery: str
    digest: str
    allowed: Allowed | None = None
    refused: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Asking:
    """One delivery that may command."""

    forge: Forge
    book: Book
    delivery: Delivery
    policy: Policy
    now: float
    looks: Looks

    async def comment(self, commented: Commented) -> Decision:
        """What is to be done about a comment."""
        comment = commented.comment
        if commented.action == "deleted":
            return Nothing(reason="the comment was taken away")
        said = heard(comment.body, name=self.looks.name)
        if not (said.commands or said.unclear):
            return Nothing(reason="no command")
        if await _is_bot(self.forge, comment.author):
            return Nothing(reason="bots are not obeyed")
        key = self._key(f"command:{comment.id}")
        kept = self._kept(key, comment.body)
        if isinstance(kept, Nothing | Refused):
            return kept
        if kept is None and (reason := await self._not_theirs(commented)):
            return Nothing(reason=reason)
        if words := await why_not(self.forge, self.policy, comment.author):
            return self._turned_away(comment.author, words) if said.commands else Nothing(reason=words)
        if kept is None and commented.by is None and _was_edited(commented):
            return Refused(words="Who edited the comment cannot be told: write it again, as a new one.", reply=True)
        return kept or await self._decided(key, comment.author, commented.number, said, body=comment.body)

    async def label(self, labelled: Labelled) -> Decision:
        """What is to be done about a label; who may not start runs hears nothing."""
        wanted = self.policy.label.casefold()
        if not wanted or labelled.label.casefold() != wanted:
            return Nothing(reason="not the label that starts runs")
        key = self._key(f"label:{self.delivery.id}")
        kept = self._kept(key, wanted)
        if kept is None:
            issue = await self.forge.issue(labelled.number)
            if issue is None or wanted not in {each.casefold() for each in issue.labels}:
                return Nothing(reason="the label is not there any more")
        if words := await why_not(self.forge, self.policy, labelled.by):
            return Nothing(reason=words)
        said = Heard(commands=(Said(word="run"),))
        return kept or await self._decided(key, labelled.by, labelled.number, said, body=wanted)

    async def _not_theirs(self, commented: Commented) -> str:
        """Why what stands there is not the author's own word as the message has it; empty where it is."""
        comment = commented.comment
        there = await self.forge.comment(comment.id)
        if there is None:
            return "the comment is not there any more"
        if there.body != comment.body or there.author.login.casefold() != comment.author.login.casefold():
            return "the comment has changed since: what it says now comes with a message of its own"
        if commented.by is not None and commented.by.login.casefold() != comment.author.login.casefold():
            return "somebody else wrote or edited what stands there"
        return ""

    async def _decided(self, key: str, author: Account, number: int, said: Heard, *, body: str) -> Allowed | Refused:
        """The decision on a person's commands, which is kept."""
        kept = _Kept(delivery=self.delivery.id, digest=_digest(body))
        pull = await self.forge.pull(number)
        words = "\n".join(each.words for each in said.unclear)
        if words:
            words = f"{words}\nNothing was done; `/{NAME} help` says what there is."
        about = await self._about(number)
        if words := words or self._trouble(author.login, number, said.commands, pull, about=about):
            self._keep(key, replace(kept, refused=words))
            if pull is not None:  # whoever says it again has seen this head
                self.book.keep(_head(self.delivery.repo, number), pull.head_sha, at=self.now)
            return Refused(words=words, reply=True)
        decision = Allowed(
            commands=said.commands,
            by=author.login,
            sha=pull.head_sha if pull is not None else "",
            fork=pull is not None and pull.fork,
            usd=rules.left(author.login, self._runs(), self.policy, now=self.now),
        )
        self._keep(key, replace(kept, allowed=decision))
        return decision

    async def _about(self, number: int) -> Thread | None:
        """The run that commands are about, wherever they are said."""
        if self.looks.about is not None:
            return await self.looks.about(number)
        return next(reversed(self.book.threads(self.delivery.repo, number=number, also_over=True)), None)

    def _trouble(
        self, login: str, number: int, commands: Sequence[Said], pull: Pull | None, *, about: Thread | None
    ) -> str:
        """Why these commands are refused to somebody who may command; empty where they are not."""
        seen = str(self.book.deed(_head(self.delivery.repo, number)) or "")
        for said in commands:
            words = ""
            if pull is not None:
                words = rules.of_fork(said, self.policy) if pull.fork else ""
                words = words or rules.moved(pull.head_sha, seen=seen, said=said)
            if not words and said.word in rules.STARTS:
                words = self._too_much(login)
            if words := words or self._too_dear(about, said) or self._alone(login, about, said):
                return f"`{said.word}`: {words}"
        return ""

    def _too_much(self, login: str) -> str:
        if self.policy.usd_per_person_day is not None and self.looks.standing is None:
            return "the policy caps dollars a day, and what was spent cannot be counted here."
        return rules.too_much(login, self._runs(), self.policy, now=self.now)

    def _too_dear(self, about: Thread | None, said: Said) -> str:
        if self.looks.raises is None or about is None or said.word not in ("budget", "answer"):
            return ""
        usd = self.looks.raises(about, said)
        return rules.too_dear(usd, started_by=about.by, runs=self._runs(), policy=self.policy, now=self.now)

    def _alone(self, login: str, about: Thread | None, said: Said) -> str:
        if self.looks.frees is None or about is None or said.word not in ("approve", "answer"):
            return ""
        return rules.needs_another(self.looks.frees(about, said), by=login, started_by=about.by)

    def _runs(self) -> tuple[rules.Started, ...]:
        threads = self.book.threads(self.delivery.repo, also_over=True)
        recent = (each for each in threads if not each.over or each.at > self.now - rules.DAY)
        return tuple(self._started(each) for each in recent)

    def _started(self, thread: Thread) -> rules.Started:
        stands = (
            self.looks.standing(thread)
            if self.looks.standing is not None
            else Standing(usd=0.0, working=not thread.over)
        )
        return rules.Started(by=thread.by, at=thread.at, usd=stands.usd, working=stands.working and not thread.over)

    def _kept(self, key: str, body: str) -> Decision | None:
        """What was decided on this before; it is obeyed again only for the message that it was obeyed for."""
        deed = self.book.deed(key)
        if deed is None:
            return None
        kept = msgspec.convert(deed, _Kept)
        same = kept.digest == _digest(body)
        if kept.delivery == self.delivery.id and same:
            return kept.allowed or Refused(words=kept.refused, reply=True)
        if kept.allowed is None and not same:
            return None
        return Nothing(reason="the comment was heard already; a new command is a new comment")

    def _keep(self, key: str, kept: _Kept) -> None:
        self.book.keep(key, msgspec.to_builtins(kept), at=self.now)

    def _turned_away(self, author: Account, words: str) -> Refused:
        """A refusal to somebody who may not command: said aloud once a day to a person, and not to all the world."""
        within = self._key(f"refused:{int(self.now // rules.DAY)}:")
        key = f"{within}{author.login.casefold()}"
        known = self.book.deeds(within)
        if key not in known and len(known) < _REPLIES:
            self.book.keep(key, self.delivery.id, at=self.now)
        return Refused(words=words[0].upper() + words[1:], reply=self.book.deed(key) == self.delivery.id)

    def _key(self, what: str) -> str:
        kind, _, rest = what.partition(":")
        return f"{kind}:{self.delivery.repo.host}/{self.delivery.repo}:{rest}"


def _was_edited(commented: Commented) -> bool:
    return commented.action == "edited" or commented.comment.edited


def _head(repo: RepoName, number: int) -> str:
    return f"head:{repo.host}/{repo}:{number}"


def _digest(text: str) -> str:
    return sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
