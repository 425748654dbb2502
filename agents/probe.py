"""The prober: Pro thinks of situations, Flash predicts what happens, Pro judges where the predictions differ.

Three rounds for each cluster, the clusters and the readers side by side. Every call has a key of its own, so that a
crash pays nothing twice; what came of a cluster is kept on a shelf under a digest of all that it depends on, so that
an unchanged spec costs nothing in later runs either.
"""

from __future__ import annotations

import asyncio
import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, TypeVar

import msgspec

from ..orchestrator.nouns.keys import AttemptKey, CallKey
from ..orchestrator.rules.probe_clusters import clusters
from ..orchestrator.rules.probe_verdicts import Decision, faults, outcome
from ..orchestrator.rules.probing import FEWEST_READERS, Probed, Settled, spread, worth_probing
from .caller import CallLost
from .models.errors import BadReply, ContextOverflow, Filtered, Malformed, ModelError
from .models.replay import RecordedFailure
from .probe_replies import MOST_PROBES, read_decisions, read_predictions, read_situations
from .probe_requests import LEANINGS, PROMPTS, again, ask_judge, ask_reader, ask_situations, shown
from .prompting import load_prompt

if TYPE_CHECKING:
    from collections.abc import Awaitable, Iterable, Sequence

    from ..orchestrator.nouns.plan import SpecView
    from ..orchestrator.rules.probing import Cluster, Probe, Spread
    from .models.port import Model, Request

T = TypeVar("T")
PROBING = "spec.probe"
"""The task id of the probe's calls. No plan can have it, and what they cost is none of the planner's."""

READERS = 5
_LOST = (BadReply, CallLost, ContextOverflow, Filtered, RecordedFailure)
"""Errors of one answer. Probing goes on without it; every other error concerns all that a run will ask."""

_TURNS = 1_000
"""Clusters a turn has room for, by which the keys of two turns differ."""


class Shelf(Protocol):
    """Where results are kept between runs."""

    def get(self, key: str) -> str | None:
        """What was put there under that key; None where there is nothing, or nothing whole."""
        ...

    def put(self, key: str, text: str) -> None:
        """Keep a text."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Calls:
    """How many model calls a probe makes; what it may make at most is twice that, if every answer is repaired."""

    pro: int
    flash: int


class ModelProber:
    """A Prober that asks models.

    Args:
        model: what answers; a Caller, so that no call is paid for twice.
        shelf: keeps results; None for nowhere.
        readers: how many predictions are made of each situation.
    """

    def __init__(self, model: Model, *, shelf: Shelf | None = None, readers: int = READERS) -> None:
        if readers < FEWEST_READERS:
            raise ValueError(f"a probe needs at least {FEWEST_READERS} readers, not {readers}")
        self._model = model
        self._shelf = shelf
        self._readers = readers

    async def probe(
        self, spec: SpecView, *, decisions: Sequence[tuple[str, str]] = (), turn: int = 0
    ) -> tuple[Probed, ...]:
        """What came of each cluster; see orchestrator.rules.probing.Prober.

        An error of one call is raised once all others that were begun have ended: their answers are paid for, and a
        second probing finds them in the journal.
        """
        if not worth_probing(spec):
            return ()
        found = clusters(spec, decisions=decisions)
        text = shown(spec, decisions)
        results, _ = await _ended(
            self._cluster(spec, cluster, text=text, number=turn * _TURNS + index) for index, cluster in enumerate(found)
        )
        return tuple(results)

    def calls(self, spec: SpecView, *, decisions: Sequence[tuple[str, str]] = ()) -> Calls:
        """What `probe` would ask, as a rule; nothing of what is on the shelf."""
        if not worth_probing(spec):
            return Calls(pro=0, flash=0)
        count = sum(self._kept(cluster) is None for cluster in clusters(spec, decisions=decisions))
        return Calls(pro=2 * count, flash=self._readers * count)

    async def _cluster(self, spec: SpecView, cluster: Cluster, *, text: str, number: int) -> Probed:
        if (kept := self._kept(cluster)) is not None:
            return kept
        try:
            found = await self._probed(spec, cluster, text=text, number=number)
        except _LOST as bad:
            # The models' failing, not the spec's; it must not keep the work from starting, nor be taken for a result.
            return Probed(cluster=cluster, trouble=str(bad))
        if self._shelf is not None:
            self._shelf.put(self._name(cluster), msgspec.json.encode(found).decode())
        return found

    async def _probed(self, spec: SpecView, cluster: Cluster, *, text: str, number: int) -> Probed:
        probes = await self._situations(spec, cluster, text=text, number=number)
        if not probes:
            return Probed(cluster=cluster)
        spreads = await self._spreads(probes, text=text, number=number)
        open_ = [each for each in spreads if each.ambiguous]
        agreed = tuple(Settled(probe=each.probe, how="agreed") for each in spreads if not each.ambiguous)
        decisions = await self._decisions(open_, text=text, number=number) if open_ else ()
        result = outcome(decisions, open_, spec=spec, text=text)
        return Probed(
            cluster=cluster,
            settled=agreed + result.settled,
            assumptions=result.assumptions,
            raised=result.raised,
        )

    async def _situations(self, spec: SpecView, cluster: Cluster, *, text: str, number: int) -> tuple[Probe, ...]:
        request = ask_situations(spec, cluster, text=text)
        key = _key("prober", number)
        known = frozenset(item.id for item in spec.requirements)
        said = await self._said(key, request)
        try:
            return read_situations(said, known=known)
        except Malformed as malformed:
            wrong = malformed.problems
        said = await self._said(_repair(key), again(request, said, wrong))
        return read_situations(said, known=known)

    async def _spreads(self, probes: Sequence[Probe], *, text: str, number: int) -> tuple[Spread, ...]:
        """What the readers make of each probe; readers whose answers cannot be used are left out."""
        readers = (self._reader(probes, text=text, number=number, reader=each) for each in range(self._readers))
        answers, lost = await _ended(readers)
        if len(answers) < FEWEST_READERS:
            raise lost[0]
        spreads = [spread(probe, [each[probe.id] for each in answers if probe.id in each]) for probe in probes]
        return tuple(each for each in spreads if each.readers >= FEWEST_READERS)

    async def _reader(self, probes: Sequence[Probe], *, text: str, number: int, reader: int) -> dict[str, str]:
        request = ask_reader(probes, text=text, reader=reader)
        key = _key("prober.reader", number, reader=reader)
        said = await self._said(key, request)
        found, wrong = _predictions(said, probes)
        if wrong:
            more, _ = _predictions(await self._said(_repair(key), again(request, said, wrong)), probes)
            found |= more
        if len(found) * 2 < len(probes):
            raise Malformed("a reader of the spec left out most situations", problems=wrong, said=said)
        return found

    async def _decisions(self, open_: Sequence[Spread], *, text: str, number: int) -> tuple[Decision, ...]:
        """The judge's decisions; those that do not hold after a second answer are for `outcome` to deal with."""
        request = ask_judge(open_, text=text)
        key = _key("prober.judge", number)
        said = await self._said(key, request)
        found: tuple[Decision, ...] = ()
        try:
            found = read_decisions(said, most=MOST_PROBES)
            wrong = faults(found, open_, text)
        except Malformed as malformed:
            wrong = malformed.problems
        if not wrong:
            return found
        said = await self._said(_repair(key), again(request, said, wrong[: 2 * MOST_PROBES]))
        return read_decisions(said, most=MOST_PROBES)

    async def _said(self, key: CallKey, request: Request) -> str:
        return (await self._model.complete(key, request)).text

    def _kept(self, cluster: Cluster) -> Probed | None:
        text = None if self._shelf is None else self._shelf.get(self._name(cluster))
        if text is None:
            return None
        try:
            return msgspec.json.decode(text, type=Probed)
        except msgspec.MsgspecError:
            return None

    def _name(self, cluster: Cluster) -> str:
        """Changes with the items, with the prompts, and with who is asked."""
        prompts = [load_prompt(name).digest for name in PROMPTS]
        parts = [cluster.digest, *cluster.items, *prompts, *LEANINGS, str(self._readers)]
        return hashlib.sha256("\0".join(parts).encode()).hexdigest()


def _predictions(said: str, probes: Sequence[Probe]) -> tuple[dict[str, str], tuple[str, ...]]:
    """What can be read of a reader's answer, and what is wrong with the rest."""
    try:
        found = read_predictions(said, probes)
    except Malformed as malformed:
        return {}, malformed.problems
    missing = [probe.id for probe in probes if probe.id not in found]
    return found, (f"there is no answer for {', '.join(missing)}",) if missing else ()


def _key(role: str, number: int, *, reader: int = 0) -> CallKey:
    return CallKey(attempt=AttemptKey(task=PROBING, rollout=reader), role=role, turn=number)


def _repair(key: CallKey) -> CallKey:
    return CallKey(attempt=key.attempt, role=key.role, turn=key.turn, step=1)


async def _ended(work: Iterable[Awaitable[T]]) -> tuple[list[T], list[ModelError]]:
    """The results, and the errors of single answers; any other error is raised, once everything has ended."""
    results: list[T] = []
    lost: list[ModelError] = []
    for each in await asyncio.gather(*work, return_exceptions=True):
        if isinstance(each, _LOST):
            lost.append(each)
        elif isinstance(each, BaseException):
            raise each
        else:
            results.append(each)
    return results, lost
