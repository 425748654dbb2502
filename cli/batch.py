"""Builds several specs: prepares a run for each in its turn, has each driven by a process of its own, and waits.

Everything it needs to go on after a kill is in its file and in the runs' folders; drivers that outlive it are found
again by their locks. It spends nothing and lands nothing itself.
"""

import argparse
import asyncio
import os
import random
import re
import signal
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from ..orchestrator.errors import AgentctlError, AuthenticationError, GitError, SpecError, UsageError
from ..orchestrator.git.opening import open_repository
from ..orchestrator.git.stacking import stacked
from ..orchestrator.nouns.keys import integration_branch
from ..orchestrator.nouns.runs import Run
from ..orchestrator.rules.asking import money
from ..orchestrator.store.folder import RunFolder, all_runs, new_run_id
from ..tui.snapshot import FINISHED
from . import batch_file, processes
from .batch_file import Batch, Entry
from .batch_order import Wanted, arrange, width
from .driving import detached_log
from .moments import until as moment_of
from .outcome import BUDGET, DONE, NO_KEY, WAITING
from .output import say
from .repository import opened
from .settings import Flags, load
from .specfile import read_spec
from .starting import FRONT_MATTER, Wiring, prepared

if TYPE_CHECKING:
    from ..specs.nouns import Budget

LOOK = 0.2
"""Seconds between looks at the runs."""
CENT = 0.01
_LOG_LINES = 3
_PARKED = (DONE, WAITING, NO_KEY, BUDGET)
"""Exit codes of a driver that left its run waiting for a person; `Stranger` knows only 0."""
_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_NOT_OPTIONS = frozenset({"specs", "resume", "digest", "json", "repo", "until", "budget", "record", "replay", "detach"})


class Driving(Protocol):
    """A process that drives a run."""

    def ended(self) -> int | None:
        """Its exit code; None while it lives."""
        ...

    def signal(self, number: int) -> None:
        """Tell it to drain, or to stop."""
        ...


Launch = Callable[[RunFolder, list[str]], Driving]
"""Starts a driver for a run, with more options of `resume`."""


@dataclass(frozen=True, slots=True)
class Child:
    """A driver that this process started."""

    pid: int

    def ended(self) -> int | None:
        """As `Driving`."""
        return processes.ended(self.pid)

    def signal(self, number: int) -> None:
        """As `Driving`."""
        with suppress(ProcessLookupError):
            os.kill(self.pid, number)


@dataclass(frozen=True, slots=True)
class Stranger:
    """A driver that an earlier process started, and that is still at work."""

    folder: RunFolder

    def ended(self) -> int | None:
        """0 once nothing drives the run; its exit code is not known, its run's state is."""
        return None if self.folder.driver() is not None else 0

    def signal(self, number: int) -> None:
        """As `Driving`."""
        if found := re.match(r"process (\d+),", self.folder.driver() or ""):
            with suppress(ProcessLookupError):
                os.kill(int(found[1]), number)


def launched(folder: RunFolder, options: list[str]) -> Driving:
    """A driver in a session of its own, so that Ctrl-C reaches it through this process only."""
    command = ["resume", folder.run, "--repo", str(folder.path.parents[2]), "--progress", "plain", "--no-input"]
    return Child(processes.detach([*command, "--no-wait", *options], log=detached_log(folder)))


def begun(args: argparse.Namespace, root: Path) -> Batch:
    """A new batch of the specs on the command line, in the order of building; nothing is made yet.

    Raises:
        UsageError: of the arguments, or of a spec; all that is wrong with any spec is told at once.
    """
    if not args.specs:
        raise UsageError("Name the specs to build, such as specs/*.md; or --resume, or --digest.")
    if args.record or args.replay:
        raise UsageError("A recording is of one run: leave out --record and --replay.")
    wanted, titles, places = _read(args.specs, root, force=args.force)
    placed = arrange(wanted, built=_built(root))
    settings = load(root, Flags(workers=args.workers)).run
    entries = tuple(
        Entry(spec=places[each.path], path=each.path, title=titles[each.path], needs=each.needs, after=each.after)
        for each in placed
    )
    return Batch(
        id=new_run_id(random.SystemRandom()),
        made_at=time.time(),
        options={key: value for key, value in vars(args).items() if key not in _NOT_OPTIONS},
        entries=entries,
        usd=args.budget,
        width=min(width(placed), settings.limits.workers),
    )


def _read(names: Sequence[str], root: Path, *, force: bool) -> tuple[list[Wanted], dict[str, str], dict[str, str]]:
    from ..specs.lint import blocking, lint
    from ..specs.parse import parse

    wanted: list[Wanted] = []
    titles: dict[str, str] = {}
    places: dict[str, str] = {}
    wrong: list[str] = []
    for name in names:
        source = read_spec(name, sentence=None)
        place = Path(name).expanduser().resolve()
        path = place.relative_to(root).as_posix() if place.is_relative_to(root) else str(place)
        if path in places:
            continue
        spec = parse(source.text, name=source.name)
        errors = blocking(lint(spec))
        wrong += [str(each) for each in errors if not force or each.code in FRONT_MATTER]
        wanted.append(Wanted(path=path, owns=spec.meta.owns, depends=spec.meta.depends))
        titles[path], places[path] = spec.title or path, str(place)
    if wrong:
        raise SpecError("\n".join(["the specs have errors, so nothing was begun:", *(f"  {each}" for each in wrong)]))
    return wanted, titles, places


def _built(root: Path) -> list[str]:
    """The specs whose lock is in HEAD: what they asked for is there."""

    async def look() -> list[str]:
        git = open_repository(root)
        head = await git.resolve("HEAD")
        paths = await git.entries(await git.tree_of(head)) if head is not None else {}
        return [path.removesuffix(".lock") for path in paths if path.endswith(".md.lock")]

    return asyncio.run(look())


@dataclass(slots=True, kw_only=True)
class Supervisor:
    """One process's hold on a batch."""

    root: Path
    batch: Batch
    wiring: Wiring
    wait: bool
    until: float | None = None
    launch: Launch = launched
    presses: int = 0
    driven: dict[str, Driving] = field(default_factory=dict)
    """The drivers at work, by the path of their spec."""
    parked: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """The questions that a run had open when its driver left it waiting for a person."""
    told: dict[str, int] = field(default_factory=dict)
    """How many interrupts each driver was told of."""
    broken: set[str] = field(default_factory=set)
    """Runs whose driver could not go on; `batch --resume` tries them again."""

    def work(self) -> Batch:
        """Build until all is over, only persons can help and nobody waits for them, or it is told to stop."""
        with self._signals():
            self._adopt()
            while True:
                self._reap()
                if not self._stopping:
                    self._start()
                self._pass_on()
                if not self.driven and (self._stopping or not self._hopes()):
                    return self.batch
                time.sleep(LOOK)

    @property
    def _stopping(self) -> bool:
        return self.presses > 0 or (self.until is not None and time.time() >= self.until)

    def _hopes(self) -> bool:
        """Whether a person's answer could set something going, and it is waited for."""
        return self.wait and bool(self.parked)

    def _pass_on(self) -> None:
        """Tell each driver of every interrupt, once: the first drains, the second stops."""
        if self.presses and not any(self.told.values()):
            say("Stopping all runs: calls in flight end, none begins, everything is saved. Again stops at once.")
        for path, driving in self.driven.items():
            for _ in range(self.presses - self.told.get(path, 0)):
                driving.signal(signal.SIGINT)
            self.told[path] = self.presses

    def _adopt(self) -> None:
        """Find the drivers again that an earlier process of this batch left behind."""
        for entry in self.batch.entries:
            folder = self._folder(entry)
            if folder is not None and folder.driver() is not None:
                self.driven[entry.path] = Stranger(folder)

    def _reap(self) -> None:
        for path, driving in list(self.driven.items()):
            code = driving.ended()
            if code is None:
                continue
            del self.driven[path]
            entry, run = self._entry(path), self._run(path)
            state = run.state if run is not None else "gone"
            if state == "waiting" and code in _PARKED:
                if asked := self._open(path):  # else the answer came before this look
                    self.parked[path] = asked
                    say(f"{path} waits for a person: agentctl inbox {entry.run}")
            elif state in FINISHED or self._stopping:
                say(f"{path} is {state}: agentctl report {entry.run}")
            else:
                self._break(entry, code)

    def _break(self, entry: Entry, code: int) -> None:
        folder = self._folder(entry)
        log = detached_log(folder) if folder is not None else None
        end = log.read_text(errors="replace").splitlines()[-_LOG_LINES:] if log is not None and log.exists() else []
        self.broken.add(entry.path)
        self._note(entry, f"its driver ended with exit code {code}: {' '.join(end)}")

    def _start(self) -> None:
        for entry in self.batch.entries:
            if len(self.driven) >= self.batch.width:
                return
            if entry.path in self.driven or entry.path in self.broken or entry.left:
                continue
            state = self._state(entry)
            if state in FINISHED or not self._may_go_on(entry.path):
                continue
            if entry.run is None or state == "":
                self._begin(entry)
            else:
                self._drive(entry)

    def _may_go_on(self, path: str) -> bool:
        """Whether the answers a run waited for have come; at the first look each is driven."""
        if path in self.parked and self.parked[path] == self._open(path):
            return False
        self.parked.pop(path, None)
        return True

    def _begin(self, entry: Entry) -> None:
        """Make the run of a spec whose turn it is; what is in its way is said, and kept for the digest."""
        before = [(self._entry(path), path in entry.needs) for path in (*entry.needs, *entry.after)]
        for other, needed in before:
            state = self._state(other)
            if needed and (other.left or state in {"failed", "cancelled"}):
                self._note(entry, f"it needs {other.path}, which {'was not begun' if other.left else f'is {state}'}")
                return
            if not other.left and state not in FINISHED:
                return
        try:
            self._prepare(entry, [other for other, _ in before])
        except AgentctlError as error:
            if isinstance(error, AuthenticationError) and not self.driven:
                raise  # no model for this one is no model for the others
            self._note(entry, str(error))

    def _prepare(self, entry: Entry, before: Sequence[Entry]) -> None:
        on, base = asyncio.run(self._base(before))
        if entry.run is None or self._folder(entry) is not None:  # of a folder without a run the id is taken
            entry = replace(entry, run=new_run_id(random.SystemRandom()))
        entry = replace(entry, base=base, on=on)
        self._put(entry)
        arguments = {**self.batch.options, **self._shares(entry)}
        named = argparse.Namespace(
            **arguments, spec=entry.spec, sentence=None, repo=str(self.root), until=None, record=None, replay=None
        )
        place = {"run": entry.run or "", **({"base": base} if base is not None else {})}
        prepared(named, self.wiring, place=place)
        self._drive(entry)

    async def _base(self, before: Sequence[Entry]) -> tuple[tuple[str, ...], str | None]:
        """The specs whose branches this one builds on, and the commit that holds them; None for HEAD."""
        git = open_repository(self.root)
        tips: dict[str, str] = {}
        for other in before:
            tip = await git.resolve(integration_branch(other.run)) if other.run is not None else None
            if tip is not None and self._state(other) == "done":
                tips[other.path] = tip
        if not tips:
            return (), None
        return tuple(tips), await stacked(git, list(tips.values()), at=time.time())

    def _shares(self, entry: Entry) -> dict[str, object]:
        """What of the workers and of the money falls to a run that begins now.

        Raises:
            UsageError: nothing is left.
        """
        own = _budget_of(entry)
        workers = load(self.root, Flags(workers=self.batch.options.get("workers"))).run.limits.workers
        share = max(workers // self.batch.width, 1)
        shares: dict[str, object] = {"workers": min(share, own.workers or share), "budget": None}
        if self.batch.usd is not None:
            begun = [
                each for each in self.batch.entries if each.path != entry.path and self._run(each.path) is not None
            ]
            left = self.batch.usd - sum(self._claims(each) for each in begun)
            share_usd = left / max(sum(not e.left for e in self.batch.entries) - len(begun), 1)
            if share_usd < CENT:
                raise UsageError(f"nothing is left of the {money(self.batch.usd)} of the batch")
            shares["budget"] = round(min(share_usd, own.usd or share_usd), 2)
        return shares

    def _claims(self, entry: Entry) -> float:
        """Dollars that a run has used up, or while it is not over may yet."""
        folder = self._folder(entry)
        if folder is None:
            return 0.0
        with opened(folder) as run:
            return run.journal.totals().usd if run.store.run().state in FINISHED else run.cap_usd

    def _drive(self, entry: Entry) -> None:
        folder = self._folder(entry)
        if folder is None:
            raise GitError(f"the folder of run {entry.run} is gone")
        options = ["--i-accept-unsandboxed-execution"] if self.batch.options.get("unsandboxed") else []
        if self.until is not None:
            options += ["--until", time.strftime("%Y-%m-%dT%H:%M:%S%z", time.localtime(self.until))]
        self._note(entry, "")
        self.driven[entry.path] = self.launch(folder, options)
        say(f"{entry.path} is driven as run {entry.run}: agentctl attach {entry.run}")

    def _note(self, entry: Entry, left: str) -> None:
        """Keep why a spec is not being built; nothing where it is."""
        if left:
            say(f"{entry.path}: {left}")
        if self._entry(entry.path).left != left:
            self._put(replace(self._entry(entry.path), left=left))

    def _put(self, entry: Entry) -> None:
        entries = tuple(entry if each.path == entry.path else each for each in self.batch.entries)
        self.batch = replace(self.batch, entries=entries)
        batch_file.save(self.root, self.batch)

    def _entry(self, path: str) -> Entry:
        return next(entry for entry in self.batch.entries if entry.path == path)

    def _folder(self, entry: Entry) -> RunFolder | None:
        return folder_of(self.root, entry)

    def _run(self, path: str) -> Run | None:
        return run_of(self.root, self._entry(path))

    def _state(self, entry: Entry) -> str:
        run = self._run(entry.path)
        return run.state if run is not None else ""

    def _open(self, path: str) -> tuple[str, ...]:
        folder = self._folder(self._entry(path))
        if folder is None:
            return ()
        with opened(folder) as run:
            return tuple(asked.id for asked in run.store.questions(only_open=True))

    @contextmanager
    def _signals(self) -> Iterator[None]:
        """Count the interrupts; a driver may just be starting, so they are passed on between two looks."""

        def interrupted(*_: object) -> None:
            self.presses += 1

        before = {number: signal.signal(number, interrupted) for number in _SIGNALS}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)


def _budget_of(entry: Entry) -> "Budget":
    from ..specs.parse import parse

    source = read_spec(entry.spec, sentence=None)
    return parse(source.text, name=source.name).meta.budget


def folder_of(root: Path, entry: Entry) -> RunFolder | None:
    """The folder of an entry's run, once it is there."""
    return next((folder for folder in all_runs(root) if folder.run == entry.run), None) if entry.run else None


def run_of(root: Path, entry: Entry) -> Run | None:
    """An entry's run as it stands; None before it has one, and for a folder that a kill left without."""
    folder = folder_of(root, entry)
    if folder is None or not folder.run_db.exists():
        return None
    try:
        with opened(folder) as run:
            return run.store.run()
    except AgentctlError:
        return None


def resumed(batch: Batch, *, usd: float | None) -> Batch:
    """The batch for another try: what was in the way of a spec is looked at anew."""
    entries = tuple(replace(entry, left="") for entry in batch.entries)
    return replace(batch, entries=entries, usd=usd if usd is not None else batch.usd)


def until_of(args: argparse.Namespace) -> float | None:
    """When no new work may begin any more."""
    return moment_of(args.until, now=time.time()) if args.until else None
