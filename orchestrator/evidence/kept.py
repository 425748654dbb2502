"""What earlier runs' checks say of the tree that a run leaves behind: an edit keeps their work, and may change it.

Of what stands as it did when its check was proven, the proof is taken over. The others are proven again.
"""

from collections.abc import Collection, Sequence
from dataclasses import replace

from ...specs.lock import Lock, LockedEvidence
from ..ports import Git
from .prove import Ground, Proof, prove_all
from .rows import before_of, recall
from .subjects import Subject
from .trial import Bench

Kept = tuple[Proof, LockedEvidence]
"""A proof on the tree as it is, with the row of the lock that it goes on from."""


def kept_subjects(subjects: Sequence[Subject], lock: Lock, requirements: Collection[str]) -> tuple[Subject, ...]:
    """Checks of nothing but these requirements, of which the lock knows that they passed."""
    return tuple(
        each
        for each in subjects
        if (row := _row(each, lock)) is not None
        and row.result == "passed"
        and row.requirements == dict(each.requirements)
        and set(each.requirements) <= set(requirements)
    )


async def prove_kept(
    subjects: Sequence[Subject], lock: Lock, *, ground: Ground, bench: Bench, git: Git
) -> tuple[Kept, ...]:
    """A proof of each of `kept_subjects`, in their order, but for what time ran out for: its row stays as it is.

    Raises what the bench raises.
    """
    entries = await git.entries(ground.candidate)
    recalled = {each.check: recall(lock, each, tree=ground.candidate, entries=entries) for each in subjects}
    again = [each for each in subjects if recalled[each.check] is None]
    fresh = {each.check: each for each in await prove_all(again, ground=ground, bench=bench, git=git)} if again else {}
    found: list[Kept] = []
    for subject in subjects:
        row = _row(subject, lock)
        proof = recalled[subject.check] or fresh.get(subject.check)
        if row is not None and proof is not None and (proof.enough or proof.remembered):
            # The base of a later run has the work already: what counts is what was said before it was there.
            found.append((replace(proof, base=before_of(row)), row))
    return tuple(found)


def _row(subject: Subject, lock: Lock) -> LockedEvidence | None:
    rows = (each for each in lock.evidence if each.check == subject.check and each.check_key == subject.key)
    return next(rows, None)
