"""A run that lands what a test says, for tests of its delivery."""

from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import dataclass, field, replace

from agentctl.orchestrator.bases import ground_tree
from agentctl.orchestrator.cutting import LinesChanged
from agentctl.orchestrator.delivering import Delivery, cut
from agentctl.orchestrator.nouns.delivery import Cut
from agentctl.orchestrator.nouns.events import (
    AttemptStarted,
    Chosen,
    Landed,
    Patched,
    PlanApproved,
    Planned,
    RunCreated,
    RunMoved,
)
from agentctl.orchestrator.nouns.keys import AttemptKey, integration_branch
from agentctl.orchestrator.nouns.plan import Estimate, LockedTest, Plan, Requirement, SpecView, Task, Team
from agentctl.orchestrator.nouns.runs import Landing, RunSettings
from agentctl.orchestrator.nouns.verdicts import Expectation, GateReport, Verdict
from agentctl.orchestrator.placing import Wishes
from agentctl.orchestrator.ports import Git, TreeEntry
from agentctl.orchestrator.rules.amending import AMENDS, with_task
from agentctl.orchestrator.rules.following import BASE
from agentctl.orchestrator.run_view import START, RunView, ground_of
from agentctl.orchestrator.store.sqlite import SqliteStore

RUN = "k7m2xq"
SPEC = SpecView(
    id="shop",
    digest="d" * 64,
    title="shop: sell things",
    text="",
    requirements=tuple(Requirement(id=f"R{n}", text=f"It MUST do {n}.", key="k") for n in range(1, 9)),
    locked=(
        LockedTest(check="R1.c1", requirements=("R1",), path="tests/spec/test_R1.py", text="t", tests=("x",)),
        LockedTest(
            check="R2.h1", requirements=("R2",), path="tests/spec/test_R2h.py", text="t", tests=("y",), secret=True
        ),
    ),
)


@dataclass
class SayingGate:
    """A gate that finds red what ``red`` says of the paths of a tree."""

    git: Git
    red: Callable[[frozenset[str]], str] = lambda _: ""
    judged: list[str] = field(default_factory=list)
    expected: dict[str, frozenset[str]] = field(default_factory=dict)
    """By tree the tests that had to pass."""

    async def judge(self, tree: str, *, expectation: Expectation, **_: object) -> Verdict:
        self.expected[tree] = expectation.tests
        why = self.red(frozenset(await self.git.entries(tree)))
        self.judged.append(tree)
        return Verdict(tree=tree, gate="g", passed=not why, reasons=(why,) if why else ())

    async def report(self, tree: str, **_: object) -> GateReport:
        raise LookupError(f"nobody asks for a report of {tree}")


@dataclass
class History:
    """A run that lands what the test says, task by task."""

    git: Git
    store: SqliteStore
    base: str
    plan: Plan
    gate: SayingGate
    tip: str
    lines: LinesChanged
    checked_out: Callable[[], Awaitable[Collection[str]]]
    landed: dict[str, str] = field(default_factory=dict)
    fixes: set[str] = field(default_factory=set)

    def adds(self, task: str) -> None:
        """That task was added when the rest was there."""
        self.store.append(Chosen(key=f"{AMENDS}{task}", value=str(len(self.fixes) + 1)), author="person:ada")
        self.fixes.add(task)

    async def commit(self, files: Mapping[str, str | None], message: str) -> str:
        """A commit on the run's branch that is no task's."""
        tree = await self._with(await self.git.tree_of(self.tip), files)
        new = await self.git.commit(tree=tree, parents=[self.tip], message=message, at=5.0)
        await self.git.move_ref(integration_branch(RUN), new=new, old=self.tip)
        self.tip = new
        return new

    async def begins_at(self, files: Mapping[str, str | None]) -> str:
        """What all tasks start from, as a commit of its own."""
        start = await self.commit(files, f"Stubs\n\nRun: {RUN}")
        self.store.append(Chosen(key=START, value=start), author="driver")
        return start

    async def lands(self, task: str, files: Mapping[str, str | None], *, message: str = "") -> None:
        """A task's landing: its patch was made on the run's start and what it needs."""
        base = await self.git.tree_of(self.store.choice(START) or self.base)
        for need in RunView(self.store, SPEC, Expectation()).closure(task):
            attempt = self.store.attempt(AttemptKey(task=need))
            assert attempt is not None
            assert attempt.tree is not None
            merged = await self.git.merge(base=attempt.base_tree, ours=base, theirs=attempt.tree)
            assert merged.tree is not None
            base = merged.tree
        tree = await self._with(base, files)
        merged = await self.git.merge(base=base, ours=await self.git.tree_of(self.tip), theirs=tree)
        assert merged.tree is not None
        text = message or f"Do {task}\n\nSpec: shop@d\nTask: {task}\nRun: {RUN}\n"
        order = len(self.landed) + 1
        new = await self.git.commit(tree=merged.tree, parents=[self.tip], message=text, at=100.0 + order)
        await self.git.move_ref(integration_branch(RUN), new=new, old=self.tip)
        key = AttemptKey(task=task)
        landing = Landing(order=order, key=key, commit=new, tree=merged.tree, patch=new, at=100.0 + order)
        self.store.append(
            AttemptStarted(key=key, rung="flash", base_tree=base),
            Patched(key=key, patch=new, tree=tree),
            Landed(landings=(landing,)),
            author="queue",
        )
        self.tip, self.landed[task] = new, new

    async def follows(self, task: str, files: Mapping[str, str | None]) -> str:
        """A landing that brings a new commit of the base branch, as the merge queue makes it; returns that commit."""
        view = RunView(self.store, SPEC, Expectation())
        ground = ground_of(self.store)
        if self.store.choice(START) is None:
            self.store.append(Chosen(key=START, value=self.base), author="driver")
        before = await ground_tree(view, self.git)
        theirs = await self.git.commit(
            tree=await self._with(await self.git.tree_of(ground), files), parents=[ground], message="Theirs", at=50.0
        )
        new = await self.git.merge(
            base=await self.git.tree_of(ground), ours=before, theirs=await self.git.tree_of(theirs)
        )
        merged = await self.git.merge(base=before, ours=await self.git.tree_of(self.tip), theirs=new.tree or "")
        assert merged.tree is not None
        self.plan = with_task(self.plan, Task(id=task, team="base", title="Follow", goal="g", follows=theirs), [BASE])
        text, order = f"Follow\n\nSpec: shop@d\nTask: {task}\nRun: {RUN}\n", len(self.landed) + 1
        tip = await self.git.commit(tree=merged.tree, parents=[self.tip, theirs], message=text, at=100.0 + order)
        await self.git.move_ref(integration_branch(RUN), new=tip, old=self.tip)
        key = AttemptKey(task=task)
        estimate = Estimate(calls=1, usd=0.1, minutes=1.0, critical_path=())
        landing = Landing(order=order, key=key, commit=tip, tree=merged.tree, patch=theirs, at=100.0 + order)
        self.store.append(
            Planned(plan=self.plan, estimate=estimate),
            PlanApproved(),
            AttemptStarted(key=key, rung="person", base_tree=before),
            Patched(key=key, patch=theirs, tree=new.tree or ""),
            Landed(landings=(landing,)),
            author="queue",
        )
        self.tip, self.landed[task] = tip, tip
        return theirs

    def delivery(self, **changed: object) -> Delivery:
        found = Delivery(
            run=RUN,
            view=RunView(self.store, SPEC, Expectation()),
            git=self.git,
            gate=self.gate,
            lines=self.lines,
            checked_out=self.checked_out,
            why="People want things.",
        )
        return replace(found, **changed)  # type: ignore[arg-type]  # the fields are the test's

    async def cut(self, minutes: float = 0.0, wishes: Wishes | None = None) -> tuple[Cut, ...]:
        return await cut(self.delivery(), review_minutes=minutes, wishes=wishes)

    async def _with(self, tree: str, files: Mapping[str, str | None]) -> str:
        entries = {
            path: TreeEntry(mode="100644", id=await self.git.write(text.encode())) if text is not None else None
            for path, text in files.items()
        }
        return await self.git.amend_tree(tree, entries)


Make = Callable[..., Awaitable[History]]
"""Makes a run of such rows as `plan` takes, on these ``files``."""


def plan(*rows: str) -> Plan:
    """``"T1 core"``, ``"T2 shell T1"``."""
    tasks = tuple(
        Task(id=task, team=team, title=f"Do {task}", goal="g", requirements=(f"R{task[1:]}",), needs=tuple(needs))
        for task, team, *needs in (row.split() for row in rows)
    )
    teams = tuple(Team(id=name, purpose=f"the {name}") for name in dict.fromkeys(task.team for task in tasks))
    return Plan(summary="s", teams=teams, tasks=tasks)


async def begun(  # noqa: PLR0913 - the parts of a run
    git: Git,
    store: SqliteStore,
    planned: Plan,
    *,
    base: str,
    lines: LinesChanged,
    checked_out: Callable[[], Awaitable[Collection[str]]],
    repo: str = "",
) -> History:
    """A run of a plan on that base, of which nothing has landed yet."""
    store.append(
        RunCreated(
            run=RUN,
            spec_id="shop",
            spec_blob="",
            title=SPEC.title,
            base=base,
            settings=RunSettings(profile="desk", repo=repo),
        ),
        Planned(plan=planned, estimate=Estimate(calls=1, usd=0.1, minutes=1.0, critical_path=())),
        PlanApproved(),
        RunMoved(state="done"),
        author="driver",
    )
    await git.move_ref(integration_branch(RUN), new=base, old=None)
    return History(
        git=git,
        store=store,
        base=base,
        plan=planned,
        gate=SayingGate(git),
        tip=base,
        lines=lines,
        checked_out=checked_out,
    )
