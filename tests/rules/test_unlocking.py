"""Which tests of a contract bind no more once a person has overruled the answer they were written on."""

import pytest
from agentctl.orchestrator.nouns.contract import Contract
from agentctl.orchestrator.nouns.events import Contracted, Event, Fact, QuestionAnswered, QuestionAsked, Unlocked
from agentctl.orchestrator.nouns.plan import LockedTest
from agentctl.orchestrator.nouns.questions import Asked, Question
from agentctl.orchestrator.rules.unlocking import freed_by, unlocked


def locked(check: str, *requirements: str) -> LockedTest:
    return LockedTest(check=check, requirements=requirements, path=f"tests/{check}.py", text="", tests=())


CONTRACT = Contract(
    team="core",
    tests=(locked("c1", "R1"), locked("c2", "R2"), locked("c3", "R3"), locked("i1", "I1")),
    tasks=("T1", "T2", "T2", "T2"),
    preserve=("i1",),
)


def after(*facts: Fact) -> tuple[Event, ...]:
    return tuple(Event(seq=n, at=0.0, author="", cause=None, schema=1, fact=fact) for n, fact in enumerate(facts, 1))


def let_go(text: str, *requirements: str, task: str = "T2", late: bool = False) -> tuple[Unlocked, ...]:
    old = Question(key="a", kind="decision", text=text, requirements=requirements)
    new = Question(key="a~1", kind="decision", text=text, requirements=requirements, replaces="a")
    answered, written = QuestionAnswered(key="a", answer="x"), Contracted(contract=CONTRACT)
    first = (written, answered) if late else (answered, written)
    return unlocked(
        task,
        ["other", "a~1"],
        requirements=("R1", "R2", "R3", "R4", "I1"),
        contracts=(CONTRACT,),
        questions=(Asked(id="Q1", question=old, at=0.0, answer="x"), Asked(id="Q2", question=new, at=1.0, answer="y")),
        events=after(QuestionAsked(question=old), *first, QuestionAsked(question=new)),
    )


@pytest.mark.parametrize(
    ("text", "requirements", "task", "checks"),
    [
        ("Which?", ("R2",), "T2", ("c2",)),
        ("Which?", ("R1", "R3"), "T2", ("c3",)),
        ("Which?", ("R1", "R3"), "T1", ("c1",)),
        ("What does R3 mean?", (), "T2", ("c3",)),
        ("What does R4 mean?", (), "T2", ()),
        ("Which?", (), "T2", ("c2", "c3")),
        ("Which?", ("I1",), "T2", ("i1",)),
        ("Which?", ("R9",), "T2", ()),
    ],
)
def test_tests_of_the_requirements_in_question_are_let_go(
    text: str, requirements: tuple[str, ...], task: str, checks: tuple[str, ...]
) -> None:
    found = let_go(text, *requirements, task=task)
    assert found == ((Unlocked(task=task, checks=checks, question="a~1"),) if checks else ())


def test_what_was_written_before_the_answer_was_given_stays() -> None:
    assert let_go("Which?", "R2", late=True) == ()


def test_a_contract_says_what_binds_no_more_and_once_is_enough() -> None:
    gone = let_go("Which?", "R2")
    assert [test.path for test in freed_by(gone, [CONTRACT])] == ["tests/c2.py"]
    less = CONTRACT.without(("c2", "i1"))
    assert ([test.check for test in less.tests], less.tasks, less.preserve) == (["c1", "c3"], ("T1", "T2"), ())
    assert less.left[0] == "tests/c2.py (R2) binds no more: a person overruled an answer it rests on"
    assert less.without(("c2", "i1")) is less
    assert less.written_for == CONTRACT.written_for
