"""What is wrong with a spec, and whether a run can start. Pure and offline; the rules are in specs/rules."""

import re
from collections.abc import Iterator, Sequence

from .nouns import Diagnostic, Finding, Severity, Spec
from .rules import BY_CODE, RULES

_IGNORE = re.compile(r"lint:\s*ignore\s+(SP[A-Z]\d{3})\s+\S+")
_LOWER: dict[Severity, Severity] = {"error": "warning", "warning": "info", "info": "info"}
_ORDER: dict[Severity, int] = {"error": 0, "warning": 1, "info": 2}
_ABSOLUTE = frozenset({"SPA113", "SPA117"})  # a placeholder or a missing keyword is what it is, with or without a test


def lint(spec: Spec, *, strict: bool = False) -> tuple[Finding, ...]:
    """Everything found, in the order of the file. ``strict`` makes an error of a MUST that nothing checks."""
    diagnostics = [*spec.diagnostics, *(hit for rule in RULES for hit in rule.find(spec))]
    findings = (_finding(spec, hit, strict=strict) for hit in diagnostics if not _suppressed(spec, hit))
    return tuple(sorted(findings, key=lambda f: (f.line, f.col, f.code, f.message)))


def blocking(findings: Sequence[Finding]) -> tuple[Finding, ...]:
    """Those with which no run can start: errors of every group but A, which is about wording."""
    return tuple(f for f in findings if f.severity == "error" and not f.code.startswith("SPA"))


def ready(findings: Sequence[Finding]) -> bool:
    """Whether a run can start."""
    return not blocking(findings)


def worst_first(findings: Sequence[Finding]) -> tuple[Finding, ...]:
    """Errors, then warnings, then hints; each in the order of the file."""
    return tuple(sorted(findings, key=lambda f: (_ORDER[f.severity], f.line, f.col)))


def _finding(spec: Spec, hit: Diagnostic, *, strict: bool) -> Finding:
    return Finding(
        severity=_severity(spec, hit, strict=strict),
        code=hit.code,
        message=hit.message,
        target=hit.target,
        file=spec.file,
        line=hit.line,
        col=hit.col,
        fix=hit.fix,
        question=hit.question,
    )


def _severity(spec: Spec, hit: Diagnostic, *, strict: bool) -> Severity:
    """The rule's, one lower for wording beside a check, one higher for a MUST that nobody will ever judge."""
    severity = BY_CODE[hit.code].severity
    if hit.code == "SPT201" and (strict or spec.meta.autonomy == "never"):
        return "error"
    checked = hit.code.startswith("SPA") and hit.code not in _ABSOLUTE and spec.checks_of(hit.target)
    return _LOWER[severity] if checked else severity


def _suppressed(spec: Spec, hit: Diagnostic) -> bool:
    """Whether the front matter or a comment says to leave it; what blocks a run cannot be left."""
    if BY_CODE[hit.code].blocks:
        return False
    return hit.code in spec.meta.ignore or any(
        code == hit.code and first <= hit.line <= last for code, first, last in _suppressions(spec)
    )


def _suppressions(spec: Spec) -> Iterator[tuple[str, int, int]]:
    """Codes and the lines for which a comment silences them: its own, and the next thing's that is written."""
    lines = spec.text.split("\n")
    for comment in spec.comments:
        found = _IGNORE.match(comment.text)
        if not found:
            continue
        following = range(comment.end_line + 1, len(lines) + 1)
        after = next((number for number in following if lines[number - 1].strip()), comment.end_line)
        item = next((item for item in spec.items.values() if item.line <= after <= item.end_line), None)
        yield found[1], comment.line, item.end_line if item else after
