"""Proofs as rows of a lock, and back: what may be taken over without running anything. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from ...specs.lock import BaseResult, Lock, LockedEvidence
from ...specs.nouns import Spec
from ..ports import TreeEntry
from .prove import BeforeResult, Proof
from .subjects import Subject
from .touched import digest

_BASES: dict[str, BaseResult] = {"passed": "green", "unknown": "unknown", "stopped": "stopped"}
_RESULTS: dict[BaseResult, BeforeResult] = {
    "green": "passed",
    "red": "failed",
    "stopped": "stopped",
    "unknown": "unknown",
}


def row(proof: Proof, *, commit: str, env: str, at: float, task: str = "") -> LockedEvidence:
    """A proof as the lock keeps it."""
    return LockedEvidence(
        check=proof.check,
        check_key=proof.key,
        requirements=dict(proof.requirements),
        level=proof.level,
        result=proof.result,
        base=_BASES.get(proof.base, "red"),
        killed=proof.killed,
        kills=dict(proof.kills),
        task=task,
        commit=commit,
        tree=proof.tree,
        touched=proof.touched,
        digest=proof.digest,
        seconds=round(proof.seconds, 3),
        env=env,
        at=round(at),
    )


def before_of(known: LockedEvidence) -> BeforeResult:
    """What its check said of the base, as a proof has it."""
    return _RESULTS[known.base]


def recall(lock: Lock, subject: Subject, *, tree: str, entries: Mapping[str, TreeEntry]) -> Proof | None:
    """What the lock proves of a check on this tree; None unless everything it rests on is as it was.

    Only what showed all it decides is recalled: a check that failed, or told nothing of one of its requirements, is
    worth another look. So is one that several share, in a lock of before it was known which of them it shows.
    """
    for known in lock.evidence:
        if (
            known.check == subject.check
            and known.check_key == subject.key
            and known.requirements == dict(subject.requirements)
            and _shows(known)
            and known.result == "passed"
            and known.digest == digest(known.touched, entries, test=subject.test.path)
        ):
            return Proof(
                check=known.check,
                key=known.check_key,
                requirements=known.requirements,
                secret=subject.test.secret,
                result="passed",
                passed=len(subject.test.tests),
                total=len(subject.test.tests),
                base=before_of(known),
                tree=tree,
                touched=known.touched,
                digest=known.digest,
                killed=known.killed,
                kills=known.kills,
                seconds=known.seconds,
                remembered=True,
            )
    return None


def _shows(known: LockedEvidence) -> bool:
    """Whether it told a mutant for each requirement it decides."""
    wanted = set(known.requirements)
    return bool(known.killed) and (len(wanted) <= 1 or wanted <= {item for item, kill in known.kills.items() if kill})


def stale(lock: Lock, spec: Spec, subjects: Sequence[Subject]) -> dict[str, str]:
    """Items whose words, or what they lean on, changed since a check decided them that did not change; and how."""
    found: dict[str, str] = {}
    for subject in subjects:
        rows = [each for each in lock.evidence if each.check == subject.check and each.check_key == subject.key]
        for item, key in subject.requirements.items():
            keys = {each.requirements[item] for each in rows if item in each.requirements}
            if keys and key not in keys:
                found[item] = f"{_changed(lock, spec, item)}; its check did not change"
    return found


def _changed(lock: Lock, spec: Spec, item: str) -> str:
    known = lock.items.get(item)
    if known is not None and known.text != spec.items[item].text:
        return f"it said: {known.text}"
    return "its text, or a term or interface it uses, is not what it was"


def merged(
    lock: Lock, proofs: Iterable[Proof], rows: Iterable[LockedEvidence], kept: Mapping[str, str]
) -> tuple[LockedEvidence, ...]:
    """The evidence of a lock after another look: one row for each check.

    Rows that were remembered stay as they are. ``kept`` are items whose old key stays, because nobody has said yet that
    the check still decides them.
    """
    remembered = {proof.check for proof in proofs if proof.remembered}
    before = {each.check: each for each in lock.evidence}
    result = [before[check] for check in sorted(remembered) if check in before]
    for new in rows:
        if new.check not in remembered:
            old = before[new.check].requirements if new.check in before else {}
            keys = {item: old.get(item, key) if item in kept else key for item, key in new.requirements.items()}
            result.append(replace(new, requirements=keys))
    return tuple(result)
