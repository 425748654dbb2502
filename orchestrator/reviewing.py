"""Reads green patches before they land: asks the critic, and checks by code what of its word counts.

A critic that cannot be reached, or whose answer is of no use, holds nothing up.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import msgspec

from .errors import AgentctlError
from .evidence.trial import Bench, trial
from .nouns.events import Chosen, Reviewed
from .nouns.keys import AttemptKey
from .nouns.plan import Requirement
from .nouns.runs import AttemptStatus, Critique
from .ports import Claim, Critic, Git, Job, Opinion, Store
from .rules import review
from .run_view import RunView

EXAMPLE_SECONDS = 60.0
"""What a critic's example may take."""
_IDLE = "this is advice"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reviewing:
    """The reviews of one run."""

    store: Store
    git: Git
    view: RunView
    mode: Critique
    critic: Critic | None = None
    bench: Bench | None = None
    """Where examples are tried; None where none can be."""

    @property
    def on(self) -> bool:
        """Whether green patches are read at all; those of a small spec never are."""
        return self.mode != "off" and self.critic is not None and not self.view.spec.small

    async def review(self, job: Job, *, turn: int, may_block: bool) -> Reviewed:
        """What the critic says of the attempt's patch; asking again after a kill gives the same answer."""
        name = f"review:{job.key}:{turn}"
        known = self.store.choice(name)
        if known is not None:
            return msgspec.json.decode(self.store.blob(known), type=Reviewed)
        found = await self._read(job, turn=turn, may_block=may_block)
        blob = self.store.put_blob(msgspec.json.encode(found).decode())
        self.store.append(Chosen(key=name, value=blob), found, author="critic")
        return found

    async def break_tie(self, tied: Sequence[AttemptStatus], diffs: Mapping[AttemptKey, str]) -> AttemptKey | None:
        """Which of several green rollouts the critic takes; None where there is no critic, or it cannot tell."""
        if not self.on or self.critic is None:
            return None
        try:
            chosen = await self.critic.choose(self.view.job(tied[0].key), diffs)
        except AgentctlError:
            return None
        return chosen if chosen in diffs else None

    async def _read(self, job: Job, *, turn: int, may_block: bool) -> Reviewed:
        attempt = self.store.attempt(job.key)
        if attempt is None or attempt.tree is None or self.critic is None:
            raise LookupError(f"attempt {job.key} reached its review without a patch or a critic")
        diff = await self._diff(job, attempt.tree)
        try:
            opinion = await self.critic.read(job, diff=diff, passed=self._passed(attempt), turn=turn)
        except AgentctlError as trouble:
            first = str(trouble).splitlines()[0] if str(trouble) else type(trouble).__name__
            return Reviewed(key=job.key, turn=turn, notes=(f"not read by the critic: {first}",))
        return await self._weighed(job, opinion, attempt.tree, diff, turn=turn, may_block=may_block)

    async def _weighed(
        self, job: Job, opinion: Opinion, tree: str, diff: str, *, turn: int, may_block: bool
    ) -> Reviewed:
        wanted = tuple(each for each in job.spec.requirements if each.id in job.task.requirements)
        objections: list[str] = []
        notes = list(opinion.advice)
        for claim in opinion.claims[: review.MOST_CLAIMS]:
            objection, why_not = await self._objection(claim, wanted, tree, diff)
            if objection and may_block and self.mode == "on":
                objections.append(objection)
            else:
                notes.append(review.advice(claim, why_not or _IDLE))
        blocked = "A critic read this patch and sends it back:\n" + "\n".join(objections) if objections else ""
        return Reviewed(key=job.key, turn=turn, blocked=blocked, notes=tuple(notes[: review.MOST_NOTES]))

    async def _objection(self, claim: Claim, wanted: Sequence[Requirement], tree: str, diff: str) -> tuple[str, str]:
        """Why the claim blocks, or why it does not."""
        requirement, line = review.quoted(claim, wanted), review.breaking_line(claim, diff)
        if requirement is not None and line:
            return review.told_quote(claim, requirement, line), ""
        test = review.example(claim, wanted)
        if test is None:
            return "", "no requirement of the task says so in these words" if claim.quote else "nothing shows it"
        if self.bench is None:
            return "", "its example cannot be tried here"
        tried = trial(await self.bench.run_alone(tree, [test], seconds=EXAMPLE_SECONDS), test)
        if tried.result != "failed":
            return "", f"its example does not fail by an assertion: {tried.result}"
        return review.told_example(claim, test, tried.detail), ""

    def _passed(self, attempt: AttemptStatus) -> tuple[str, ...]:
        """What the gate saw pass, holdouts left out: what a critic writes is shown to workers."""
        verdict = self.view.verdict_of(attempt)
        secret = {test for each in self.view.spec.locked if each.secret for test in each.tests}
        return tuple(test for test in (verdict.tests if verdict else ()) if test not in secret)

    async def _diff(self, job: Job, tree: str) -> str:
        """What the worker changed, without the locked tests that were laid over it."""
        locked = {each.path for each in job.spec.locked}
        paths = [path for path in await self.git.changed(job.base_tree, tree) if path not in locked]
        return await self.git.diff(job.base_tree, tree, paths) if paths else ""
