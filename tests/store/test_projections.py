"""Projections are a fold of the event log and of nothing else."""

from typing import get_args

from agentctl.orchestrator.clock import SystemClock
from agentctl.orchestrator.errors import RunStateError
from agentctl.orchestrator.nouns import events as facts
from agentctl.orchestrator.nouns.events import Fact
from agentctl.orchestrator.nouns.keys import AttemptKey
from agentctl.orchestrator.nouns.plan import Estimate, Plan, Task, Team
from agentctl.orchestrator.nouns.questions import Question
from agentctl.orchestrator.store.codec import KINDS, decode_fact, encode
from agentctl.orchestrator.store.projections import TABLES
from agentctl.orchestrator.store.sqlite import SqliteStore
from hypothesis import given, settings
from hypothesis import strategies as st

names = st.sampled_from(["T1", "T2", "T3", "k", "flash"])
texts = st.text(st.characters(codec="utf-8"), max_size=8)
words = st.one_of(names, texts)

st.register_type_strategy(str, words)
st.register_type_strategy(int, st.integers(1, 3))
st.register_type_strategy(float, st.floats(0, 100, allow_nan=False))
st.register_type_strategy(AttemptKey, st.builds(AttemptKey, task=names, attempt=st.integers(1, 2), rollout=st.just(0)))

tasks = st.builds(Task, id=names, team=names, title=texts, goal=texts)
plans = st.builds(
    Plan,
    summary=texts,
    teams=st.just((Team(id="a", purpose=""),)),
    tasks=st.lists(tasks, max_size=3, unique_by=lambda task: task.id).map(tuple),
)
st.register_type_strategy(Plan, plans)
st.register_type_strategy(Question, st.builds(Question, key=names, kind=st.just("plan"), text=texts))

any_fact: st.SearchStrategy[Fact] = st.one_of([st.from_type(kind) for kind in get_args(Fact)])


def tables(store: SqliteStore) -> dict[str, list[tuple[object, ...]]]:
    return {table: sorted(map(repr, store._rows(f"SELECT * FROM {table}"))) for table in TABLES}  # type: ignore[misc]


@settings(max_examples=150, deadline=None)
@given(st.lists(st.tuples(any_fact, names), max_size=30))
def test_folding_the_log_anew_gives_the_same_tables(said: list[tuple[Fact, str]]) -> None:
    with SqliteStore(None, clock=SystemClock(), redact=str, blobs=None) as store:
        for fact, author in said:
            try:
                store.append(fact, author=author)
            except RunStateError:
                assert isinstance(fact, facts.QuestionAnswered)
        before, log = tables(store), store.events()
        store.rebuild()
        assert tables(store) == before
        assert store.events() == log
        assert [event.seq for event in log] == list(range(1, len(log) + 1))


@settings(max_examples=100, deadline=None)
@given(any_fact)
def test_every_fact_survives_the_disk(fact: Fact) -> None:
    assert decode_fact(type(fact).__name__, facts.SCHEMA, encode(fact)) == fact


def test_every_fact_has_a_kind() -> None:
    assert set(KINDS.values()) == set(get_args(Fact))


def test_what_waited_for_a_task_that_clashed_with_it_does_not_once_that_is_taken_back() -> None:
    team, made = Team(id="a", purpose=""), [Task(id=name, team="a", title="", goal="") for name in ("T1", "T2", "T3")]
    plan = Plan(summary="", teams=(team,), tasks=tuple(made))
    with SqliteStore(None, clock=SystemClock(), redact=str, blobs=None) as store:
        store.append(
            facts.Planned(plan=plan, estimate=Estimate(calls=1, usd=None, minutes=1.0, critical_path=())),
            facts.PlanApproved(),
            author="driver",
        )
        store.append(facts.TaskMoved(task="T3", state="blocked", reason="", needs=("T1", "T2")), author="queue")
        store.append(facts.Reverted(task="T1", by="T4", reason=""), author="queue")
        first, _, last = store.tasks()
        assert (first.state, last.state, last.extra_needs) == ("dropped", "blocked", ("T2",))
