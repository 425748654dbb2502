"""A real repository, the real wiring, and a scripted model in process."""

import asyncio
import json
import os
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from agentctl.agents.caller import free
from agentctl.bench.scripted import Answer, Asked, ScriptCall, ScriptedModel
from agentctl.cli import main as door
from agentctl.cli import wiring
from agentctl.cli.answering import Answering, Surroundings, answering
from agentctl.orchestrator.clock import SystemClock
from agentctl.orchestrator.nouns.runs import Run, RunSettings
from agentctl.orchestrator.rules.redact import redact
from agentctl.orchestrator.store.folder import RunFolder
from agentctl.orchestrator.store.sqlite import SqliteStore

SPEC = """\
# shout

- **R1** `loud(text)` in `src/loud.py` MUST return the text in capitals.
- **R2** `twice(text)` in `src/twice.py` MUST return the text two times, with a space between.
- **R3** `shout(text)` in `src/shout.py` MUST return `twice(loud(text))`.

```python R1
from loud import loud
assert loud("ab") == "AB"
```

```python R2
from twice import twice
assert twice("ab") == "ab ab"
```

```python R3
from shout import shout
assert shout("ab") == "AB AB"
```
"""

PLAN = {
    "summary": "two parts and what joins them",
    "teams": [{"id": "parts", "purpose": "the parts"}, {"id": "whole", "purpose": "what joins them"}],
    "tasks": [
        {
            "id": f"T{number}",
            "team": team,
            "title": f"Write {name}",
            "goal": f"Write {name} in src/{name}.py.",
            "requirements": [f"R{number}"],
            "owns": [f"src/{name}.py"],
            "needs": needs,
            "minutes": 1.0,
        }
        for number, (name, team, needs) in enumerate(
            [("loud", "parts", []), ("twice", "parts", []), ("shout", "whole", ["T1", "T2"])], start=1
        )
    ],
    "notes": [],
}

BODIES = {
    "T1": ("src/loud.py", "def loud(text):\n    return text.upper()\n"),
    "T2": ("src/twice.py", 'def twice(text):\n    return f"{text} {text}"\n'),
    "T3": (
        "src/shout.py",
        "from loud import loud\nfrom twice import twice\n\n\ndef shout(text):\n    return twice(loud(text))\n",
    ),
}


def script(asked: Asked) -> Answer:
    """The plan; then each task in one reply, but for T2, whose first patch is red."""
    task, *_ = asked.call.split("/")
    if task == "plan":
        return Answer(text=json.dumps(PLAN))
    path, body = BODIES[task]
    if task == "T2" and asked.turn == 0:
        body = "def twice(text):\n    return text * 2\n"
    wrote = ScriptCall(name="write", arguments={"path": path, "content": body})
    return Answer(calls=(wrote, ScriptCall(name="submit", arguments={"summary": "done"})))


def answers(_: RunSettings, around: Surroundings) -> Answering:
    """The scripted model, for nothing."""
    return Answering(model=ScriptedModel(script, clock=around.clock), price=free, usd_per_call=None)


AFTER_ONE_RUN = pytest.mark.xdist_group("a run that is done")


@dataclass(frozen=True)
class Repo:
    """A repository with one commit and one file that is not."""

    path: Path

    def git(self, *arguments: str) -> str:
        """What git says, without anybody's configuration."""
        environ = {"PATH": os.environ["PATH"], "GIT_CONFIG_NOSYSTEM": "1", "GIT_CONFIG_GLOBAL": os.devnull}
        command = ["git", "-C", str(self.path), *arguments]
        return subprocess.run(command, env=environ, check=True, capture_output=True, text=True).stdout.strip()

    def prepare(self, *, spec: str = SPEC, replay: Path | None = None, record: Path | None = None) -> RunFolder:
        """A run of a spec, its plan approved beforehand."""
        settings = RunSettings(
            profile="scripted",
            repo=str(self.path),
            approve=True,
            replay=str(replay) if replay else None,
            record=str(record) if record else None,
        )
        return wiring.prepare(self.path, spec, "shout", settings, wiring.Extras())

    def drive(self, folder: RunFolder, *, scripted: bool = True) -> Run:
        """The run, driven to its end by one process."""
        extras = wiring.Extras(scale=0.0)
        choose = answers if scripted else answering
        return asyncio.run(wiring.RunDriver(folder=folder, extras=extras, answers=choose).drive(wait=False))

    def drive_looking(self, folder: RunFolder, path: str) -> str:
        """Drive a run whose first worker reads a file first, and say what it saw."""
        seen: list[str] = []

        def looking(asked: Asked) -> Answer:
            if asked.call.startswith("T1/") and asked.turn == 0:
                return Answer(calls=(ScriptCall(name="read", arguments={"path": path}),))
            if asked.call.startswith("T1/"):
                seen.append(asked.last)
            return script(asked)

        def choose(_: RunSettings, around: Surroundings) -> Answering:
            return Answering(model=ScriptedModel(looking, clock=around.clock), price=free, usd_per_call=None)

        run = asyncio.run(wiring.RunDriver(folder=folder, extras=wiring.Extras(), answers=choose).drive(wait=False))
        assert run.state == "done"
        return seen[0]


def store(folder: RunFolder) -> SqliteStore:
    """The run's tables, for looking."""
    return SqliteStore(folder.run_db, clock=SystemClock(), redact=redact, blobs=folder.blobs, readonly=True)


def new_repo(path: Path) -> Repo:
    """A repository with a committed README and a change of the person's own."""
    path.mkdir()
    repo = Repo(path)
    repo.git("init", "-q", "-b", "main")
    repo.git("config", "user.name", "Ada")
    repo.git("config", "user.email", "ada@example.org")
    (path / "README.md").write_text("shout\n")
    repo.git("add", "README.md")
    repo.git("commit", "-q", "-m", "Start")
    (path / "notes.txt").write_text("mine\n")
    return repo


@pytest.fixture
def make_repo(tmp_path: Path) -> Callable[[str], Repo]:
    """Makes a repository with a committed README and a change of the person's own."""
    return lambda name: new_repo(tmp_path / name)


@dataclass(frozen=True, kw_only=True)
class Kept:
    """A repository with a run in it, made once, from which several tests go on: each in the same place."""

    repo: Repo
    folder: RunFolder
    was: Path

    @classmethod
    def of(cls, place: Path, build: Callable[[Repo], RunFolder]) -> "Kept":
        """Build it in a new repository in the folder ``place``, where nothing else is."""
        (place / "at").mkdir()
        repo = new_repo(place / "at" / "repo")
        folder = build(repo)
        return cls(repo=repo, folder=folder, was=copied(place / "at", place / "was"))

    def again(self) -> tuple[Repo, RunFolder]:
        """As it was when it was built, whatever became of it since."""
        at = self.repo.path.parent
        shutil.rmtree(at)
        copied(self.was, at)
        return self.repo, self.folder


def copied(source: Path, target: Path) -> Path:
    """A folder with its runs; what an environment holds is written by nobody, and shared."""

    def copy(one: str, other: str) -> None:
        (os.link if "/environments/" in one else shutil.copy2)(one, other)

    return shutil.copytree(source, target, symlinks=True, copy_function=copy)


@pytest.fixture(scope="session")
def kept_done(tmp_path_factory: pytest.TempPathFactory) -> Kept:
    def build(repo: Repo) -> RunFolder:
        folder = repo.prepare()
        assert repo.drive(folder).state == "done"
        return folder

    return Kept.of(tmp_path_factory.mktemp("done"), build)


@pytest.fixture
def done(kept_done: Kept) -> tuple[Repo, RunFolder]:
    """A run of the spec that is done; who uses it is of the group AFTER_ONE_RUN."""
    return kept_done.again()


@dataclass(frozen=True)
class Said:
    """What a command ended with."""

    code: int
    out: str
    err: str


@pytest.fixture
def agentctl(capsys: pytest.CaptureFixture[str]) -> Callable[..., Said]:
    """The command line as it is typed, in a repository."""

    def call(repo: Repo, *argv: str) -> Said:
        capsys.readouterr()
        code = door.main([*argv, "--repo", str(repo.path)])
        captured = capsys.readouterr()
        return Said(code, captured.out, captured.err)

    return call
