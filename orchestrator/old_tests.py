"""Old tests on new code: where a task changed tests that were there, they are run once more as they were.

A worker that may write a test could make it say less under the same name, or change the file it compares with. So what
was there is laid over the patch, and what the run's base promised has to pass that way too. A person's word for the
very file lifts it (rules.guarded); tests that came with this run's own tasks are for those who own them. Where nothing
that was there has changed, nothing is run. A spec of one sentence may be at odds with a test and names no file: there a
worker that comes back with the same change lands it, and the person is told.
"""

from dataclasses import dataclass

from .keeping import laid_over
from .ports import Gate, Git, Job
from .rules.guarded import lifted
from .rules.old_tests import laid_back, weakened
from .run_view import RunView


@dataclass(frozen=True, slots=True, kw_only=True)
class OldTests:
    """The tests of the bases of one run's attempts."""

    git: Git
    view: RunView
    gate: Gate

    async def red_in(self, job: Job, tree: str) -> str:
        """What fails of the tests as they were before a task changed them; empty where all of it passes."""
        expected = self.view.baseline.tests
        said = self.view.said_to(job)
        locked = frozenset(self.view.protected())
        base = await self.git.entries(job.base_tree)
        changed = await self.git.changed(job.base_tree, tree)
        mine = (
            path
            for path in changed
            if path in base and path not in locked and not lifted(path, owns=job.task.owns, said=said)
        )
        paths = laid_back(mine, expected=expected)
        if not paths:
            return ""
        old = await laid_over(tree, {path: base[path] for path in paths}, git=self.git)
        return weakened(await self.gate.report(old), expected=expected, paths=paths)
