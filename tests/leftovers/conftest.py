"""A real repository with runs of any age, and what is left beside them."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from agentctl.orchestrator import faults
from agentctl.orchestrator.git.opening import create_repository
from agentctl.orchestrator.git.repository import Repository
from agentctl.orchestrator.nouns.events import RunCreated, RunMoved
from agentctl.orchestrator.nouns.runs import RunSettings, RunState
from agentctl.orchestrator.rules.keep_days import DAY
from agentctl.orchestrator.store.folder import RunFolder, create
from agentctl.orchestrator.store.sqlite import SqliteStore

NOW = 1_800_000_000.0
OLD = NOW - 40 * DAY
NewRun = Callable[..., RunFolder]


class ClockAt:
    """Satisfies ports.Clock; it always says the same."""

    def __init__(self, time: float) -> None:
        self._time = time

    def now(self) -> float:
        return self._time

    def monotonic(self) -> float:
        return self._time

    async def sleep(self, seconds: float) -> None:
        self._time += seconds


@pytest.fixture(autouse=True)
def _alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """No configuration of anybody, and a place for temporary files that nobody else has."""
    for name in [name for name in os.environ if name.startswith(("GIT_", "AGENTCTL_"))]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")
    (tmp_path / "tmp").mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "tmp"))
    yield
    faults.arm(None)


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    return create_repository(tmp_path / "repo", at=OLD)


@pytest.fixture
def root(repository: Repository) -> Path:
    return repository.location.root


@pytest.fixture
def new_run(repository: Repository, root: Path) -> NewRun:
    """A run with one attempt and a branch, in this state since then."""

    def make(name: str = "aaaaaa", *, state: RunState = "done", at: float = OLD) -> RunFolder:
        folder = create(root, name)
        head = repository.door.run("rev-parse", "HEAD").output.decode().strip()
        settings = RunSettings(profile="desk", repo=str(root))
        with SqliteStore(folder.run_db, clock=ClockAt(at), redact=str, blobs=folder.blobs) as store:
            created = RunCreated(run=name, spec_id="s", spec_blob="", title="S", base=head, settings=settings)
            store.append(created, RunMoved(state=state, reason=""), author="driver")
        for ref in (f"refs/agentctl/{name}/T1/1", f"refs/heads/agentctl/{name}/all"):
            repository.door.run("update-ref", ref, head)
        return folder

    return make


def put(path: Path, *, age: float = 0.0, text: str = "hello\n") -> Path:
    """A file, and the folder it stands in, that were written so many seconds ago."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    for each in (path, path.parent):
        os.utime(each, (NOW - age, NOW - age))
    return path


def everything(root: Path) -> dict[str, bytes]:
    """Every file of ours and every loose ref, by path."""
    places = [*(root / ".agentctl").rglob("*"), *(root / ".git/refs").rglob("*")]
    return {str(path.relative_to(root)): path.read_bytes() for path in places if path.is_file()}
