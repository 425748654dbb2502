"""A run on disk, a repository with slices of it, a forge in memory over a real bare one, and what others do for it."""

import subprocess
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from agentctl.bench.sim.forge import MemoryForge
from agentctl.cli.bot.at import Others
from agentctl.cli.bot.book import Book, Thread
from agentctl.cli.bot.telling import reconcile
from agentctl.cli.repository import OpenRun, opened
from agentctl.orchestrator.errors import ForgeRefused
from agentctl.orchestrator.forge.port import Forge
from agentctl.orchestrator.nouns.delivery import Opened
from agentctl.orchestrator.nouns.events import (
    EvidenceFound,
    Fact,
    Judged,
    Landed,
    PlanApproved,
    Planned,
    QuestionAsked,
    RunCreated,
    RunMoved,
    TaskMoved,
)
from agentctl.orchestrator.nouns.forge import Check, CheckState, MergeMethod, Pull
from agentctl.orchestrator.nouns.hand_facts import Amended
from agentctl.orchestrator.nouns.keys import AttemptKey
from agentctl.orchestrator.nouns.plan import Estimate, Plan, Task, Team
from agentctl.orchestrator.nouns.policy import Policy
from agentctl.orchestrator.nouns.questions import Option, Question
from agentctl.orchestrator.nouns.runs import Evidence, Landing, RunSettings
from agentctl.orchestrator.nouns.verdicts import Verdict
from agentctl.orchestrator.rules.commit_text import landing_message
from agentctl.orchestrator.store.folder import RunFolder, create
from agentctl.orchestrator.store.sqlite import SqliteStore

RUN = "k7m2xq"
BEGUN = 1_800_000_000.0
SPEC = "# Greet\n\n## Requirements\n\n- **R1** `greet` MUST say hello.\n- **R2** `greet` MUST name whom it greets.\n"
QUESTION = Question(
    key="zone",
    kind="decision",
    text="Which time zone?",
    why="The format needs one.",
    options=(Option(text="utc", consequence="the same everywhere"), Option(text="local time", paths=("src/clock.py",))),
    recommended=0,
    asked_by="T1:1",
    requirements=("R1",),
)
PLAN = Plan(
    summary="Say hello.",
    teams=(Team(id="core", purpose="greetings"),),
    tasks=(
        Task(id="T1", team="core", title="Say hello", goal="g", requirements=("R1",), owns=("a.py",)),
        Task(id="T2", team="core", title="Name them", goal="g", requirements=("R2",), owns=("b.py",), needs=("T1",)),
    ),
)
ESTIMATE = Estimate(calls=4, usd=0.2, minutes=3.0, critical_path=("T1", "T2"))


class Killed(BaseException):
    """The bot was killed here."""


@dataclass
class SetClock:
    """Time that a test says."""

    at: float = BEGUN

    def now(self) -> float:
        return self.at

    def monotonic(self) -> float:
        return self.at

    async def sleep(self, seconds: float) -> None:
        self.at += seconds


@dataclass
class Scene:
    """All of it; ``look`` is what is tested."""

    repo: Path
    remote: Path
    folder: RunFolder
    store: SqliteStore
    clock: SetClock
    forge: MemoryForge
    book: Book
    thread: Thread
    policy: Policy = field(default_factory=Policy)
    slices: dict[str, str] = field(default_factory=dict)
    """By name the name of the slice below."""
    draft: bool = False
    brings: int = 0
    refuse: str = ""
    """Why the result cannot be brought."""
    unmergeable: str = ""

    def say(self, *facts: Fact, author: str = "driver") -> None:
        self.store.append(*facts, author=author)

    def git(self, *words: str, at: Path | None = None) -> str:
        who = ["-c", "user.name=A", "-c", "user.email=a@example.org", "-c", "commit.gpgsign=false"]
        command = ["git", "-C", str(at or self.repo), *who, *words]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()

    def plan(self, plan: Plan = PLAN) -> None:
        self.say(Planned(plan=plan, estimate=ESTIMATE), PlanApproved(), RunMoved(state="building"))

    def ask(self, question: Question = QUESTION) -> None:
        self.say(QuestionAsked(question=question))
        self.clock.at += 10

    def land(self, task: str, *, on: str = "core", below: str = "", passed: bool = True) -> str:
        """A commit of a task on a slice, judged; returns it."""
        branch = f"agentctl/{RUN}/{on}"
        if on not in self.slices:
            self.slices[on] = below
            self.git("branch", branch, f"agentctl/{RUN}/{below}" if below else "main")
        self.git("checkout", "-q", branch)
        (self.repo / f"{task}.py").write_text(task)
        self.git("add", ".")
        message = landing_message(
            title=f"Do {task}", body="", spec_id="s", spec_digest="0" * 64, task=task, requirements=(), run=RUN
        )
        self.git("commit", "-q", "-m", message)
        self.git("checkout", "-q", "main")
        sha, tree = self.git("rev-parse", branch), self.git("rev-parse", f"{branch}^{{tree}}")
        landing = Landing(
            order=len(self.store.landings()) + 1,
            key=AttemptKey(task=task),
            commit=sha,
            tree=tree,
            patch=sha,
            at=self.clock.at,
        )
        reasons = () if passed else ("T1.py::test_it failed:\nT1.py:3: AssertionError: @ada no",)
        verdict = Verdict(tree=tree, gate="g", passed=passed, reasons=reasons, tests=("t::a", "t::b"))
        self.say(Landed(landings=(landing,)), TaskMoved(task=task, state="landed"))
        self.say(Judged(verdict=verdict, report=self.store.put_blob("{}")), author="gate")
        return sha

    def prove(self, requirement: str, task: str) -> None:
        found = Evidence(
            requirement=requirement, requirement_key="k", check="C1", level="V2", task=task, commit="c", tree="t"
        )
        self.say(EvidenceFound(evidence=(found,)))

    def finish(self, state: str = "done") -> None:
        self.say(RunMoved(state=state))  # type: ignore[arg-type]

    async def bring(self, forge: Forge, *_: object) -> Sequence[Opened]:
        """As delivery does it: push, open, retarget."""
        self.brings += 1
        if self.refuse:
            raise ForgeRefused(self.refuse)
        found = []
        for name, below in self.slices.items():
            branch = f"agentctl/{RUN}/{name}"
            self.git("push", "-q", str(self.remote), f"+{branch}:{branch}")
            under = await forge.pulls(head=f"agentctl/{RUN}/{below}", state="all") if below else ()
            merged = not below or under[0].state == "merged"
            base = "main" if merged else f"agentctl/{RUN}/{below}"
            there = await forge.pulls(head=branch, state="all")
            pull = there[0] if there else None
            if pull is None:
                pull = await forge.open_pull(head=branch, base=base, title=name, body="b", draft=self.draft)
            elif pull.state == "open":
                pull = await forge.edit_pull(pull.number, base=base)
            head = self.git("rev-parse", branch)
            found.append(Opened(name=name, number=pull.number, url=pull.url, head=head, base=base))
        return found

    async def amend(self, _: OpenRun, sentence: str, *, author: str) -> str:
        """As `amend` does it, with a task of its own."""
        self.forge.before("amend")
        number = len(self.store.hands().amendments) + 1
        task = Task(id=f"T{10 + number}", team="core", title="Mend", goal="g", requirements=(f"R{10 + number}",))
        plan = self.store.plan()
        assert plan is not None
        more = Plan(summary=plan.summary, teams=plan.teams, tasks=(*plan.tasks, task))
        self.say(Amended(number=number, requirement=f"R{10 + number}", text=sentence), author=author)
        self.say(Planned(plan=more, estimate=ESTIMATE), PlanApproved(), RunMoved(state="building"))
        self.forge.after("amend")
        return f"R{10 + number}"

    async def may_merge(self, _: Forge, pull: Pull, *, policy: Policy, sha: str) -> tuple[MergeMethod | None, str]:
        """As the rules of pull requests say it."""
        assert pull.head_sha == sha
        return (None, self.unmergeable) if self.unmergeable else (policy.merge, "")

    async def look(self, *, after: float = 61.0) -> None:
        """One look, some time after whatever was before."""
        self.clock.at += after
        thread = next((t for t in self.book.threads(also_over=True) if t.run == RUN), self.thread)
        others = Others(bring=self.bring, amend=self.amend, may_merge=self.may_merge)
        with opened(self.folder) as run:
            await reconcile(self.forge, self.book, thread, run, policy=self.policy, others=others, now=self.clock.at)

    def comments(self) -> list[str]:
        return [each.body for each in self.forge.said.get(self.thread.number, [])]

    def sticky(self) -> str:
        (found,) = [body for body in self.comments() if f"<!-- agentctl:run:{RUN} -->" in body]
        return found

    def check(self, name: str, sha: str) -> Check:
        (found,) = [each for each in self.forge.checked if (each.name, each.sha) == (name, sha)]
        return found

    def ci(self, sha: str, state: CheckState, *, name: str = "tests", log: str = "", **more: Any) -> Check:
        """The repository's own check ends so on a commit."""
        check = Check(id=len(self.forge.checked) + 1000, name=name, sha=sha, state=state, app="actions", **more)
        kept = [each for each in self.forge.checked if (each.name, each.sha) != (name, sha)]
        self.forge.checked = [*kept, check]
        self.forge.logs[check.id] = log
        return check


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    made: list[Scene] = []

    def new(**settings: Any) -> Scene:
        root = tmp_path / f"at{len(made)}"
        repo, remote = root / "repo", root / "remote.git"
        repo.mkdir(parents=True)
        subprocess.run(["git", "init", "-q", "--bare", "-b", "main", str(remote)], check=True)
        subprocess.run(["git", "init", "-q", "-b", "main", str(repo)], check=True)
        clock, folder = SetClock(), create(repo, RUN)
        folder.spec.write_text(SPEC)
        store = SqliteStore(folder.run_db, clock=clock, redact=str, blobs=folder.blobs)
        forge = MemoryForge(remote=remote, people={"ada": "write"})
        number = forge.issue_by("ada", "Greet", "please").number
        thread = Thread(
            repo=forge.repo, number=number, run=RUN, pull=False, by="ada", sha="", base="main", spec="", at=BEGUN
        )
        book = Book(root / "bot.db")
        book.bind(thread)
        it = Scene(repo, remote, folder, store, clock, forge, book, thread)
        (repo / "README").write_text("x")
        it.git("add", "README")
        it.git("commit", "-q", "-m", "base")
        it.git("push", "-q", str(remote), "main")
        base = it.git("rev-parse", "main")
        kept = RunSettings(profile="desk", repo=str(repo), **settings)
        it.say(RunCreated(run=RUN, spec_id="s", spec_blob="", title="Greet", base=base, settings=kept))
        made.append(it)
        return it

    it = new()
    it.again = new  # type: ignore[attr-defined]
    yield it
    for each in made:
        each.book.close()
        each.store.close()


@pytest.fixture
def another(scene: Scene) -> Callable[..., Scene]:
    """Makes a further scene, untouched."""
    return scene.again  # type: ignore[attr-defined, no-any-return]
