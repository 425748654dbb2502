"""Builds several specs: prepares a run for each in its turn, has each driven by a process of its own, and waits.

Everything it needs to go on after a kill is in its file and in the runs' folders; drivers that outlive it are found
again by their locks. It spends nothing and lands nothing itself.
"""

import argparse
import asyncio
import random
import signal
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from ..orchestrator.errors import AgentctlError, AuthenticationError, GitError, UsageError
from ..orchestrator.git.opening import open_repository
from ..orchestrator.git.stacking import stacked
from ..orchestrator.nouns.keys import integration_branch
from ..orchestrator.nouns.runs import Run
from ..orchestrator.rules.asking import money
from ..orchestrator.store.folder import RunFolder, new_run_id
from ..tui.snapshot import FINISHED
from . import batch_file
from .batch_drivers import Driving, Launch, Stranger, launched
from .batch_file import Batch, Entry
from .batch_runs import budget_of, claims, folder_of, landed, last_event, may_go_on, run_of
from .driving import detached_log
from .outcome import BUDGET, DONE, NO_KEY, WAITING
from .output import say
from .settings import Flags, load
from .starting import Wiring, prepared

LOOK = 0.2
"""Seconds between looks at the runs."""
CENT = 0.01
_LOG_LINES = 3
_PARKED = (DONE, WAITING, NO_KEY, BUDGET)
"""Exit codes of a driver that left its run waiting for a person; `Stranger` knows only 0."""
_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


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
    heard: dict[str, int] = field(default_factory=dict)
    """The number of the last event of a run when its driver was last started: what came before, it knows."""
    parked: set[str] = field(default_factory=set)
    """The runs that their drivers left waiting for a person."""
    told: dict[str, int] = field(default_factory=dict)
    """How many interrupts each driver was told of."""

    def work(self) -> Batch:
        """Build until all is over, only persons can help and nobody waits for them, or it is told to stop."""
        with self._signals():
            self._adopt()
            while True:
                self._reap()
                if not self._stopping:
                    self._adopt()
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
        return self.wait and any(self._state(self._entry(path)) not in FINISHED for path in self.parked)

    def _pass_on(self) -> None:
        """Tell each driver of every interrupt, once: the first drains, the second stops."""
        if self.presses and not any(self.told.values()):
            say("Stopping all runs: calls in flight end, none begins, everything is saved. Again stops at once.")
        for path, driving in self.driven.items():
            for _ in range(self.presses - self.told.get(path, 0)):
                driving.signal(signal.SIGINT)
            self.told[path] = self.presses

    def _adopt(self) -> None:
        """Find the drivers that others started: an earlier process of this batch, or a person with `resume`."""
        for entry in self.batch.entries:
            folder = self._folder(entry) if entry.path not in {*self.driven, *self.parked} else None
            if folder is not None and folder.driver() is not None:
                self._follow(entry, Stranger(folder), heard=last_event(folder))

    def _follow(self, entry: Entry, driving: Driving, *, heard: int) -> None:
        self._note(entry, "")
        self.parked.discard(entry.path)
        self.heard[entry.path] = heard
        self.driven[entry.path] = driving

    def _reap(self) -> None:
        for path, driving in list(self.driven.items()):
            code = driving.ended()
            if code is None:
                continue
            del self.driven[path]
            if not self._stopping:
                self._adopt()  # a driver that somebody else started first is what ended ours
            if path not in self.driven:
                self._ended(self._entry(path), code)

    def _ended(self, entry: Entry, code: int) -> None:
        """What a driver that has ended leaves behind."""
        state = self._state(entry) or "gone"
        if state == "waiting" and code in _PARKED:
            self.parked.add(entry.path)
            if not self._may_go_on(entry):  # else the answer came before this look
                say(f"{entry.path} waits for a person: agentctl inbox {entry.run}, agentctl status {entry.run}")
        elif state in FINISHED or self._stopping:
            say(f"{entry.path} is {state}: agentctl report {entry.run}")
        else:
            self._break(entry, code)

    def _break(self, entry: Entry, code: int) -> None:
        folder = self._folder(entry)
        log = detached_log(folder) if folder is not None else None
        end = log.read_text(errors="replace").splitlines()[-_LOG_LINES:] if log is not None and log.exists() else []
        self._note(entry, f"its driver ended with exit code {code}: {' '.join(end)}")

    def _start(self) -> None:
        for entry in self.batch.entries:
            if len(self.driven) >= self.batch.width:
                return
            if entry.path in self.driven or entry.left:
                continue
            state = self._state(entry)
            if state in FINISHED or not self._may_go_on(entry):
                continue
            if entry.run is None or state == "":
                self._begin(entry)
            else:
                self._drive(entry)

    def _may_go_on(self, entry: Entry) -> bool:
        """Whether what a run waited for has come; at the first look each is driven."""
        folder = self._folder(entry)
        return entry.path not in self.parked or folder is None or may_go_on(folder, after=self.heard[entry.path])

    def _begin(self, entry: Entry) -> None:
        """Make the run of a spec whose turn it is; what is in its way is said, and kept for the digest."""
        before = [(self._entry(path), path in entry.needs) for path in (*entry.needs, *entry.after)]
        before += [(each, False) for each in self.batch.entries if entry.path in each.after and self._state(each)]
        for other, needed in before:
            state = self._state(other)
            never = bool(other.left) and not state
            if needed and (never or state in {"failed", "cancelled"}):
                self._note(entry, f"it needs {other.path}, which {'was not begun' if never else f'is {state}'}")
                return
            if not never and state not in FINISHED:
                return  # also where its driver broke: whoever mends that goes on with it, in the same files
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
            folder = self._folder(other)
            if folder is None or not (self._state(other) == "done" or landed(folder)):
                continue
            tip = await git.resolve(integration_branch(folder.run))
            if tip is not None:
                tips[other.path] = tip
        if not tips:
            return (), None
        return tuple(tips), await stacked(git, list(tips.values()), at=time.time())

    def _shares(self, entry: Entry) -> dict[str, object]:
        """What of the workers and of the money falls to a run that begins now.

        Raises:
            UsageError: nothing is left.
        """
        own = budget_of(entry)
        workers = load(self.root, Flags(workers=self.batch.options.get("workers"))).run.limits.workers
        share = max(workers // self.batch.width, 1)
        shares: dict[str, object] = {"workers": min(share, own.workers or share), "budget": None}
        if self.batch.usd is not None:
            share_usd = self._left_usd(self.batch.usd) / len(self._to_come())
            if share_usd < CENT:
                raise UsageError(f"nothing is left of the {money(self.batch.usd)} of the batch")
            shares["budget"] = round(min(share_usd, own.usd or share_usd), 2)
        return shares

    def _left_usd(self, usd: float) -> float:
        """What of the batch's money no run that was begun lays claim to."""
        folders = [self._folder(each) for each in self.batch.entries if self._state(each)]
        return usd - sum(claims(folder) for folder in folders if folder is not None)

    def _to_come(self) -> list[Entry]:
        """The specs that have no run yet and may still get one."""
        return [each for each in self.batch.entries if not each.left and not self._state(each)]

    def _drive(self, entry: Entry) -> None:
        folder = self._folder(entry)
        if folder is None:
            raise GitError(f"the folder of run {entry.run} is gone")
        heard = last_event(folder)
        if folder.driver() is not None:
            self._follow(entry, Stranger(folder), heard=heard)
            return
        options = ["--i-accept-unsandboxed-execution"] if self.batch.options.get("unsandboxed") else []
        if self.until is not None:
            options += ["--until", time.strftime("%Y-%m-%dT%H:%M:%S%z", time.localtime(self.until))]
        self._follow(entry, self.launch(folder, options), heard=heard)
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
