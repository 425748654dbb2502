"""Which section a heading opens. Pure."""

import re

from .names import edits
from .nouns import SectionName

ALIASES: dict[str, SectionName] = {
    "intent": "intent",
    "purpose": "intent",
    "goal": "intent",
    "goals": "intent",
    "overview": "intent",
    "summary": "intent",
    "introduction": "intent",
    "terms": "terms",
    "glossary": "terms",
    "terminology": "terms",
    "interface": "interface",
    "interfaces": "interface",
    "api": "interface",
    "requirements": "requirements",
    "requirement": "requirements",
    "functional requirements": "requirements",
    "features": "requirements",
    "behaviour": "requirements",
    "behavior": "requirements",
    "examples": "examples",
    "checks": "checks",
    "acceptance": "checks",
    "acceptance criteria": "checks",
    "acceptance checks": "checks",
    "corner cases": "corner cases",
    "edge cases": "corner cases",
    "performance": "performance",
    "non-goals": "non-goals",
    "out of scope": "non-goals",
    "open questions": "open questions",
    "questions": "open questions",
    "notes": "notes",
    "background": "notes",
}
_NUMBERING = re.compile(r"^[\d.]+\s+")
_NEAR = 2
_SHORTEST = 5  # below it, two edits make any word of any other


def normal(heading: str) -> str:
    """A heading as it is compared: no numbering, no closing colon, lower case."""
    return _NUMBERING.sub("", " ".join(heading.lower().split())).strip(" :.*#")


def section(heading: str) -> SectionName | None:
    """The known section that a heading names exactly, by any alias."""
    return ALIASES.get(normal(heading))


def is_criteria(heading: str) -> bool:
    """Whether sentences stand under a heading, not checks: Kiro's criteria of one requirement, or an issue's."""
    return normal(heading) == "acceptance criteria"


def near_miss(heading: str) -> str | None:
    """The alias that a heading misses by at most two edits; ``Requirement 2`` is one of many, not a slip."""
    name = normal(heading)
    if name in ALIASES or len(name) < _SHORTEST or name[-1].isdigit():
        return None
    return next(
        (alias for alias in ALIASES if len(alias) >= _SHORTEST and edits(name, alias, most=_NEAR) <= _NEAR), None
    )
