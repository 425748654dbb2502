"""Which planted gaps a probe asked about, and what it asked without need. Reads specs, gaps and recordings."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec

from ...agents import recording
from ...agents.models.replay import Drift, ReplayModel
from ...agents.probe import ModelProber
from ...orchestrator.clock import SystemClock
from ...orchestrator.nouns.plan import SpecView
from ...orchestrator.nouns.questions import Question
from ...orchestrator.rules.probe_batch import Batch, batch
from ...orchestrator.spec_view import spec_view
from ...specs.parse import parse

HERE = Path(__file__).parent
SPECS, GAPS, RECORDINGS = HERE / "specs", HERE / "gaps.json", HERE / "recordings"


class Gap(msgspec.Struct, frozen=True, kw_only=True):
    """A behaviour that a spec leaves open on purpose.

    A question is about it if, in each of ``mentions``, it has one of the words; ``sentence`` says it to people.
    """

    id: str
    sentence: str
    mentions: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """What came of one spec. A second question about a gap that was asked about is without need as well."""

    spec: str
    found: tuple[str, ...]
    missed: tuple[str, ...]
    needless: tuple[str, ...]
    """The questions themselves."""
    questions: int


def view(path: Path) -> SpecView:
    """A spec of the bench as a run would see it."""
    return spec_view(parse(path.read_text(encoding="utf-8"), name=path.name))


def gaps(path: Path = GAPS) -> Mapping[str, tuple[Gap, ...]]:
    """The planted gaps of every spec by the name of its file; complete specs have none."""
    return msgspec.json.decode(path.read_bytes(), type=dict[str, tuple[Gap, ...]])


def about(question: Question, gap: Gap) -> bool:
    """Whether a question is about a gap: its sentence and its options count, not why it is asked."""
    said = " ".join([question.text, *(option.text for option in question.options)]).casefold()
    return all(any(word in said for word in words) for words in gap.mentions)


def score(spec: str, questions: Sequence[Question], planted: Sequence[Gap]) -> Score:
    """Match questions to gaps, each to one at most, in the order of the questions."""
    left = list(planted)
    needless: list[str] = []
    for question in questions:
        gap = next((each for each in left if about(question, each)), None)
        if gap is None:
            needless.append(question.text)
        else:
            left.remove(gap)
    return Score(
        spec=spec,
        found=tuple(gap.id for gap in planted if gap not in left),
        missed=tuple(gap.id for gap in left),
        needless=tuple(needless),
        questions=len(questions),
    )


async def replayed(spec: Path, recorded: Path) -> tuple[Batch, tuple[Drift, ...]]:
    """What the probe asks with the answers of then, and the calls that are asked otherwise now."""
    drifts: list[Drift] = []
    model = ReplayModel(recording.read(recorded), clock=SystemClock(), scale=0.0, on_drift=drifts.append)
    found = view(spec)
    return batch(await ModelProber(model).probe(found), spec=found), tuple(drifts)
