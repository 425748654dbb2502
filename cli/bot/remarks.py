"""What reviewers ask for becomes tasks of the same run: a requirement for each remark, and for a review's own words.

Only what somebody says who may command counts, and only on a pull request of ours. The book keeps which remark became
which requirement, so that the thread can be answered with the commit that settles it.
"""

from collections.abc import Callable
from dataclasses import dataclass

from ...orchestrator.errors import UsageError, VerificationFailed
from ...orchestrator.faults import reach
from ...orchestrator.nouns.forge import Account, Pull, Remark
from ...orchestrator.nouns.hand_facts import Steered
from ...orchestrator.nouns.happenings import Judged, Remarked
from ...orchestrator.nouns.runs import TaskStatus
from ...orchestrator.rules.commanding import alone, needs_another
from ...orchestrator.rules.remarks import asks_for_work, changed, requirement_of
from ...orchestrator.store.folder import RunFolder
from ..repository import OpenRun, opened
from .book import Thread
from .commanding import why_not
from .hands import Hand
from .place import Place, digest, is_ours
from .replies import block, reply

_NOT_OWN = "somebody else changed what stands there"
Sentence = Callable[[str], str]
"""A remark as one clean line: what its author says themselves; empty where that is nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of a remark, and the run that has more to do now, if one has."""

    words: str
    folder: RunFolder | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Reviewed:
    """A pull request of ours that somebody looked at."""

    place: Place
    sentence_of: Sentence

    async def remarked(self, happening: Remarked) -> Outcome:
        """A remark came, was edited, or was taken away."""
        remark, number = happening.remark, happening.number
        if happening.action == "deleted":
            return Outcome(words="what a remark that was taken away had asked for stays as it is")
        there = next((each for each in await self.place.forge.remarks(number) if each.id == remark.id), None)
        if there is None or there.body != remark.body or there.author.login != remark.author.login:
            return Outcome(words="the remark reads differently by now: that comes with a message of its own")
        if not self._is_own(f"remark:{remark.id}", there.body, author=there.author, by=happening.by):
            return Outcome(words=_NOT_OWN)
        found = await self._run_of(number, there.author)
        if isinstance(found, str):
            return Outcome(words=found)
        if happening.action == "created" and not await self._is_said_to_us(number, there):
            return Outcome(words="a reply among people")
        return await self._asked(found, there, number)

    async def judged(self, happening: Judged) -> Outcome:
        """A review ended; its own words are a task where it asks for changes."""
        review, number = happening.review, happening.number
        there = next((each for each in await self.place.forge.reviews(number) if each.id == review.id), None)
        if there is None or there.verdict != "changes_requested" or there.body != review.body:
            return Outcome(words="no change is requested")
        if not self._is_own(f"review:{review.id}", there.body, author=there.author, by=happening.by):
            return Outcome(words=_NOT_OWN)
        found = await self._run_of(number, there.author)
        if isinstance(found, str):
            return Outcome(words=found)
        words = self.sentence_of(there.body)
        if not words or not asks_for_work(there.body):
            return Outcome(words="the review says nothing of its own: its remarks come by themselves")
        return await self._became(found, f"review:{there.id}", there.author, requirement_of(words), number, None)

    def _is_own(self, key: str, body: str, *, author: Account, by: Account | None) -> bool:
        """Whether words are their author's own; those that somebody else put there stay so, by whichever way they come.

        Polling does not say who changed what stands there, so what a webhook said of it is kept.
        """
        changed_by_another = f"not-own:{key}"
        if by is None or by.login.casefold() == author.login.casefold():
            return by is not None or self.place.book.deed(changed_by_another) != digest(body)
        self.place.book.keep(changed_by_another, digest(body), at=self.place.clock())
        return False

    async def _run_of(self, number: int, author: Account) -> RunFolder | str:
        """The run whose slice it is and what it asks for is of somebody who may command; else why not, in words."""
        pull = await self.place.forge.pull(number)
        thread = self._thread(pull)
        folder = self.place.folder(thread.run) if thread is not None else None
        if folder is None:
            return "not a pull request of a run of ours"
        if words := await why_not(self.place.forge, self.place.policy, author):
            return f"who says it may not command: {words}"
        return folder

    def _needs_another(self, run: str, login: str, words: str) -> str:
        """Why who started a run cannot alone have files changed that their words let change; empty where they can."""
        threads = self.place.book.threads(self.place.forge.repo, also_over=True)
        started_by = next((each.by for each in threads if each.run == run), "")
        return needs_another(alone(words), by=login, started_by=started_by)

    async def _refused(self, key: str, number: int, remark: Remark | None, why: str) -> Outcome:
        said = ["This cannot become a task of the run as it is said:", block([why])]
        await reply(self.place.forge, number, to=key, blocks=said, thread=remark.thread if remark is not None else None)
        return Outcome(words=why)

    def _thread(self, pull: Pull | None) -> Thread | None:
        return self.place.thread_of_branch(pull.head) if pull is not None and is_ours(pull) else None

    async def _is_said_to_us(self, number: int, remark: Remark) -> bool:
        """Whether it begins a thread, or follows something of ours in one: other replies are talk among people."""
        if remark.thread == remark.id:
            return True
        me = (await self.place.forge.login()).account.login
        thread = [each for each in await self.place.forge.remarks(number) if each.thread == remark.thread]
        before = [each for each in thread if (each.created_at, each.id) < (remark.created_at, remark.id)]
        return bool(before) and before[-1].author.login == me

    async def _asked(self, folder: RunFolder, remark: Remark, number: int) -> Outcome:
        key, words = f"remark:{remark.id}", self.sentence_of(remark.body)
        if not words or not asks_for_work(remark.body):
            return Outcome(words="a question, or nothing that asks for work")
        kept = self.place.book.deed(key)
        if not isinstance(kept, dict):
            sentence = requirement_of(words, path=remark.path, line=remark.line)
            return await self._became(folder, key, remark.author, sentence, number, remark)
        if kept.get("words") == digest(words):
            return Outcome(words=f"it is {kept['requirement']} of run {folder.run}", folder=folder)
        if why := self._needs_another(folder.run, remark.author.login, words):
            return await self._refused(key, number, remark, why)
        with opened(folder, write=True) as run:
            status = task_of(run, str(kept["requirement"]))
            if status is None or not status.over:
                return self._said_anew(run, key, kept, words, status, author=remark.author.login)
        sentence = requirement_of(words, path=remark.path, line=remark.line)
        return await self._became(folder, key, remark.author, sentence, number, remark)

    def _said_anew(
        self, run: OpenRun, key: str, kept: dict[str, object], words: str, status: TaskStatus | None, *, author: str
    ) -> Outcome:
        """Whoever works on it, or will, hears the new words; a task that does not exist yet hears them when it does."""
        sentence = changed(words, requirement=str(kept["requirement"]))
        if status is not None:
            steer(run, status.task.id, sentence, author=f"person:{author}")
        new = {**kept, "words": digest(words), "later": "" if status is not None else sentence, "by": author}
        self.place.book.keep(key, new, at=self.place.clock())
        return Outcome(words=f"{kept['requirement']} is told the new words", folder=run.folder)

    async def _became(
        self, folder: RunFolder, key: str, author: Account, sentence: str, number: int, remark: Remark | None
    ) -> Outcome:
        hand = Hand(
            book=self.place.book,
            folder=folder,
            key=f"{key}:{digest(sentence)}",
            by=author.login,
            now=self.place.clock(),
        )
        if why := self._needs_another(folder.run, author.login, sentence):
            return await self._refused(key, number, remark, why)
        try:
            requirement = hand.amend(sentence)
        except (UsageError, VerificationFailed) as error:
            return await self._refused(key, number, remark, str(error))
        words = digest(self.sentence_of(remark.body)) if remark is not None else ""
        kept = {
            "run": folder.run,
            "pull": number,
            "requirement": requirement,
            "task": "",
            "words": words,
            "by": author.login,
        }
        self.place.book.keep(key, kept, at=self.place.clock())
        reach("bot.remark.kept")
        return Outcome(words=f"it is {requirement} of run {folder.run} now", folder=folder)


def settle(place: Place) -> None:
    """Keep which task each remark became, once it has one, and tell that task what was said since."""
    for key, kept in place.book.deeds("remark:").items():
        if not isinstance(kept, dict) or kept.get("task") or "requirement" not in kept:
            continue
        folder = place.folder(str(kept["run"]))
        if folder is None:
            continue
        with opened(folder, write=True) as run:
            status = task_of(run, str(kept["requirement"]))
            if status is None:
                continue
            if kept.get("later"):
                steer(run, status.task.id, str(kept["later"]), author=f"person:{kept['by']}")
        place.book.keep(key, {**kept, "task": status.task.id, "later": ""}, at=place.clock())


def task_of(run: OpenRun, requirement: str) -> TaskStatus | None:
    """The task of a requirement, the last one where several have it."""
    found = (each for each in reversed(run.store.tasks()) if requirement in each.task.requirements)
    return next(found, None)


def steer(run: OpenRun, task: str, text: str, *, author: str) -> None:
    """Say a sentence to whoever works on a task; once, however often it is said."""
    said = Steered(task=task, text=text)
    if all(event.fact != said for event in run.store.events()):
        run.store.append(said, author=author)
