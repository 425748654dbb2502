"""Rungs, ladders, and who is still at work on one."""

import pytest
from agentctl.orchestrator.nouns.keys import AttemptKey
from agentctl.orchestrator.nouns.plan import Plan, Task, Team
from agentctl.orchestrator.nouns.runs import AttemptState, AttemptStatus
from agentctl.orchestrator.rules.ladder import (
    Rung,
    findings,
    first_rungs,
    in_words,
    ladder_of,
    next_rung,
    parse_rung,
    problem,
    rollouts,
    still_going,
)


def attempt(
    number: int, state: AttemptState, *, rollout: int = 0, rung: str = "flash", clash: bool = False
) -> AttemptStatus:
    key = AttemptKey(task="T1", attempt=number, rollout=rollout)
    return AttemptStatus(key=key, state=state, rung=rung, base_tree="b", clash=clash)


@pytest.mark.parametrize(
    ("text", "rung"),
    [
        ("flash", Rung(tier="flash")),
        ("flash*3", Rung(tier="flash", rollouts=3)),
        ("pro*2", Rung(tier="pro", rollouts=2)),
    ],
)
def test_a_rung_is_a_tier_and_how_many_of_it(text: str, rung: Rung) -> None:
    assert parse_rung(text) == rung


@pytest.mark.parametrize(
    ("ladder", "wrong"),
    [
        (("flash", "flash*3", "pro", "ultra", "ask"), ""),
        (("ask", "flash*8"), ""),
        (("gpt",), "'gpt' is no rung: rungs are flash, pro, ultra"),
        (("flash*1",), "'flash*1' is no rung"),
        (("flash*9",), "'flash*9' is no rung"),
        (("flash *3",), "'flash *3' is no rung"),
        (("ask*2", "pro"), "'ask*2' is no rung"),
        (("ask",), "it needs a rung on which somebody works"),
        ((), "it needs a rung on which somebody works"),
        (("flash", "ask", "ask"), "asking twice in a row"),
    ],
)
def test_a_ladder_that_cannot_be_climbed_says_why(ladder: tuple[str, ...], wrong: str) -> None:
    assert problem(ladder).startswith(wrong)
    assert bool(problem(ladder)) == bool(wrong)


def test_all_rollouts_of_an_attempt_use_up_one_rung_together() -> None:
    ladder = ("flash*2", "pro")
    red = [attempt(1, "failed", rollout=n, rung="flash*2") for n in (1, 2)]
    assert next_rung(ladder, red) == "pro"
    assert next_rung(ladder, [*red, attempt(2, "failed", rung="pro")]) == "ask"


def test_a_winner_that_clashed_is_tried_again_on_its_rung() -> None:
    race = [attempt(1, "failed", rollout=1, clash=True), attempt(1, "lost", rollout=2), attempt(1, "failed", rollout=3)]
    assert next_rung(("flash*3", "pro"), race) == "flash*3"


@pytest.mark.parametrize(
    ("ladder", "climbed"),
    [
        (("flash", "pro"), ["flash", "pro", "ask", "flash", "pro", "ask"]),
        (("flash", "ask", "pro"), ["flash", "ask", "pro", "ask", "flash", "ask"]),
        (("flash", "ask"), ["flash", "ask", "flash", "ask"]),
        (("ask", "flash"), ["ask", "flash", "ask", "flash"]),
    ],
)
def test_a_ladder_is_climbed_rung_by_rung_and_a_person_is_asked_where_it_says_so(
    ladder: tuple[str, ...], climbed: list[str]
) -> None:
    failed: list[AttemptStatus] = []
    answered = 0
    for rung in climbed:
        assert next_rung(ladder, failed, answered=answered) == rung
        if rung == "ask":
            answered += 1
        else:
            failed.append(attempt(len(failed) + 1, "failed", rung=rung))


def test_those_who_wait_for_their_first_turn_are_still_going_and_a_winner_goes_alone() -> None:
    begun = [attempt(2, "failed", rollout=1, rung="flash*3")]
    key = [AttemptKey(task="T1", attempt=2, rollout=n) for n in (1, 2, 3)]
    assert rollouts("T1", 2, "flash*3") == tuple(key)
    assert rollouts("T1", 2, "pro") == (AttemptKey(task="T1", attempt=2),)
    assert still_going(begun, None) == (key[1], key[2])
    assert still_going([*begun, attempt(2, "patched", rollout=2, rung="flash*3")], key[1]) == (key[1],)
    assert still_going([attempt(2, "failed", rollout=2, rung="flash*3")], key[1]) == ()


def test_a_tasks_own_ladder_goes_before_its_teams_and_that_before_the_runs() -> None:
    tasks = tuple(
        Task(id=name, team=team, title="t", goal="g", ladder=own)
        for name, team, own in (("T1", "a", ("pro",)), ("T2", "a", ()), ("T3", "b", ()), ("T4", "c", ()))
    )
    teams = (Team(id="a", purpose="", ladder=("flash*3",)), Team(id="b", purpose=""), Team(id="c", purpose=""))
    plan = Plan(summary="", teams=teams, tasks=tasks)
    found = [ladder_of(task.id, plan, teams={"a": ("x",), "b": ("ultra",)}, default=("flash",)) for task in tasks]
    assert found == [("pro",), ("flash*3",), ("ultra",), ("flash",)]


def test_a_ladder_in_a_plan_that_cannot_be_climbed_is_a_finding() -> None:
    tasks = (Task(id="T1", team="a", title="t", goal="g", ladder=("flash*9",)),)
    plan = Plan(summary="", teams=(Team(id="a", purpose="", ladder=("ask",)),), tasks=tasks)
    assert [(each.task, each.message.partition(":")[0]) for each in findings(plan)] == [
        (None, "The ladder of team a"),
        ("T1", "Its ladder"),
    ]


@pytest.mark.parametrize(
    ("rung", "states", "words"),
    [
        ("pro", (), "pro"),
        ("flash*3", (), "flash, 3 at once"),
        ("flash*3", ("failed", "working", "failed"), "flash, 3 at once: 2 red, 1 working"),
        ("flash*3", ("working",), "flash, 3 at once: 1 working, 2 waiting"),
        ("flash*2", ("lost", "queued"), "flash, 2 at once: 1 let go, 1 landing"),
        ("flash*2", ("parked", "patched"), "flash, 2 at once: 1 asking, 1 at the gate"),
    ],
)
def test_a_rung_and_its_rollouts_are_told_in_words(rung: str, states: tuple[AttemptState, ...], words: str) -> None:
    assert in_words(rung, states) == words


def test_the_first_rung_is_that_of_the_task_its_team_or_the_run_and_never_asks() -> None:
    teams = (Team(id="a", purpose="", ladder=("ask", "flash*3", "pro")), Team(id="b", purpose=""))
    tasks = tuple(
        Task(id=f"T{number}", team=team, title="", goal="", ladder=ladder)
        for number, (team, ladder) in enumerate([("a", ()), ("a", ("pro",)), ("b", ()), ("b", ("nobody",))], 1)
    )
    plan = Plan(summary="", teams=teams, tasks=tasks)
    found = first_rungs(plan, teams={"b": ("ultra",)}, default=("flash", "pro"))
    assert found == {"T1": "flash*3", "T2": "pro", "T3": "ultra", "T4": "flash"}
