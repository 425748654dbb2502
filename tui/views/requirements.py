"""Requirements as screens need them: the line of each in the spec, and the best that speaks for it. Pure."""

from __future__ import annotations

import re

from ...orchestrator.nouns.runs import Evidence

ITEM = re.compile(r"^\s*[-*]\s+\*\*([A-Z]{1,3}\d+)\*\*")
"""A line of a spec that begins a requirement."""


def texts(spec: str) -> dict[str, str]:
    """The line of each requirement by its id."""
    found = ((ITEM.match(line), line) for line in spec.splitlines())
    return {match[1]: line[match.end() :].strip() for match, line in found if match is not None}


def levels(evidence: tuple[Evidence, ...]) -> dict[str, Evidence]:
    """The best evidence of each requirement."""
    best: dict[str, Evidence] = {}
    for each in evidence:
        if each.requirement not in best or each.level > best[each.requirement].level:
            best[each.requirement] = each
    return best
