"""What a task may write beside its plan: whether a question may offer files, and what a person's answer gives.

Who else may write a file when a question is asked, only timing decides, so whether it could be offered is a choice; a
replay obeys it. An attempt owns what it was told of, from the turn that heard the answer on or from its start.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from .nouns.events import Chosen
from .nouns.hand_facts import Widened
from .nouns.keys import RECORDED, AttemptKey
from .nouns.questions import Asked, Question
from .ports import Git, Job, Store
from .rules.guarded import read_by
from .rules.tree_policy import shown
from .rules.widening import OFFER, Ground, owner, paths_of, refusals, widens
from .run_view import RunView


@dataclass(frozen=True, slots=True, kw_only=True)
class Widenings:
    """What persons let the tasks of one run write beside their plan."""

    store: Store
    view: RunView
    git: Git

    async def refused(self, job: Job, question: Question, *, turn: int) -> str:
        """Why a question cannot be asked with the files it names, for its worker; empty where it can."""
        if not question.may_widen:
            return ""
        name = f"{OFFER}{job.key}:{turn}"
        if self.store.choice(name) is None:
            said = self.store.choice(f"{RECORDED}{name}")
            if said is None:
                said = " ".join([*await self._held(job, question), *self._elsewhere(job, question)])
            self.store.append(Chosen(key=name, value=said), author="driver")
        said = self.store.choice(name) or ""
        return f"{said} Ask without it, or do without it." if said else ""

    def give(self, key: AttemptKey, questions: Iterable[str]) -> tuple[str, ...]:
        """Let an attempt own what the answers it is told of give its task, and say so in the person's name.

        Returns the files; doing it again changes nothing.
        """
        given: list[str] = []
        for asked in self._asked(questions):
            paths = widens(asked, key.task)
            given += paths
            if paths and all(each.key != key for each in self.store.hands().widened_by(asked.question.key)):
                fact = Widened(key=key, question=asked.question.key, paths=paths)
                self.store.append(fact, author=asked.answered_by or "person")
        return tuple(dict.fromkeys(given))

    async def _held(self, job: Job, question: Question) -> list[str]:
        ground = Ground(
            spec=job.spec,
            base=await self.git.entries(job.base_tree),
            protected=self.view.protected(),
            read=read_by(self.store.run().settings.gate),
        )
        return [f"{each}." for each in refusals(question, ground)]

    def _elsewhere(self, job: Job, question: Question) -> Iterator[str]:
        """Files that another task may write while this one works."""
        mine, claimed = job.key.task, self._claimed()
        others = [
            each for each in self.store.tasks() if each.task.id != mine and mine not in self.view.closure(each.task.id)
        ]
        for path in paths_of(question):
            if (other := owner(path, others, claimed=claimed)) is not None:
                yield f"{shown(path)} belongs to {other.task.id} ({other.task.title}), which is not done."

    def _claimed(self) -> dict[str, set[str]]:
        """What each task was given beside its plan, or asks for in a question that is open."""
        claimed: dict[str, set[str]] = {}
        for each in self.store.hands().widened:
            claimed.setdefault(each.key.task, set()).update(each.paths)
        for raised in self.store.raised():
            asked, task = self.store.question(raised.question.key), raised.key.task
            wanted = paths_of(raised.question)
            more = wanted if asked is None or asked.answer is None else widens(asked, task)
            claimed.setdefault(task, set()).update(more)
        return claimed

    def _asked(self, keys: Iterable[str]) -> Iterator[Asked]:
        for key in keys:
            if (asked := self.store.question(key)) is not None:
                yield asked
