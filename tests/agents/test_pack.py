"""What a worker is given before its first turn."""

from dataclasses import replace
from typing import Any

import pytest
from agentctl.agents.pack import BUDGET, CHARACTERS_PER_TOKEN, Packer
from agentctl.guides.load import Guide
from agentctl.orchestrator.nouns.keys import AttemptKey
from agentctl.orchestrator.nouns.plan import LockedTest, Requirement
from agentctl.orchestrator.ports import Job
from agentctl.specs.compile import compile_checks
from agentctl.specs.parse import parse

Made = Any
LOCKED = LockedTest(
    check="R1.c1", requirements=("R1",), path="tests/locked/test_r1.py", text="assert greet('x')\n", tests=("t",)
)


@pytest.fixture
def pack(git: Made, spec: Made, task: Made) -> Made:
    async def make(files: dict[str, str], *, of: dict[str, Any] | None = None, **changes: Any) -> str:
        job = Job(
            key=AttemptKey(task="T1"),
            task=replace(task, **(of or {})),
            spec=spec,
            rung="flash",
            base_tree=git.tree(files),
        )
        return (await Packer(git).pack(replace(job, **changes))).user

    return make


async def test_the_parts_come_in_order_and_the_task_last(pack: Made) -> None:
    user = await pack(
        {"src/greet.py": "def greet(): ...\n", "AGENTS.md": "Use tabs.\n", "tests/test_a.py": ""},
        locked=(LOCKED,),
        decisions=(("Which one?", "The\nfirst"),),
        digest="Attempt 1: failed",
    )
    headings = [line for line in user.splitlines() if line.startswith("# ")]
    assert headings == [
        "# The spec",
        "# greet: say hello",
        "# Decisions",
        "# The repository",
        "# Locked tests of your task",
        "# Files that may matter, as they were at the start",
        "# What failed before you",
        "# Your task: T1 Greeting",
    ]
    assert "Tests are in tests/ (1 file)." in user
    assert "Use tabs." in user
    assert "  Decided: The\n    first\n" in user
    assert user.endswith("- src/greet.py\n- tests/test_greet.py\n- docs/**\n")


async def test_of_a_check_that_the_spec_shows_only_its_name_is_told(pack: Made) -> None:
    checked = replace(LOCKED, text='"""greet.md:9 (R1)"""\n\ndef test_x():\n    assert greet() == 1\n')
    user = await pack({"src/greet.py": ""}, locked=(checked, replace(LOCKED, path="tests/test_of_a_lead.py")))
    assert f"- {checked.path}: the check of {', '.join(checked.requirements)} in the spec\n" in user
    assert "assert greet() == 1" not in user
    assert LOCKED.text.strip() in user


async def test_of_a_long_spec_the_checks_are_shown_without_the_code_that_runs_them(pack: Made, spec: Made) -> None:
    text = "# greet\n\n" + "Something about greetings.\n" * 800 + "\n```console R1\n$ greet\nhello\n```\n"
    compiled = compile_checks(parse("- **R1** `greet` MUST greet.\n" + text))
    locked = replace(LOCKED, text=compiled[0].text)
    user = await pack({"src/greet.py": ""}, locked=(locked,), spec=replace(spec, text=text))
    assert "run('greet'" in user
    assert "import subprocess" not in user


async def test_what_a_team_shares_is_a_common_prefix(pack: Made) -> None:
    files = {"src/greet.py": "def greet(): ...\n"}
    one = await pack(files)
    other = await pack(files, of={"id": "T2", "goal": "Something else entirely.", "owns": ("src/x.py",)})
    shared = one.index("# Files that may matter")
    assert one[:shared] == other[:shared]


async def test_an_empty_repository_has_a_short_pack(pack: Made) -> None:
    user = await pack({})
    assert "The repository is empty." in user
    assert "There are no tests yet." in user
    assert "# Files" not in user


async def test_a_large_repository_keeps_to_the_budget(pack: Made) -> None:
    files = {f"src/part_{n}/greet_{n}.py": f"def greet_{n}(name):\n" + "    pass\n" * 40 for n in range(300)}
    files["src/greet.py"] = "def greet(name: str) -> str: ...\n"
    user = await pack(files, locked=(replace(LOCKED, text="assert greet('x')\n" * 2_000),))
    assert len(user) <= BUDGET * CHARACTERS_PER_TOKEN * 1.1
    assert "``` file src/greet.py\n" in user
    assert "Build `greet(name: str) -> str`" in user


async def test_the_files_a_task_owns_come_first(pack: Made) -> None:
    files = {"src/other.py": "greet greeting build str name " * 3, "src/greet.py": "x = 1\n"}
    user = await pack(files)
    assert user.index("``` file src/greet.py") < user.index("``` file src/other.py")


async def test_of_a_long_spec_comes_what_concerns_the_task(pack: Made, spec: Made) -> None:
    chapters = [
        f"## Chapter {n}\n\n- **R{n}** `thing_{n}` MUST work.\n\n" + f"Word{n} about things. " * 60
        for n in range(1, 40)
    ]
    text = "# Long\n\nWhat it is for.\n\n" + "\n\n".join(chapters)
    wanted = Requirement(id="R17", text="`thing_17` MUST work.", key="k")
    long = replace(spec, text=text, requirements=(wanted,))
    user = await pack({}, spec=long, of={"goal": "Build thing_17.", "requirements": ("R17",)})
    assert "# Long\n\nWhat it is for." in user
    assert "## Chapter 17\n\n- **R17**" in user
    assert "[left out: Chapter 18, Chapter 19, " in user
    assert len(user) <= BUDGET * CHARACTERS_PER_TOKEN


async def test_a_goal_that_is_the_spec_is_not_said_twice(pack: Made, spec: Made) -> None:
    user = await pack({}, of={"goal": spec.text})
    assert user.count("MUST name the person") == 1


async def test_guides_are_chosen_by_the_paths_in_play(git: Made, spec: Made, task: Made) -> None:
    guides = (
        Guide(name="p", description="d", text="PYTHON", globs=("*.py",)),
        Guide(name="g", description="d", text="GO", globs=("*.go",)),
    )
    job = Job(key=AttemptKey(task="T1"), task=task, spec=spec, rung="flash", base_tree=git.tree({}))
    system = (await Packer(git, guides=guides).pack(job)).system
    assert "PYTHON" in system
    assert "GO" not in system


async def test_a_changed_job_gets_a_new_pack(git: Made, spec: Made, task: Made) -> None:
    packer = Packer(git)
    job = Job(key=AttemptKey(task="T1"), task=task, spec=spec, rung="flash", base_tree=git.tree({}))
    first = await packer.pack(job)
    assert await packer.pack(job) is first
    assert "Decided: yes" in (await packer.pack(replace(job, decisions=(("Really?", "yes"),)))).user


async def test_a_file_that_the_task_only_reads_is_shown_whole_where_it_is_small(pack: Made) -> None:
    large = "def greet(name: str) -> str:\n" + "    name = name.strip()\n" * 200
    user = await pack({"src/large.py": large, "src/small.py": "def greet(): ...\n", "docs/greet.md": "greet " * 900})
    assert "``` file docs/greet.md\n" in user
    assert "``` file src/small.py\n" in user
    assert "``` file src/large.py\n" not in user
    assert "src/large.py\n  1: def greet(name: str) -> str\n" in user


async def test_of_what_others_own_sources_are_shown_and_outlined_without_private_names_and_tests_are_not(
    pack: Made,
) -> None:
    tests = {"tests/test_other.py": "def test_greet(): ...\n"}
    user = await pack({"src/other.py": "def greet(): ...\n\n\ndef _greet(): ...\n", **tests})
    assert "``` file src/other.py\n" in user
    assert "  1: def greet()\n" in user
    assert ": def _greet()" not in user
    assert "tests/test_other.py\n```" in user
    assert "test_greet()" not in user


async def test_locked_tests_in_the_tree_are_neither_listed_nor_outlined(pack: Made, spec: Made) -> None:
    files = {"src/greet.py": "def greet(): ...\n", LOCKED.path: "def test_greet():\n    assert greet('x')\n"}
    user = await pack(files, spec=replace(spec, locked=(LOCKED,)))
    assert "``` the only file of the repository\nsrc/greet.py\n```" in user
    assert "test_greet()" not in user
