"""`agentctl verify`: proves a spec on a commit through the gate, without a run and without touching the checkout."""

import argparse
import asyncio
import time
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from ..orchestrator.errors import UsageError
from ..orchestrator.evidence import rows
from ..orchestrator.evidence.contracted import contract_subjects, tests_in
from ..orchestrator.evidence.measure import Measured
from ..orchestrator.evidence.outside import outside
from ..orchestrator.evidence.prove import Proof
from ..orchestrator.evidence.statuses import SETTLED, SHOWN, Circumstances, Verdict, verdict
from ..orchestrator.evidence.subjects import subjects
from ..orchestrator.git.opening import open_repository
from ..orchestrator.git.repository import Repository
from ..orchestrator.git.survey import look
from ..specs.anchor import anchored
from ..specs.lock import Lock, LockedEvidence, foreign, judged, lock_path, lock_spec, write_lock
from ..specs.nouns import Spec
from ..specs.parse import parse
from ..specs.performance import Bar, bars
from ..tui.clean import clean
from .locked import lock_beside
from .output import say
from .repository import locate
from .specfile import SpecText, read_spec
from .verifying_bench import Bench, sweep
from .verifying_trace import Trace, stands_on, trace, unrequested, waivers

STDIN = "-"
_NOT_MEASURED = "not measured (--no-measure)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Verification:
    """Everything that was found out, for the table and for the document."""

    spec: Spec
    commit: str
    at: str
    """As it was asked for: ``HEAD``, or a revision."""
    trace: Trace
    dirty: tuple[str, ...]
    """Files of the checkout that are not as they are committed, and so were not judged."""
    verdicts: tuple[Verdict, ...]
    measured: Mapping[str, Measured]
    unmeasured: frozenset[str]
    """Bars that --no-measure left out and that nothing else decides: they are not counted."""
    unrequested: tuple[str, ...]
    seconds: float

    @property
    def must(self) -> tuple[Verdict, ...]:
        """The items that have to be met, but for bars that nobody wanted measured."""
        return tuple(each for each in self.verdicts if each.strength == "MUST" and each.id not in self.unmeasured)

    @property
    def verified(self) -> bool:
        """Whether every MUST is shown, or a person answered for it; a spec without any shows nothing."""
        return bool(self.must) and all(each.status in SETTLED for each in self.must)

    @property
    def shown(self) -> tuple[Verdict, ...]:
        """The MUST items with evidence at V2 or better."""
        return tuple(each for each in self.must if each.status in SHOWN)


def run(args: argparse.Namespace) -> Verification:
    """Verify as the arguments say, and write the lock if they ask for it.

    Raises:
        UsageError: the revision, the spec, the settings or the repository cannot be used.
        AgentctlError: nothing here confines commands, the disk is full, git refused.
    """
    source = read_spec(args.spec, otherwise="")
    root = locate(args.repo)
    if args.write and args.spec == STDIN:
        raise UsageError("--write puts a lock beside the spec: name its file instead of `-`.")
    if args.bless and not args.write:
        raise UsageError(f"--bless {clean(args.bless[0])} is kept in the lock, which is not written: add --write.")
    lock = lock_beside(args.spec) if args.spec != STDIN else None
    try:
        verification, evidence = asyncio.run(_verify(args, root, source, lock))
    finally:
        sweep(root)
    if args.write:
        path = Path(lock_path(args.spec))
        new = _judged(verification.spec, lock, evidence, blessed=args.bless)
        path.write_text(write_lock(new), encoding="utf-8")
        say(f"wrote {path}")
    return verification


def _judged(spec: Spec, lock: Lock | None, evidence: tuple[LockedEvidence, ...], *, blessed: Collection[str]) -> Lock:
    """What is written down: of a spec that was built, what was shown; its edited words are not built by that."""
    if lock is None:
        return replace(lock_spec(spec), evidence=evidence)
    return judged(lock, spec, evidence, blessed=blessed)


async def _verify(
    args: argparse.Namespace, root: Path, source: SpecText, lock: Lock | None
) -> tuple[Verification, tuple[LockedEvidence, ...]]:
    began = time.monotonic()
    git = open_repository(root)
    spec = parse(source.text, name=source.name)
    if lock is not None and (warning := foreign(lock, spec)):
        say(warning)
    spec = spec if lock is None else anchored(spec, lock)
    commit = await commit_at(git, args.at or "HEAD")
    path = _inside(root, args.spec)
    base = await _base(git, args.base)
    history = await trace(git, spec, lock, tip=commit, spec_path=path, base=base, elsewhere=bool(args.at))
    known = lock or Lock(spec_id=spec.id)
    blessed = frozenset(args.bless)
    _check_ids(spec, blessed)
    tests = await tests_in(git, lock, await git.tree_of(commit))
    every = (*subjects(spec), *contract_subjects(tests, spec))
    stale = {item: why for item, why in rows.stale(known, spec, every).items() if item not in blessed}
    async with Bench.opened(git, root, commit, args) as bench:
        judged = await bench.judge(spec, known, history, args)
    proofs = tuple([await _with_base(proof, known, git=git, tip=commit) for proof in judged.proofs])
    around = Circumstances(
        stale=stale,
        waived=await waivers(git, spec, tip=commit, spec_path=path),
        manual=frozenset(item for check in spec.checks if not check.executable for item in check.ids),
        broken=_broken(spec),
        outside=await _outside(git, source.text, proofs, tip=commit),
    )
    verdicts = tuple(_verdicts(spec, proofs, around, judged.measured))
    unmeasured = _unmeasured(spec, verdicts) if args.no_measure else frozenset()
    verification = Verification(
        spec=spec,
        commit=commit,
        at=args.at or "HEAD",
        trace=history,
        dirty=() if args.at else await dirty(git, spec=args.spec),
        verdicts=tuple(replace(v, note=_NOT_MEASURED) if v.id in unmeasured else v for v in verdicts),
        measured=judged.measured,
        unmeasured=unmeasured,
        unrequested=await unrequested(git, spec, lock, history, spec_path=path),
        seconds=time.monotonic() - began,
    )
    now = time.time()
    fresh = [
        rows.row(
            proof,
            commit=commit,
            env=judged.environment,
            at=now,
            task=_task_of(history, proof),
        )
        for proof in proofs
        if not proof.remembered
    ]
    return verification, rows.merged(known, proofs, fresh, stale)


def _verdicts(
    spec: Spec, proofs: Sequence[Proof], around: Circumstances, measured: Mapping[str, Measured]
) -> "list[Verdict]":
    wanted = [item for item in spec.items.values() if item.kind not in {"non-goal", "question"}]
    return [_with_bar(verdict(item, proofs, around), measured.get(item.id)) for item in wanted]


def _with_bar(found: Verdict, bar: Measured | None) -> Verdict:
    """A bar that was measured decides its item, unless a check fails it already."""
    if bar is None or found.status in {"FAILING", "UNIMPLEMENTED", "WAIVED"}:
        return found
    counted = "" if bar.bar.runs == 1 else f"{bar.bar.stat} of {bar.bar.runs}, "
    if bar.ran_wrong:
        return replace(found, status="FAILING", note=bar.problem)
    if bar.value is None:
        return found if found.checks else replace(found, note=bar.problem)
    note = f"{bar}, {counted}{bar.machine}"
    if not bar.held:
        return replace(found, status="FAILING", note=note)
    return replace(found, status="VERIFIED" if not found.checks else found.status, note=note)


def _unmeasured(spec: Spec, verdicts: Sequence[Verdict]) -> frozenset[str]:
    """The bars that only measuring could have decided."""
    measurable = {bar.id for bar in bars(spec) if isinstance(bar, Bar) and bar.metric != "throughput"}
    return frozenset(each.id for each in verdicts if each.status == "UNCHECKED" and each.id in measurable)


async def _with_base(proof: Proof, lock: Lock, *, git: Repository, tip: str) -> Proof:
    """What the lock remembers of the base, for a check whose base nobody can name any more.

    The lock on disk may be of another commit. Its result is true of this one where the check opened the same files, or
    where this commit stands on the one that was judged.
    """
    if proof.base != "unknown":
        return proof
    for known in lock.evidence:
        if known.check != proof.check or known.check_key != proof.key or known.base == "unknown":
            continue
        same = (known.digest, known.touched) == (proof.digest, proof.touched)
        if same or await stands_on(git, tip=tip, commit=known.commit):
            return replace(proof, base=rows.before_of(known))
    return proof


async def _outside(git: Repository, spec: str, proofs: Sequence[Proof], *, tip: str) -> dict[str, str]:
    entries = await git.entries(await git.tree_of(tip))
    found = entries.get("pyproject.toml")
    manifest = (await git.read(found.id)).decode("utf-8", "replace") if found is not None else ""
    return outside(proofs, spec=spec, paths=entries.keys(), manifest=manifest)


def _task_of(history: Trace, proof: Proof) -> str:
    return next((work.task for item in proof.requirements for work in history.works.get(item, ())), "")


def _broken(spec: Spec) -> dict[str, str]:
    """A check of each item that was left out when the checks were compiled."""
    compiled = {subject.check for subject in subjects(spec)}
    written = [(check.id, check.ids) for check in spec.checks if check.executable]
    written += [(table.id, table.ids) for table in spec.tables]
    return {item: check for check, items in written if check not in compiled for item in items}


def _check_ids(spec: Spec, ids: frozenset[str]) -> None:
    unknown = sorted(ids - spec.items.keys())
    if unknown:
        raise UsageError(f"--bless {unknown[0]}: the spec has no such item.")


async def commit_at(git: Repository, revision: str) -> str:
    """The commit that a revision names; raises UsageError where it names none."""
    found = await git.resolve(revision)
    if found is None:
        raise UsageError(f"{revision} names no commit here; try a branch, a tag, or an id.")
    return found


async def _base(git: Repository, revision: str | None) -> str | None:
    return await commit_at(git, revision) if revision else None


async def dirty(git: Repository, *, spec: str | None = None) -> tuple[str, ...]:
    """Files of the checkout that are not as they are committed, but for a spec."""
    if git.location.bare:
        return ()
    found = await git.door.aside(lambda: look(git, spec=Path(spec) if spec else None))
    return (*found.dirty, *found.untracked)


def _inside(root: Path, spec: str) -> str:
    """The spec's path as git writes it; empty for one that is in no repository."""
    path = Path(spec).resolve()
    if spec == STDIN:
        return ""
    return path.relative_to(root.resolve()).as_posix() if path.is_relative_to(root.resolve()) else ""
