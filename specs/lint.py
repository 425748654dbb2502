"""What is wrong with a spec, and whether a run can start. Pure and offline; the rules are in specs/rules."""

from collections.abc import Collection, Iterator, Sequence

from .front_matter import line_of, split
from .nouns import Diagnostic, Finding, Severity, Spec
from .rules import BY_CODE, RULES, Hit, Reading, Surroundings
from .rules.suppression import Suppression, suppressions

_LOWER: dict[Severity, Severity | None] = {"error": "warning", "warning": "info", "info": None}
_ORDER: dict[Severity, int] = {"error": 0, "warning": 1, "info": 2}
_UNKNOWN = "no rule is called {}"
_BLOCKS = "{} blocks a run, so it cannot be left out"
_ABSOLUTE = frozenset({"SPA113", "SPA117"})  # a placeholder or a missing keyword is what it is, with or without a test


def lint(
    spec: Spec, surroundings: Surroundings | None = None, *, strict: bool = False, also: Collection[str] = ()
) -> tuple[Finding, ...]:
    """Everything found, in the order of the file.

    Args:
        spec: As it was parsed.
        surroundings: What is known of the repository, the lock and runs; without it no rule speaks about them.
        strict: Makes an error of a MUST that nothing checks.
        also: Codes of rules that are off by default and shall speak.
    """
    reading = Reading(spec, surroundings)
    hits = [*spec.diagnostics, *(h for rule in RULES if rule.default or rule.code in also for h in rule.find(reading))]
    silencers = tuple(suppressions(reading))
    used: set[Suppression] = set()
    found = [_finding(spec, hit, level) for hit, level in _judged(reading, hits, strict=strict)]
    left = [finding for finding in found if not _silenced(finding, silencers, ignored=spec.meta.ignore, used=used)]
    heard = set(map(id, left))
    silenced = {finding.code for finding in found if id(finding) not in heard}
    idle = [_finding(spec, hit, BY_CODE[hit.code].severity) for hit in _idle(silencers, used)]
    idle += [_finding(spec, hit, "warning") for hit in _idle_in_front(spec, silenced)]
    left += (finding for finding in idle if finding.code not in spec.meta.ignore)
    return tuple(sorted(left, key=lambda f: (f.line, f.col, f.code, f.message)))


def blocking(findings: Sequence[Finding]) -> tuple[Finding, ...]:
    """Those with which no run can start: errors of every group but A, which is about wording."""
    return tuple(f for f in findings if f.severity == "error" and not f.code.startswith("SPA"))


def ready(findings: Sequence[Finding]) -> bool:
    """Whether a run can start."""
    return not blocking(findings)


def _judged(reading: Reading, hits: Sequence[Diagnostic], *, strict: bool) -> Iterator[tuple[Diagnostic, Severity]]:
    """The hits that matter, with how much."""
    for hit in hits:
        severity = _severity(reading, hit, strict=strict)
        if severity:
            yield hit, severity


def _severity(reading: Reading, hit: Diagnostic, *, strict: bool) -> Severity | None:
    """The rule's or the hit's own; one lower for wording beside a check or a measure, which makes nothing of a hint."""
    own = hit.severity if isinstance(hit, Hit) else None
    severity = own or BY_CODE[hit.code].severity
    if hit.code == "SPT201" and (strict or reading.spec.meta.autonomy == "never"):
        return "error"
    if not hit.code.startswith("SPA") or hit.code in _ABSOLUTE:
        return severity
    mild = isinstance(hit, Hit) and hit.mild
    return _LOWER[severity] if mild or hit.target in reading.deciders else severity


def _finding(spec: Spec, hit: Diagnostic, severity: Severity) -> Finding:
    return Finding(
        severity=severity,
        code=hit.code,
        message=hit.message,
        target=hit.target,
        file=spec.file,
        line=hit.line,
        col=hit.col,
        fix=hit.fix,
        question=hit.question,
    )


def _silenced(
    finding: Finding, silencers: Sequence[Suppression], *, ignored: Collection[str], used: set[Suppression]
) -> bool:
    """Whether the front matter or a comment says to leave it; what blocks a run cannot be left."""
    if finding.severity == "error" and BY_CODE[finding.code].blocks:
        return False
    here = {s for s in silencers if s.code == finding.code and s.first <= finding.line <= s.last}
    used |= here
    return bool(here) or finding.code in ignored


def _idle(silencers: Sequence[Suppression], used: Collection[Suppression]) -> Iterator[Diagnostic]:
    """Suppressions that silenced nothing."""
    for silencer in silencers:
        rule = BY_CODE.get(silencer.code)
        if rule is None:
            message = _UNKNOWN.format(silencer.code)
        elif silencer in used or not rule.default:
            continue
        elif rule.blocks:
            message = f"{_BLOCKS.format(silencer.code)}: this suppression does nothing"
        else:
            message = f"nothing here is {silencer.code}: this suppression can go"
        yield Diagnostic(code="SPF015", message=message, line=silencer.first)


def _idle_in_front(spec: Spec, silenced: Collection[str]) -> Iterator[Diagnostic]:
    """Codes in the front matter that no rule has, or that cannot be left out; any other may wait for its day."""
    for code in dict.fromkeys(spec.meta.ignore):
        rule = BY_CODE.get(code)
        if rule is None or (rule.blocks and code not in silenced):
            why = (_BLOCKS if rule else _UNKNOWN).format(code)
            line = line_of(split(spec.text)[0], "lint")
            yield Diagnostic(
                code="SPF015", message=f"{why}: `lint` in the front matter does nothing by it", line=line, target=code
            )
