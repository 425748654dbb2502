"""A repository with a run's slices as commits, the forge it came from, and a gate that refuses what says it is bad."""

import os
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC
from pathlib import Path

import pytest
from agentctl.bench.sim.forge import MemoryForge
from agentctl.orchestrator.clock import SystemClock
from agentctl.orchestrator.git.opening import open_repository
from agentctl.orchestrator.git.repository import Repository
from agentctl.orchestrator.nouns.delivery import Cut, Slice
from agentctl.orchestrator.nouns.policy import Policy
from agentctl.orchestrator.nouns.verdicts import Verdict
from agentctl.orchestrator.ports import TreeEntry
from agentctl.orchestrator.pulls.bringing import Pulling
from agentctl.orchestrator.store.sqlite import SqliteStore

Shell = Callable[..., str]


@pytest.fixture(autouse=True)
def _nobody(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("GIT_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path_factory.mktemp("home")))
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")


@dataclass(slots=True, kw_only=True)
class Yard:
    """Everything that a run's pull requests need, on real git."""

    root: Path
    remote: Path
    git: Repository
    forge: MemoryForge
    store: SqliteStore
    judged: list[str] = field(default_factory=list)
    policy: Policy = field(default_factory=Policy)

    def shell(self, *words: str, cwd: Path | None = None) -> str:
        who = ["-c", "user.name=Ada", "-c", "user.email=ada@example.org", "-c", "init.defaultBranch=main"]
        done = subprocess.run(["git", *who, *words], cwd=cwd or self.root, check=True, capture_output=True, text=True)
        return done.stdout.strip()

    async def judge(self, cut: Cut, tree: str) -> Verdict:
        del cut
        self.judged.append(tree)
        bad = "bad" in await self.git.entries(tree)
        return Verdict(tree=tree, gate="g", passed=not bad, reasons=("test_bad failed",) if bad else ())

    def pulling(self) -> Pulling:
        return Pulling(
            run="r",
            forge=self.forge,
            git=self.git,
            store=self.store,
            judge=self.judge,
            clock=SystemClock(),
            target="main",
            policy=self.policy,
            zone=UTC,
        )

    async def commit(self, on: str, files: Mapping[str, str], message: str) -> str:
        """A commit, without a checkout."""
        entries = {
            path: TreeEntry(mode="100644", id=await self.git.write(text.encode())) for path, text in files.items()
        }
        tree = await self.git.amend_tree(await self.git.tree_of(on), entries)
        author = "Worker <w@example.org>"
        return await self.git.commit(tree=tree, parents=[on], message=message, at=1_700_000_000.0, author=author)

    async def cut(self, name: str, on: Cut | None, files: Mapping[str, str], *, base: str = "") -> Cut:
        start = on.head if on is not None else base or self.shell("rev-parse", "main")
        head = await self.commit(start, files, f"Do {name}\n\nTask: T{name}\n")
        return Cut(
            slice=Slice(name=name, team=name, tasks=(f"T{name}",), on=on.slice.name if on is not None else ""),
            branch=f"agentctl/r/{name}",
            base=start,
            head=head,
            tree=await self.git.tree_of(head),
            gate="g",
            title=f"Do {name}",
            body=f"Why {name}.",
        )

    async def three(self) -> tuple[Cut, ...]:
        """Three slices, each on the one before, each with a file of its own and a line of a shared one."""
        a = await self.cut("a", None, {"a.txt": "a\n", "all.txt": "a\n2\n3\n4\n5\n6\n7\n8\n9\n"})
        b = await self.cut("b", a, {"b.txt": "b\n", "all.txt": "a\n2\n3\n4\nb\n6\n7\n8\n9\n"})
        c = await self.cut("c", b, {"c.txt": "c\n", "all.txt": "a\n2\n3\n4\nb\n6\n7\n8\nc\n"})
        return a, b, c

    def on_forge(self, branch: str) -> str:
        return self.shell("rev-parse", branch, cwd=self.remote)

    def shown(self, number: int) -> list[str]:
        """The files that a reviewer sees."""
        pull = self.forge.requests[number]
        return self.shell("diff", "--name-only", f"{pull.base}...{pull.head}", cwd=self.remote).splitlines()

    def open(self) -> dict[str, str]:
        found = self.forge.requests.values()
        return {pull.head.removeprefix("agentctl/r/"): pull.base for pull in found if pull.state == "open"}

    async def merge(self, number: int, method: str) -> str:
        pull = await self.forge.pull(number)
        assert pull is not None
        return await self.forge.merge(number, sha=pull.head_sha, method=method, title="t", message="")

    async def push_to_main(self, files: Mapping[str, str]) -> str:
        """Somebody else lands something."""
        new = await self.commit(self.shell("rev-parse", "refs/remotes/origin/main"), files, "theirs")
        self.shell("push", "-q", "origin", f"{new}:refs/heads/main")
        return new


@pytest.fixture
def yard(tmp_path: Path) -> Yard:
    return new_yard(tmp_path)


def new_yard(tmp_path: Path) -> Yard:
    """A repository with one commit, and a forge that has it too."""
    root, remote = tmp_path / "repo", tmp_path / "forge.git"
    subprocess.run(["git", "init", "-q", "-b", "main", str(root)], check=True)
    store = SqliteStore(None, clock=SystemClock(), redact=lambda text: text, blobs=None)
    git = open_repository(root)
    made = Yard(root=root, remote=remote, git=git, forge=MemoryForge(remote=remote), store=store)
    (root / "all.txt").write_text("1\n2\n3\n4\n5\n6\n7\n8\n9\n")
    made.shell("add", "-A")
    made.shell("commit", "-q", "-m", "base")
    made.shell("clone", "-q", "--bare", str(root), str(remote), cwd=tmp_path)
    made.shell("remote", "add", "origin", str(remote))
    made.shell("fetch", "-q", "origin")
    (root / ".git/FETCH_HEAD").unlink()
    return made
