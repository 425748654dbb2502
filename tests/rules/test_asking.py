"""What the orchestrator's own questions mean, and who answers them when nobody is there."""

from dataclasses import replace

import pytest
from agentctl.orchestrator.nouns.plan import Alone, Conflict, Estimate, Plan, Task, Team
from agentctl.orchestrator.nouns.questions import Autonomy, Option, Question
from agentctl.orchestrator.rules.asking import (
    BudgetAnswer,
    PlanAnswer,
    money,
    plan_question,
    policy_answer,
    question_key,
    read_budget_answer,
    read_plan_answer,
    trouble_question,
)


@pytest.mark.parametrize(
    ("answer", "means"),
    [
        ("approve", PlanAnswer(kind="approve")),
        (" Yes ", PlanAnswer(kind="approve")),
        ("stop", PlanAnswer(kind="stop")),
        ("refuse: too many teams", PlanAnswer(kind="refuse", text="too many teams")),
        ("refuse:", PlanAnswer(kind="refuse", text="no reason was given")),
        ("merge T2 and T3", PlanAnswer(kind="refuse", text="merge T2 and T3")),
        ('edited: {"a": 1}', PlanAnswer(kind="edited", text='{"a": 1}')),
    ],
)
def test_an_answer_to_a_plan_is_read(answer: str, means: PlanAnswer) -> None:
    assert read_plan_answer(answer) == means


@pytest.mark.parametrize(
    ("answer", "means"),
    [
        ("raise the cap by $2.50", BudgetAnswer(kind="raise", usd=2.5)),
        ("raise 3", BudgetAnswer(kind="raise", usd=3.0)),
        (" $4 ", BudgetAnswer(kind="raise", usd=4.0)),
        ("1.5", BudgetAnswer(kind="raise", usd=1.5)),
        ("Raise it by 2 dollars", BudgetAnswer(kind="raise", usd=2.0)),
        ("raise by $2.50", BudgetAnswer(kind="raise", usd=2.5)),
        ("raise by 5 cents", BudgetAnswer(kind="raise", usd=0.05)),
        ("raise by $1,000", BudgetAnswer(kind="raise", usd=1000.0)),
        ("$1,234,567", BudgetAnswer(kind="unclear")),
        ("raise by $1,00", BudgetAnswer(kind="unclear")),
        ("raise by $5 cents", BudgetAnswer(kind="unclear")),
        ("raise by $.50", BudgetAnswer(kind="unclear")),
        ("raise by 1e3", BudgetAnswer(kind="unclear")),
        ("raise by $2 or $3", BudgetAnswer(kind="unclear")),
        ("raise T2 by 3", BudgetAnswer(kind="unclear")),
        ("raise to $1.00", BudgetAnswer(kind="unclear")),
        ("$0.00", BudgetAnswer(kind="unclear")),
        ("raise by 0", BudgetAnswer(kind="unclear")),
        ("raise by " + "9" * 400, BudgetAnswer(kind="unclear")),
        ("raise by 0." + "0" * 400, BudgetAnswer(kind="unclear")),
        ("Stop", BudgetAnswer(kind="stop")),
        ("no", BudgetAnswer(kind="unclear")),
        ("raise", BudgetAnswer(kind="unclear")),
        ("raise by -3", BudgetAnswer(kind="unclear")),
        ("4 more tasks, please", BudgetAnswer(kind="unclear")),
        ("why is it so dear?", BudgetAnswer(kind="unclear")),
    ],
)
def test_an_answer_to_a_budget_is_read_and_only_the_word_stops(answer: str, means: BudgetAnswer) -> None:
    assert read_budget_answer(answer) == means


@pytest.mark.parametrize(
    ("answer", "cap", "usd"), [("raise to $7.50", 5.0, 2.5), ("to 5.10", 5.0, 0.1), ("raise the cap to $5", 5.0, 0.0)]
)
def test_to_an_amount_is_by_the_difference(answer: str, cap: float, usd: float) -> None:
    kind = "raise" if usd else "unclear"
    assert read_budget_answer(answer, cap_usd=cap) == BudgetAnswer(kind=kind, usd=usd)


@pytest.mark.parametrize(("usd", "shown"), [(5.0, "$5.00"), (0.0001, "$0.0001"), (1000.5, "$1000.50")])
def test_money_is_written_as_fine_as_it_is(usd: float, shown: str) -> None:
    assert money(usd) == shown


def test_giving_up_in_planning_is_told_for_what_it_is() -> None:
    told = trouble_question(cause="c", message="m", number=0, planning=True).options[1].consequence
    assert told == "the run ends; nothing was built"


_OPTIONS = (Option(text="one"), Option(text="two"))


@pytest.mark.parametrize(
    ("question", "autonomy", "reply"),
    [
        (Question(key="k", kind="decision", text="?", default="d"), "ask-blocking", "d"),
        (Question(key="k", kind="decision", text="?", default="d"), "ask-always", None),
        (Question(key="k", kind="decision", text="?", options=_OPTIONS, recommended=1), "ask-blocking", None),
        (Question(key="k", kind="decision", text="?", options=_OPTIONS, recommended=1), "never", "two"),
        (Question(key="k", kind="budget", text="?", default="d"), "never", None),
        (Question(key="k", kind="plan", text="?"), "never", None),
    ],
)
def test_policy_answers_only_what_a_person_left_to_it(
    question: Question, autonomy: Autonomy, reply: str | None
) -> None:
    assert policy_answer(question, autonomy) == reply


def test_equal_questions_have_one_key_whatever_their_case_and_punctuation() -> None:
    assert question_key("Which  date?", ("R1", "R2")) == question_key("which date", ("R2", "R1"))
    assert question_key("Which date?", ("R1",)) != question_key("Which date?", ("R2",))


@pytest.mark.parametrize(
    ("tasks", "calls", "said"),
    [(1, 1, "1 task in 1 team, about 1 call, cost"), (2, 8, "2 tasks in 2 teams, about 8 calls, cost")],
)
def test_a_plan_is_counted_in_the_right_number(tasks: int, calls: int, said: str) -> None:
    numbers = range(tasks)
    plan = Plan(
        summary="",
        teams=tuple(Team(id=f"t{n}", purpose="") for n in numbers),
        tasks=tuple(Task(id=f"T{n}", team=f"t{n}", title="", goal="") for n in numbers),
    )
    estimate = Estimate(calls=calls, usd=None, minutes=3.0, critical_path=("T0",))
    assert said in plan_question(plan, estimate, number=1).text


def test_of_an_edited_spec_the_question_says_what_stays_and_what_goes() -> None:
    kept = Task(id="T1", team="t", title="", goal="")
    new = replace(kept, id="T5")
    plan = Plan(summary="", teams=(Team(id="t", purpose=""),), tasks=(new,), kept=(kept,), dropped=("T3",))
    estimate = Estimate(calls=4, usd=None, minutes=1.0, critical_path=("T5",))
    assert "1 task in 1 team (T1 kept, T3 dropped), about 4 calls" in plan_question(plan, estimate, number=1).text


@pytest.mark.parametrize(
    ("alone", "said"),
    [
        (None, ""),
        (
            Alone(minutes=14.2, usd=0.913, tried=23),
            (
                " The team gains 2.5x over one worker after another; one strong agent alone would take about 14 min, "
                "$0.91 (from 23 attempts here)."
            ),
        ),
        (
            Alone(minutes=14.2, usd=None),
            (
                " The team gains 2.5x over one worker after another; one strong agent alone would take about 14 min "
                "(a guess: nothing was tried here yet)."
            ),
        ),
    ],
)
def test_a_plan_is_shown_beside_what_one_agent_alone_would_take(alone: Alone | None, said: str) -> None:
    plan = Plan(summary="", teams=(), tasks=())
    estimate = Estimate(calls=4, usd=0.1, minutes=5.0, critical_path=("T1",), gain=2.5, alone=alone)
    assert plan_question(plan, estimate, number=0).text.partition("critical path T1.")[2] == said


def test_conflicts_are_told_beside_the_plan_and_leave_the_answers_as_they_are() -> None:
    plan = Plan(summary="", teams=(), tasks=())
    estimate = Estimate(calls=1, usd=None, minutes=1.0, critical_path=())
    told = Conflict(symbol="load", tasks=("T1", "T2"), message="T1 renames `load`.", strong=True)
    quiet, loud = (plan_question(plan, estimate, number=1, conflicts=found) for found in ((), (told,)))
    assert quiet.why == ""
    assert loud == replace(quiet, why="1 conflict foreseen, and nothing that stops it:\n- T1 renames `load`.")
