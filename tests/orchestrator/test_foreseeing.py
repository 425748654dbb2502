"""Conflicts foreseen in a tree: what is read for it, and plans in which there is nothing to foresee."""

import asyncio
import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import agentctl
import pytest
from agentctl.agents.plan_reply import read_plan
from agentctl.bench.sim.git import MemoryGit
from agentctl.bench.sim.plans import random_plan, spec_of
from agentctl.orchestrator.foreseeing import MOST_BYTES, Foreseeing
from agentctl.orchestrator.nouns.plan import Conflict, Plan, SpecView, Task, Team
from agentctl.orchestrator.ports import TreeEntry
from agentctl.orchestrator.spec_view import spec_view
from agentctl.specs.parse import parse

QUICKSTART = Path(agentctl.__file__).parent / "specs" / "examples" / "quickstart.md"
SPEC = SpecView(id="s", digest="d", title="t", text="", requirements=())


class Counting(MemoryGit):
    """Keeps which files were read, by what is in them."""

    def __init__(self) -> None:
        super().__init__()
        self.read_texts: list[str] = []

    async def read_many(self, blobs: Sequence[str]) -> Mapping[str, bytes]:
        found = await super().read_many(blobs)
        self.read_texts += sorted(content.decode() for content in found.values())
        return found


async def commit(git: MemoryGit, files: Mapping[str, str]) -> str:
    """A commit of these files; a link where the path says so."""
    there = {
        path: TreeEntry(mode="120000" if "link" in path else "100644", id=await git.write(text.encode()))
        for path, text in files.items()
    }
    return await git.commit(tree=await git.amend_tree(None, there), parents=(), message="base", at=0.0)


def foresee(plan: Plan, files: Mapping[str, str], spec: SpecView = SPEC) -> tuple[tuple[Conflict, ...], list[str]]:
    """What is told, and what was read for it."""
    git = Counting()

    async def look() -> tuple[Conflict, ...]:
        return await Foreseeing(git=git).conflicts(plan, spec, await commit(git, files))

    return asyncio.run(look()), git.read_texts


def plan_of(*goals: tuple[str, str], needs: tuple[str, ...] = ()) -> Plan:
    """Tasks with a goal and a glob each, of which the last one needs some."""
    tasks = [
        Task(id=f"T{number}", team="all", title="Do", goal=goal, owns=(glob,))
        for number, (goal, glob) in enumerate(goals, start=1)
    ]
    last = tasks.pop()
    ordered = Task(id=last.id, team="all", title="Do", goal=last.goal, owns=last.owns, needs=needs)
    return Plan(summary="", teams=(Team(id="all", purpose=""),), tasks=(*tasks, ordered))


LOAD, CALL, OTHER = "def load(): ...\n", "from io_ import load\n", "def other(): ...\n"
FILES = {"io_.py": LOAD, "api/a.py": CALL, "api/b.py": OTHER, "far/c.py": CALL, "api/link.py": CALL}
RENAMES = ("Rename `load` to `read`.", "io_.py")


def test_only_files_of_the_tasks_concerned_are_read() -> None:
    told, read = foresee(plan_of(RENAMES, ("Go on.", "api/**")), FILES)
    assert [(each.symbol, each.tasks, each.used_at) for each in told] == [("load", ("T1", "T2"), "api/a.py:1")]
    assert read == [LOAD, OTHER, CALL]


@pytest.mark.parametrize(
    "plan",
    [
        plan_of(RENAMES),
        plan_of(("Write `load`.", "io_.py"), ("Go on with `load`.", "api/**")),
        plan_of(("Fix `load`.", "io_.py"), ("Go on.", "api/**")),
        plan_of(("Rename `load` to `read`.", "new.py"), ("Go on.", "api/**")),
        plan_of(RENAMES, ("Go on.", "api/**"), needs=("T2",)),
    ],
)
def test_nothing_is_read_where_nobody_changes_what_is_there(plan: Plan) -> None:
    assert foresee(plan, FILES) == ((), [])


def test_the_files_of_others_are_not_read_where_what_is_said_is_not_there() -> None:
    assert foresee(plan_of(("Rename `dump` to `read`.", "io_.py"), ("Go on.", "api/**")), FILES) == ((), [LOAD])


def test_tasks_in_order_are_not_read_against_each_other() -> None:
    assert foresee(plan_of(RENAMES, ("Go on.", "api/**"), needs=("T1",)), FILES) == ((), [LOAD])


def test_a_small_spec_costs_nothing() -> None:
    small = SpecView(id="s", digest="d", title="t", text="", requirements=(), small=True)
    assert foresee(plan_of(RENAMES, ("Go on.", "api/**")), FILES, small) == ((), [])


def test_a_generated_file_is_left_out() -> None:
    long = FILES | {"api/a.py": CALL + "x = 1\n" * (MOST_BYTES // 6)}
    assert foresee(plan_of(RENAMES, ("Go on.", "api/**")), long)[0] == ()


def test_a_tree_that_was_looked_at_is_parsed_once() -> None:
    git = Counting()

    async def twice() -> list[int]:
        start, looking = await commit(git, FILES), Foreseeing(git=git)
        plan, edited = (plan_of(RENAMES, ("Go on.", glob)) for glob in ("api/**", "far/**"))
        known = []
        for each in (plan, edited, plan):
            await looking.conflicts(each, SPEC, start)
            known.append(len(looking._read))
        return known

    assert asyncio.run(twice()) == [2, 2, 2]


def quickstart() -> tuple[Plan, SpecView]:
    """The shipped spec, and the plan of its recording."""
    recording = QUICKSTART.with_name("quickstart.recording.jsonl").read_text(encoding="utf-8").splitlines()
    calls = [line for line in map(json.loads, recording) if line["line"] == "call"]
    reply = next(call["reply"] for call in calls if "/planner/" in call["key"])
    plan = read_plan((json.loads(reply) if isinstance(reply, str) else reply)["text"])
    return plan, spec_view(parse(QUICKSTART.read_text(encoding="utf-8"), name="quickstart"))


def test_the_shipped_plan_has_no_conflict_neither_on_nothing_nor_on_what_it_builds() -> None:
    plan, spec = quickstart()
    built = {each.path: each.text for each in spec.interfaces} | {
        "src/tally/__init__.py": "",
        "src/tally/__main__.py": "from .entries import read_entries\nfrom .report import as_text, summarise\n",
        "tests/test_report.py": "from tally.report import as_markdown\n",
    }
    assert len(plan.tasks) > 1
    for files in ({"README.md": "tally\n"}, built):
        assert foresee(plan, files, spec)[0] == ()


def test_plans_of_new_things_have_none() -> None:
    for seed in range(5):
        plan = random_plan(seed=seed, tasks=40, density=0.1)
        assert foresee(plan, FILES, spec_of(plan)) == ((), [])
