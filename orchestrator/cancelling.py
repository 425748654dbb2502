"""Tasks that a person wants no more: what goes on at them ends and is kept, and then they are left out.

A patch that waits in the queue is let land first: the wish is kept until the queue has decided.
"""

from collections.abc import Collection
from dataclasses import dataclass, field

from .keeping import Keeping
from .nouns.events import Noted, TaskMoved
from .nouns.keys import AttemptKey
from .ports import Store
from .rules.asking import DROP, withdrawn

REASON = "a person cancelled it"


@dataclass(frozen=True, slots=True, kw_only=True)
class Cancelling:
    """One run's tasks that are to be left out."""

    store: Store
    keeping: Keeping
    _unwanted: dict[str, None] = field(default_factory=dict)
    """The tasks, in the order in which persons said so."""

    def ask(self, task: str) -> None:
        """Note the wish; of a task that is over nothing is left to cancel."""
        if any(status.task.id == task and not status.over for status in self.store.tasks()):
            self._unwanted[task] = None

    def holds(self, task: str) -> bool:
        """Whether nothing may begin at this task any more. What was in the queue joins it again after a restart."""
        return task in self._unwanted and any(
            status.task.id == task and status.state != "queued" for status in self.store.tasks()
        )

    def due(self, threads: Collection[AttemptKey]) -> tuple[AttemptKey, ...]:
        """Leave out the tasks at which nothing goes on, and name the attempts that have to end before the others can.

        ``threads`` are the attempts of which something runs in this process.
        """
        due: list[AttemptKey] = []
        for status in self.store.tasks() if self._unwanted else ():
            task = status.task.id
            if task not in self._unwanted or status.state == "queued":
                continue
            begun = {each.key for each in self.store.attempts(task) if not each.over}
            going = begun.union(key for key in threads if key.task == task)
            if not going:
                self._leave_out(task, landed=status.state == "landed")
            elif not status.over:
                due += sorted(going)
        return tuple(due)

    async def end(self, key: AttemptKey) -> None:
        """Say that an attempt is over, once its thread is and its last tree was kept."""
        attempt = self.store.attempt(key)
        if attempt is None or attempt.state == "queued":
            return
        facts = await self.keeping.ended(key, attempt.tree or "", reason=f"{REASON}.", clash=True)
        if facts:
            self.store.append(*facts, author="driver")

    def _leave_out(self, task: str, *, landed: bool) -> None:
        """End the wish; nobody has to say any more what becomes of a task that is left out."""
        del self._unwanted[task]
        if landed:
            self.store.append(Noted(text=f"{task} was to be cancelled, and had been green: it landed"), author="driver")
            return
        asked = withdrawn(self.store.questions(only_open=True), task, DROP)
        self.store.append(TaskMoved(task=task, state="dropped", reason=REASON), *asked, author="driver")
