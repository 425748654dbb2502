"""Findings as SARIF 2.1.0, the format of code scanning (docs.oasis-open.org/sarif/sarif/v2.1.0). Pure."""

from collections.abc import Sequence
from pathlib import Path
from urllib.parse import quote

from .. import __version__
from ..specs.nouns import Finding, Severity
from ..specs.rules import BY_CODE, Rule
from ..tui.clean import clean
from .specfile import relative

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
_LEVELS: dict[Severity, str] = {"error": "error", "warning": "warning", "info": "note"}


def log(findings: Sequence[Finding], *, root: Path | None) -> dict[str, object]:
    """One log with one run; its rules are those that found something, with their reasons and examples."""
    codes = sorted({finding.code for finding in findings})
    places = {code: place for place, code in enumerate(codes)}
    driver = {"name": "agentctl", "version": __version__, "rules": [_rule(BY_CODE[code]) for code in codes]}
    run = {
        "tool": {"driver": driver},
        "columnKind": "unicodeCodePoints",
        "results": [_result(finding, index=places[finding.code], root=root) for finding in findings],
    }
    return {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}


def _rule(rule: Rule) -> dict[str, object]:
    text = f"{rule.why}\n\nFound:\n\n{_indented(rule.bad)}\nNot found:\n\n{_indented(rule.good)}"
    return {
        "id": rule.code,
        "name": rule.name,
        "shortDescription": {"text": rule.why},
        "help": {"text": text, "markdown": text},
        "defaultConfiguration": {"level": _LEVELS[rule.severity], "enabled": rule.default},
        "properties": {"source": rule.source},
    }


def _indented(text: str) -> str:
    return "".join(f"    {line}".rstrip() + "\n" for line in text.splitlines())


def _result(finding: Finding, *, index: int, root: Path | None) -> dict[str, object]:
    where = {
        "artifactLocation": _artifact(finding.file, root=root),
        "region": {"startLine": finding.line, "startColumn": finding.col},
    }
    place: dict[str, object] = {"physicalLocation": where}
    if finding.target:
        place["logicalLocations"] = [{"name": clean(finding.target)}]
    return {
        "ruleId": finding.code,
        "ruleIndex": index,
        "level": _LEVELS[finding.severity],
        "message": {"text": clean(finding.message)},
        "locations": [place],
    }


def _artifact(file: str, *, root: Path | None) -> dict[str, object]:
    """Where the file is, as a URI: from the root of the repository if it is in one."""
    path = relative(file, root=root)
    inside = path != file or not Path(file).is_absolute()
    return {"uri": quote(path), "uriBaseId": "%SRCROOT%"} if inside else {"uri": f"file://{quote(path)}"}
