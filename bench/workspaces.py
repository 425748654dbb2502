"""The suite ``workspaces``: fifty workspaces on a repository of 5,000 files, landings, and what is left in the user's.

Real files, git, tables and merge queue; only the gate answers at once, so that what is left of a landing is the merge,
the commit, the ref and the rows. A workspace is ready when its files and the git directory of its first command are
there. The user's repository is compared before and after: every file under ``.git`` but objects and our own refs.
"""

import asyncio
import os
import resource
import statistics
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from multiprocessing import get_context
from pathlib import Path

from ..orchestrator.clock import SystemClock
from ..orchestrator.git.opening import open_repository
from ..orchestrator.git.repository import Repository
from ..orchestrator.git.synthetic import write_history
from ..orchestrator.landing import Branch
from ..orchestrator.merge_queue import MergeQueue
from ..orchestrator.nouns.events import AttemptStarted, Chosen, Judged, Patched, Planned, RunCreated
from ..orchestrator.nouns.keys import AttemptKey, integration_branch
from ..orchestrator.nouns.plan import Estimate, LockedTest, Plan, SpecView, Task, Team
from ..orchestrator.nouns.runs import RunSettings
from ..orchestrator.nouns.verdicts import Expectation, GateReport, Verdict
from ..orchestrator.ports import Completed, Store, TreeEntry
from ..orchestrator.run_view import START, RunView
from ..orchestrator.store.folder import EXCLUDED, create
from ..orchestrator.store.sqlite import SqliteStore
from ..orchestrator.workspace.attempt import HostWorkspace
from ..orchestrator.workspace.host import HostWorkspaces
from . import small
from .parts import target
from .report import Bar, Report, cores

WORKSPACES, TRIES, LANDINGS = 50, 5, 50
READY_SECONDS, LANDING_SECONDS = 10.0, 0.05
READY_RATIO = 2.0
_URL = "http://127.0.0.1:9"
RUN = "bench1"
_OURS = (".git/objects/", ".git/refs/agentctl/", ".git/refs/heads/agentctl/")


def run(*, quick: bool) -> Report:
    """Five openings of fifty and fifty landings; quick: one and ten."""
    with tempfile.TemporaryDirectory(prefix="workspaces-") as place:
        root = target.create(Path(place, "repo"), small.files(_URL))
        before = dict(files_of_git(root))
        opened, bare = _opened(root, tries=1 if quick else TRIES)
        landed = asyncio.run(_landed(root, count=10 if quick else LANDINGS))
        differs = differing(before, dict(files_of_git(root)))
        complaints = target.git(root, "fsck", "--strict", "--no-dangling", "--no-progress").splitlines()
    bars = (
        Bar(name="50 workspaces ready", value=_median(opened).seconds, limit=READY_SECONDS, unit="s"),
        Bar(name="that, over the same files written bare", value=_ratio(opened, bare), limit=READY_RATIO, unit=""),
        Bar(name="landing without its gate", value=_median(landed).seconds, limit=LANDING_SECONDS, unit="s"),
        Bar(name="files of the user's .git that changed", value=float(len(differs)), limit=0.0, unit="files"),
        Bar(name="complaints of git fsck", value=float(len(complaints)), limit=0.0, unit="lines"),
    )
    figures = {
        "files": small.FILES,
        "ready_seconds": [each.seconds for each in opened],
        "ready_cpu_seconds": [each.cpu for each in opened],
        "bare_seconds": [each.seconds for each in bare],
        "bare_cpu_seconds": [each.cpu for each in bare],
        "landing_seconds_worst": max(each.seconds for each in landed),
        "landing_cpu_seconds": _median(landed).cpu,
        "changed": differs[:20],
        "fsck": complaints[:20],
    }
    return Report(suite="workspaces", quick=quick, bars=bars, figures=figures)


@dataclass(slots=True, kw_only=True)
class Taken:
    """How long something took, and what it cost of the processors, children that ended included."""

    seconds: float = 0.0
    cpu: float = 0.0


@contextmanager
def taken() -> Iterator[Taken]:
    """Filled in when the block ends."""
    found, begun, used = Taken(), time.perf_counter(), _cpu()
    yield found
    found.seconds, found.cpu = time.perf_counter() - begun, _cpu() - used


def _cpu() -> float:
    both = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(used.ru_utime + used.ru_stime for used in both)


def _median(found: Sequence[Taken]) -> Taken:
    return Taken(
        seconds=statistics.median(each.seconds for each in found), cpu=statistics.median(each.cpu for each in found)
    )


class _Nothing:
    """Satisfies Runner; a workspace makes its git directory before it calls."""

    async def run(self, command: str, *, root: Path, seconds: float) -> Completed:  # noqa: ARG002 - the port's
        """Do nothing, at once."""
        return Completed(exit=0, output="", seconds=0.0, cpu_seconds=0.0)


def _opened(root: Path, *, tries: int) -> tuple[list[Taken], list[Taken]]:
    """How long fifty took each time, and the same files alone, each time.

    What making files costs differs from machine to machine, and from one hour to the next. Nothing is deleted until the
    end, and each try has a process of its own: for five minutes ext4 gives no number of a deleted file to another one,
    and looks through all of them for each.
    """
    with ProcessPoolExecutor(1, mp_context=get_context("spawn"), max_tasks_per_child=1) as pool:
        found = list(pool.map(_tried, [root] * tries, range(tries)))
    return [ready for ready, _ in found], [bare for _, bare in found]


def _tried(root: Path, number: int) -> tuple[Taken, Taken]:
    return asyncio.run(_try(root, root / ".agentctl/work" / f"try{number}"))


async def _try(root: Path, place: Path) -> tuple[Taken, Taken]:
    """One try, once a single workspace has read what there is to read."""
    git = open_repository(root)
    tree = await git.tree_of(await git.resolve("HEAD") or "")
    workspaces = HostWorkspaces(git, place / "ready", _Nothing(), history=partial(write_history, git))
    await _ready(workspaces, tree, 0)
    bare = await asyncio.to_thread(_written, place / "bare", small.files(_URL))
    with taken() as ready:
        await asyncio.gather(*(_ready(workspaces, tree, number) for number in range(1, WORKSPACES + 1)))
        await workspaces.drain()  # nothing was thrown away; what the processes that wrote have cost is known now
    return ready, bare


async def _ready(workspaces: HostWorkspaces, tree: str, number: int) -> HostWorkspace:
    workspace = await workspaces.open(AttemptKey(task=f"T{number}"), tree)
    await workspace.run("true", seconds=60)
    return workspace


def _written(place: Path, files: Mapping[str, str]) -> Taken:
    """The least that fifty copies of these files can cost: opened, written and closed, on all processors."""
    contents = {path: text.encode() for path, text in files.items()}
    with taken() as spent, ThreadPoolExecutor(cores()) as pool:
        list(pool.map(lambda number: _copy(place / str(number), contents), range(WORKSPACES)))
    return spent


def _copy(folder: Path, contents: Mapping[str, bytes]) -> None:
    for below in {os.path.dirname(path) for path in contents}:  # noqa: PTH120 - as files are written below
        (folder / below).mkdir(parents=True, exist_ok=True)
    for path, content in contents.items():
        fd = os.open(f"{folder}/{path}", os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o644)
        os.write(fd, content)
        os.close(fd)


def _ratio(ready: Sequence[Taken], bare: Sequence[Taken]) -> float:
    return statistics.median(one.seconds / other.seconds for one, other in zip(ready, bare, strict=True))


class _AtOnce:
    """Satisfies Gate: everything is green, and recorded as a gate records it."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def report(self, tree: str, *, locked: Sequence[LockedTest] = ()) -> GateReport:  # noqa: ARG002 - the port's
        """Nothing was run."""
        return GateReport(complete=True, results=())

    async def judge(
        self,
        tree: str,
        *,
        expectation: Expectation,  # noqa: ARG002 - the port's
        locked: Sequence[LockedTest] = (),  # noqa: ARG002 - the port's
        key: AttemptKey | None = None,
        priority: float = 0.0,  # noqa: ARG002 - the port's
        again: bool = False,  # noqa: ARG002 - the port's
    ) -> Verdict:
        """Passed."""
        verdict = Verdict(tree=tree, gate="at once", passed=True)
        self._store.append(Judged(verdict=verdict, report=self._store.put_blob("{}"), key=key), author="gate")
        return verdict


async def _landed(root: Path, *, count: int) -> list[Taken]:
    """Patches that arrive one after the other, each landed before the next is handed in."""
    folder, clock, git = create(root, RUN), SystemClock(), open_repository(root)
    with SqliteStore(folder.run_db, clock=clock, redact=str, blobs=folder.blobs) as store:
        base = await git.resolve("HEAD") or ""
        spec = await _begun(store, git, base=base, count=count)
        view = RunView(store, spec, Expectation())
        branch = Branch(run=RUN, git=git, store=store, clock=clock, view=view)
        queue = MergeQueue(branch, git=git, store=store, gate=_AtOnce(store), view=view, slots=1)
        serving = asyncio.create_task(queue.serve())
        try:
            return [await _land(store, git, queue, base=base, number=number) for number in range(count)]
        finally:
            serving.cancel()
            with suppress(asyncio.CancelledError):
                await serving


async def _begun(store: Store, git: Repository, *, base: str, count: int) -> SpecView:
    tasks = tuple(
        Task(id=f"T{n}", team="core", title=f"Do {n}", goal=f"Write {n}.", owns=(f"new{n}.txt",)) for n in range(count)
    )
    plan = Plan(summary="Landings.", teams=(Team(id="core", purpose="All."),), tasks=tasks)
    settings = RunSettings(profile="replay", repo=str(git.location.root))
    created = RunCreated(run=RUN, spec_id="s", spec_blob="", title="S", base=base, settings=settings)
    planned = Planned(plan=plan, estimate=Estimate(calls=0, usd=0.0, minutes=0.0, critical_path=()))
    store.append(created, planned, Chosen(key=START, value=base), author="bench")
    await git.move_ref(integration_branch(RUN), new=base, old=None)
    return SpecView(id="s", digest="d" * 64, title="S", text="", requirements=())


async def _land(store: Store, git: Repository, queue: MergeQueue, *, base: str, number: int) -> Taken:
    key, base_tree = AttemptKey(task=f"T{number}"), await git.tree_of(base)
    entry = TreeEntry(mode="100644", id=await git.write(f"{number}\n".encode()))
    tree = await git.amend_tree(base_tree, {f"new{number}.txt": entry})
    patch = await git.commit(tree=tree, parents=[base], message="An attempt", at=0.0)
    await git.move_ref(key.ref(RUN), new=patch, old=None)
    store.append(
        AttemptStarted(key=key, rung="flash", base_tree=base_tree),
        Patched(key=key, patch=patch, tree=tree),
        author="bench",
    )
    with taken() as spent:
        outcome = await queue.submit(key)
    if not outcome.landed:
        raise RuntimeError(f"{key} did not land: {outcome.reason}")
    return spent


def files_of_git(root: Path) -> Iterator[tuple[str, bytes]]:
    """Every file under ``.git`` that a run must leave as it is, with its content.

    The one line by which git is told to overlook ``.agentctl`` is not counted: it is neither committed nor shared.
    """
    for folder, _, names in os.walk(root / ".git"):
        for name in names:
            path = Path(folder, name)
            place = path.relative_to(root).as_posix()
            if not place.startswith(_OURS):
                yield place, path.read_bytes().replace(f"{EXCLUDED}\n".encode(), b"")


def differing(before: dict[str, bytes], after: dict[str, bytes]) -> list[str]:
    """The files that are new, gone or other."""
    return sorted(name for name in before.keys() | after.keys() if before.get(name) != after.get(name))
