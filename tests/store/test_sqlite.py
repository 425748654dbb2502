"""What the store promises to whoever appends and reads."""

import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from agentctl.orchestrator import faults
from agentctl.orchestrator.errors import DiskFull, RunStateError
from agentctl.orchestrator.nouns.events import (
    Acted,
    AttemptEnded,
    AttemptStarted,
    BudgetRaised,
    Chosen,
    EvidenceFound,
    Judged,
    Landed,
    Noted,
    Patched,
    PlanApproved,
    Planned,
    PlanRefused,
    QuestionAnswered,
    QuestionAsked,
    RunCreated,
    RunMoved,
    TaskMoved,
)
from agentctl.orchestrator.nouns.keys import AttemptKey
from agentctl.orchestrator.nouns.questions import Asked, Option, Question
from agentctl.orchestrator.nouns.runs import AttemptStatus, Evidence, Landing, Run, TaskStatus
from agentctl.orchestrator.nouns.verdicts import Verdict
from agentctl.orchestrator.ports import Clock, Store
from agentctl.orchestrator.store.sqlite import SqliteStore, open_readonly

T1 = AttemptKey(task="T1")
Plans = Callable[..., Planned]


def ask(key: str, text: str = "Which?") -> QuestionAsked:
    return QuestionAsked(question=Question(key=key, kind="decision", text=text))


def landing(key: AttemptKey, order: int = 1) -> Landing:
    return Landing(order=order, key=key, commit="c" * 40, tree="t" * 40, patch="p" * 40, at=5.0)


def test_it_satisfies_the_port(store: SqliteStore) -> None:
    port: Store = store
    assert port.events() == ()


def test_events_come_back_as_they_were_said(store: SqliteStore, created: RunCreated, planned: Plans) -> None:
    facts = (created, planned("T1"), ask("k"), Noted(text="é \x00 and \U0001f600"))
    stored = store.append(*facts, author="driver", cause=None)
    more = store.append(PlanApproved(), author="person:ada", cause=2)
    assert store.events() == (*stored, *more)
    assert [event.fact for event in store.events()] == [*facts, PlanApproved()]
    assert [event.seq for event in store.events(after=1, limit=3)] == [2, 3, 4]
    assert (more[0].author, more[0].cause, more[0].at) == ("person:ada", 2, 1000.0)


def test_a_run_moves_through_its_states(store: SqliteStore, created: RunCreated, clock: Clock) -> None:
    with pytest.raises(RunStateError, match="no first event"):
        store.run()
    store.append(created, author="driver")
    assert store.run() == Run(
        id="k7m2xq",
        state="planning",
        spec_id="slug",
        title="Slugs",
        base="b" * 40,
        settings=created.settings,
        created_at=clock.now(),
    )
    store.append(RunMoved(state="done", reason="all green"), author="driver")
    assert (store.run().state, store.run().reason, store.run().finished_at) == ("done", "all green", 1000.0)
    store.append(RunMoved(state="building"), author="driver")
    assert store.run().finished_at is None


def test_tasks_are_those_of_the_latest_proposal_until_one_is_approved(store: SqliteStore, planned: Plans) -> None:
    store.append(planned("T1", "T2"), author="planner")
    store.append(planned("T2", "T3"), author="person:ada")
    assert [(t.task.id, t.state) for t in store.tasks()] == [("T2", "blocked"), ("T3", "blocked")]
    assert not store.approved()
    store.append(PlanApproved(), author="person:ada")
    assert store.approved()
    assert store.plan() == planned("T2", "T3").plan


def test_a_new_plan_keeps_what_its_tasks_have_reached(store: SqliteStore, planned: Plans) -> None:
    store.append(planned("T1", "T2", "T3"), PlanApproved(), author="planner")
    store.append(TaskMoved(task="T1", state="landed"), TaskMoved(task="T2", state="working"), author="driver")
    store.append(planned("T2", "T4"), author="planner")
    assert not store.approved()
    assert [t.task.id for t in store.tasks()] == ["T1", "T2", "T3"]
    store.append(PlanApproved(), author="person:ada")
    states = {t.task.id: t.state for t in store.tasks()}
    assert states == {"T1": "landed", "T2": "working", "T3": "dropped", "T4": "blocked"}


def test_the_life_of_an_attempt(store: SqliteStore, planned: Plans) -> None:
    verdict = Verdict(tree="t1", gate="g1", passed=True, tests=("a::b",))
    plan = planned("T1")
    store.append(plan, PlanApproved(), TaskMoved(task="T1", state="ready"), author="driver")
    store.append(AttemptStarted(key=T1, rung="flash", base_tree="b", decisions=("k",)), author="driver")
    store.append(Acted(key=T1, turn=1, text="edited a.py"), author="worker")
    assert store.tasks() == (
        TaskStatus(task=plan.plan.tasks[0], state="working", attempt=1, rung="flash", activity="edited a.py"),
    )
    store.append(Judged(verdict=verdict, report="r", key=T1), author="gate")
    store.append(Patched(key=T1, patch="p", tree="t1"), author="worker")
    attempt = AttemptStatus(
        key=T1, state="patched", rung="flash", base_tree="b", decisions=("k",), patch="p", tree="t1", gate="g1"
    )
    assert store.attempts() == store.attempts("T1") == (attempt,)
    assert store.attempts("T9") == ()
    store.append(TaskMoved(task="T1", state="queued"), author="queue")
    queued = store.attempt(T1)
    assert queued is not None
    assert queued.state == "queued"
    store.append(Landed(landings=(landing(T1),)), author="queue")
    landed = store.attempt(T1)
    assert landed is not None
    assert (landed.state, store.tasks()[0].state, store.landings()) == ("landed", "landed", (landing(T1),))


def test_a_clash_adds_dependencies_once(store: SqliteStore, planned: Plans) -> None:
    store.append(planned("T1", "T2"), PlanApproved(), author="driver")
    store.append(AttemptStarted(key=T1, rung="flash", base_tree="b"), author="driver")
    store.append(AttemptEnded(key=T1, state="failed", reason="clash", clash=True), author="queue")
    for needs in (("T2",), ("T3", "T2")):
        store.append(TaskMoved(task="T1", state="blocked", reason="clashed", needs=needs), author="queue")
    assert (store.tasks()[0].extra_needs, store.tasks()[0].activity) == (("T2", "T3"), "clashed")
    attempt = store.attempt(T1)
    assert attempt is not None
    assert (attempt.state, attempt.reason, attempt.clash) == ("failed", "clash", True)


def test_a_patch_lands_once_however_often_it_is_told(store: SqliteStore, planned: Plans) -> None:
    store.append(planned("T1"), PlanApproved(), author="driver")
    for order in (1, 2):
        store.append(Landed(landings=(landing(T1, order),)), author="driver")
    assert store.landings() == (landing(T1, 1),)


def test_asking_twice_is_asking_once(store: SqliteStore) -> None:
    first = store.append(ask("a"), ask("b", "And?"), author="worker")
    again = store.append(ask("a", "Changed?"), ask("c"), author="planner")
    assert [event.seq for event in (*first, *again)] == [1, 2, 3]
    assert [(q.id, q.question.text) for q in store.questions()] == [("Q1", "Which?"), ("Q2", "And?"), ("Q3", "Which?")]


def test_the_first_answer_stands_and_the_second_is_kept_in_the_log(store: SqliteStore) -> None:
    store.append(ask("a"), ask("b"), author="worker")
    store.append(QuestionAnswered(key="a", answer="yes"), author="person:ada")
    store.append(QuestionAnswered(key="a", answer="no"), author="person:bob")
    expected = Asked(
        id="Q1", question=ask("a").question, at=1000.0, answer="yes", answered_by="person:ada", answered_at=1000.0
    )
    assert store.question("a") == expected
    assert [asked.id for asked in store.questions(only_open=True)] == ["Q2"]
    assert store.events()[-1].fact == QuestionAnswered(key="a", answer="no")


def test_an_answer_to_nothing_is_refused_with_all_that_came_with_it(store: SqliteStore) -> None:
    with pytest.raises(RunStateError, match="no question 'zz'"):
        store.append(ask("a"), QuestionAnswered(key="zz", answer="yes"), author="person:ada")
    assert store.events() == ()
    assert store.questions() == ()


def test_the_first_choice_stands(store: SqliteStore) -> None:
    store.append(Chosen(key="winner", value="1"), author="queue")
    assert store.append(Chosen(key="winner", value="2"), author="queue") == ()
    assert (store.choice("winner"), store.choice("other")) == ("1", None)


def test_verdicts_are_of_a_tree_and_a_gate(store: SqliteStore) -> None:
    red, green = Verdict(tree="t", gate="g", passed=False, reasons=("no",)), Verdict(tree="t", gate="g", passed=True)
    other = Verdict(tree="t", gate="h", passed=False)
    for verdict in (red, other, green):
        store.append(Judged(verdict=verdict, report="r"), author="gate")
    assert (store.verdict("t", "g"), store.verdict("t", "h"), store.verdict("u", "g")) == (green, other, None)
    assert (store.verdict_of_tree("t"), store.verdict_of_tree("u")) == (green, None)


def test_evidence_is_the_latest_of_each_requirement_and_check(store: SqliteStore) -> None:
    def found(requirement: str, level: str) -> Evidence:
        return Evidence(
            requirement=requirement,
            requirement_key="k",
            check="R1.c1",
            level=level,  # type: ignore[arg-type]
            task="T1",
            commit="c",
            tree="t",
        )

    store.append(EvidenceFound(evidence=(found("R2", "V1"), found("R1", "V1"))), author="queue")
    store.append(EvidenceFound(evidence=(found("R2", "V2"),)), author="queue")
    assert store.evidence() == (found("R1", "V1"), found("R2", "V2"))


def test_raises_of_the_budget_add_up(store: SqliteStore) -> None:
    assert store.budget_raised() == 0.0
    store.append(BudgetRaised(usd=1.5), BudgetRaised(usd=2.0), author="person:ada")
    assert store.budget_raised() == 3.5


@pytest.mark.parametrize("point", ["events.written", "events.committed"])
def test_an_append_is_all_or_nothing(store: SqliteStore, created: RunCreated, planned: Plans, point: str) -> None:
    class Struck(Exception):
        pass

    def strike(name: str) -> None:
        if name == point:
            raise Struck

    store.append(created, author="driver")
    assert store.tasks() == ()
    faults.arm(strike)
    with pytest.raises(Struck):
        store.append(planned("T1"), ask("a"), author="planner")
    faults.arm(None)
    whole = point == "events.committed"
    assert (len(store.events()), len(store.tasks()), len(store.questions())) == ((3, 1, 1) if whole else (1, 0, 0))
    store.append(Noted(text="goes on"), author="driver")
    assert [event.seq for event in store.events()] == list(range(1, len(store.events()) + 1))


def test_secrets_are_taken_out_before_anything_is_stored(tmp_path: Path, clock: Clock) -> None:
    def redact(text: str) -> str:
        return text.replace("hunter2", "[x]")

    question = Question(
        key="k",
        kind="decision",
        text="Is hunter2 right?",
        why="hunter2",
        evidence="hunter2",
        default="hunter2",
        options=(Option(text="hunter2", consequence="hunter2"),),
    )
    with SqliteStore(tmp_path / "run.db", clock=clock, redact=redact, blobs=tmp_path / "blobs") as store:
        digest = store.put_blob("the key is hunter2")
        assert digest == store.put_blob("the key is [x]")
        assert store.blob(digest) == "the key is [x]"
        store.append(QuestionAsked(question=question), QuestionAnswered(key="k", answer="hunter2"), author="person:a")
        store.append(Noted(text="hunter2"), RunMoved(state="failed", reason="hunter2"), author="driver")
        store.append(PlanRefused(number=1, reasons=("hunter2",)), author="person:a")
        store.append(
            Judged(verdict=Verdict(tree="t", gate="g", passed=False, reasons=("hunter2",)), report="r"), author="gate"
        )
    stored = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    assert b"[x]" in stored
    assert b"hunter2" not in stored


def test_a_lone_surrogate_from_a_model_does_not_stop_the_run(store: SqliteStore) -> None:
    store.append(Acted(key=T1, turn=0, text="odd \ud800"), author="worker")
    assert store.events()[0].fact == Acted(key=T1, turn=0, text="odd ?")
    assert store.blob(store.put_blob("odd \ud800")) == "odd ?"


def test_the_version_changes_with_every_commit_of_anyone(store: SqliteStore, tmp_path: Path, clock: Clock) -> None:
    path = tmp_path / "run.db"
    with SqliteStore(path, clock=clock, redact=str, blobs=None) as other:
        seen = [(store.version(), other.version())]
        for writer in (store, other, store, other):
            writer.append(Noted(text="x"), author="driver")
            seen.append((store.version(), other.version()))
        assert len({mine for mine, _ in seen}) == len({theirs for _, theirs in seen}) == len(seen)
        assert len(store.events()) == len(other.events()) == 4


def test_what_another_process_answers_is_seen_at_once(store: SqliteStore, tmp_path: Path, clock: Clock) -> None:
    store.append(ask("a"), author="worker")
    assert store.questions(only_open=True)
    with SqliteStore(tmp_path / "run.db", clock=clock, redact=str, blobs=None) as other:
        other.append(QuestionAnswered(key="a", answer="yes"), author="person:ada")
    assert store.questions(only_open=True) == ()


def test_a_viewer_reads_beside_the_driver_and_cannot_write(store: SqliteStore, tmp_path: Path) -> None:
    store.append(ask("a"), author="worker")
    digest = store.put_blob("text")
    with open_readonly(tmp_path / "run.db") as viewer:
        assert viewer.questions() == store.questions()
        store.append(ask("b"), author="worker")
        assert viewer.questions() == store.questions()
        assert viewer.blob(digest) == "text"
        for write in (lambda: viewer.append(ask("c"), author="x"), lambda: viewer.put_blob("x"), viewer.rebuild):
            with pytest.raises(RunStateError, match="reading only"):
                write()


def test_a_viewer_of_nothing_says_so(tmp_path: Path) -> None:
    with pytest.raises(RunStateError, match="does not exist"):
        open_readonly(tmp_path / "run.db")
    (tmp_path / "run.db").touch()
    with pytest.raises(RunStateError, match="still being created"):
        open_readonly(tmp_path / "run.db")


def test_a_store_in_memory_is_a_store(clock: Clock) -> None:
    with SqliteStore(None, clock=clock, redact=str, blobs=None) as store:
        store.append(ask("a"), author="worker")
        assert [asked.id for asked in store.questions()] == ["Q1"]
        assert store.blob(store.put_blob("x")) == "x"


def test_a_file_that_is_no_database_is_named(tmp_path: Path, clock: Clock) -> None:
    path = tmp_path / "run.db"
    path.write_bytes(b"not a database, but long enough to be looked at" * 50)
    for opening in (lambda: SqliteStore(path, clock=clock, redact=str, blobs=None), lambda: open_readonly(path)):
        with pytest.raises(RunStateError, match=r"run\.db is damaged"):
            opening()


def test_a_torn_page_is_named(store: SqliteStore, tmp_path: Path, clock: Clock) -> None:
    for number in range(200):
        store.append(Noted(text=f"{number} " * 200), author="driver")
    store.close()
    path = tmp_path / "run.db"
    content = bytearray(path.read_bytes())
    content[4096 : len(content) : 4096] = b"\xff" * len(content[4096 : len(content) : 4096])
    path.write_bytes(content)
    with pytest.raises(RunStateError, match="is damaged"):
        read_everything(path, clock)


def read_everything(path: Path, clock: Clock) -> None:
    with SqliteStore(path, clock=clock, redact=str, blobs=None) as store:
        store.events()
        store.run()


def test_a_full_disk_loses_nothing_that_was_said(store: SqliteStore, created: RunCreated) -> None:
    store.append(created, author="driver")
    pages = store._db.execute("PRAGMA page_count").fetchone()[0]
    store._db.execute(f"PRAGMA max_page_count={pages}")
    with pytest.raises(DiskFull, match="make room"):
        store.append(Noted(text="x" * 100_000), author="driver")
    store._db.execute("PRAGMA max_page_count=1000000")
    store.append(Noted(text="room again"), author="driver")
    assert [type(event.fact).__name__ for event in store.events()] == ["RunCreated", "Noted"]


WRITER = """
import sys
from pathlib import Path
from agentctl.orchestrator.clock import SystemClock
from agentctl.orchestrator.nouns.events import Noted, QuestionAsked
from agentctl.orchestrator.nouns.questions import Question
from agentctl.orchestrator.store.sqlite import SqliteStore

path, name = Path(sys.argv[1]), sys.argv[2]
with SqliteStore(path, clock=SystemClock(), redact=str, blobs=None) as store:
    print("ready", flush=True)
    sys.stdin.readline()
    for number in range(50):
        question = Question(key=f"{name}{number}", kind="decision", text="?")
        store.append(Noted(text=f"{name} {number}"), QuestionAsked(question=question), author=name)
"""


def test_processes_that_write_at_once_share_one_order(tmp_path: Path) -> None:
    path = tmp_path / "run.db"
    command = [sys.executable, "-c", WRITER, str(path)]
    writers = [
        subprocess.Popen([*command, name], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        for name in ("a", "b", "c")
    ]
    for writer in writers:
        assert writer.stdout
        assert writer.stdout.readline() == "ready\n"
    for writer in writers:
        writer.communicate("go\n", timeout=60)
        assert writer.returncode == 0
    with open_readonly(path) as store:
        events = store.events()
        assert [event.seq for event in events] == list(range(1, 301))
        assert [asked.id for asked in store.questions()] == [f"Q{number}" for number in range(1, 151)]
        notes = [event.fact.text for event in events if isinstance(event.fact, Noted)]
        for name in ("a", "b", "c"):
            assert [note for note in notes if note.startswith(name)] == [f"{name} {number}" for number in range(50)]


KILLED = """
import os, signal, sys
from pathlib import Path
from agentctl.orchestrator import faults
from agentctl.orchestrator.clock import SystemClock
from agentctl.orchestrator.nouns.events import Noted
from agentctl.orchestrator.store.sqlite import SqliteStore

seen = 0
def strike(name):
    global seen
    seen += name == sys.argv[2]
    if seen == 3:
        os.kill(os.getpid(), signal.SIGKILL)

faults.arm(strike)
store = SqliteStore(Path(sys.argv[1]), clock=SystemClock(), redact=str, blobs=None)
for number in range(10):
    store.append(Noted(text=str(number)), Noted(text="and"), author="driver")
    print(number, flush=True)
"""


@pytest.mark.parametrize(("point", "kept"), [("events.written", 4), ("events.committed", 6)])
def test_kill_9_loses_nothing_committed_and_keeps_nothing_else(
    tmp_path: Path, clock: Clock, point: str, kept: int
) -> None:
    path = tmp_path / "run.db"
    ended = subprocess.run(
        [sys.executable, "-c", KILLED, str(path), point], check=False, capture_output=True, text=True, timeout=60
    )
    assert ended.returncode == -9
    assert ended.stdout.split() == ["0", "1"]
    with open_readonly(path) as viewer:
        assert len(viewer.events()) == kept
    with SqliteStore(path, clock=clock, redact=str, blobs=None) as store:
        store.append(Noted(text="resumed"), author="driver")
        assert [event.seq for event in store.events()] == list(range(1, kept + 2))


def test_a_copy_on_a_read_only_medium_can_be_read(store: SqliteStore, tmp_path: Path) -> None:
    store.append(ask("a"), author="worker")
    store.close()
    medium = tmp_path / "medium"
    medium.mkdir()
    (tmp_path / "run.db").rename(medium / "run.db")
    medium.chmod(0o500)
    try:
        with open_readonly(medium / "run.db") as viewer:
            assert [asked.id for asked in viewer.questions()] == ["Q1"]
    finally:
        medium.chmod(0o700)


def test_durability_is_set_as_promised(store: SqliteStore) -> None:
    settings = {name: store._db.execute(f"PRAGMA {name}").fetchone()[0] for name in ("journal_mode", "synchronous")}
    assert settings == {"journal_mode": "wal", "synchronous": 2}
    assert isinstance(store._db, sqlite3.Connection)
