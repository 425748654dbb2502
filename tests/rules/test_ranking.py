import pytest
from agentctl.orchestrator.nouns.events import QuestionRaised
from agentctl.orchestrator.nouns.keys import AttemptKey
from agentctl.orchestrator.nouns.plan import Task
from agentctl.orchestrator.nouns.questions import Asked, Question, QuestionKind
from agentctl.orchestrator.nouns.runs import TaskState, TaskStatus
from agentctl.orchestrator.rules.ranking import rank, reasons, taken_at, waiting_for, with_digest

NOW = 10_000.0


def asked(name: str, *, by: str = "T1:1", kind: QuestionKind = "decision", default: str | None = None) -> Asked:
    question = Question(key=name, kind=kind, text="?", asked_by=by, default=default)
    return Asked(id=name, question=question, at=NOW - 240)


def answered(name: str, *, by: str = "person:a", ago: float) -> Asked:
    question = Question(key=name, kind="decision", text="?")
    return Asked(id=name, question=question, at=0.0, answer="x", answered_by=by, answered_at=NOW - ago)


def status(name: str, *needs: str, minutes: float = 1.0, state: TaskState = "blocked") -> TaskStatus:
    return TaskStatus(task=Task(id=name, team="a", title="t", goal="g", needs=needs, minutes=minutes), state=state)


# T1 <- T2 (4 min), T1 <- T3; T4 alone (9 min)
TASKS = (status("T1"), status("T2", "T1", minutes=4), status("T3", "T1"), status("T4", minutes=9, state="working"))


def test_a_question_says_what_it_blocks_how_long_that_is_and_how_old_it_is() -> None:
    (ranked,) = rank([asked("Q1")], TASKS)
    assert (ranked.blocks, ranked.minutes) == (3, 5.0)
    assert reasons(ranked, now=NOW) == "blocks 3 tasks, 5 min of the longest path; asked 4 min ago"


def test_the_longer_path_comes_before_more_tasks_and_what_cannot_be_taken_back_before_what_can() -> None:
    questions = [
        asked("many"),
        asked("long", by="T4:1"),
        asked("soft", by="T4:1", default="x"),
        asked("cap", kind="budget"),
    ]
    assert [each.asked.id for each in rank(questions, TASKS)] == ["cap", "long", "soft", "many"]


def test_all_who_wait_for_one_answer_count() -> None:
    same = {"other": "Q1"}
    raised = [
        QuestionRaised(key=AttemptKey(task=task), question=Question(key=key, kind="decision", text="?"))
        for task, key in (("T2", "Q1"), ("T4", "other"))
    ]
    waiting = waiting_for(raised, same.get)
    (ranked,) = rank([asked("Q1", by="T2:1")], TASKS, waiting=waiting)
    assert (ranked.blocks, ranked.minutes, ranked.askers) == (2, 9.0, ("T2:1", "T4:1"))
    assert "; waited for by T2:1, T4:1; " in reasons(ranked, now=NOW)


@pytest.mark.parametrize(
    ("before", "held"),
    [
        ([], []),
        ([answered("a", ago=60), answered("b", ago=60)], ["soft", "many"]),
        ([answered("a", ago=60), answered("b", ago=4000)], ["many"]),
        ([answered("a", by="lead", ago=60), answered("b", by="policy:autonomy", ago=60)], []),
    ],
)
def test_what_ranks_lower_waits_for_the_digest_once_a_person_was_asked_enough(
    before: list[Asked], held: list[str]
) -> None:
    questions = [
        asked("many"),
        asked("long", by="T4:1"),
        asked("soft", by="T4:1", default="x"),
        asked("cap", kind="budget"),
    ]
    found = with_digest(rank(questions, TASKS), before, TASKS, now=NOW, per_hour=3)
    assert [each.asked.id for each in found if each.held] == held


def test_nothing_is_held_where_nothing_else_goes_on() -> None:
    tasks = TASKS[:3]
    found = with_digest(rank([asked("Q1")], tasks), [], tasks, now=NOW, per_hour=0)
    assert [each.held for each in found] == [False]


def test_a_default_with_time_says_when_it_is_taken() -> None:
    question = Question(key="k", kind="decision", text="?", default="x", wait=60.0)
    assert taken_at(Asked(id="Q1", question=question, at=NOW)) == NOW + 60
    assert taken_at(asked("Q2", default="x")) is None
