"""What keeps a patch from being judged: paths that are not its task's, what is guarded, what others build on."""

from collections.abc import Sequence
from dataclasses import dataclass

from .allowance import allowance
from .frozen import Frozen
from .ports import Git, Job
from .rules.guarded import explained, guarded_for
from .rules.tree_policy import violations
from .run_view import RunView


@dataclass(frozen=True, slots=True, kw_only=True)
class Admission:
    """The way of one run's patches to the gate."""

    git: Git
    view: RunView
    commands: Sequence[str]
    """Those that the settings judge by beside the tests."""

    async def refused(self, job: Job, tree: str) -> Sequence[str]:
        """What is wrong with a tree before anything is run, a sentence each; empty where it may be judged."""
        base = await self.git.entries(job.base_tree)
        changed = await self.git.changed(job.base_tree, tree)
        allowed = await allowance(job, changed, base=base, git=self.git)
        said = self.view.said_to(job)
        guarded = guarded_for(job, allowed.guarded, base, said=said, commands=self.commands)
        wrong = violations(
            base=base,
            changed=allowed.rest,
            owns=job.task.owns,
            protected=[*self.view.protected(), *self.view.spec.forbid, *guarded],
        )
        told = explained(allowed.explained(wrong, job.spec.allow_deps), guarded, said)
        return told or await Frozen(git=self.git, view=self.view).broken_by(job, tree)
