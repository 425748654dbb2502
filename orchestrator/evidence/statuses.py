"""What the proofs of its checks make of a requirement: the statuses of `agentctl verify`. Pure.

VERIFIED        its checks pass, and one that was red before the work told a mutant from the program (V2)
VERIFIED*       the same, and one of those is a holdout that no worker ever saw (V3)
PRESERVED       of an invariant: green before and after, and it told a mutant from the program
FAILING         a check does not pass
UNIMPLEMENTED   what its checks are about is not there
STALE           its checks pass, but its words changed since they were last known to decide it, and they did not
VACUOUS         its checks pass without the change, or on every mutant: they decide nothing
UNPROVEN        its checks pass, and there was nothing wrong to try them on, no time for it, or no known base
UNCHECKED       no executable check
WAIVED          a person wrote down why it has none
ASSUMED         an assumption: nothing decides it
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from ...specs.nouns import Item, ItemKind
from .prove import Proof

Status = Literal[
    "VERIFIED",
    "VERIFIED*",
    "PRESERVED",
    "FAILING",
    "UNIMPLEMENTED",
    "STALE",
    "VACUOUS",
    "UNPROVEN",
    "UNCHECKED",
    "WAIVED",
    "ASSUMED",
]
SHOWN: frozenset[Status] = frozenset({"VERIFIED", "VERIFIED*", "PRESERVED"})
"""What counts as shown: evidence at V2 or better."""
SETTLED: frozenset[Status] = SHOWN | {"WAIVED", "ASSUMED"}
"""What does not stand in the way of a success."""

_LONGEST = 120


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """How one item stands. ``counted`` of ``checks`` pass and tell right from wrong."""

    id: str
    kind: ItemKind
    strength: str
    status: Status
    level: str
    """``V0`` to ``V3``, by the best of its checks; empty where nothing speaks for it."""
    passed: int = 0
    counted: int = 0
    checks: int = 0
    holdout: bool = False
    base: str = "-"
    note: str = ""
    line: int = 0
    proofs: tuple[Proof, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Circumstances:
    """What is known beside the proofs, each by item."""

    stale: Mapping[str, str]
    """Why the evidence of an item is of other words."""
    waived: Mapping[str, str]
    """The reason a person gave for an item without a check."""
    manual: Collection[str] = ()
    """Items that have a check a person decides."""
    broken: Mapping[str, str] = field(default_factory=dict)
    """The check of an item that cannot be run as it is written."""


def verdict(item: Item, proofs: Sequence[Proof], around: Circumstances) -> Verdict:
    """How an item stands, given the proofs of the checks that name it."""
    own = tuple(proof for proof in proofs if item.id in proof.requirements)
    status, note = _status(item, own, around)
    return Verdict(
        id=item.id,
        kind=item.kind,
        strength=item.strength or "-",
        status=status,
        level=max((proof.level for proof in own), default=""),
        passed=sum(proof.result == "passed" for proof in own),
        counted=sum(_counts(item, proof) for proof in own),
        checks=len(own),
        holdout=any(proof.secret for proof in own),
        base=_base(own),
        note=note,
        line=item.line,
        proofs=own,
    )


def _status(item: Item, proofs: tuple[Proof, ...], around: Circumstances) -> tuple[Status, str]:
    if item.kind == "assumption":
        return "ASSUMED", ""
    if item.id in around.broken:
        return "FAILING", f"{around.broken[item.id]} does not compile: `agentctl lint` says why"
    if not proofs:
        return _without_checks(item, around)
    failing = [proof for proof in proofs if proof.result != "passed"]
    if failing:
        absent = all(proof.result == "missing" for proof in failing) and len(failing) == len(proofs)
        first = failing[0]
        return ("UNIMPLEMENTED" if absent else "FAILING"), f"{first.check}: {_reason(first)}"
    if item.id in around.stale:
        return "STALE", around.stale[item.id]
    return _passing(item, proofs)


def _without_checks(item: Item, around: Circumstances) -> tuple[Status, str]:
    if item.id in around.waived:
        return "WAIVED", around.waived[item.id]
    return "UNCHECKED", "only a person can decide it" if item.id in around.manual else "no executable check"


def _passing(item: Item, proofs: tuple[Proof, ...]) -> tuple[Status, str]:
    counting = [proof for proof in proofs if _counts(item, proof)]
    if counting:
        idle = [proof for proof in proofs if proof not in counting]
        note = f"not counted: {', '.join(f'{proof.check} ({_idle(item, proof)})' for proof in idle)}" if idle else ""
        if item.kind == "invariant":
            return "PRESERVED", note
        return ("VERIFIED*" if any(proof.secret for proof in counting) else "VERIFIED"), note
    first = proofs[0]
    unknown = all(_open(item, proof) for proof in proofs)
    return ("UNPROVEN" if unknown else "VACUOUS"), f"{first.check}: {_idle(item, first)}"


def _counts(item: Item, proof: Proof) -> bool:
    """Whether this check tells right from wrong, and the right from what was there before."""
    if not proof.discriminates:
        return False
    return proof.base == "passed" if item.kind == "invariant" else proof.base != "passed"


def _open(item: Item, proof: Proof) -> bool:
    """Whether a check that does not count might have, had more been known."""
    if item.kind == "invariant":
        return not proof.enough or (proof.discriminates and proof.base != "passed")
    return not proof.enough and proof.base != "passed"


def _idle(item: Item, proof: Proof) -> str:
    """Why a check that passes does not count."""
    if item.kind == "invariant" and proof.discriminates:
        if proof.base == "unknown":
            return "what it was before is not known: name the base with --base"
        return f"{proof.base} on the base, so there was nothing to preserve: make it an R"
    if item.kind != "invariant" and proof.base == "passed":
        return "it passes without the change"
    if proof.enough:
        return f"none of {proof.tried} mutants made it fail"
    if proof.tried:
        return f"time ran out after {proof.tried} mutants"
    return "there was nothing to make wrong: no Python that it touches, or no time"


def _base(proofs: tuple[Proof, ...]) -> str:
    found = {proof.base for proof in proofs if proof.base != "unknown"}
    if not found:
        return "-"
    return "green" if found == {"passed"} else "mixed" if "passed" in found else "red"


def _reason(proof: Proof) -> str:
    """The line that says most about a failure."""
    lines = [line.strip() for line in proof.detail.splitlines() if line.strip()]
    said = [line.removeprefix("E").strip() for line in lines if line.startswith("E ")]
    text = (said or lines or [proof.result])[0]
    counted = f" ({proof.passed}/{proof.total} pass)" if proof.total > 1 else ""
    return (text if len(text) <= _LONGEST else f"{text[: _LONGEST - 3]}...") + counted
