"""A forge, a home with its book and clone, and what rules on who may command: for the tests of what the bot does."""

import asyncio
import os
import subprocess
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from agentctl.bench.sim.forge import MemoryForge
from agentctl.cli.bot.acting import Acting, Others
from agentctl.cli.bot.book import Book
from agentctl.cli.bot.clones import Clone
from agentctl.cli.bot.commanding import Allowed, Decision, Nothing, Refused, why_not
from agentctl.cli.bot.drivers import Drivers, launched
from agentctl.cli.bot.place import Place
from agentctl.cli.repository import OpenRun
from agentctl.orchestrator.clock import SystemClock
from agentctl.orchestrator.errors import AgentctlError, ForgeRefused
from agentctl.orchestrator.git.repository import Repository
from agentctl.orchestrator.nouns.events import Fact, Judged, PlanApproved, Planned, RunMoved
from agentctl.orchestrator.nouns.forge import Access, Comment, Pull, Remark, RepoName
from agentctl.orchestrator.nouns.happenings import Commented, Delivery, Happening
from agentctl.orchestrator.nouns.plan import Estimate, Plan, Task, Team
from agentctl.orchestrator.nouns.policy import Policy
from agentctl.orchestrator.nouns.questions import Option, Question
from agentctl.orchestrator.nouns.verdicts import Verdict
from agentctl.orchestrator.rules.said import heard
from agentctl.orchestrator.store.folder import RunFolder
from agentctl.orchestrator.store.sqlite import SqliteStore

BOT = {"GIT_CONFIG_NOSYSTEM": "1", "GIT_CONFIG_GLOBAL": os.devnull, "PATH": os.environ["PATH"]}
WHO = ("-c", "user.name=Ada", "-c", "user.email=ada@example.org")


SPEC = """\
# Five small modules

- **R1** `t1.value()` in `src/t1.py` MUST return 1.
- **R2** `t2.value()` in `src/t2.py` MUST return 2.
"""
TOML = """\
profile = "openai"
questions = 0

[models]
flash = { model = "openai/nobody", api_base = "http://127.0.0.1:9", prompt_usd = 0.1, completion_usd = 0.4 }
pro = { model = "openai/nobody", api_base = "http://127.0.0.1:9", prompt_usd = 0.1, completion_usd = 0.4 }
"""
PLAN = Plan(
    summary="two modules",
    teams=(Team(id="core", purpose="all"),),
    tasks=tuple(
        Task(id=f"T{n}", team="core", title=f"Write t{n}", goal="g", requirements=(f"R{n}",), owns=(f"src/t{n}.py",))
        for n in (1, 2)
    ),
)
ESTIMATE = Estimate(calls=3, usd=0.05, minutes=1.0, critical_path=("T1",))
QUESTION = Question(
    key="zone",
    kind="decision",
    text="Which time zone?",
    options=(Option(text="utc"), Option(text="local time")),
    recommended=0,
    asked_by="T1:1",
    requirements=("R1",),
)
PLANNED = (Planned(plan=PLAN, estimate=ESTIMATE), PlanApproved(), RunMoved(state="building"))


class Killed(BaseException):
    """The process is gone at this very moment."""


def plain_spec(title: str, body: str, /, *, policy: Policy) -> str:
    """The text as it is, under its title where it has none."""
    del policy
    return body if body.startswith(("---", "#")) else f"# {title}\n\n{body}\n"


async def allow(place: Place, delivery: Delivery) -> Decision:
    """Whoever may write may command; nobody else is answered aloud but with one sentence."""
    match delivery.happening:
        case Commented(comment=comment, number=number) if commands := heard(comment.body).commands:
            if await why_not(place.forge, place.policy, comment.author):
                return Refused(words="commands need the permission `write`.", reply=True)
            pull = await place.forge.pull(number)
            return Allowed(commands=commands, by=comment.author.login, sha=pull.head_sha if pull is not None else "")
        case _:
            return Nothing(reason="no command")


@dataclass
class Driven:
    """A driver that is a script of the test, and over at once; it says with which code."""

    code: int | None = 3

    def ended(self) -> int | None:
        return self.code

    def signal(self, number: int) -> None:
        raise AssertionError(f"nobody sends {number}")


@dataclass
class World:
    """A repository on a forge, and a bot for it that can be killed and begun again."""

    tmp: Path
    policy: Policy = field(default_factory=Policy)
    launch: Callable[[RunFolder], Any] = launched
    launches: list[str] = field(default_factory=list)
    rebased: list[str] = field(default_factory=list)
    judged: list[tuple[str, tuple[str, ...]]] = field(default_factory=list)
    """The trees that the gate was asked about, with the slices of the run in each."""
    verdict: bool | AgentctlError = True
    """What the gate says of a tree."""
    told: int = 0

    def __post_init__(self) -> None:
        self.remote = self.tmp / "forge.git"
        self.work = self.tmp / "work"
        self.root = self.tmp / "home" / "repos" / "acme" / "shed"
        self.git(self.tmp, "init", "-q", "--bare", "-b", "main", str(self.remote))
        self.git(self.tmp, "init", "-q", "-b", "main", str(self.work))
        self.forge = MemoryForge(remote=self.remote, people={"ada": "write", "bob": "write", "eve": "read"})
        (self.tmp / "home").mkdir(exist_ok=True)
        self.begin()

    def begin(self) -> None:
        """A bot, as a process that was just started has it."""
        self.book = Book(self.tmp / "home" / "bot.db")

        def launch(folder: RunFolder) -> Any:
            self.launches.append(folder.run)
            return self.launch(folder)

        self.drivers = Drivers(book=self.book, clock=lambda: self.forge.tick, launch=launch)
        self.acting = Acting(
            others=Others(
                place=self._place,
                allow=allow,
                spec_of_issue=plain_spec,
                sentence_of=lambda text: " ".join(line for line in text.split() if not line.startswith(">")),
                rebase=self._rebase,
                judge_group=self._judge,
            ),
            drivers=self.drivers,
        )

    def end(self) -> None:
        self.book.close()

    async def _place(self, _: RepoName) -> Place:
        return self.place

    @property
    def place(self) -> Place:
        clone = Clone(root=self.root, fetch=plain_fetch)
        return Place(forge=self.forge, book=self.book, clone=clone, policy=self.policy, clock=lambda: self.forge.tick)

    async def _rebase(self, _: Place, folder: RunFolder) -> str:
        self.rebased.append(folder.run)
        return "two pull requests stand on the new base"

    async def _judge(self, run: OpenRun, _: Path, tree: str, names: Collection[str]) -> Verdict:
        self.judged.append((tree, tuple(names)))
        if isinstance(self.verdict, AgentctlError):
            raise self.verdict
        verdict = Verdict(tree=tree, gate="g", passed=self.verdict)
        run.store.append(Judged(verdict=verdict, report=run.store.put_blob("{}")), author="gate")
        return verdict

    def git(self, where: Path, *words: str) -> str:
        command = ["git", *WHO, "-C", str(where), *words]
        return subprocess.run(command, check=True, capture_output=True, text=True, env=BOT).stdout.strip()

    def push(self, branch: str, files: Mapping[str, str], *, base: str = "main") -> str:
        """A commit with these files on a branch of the forge."""
        known = self.git(self.work, "branch", "--list", branch)
        there = self.git(self.work, "branch", "--list", base)
        self.git(self.work, "checkout", "-q", *([branch] if known else ["-b", branch, *([base] if there else [])]))
        for path, text in files.items():
            (self.work / path).parent.mkdir(parents=True, exist_ok=True)
            (self.work / path).write_text(text)
        self.git(self.work, "add", "-A")
        self.git(self.work, "commit", "-q", "--allow-empty", "-m", ", ".join(files))
        self.git(self.work, "push", "-q", "-f", str(self.remote), branch)
        return self.git(self.work, "rev-parse", "HEAD")

    async def pull_by(self, login: str, branch: str, *, fork: bool = False, title: str = "A change") -> Pull:
        """Somebody opens a pull request from a branch that is there."""
        pull = await self.forge.open_pull(head=branch, base="main", title=title, body="", draft=False)
        changed = replace(pull, author=replace(pull.author, login=login, bot=False), fork=fork)
        self.forge.requests[pull.number] = changed
        return changed

    def comment(self, login: str, number: int, body: str) -> Delivery:
        """Somebody comments: what a webhook says of it."""
        made, issue = self.forge.comment_by(login, number, body), self.forge.issues.get(number)
        read = issue.digest if issue is not None else ""
        pull = number in self.forge.requests
        return self.delivery(Commented(number=number, comment=made, pull=pull, read=read), made)

    def remark(self, login: str, number: int, body: str, **what: Any) -> Remark:
        """Somebody says something of a line."""
        made = self.forge.comment_by(login, 0, body)
        fields: dict[str, Any] = {"thread": made.id, "path": "src/t1.py", "line": 2, "commit": "c" * 40} | what
        remark = Remark(
            id=made.id,
            body=body,
            author=made.author,
            created_at=made.created_at,
            updated_at=made.updated_at,
            **fields,
        )
        self.forge.remarked.setdefault(number, []).append(remark)
        return remark

    def delivery(self, happening: Happening, of: Comment | Remark | None = None) -> Delivery:
        """A message with an id of its own."""
        self.told += 1
        name = f"d{of.id}" if of is not None else f"other{self.told}"
        return Delivery(id=name, repo=self.forge.name, happening=happening)

    async def say(self, login: str, number: int, body: str) -> str:
        """Somebody comments, and the bot acts on it."""
        return await self.acting.act(self.comment(login, number, body))

    def replies(self, number: int) -> list[str]:
        """What the bot said in a thread."""
        return [each.body for each in self.forge.said.get(number, []) if each.author.login == self.forge.me]

    @property
    def run(self) -> RunFolder:
        """The latest run's folder."""
        folder = self.place.folder(self.book.threads(also_over=True)[-1].run)
        assert folder is not None
        return folder

    def store(self, folder: RunFolder | None = None, *, write: bool = False) -> SqliteStore:
        """A run's tables."""
        at = folder or self.run
        return SqliteStore(at.run_db, clock=SystemClock(), redact=str, blobs=at.blobs, readonly=not write)

    def facts(self, *facts: Fact, author: str = "driver") -> None:
        """What a driver, or somebody at a terminal, says in the latest run."""
        with self.store(write=True) as store:
            store.append(*facts, author=author)

    async def built(self, *facts: Fact) -> int:
        """An issue whose run has an approved plan, and these facts; returns the issue's number."""
        self.push("main", {"agentctl.toml": TOML})
        issue = self.forge.issue_by("ada", "Two modules", SPEC)
        assert await self.say("ada", issue.number, "/agentctl run") == f"run: run {self.run.run}"
        self.facts(*PLANNED, *facts)
        return issue.number

    async def until(self, true: Callable[[], bool], *, what: str, tries: int = 1200) -> None:
        """Look, as the bot does every now and then, until something is so."""
        for _ in range(tries):
            await self.acting.revive()
            if true():
                return
            await asyncio.sleep(0.1)
        log = self.run.path / "driver.log"
        raise AssertionError(f"never {what}: {log.read_text() if log.exists() else 'no driver'}")


async def plain_fetch(repository: Repository, access: Access, refspecs: Sequence[str]) -> None:
    """As git does it from a folder."""
    command = ["git", f"--git-dir={repository.location.git_dir}", "fetch", "-q", "--no-tags", "--no-write-fetch-head"]
    specs = [f"+{each}" for each in refspecs]
    done = await asyncio.to_thread(subprocess.run, [*command, access.url, *specs], check=False, env=BOT)
    if done.returncode:
        raise ForgeRefused(f"there is no {', '.join(refspecs)}")
