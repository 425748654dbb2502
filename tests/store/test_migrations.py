"""Older files are brought forward, newer ones refused."""

import re
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from agentctl.orchestrator.errors import RunStateError
from agentctl.orchestrator.nouns.events import Noted
from agentctl.orchestrator.ports import Clock
from agentctl.orchestrator.store.codec import decode_fact
from agentctl.orchestrator.store.database import open_database
from agentctl.orchestrator.store.journal import Journal
from agentctl.orchestrator.store.migrations import CALLS_STEPS, RUN_STEPS, Step, forward
from agentctl.orchestrator.store.sqlite import SqliteStore, open_readonly

SECOND: Step = ("ALTER TABLE run ADD COLUMN colour TEXT", "CREATE TABLE notes (text TEXT)")


def version(path: Path) -> int:
    connection = sqlite3.connect(path)
    try:
        return int(connection.execute("PRAGMA user_version").fetchone()[0])
    finally:
        connection.close()


@pytest.fixture
def old(tmp_path: Path, clock: Clock) -> Path:
    path = tmp_path / "run.db"
    with SqliteStore(path, clock=clock, redact=str, blobs=None) as store:
        store.append(Noted(text="old"), author="driver")
    return path


def test_an_older_file_is_brought_forward_with_what_it_holds(old: Path) -> None:
    assert version(old) == 1
    connection = open_database(old, (*RUN_STEPS, SECOND))
    assert connection.execute("SELECT count(*) FROM events").fetchone() == (1,)
    assert connection.execute("SELECT count(*) FROM notes").fetchone() == (0,)
    connection.close()
    assert version(old) == 2


def test_a_step_that_fails_changes_nothing(old: Path) -> None:
    with pytest.raises(sqlite3.OperationalError):
        open_database(old, (*RUN_STEPS, SECOND, ("CREATE TABLE more (x TEXT)", "no such statement")))
    assert version(old) == 1
    open_database(old, (*RUN_STEPS, SECOND)).close()


def test_a_viewer_does_not_migrate(old: Path) -> None:
    with pytest.raises(RunStateError, match="has schema 1, this agentctl 2: `agentctl resume`"):
        open_database(old, (*RUN_STEPS, SECOND), readonly=True)
    assert version(old) == 1


def test_a_newer_file_is_refused_by_both_versions_and_a_way_out(old: Path, tmp_path: Path, clock: Clock) -> None:
    open_database(old, (*RUN_STEPS, SECOND)).close()
    message = re.escape(f"{old} has schema 2, and this agentctl knows 1: upgrade agentctl")
    for opening in (lambda: SqliteStore(old, clock=clock, redact=str, blobs=None), lambda: open_readonly(old)):
        with pytest.raises(RunStateError, match=message):
            opening()
    calls = tmp_path / "calls.db"
    open_database(calls, (*CALLS_STEPS, ("CREATE TABLE more (x TEXT)",))).close()
    with pytest.raises(RunStateError, match="upgrade"):
        Journal(calls, clock=clock, redact=str)


def test_events_of_an_older_schema_are_read_as_todays() -> None:
    steps = {
        ("Noted", 1): lambda fact: {"words": fact["text"]},
        ("Noted", 2): lambda fact: {"text": fact["words"].upper()},
    }
    assert forward("Noted", 1, {"text": "a"}, to=3, steps=steps) == {"text": "A"}
    assert forward("Acted", 1, {"text": "a"}, to=3, steps=steps) == {"text": "a"}


def test_events_of_a_newer_agentctl_are_refused() -> None:
    with pytest.raises(RunStateError, match=r"schema 99.*upgrade"):
        decode_fact("Noted", 99, '{"text": "a"}')
    with pytest.raises(RunStateError, match=r"unknown kind 'Sung'.*upgrade"):
        decode_fact("Sung", 1, "{}")
    with pytest.raises(RunStateError, match="cannot be read"):
        decode_fact("Noted", 1, '{"text": 5}')


OPENER = """
import sys
from pathlib import Path
from agentctl.orchestrator.store.database import open_database
from agentctl.orchestrator.store.migrations import RUN_STEPS
print("ready", flush=True)
sys.stdin.readline()
open_database(Path(sys.argv[1]), RUN_STEPS).close()
"""


def test_processes_that_create_the_same_file_at_once_all_succeed(tmp_path: Path) -> None:
    path = tmp_path / "run.db"
    openers = [
        subprocess.Popen(
            [sys.executable, "-c", OPENER, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        for _ in range(4)
    ]
    for opener in openers:
        assert opener.stdout
        opener.stdout.readline()
    for opener in openers:
        assert opener.stdin
        opener.stdin.write("go\n")
        opener.stdin.flush()
    for opener in openers:
        opener.communicate(timeout=60)
    assert [opener.returncode for opener in openers] == [0, 0, 0, 0]
    assert version(path) == 1
