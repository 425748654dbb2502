"""Group C, words: terms, references, and keywords where nothing binds."""

import re
from collections.abc import Iterator, Mapping

from ..nouns import Diagnostic
from ..sections import section
from .reading import Reading, unsaid
from .rule import Rule, at_item

_DEFINED = r"\b(?:as in|same as|as for|like|defined in|according to|per)\s+([REPNQAI]\d+)\b"
_DEMAND = r"\b(?:MUST|SHALL)\b"


def unused_term(reading: Reading) -> Iterator[Diagnostic]:
    """Terms that nothing uses, and terms that the items spell in another way."""
    if not reading.spec.terms:
        return
    spec = reading.spec
    texts = [item.text for item in spec.items.values()] + [c.text for c in spec.context] + [spec.intent]
    texts += [part.text for part in spec.interfaces] + [check.body for check in spec.checks]
    whole = "\n".join(texts).lower()
    for term in spec.terms:
        name = term.name.lower()
        used = name in whole or any(name in other.meaning.lower() for other in spec.terms if other is not term)
        other = _other_spelling(name, whole)
        if other:
            message = f"`{term.name[:40]}` is also written `{other}`: one spelling, so that a search finds all"
            yield Diagnostic(code="SPC305", message=message, line=term.line, target=term.name)
        elif not used:
            message = f"nothing uses the term `{term.name[:40]}`"
            yield Diagnostic(code="SPC305", message=message, line=term.line, target=term.name)


def _other_spelling(name: str, text: str) -> str:
    """The same words joined in another way, as they stand in a text."""
    parts = re.split(r"[\s_-]+", name)
    if len(parts) < 2:  # noqa: PLR2004 - a single word is not joined
        return ""
    found = re.findall(rf"\b{'[ _-]?'.join(map(re.escape, parts))}\b", text)
    return next((spelling for spelling in found if spelling != name), "")


def cycle(reading: Reading) -> Iterator[Diagnostic]:
    """Items each of which is defined by the next one, around to the first; told once, at the first of them."""
    spec = reading.spec
    definers = {item.id: tuple(re.findall(_DEFINED, item.text)) for item in spec.items.values()}
    told: set[str] = set()
    for item in spec.items.values():
        around = _reached(item.id, definers)
        if item.id in around and item.id not in told:
            told |= {other for other in around if item.id in _reached(other, definers)}
            others = ", ".join(sorted(told - {item.id})) or item.id
            yield at_item(item, "SPC308", f"{item.id} is defined by itself, by way of {others}")


def _reached(start: str, definers: Mapping[str, tuple[str, ...]]) -> set[str]:
    """Everything that the definition of an item leads to."""
    reached: set[str] = set()
    ahead = list(definers.get(start, ()))
    while ahead:
        item_id = ahead.pop()
        if item_id not in reached:
            reached.add(item_id)
            ahead.extend(definers.get(item_id, ()))
    return reached


def misplaced_norm(reading: Reading) -> Iterator[Diagnostic]:
    """Demands where nothing is demanded: in non-goals, open questions and notes."""
    for item in reading.spec.items.values():
        if item.kind in {"non-goal", "question"} and re.search(_DEMAND, unsaid(item.text)):
            message = f"{item.id} is no requirement, so its keyword binds nobody: write an R item, or leave it out"
            yield at_item(item, "SPC309", message)
    for context in reading.spec.context:
        if section(context.heading) == "notes" and re.search(_DEMAND, unsaid(context.text)):
            message = "notes bind nobody: write what must hold as an R item"
            yield Diagnostic(code="SPC309", message=message, line=context.line)


def forced_question(reading: Reading) -> Iterator[Diagnostic]:
    """Open questions of a run that may not ask."""
    spec = reading.spec
    for item in spec.items.values():
        if item.kind == "question" and item.default is None and spec.meta.autonomy == "never":
            yield at_item(item, "SPC310", f"{item.id} has no `default:` and autonomy is never, so nobody can answer it")


_HEAD = "# a\n\n- **R1** It MUST print `1`.\n"
_TERM = "# a\n\n## Terms\n\n- **log-line**: a line.\n\n## Requirements\n\n- **R1** `a` MUST print "
RULES = (
    Rule(
        code="SPC305",
        name="idle-term",
        severity="info",
        why="A term that is not used, or is spelt in two ways, is not the one that readers look up.",
        source="terminology drift: ISO/IEC/IEEE 29148, consistent",
        bad=_TERM + "each logline.\n",
        good=_TERM + "each log-line.\n",
        find=unused_term,
    ),
    Rule(
        code="SPC308",
        name="circle",
        severity="error",
        why="Sentences that define each other define nothing.",
        source="ISO/IEC/IEEE 29148: consistent",
        bad=_HEAD + "- **R2** The limit MUST be as in R3.\n- **R3** The limit MUST be the same as R2.\n",
        good=_HEAD + "- **R2** The limit MUST be as in R3.\n- **R3** The limit MUST be 5.\n",
        find=cycle,
    ),
    Rule(
        code="SPC309",
        name="demand-out-of-place",
        severity="warning",
        why="A keyword where nothing binds is read as binding by some.",
        source="RFC 2119: keywords mark requirements",
        bad=_HEAD + "\n## Non-goals\n\n- **N1** It MUST NOT have a GUI.\n",
        good=_HEAD + "\n## Non-goals\n\n- **N1** A GUI.\n",
        find=misplaced_norm,
    ),
    Rule(
        code="SPC310",
        name="forced-question",
        severity="error",
        why="A run that may not ask needs an answer beforehand.",
        source="awos issue 208",
        bad="---\nautonomy: never\n---\n"
        + _HEAD.replace("MUST", "SHOULD")
        + "\n## Open questions\n\n- **Q1** Which colour?\n",
        good="---\nautonomy: never\n---\n"
        + _HEAD.replace("MUST", "SHOULD")
        + "\n## Open questions\n\n- **Q1** Which colour? default: blue\n",
        find=forced_question,
    ),
)
