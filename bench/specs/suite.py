"""The suite ``specs``: what lint costs, what becomes of documents as people write them, and what checks see.

Documents of other people are read from a folder of checkouts, if there is one (corpora.py); a bar whose documents are
missing is told as not measured, with how to get them. The rest is measured on specs that are made or shipped here.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from itertools import chain
from math import nan
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from ..parts.processes import CommandFailed
from ..report import Bar, Report, Unmeasured, cores
from . import exercism, speed, telling, wording
from .canonical import exercises
from .corpora import DOCUMENTS, EXERCISM, OPENSPEC, Document, Shelf, look
from .editing import misjudged
from .generated import spec_of, untidy
from .patchwork import patchwork
from .reading import Read, read, sample, wrong

COMPILED = 120
"""Exercises whose canonical data becomes checks that pytest collects."""
APART = 10
"""Exercises whose checks tell a right solution from a wrong one."""
MADE, QUICK_MADE = 40, 8
"""Specs that are generated, of each of the two kinds."""
SEWN, QUICK_SEWN = 4000, 400
"""Documents of scraps."""
QUICK_DOCUMENTS = 20
"""Of each corpus, in a quick run."""
EDITED, QUICK_EDITED = 9, 3
"""Specs that are edited one item at a time."""
_EDITED_WORDS = 150
"""How much longer each of them is than the one before."""
SHOWN = 4
"""Things that went wrong, told in full; all are counted."""
RETYPED = "not the same when retyped"
PROMISES = {
    "not read whole": ("crash", "lost"),
    "not the same when formatted": ("crash", "reformatted"),
    RETYPED: ("crash", "rewrapped", "emphasised"),
}
"""What a bar counts documents by, and the parts of what was found that speak of it."""
_SHIPPED = Path(__file__).parents[2] / "specs" / "examples"


@dataclass(slots=True, kw_only=True)
class Findings:
    """What has been measured so far."""

    bars: list[Bar] = field(default_factory=list)
    unmeasured: list[Unmeasured] = field(default_factory=list)
    figures: dict[str, Any] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)


def run(*, quick: bool, corpora: str | None = None) -> Report:
    """All of it, or a sample of under a minute; ``corpora`` is the folder of checkouts."""
    shelf, found = look(corpora), Findings()
    _cost(found, quick=quick)
    with ProcessPoolExecutor(max_workers=cores(), mp_context=get_context("spawn")) as pool:
        for name, documents in _groups(shelf, found, quick=quick):
            _documents(found, name, list(pool.map(read, documents, chunksize=4)))
    _edits(found, quick=quick)
    _words(found, shelf)
    _exercises(found, shelf)
    return Report(
        suite="specs",
        quick=quick,
        bars=tuple(found.bars),
        unmeasured=tuple(found.unmeasured),
        figures=found.figures,
        problems=tuple(found.problems),
    )


def _cost(found: Findings, *, quick: bool) -> None:
    try:
        cost = speed.measure(quick=quick)
    except CommandFailed as failed:
        found.problems.append(f"lint: {failed}")
        return
    found.bars += cost.bars
    found.figures |= cost.figures


def made(*, quick: bool) -> list[Document]:
    """Specs in the format, tidy and untidy, and those that are shipped as examples."""
    seeds = range(1, 1 + (QUICK_MADE if quick else MADE))
    tidy = (Document(name=f"tidy {seed}.md", text=spec_of(100 * seed, seed=seed)) for seed in seeds)
    loose = (Document(name=f"untidy {seed}.md", text=untidy(100 * seed, seed=seed)) for seed in seeds)
    shipped = (Document(name=file.name, text=file.read_text(encoding="utf-8")) for file in _shipped())
    return [*tidy, *loose, *shipped]


def sewn(*, quick: bool) -> list[Document]:
    """Patchwork; the number in a document's name is its seed."""
    seeds = range(1, 1 + (QUICK_SEWN if quick else SEWN))
    return [Document(name=f"patchwork {seed}.md", text=patchwork(seed=seed)) for seed in seeds]


def _shipped() -> Sequence[Path]:
    return sorted(_SHIPPED.glob("*.md"))


def _groups(shelf: Shelf, found: Findings, *, quick: bool) -> Iterator[tuple[str, Sequence[Document]]]:
    """The groups of documents that are read, by name; those that are missing are told."""
    yield "made or shipped", made(quick=quick)
    yield "patchwork", sewn(quick=quick)
    for corpus in DOCUMENTS:
        if why := shelf.why_not(corpus):
            found.unmeasured += [
                Unmeasured(name=_name(corpus.name, promise), limit=0.0, unit="", why=why) for promise in PROMISES
            ]
        else:
            documents = shelf.of(corpus)
            yield corpus.name, sample(documents, QUICK_DOCUMENTS) if quick else documents


def _name(group: str, promise: str) -> str:
    return f"{group}: documents {promise}"


def _documents(found: Findings, group: str, read_ones: Sequence[Read]) -> None:
    """The bars of one group, and what each kind of document was taken as."""
    for promise, parts in PROMISES.items():
        bad = sum(any(getattr(each, part) for part in parts) for each in read_ones)
        tried = promise != RETYPED or any(each.lines_moved and each.words_marked for each in read_ones)
        found.bars.append(Bar(name=_name(group, promise), value=float(bad) if tried else nan, limit=0.0, unit=""))
    told = list(chain.from_iterable(wrong(read_ones, part) for part in dict.fromkeys(chain(*PROMISES.values()))))
    figures: dict[str, Any] = {
        "documents": len(read_ones),
        "levels": dict(sorted(Counter(each.taken.partition(":")[0] or "crashed" for each in read_ones).items())),
        "paragraphs_broken_anew": sum(each.lines_moved for each in read_ones),
        "words_emphasised": sum(each.words_marked for each in read_ones),
        "refused_as_they_are": len(refused := wrong(read_ones, "refused")),
        "for_example": f"{read_ones[-1].name} is {read_ones[-1].taken}" if read_ones else "",
    }
    examples = {"refused": refused[:SHOWN], "wrong": told[:SHOWN]}
    found.figures[group] = figures | {name: some for name, some in examples.items() if some}


def _edits(found: Findings, *, quick: bool) -> None:
    seeds = range(1, 1 + (QUICK_EDITED if quick else EDITED))
    judged = [misjudged(spec_of(_EDITED_WORDS * seed, seed=seed)) for seed in seeds]
    wrong_ones = [each for told, _ in judged for each in told]
    found.bars.append(
        Bar(name="edits of one thing that dirty not exactly its closure", value=len(wrong_ones), limit=0.0, unit="")
    )
    found.figures["edits_tried"] = sum(tried for _, tried in judged)
    if wrong_ones:
        found.figures["edits_misjudged"] = wrong_ones[:SHOWN]


def _words(found: Findings, shelf: Shelf) -> None:
    name, unit = "OpenSpec's requirement sentences that a default-on rule of words fires on", "%"
    if why := shelf.why_not(OPENSPEC):
        found.unmeasured.append(Unmeasured(name=name, limit=100 * wording.MOST, unit=unit, why=why))
        return
    firing = wording.firing(shelf.of(OPENSPEC))
    found.bars.append(Bar(name=name, value=100 * firing.share, limit=100 * wording.MOST, unit=unit))
    found.figures |= firing.figures()


def _exercises(found: Findings, shelf: Shelf) -> None:
    compiled_name, apart_name = "exercises with compiled checks", "exercises whose checks tell right from wrong"
    root = shelf.root(EXERCISM)
    if root is None:
        why = shelf.why_not(EXERCISM)
        limits = {compiled_name: COMPILED, apart_name: APART}
        found.unmeasured += [Unmeasured(name=name, limit=least, unit="", why=why) for name, least in limits.items()]
        return
    ready = [exercism.compiled(exercise) for exercise in exercises(root)]
    good = exercism.collecting(ready)
    found.bars.append(Bar(name=compiled_name, value=len(good), limit=COMPILED, unit="", least=True))
    found.figures |= _compiled_figures(ready, good)
    try:
        told = telling.tell(one for one in good if one.exercise.slug in telling.solved())
    except telling.CannotJudge as cannot:
        found.unmeasured.append(Unmeasured(name=apart_name, limit=APART, unit="", why=str(cannot)))
        return
    apart = [one.slug for one in told if one.apart]
    found.bars.append(Bar(name=apart_name, value=len(apart), limit=APART, unit="", least=True))
    found.figures["exercises_told_apart"] = apart
    if mixed := {one.slug: one.against_right[:SHOWN] for one in told if not one.apart}:
        found.figures["exercises_not_told_apart"] = mixed


def _compiled_figures(ready: Sequence[exercism.Compiled], good: Sequence[exercism.Compiled]) -> dict[str, Any]:
    fine = {one.exercise.slug for one in good}
    out: dict[str, int] = {}
    for why, number in chain.from_iterable(one.exercise.left_out.items() for one in ready):
        out[why] = out.get(why, 0) + number
    return {
        "exercises_with_canonical_data": len(ready),
        "exercises_without_checks": [one.exercise.slug for one in ready if one.exercise.slug not in fine],
        "exercise_tests": sum(len(check.tests) for one in good for check in one.checks),
        "exercise_cases_left_out": out,
        "exercise_trouble": [f"{one.exercise.slug}: {why}" for one in ready for why in one.wrong][:SHOWN],
    }
