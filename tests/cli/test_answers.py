import pytest
from agentctl.cli.answers import ReasonMissing, confirmation, interpret, label
from agentctl.cli.recorded import departures
from agentctl.orchestrator.errors import UsageError
from agentctl.orchestrator.nouns.plan import Estimate, Finding, Plan
from agentctl.orchestrator.nouns.questions import Asked, Option, Question
from agentctl.orchestrator.rules.asking import (
    BudgetAnswer,
    budget_question,
    plan_question,
    read_budget_answer,
    read_plan_answer,
)

DECISION = Question(key="k", kind="decision", text="?", options=(Option(text="upper"), Option(text="lower")))
PLAN = plan_question(
    Plan(summary="s", teams=(), tasks=()),
    Estimate(calls=1, usd=None, minutes=1.0, critical_path=()),
    number=1,
)


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        ("1", "upper"),
        (" 2 ", "lower"),
        ("title case, please", "title case, please"),
        ("10", "10"),
        ("²", "²"),
    ],
)
def test_a_number_is_an_option_and_anything_else_is_itself(typed: str, stored: str) -> None:
    assert interpret(DECISION, typed) == stored


@pytest.mark.parametrize("typed", ["0", "3", "", "   "])
def test_a_number_without_an_option_and_nothing_are_refused(typed: str) -> None:
    with pytest.raises(UsageError):
        interpret(DECISION, typed)


@pytest.mark.parametrize(
    ("typed", "kind", "text"),
    [
        ("1", "approve", ""),
        ("yes", "approve", ""),
        ("Approve", "approve", ""),
        ("3", "stop", ""),
        ("stop", "stop", ""),
        ("refuse: too large", "refuse", "too large"),
        ("no too large", "refuse", "too large"),
        ("n: too large", "refuse", "too large"),
        ("too large: split T3", "refuse", "too large: split T3"),
        ("yesterday's plan was better", "refuse", "yesterday's plan was better"),
        ('edited: {"a": 1}', "edited", '{"a": 1}'),
    ],
)
def test_what_is_said_of_a_plan_means_the_same_to_the_orchestrator(typed: str, kind: str, text: str) -> None:
    meant = read_plan_answer(interpret(PLAN, typed))
    assert (meant.kind, meant.text) == (kind, text)


@pytest.mark.parametrize("typed", ["2", "refuse", "no", "refuse:", "n"])
def test_refusing_a_plan_wants_a_reason(typed: str) -> None:
    with pytest.raises(ReasonMissing):
        interpret(PLAN, typed)


@pytest.mark.parametrize("typed", ["yes please", "Yes, but smaller", "ok: go", "y thanks", "approve, I think"])
def test_what_begins_like_a_yes_and_goes_on_is_asked_back(typed: str) -> None:
    with pytest.raises(UsageError, match="`approve` to have the plan built") as told:
        interpret(PLAN, typed)
    assert f'"refuse: {typed}"' in str(told.value)


BUDGET = budget_question(message="m", missing_usd=0.5, number=0)


@pytest.mark.parametrize(
    ("typed", "means"),
    [
        ("a", BudgetAnswer(kind="raise", usd=2.0)),
        ("B", BudgetAnswer(kind="stop")),
        ("$2.50", BudgetAnswer(kind="raise", usd=2.5)),
        ("3", BudgetAnswer(kind="raise", usd=3.0)),
        ("raise by 7", BudgetAnswer(kind="raise", usd=7.0)),
        ("raise by 0.001", BudgetAnswer(kind="raise", usd=0.001)),
        ("raise the cap to $7.50", BudgetAnswer(kind="raise", usd=2.5)),
        ("Stop", BudgetAnswer(kind="stop")),
    ],
)
def test_money_is_granted_by_an_amount_and_a_run_stopped_by_the_word(typed: str, means: BudgetAnswer) -> None:
    assert read_budget_answer(interpret(BUDGET, typed, cap_usd=5.0)) == means


@pytest.mark.parametrize(
    "typed", ["yes", "y", "ok", "more", "no", "stop it", "$0.00", "raise to $1.00", "raise to 5", "c", "raise by .50"]
)
def test_words_without_an_amount_do_not_end_a_run(typed: str) -> None:
    with pytest.raises(UsageError, match="Say by how much"):
        interpret(BUDGET, typed, cap_usd=5.0)


@pytest.mark.parametrize(
    ("typed", "said"), [("1", "`a` for the option `raise the cap"), ("2", "`b` for the option `stop`")]
)
def test_a_number_that_could_be_money_or_an_option_is_neither(typed: str, said: str) -> None:
    with pytest.raises(UsageError, match=f"`raise by {typed}` for ") as told:
        interpret(BUDGET, typed, cap_usd=5.0)
    assert said in str(told.value)


def test_each_way_to_answer_that_is_shown_is_understood() -> None:
    for question in (BUDGET, PLAN, DECISION):
        for index, option in enumerate(question.options):
            if not option.text.startswith("refuse"):
                assert interpret(question, label(question, index)) == interpret(question, option.text)


def test_the_confirmation_of_money_names_the_new_cap() -> None:
    assert (
        confirmation(BUDGET, "raise the cap by $2.50", cap_usd=5.0) == "raise the cap by $2.50; the cap is then $7.50"
    )
    assert confirmation(BUDGET, "stop", cap_usd=5.0) == "stop"
    assert confirmation(DECISION, "$2.50", cap_usd=5.0) == "$2.50"


def test_a_recording_says_where_a_person_departed_from_it() -> None:
    said = [
        Asked(id="Q1", question=DECISION, at=1.0, answer="lower", answered_by="person:Ada", answered_at=2.0),
        Asked(id="Q2", question=PLAN, at=1.0, answer="approve", answered_by="person:Ada", answered_at=2.0),
        Asked(id="Q3", question=BUDGET, at=1.0),
    ]
    recorded = {DECISION.key: "upper", PLAN.key: "approve", BUDGET.key: "stop"}
    assert list(departures(said, recorded)) == [
        "Q1: this is a recording, so what was built follows the recorded answer: upper"
    ]


@pytest.mark.parametrize("typed", ["approve", "yes"])
def test_a_plan_that_does_not_hold_cannot_be_approved(typed: str) -> None:
    broken = plan_question(
        Plan(summary="s", teams=(), tasks=()),
        Estimate(calls=1, usd=None, minutes=1.0, critical_path=()),
        number=1,
        findings=(Finding(task=None, message="No task covers R1: add it to a task's requirements."),),
    )
    with pytest.raises(UsageError, match="does not hold"):
        interpret(broken, typed)
