"""A patch beside the interfaces of the files that its task owns."""

from collections.abc import Mapping

import pytest
from agentctl.bench.sim.git import MemoryGit
from agentctl.bench.sim.loop import VirtualClock
from agentctl.orchestrator.frozen import Frozen
from agentctl.orchestrator.nouns.contract import Contract, Stub
from agentctl.orchestrator.nouns.events import Contracted, PlanApproved, Planned
from agentctl.orchestrator.nouns.keys import AttemptKey
from agentctl.orchestrator.nouns.plan import DeclaredInterface, Estimate, Plan, SpecView, Task, Team
from agentctl.orchestrator.nouns.verdicts import Expectation
from agentctl.orchestrator.ports import Job, TreeEntry
from agentctl.orchestrator.run_view import RunView
from agentctl.orchestrator.store.sqlite import SqliteStore

BY = "the interface in the spec declares it"
INTERFACE = "class Entry(NamedTuple):\n    count: int\n    note: str\n\ndef parse(text: str) -> Entry: ...\n"
BOTH = INTERFACE.replace("...", "\n    return Entry(1, text)")
HALF = INTERFACE.partition("def parse")[0]
FIRST = Task(id="T1", team="a", title="t", goal="g", owns=("src/x.py", "src/y.py"))
SECOND = Task(id="T2", team="a", title="t", goal="g", owns=("src/x.py",), needs=("T1",))
OTHER = Task(id="T3", team="b", title="t", goal="g", owns=("src/z.py",))


class Scene:
    def __init__(self) -> None:
        self.git = MemoryGit()
        self.store = SqliteStore(None, clock=VirtualClock(), redact=str, blobs=None)
        spec = SpecView(
            id="s", digest="0", title="S", text="S", requirements=(),
            interfaces=(
                DeclaredInterface(path="src/x.py", text=INTERFACE),
                DeclaredInterface(path="src/z.py", text="def go(a): ...", frozen=False),
            ),
        )  # fmt: skip
        plan = Plan(
            summary="p", teams=(Team(id="a", purpose=""), Team(id="b", purpose="")), tasks=(FIRST, SECOND, OTHER)
        )
        estimate = Estimate(calls=1, usd=None, minutes=1.0, critical_path=())
        self.store.append(Planned(plan=plan, estimate=estimate), PlanApproved(), author="planner")
        self.view = RunView(self.store, spec, Expectation())
        self.spec = spec

    async def tree(self, files: Mapping[str, str]) -> str:
        made = {path: TreeEntry(mode="100644", id=await self.git.write(text.encode())) for path, text in files.items()}
        return await self.git.amend_tree(None, made)

    async def broken(
        self, task: Task, files: Mapping[str, str], base: Mapping[str, str] | None = None
    ) -> tuple[str, ...]:
        job = Job(
            key=AttemptKey(task=task.id), task=task, spec=self.spec, rung="flash", base_tree=await self.tree(base or {})
        )
        return await Frozen(git=self.git, view=self.view).broken_by(job, await self.tree(files))


@pytest.fixture
def scene() -> Scene:
    return Scene()


async def test_a_field_that_was_renamed_is_named(scene: Scene) -> None:
    renamed = BOTH.replace("    count: int", "    number: int")
    assert await scene.broken(SECOND, {"src/x.py": renamed}, {"src/x.py": BOTH}) == (
        f"src/x.py: class `Entry` has no field `count: int`, which was there before; {BY}",
        f"src/x.py: class `Entry` gained the field `number` without a default; {BY}",
    )


async def test_the_last_who_may_write_a_file_leaves_nothing_undone(scene: Scene) -> None:
    assert await scene.broken(FIRST, {"src/x.py": HALF}) == ()
    assert await scene.broken(FIRST, {}) == ()
    assert await scene.broken(SECOND, {"src/x.py": HALF}, {"src/x.py": HALF}) == (
        "src/x.py: function `parse(text: str) -> Entry` is missing; the interface in the spec declares it",
    )
    assert await scene.broken(SECOND, {}) == ("src/x.py is not there, and the interface in the spec declares it",)
    assert await scene.broken(SECOND, {"src/x.py": BOTH}) == ()


async def test_what_changed_or_was_there_before_is_not_forgiven_to_the_first(scene: Scene) -> None:
    other = BOTH.replace("count: int", "count: str")
    assert "has the type `str`" in (await scene.broken(FIRST, {"src/x.py": other}))[0]
    [lost] = await scene.broken(FIRST, {"src/x.py": HALF}, {"src/x.py": BOTH})
    assert "is missing, which was there before" in lost
    [gone] = await scene.broken(FIRST, {}, {"src/x.py": BOTH})
    assert "is not there" in gone


async def test_a_task_answers_only_for_what_it_owns_and_what_was_written_out(scene: Scene) -> None:
    assert await scene.broken(OTHER, {"src/x.py": "", "src/z.py": "def stop(): ..."}) == ()


async def test_stubs_of_contracts_are_frozen_too(scene: Scene) -> None:
    stub = Stub(path="src/y.py", text="def save(key: str) -> None: raise NotImplementedError\n", task="T1")
    scene.store.append(Contracted(contract=Contract(team="a", stubs=(stub,))), author="lead")
    renamed = {"src/y.py": "def save(name: str = '') -> None:\n    print(name)\n"}
    [said] = await scene.broken(FIRST, renamed)
    assert said.startswith("src/y.py: function `save` lost its parameter `key`")
    assert said.endswith("the contract of team a declares it")
