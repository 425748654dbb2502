"""Findings as text for a person, and as documents for programs. The same findings always give the same text."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import fields
from pathlib import Path
from typing import Literal

from ..specs.lint import blocking
from ..specs.nouns import Finding, Severity, Spec
from ..specs.taken import taken
from ..tui.clean import clean
from .specfile import relative

Style = Literal["text", "json", "sarif", "github"]
TELLING = 5
"""Findings that are shown beside the errors, unless all are asked for (SPEC-FORMAT, part 2)."""
_SEVERITIES: dict[Severity, int] = {"error": 0, "warning": 1, "info": 2}
_WORDS: dict[Severity, str] = {"error": "error", "warning": "warning", "info": "hint"}
_GROUPS = {"C": 0, "A": 1, "X": 2, "T": 2, "I": 4, "F": 5}
"""How far a group of rules is from the code: two places that disagree, an ambiguous word ... the form of the file."""
_LISTED = 5


def line(finding: Finding) -> str:
    """``spec.md:43:12: SPA108 vague quantity "several" (warning)``."""
    fixable = "; --fix corrects it" if finding.fix else ""
    return clean(f"{finding} ({_WORDS[finding.severity]}{fixable})")


def most_telling(findings: Sequence[Finding]) -> tuple[Finding, ...]:
    """All errors, and the few others that most likely change what is built; in their order.

    Warnings go before hints; then counts how near a rule is to the code, and a rule that has spoken already waits.
    """
    others: list[tuple[int, int, int]] = []
    seen = Counter[str]()
    for place, finding in enumerate(findings):
        if finding.severity != "error":
            near = _GROUPS.get(finding.code[2:3], max(_GROUPS.values())) - bool(finding.question)
            others.append((_SEVERITIES[finding.severity], near + seen[finding.code], place))
            seen[finding.code] += 1
    chosen = {place for _, _, place in sorted(others)[:TELLING]}
    return tuple(f for place, f in enumerate(findings) if f.severity == "error" or place in chosen)


def ending(findings: Sequence[Finding], *, shown: int, specs: Sequence[Spec], strict: bool) -> Iterator[str]:
    """What is said after the findings: how many are not shown, what was taken for what, whether a run can start."""
    hidden = len(findings) - shown
    if hidden:
        told = set(map(id, most_telling(findings)))
        rest = Counter(finding.severity for finding in findings if id(finding) not in told)
        words = ", ".join(_counted(rest[severity], word) for severity, word in _WORDS.items() if rest[severity])
        yield f"{hidden} more ({words}): --all shows them"
    yield from (clean(f"{spec.file} is {taken(spec)}") for spec in specs)
    yield _verdict(findings, specs=len(specs), strict=strict)


def _verdict(findings: Sequence[Finding], *, specs: int, strict: bool) -> str:
    blocks = blocking(findings)
    counts = Counter(finding.severity for finding in findings)
    whole = f"{specs} specs: " if specs > 1 else ""
    if blocks:
        places = ", ".join(f"{each.code} in {each.file}:{each.line}" for each in blocks[:_LISTED])
        more = f" and {len(blocks) - _LISTED} more" if len(blocks) > _LISTED else ""
        return clean(f"{whole}not ready to run: correct {places}{more}")
    but = [_counted(counts["error"], "error") + " of wording"] if counts["error"] else []
    but += [_counted(counts["warning"], "warning")] if strict and counts["warning"] else []
    fails = f"; {' and '.join(but)} to correct{' (--strict)' if strict else ''}" if but else ""
    return f"{whole}ready to run{fails}"


def _counted(number: int, word: str) -> str:
    return f"{number} {word}{'' if number == 1 else 's'}"


def document(
    style: Literal["json", "sarif", "github"],
    findings: Sequence[Finding],
    *,
    specs: Sequence[Spec] = (),
    root: Path | None,
) -> str:
    """Every finding for a program, with a newline at the end.

    ``root`` is the repository that paths are relative to; only JSON tells what the ``specs`` were taken for.
    """
    if style == "json":
        told = [{"file": spec.file, "level": spec.level, "taken": taken(spec)} for spec in specs]
        return f"{as_json({'specs': told, 'findings': [_plain(finding) for finding in findings]})}\n"
    if style == "github":
        return "".join(f"{_command(finding, root=root)}\n" for finding in findings)
    from .lint_output_sarif import log

    return f"{as_json(log(findings, root=root))}\n"


def as_json(data: object) -> str:
    """One line of ASCII JSON, in which no terminal can be told anything."""
    import json

    return json.dumps(data).replace("\x7f", "\\u007f")


def _plain(finding: Finding) -> dict[str, object]:
    return {each.name: getattr(finding, each.name) for each in fields(finding)}


_LEVELS: dict[Severity, str] = {"error": "error", "warning": "warning", "info": "notice"}


def _command(finding: Finding, *, root: Path | None) -> str:
    """A workflow command of GitHub Actions, escaped as its toolkit does (actions/toolkit, core/src/command.ts)."""
    given = {"file": relative(finding.file, root=root), "line": finding.line, "col": finding.col, "title": finding.code}
    properties = ",".join(f"{key}={_property(str(value))}" for key, value in given.items())
    return f"::{_LEVELS[finding.severity]} {properties}::{_data(clean(finding.message))}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(clean(text)).replace(":", "%3A").replace(",", "%2C")
