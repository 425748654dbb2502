"""What the proofs of its checks make of a requirement: the statuses of `agentctl verify`. Pure.

VERIFIED        its checks pass, and one that was red before the work told a mutant from the program (V2)
VERIFIED*       the same, and one of those is a holdout that no worker ever saw (V3)
PRESERVED       of an invariant: green before and after, and it told a mutant from the program
FAILING         a check does not pass
UNIMPLEMENTED   what its checks are about is not there
STALE           its checks pass, but its words changed since they were last known to decide it, and they did not
VACUOUS         its checks pass without the change, or on every mutant: they decide nothing
UNPROVEN        its checks pass, and there was nothing wrong to try them on, no time for it, nothing came of them on the
                base, or what was caught shows something else: another requirement of the same check, a function that
                this one does not speak of, the text of a file
UNCHECKED       no executable check
WAIVED          a person wrote down why it has none
ASSUMED         an assumption: nothing decides it
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from ...specs.nouns import Item, ItemKind
from .failures import reason
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

_NAMED = 3


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
    failed_line: int = 0
    """Where in the spec the check failed that the note is about; 0 where that is not known."""
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
    outside: Mapping[str, str] = field(default_factory=dict)
    """By check, a module that it wants and that is not of the project."""


def verdict(item: Item, proofs: Sequence[Proof], around: Circumstances) -> Verdict:
    """How an item stands, given the proofs of the checks that name it."""
    own = tuple(proof for proof in proofs if item.id in proof.requirements)
    status, note = _status(item, own, around)
    return Verdict(
        id=item.id,
        kind=item.kind,
        strength=item.strength or "-",
        status=status,
        level=max((proof.level_of(item.id) for proof in own), default=""),
        passed=sum(proof.result == "passed" for proof in own),
        counted=sum(_counts(item, proof) for proof in own),
        checks=len(own),
        holdout=any(proof.secret for proof in own),
        base=_base(own),
        note=note,
        line=item.line,
        failed_line=next((proof.line for proof in own if proof.result != "passed"), 0),
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
        first = next((proof for proof in failing if proof.check in around.outside), failing[0])
        if module := around.outside.get(first.check):
            return "FAILING", (
                f"{first.check}: No module named '{module}': install it with what the tests need; name it in the spec "
                "if it is to be made"
            )
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
    idle = [proof for proof in proofs if not _open(item, proof)]
    first = (idle or proofs)[0]
    advice = f": give {item.id} a check of its own" if _shows_others(item, first) else ""
    return ("VACUOUS" if idle else "UNPROVEN"), f"{first.check}: {_idle(item, first)}{advice}"


def _counts(item: Item, proof: Proof) -> bool:
    """Whether this check tells right from wrong, and the right from what was there before."""
    if not proof.discriminates(item.id):
        return False
    return proof.new(invariant=item.kind == "invariant")


def _open(item: Item, proof: Proof) -> bool:
    """Whether a check that does not count might have, had more been known."""
    if (proof.elsewhere or proof.reads) and (item.kind == "invariant" or proof.base != "passed"):
        return True
    discriminates = proof.discriminates(item.id)
    if discriminates and proof.base == "stopped":
        return True
    if item.kind == "invariant":
        return not proof.enough or _shows_others(item, proof) or (discriminates and proof.base != "passed")
    return _shows_others(item, proof) or (not proof.enough and proof.base != "passed")


def _shows_others(item: Item, proof: Proof) -> bool:
    """Whether all that a shared check told from the program shows other requirements of it."""
    if not proof.enough or not proof.killed or proof.killed_for(item.id):
        return False
    return item.kind == "invariant" or proof.base != "passed"


def _idle(item: Item, proof: Proof) -> str:
    """Why a check that passes does not count."""
    if proof.discriminates(item.id) and (proof.base == "stopped" or item.kind == "invariant"):
        return _unknown_before(proof)
    if item.kind != "invariant" and proof.base == "passed":
        return "it passes without the change"
    if why := _shows_else(item, proof):
        return why
    if proof.enough:
        return f"none of {proof.tried} mutants made it fail"
    if proof.tried:
        return f"time ran out after {proof.tried} mutants"
    return "there was nothing to make wrong: it opens no code of which mutants are made, or there was no time"


def _unknown_before(proof: Proof) -> str:
    if proof.base == "stopped":
        return f"nothing came of it on the base: {reason(proof.base_detail)}"
    if proof.base == "unknown":
        return "what it was before is not known: name the base with --base"
    return f"{proof.base} on the base, so there was nothing to preserve: make it an R"


def _shows_else(item: Item, proof: Proof) -> str:
    """What else than this item it shows; empty where it shows nothing."""
    if proof.reads:
        return f"it reads the text of {proof.reads}, and fails on the same program spaced otherwise: let it run it"
    if proof.elsewhere:
        return f"it catches nothing in {proof.elsewhere}: check what {item.id} names, or name that in it"
    if not _shows_others(item, proof):
        return ""
    others = [other for other in proof.requirements if other != item.id]
    more = f" and {len(others) - _NAMED} more" if len(others) > _NAMED else ""
    return f"shared with {', '.join(others[:_NAMED])}{more}"


def _base(proofs: tuple[Proof, ...]) -> str:
    found = {proof.base for proof in proofs if proof.base not in {"unknown", "stopped"}}
    if not found:
        return "-"
    return "green" if found == {"passed"} else "mixed" if "passed" in found else "red"


def _reason(proof: Proof) -> str:
    counted = f" ({proof.passed}/{proof.total} pass)" if proof.total > 1 else ""
    first = "it passed, and then failed on the same files: " if proof.unsteady else ""
    return first + (reason(proof.detail) or proof.result) + counted
