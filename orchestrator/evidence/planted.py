"""Proves a gate on one tree: it says the same twice, and a fault planted in each package turns it red.

A fault is a mutant. It is caught where a test that passed in both runs of the tree as it is ran and failed, or was not
run, or where a command of the gate that ended with 0 does not any more. A fault that was never built, or whose file
could not be imported, says nothing of any test, and the next one is tried.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from ..nouns.verdicts import GateReport, TestResult
from ..ports import Git, TreeEntry
from .mutants import Mutant, Rank, order, with_content
from .mutations import Edit, Kind
from .packages import Package, packages
from .reading import MODULE
from .sources import edits
from .together import together
from .trial import unbuilt

MOST = 3
"""How many faults a package is given, unless told otherwise, before nothing is said to test it."""
_SPOILED = 2
"""So many times as many may come to nothing."""
_LARGEST = 400_000
"""Bytes of a file that is still mutated: beyond it stands generated code."""
_REGULAR = ("100644", "100755")
_PATIENCE = 5.0
"""A fault may take this many times as long as the tree as it is, and as many seconds more."""
_TELLING: tuple[Kind, ...] = ("return", "branch", "dropped", "logic", "comparison", "order", "arithmetic", "negation")
"""What a test of a function is likeliest to see comes first."""
_BAD = ("failed", "error")
MISSING = "not run"

Ending = Literal["caught", "missed", "spoiled"]
Say = Callable[[str], None]


class Witness(Protocol):
    """The gate, as what is proven; `PytestGate` is one."""

    async def observe(
        self, tree: str, *, edits: Mapping[str, bytes] | None = None, seconds: float | None = None
    ) -> GateReport:
        """What it sees this time of a tree with some files replaced."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """A planted fault; ``by`` is the test or the command that caught it, or what kept it from saying anything."""

    mutant: Mutant
    ending: Ending
    by: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Planted:
    """A package and the faults it was given, in their order; the last one is caught, or none is."""

    package: str
    faults: tuple[Fault, ...]

    @property
    def caught(self) -> Fault | None:
        """The fault that was caught."""
        return next((each for each in self.faults if each.ending == "caught"), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """A test or a command that came to something else on the very same tree."""

    name: str
    first: str
    second: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Proven:
    """What a gate was seen to do on a tree."""

    runs: tuple[GateReport, GateReport]
    differs: tuple[Difference, ...]
    red: tuple[str, ...]
    """Tests and commands that are red on the tree as it is, in both runs, and so catch nothing."""
    packages: tuple[Planted, ...] = ()

    @property
    def ok(self) -> bool:
        """It can fail wherever there is a program, and says the same each time."""
        return bool(self.packages) and not self.differs and all(each.caught for each in self.packages)


async def prove_gate(
    tree: str, *, gate: Witness, git: Git, wanted: Sequence[str] = (), most: int = MOST, say: Say = lambda _: None
) -> Proven:
    """Run the gate twice on a tree, then once for each fault; where a run did not end by itself, no fault is tried.

    ``wanted`` are folders whose packages are looked at, all where there is none; ``most`` is how many faults each gets.
    """
    say("running the gate twice on the same tree ...")
    first = await gate.observe(tree)
    second = await gate.observe(tree) if first.complete else first
    runs = (first, second)
    known = Proven(runs=runs, differs=differences(first, second), red=_red(first, second))
    if not (first.complete and second.complete):
        return known
    planter = _Planter(tree=tree, gate=gate, git=git, runs=runs, most=most, say=say)
    entries = {path: each for path, each in (await git.entries(tree)).items() if each.mode in _REGULAR}
    found = await together(planter.plant(each, entries) for each in packages(entries, wanted=wanted))
    return Proven(runs=runs, differs=known.differs, red=known.red, packages=tuple(filter(None, found)))


def differences(first: GateReport, second: GateReport) -> tuple[Difference, ...]:
    """What came to something else in the second run, by name."""
    one, two = _outcomes(first), _outcomes(second)
    return tuple(
        Difference(name=name, first=one.get(name, MISSING), second=two.get(name, MISSING))
        for name in sorted({*one, *two})
        if one.get(name) != two.get(name)
    )


def _outcomes(report: GateReport) -> dict[str, str]:
    found: dict[str, str] = {result.id: result.outcome for result in report.results}
    found |= {f"`{each.command}`": f"ended with {each.exit}" for each in report.commands}
    return found if report.complete else found | {"the test run": report.problem.partition("\n")[0]}


def _red(first: GateReport, second: GateReport) -> tuple[str, ...]:
    return tuple(sorted(_red_in(first) & _red_in(second)))


def _red_in(report: GateReport) -> set[str]:
    tests = {each.id for each in report.results if each.outcome in _BAD}
    return tests | {f"`{each.command}`" for each in report.commands if each.exit != 0}


def caught(report: GateReport, *, runs: Sequence[GateReport]) -> tuple[Ending, str]:
    """What a fault came to, judged by what passed in all ``runs`` of the tree without it, and what said so."""
    steady = frozenset.intersection(*(each.passed() for each in runs))
    ended = frozenset.intersection(*(_green(each) for each in runs))
    if not report.complete:
        return "spoiled", report.problem.partition("\n")[0]
    bad = [each for each in report.results if each.outcome in _BAD]
    failed = [each for each in bad if each.id in steady and _ran(each)]
    if failed:
        return "caught", min(failed, key=lambda each: (each.raised != "assertion", each.id)).id
    for command in report.commands:
        if command.command in ended and command.exit != 0:
            return "caught", f"`{command.command}`"
    broken = next((each for each in bad if not _ran(each)), None)
    if broken is not None:
        return "spoiled", f"{broken.id} could not be run"
    gone = sorted(steady - report.passed())
    return ("caught", f"{gone[0]}, which was not run") if gone else ("missed", "")


def _green(report: GateReport) -> frozenset[str]:
    return frozenset(each.command for each in report.commands if each.exit == 0)


def _ran(result: TestResult) -> bool:
    """Whether a test ran, and did not only fail to be built or imported."""
    return "::" in result.id and not unbuilt(result.detail)


def faults(files: Mapping[str, bytes]) -> Iterator[Mutant]:
    """The mutants of a package in the order in which they are planted: from each file in turn, the fullest first."""
    found = {path: edits(path, source) for path, source in sorted(files.items())}
    waiting: dict[str, deque[Mutant]] = {path: deque() for path in sorted(found, key=lambda path: -len(found[path]))}
    for mutant in order(found, _telling):
        waiting[mutant.path].append(mutant)
    while any(waiting.values()):
        yield from (queue.popleft() for queue in waiting.values() if queue)


def _telling(_: str, edit: Edit) -> Rank:
    place = _TELLING.index(edit.kind) if edit.kind in _TELLING else len(_TELLING)
    return (1 if edit.scope == MODULE else 0), place


@dataclass(frozen=True, slots=True, kw_only=True)
class _Planter:
    """Plants faults in the packages of one tree until one is caught."""

    tree: str
    gate: Witness
    git: Git
    runs: tuple[GateReport, GateReport]
    most: int
    say: Say

    async def plant(self, package: Package, entries: Mapping[str, TreeEntry]) -> Planted | None:
        """What became of a package; None where nothing in it can be made wrong."""
        contents = await self.git.read_many([entries[path].id for path in package.files])
        files = {path: contents[entries[path].id] for path in package.files}
        files = {path: content for path, content in files.items() if len(content) <= _LARGEST}
        most = self.most * (1 + _SPOILED)
        chosen = await asyncio.to_thread(lambda: with_content(files, faults(files), most=most))
        if not chosen:
            return None
        done = Planted(package=package.folder, faults=await self._tried(chosen))
        last = done.caught
        self.say(f"{package.folder}: {f'{last.mutant} is caught by {last.by}' if last else 'not caught'}")
        return done

    async def _tried(self, chosen: Iterable[tuple[Mutant, bytes]]) -> tuple[Fault, ...]:
        tried: list[Fault] = []
        patience = max(each.seconds for each in self.runs) * _PATIENCE + _PATIENCE
        for mutant, content in chosen:
            report = await self.gate.observe(self.tree, edits={mutant.path: content}, seconds=patience)
            ending, by = caught(report, runs=self.runs)
            tried.append(Fault(mutant=mutant, ending=ending, by=by))
            if ending == "caught" or sum(each.ending == "missed" for each in tried) == self.most:
                break
        return tuple(tried)
