import tomllib

import pytest
from agentctl.cli.planfile import parse, render
from agentctl.orchestrator.errors import UsageError
from agentctl.orchestrator.nouns.plan import Plan, Task, Team
from hypothesis import given
from hypothesis import strategies as st

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)
SOME = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=30)
TEXTS = st.lists(TEXT, max_size=3).map(tuple)
LADDERS = st.sampled_from([(), ("flash", "flash*3", "pro", "ask"), ("ultra",)])


@st.composite
def plans(draw: st.DrawFn) -> Plan:
    teams = draw(st.lists(SOME, min_size=1, max_size=3, unique=True))
    ids = draw(st.lists(SOME, min_size=1, max_size=4, unique=True))
    tasks = [
        Task(
            id=name,
            team=draw(st.sampled_from(teams)),
            title=draw(SOME),
            goal=draw(SOME),
            requirements=draw(TEXTS),
            owns=draw(TEXTS),
            needs=tuple(draw(st.lists(st.sampled_from(ids), max_size=2))),
            checks=draw(TEXTS),
            minutes=draw(st.floats(0, 1e6, allow_nan=False)),
            ladder=draw(LADDERS),
        )
        for name in ids
    ]
    made = tuple(Team(id=team, purpose=draw(TEXT), ladder=draw(LADDERS)) for team in teams)
    return Plan(summary=draw(TEXT), teams=made, tasks=tuple(tasks), notes=draw(TEXTS))


@given(plans())
def test_what_was_written_is_read_back(plan: Plan) -> None:
    assert parse(render(plan)) == plan


@given(plans())
def test_the_file_shows_everything_that_is_in_it(plan: Plan) -> None:
    text = render(plan)
    assert text.replace("\n", "").isprintable() or not any(
        ord(c) < 32 or 0x7F <= ord(c) < 0xA0 or 0x202A <= ord(c) <= 0x202E for c in text.replace("\n", "")
    )
    tomllib.loads(text)


GOOD = """
summary = "s"
[[team]]
id = "core"
purpose = "p"
[[task]]
id = "T1"
team = "core"
title = "t"
goal = "g"
"""


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('goal = "g"', 'gaol = "g"', "In task T1, `gaol` is not a key; did you mean `goal`?"),
        ('goal = "g"', "", "In task T1, `goal` is missing"),
        ('team = "core"', 'team = "cor"', "Did you mean core?"),
        ('goal = "g"', 'goal = "g"\nneeds = ["T2"]', "Task T1 needs T2, which is no task"),
        ('goal = "g"', 'goal = "g"\nowns = "src"', "`owns` must be a list of texts"),
        ('goal = "g"', 'goal = "g"\nminutes = "5"', "`minutes` must be a number"),
        (
            'goal = "g"',
            'goal = "g"\nladder = ["flash", "gpt"]',
            "In task T1, `ladder` cannot be used: 'gpt' is no rung",
        ),
        ('purpose = "p"', 'purpose = "p"\nladder = ["ask"]', "In team core, `ladder` cannot be used: it needs a rung"),
        ('goal = "g"', "goal = 3", "`goal` must be a text in quotes"),
        ('summary = "s"', 'summary = "s', "not valid TOML"),
        ("[[task]]", "[task]", "[[task]]"),
        ('goal = "g"', 'goal = "g"\n[[task]]\nid="T1"\nteam="core"\ntitle="x"\ngoal="y"', "two tasks named T1"),
    ],
)
def test_what_is_wrong_is_told_in_its_place(old: str, new: str, said: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse(GOOD.replace(old, new, 1))
    assert said in str(caught.value)


def test_a_plan_without_tasks_points_to_refusing_it() -> None:
    with pytest.raises(UsageError, match="refuse: REASON"):
        parse('summary = "s"')


def test_an_emptied_file_leaves_the_plan_as_it_was() -> None:
    assert parse("# only\n\n  # comments\n") is None
