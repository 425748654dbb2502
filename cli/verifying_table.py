"""What `agentctl verify` prints: the table for a person, the document for a program. Its keys only ever grow."""

from collections.abc import Iterator

from ..orchestrator.evidence.measure import Measured
from ..orchestrator.evidence.prove import Proof
from ..orchestrator.evidence.statuses import Verdict
from ..tui.clean import clean
from ..tui.snapshot import counted
from .output import table
from .verifying import Verification
from .verifying_trace import Work

HEAD = ("ID", "LEVEL", "STATUS", "CHECKS", "BASE", "WORK", "COMMITS", "NOTE")
_SHORT = 7
_SHOWN = 10


def lines(found: Verification) -> Iterator[str]:
    """The table, what nobody asked for, and the sum."""
    tree = f"{counted(len(found.dirty), 'file')} not committed, so not judged" if found.dirty else "tree clean"
    state = "" if found.at != "HEAD" else f"  {tree}"
    yield f"{clean(found.spec.id)}  spec {found.spec.digest[:8]}  {clean(found.at)} {found.commit[:_SHORT]}{state}"
    yield from table([HEAD, *(_row(found, each) for each in found.verdicts)])
    for path in found.unrequested[:_SHOWN]:
        yield f"unrequested: {clean(path)} (no task owns it)"
    if len(found.unrequested) > _SHOWN:
        yield f"unrequested: and {len(found.unrequested) - _SHOWN} more"
    yield _sum(found)
    if found.trace.base is None and any(proof.base == "unknown" for each in found.verdicts for proof in each.proofs):
        yield "The commit before the work is not known, so nothing was tried on it: name it with --base."
    stale = [each.id for each in found.verdicts if each.status == "STALE"]
    if stale:
        bless = " ".join(f"--bless {item}" for item in stale)
        yield f"Change the checks of {', '.join(stale)}, or say that they still hold: --write {bless}"


def _row(found: Verification, item: Verdict) -> tuple[str, ...]:
    works = found.trace.works.get(item.id, ())
    return (
        item.id,
        item.strength,
        item.status,
        _checks(item, found.measured.get(item.id)),
        "GREEN" if item.status == "VACUOUS" and item.base == "green" else item.base,
        ",".join(dict.fromkeys(clean(work.task, width=12) for work in works)) or "-",
        _commits(works),
        clean(_note(found, item), width=160),
    )


def _checks(item: Verdict, bar: Measured | None) -> str:
    if bar is not None and bar.value is not None:
        return str(bar)
    if not item.checks:
        return "0"
    number = item.passed if item.status in {"FAILING", "UNIMPLEMENTED", "STALE"} else item.counted
    words = [f"{number}/{item.checks}", *(["holdout"] if item.holdout else [])]
    return " ".join([*words, *(["old"] if item.status == "STALE" else [])])


def _note(found: Verification, item: Verdict) -> str:
    if item.status in {"FAILING", "UNIMPLEMENTED"}:
        return f"{item.note}  {found.spec.file.rsplit('/', 1)[-1]}:{item.failed_line or item.line}"
    if item.note:
        return item.note
    kills = ((proof.check, proof.killed_for(item.id)) for proof in item.proofs)
    return next((f"{check} tells {killed}" for check, killed in kills if killed), "")


def _commits(works: tuple[Work, ...]) -> str:
    if not works:
        return "-"
    more = f"+{len(works) - 1}" if len(works) > 1 else ""
    return f"{works[0].commit[:_SHORT]}{more}{' (squashed)' if works[0].squashed else ''}"


def _sum(found: Verification) -> str:
    must, shown = found.must, found.shown
    assumed = [each.id for each in found.verdicts if each.status == "ASSUMED"]
    running = sum(each in shown or (bool(each.checks) and each.passed == each.checks) for each in must)
    parts = [
        f"MUST {len(shown)}/{len(must)} verified",
        f"coverage {_share(len(shown), len(must))} (strict) {_share(running, len(must))} (executable)",
    ]
    waived = sum(each.status == "WAIVED" for each in must)
    parts += [f"{waived} waived"] if waived else []
    parts += [f"assumptions {len(assumed)} ({', '.join(assumed)})"] if assumed else []
    parts += [f"{remembered} from the lock"] if (remembered := _remembered(found)) else []
    return "  ".join(parts)


def _share(some: int, of: int) -> str:
    return f"{round(100 * some / of)}%" if of else "0%"


def _remembered(found: Verification) -> int:
    return len({proof.check for each in found.verdicts for proof in each.proofs if proof.remembered})


def document(found: Verification) -> dict[str, object]:
    """Everything, for a program."""
    return {
        "spec": found.spec.id,
        "digest": found.spec.digest,
        "commit": found.commit,
        "base": found.trace.base,
        "uncommitted": found.dirty,
        "items": [_item(found, each) for each in found.verdicts],
        "unrequested": found.unrequested,
        "must": len(found.must),
        "verified": len(found.shown),
        "ok": found.verified,
        "reason": _reason(found),
        "seconds": round(found.seconds, 1),
    }


def _reason(found: Verification) -> str:
    if found.verified:
        return ""
    missing = [each for each in found.must if each not in found.shown and each.status != "WAIVED"]
    nothing = "nothing was measured (--no-measure)" if found.unmeasured else "the spec requires nothing"
    return ", ".join(f"{each.id} {each.status}" for each in missing) or nothing


def _item(found: Verification, item: Verdict) -> dict[str, object]:
    works = found.trace.works.get(item.id, ())
    bar = found.measured.get(item.id)
    return {
        "id": item.id,
        "kind": item.kind,
        "strength": item.strength,
        "status": item.status,
        "level": item.level,
        "base": item.base,
        "note": item.note,
        "line": item.line,
        "text": found.spec.items[item.id].text,
        "checks": [_check(proof, item.id) for proof in item.proofs],
        "work": [{"task": work.task, "commit": work.commit, "squashed": work.squashed} for work in works],
        "bar": None if bar is None else _bar(bar),
    }


def _check(proof: Proof, item: str) -> dict[str, object]:
    return {
        "id": proof.check,
        "result": proof.result,
        "passed": proof.passed,
        "tests": proof.total,
        "holdout": proof.secret,
        "level": proof.level_of(item),
        "base": proof.base,
        "base_detail": proof.base_detail,
        "killed": proof.killed_for(item),
        "mutants": proof.tried,
        "touched": proof.touched,
        "remembered": proof.remembered,
        "detail": proof.detail,
        "line": proof.line,
        "seconds": round(proof.seconds, 3),
    }


def _bar(bar: Measured) -> dict[str, object]:
    return {
        "held": bar.held,
        "value": bar.value,
        "limit": bar.bar.limit,
        "metric": bar.bar.metric,
        "stat": bar.bar.stat,
        "samples": bar.samples,
        "asked_machine": bar.bar.machine,
        "machine": bar.machine,
        "problem": bar.problem,
    }
