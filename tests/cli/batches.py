"""A batch in a repository whose drivers are scripts of this process."""

import os
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from agentctl.cli import batch as batching
from agentctl.cli import batch_file
from agentctl.orchestrator.clock import SystemClock
from agentctl.orchestrator.errors import UsageError
from agentctl.orchestrator.nouns.events import (
    Landed,
    PlanApproved,
    Planned,
    QuestionAnswered,
    QuestionAsked,
    RunCreated,
    RunMoved,
    TaskMoved,
)
from agentctl.orchestrator.nouns.keys import AttemptKey
from agentctl.orchestrator.nouns.runs import Landing, RunSettings
from agentctl.orchestrator.store.folder import RunFolder, create
from agentctl.orchestrator.store.sqlite import SqliteStore

from .conftest import ESTIMATE, PLAN, QUESTION

Git = Callable[..., str]


@dataclass
class Over:
    """A driver that has ended, or one that ends when it is told to."""

    code: int | None = 0
    heard: list[int] = field(default_factory=list)
    on_signal: Callable[[], None] = lambda: None

    def ended(self) -> int | None:
        return self.code

    def signal(self, number: int) -> None:
        self.heard.append(number)
        self.code = 130
        self.on_signal()


@dataclass
class Later:
    """A driver that is at work at the first look, and has done all there is to do by the second."""

    then: Callable[[], object]
    looks: int = 0

    def ended(self) -> int | None:
        self.looks += 1
        if self.looks > 1:
            self.then()
        return 0 if self.looks > 1 else None

    def signal(self, number: int) -> None:
        raise AssertionError(f"nobody sends {number}")


@dataclass
class Bench:
    """The repository, the runs that were prepared, and what their drivers do."""

    root: Path
    git: Git
    call: Callable[..., Any]
    scripts: dict[str, Callable[["Bench", RunFolder], Any]] = field(default_factory=dict)
    prepared: dict[str, tuple[RunSettings, dict[str, Any]]] = field(default_factory=dict)
    driven: list[str] = field(default_factory=list)
    options: list[list[str]] = field(default_factory=list)
    names: dict[str, str] = field(default_factory=dict)
    holds: tuple[Any, ...] = ()
    """What a person does to the first run while its driver ends."""
    refused: set[str] = field(default_factory=set)
    """Specs of which no run can be made."""

    def folder(self, name: str) -> RunFolder:
        run = next(run for run, spec in self.names.items() if spec == name)
        return RunFolder(path=self.root / ".agentctl/runs" / run)

    def supervisor(self, *, wait: bool = False) -> batching.Supervisor:
        """One that goes on with the latest batch."""
        batch = batch_file.find(self.root, None)
        wiring: Any = self
        return batching.Supervisor(root=self.root, batch=batch, wiring=wiring, wait=wait, launch=self.launch)

    def spec(self, name: str, owns: str, *, more: str = "") -> None:
        path, file = self.root / name, owns.replace("**", "f.py")
        path.write_text(
            f"---\nowns: [{owns}]\n{more}---\n# {path.stem}: do it\n\n- **R1** `f()` in `{file}` MUST return 1.\n\n"
            "```python R1\nassert f() == 1\n```\n"
        )

    def prepare(self, repo: Path, text: str, name: str, settings: RunSettings, extras: dict[str, Any]) -> RunFolder:
        if Path(name).name in self.refused:
            raise UsageError(f"{name} is refused")
        folder = create(repo, extras["run"])
        folder.spec.write_text(text)
        self.names[folder.run] = Path(name).name
        self.prepared[Path(name).name] = (settings, extras)
        base = extras.get("base") or self.git(self.root, "rev-parse", "HEAD")
        created = RunCreated(run=folder.run, spec_id="s", spec_blob="", title=name, base=base, settings=settings)
        self.say(folder, created)
        return folder

    def open_driver(self, *_: object) -> Any:
        raise AssertionError("a batch drives nothing itself")

    def launch(self, folder: RunFolder, options: list[str]) -> Any:
        name = self.names[folder.run]
        self.driven.append(name)
        self.options.append(options)
        return self.scripts.get(name, lands)(self, folder) or Over()

    def say(self, folder: RunFolder, *facts: Any, author: str = "driver") -> None:
        with SqliteStore(folder.run_db, clock=SystemClock(), redact=str, blobs=folder.blobs) as store:
            store.append(*facts, author=author)

    def branch(self, folder: RunFolder, path: str, *, base: str | None = None) -> str:
        """A branch of the run that adds a file on top of its base."""
        at = base or self.prepared[self.names[folder.run]][1].get("base") or "HEAD"
        env_index = self.root / ".git" / f"index-{folder.run}"
        blob = self.git(self.root, "hash-object", "-w", "README.md")
        os.environ["GIT_INDEX_FILE"] = str(env_index)
        try:
            self.git(self.root, "read-tree", at)
            self.git(self.root, "update-index", "--add", "--cacheinfo", f"100644,{blob},{path}")
            tree = self.git(self.root, "write-tree")
        finally:
            del os.environ["GIT_INDEX_FILE"]
        commit = self.git(self.root, "commit-tree", tree, "-p", self.git(self.root, "rev-parse", at), "-m", path)
        self.git(self.root, "update-ref", f"refs/heads/agentctl/{folder.run}/all", commit)
        return commit


def lands(bench: Bench, folder: RunFolder) -> None:
    name = bench.names[folder.run]
    commit = bench.branch(folder, f"made-by-{name}.py")
    landing = Landing(order=1, key=AttemptKey(task="T1"), commit=commit, tree="t" * 40, patch="p" * 40, at=1.0)
    bench.say(folder, Planned(plan=PLAN, estimate=ESTIMATE), PlanApproved(), Landed(landings=(landing,)))
    bench.say(folder, RunMoved(state="done"))


def fails(bench: Bench, folder: RunFolder) -> None:
    bench.say(folder, Planned(plan=PLAN, estimate=ESTIMATE), PlanApproved())
    bench.say(
        folder, TaskMoved(task="T1", state="dropped", reason="it was red"), RunMoved(state="failed", reason="red")
    )


def asks(bench: Bench, folder: RunFolder) -> None:
    """Ask once; land once it is answered."""
    with SqliteStore(folder.run_db, clock=SystemClock(), redact=str, blobs=folder.blobs) as store:
        answered = any(asked.answer is not None for asked in store.questions())
    if answered:
        lands(bench, folder)
    else:
        bench.say(folder, Planned(plan=PLAN, estimate=ESTIMATE), QuestionAsked(question=QUESTION))
        bench.say(folder, RunMoved(state="waiting"))


ANSWERED = QuestionAnswered(key="case", answer="lower")


def held_up(bench: Bench, folder: RunFolder) -> Over:
    """Wait while a person has paused the run or taken its task and not handed it in; then land."""
    with SqliteStore(folder.run_db, clock=SystemClock(), redact=str, blobs=folder.blobs) as store:
        hands = store.hands()
    assert len(bench.driven) < 5, "its driver is started for ever"
    if hands.submissions or (len(bench.driven) > 1 and not (hands.pauses or hands.taken)):
        lands(bench, folder)
        return Over()
    if len(bench.driven) == 1:
        bench.say(folder, Planned(plan=PLAN, estimate=ESTIMATE), PlanApproved(), RunMoved(state="waiting"))
        bench.say(folder, *bench.holds, author="person:Ada")
    return Over(code=3)


def breaks(bench: Bench, folder: RunFolder) -> Over:
    """Land one task of two, and crash; a driver that is started again finishes."""
    if bench.driven.count(bench.names[folder.run]) > 1:
        lands(bench, folder)
        return Over()
    commit = bench.branch(folder, "half.py")
    landing = Landing(order=1, key=AttemptKey(task="T1"), commit=commit, tree="t" * 40, patch="p" * 40, at=1.0)
    bench.say(folder, Planned(plan=PLAN, estimate=ESTIMATE), PlanApproved(), RunMoved(state="building"))
    bench.say(folder, Landed(landings=(landing,)))
    return Over(code=1)
