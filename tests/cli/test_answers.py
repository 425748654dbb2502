import pytest
from agentctl.cli.answers import ReasonMissing, interpret
from agentctl.orchestrator.errors import UsageError
from agentctl.orchestrator.nouns.plan import Estimate, Plan
from agentctl.orchestrator.nouns.questions import Option, Question
from agentctl.orchestrator.rules.asking import plan_question, read_plan_answer

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
        ("yes but smaller", "refuse", "yes but smaller"),
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
