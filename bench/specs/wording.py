"""How often the rules of wording fire on requirements that other people wrote: OpenSpec's own, sentence by sentence.

Each sentence of a requirement's body becomes an item of its own and is linted as in any spec, so that what lint does
with severities is in the figure. The bar is about the rules that look for words and speak without being asked to, as
warnings; hints and the rules of shape are told beside it.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from ...specs.lint import lint
from ...specs.nouns import Finding
from ...specs.parse import parse
from ...specs.rules.ambiguity_words import RULES as OF_WORDS
from .corpora import Document

MOST = 0.10
"""The share of sentences on which a rule of words may fire."""
SHOWN = 5
_HEADING = re.compile(r"#{1,6} ")
_BODY_FOLLOWS = re.compile(r"### Requirement:", re.IGNORECASE)
_END = re.compile(r"(?<=[.!?])\s+(?=[A-Z`*\"])")
_WORDS = frozenset(rule.code for rule in OF_WORDS if rule.default)


@dataclass(frozen=True, slots=True, kw_only=True)
class Firing:
    """Which rules spoke of which sentences."""

    sentences: tuple[str, ...]
    codes: tuple[frozenset[str], ...]
    """For each sentence, the codes of group A that spoke of it as a warning or an error."""
    hints: tuple[frozenset[str], ...]
    """The same for hints."""

    @property
    def share(self) -> float:
        """The share of sentences of which a default-on rule of words spoke; not a number without sentences."""
        if not self.sentences:
            return float("nan")
        return sum(bool(codes & _WORDS) for codes in self.codes) / len(self.sentences)

    def figures(self) -> dict[str, Any]:
        """For the report: per cent of the sentences by code, hints by themselves, and the first few that fired."""
        hit = [said for said, codes in zip(self.sentences, self.codes, strict=True) if codes & _WORDS]
        return {
            "openspec_sentences": len(self.sentences),
            "openspec_percent_by_rule": self._percent(self.codes),
            "openspec_percent_by_hint": self._percent(self.hints),
            "openspec_percent_any_warning_of_wording": 100 * sum(map(bool, self.codes)) / max(len(self.sentences), 1),
            "openspec_fired_on": [said[:140] for said in hit[:: max(1, len(hit) // SHOWN)][:SHOWN]],
        }

    def _percent(self, codes: Sequence[frozenset[str]]) -> dict[str, float]:
        counted = Counter(code for each in codes for code in each)
        return {code: round(100 * number / len(codes), 1) for code, number in sorted(counted.items())}


def firing(documents: Iterable[Document]) -> Firing:
    """What the rules of wording say of the requirements in these documents."""
    said = tuple(dict.fromkeys(sentence for document in documents for sentence in sentences(document.text)))
    judged = [_judged(sentence) for sentence in said]
    return Firing(
        sentences=said,
        codes=tuple(frozenset(f.code for f in found if f.severity != "info") for found in judged),
        hints=tuple(frozenset(f.code for f in found if f.severity == "info") for found in judged),
    )


def _judged(sentence: str) -> list[Finding]:
    """The findings of wording in a spec that has only this sentence; no check stands beside it."""
    spec = parse(f"# a\n\n## Requirements\n\n- **R1** {sentence}\n", name="a.md")
    return [finding for finding in lint(spec) if finding.code.startswith("SPA")]


def sentences(text: str) -> Iterator[str]:
    """The sentences of the bodies of requirements: what stands between their heading and the next one."""
    inside, body = False, list[str]()
    for line in [*text.split("\n"), "# end"]:
        if _HEADING.match(line):
            yield from _split(body)
            inside, body = bool(_BODY_FOLLOWS.match(line)), []
        elif inside:
            body.append(line)


def _split(body: Sequence[str]) -> Iterator[str]:
    """Sentences of prose and of bullets; fences and tables are no sentences."""
    text = re.sub(r"(?ms)^\s*```.*?^\s*```\s*?$", "", "\n".join(body))
    for paragraph in re.split(r"\n\s*\n|\n(?=\s*(?:[-*+]|\d+\.)\s)", text):
        plain = re.sub(r"^\s*(?:[-*+]|\d+\.)\s+", "", paragraph).replace("\n", " ").strip()
        if plain and not plain.startswith("|"):
            yield from (part.strip() for part in _END.split(plain) if part.strip())
