import pytest
from agentctl.orchestrator.nouns.plan import Task
from agentctl.orchestrator.nouns.questions import Asked, Question, QuestionKind
from agentctl.orchestrator.nouns.runs import TaskStatus
from agentctl.tui.inbox import rank

# T1 <- T2 <- T3, T4 alone, T5 landed
TASKS = (
    *(
        TaskStatus(task=Task(id=name, team="a", title="t", goal="g", needs=needs), state="blocked")
        for name, needs in (("T1", ()), ("T2", ("T1",)), ("T3", ("T2",)), ("T4", ()))
    ),
    TaskStatus(task=Task(id="T5", team="a", title="t", goal="g", needs=("T1",)), state="landed"),
)


def asked(
    name: str, *, by: str = "", kind: QuestionKind = "decision", at: float = 1.0, default: str | None = None
) -> Asked:
    return Asked(id=name, question=Question(key=name, kind=kind, text="?", asked_by=by, default=default), at=at)


@pytest.mark.parametrize(
    ("question", "blocks"),
    [
        (asked("Q1", by="T1:1"), 3),
        (asked("Q1", by="T2:4"), 2),
        (asked("Q1", by="T4"), 1),
        (asked("Q1", by="nobody"), 0),
        (asked("Q1", kind="budget"), 4),
    ],
)
def test_a_question_blocks_whoever_asked_and_all_that_needs_them(question: Asked, blocks: int) -> None:
    (ranked,) = rank([question], TASKS)
    assert ranked.blocks == blocks


def test_a_clash_adds_to_what_is_blocked() -> None:
    clashed = TaskStatus(task=TASKS[3].task, state="blocked", extra_needs=("T3",))
    (ranked,) = rank([asked("Q1", by="T1:1")], (*TASKS[:3], clashed))
    assert ranked.blocks == 4


def test_the_whole_run_comes_first_then_what_blocks_most_then_what_waits_then_the_oldest() -> None:
    questions = [
        asked("old", by="T4", at=1.0),
        asked("new", by="T4", at=2.0),
        asked("default", by="T4", at=0.5, default="x"),
        asked("wide", by="T1", at=9.0),
        asked("money", kind="budget", at=9.0),
        asked("plan", kind="plan", at=9.0),
    ]
    assert [each.asked.id for each in rank(questions, TASKS)] == ["plan", "money", "wide", "old", "new", "default"]
