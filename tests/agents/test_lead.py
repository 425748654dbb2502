"""The lead is asked once, its answer is read as it is, and what cannot be used is a trouble and no error."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from agentctl import specs as example_specs
from agentctl.agents import recording
from agentctl.agents.advice import Advice
from agentctl.agents.lead import ModelLead
from agentctl.agents.lead_reply import SCHEMA, read_draft
from agentctl.agents.models.errors import Malformed, RateLimited
from agentctl.agents.models.port import Reply, Usage
from agentctl.agents.pack import Packer
from agentctl.agents.plan_reply import read_plan
from agentctl.agents.prompting import load_prompt
from agentctl.agents.schema import problems
from agentctl.orchestrator.nouns.contract import Draft, DraftTest, Offer, Stub, Wants
from agentctl.orchestrator.nouns.keys import AttemptKey, CallKey
from agentctl.orchestrator.nouns.plan import Plan, Task, Team
from agentctl.orchestrator.nouns.runners import ScriptRunner
from agentctl.orchestrator.ports import Assignment, Job
from agentctl.orchestrator.rules.contract_needs import wants
from agentctl.orchestrator.spec_view import spec_view
from agentctl.specs.parse import parse

Made = Any
WIRE: dict[str, Any] = {
    "stubs": [{"task": "T1", "path": "./src/a.py", "text": "def a(): ..."}],
    "tests": [
        {"task": "T1", "requirements": ["R1", "R1"], "path": "tests/test_core_a.py", "text": "x", "preserve": True}
    ],
    "notes": ["n", " "],
}
DRAFT = Draft(
    stubs=(Stub(path="src/a.py", text="def a(): ...", task="T1"),),
    tests=(DraftTest(path="tests/test_core_a.py", text="x", requirements=("R1",), task="T1", preserve=True),),
    notes=("n",),
)
PLAN = Plan(
    summary="p",
    teams=(Team(id="core", purpose="the code"), Team(id="web", purpose="pages")),
    tasks=(
        Task(id="T1", team="core", title="Greet", goal="Build greet.", requirements=("R1",), owns=("src/a.py",)),
        Task(id="T2", team="web", title="Page", goal="Use greet.", owns=("src/b.py",), needs=("T1",)),
        Task(id="T3", team="web", title="Other", goal="Unseen.", owns=("src/c.py",)),
    ),
)


def answer(text: str) -> Reply:
    return Reply(text=text, calls=(), usage=Usage(prompt=1, completion=1), model="m", usd=0.0, seconds=0.1)


def lead(model: Any, git: Any) -> ModelLead:
    return ModelLead(model=model, git=git, advice=Advice(git))


@pytest.fixture
def assignment(git: Made, spec: Made) -> Assignment:
    wants = Wants(team="core", tests=(("T1", "R1"),), offers=(Offer(task="T1", path="src/a.py", readers=("T2",)),))
    tree = git.tree(
        {"src/old.py": "def old(): ...\n", "tests/test_old.py": "def test_in_this_style():\n    assert 1\n"}
    )
    return Assignment(wants=wants, spec=spec, plan=PLAN, base_tree=tree, decisions=(("How?", "So."),))


async def test_one_request_to_pro_gives_a_draft(git: Made, scripted: Made, assignment: Assignment) -> None:
    model = scripted([answer(json.dumps(WIRE))])
    assert await lead(model, git).draft(assignment) == DRAFT
    [(key, request)] = model.asked
    assert key == CallKey(attempt=AttemptKey(task="team-core"), role="lead", turn=0)
    assert (request.tier, request.schema) == ("pro", SCHEMA)
    user = request.messages[1].text
    assert "test_in_this_style" in user
    assert "- R1 (MUST), for T1: `greet` MUST return a greeting." in user
    assert "- src/a.py of T1, which T2 lean on" in user
    assert "Decided: So." in user
    assert "Use greet." in user
    assert "Unseen." not in user


async def test_what_is_said_of_scripts_is_said_only_where_a_team_writes_them(
    git: Made, scripted: Made, assignment: Assignment
) -> None:
    runners = (ScriptRunner(name="vitest", folder="web", loads=True), ScriptRunner())
    tasks = tuple(replace(each, owns=(each.owns[0].replace(".py", ".ts"),)) for each in PLAN.tasks)
    tree = git.tree({"web/a.test.ts": 'test("in this style", f);\n', "tests/test_old.py": "def test_other(): ...\n"})
    script = replace(assignment, plan=replace(PLAN, tasks=tasks), base_tree=tree, runners=runners)
    both = replace(script, plan=replace(PLAN, tasks=(replace(tasks[0], owns=("src/a.ts", "src/a.py")), *tasks[1:])))
    told = [
        await lead(scripted([]), git).request(each) for each in (replace(assignment, runners=runners), script, both)
    ]
    names = ("lead", "lead_mixed", "lead_script")
    held = [tuple(name for name in names if load_prompt(name).text in each.messages[0].text) for each in told]
    assert held == [("lead",), ("lead_script",), names]
    said = (
        "Tests of TypeScript and JavaScript are run: by node's own runner, `node:test`, which loads modules by itself; "
    )
    assert [f"{said}below web/ by vitest." in each.messages[1].text for each in told] == [False, True, True]
    styles = [("in this style" in each.messages[1].text, "test_other" in each.messages[1].text) for each in told]
    assert styles[1:] == [(True, False), (True, True)]


async def test_equal_assignments_give_equal_requests(git: Made, scripted: Made, assignment: Assignment) -> None:
    asked = [await lead(scripted([]), git).request(assignment) for _ in range(2)]
    assert asked[0] == asked[1]


async def test_an_answer_that_cannot_be_read_is_asked_for_once_more(
    git: Made, scripted: Made, assignment: Assignment
) -> None:
    model = scripted([answer("no"), answer(f"Here: {json.dumps(WIRE)}")])
    assert await lead(model, git).draft(assignment) == DRAFT
    assert [key.step for key, _ in model.asked] == [0, 1]
    assert "This cannot be read:" in model.asked[1][1].messages[-1].text


async def test_what_cannot_be_read_twice_is_a_trouble(git: Made, scripted: Made, assignment: Assignment) -> None:
    draft = await lead(scripted([answer("no"), answer("never")]), git).draft(assignment)
    assert "the lead's answer is no contract" in draft.trouble


async def test_a_provider_that_is_out_is_no_trouble_of_the_draft(
    git: Made, scripted: Made, assignment: Assignment
) -> None:
    with pytest.raises(RateLimited):
        await lead(scripted([RateLimited("later")]), git).draft(assignment)


async def test_findings_come_with_the_answer_they_are_about(git: Made, scripted: Made, assignment: Assignment) -> None:
    told = replace(assignment, round=1, findings=("src/a.py: has a body in `a`",), previous=DRAFT)
    request = await lead(scripted([]), git).request(told)
    assert "- src/a.py: has a body in `a`" in request.messages[1].text
    assert '"path": "tests/test_core_a.py"' in request.messages[1].text


async def test_a_teams_contract_is_part_of_what_its_workers_share(git: Made, spec: Made, task: Made) -> None:
    job = Job(
        key=AttemptKey(task="T1"), task=task, spec=spec, rung="flash", base_tree=git.tree({}), contract=DRAFT.stubs
    )
    other = replace(job, key=AttemptKey(task="T2"), task=replace(task, id="T2", goal="Else.", owns=("src/x.py",)))
    one, two = [(await Packer(git).pack(each)).user for each in (job, other)]
    shared = one.index("# Your task")
    assert "# The contract of your team" in one[:shared]
    assert "stub src/a.py (T1)\ndef a(): ..." in one
    assert one[:shared] == two[:shared]


def test_the_schema_describes_what_is_read() -> None:
    assert problems(WIRE, SCHEMA) == ()


@pytest.mark.parametrize("text", ["", "[]", '{"stubs": 1}', '{"tests": [{"path": "a"}]}'])
def test_what_is_no_draft_is_malformed(text: str) -> None:
    with pytest.raises(Malformed, match="the lead's answer is no contract"):
        read_draft(text)


def test_the_shipped_demo_needs_no_lead() -> None:
    examples = Path(example_specs.__file__).parent / "examples"
    recorded = recording.read(examples / "quickstart.recording.jsonl")
    plan = next(read_plan(call.reply.text) for key, call in recorded.calls.items() if "/planner/" in key and call.reply)
    spec = spec_view(parse((examples / "quickstart.md").read_text("utf-8"), name="quickstart.md"))
    assert len(plan.teams) > 1
    assert wants(plan, spec, ("README.md",)) == ()
