"""What the orchestrator's own questions mean, and who answers them when nobody is there."""

import pytest
from agentctl.orchestrator.nouns.plan import Estimate, Plan, Task, Team
from agentctl.orchestrator.nouns.questions import Autonomy, Option, Question
from agentctl.orchestrator.rules.asking import (
    BudgetAnswer,
    PlanAnswer,
    plan_question,
    policy_answer,
    question_key,
    read_budget_answer,
    read_plan_answer,
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
