"""What a run proves at its end: the evidence of its landed tree, and the rows that its lock takes over."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from ...specs.lock import Lock, LockedEvidence
from ...specs.nouns import Spec
from ..nouns.plan import LockedTest, Plan
from ..nouns.runs import Evidence, EvidenceLevel, Landing
from ..ports import Clock, Git
from .contracted import contract_subjects
from .kept import kept_subjects, prove_kept
from .mutants import MOST
from .prove import Ground, Proof, prove_all
from .rows import row
from .subjects import subjects
from .trial import Bench

SECONDS = 600.0
"""What proving may take, unless told otherwise: when it is over no further mutant is tried."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Earlier:
    """What an earlier run left: its lock, and the requirements whose work stays as it was."""

    lock: Lock
    requirements: frozenset[str]


@dataclass(frozen=True, slots=True)
class _Answered:
    """A proof, and the task that answers for its check, with the commit by which it landed."""

    proof: Proof
    task: str
    commit: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Proven:
    """What was found: for the event log, for the lock, and the proofs themselves."""

    evidence: tuple[Evidence, ...]
    rows: tuple[LockedEvidence, ...]
    proofs: tuple[Proof, ...]


async def prove_run(  # noqa: PLR0913 - a run's parts
    spec: Spec,
    *,
    keys: Mapping[str, str],
    plan: Plan,
    landings: Sequence[Landing],
    tip: str,
    base: str,
    git: Git,
    bench: Bench,
    clock: Clock,
    contract: Sequence[LockedTest] = (),
    earlier: Earlier | None = None,
    slots: int = 1,
    seconds: float = SECONDS,
    most: int = MOST,
    say: Callable[[str], None] = lambda _: None,
) -> Proven:
    """Prove every check that a landed task answers for, on the commit ``tip`` against the commit ``base``.

    ``keys`` are what the run calls its requirements by (`Requirement.key`), by id; ``contract`` are the tests that
    leads wrote; of ``earlier`` what stays is proven too, or taken over where it stands as it was; ``slots`` is how many
    sessions the bench runs at once, over which the mutants of few checks are spread. After ``seconds`` no mutant is
    begun, and what was not proven by then stays at V1. Raises what the bench raises: SandboxUnavailable, DiskFull,
    GitError.
    """
    answering = _answering(plan, landings)
    every = (*subjects(spec), *contract_subjects(contract, spec))
    chosen = [each for each in every if each.check in answering]
    deadline = clock.monotonic() + seconds
    ground = Ground(
        candidate=await git.tree_of(tip),
        base=await git.tree_of(base),
        most=most,
        side_by_side=max(1, slots // max(1, len(chosen))),
        late=lambda: clock.monotonic() >= deadline,
    )
    proofs = await prove_all(chosen, ground=ground, bench=bench, git=git, say=say)
    answered = [_Answered(each, answering[each.check].key.task, answering[each.check].commit) for each in proofs]
    if earlier is not None:
        others = [each for each in every if each.check not in answering]
        stays = kept_subjects(others, earlier.lock, earlier.requirements)
        kept = await prove_kept(stays, earlier.lock, ground=ground, bench=bench, git=git)
        answered += [_Answered(proof, known.task, known.commit) for proof, known in kept]
    rows = _rows(answered, env=bench.environment, at=clock.now())
    evidence = _evidence(answered, spec=spec, keys=keys, commit=tip)
    return Proven(evidence=tuple(evidence), rows=tuple(rows), proofs=tuple(each.proof for each in answered))


def _answering(plan: Plan, landings: Sequence[Landing]) -> dict[str, Landing]:
    """The landing of the task that answers for a check, by check; those of tasks that did not land are left out."""
    landed = {landing.key.task: landing for landing in landings}
    return {check: landed[task.id] for task in plan.tasks if task.id in landed for check in task.checks}


def _rows(answered: Iterable[_Answered], *, env: str, at: float) -> Iterator[LockedEvidence]:
    """What the lock takes over: all that it does not have already."""
    for each in answered:
        if not each.proof.remembered:
            yield row(each.proof, commit=each.commit, env=env, at=at, task=each.task)


def _evidence(answered: Iterable[_Answered], *, spec: Spec, keys: Mapping[str, str], commit: str) -> Iterator[Evidence]:
    """What the checks that pass say for each requirement they decide."""
    for each in answered:
        proof = each.proof
        for requirement in proof.requirements if proof.result == "passed" else ():
            yield Evidence(
                requirement=requirement,
                requirement_key=keys.get(requirement, ""),
                check=proof.check,
                level=_level(proof, requirement, invariant=_is_invariant(spec, requirement)),
                task=each.task,
                commit=commit,
                tree=proof.tree,
            )


def _level(proof: Proof, requirement: str, *, invariant: bool) -> EvidenceLevel:
    """A check that says of the base what it says of the work, or nothing, shows nothing but what was to be kept."""
    return proof.level_of(requirement) if proof.new(invariant=invariant) else "V1"


def _is_invariant(spec: Spec, requirement: str) -> bool:
    item = spec.items.get(requirement)
    return item is not None and item.kind == "invariant"
