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
from .nouns.reviews import Claim, Opinion, Reading, Shown
from .nouns.runs import AttemptStatus, Critique
from .ports import Critic, Git, Job, Store
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

    def reads(self, key: AttemptKey) -> bool:
        """Whether a green patch of this attempt is read; one of a small spec never is, even if it has grown since."""
        return self.mode != "off" and self.critic is not None and not self.view.job(key).spec.small

    async def review(self, job: Job, *, turn: int, may_block: bool) -> Reviewed:
        """What the critic says of the attempt's patch; asking again after a kill gives the same answer."""
        name = f"review:{job.key}:{turn}"
        known = self.store.choice(name)
        if known is not None:
            return msgspec.json.decode(self.store.blob(known), type=Reviewed)
        found, reading = await self._read(job, turn=turn, may_block=may_block)
        read = [self._kept(_read(job.key, turn), reading)] if reading is not None else []
        self.store.append(self._kept(name, found), *read, found, author="critic")
        return found

    def _kept(self, name: str, what: Reviewed | Reading) -> Chosen:
        return Chosen(key=name, value=self.store.put_blob(msgspec.json.encode(what).decode()))

    async def break_tie(self, tied: Sequence[AttemptStatus], diffs: Mapping[AttemptKey, str]) -> AttemptKey | None:
        """Which of several green rollouts the critic takes; None where there is no critic, or it cannot tell."""
        if not self.reads(tied[0].key) or self.critic is None:
            return None
        try:
            chosen = await self.critic.choose(self.view.job(tied[0].key), diffs)
        except AgentctlError:
            return None
        return chosen if chosen in diffs else None

    async def _read(self, job: Job, *, turn: int, may_block: bool) -> tuple[Reviewed, Reading | None]:
        attempt = self.store.attempt(job.key)
        if attempt is None or attempt.tree is None or self.critic is None:
            raise LookupError(f"attempt {job.key} reached its review without a patch or a critic")
        diff, before = await self._diff(job, job.base_tree, attempt.tree), self._readings(job.key, turn)
        since = await self._diff(job, before[-1].tree, attempt.tree) if before else diff
        shown = Shown(diff=since, passed=self._passed(attempt))
        try:
            opinion = await self.critic.read(job, shown, before=before, turn=turn)
        except AgentctlError as trouble:
            first = str(trouble).splitlines()[0] if str(trouble) else type(trouble).__name__
            return Reviewed(key=job.key, turn=turn, notes=(f"not read by the critic: {first}",)), None
        found = await self._weighed(job, opinion, attempt.tree, diff, turn=turn, may_block=may_block)
        return found, Reading(turn=turn, tree=attempt.tree, shown=shown, opinion=opinion)

    def _readings(self, key: AttemptKey, turn: int) -> tuple[Reading, ...]:
        """What the critic has said of the attempt before this turn."""
        blobs = (self.store.choice(_read(key, earlier)) for earlier in range(turn))
        return tuple(msgspec.json.decode(self.store.blob(blob), type=Reading) for blob in blobs if blob is not None)

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

    async def _diff(self, job: Job, old: str, new: str) -> str:
        """What the worker changed between two trees, without the locked tests that were laid over them."""
        locked = {each.path for each in job.spec.locked}
        paths = [path for path in await self.git.changed(old, new) if path not in locked]
        return await self.git.diff(old, new, paths) if paths else ""


def _read(key: AttemptKey, turn: int) -> str:
    """The choice that holds what a critic was shown and said."""
    return f"read:{key}:{turn}"
