import asyncio
import shutil
import subprocess
import sys
import types
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from agentctl.cli import main as door
from agentctl.orchestrator.clock import SystemClock
from agentctl.orchestrator.nouns.events import (
    AttemptStarted,
    EvidenceFound,
    Landed,
    PlanApproved,
    Planned,
    QuestionAsked,
    RunCreated,
    RunMoved,
    TaskMoved,
)
from agentctl.orchestrator.nouns.keys import AttemptKey, CallKey
from agentctl.orchestrator.nouns.plan import Estimate, Plan, Task, Team
from agentctl.orchestrator.nouns.questions import Option, Question
from agentctl.orchestrator.nouns.runs import Evidence, Landing, Run, RunSettings
from agentctl.orchestrator.store.folder import RunFolder, create
from agentctl.orchestrator.store.journal import Journal
from agentctl.orchestrator.store.sqlite import SqliteStore

from .terminals import on_terminal

__all__ = ["on_terminal"]

SPEC = """\
# greet: say hello

## Requirements

- **R1** `greet(name)` in `src/greet.py` MUST return `Hello, NAME!`.

```python R1
from greet import greet
assert greet("Ada") == "Hello, Ada!"
```
"""


@dataclass(frozen=True)
class Result:
    code: int
    out: str
    err: str


@pytest.fixture(autouse=True)
def no_settings_of_the_host(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    import os

    for name in os.environ:
        if name.startswith("AGENTCTL_") or name.endswith("_API_KEY"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setenv("OLLAMA_HOST", "127.0.0.1:9")
    monkeypatch.setenv("USER", "ada")


@pytest.fixture(scope="session")
def begun(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A repository of one commit; who wants to change it copies it."""
    root = tmp_path_factory.mktemp("begun") / "repo"
    root.mkdir()
    git(root, "init", "-q", "-b", "main")
    git(root, "config", "user.name", "Ada")
    git(root, "config", "user.email", "ada@example.org")
    (root / "README.md").write_text("hello\n")
    git(root, "add", ".")
    git(root, "commit", "-q", "-m", "Begin")
    return root


@pytest.fixture
def repo(begun: Path, tmp_path: Path) -> Path:
    return shutil.copytree(begun, tmp_path / "repo")


@pytest.fixture
def git_in() -> Callable[..., str]:
    return git


def git(root: Path, *arguments: str) -> str:
    done = subprocess.run(["git", "-C", str(root), *arguments], check=True, capture_output=True, text=True)
    return done.stdout.strip()


@pytest.fixture
def agentctl(capsys: pytest.CaptureFixture[str], repo: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    """The command in this process, standing in the repository."""
    monkeypatch.chdir(repo)

    def call(*argv: str) -> Result:
        capsys.readouterr()
        code = door.main(list(argv))
        captured = capsys.readouterr()
        return Result(code, captured.out, captured.err)

    return call


PLAN = Plan(
    summary="Greet in two steps",
    teams=(Team(id="core", purpose="greeting"), Team(id="shell", purpose="command line")),
    tasks=(
        Task(
            id="T1", team="core", title="Write greet", goal="Do it\nwell", requirements=("R1",), owns=("src/greet.py",)
        ),
        Task(id="T2", team="shell", title="Write the command", goal="Do it", owns=("src/cli.py",), needs=("T1",)),
    ),
)
ESTIMATE = Estimate(calls=8, usd=0.1, minutes=3.0, critical_path=("T1", "T2"))
QUESTION = Question(
    key="case",
    kind="decision",
    text="Upper or lower case?",
    options=(Option(text="upper", consequence="loud"), Option(text="lower")),
    recommended=1,
    asked_by="T1:1",
    requirements=("R1",),
)


@dataclass
class MadeRun:
    """A run's folder with an open store, as its driver has it."""

    folder: RunFolder
    store: SqliteStore
    journal: Journal
    base: str
    plan: Plan = PLAN
    question: Question = QUESTION
    key: AttemptKey = field(default_factory=lambda: AttemptKey(task="T1"))

    def say(self, *facts: object) -> None:
        self.store.append(*facts, author="driver")

    def planned(self) -> None:
        self.say(Planned(plan=self.plan, estimate=ESTIMATE))

    def building(self) -> None:
        self.planned()
        self.say(PlanApproved(), RunMoved(state="building"), TaskMoved(task="T1", state="ready"))
        self.say(AttemptStarted(key=self.key, rung="flash", base_tree="0" * 40))

    def asking(self) -> None:
        self.building()
        self.say(QuestionAsked(question=self.question), TaskMoved(task="T1", state="parked"))

    def done(self, commit: str, tree: str) -> None:
        landing = Landing(order=1, key=self.key, commit=commit, tree=tree, patch=commit, at=1.0)
        evidence = Evidence(
            requirement="R1", requirement_key="k", check="R1.c1", level="V1", task="T1", commit=commit, tree=tree
        )
        self.say(Landed(landings=(landing,)), EvidenceFound(evidence=(evidence,)), RunMoved(state="done"))

    def call(self, request: str, reply: str, *, turn: int = 0) -> None:
        key = CallKey(attempt=self.key, role="worker", turn=turn)
        self.journal.start(key, digest="d", request=request, tier="flash", model="m", reserved_usd=0.1)
        self.journal.done(
            key, reply=reply, model="m", usd=0.02, prompt=100, completion=10, cached=0, estimated=False, seconds=1.5
        )


@pytest.fixture
def new_run(repo: Path) -> Iterator[Callable[..., MadeRun]]:
    made: list[MadeRun] = []

    def new(name: str = "k7m2xq", *, title: str = "greet: say hello", settings: RunSettings | None = None) -> MadeRun:
        folder = create(repo, name)
        folder.spec.write_text(SPEC)
        store = SqliteStore(folder.run_db, clock=SystemClock(), redact=str, blobs=folder.blobs)
        journal = Journal(folder.calls_db, clock=SystemClock(), redact=str)
        base = git(repo, "rev-parse", "HEAD")
        run = MadeRun(folder, store, journal, base)
        run.say(
            RunCreated(
                run=name,
                spec_id="greet",
                spec_blob=store.put_blob(SPEC),
                title=title,
                base=base,
                settings=settings or RunSettings(profile="desk", repo=str(repo)),
            )
        )
        made.append(run)
        return run

    yield new
    for run in made:
        run.store.close()
        run.journal.close()


@dataclass
class ScriptedDriver:
    """A driver that does what the test says; the test's double of the real one."""

    folder: RunFolder
    script: Callable[["ScriptedDriver"], object]
    wait: bool = False
    drained: asyncio.Event = field(default_factory=asyncio.Event)
    stopped: asyncio.Event = field(default_factory=asyncio.Event)

    async def drive(self, *, wait: bool) -> Run:
        self.wait = wait
        with self.store() as store:
            outcome = self.script(self)
            if hasattr(outcome, "__await__"):
                await outcome
            return store.run()

    def store(self) -> SqliteStore:
        return SqliteStore(self.folder.run_db, clock=SystemClock(), redact=str, blobs=self.folder.blobs)

    def drain(self) -> None:
        self.drained.set()

    def stop(self) -> None:
        self.stopped.set()


@dataclass(frozen=True)
class Extras:
    models: Mapping[str, object]
    sandbox_accepted: bool = False
    scale: float | None = None


class DoubleWiring:
    """`wiring` with a scripted driver in the place of the real one."""

    Extras = Extras

    def __init__(self, script: Callable[[ScriptedDriver], object]) -> None:
        self.script = script
        self.prepared: list[tuple[str, str, RunSettings, Extras]] = []
        self.drivers: list[ScriptedDriver] = []

    def prepare(self, repo: Path, spec_text: str, spec_name: str, settings: RunSettings, extras: Extras) -> RunFolder:
        self.prepared.append((spec_text, spec_name, settings, extras))
        folder = create(repo, "k7m2xq")
        folder.spec.write_text(spec_text)
        base = git(repo, "rev-parse", "HEAD")
        with SqliteStore(folder.run_db, clock=SystemClock(), redact=str, blobs=folder.blobs) as store:
            fact = RunCreated(
                run=folder.run, spec_id="greet", spec_blob="", title="greet", base=base, settings=settings
            )
            store.append(fact, author="person:Ada")
        return folder

    def open_driver(self, folder: RunFolder, _extras: Extras) -> ScriptedDriver:
        self.drivers.append(ScriptedDriver(folder, self.script))
        return self.drivers[-1]


@pytest.fixture
def wiring(monkeypatch: pytest.MonkeyPatch) -> Callable[..., DoubleWiring]:
    """Puts a double where the commands look for the module `wiring`."""

    def install(script: Callable[[ScriptedDriver], object] = lambda _: None) -> DoubleWiring:
        double = DoubleWiring(script)
        module = types.ModuleType("agentctl.cli.wiring")
        module.Extras, module.prepare, module.open_driver = Extras, double.prepare, double.open_driver
        monkeypatch.setitem(sys.modules, "agentctl.cli.wiring", module)
        monkeypatch.setattr(sys.modules["agentctl.cli"], "wiring", module, raising=False)
        return double

    return install


@pytest.fixture
def spec(repo: Path) -> Path:
    path = repo / "greet.md"
    path.write_text(SPEC)
    return path


PLAN = Plan(
    summary="one step",
    teams=(Team(id="core", purpose="all"),),
    tasks=(Task(id="T1", team="core", title="Greet", goal="g", requirements=("R1",)),),
)
ESTIMATE = Estimate(calls=3, usd=0.05, minutes=1.0, critical_path=("T1",))


def lands(driver: Any) -> None:
    landing = Landing(order=1, key=AttemptKey(task="T1"), commit="c" * 40, tree="t" * 40, patch="p" * 40, at=1.0)
    with driver.store() as store:
        store.append(Planned(plan=PLAN, estimate=ESTIMATE), author="planner")
        store.append(Landed(landings=(landing,)), RunMoved(state="done"), author="driver")


@pytest.fixture
def confined() -> None:
    """Skips where nothing confines a command."""
    if shutil.which("bwrap") is None:
        pytest.skip("bubblewrap is not installed")


@pytest.fixture
def commit(repo: Path, git_in: Callable[..., str]) -> Callable[..., str]:
    """Writes files and commits everything."""

    def make(message: str, files: dict[str, str | None]) -> str:
        for name, text in files.items():
            path = repo / name
            path.parent.mkdir(parents=True, exist_ok=True)
            if text is None:
                path.unlink()
            else:
                path.write_text(text)
        git_in(repo, "add", "-A")
        git_in(repo, "commit", "-q", "--allow-empty", "-m", message)
        return git_in(repo, "rev-parse", "HEAD")

    return make
