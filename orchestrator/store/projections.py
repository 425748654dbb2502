"""What the event log comes to. The only module that writes the projection tables; one function a kind of fact.

Projections are a fold of the log and of nothing else, so `rebuild` gives back exactly what was there. Each function
runs inside the transaction that stores its event. A fact about a task or an attempt that is not there projects nothing.
"""

import sqlite3
from collections.abc import Callable
from functools import singledispatch

from ..errors import RunStateError
from ..nouns.contract import Contract
from ..nouns.events import (
    Acted,
    AttemptEnded,
    AttemptStarted,
    BudgetRaised,
    Chosen,
    Contracted,
    Event,
    EvidenceFound,
    Fact,
    Judged,
    Landed,
    Patched,
    PlanApproved,
    Planned,
    PlanRefused,
    QuestionAnswered,
    QuestionAsked,
    QuestionRaised,
    RolloutMoved,
    RunCreated,
    RunMoved,
    TaskMoved,
    Unlocked,
)
from ..nouns.forge_facts import PullRebuilt, PullStands
from ..nouns.hand_facts import Amended, FollowAsked, RevertAsked, Reverted
from ..nouns.hands import Hands
from ..nouns.keys import AttemptKey
from ..nouns.plan import Plan, Task
from ..nouns.runs import Evidence, TaskState
from ..rules.evidence import CLAIM
from ..rules.hands import FACTS as HANDS_FACTS
from ..rules.hands import after
from .codec import decode, encode

TABLES = ("run", "plan", "tasks", "attempts", "questions", "verdicts", "landings", "evidence", "choices", "budget")

AMENDMENT = "amendment:"
"""Prefix of the keys under which the ids of added requirements stand among the choices; a key ends with its number."""

CONTRACT = "contract:"
"""Prefix of the keys under which contracts stand among the choices; a key goes on with the number of their event."""

FOLLOW = "follow-asked:"
"""Prefix of the keys under which wishes to follow the base stand among the choices; a key ends with its number."""

HANDS = "hands"
"""The key under which what people did with their own hands stands among the choices."""

PULL = "pull:"
"""Prefix of the keys under which pull requests stand among the choices; a key ends with the name of the slice."""

REBUILT = "rebuilt:"
"""Prefix of the keys under which slices on another base stand among the choices; a key ends with the slice's name."""

RAISED = "raised:"
"""Prefix of the keys under which raised questions stand among the choices: the question's, a bar, the attempt."""

WISH = "wish:"
"""Prefix of the keys under which wishes to take something back stand among the choices; a key ends with its number."""

_FINISHED = ("done", "failed", "cancelled")

_FOLLOWS: dict[TaskState, tuple[str, str]] = {
    "parked": ("working", "parked"),
    "working": ("parked", "working"),
    "queued": ("patched", "queued"),
}
"""Attempts that follow their task: when it becomes the key, those in the first state go to the second."""


def is_known(db: sqlite3.Connection, fact: Fact) -> bool:
    """Whether the log already says this, so that saying it again is no event: a question asked, a choice made.

    Of two amendments or wishes of one number the first stands, and who said the other sees that from what was stored.
    """
    match fact:
        case Amended():
            query, key = "SELECT 1 FROM choices WHERE key=?", f"{AMENDMENT}{fact.number}"
        case RevertAsked():
            query, key = "SELECT 1 FROM choices WHERE key=?", f"{WISH}{fact.number}"
        case FollowAsked():
            query, key = "SELECT 1 FROM choices WHERE key=?", f"{FOLLOW}{fact.number}"
        case QuestionAsked():
            query, key = "SELECT 1 FROM questions WHERE key=?", fact.question.key
        case QuestionRaised():
            query, key = "SELECT 1 FROM choices WHERE key=?", _raised(fact)
        case Chosen():
            query, key = "SELECT 1 FROM choices WHERE key=?", fact.key
        case _:
            return False
    return db.execute(query, (key,)).fetchone() is not None


def project(db: sqlite3.Connection, event: Event) -> None:
    """Bring the tables up to ``event``. Raises RunStateError for an answer to a question that nobody asked."""
    if isinstance(event.fact, HANDS_FACTS):
        _project_hands(db, event)
    _project(event.fact, db, event)


def rebuild(db: sqlite3.Connection, events: Callable[[], tuple[Event, ...]]) -> None:
    """Empty the tables and fold the whole log again; to be called inside a transaction."""
    for table in TABLES:
        db.execute(f"DELETE FROM {table}")  # noqa: S608 - names from the constant above
    for event in events():
        project(db, event)


@singledispatch
def _project(fact: Fact, db: sqlite3.Connection, event: Event) -> None:  # noqa: ARG001 - other facts live in the log only
    return


@_project.register
def _(fact: RunCreated, db: sqlite3.Connection, event: Event) -> None:
    db.execute(
        "INSERT OR REPLACE INTO run VALUES (1, ?, 'planning', ?, ?, ?, ?, ?, NULL, '')",
        (fact.run, fact.spec_id, fact.title, fact.base, encode(fact.settings), event.at),
    )


@_project.register
def _(fact: RunMoved, db: sqlite3.Connection, event: Event) -> None:
    finished = event.at if fact.state in _FINISHED else None
    db.execute("UPDATE run SET state=?, reason=?, finished_at=?", (fact.state, fact.reason, finished))


@_project.register
def _(fact: Planned, db: sqlite3.Connection, _event: Event) -> None:
    """Before the first approval the tasks are those of the latest proposal; after it they wait for the next one."""
    db.execute(
        "INSERT INTO plan VALUES (1, ?, 0, 0) ON CONFLICT DO UPDATE SET plan=excluded.plan, approved=0",
        (encode(fact.plan),),
    )
    if db.execute("SELECT ever_approved FROM plan").fetchone() == (0,):
        db.execute("DELETE FROM tasks")
        _put_tasks(db, fact.plan)


@_project.register
def _(fact: PlanRefused, db: sqlite3.Connection, _event: Event) -> None:
    """While the planner tries again, the run says why; its next state has a reason of its own."""
    why = f"plan {fact.number} was refused, the planner tries again"
    db.execute("UPDATE run SET reason=?", (": ".join((why, *fact.reasons[:1])),))


@_project.register
def _(fact: PlanApproved, db: sqlite3.Connection, _event: Event) -> None:  # noqa: ARG001 - the type is the message
    """Tasks that were there keep their state, new ones are blocked, and those left out are dropped if not landed."""
    row = db.execute("SELECT plan FROM plan").fetchone()
    if row is None:
        return
    plan = decode(row[0], Plan)
    db.execute("UPDATE plan SET approved=1, ever_approved=1")
    _put_tasks(db, plan)
    keep = {task.id for task in plan.tasks}
    for (task,) in db.execute("SELECT id FROM tasks WHERE state != 'landed'").fetchall():
        if task not in keep:
            db.execute("UPDATE tasks SET state='dropped' WHERE id=?", (task,))


@_project.register
def _(fact: TaskMoved, db: sqlite3.Connection, _event: Event) -> None:
    row = db.execute("SELECT extra_needs, attempt FROM tasks WHERE id=?", (fact.task,)).fetchone()
    if row is None:
        return
    needs = decode(row[0], tuple[str, ...])
    needs += tuple(need for need in dict.fromkeys(fact.needs) if need not in needs)
    db.execute(
        "UPDATE tasks SET state=?, activity=?, extra_needs=? WHERE id=?",
        (fact.state, fact.reason, encode(needs), fact.task),
    )
    if fact.state in _FOLLOWS:
        old, new = _FOLLOWS[fact.state]
        db.execute("UPDATE attempts SET state=? WHERE task=? AND attempt=? AND state=?", (new, fact.task, row[1], old))


@_project.register
def _(fact: AttemptStarted, db: sqlite3.Connection, _event: Event) -> None:
    db.execute(
        "INSERT OR REPLACE INTO attempts VALUES (?, ?, ?, 'working', ?, ?, ?, NULL, NULL, NULL, '', 0)",
        (*_columns(fact.key), fact.rung, fact.base_tree, encode(fact.decisions)),
    )
    db.execute(
        "UPDATE tasks SET state='working', attempt=?, rung=?, activity='' WHERE id=?",
        (fact.key.attempt, fact.rung, fact.key.task),
    )


@_project.register
def _(fact: Acted, db: sqlite3.Connection, _event: Event) -> None:
    db.execute("UPDATE tasks SET activity=? WHERE id=?", (fact.text, fact.key.task))


@_project.register
def _(fact: Patched, db: sqlite3.Connection, _event: Event) -> None:
    """The tree may have been judged before it was handed in: a worker's last test is a verdict like any other.

    What a rollout that was let go had written is kept; it stays let go.
    """
    _update_attempt(
        db,
        fact.key,
        "state=CASE state WHEN 'lost' THEN 'lost' ELSE 'patched' END, patch=?, tree=?2, "
        "gate=(SELECT gate FROM verdicts WHERE tree=?2 ORDER BY seq DESC LIMIT 1)",
        fact.patch,
        fact.tree,
    )


@_project.register
def _(fact: AttemptEnded, db: sqlite3.Connection, _event: Event) -> None:
    _update_attempt(db, fact.key, "state=?, reason=?, clash=?", fact.state, fact.reason, fact.clash)
    _follow_rollouts(db, fact.key)


@_project.register
def _(fact: RolloutMoved, db: sqlite3.Connection, _event: Event) -> None:
    _update_attempt(db, fact.key, "state=?", fact.state)
    _follow_rollouts(db, fact.key)


@_project.register
def _(fact: Judged, db: sqlite3.Connection, event: Event) -> None:
    verdict = fact.verdict
    db.execute(
        "INSERT OR REPLACE INTO verdicts VALUES (?, ?, ?, ?)", (verdict.tree, verdict.gate, event.seq, encode(verdict))
    )
    db.execute("UPDATE attempts SET gate=? WHERE tree=?", (verdict.gate, verdict.tree))


@_project.register
def _(fact: QuestionRaised, db: sqlite3.Connection, _event: Event) -> None:
    """Among the choices: who raised what is never unsaid."""
    db.execute("INSERT OR IGNORE INTO choices VALUES (?, ?)", (_raised(fact), encode(fact)))


@_project.register
def _(fact: QuestionAsked, db: sqlite3.Connection, event: Event) -> None:
    db.execute(
        "INSERT INTO questions (number, key, at, question) "
        "SELECT coalesce(max(number), 0) + 1, ?, ?, ? FROM questions WHERE true ON CONFLICT (key) DO NOTHING",
        (fact.question.key, event.at, encode(fact.question)),
    )


@_project.register
def _(fact: QuestionAnswered, db: sqlite3.Connection, event: Event) -> None:
    """The first answer stands; a later one is kept in the log, where it can be seen that it came too late."""
    if db.execute("SELECT 1 FROM questions WHERE key=?", (fact.key,)).fetchone() is None:
        raise RunStateError(f"there is no question {fact.key!r} in this run: `agentctl inbox` lists the open ones")
    db.execute(
        "UPDATE questions SET answer=?, answered_by=?, answered_at=? WHERE key=? AND answer IS NULL",
        (fact.answer, event.author, event.at, fact.key),
    )


@_project.register
def _(fact: BudgetRaised, db: sqlite3.Connection, event: Event) -> None:
    db.execute("INSERT INTO budget VALUES (?, ?)", (event.seq, fact.usd))


@_project.register
def _(fact: Landed, db: sqlite3.Connection, _event: Event) -> None:
    """A patch lands once: hearing of it again, as after a crash, changes nothing."""
    for landing in fact.landings:
        db.execute(
            "INSERT OR IGNORE INTO landings VALUES (?, ?, ?, ?, ?)",
            (*_columns(landing.key), landing.order, encode(landing)),
        )
        _update_attempt(db, landing.key, "state='landed'")
        db.execute("UPDATE tasks SET state='landed', activity='' WHERE id=?", (landing.key.task,))


@_project.register
def _(fact: Amended, db: sqlite3.Connection, _event: Event) -> None:
    db.execute("INSERT OR IGNORE INTO choices VALUES (?, ?)", (f"{AMENDMENT}{fact.number}", fact.requirement))


@_project.register
def _(fact: RevertAsked, db: sqlite3.Connection, _event: Event) -> None:
    db.execute("INSERT OR IGNORE INTO choices VALUES (?, ?)", (f"{WISH}{fact.number}", fact.task))


@_project.register
def _(fact: FollowAsked, db: sqlite3.Connection, _event: Event) -> None:
    db.execute("INSERT OR IGNORE INTO choices VALUES (?, ?)", (f"{FOLLOW}{fact.number}", fact.commit))


@_project.register
def _(fact: Reverted, db: sqlite3.Connection, _event: Event) -> None:
    """The landing goes, and with it what spoke for the requirements; the attempt is what it was."""
    row = db.execute("SELECT task FROM tasks WHERE id=?", (fact.task,)).fetchone()
    requirements = decode(row[0], Task).requirements if row is not None else ()
    for requirement, check, text in db.execute("SELECT requirement, check_id, evidence FROM evidence").fetchall():
        if decode(text, Evidence).task == fact.task or (check == CLAIM and requirement in requirements):
            db.execute("DELETE FROM evidence WHERE requirement=? AND check_id=?", (requirement, check))
    db.execute("DELETE FROM landings WHERE task=?", (fact.task,))
    db.execute("UPDATE tasks SET state='dropped', activity=? WHERE id=?", (fact.reason, fact.task))
    _forget_need(db, fact.task)


def _forget_need(db: sqlite3.Connection, gone: str) -> None:
    """What came after a task only because it clashed with it, need not wait for it, nor go with it."""
    for task, text in db.execute("SELECT id, extra_needs FROM tasks").fetchall():
        needs = decode(text, tuple[str, ...])
        if gone in needs:
            left = tuple(need for need in needs if need != gone)
            db.execute("UPDATE tasks SET extra_needs=? WHERE id=?", (encode(left), task))


@_project.register
def _(fact: EvidenceFound, db: sqlite3.Connection, _event: Event) -> None:
    for found in fact.evidence:
        db.execute("INSERT OR REPLACE INTO evidence VALUES (?, ?, ?)", (found.requirement, found.check, encode(found)))


@_project.register
def _(fact: Contracted, db: sqlite3.Connection, event: Event) -> None:
    """Among the choices, in the order in which they were made: what a contract says is chosen once."""
    db.execute("INSERT OR IGNORE INTO choices VALUES (?, ?)", (f"{CONTRACT}{event.seq:09d}", encode(fact.contract)))


@_project.register
def _(fact: Unlocked, db: sqlite3.Connection, _event: Event) -> None:
    query = f"SELECT key, value FROM choices WHERE key GLOB '{CONTRACT}*'"  # noqa: S608 - a constant of ours
    for key, value in db.execute(query).fetchall():
        contract = decode(value, Contract).without(fact.checks)
        db.execute("UPDATE choices SET value=? WHERE key=?", (encode(contract), key))


@_project.register
def _(fact: Chosen, db: sqlite3.Connection, _event: Event) -> None:
    db.execute("INSERT OR IGNORE INTO choices VALUES (?, ?)", (fact.key, fact.value))


@_project.register
def _(fact: PullStands, db: sqlite3.Connection, _event: Event) -> None:
    db.execute("INSERT OR REPLACE INTO choices VALUES (?, ?)", (f"{PULL}{fact.pull.name}", encode(fact.pull)))


@_project.register
def _(fact: PullRebuilt, db: sqlite3.Connection, _event: Event) -> None:
    made = fact.rebuilt
    db.execute("INSERT OR REPLACE INTO choices VALUES (?, ?)", (f"{REBUILT}{made.name}", encode(made)))


def _project_hands(db: sqlite3.Connection, event: Event) -> None:
    row = db.execute("SELECT value FROM choices WHERE key=?", (HANDS,)).fetchone()
    hands = decode(row[0], Hands) if row is not None else Hands()
    now = after(hands, event)
    if now != hands:
        db.execute("INSERT OR REPLACE INTO choices VALUES (?, ?)", (HANDS, encode(now)))


def _raised(fact: QuestionRaised) -> str:
    return f"{RAISED}{fact.question.key}|{fact.key}"


def _columns(key: AttemptKey) -> tuple[str, int, int]:
    return key.task, key.attempt, key.rollout


def _update_attempt(db: sqlite3.Connection, key: AttemptKey, assignments: str, *values: str | bool) -> None:
    where = "task=? AND attempt=? AND rollout=?"
    db.execute(
        f"UPDATE attempts SET {assignments} WHERE {where}",  # noqa: S608 - both are literals of this module
        (*values, *_columns(key)),
    )


def _follow_rollouts(db: sqlite3.Connection, key: AttemptKey) -> None:
    """A task with several rollouts is parked while every one of them that is not over is."""
    query = "SELECT state FROM attempts WHERE task=? AND attempt=? AND state NOT IN ('failed', 'lost', 'landed')"
    states = {state for (state,) in db.execute(query, (key.task, key.attempt))} if key.rollout else set()
    if states:
        db.execute(
            "UPDATE tasks SET state=? WHERE id=? AND attempt=? AND state IN ('working', 'parked')",
            ("parked" if states == {"parked"} else "working", key.task, key.attempt),
        )


def _put_tasks(db: sqlite3.Connection, plan: Plan) -> None:
    db.executemany(
        "INSERT INTO tasks VALUES (?, ?, 'blocked', 0, '', '', '[]', ?) "
        "ON CONFLICT DO UPDATE SET position=excluded.position, task=excluded.task",
        [_task_row(position, task) for position, task in enumerate(plan.tasks)],
    )


def _task_row(position: int, task: Task) -> tuple[str, int, str]:
    return task.id, position, encode(task)
