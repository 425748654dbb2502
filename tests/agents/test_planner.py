"""The planner asks once, reads what comes back, and says precisely what is wrong with it."""

import json
from dataclasses import replace
from typing import Any

import pytest
from agentctl.agents.models.errors import Malformed
from agentctl.agents.models.port import Reply, Usage
from agentctl.agents.plan_reply import SCHEMA, read_plan
from agentctl.agents.planner import ModelPlanner
from agentctl.agents.schema import problems
from agentctl.orchestrator.nouns.keys import AttemptKey, CallKey
from agentctl.orchestrator.nouns.plan import LockedTest, Plan, Task, Team
from agentctl.orchestrator.ports import Brief

Made = Any
WIRE: dict[str, Any] = {
    "summary": "Builds it.",
    "teams": [{"id": "core", "purpose": "the code"}],
    "tasks": [
        {
            "id": "T1",
            "team": "core",
            "title": "Greeting",
            "goal": "Build greet.",
            "requirements": ["R1", "R2"],
            "owns": ["./src/greet.py", "tests/test_greet.py"],
            "needs": [],
            "minutes": 2,
        }
    ],
    "notes": ["English only"],
}
PLAN = Plan(
    summary="Builds it.",
    teams=(Team(id="core", purpose="the code"),),
    tasks=(
        Task(
            id="T1",
            team="core",
            title="Greeting",
            goal="Build greet.",
            requirements=("R1", "R2"),
            owns=("src/greet.py", "tests/test_greet.py"),
            minutes=2.0,
        ),
    ),
    notes=("English only",),
)


def answer(text: str) -> Reply:
    return Reply(text=text, calls=(), usage=Usage(prompt=1, completion=1), model="m", usd=0.0, seconds=0.1)


def changed(**changes: Any) -> str:
    return json.dumps({**WIRE, "tasks": [{**WIRE["tasks"][0], **changes}]})


async def test_one_request_to_pro_gives_a_plan(git: Made, spec: Made, scripted: Made) -> None:
    model = scripted([answer(json.dumps(WIRE))])
    tree = git.tree({"pyproject.toml": "[project]\n", "src/a.py": "def name_person(): ...\n", "tests/test_a.py": ""})
    plan = await ModelPlanner(model, git=git).plan(Brief(spec=spec, base_tree=tree))
    assert plan == PLAN
    [(key, request)] = model.asked
    assert key == CallKey(attempt=AttemptKey(task="plan"), role="planner", turn=0)
    assert (request.tier, request.schema) == ("pro", SCHEMA)
    user = request.messages[1].text
    assert "- R1 (MUST): `greet` MUST return a greeting." in user
    assert "Tests are in tests/ (1 file)." in user
    assert "``` file pyproject.toml\n[project]\n```" in user
    assert "src/a.py\n  1: def name_person()" in user


def test_the_schema_describes_what_is_read() -> None:
    assert problems(WIRE, SCHEMA) == ()


async def test_holdouts_are_not_shown(git: Made, spec: Made, scripted: Made) -> None:
    text = (
        "# greet\n\n```python R1 holdout\nassert greet('x') == 'SECRET'\n```\n\n```python R1\nassert greet('y')\n```\n"
    )
    locked = (
        LockedTest(
            check="R1.c1",
            requirements=("R1",),
            path="a.py",
            text="assert greet('x') == 'SECRET'",
            tests=(),
            secret=True,
        ),
        LockedTest(check="R1.c2", requirements=("R1",), path="b.py", text="assert greet('y')", tests=()),
    )
    brief = Brief(spec=replace(spec, text=text, locked=locked), base_tree=git.tree({"CLAUDE.md": text}))
    request = await ModelPlanner(scripted([]), git=git).request(brief)
    said = "\n".join(message.text for message in request.messages)
    assert "SECRET" not in said
    assert "R1.c1" not in said
    assert "[decided by R1.c2]" in said


async def test_the_second_round_sees_the_findings_and_the_last_plan(git: Made, spec: Made, scripted: Made) -> None:
    model = scripted([answer(json.dumps(WIRE))])
    brief = Brief(spec=spec, base_tree=git.tree({}), round=1, findings=("T1 and T2 both own src/a.py",), previous=PLAN)
    await ModelPlanner(model, git=git).plan(brief)
    key, request = model.asked[0]
    assert key.turn == 1
    assert "- T1 and T2 both own src/a.py" in request.messages[1].text
    assert '"goal": "Build greet."' in request.messages[1].text


async def test_an_answer_that_is_no_plan_is_asked_for_once_more(git: Made, spec: Made, scripted: Made) -> None:
    model = scripted([answer(changed(team="web")), answer(json.dumps(WIRE))])
    assert await ModelPlanner(model, git=git).plan(Brief(spec=spec, base_tree=git.tree({}))) == PLAN
    key, request = model.asked[1]
    assert key.step == 1
    assert "- task T1 belongs to team 'web', which is not among `teams`" in request.messages[-1].text


async def test_the_second_answer_that_is_no_plan_is_an_error(git: Made, spec: Made, scripted: Made) -> None:
    model = scripted([answer("Sure!"), answer("{}")])
    with pytest.raises(Malformed, match="missing required field `summary`"):
        await ModelPlanner(model, git=git).plan(Brief(spec=spec, base_tree=git.tree({})))


@pytest.mark.parametrize("around", ["{}", "```json\n{}\n```", "Here is the plan:\n\n{}\n\nShall I go on?"])
def test_words_around_the_object_are_forgiven(around: str) -> None:
    assert read_plan(around.replace("{}", json.dumps(WIRE))) == PLAN


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"id": "T 1"}, "task id 'T 1' must be a letter, then letters, digits, - or _, at most 32"),
        ({"id": "T1:2"}, "task id 'T1:2' must be a letter"),
        ({"id": "../x"}, "task id '../x' must be a letter"),
        ({"id": "plan"}, "task id 'plan' is taken: use T1, T2, ..."),
        ({"team": "web"}, "task T1 belongs to team 'web', which is not among `teams`"),
        ({"goal": " "}, "task T1 needs a title and a goal"),
        ({"owns": []}, "task T1 owns no path"),
        ({"minutes": 0}, "task T1: `minutes` must be more than 0, not 0.0"),
        ({"needs": "T0"}, "Expected `array`, got `str` - at `$.tasks[0].needs`"),
    ],
)
def test_what_makes_a_plan_unusable_is_said_precisely(changes: dict[str, Any], problem: str) -> None:
    with pytest.raises(Malformed) as malformed:
        read_plan(changed(**changes))
    assert any(problem in each for each in malformed.value.problems)


def test_equal_ids_are_refused() -> None:
    task = WIRE["tasks"][0]
    with pytest.raises(Malformed, match="task id 'T1' is used more than once"):
        read_plan(json.dumps({**WIRE, "tasks": [task, task]}))
