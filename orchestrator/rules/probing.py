"""The divergence probe: its nouns, its port, and how far apart the predictions of a spec's readers are. Pure.

Readers who see only the spec predict what happens in situations at its edges. Where they differ, or say themselves
that they guess, the spec leaves something open, and their predictions are the options to choose from. The idea is
ClarifyGPT's (Mu et al., 2024), who compare the outputs of programs; here the predictions themselves are compared.
What becomes of an open situation is in probe_verdicts, the batch of questions in probe_batch, and how a spec is cut
into clusters in probe_clusters.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from ..nouns.plan import SpecView
from ..nouns.questions import Question
from .probe_answers import UNSPECIFIED, Said, said

FEWEST_READERS = 3
"""Below this number of usable predictions nothing is said about a cluster."""

_DISSENT = 0.4
"""The share of readers, two of five, who have to differ or to doubt."""

_LEAST_DISSENT = 2
SMALLEST_SPEC_WORDS = 40
"""A spec of fewer words that has at most one item is as open as its author wants it."""

Weight = Literal[1, 2, 3]
"""How hard a choice is to take back: 1 nobody would notice, 2 users or callers would, 3 data or money is lost."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cluster:
    """Items that are probed together. ``digest`` changes when they, or the spec's text around the items, do."""

    items: tuple[str, ...]
    digest: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Probe:
    """A situation, what is to be predicted in it, and the items it is about; ``id`` is p1, p2, ..."""

    id: str
    situation: str
    observe: str
    items: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Readers who predicted the same; ``id`` is the probe's and a letter (``p1.a``), ``text`` the first one's words."""

    id: str
    text: str
    readers: int
    doubts: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Spread:
    """The predictions for one probe. ``groups`` have the largest first; ``silent`` readers gave no prediction."""

    probe: Probe
    groups: tuple[Group, ...]
    silent: int

    @property
    def readers(self) -> int:
        """How many predictions there are, silent ones included."""
        return self.silent + sum(group.readers for group in self.groups)

    @property
    def doubts(self) -> int:
        """How many readers said that the spec leaves it open, with a guess or without."""
        return self.silent + sum(group.doubts for group in self.groups)

    @property
    def dissent(self) -> int:
        """How many readers are not in the largest group; the silent count as one group."""
        return self.readers - max([self.silent, *(group.readers for group in self.groups)])

    @property
    def entropy(self) -> float:
        """Of the groups, in bits; 0 where all predict the same."""
        shares = [size / self.readers for size in (self.silent, *(group.readers for group in self.groups)) if size]
        return -sum(share * math.log2(share) for share in shares) + 0.0

    @property
    def divergence(self) -> float:
        """From 0 to 1: the entropy as a share of what it can be, or half the share of readers in doubt if more."""
        most = math.log2(self.readers) if self.readers > 1 else 1.0
        return max(self.entropy / most, self.doubts / max(self.readers, 1) / 2)

    @property
    def ambiguous(self) -> bool:
        """Two of five differ from the rest, or two of five doubt."""
        return self.dissent >= self._bar or self.doubtful

    @property
    def doubtful(self) -> bool:
        """Two of five say that the spec leaves it open, whatever they predict."""
        return self.doubts >= self._bar

    @property
    def _bar(self) -> int:
        return max(_LEAST_DISSENT, round(_DISSENT * self.readers))

    @property
    def leading(self) -> tuple[Group, ...]:
        """The largest group, or all of that size; empty where every reader was silent."""
        return tuple(group for group in self.groups if group.readers == self.groups[0].readers)


@dataclass(frozen=True, slots=True, kw_only=True)
class Settled:
    """A probe that asks nothing: all predict the same, or what they say is the same, or the spec has the answer."""

    probe: Probe
    how: Literal["agreed", "same", "answered"]
    quote: str = ""
    """What the spec says; found there by code."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Assumption:
    """What will be taken for granted: one sentence that could stand in the spec."""

    text: str
    requirements: tuple[str, ...] = ()
    evidence: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Raised:
    """A question with what its rank is made of."""

    question: Question
    divergence: float
    weight: Weight


@dataclass(frozen=True, slots=True, kw_only=True)
class Probed:
    """What came of one cluster. ``trouble`` says why nothing did: a model's answers could not be used."""

    cluster: Cluster
    settled: tuple[Settled, ...] = ()
    assumptions: tuple[Assumption, ...] = ()
    raised: tuple[Raised, ...] = ()
    trouble: str = ""


class Prober(Protocol):
    """Finds what a spec leaves open. Raises ModelError subclasses, BudgetReached and Draining."""

    async def probe(
        self, spec: SpecView, *, decisions: Sequence[tuple[str, str]] = (), turn: int = 0
    ) -> tuple[Probed, ...]:
        """What came of each cluster.

        Args:
            spec: what is probed; its holdouts are not shown.
            decisions: questions answered already, and their answers.
            turn: 0 for the first probing in a run, one more after each change of the spec in the same run.
        """
        ...


def worth_probing(spec: SpecView) -> bool:
    """Whether a spec says enough to be taken at its word: no one-line change, and not a sentence or two."""
    if spec.small or not spec.requirements:
        return False
    return len(spec.requirements) > 1 or len(spec.text.split()) >= SMALLEST_SPEC_WORDS


def spread(probe: Probe, answers: Sequence[str]) -> Spread:
    """Group what the readers predicted."""
    found: dict[str, list[Said]] = {}
    for each in map(said, answers):
        found.setdefault(each.value, []).append(each)
    silent = len(found.pop(UNSPECIFIED, []))
    # Stable: of two groups of one size the one that was said first comes first.
    ordered = sorted(found.values(), key=len, reverse=True)
    groups = tuple(
        Group(id=f"{probe.id}.{_letter(index)}", text=alike[0].text, readers=len(alike), doubts=_doubts(alike))
        for index, alike in enumerate(ordered)
    )
    return Spread(probe=probe, groups=groups, silent=silent)


def _doubts(alike: Sequence[Said]) -> int:
    return sum(each.doubt for each in alike)


def _letter(index: int) -> str:
    """One of a to z, then z1, z2, ...: more readers than letters are not expected and do no harm."""
    letters = "abcdefghijklmnopqrstuvwxyz"
    return letters[index] if index < len(letters) else f"z{index - len(letters) + 1}"
