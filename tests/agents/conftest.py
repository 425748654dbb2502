"""Doubles of the ports a worker and a planner need, and a conversation with scripted replies."""

import asyncio
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
from agentctl.agents.caller import Caller, Caps
from agentctl.agents.models.port import Reply, Request, ToolCall, Usage
from agentctl.agents.pictures import EMPTY
from agentctl.agents.tools.site import Site
from agentctl.agents.worker import ToolWorker
from agentctl.orchestrator.brake import Brake
from agentctl.orchestrator.clock import SystemClock
from agentctl.orchestrator.nouns.keys import AttemptKey, CallKey
from agentctl.orchestrator.nouns.plan import Requirement, SpecView, Task
from agentctl.orchestrator.ports import Completed, Job, Move, TreeEntry
from agentctl.orchestrator.store.journal import Journal

SPEC = SpecView(
    id="greet",
    digest="d1",
    title="greet: say hello",
    text="# greet: say hello\n\n- **R1** `greet` MUST return a greeting.\n- **R2** It MUST name the person.\n",
    requirements=(
        Requirement(id="R1", text="`greet` MUST return a greeting.", key="k1"),
        Requirement(id="R2", text="It MUST name the person.", key="k2"),
    ),
)
TASK = Task(
    id="T1",
    team="core",
    title="Greeting",
    goal="Build `greet(name: str) -> str` in src/greet.py.",
    requirements=("R1",),
    owns=("src/greet.py", "tests/test_greet.py", "docs/**"),
)


class MemoryGit:
    """Trees of files in memory."""

    def __init__(self) -> None:
        self.trees: dict[str, dict[str, TreeEntry]] = {}
        self.blobs: dict[str, bytes] = {}
        self.reads = 0

    def tree(self, files: Mapping[str, str | bytes]) -> str:
        entries: dict[str, TreeEntry] = {}
        for path, text in files.items():
            content = text.encode() if isinstance(text, str) else text
            blob = hashlib.sha1(content).hexdigest()
            self.blobs[blob] = content
            entries[path] = TreeEntry(mode="100644", id=blob)
        tree = hashlib.sha1(repr(sorted((path, entry.id) for path, entry in entries.items())).encode()).hexdigest()
        self.trees[tree] = entries
        return tree

    async def tree_of(self, commit: str) -> str:
        return commit

    async def entries(self, tree: str) -> Mapping[str, TreeEntry]:
        return self.trees[tree]

    async def read_many(self, blobs: Sequence[str]) -> Mapping[str, bytes]:
        self.reads += len(blobs)
        return {blob: self.blobs[blob] for blob in blobs}


class FolderWorkspace:
    """A folder; commands run in it without a sandbox, as they are our own."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def paths(self) -> Sequence[str]:
        return sorted(str(path.relative_to(self.root)) for path in self.root.rglob("*") if path.is_file())

    def read(self, path: str) -> bytes:
        return (self.root / path).read_bytes()

    def write(self, path: str, content: bytes) -> None:
        (self.root / path).parent.mkdir(parents=True, exist_ok=True)
        (self.root / path).write_bytes(content)

    async def run(self, command: str, *, seconds: float) -> Completed:
        process = await asyncio.create_subprocess_shell(
            command, cwd=self.root, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
        )
        output, _ = await process.communicate()
        return Completed(exit=process.returncode, output=output.decode(), seconds=seconds, cpu_seconds=0.0)

    def text(self, path: str) -> str:
        return self.read(path).decode()


@dataclass
class ScriptedModel:
    """Gives its replies in order, or raises them, and keeps what it was asked."""

    replies: list[Reply | Exception]
    asked: list[tuple[CallKey, Request]] = field(default_factory=list)

    async def complete(self, key: CallKey, request: Request) -> Reply:
        self.asked.append((key, request))
        reply = self.replies.pop(0)
        if isinstance(reply, Exception):
            raise reply
        return reply


def say(*calls: tuple[str, dict[str, Any]], text: str = "") -> Reply:
    """A reply whose calls have the ids c1, c2, ..."""
    made = tuple(
        ToolCall(id=f"c{number}", name=name, arguments=arguments)
        for number, (name, arguments) in enumerate(calls, start=1)
    )
    usage = Usage(prompt=1, completion=1)
    return Reply(text=text, calls=made, usage=usage, model="scripted", usd=0.0, seconds=0.1)


class Conversation:
    """A worker on one job, with a real journal and caller between it and the script."""

    def __init__(self, root: Path, replies: Sequence[Reply], files: Mapping[str, str], **changes: Any) -> None:
        self.git = MemoryGit()
        self.workspace = FolderWorkspace(root)
        for path, text in files.items():
            self.workspace.write(path, text.encode())
        budget = changes.pop("budget", 40_000)
        album = changes.pop("album", EMPTY)
        critic = changes.pop("critic", False)
        spec = replace(SPEC, **changes.pop("spec", {}))
        task = replace(TASK, **changes.pop("task", {}))
        base = self.git.tree(files)
        job = Job(key=AttemptKey(task="T1"), task=task, spec=spec, rung="flash", base_tree=base)
        self.job = replace(job, **changes)
        self.model = ScriptedModel(list(replies))
        self.journal = Journal(None, clock=SystemClock(), redact=lambda text: text)
        caller = Caller(
            self.model, self.journal, caps=Caps(run_usd=1.0, planning_usd=1.0), price=lambda _: 0.0, brake=Brake()
        )
        self.worker = ToolWorker(caller, self.journal, git=self.git, budget=budget, album=album, critic=critic)
        self.tests: list[tuple[bool, str]] = []

    async def test(self) -> tuple[bool, str]:
        return self.tests.pop(0) if self.tests else (True, "3 passed")

    async def turn(self, number: int) -> Move:
        await self.worker.work(self.job, self.workspace, turn=number)
        return await self.worker.act(self.job, self.workspace, turn=number, test=self.test)

    def results(self, number: int) -> dict[str, str]:
        return self.journal.results(self.job.key, number)

    def prompt(self, number: int) -> str:
        """All that the model was sent with its call of that number."""
        return "\n".join(f"[{each.role}] {each.text}" for each in self.model.asked[number][1].messages)

    @property
    def site(self) -> Site:
        return Site(job=self.job, workspace=self.workspace, test=self.test)


@pytest.fixture
def converse(tmp_path: Path) -> Any:
    """``converse(*replies, files={...}, **changes to the job)``."""
    root = tmp_path / "workspace"
    root.mkdir()
    made: list[Conversation] = []

    def make(*replies: Reply, files: Mapping[str, str] | None = None, **changes: Any) -> Conversation:
        made.append(Conversation(root, replies, files or {}, **changes))
        return made[-1]

    yield make
    for each in made:
        each.journal.close()


@pytest.fixture
def reply() -> Any:
    """``reply((tool, arguments), ...)`` makes a model's answer."""
    return say


@pytest.fixture
def git() -> MemoryGit:
    return MemoryGit()


@pytest.fixture
def spec() -> SpecView:
    return SPEC


@pytest.fixture
def task() -> Task:
    return TASK


@pytest.fixture
def scripted() -> Any:
    return ScriptedModel
