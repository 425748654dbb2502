"""A run that does nothing but happen: ``busy.py RUN_DB EVENTS_A_SECOND SECONDS`` writes events of fifty agents."""

from __future__ import annotations

import sys
import time
from pathlib import Path

from ...orchestrator.clock import SystemClock
from ...orchestrator.nouns.events import (
    Acted,
    AttemptStarted,
    Fact,
    PlanApproved,
    Planned,
    QuestionAsked,
    RunCreated,
    RunMoved,
)
from ...orchestrator.nouns.keys import AttemptKey
from ...orchestrator.nouns.plan import Estimate, Plan, Task, Team
from ...orchestrator.nouns.questions import Option, Question
from ...orchestrator.nouns.runs import RunSettings
from ...orchestrator.store.journal import Journal
from ...orchestrator.store.sqlite import SqliteStore

AGENTS, TEAMS = 50, 5
BEATS = 20
"""Appends a second."""
KEYS = tuple(AttemptKey(task=f"T{n}") for n in range(1, AGENTS + 1))


def begin(run_db: Path, calls_db: Path) -> SqliteStore:
    """A run of fifty tasks in five teams, each at work, with three questions open."""
    clock = SystemClock()
    store = SqliteStore(run_db, clock=clock, redact=str, blobs=run_db.with_name("blobs"))
    Journal(calls_db, clock=clock, redact=str).close()
    teams = tuple(Team(id=f"team{n}", purpose=f"part {n}") for n in range(TEAMS))
    tasks = tuple(
        Task(
            id=key.task, team=f"team{n % TEAMS}", title=f"Build the part of {key.task}", goal="g", requirements=("R1",)
        )
        for n, key in enumerate(KEYS)
    )
    estimate = Estimate(calls=1, usd=None, minutes=1.0, critical_path=())
    asked = (
        Question(key=f"q{n}", kind="decision", text=f"Which of {n}?", options=(Option(text="a"), Option(text="b")))
        for n in range(3)
    )
    settings = RunSettings(profile="desk", repo="/r")
    store.append(
        RunCreated(run="busy", spec_id="s", spec_blob="b", title="busy", base="c", settings=settings),
        Planned(plan=Plan(summary="s", teams=teams, tasks=tasks), estimate=estimate),
        PlanApproved(),
        RunMoved(state="building"),
        *(AttemptStarted(key=key, rung="flash", base_tree="t") for key in KEYS),
        *(QuestionAsked(question=question) for question in asked),
        author="driver",
    )
    return store


def acts(start: int, number: int) -> list[Fact]:
    """So many turns, of the agents in their order."""
    return [
        Acted(key=KEYS[n % AGENTS], turn=1 + n // AGENTS, text=f"edits src/part{n % 97}.py and runs its tests")
        for n in range(start, start + number)
    ]


def main(run_db: str, rate: str, seconds: str) -> None:
    """Write at that rate for so long."""
    store = SqliteStore(Path(run_db), clock=SystemClock(), redact=str, blobs=Path(run_db).with_name("blobs"))
    with store:
        each, began = int(rate) // BEATS, time.monotonic()
        for beat in range(int(float(seconds) * BEATS)):
            store.append(*acts(beat * each, each), author="driver")
            time.sleep(max(began + (beat + 1) / BEATS - time.monotonic(), 0.0))


if __name__ == "__main__":
    main(*sys.argv[1:])
