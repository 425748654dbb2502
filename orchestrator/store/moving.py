"""A run's tables on their way to another clone: copied whole, and rid of what belongs to one machine.

The log is immutable but for this: the places of the machine a run was made on are replaced, in the copy, and the tables
are folded from the log anew.
"""

from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path

from ..clock import SystemClock
from ..nouns.events import Fact, Noted, RunCreated, RunMoved
from ..nouns.notices import HumanNeeded
from ..nouns.runs import RunSettings
from ..refused_by_sqlite import translated
from .codec import decode_fact, encode
from .database import copy_database, open_database, transaction
from .migrations import RUN_STEPS
from .sqlite import SqliteStore


def copy_run(source: Path, target: Path, *, change: Callable[[Fact], Fact]) -> None:
    """Copy run.db to ``target``, its facts as ``change`` makes them; nothing of what they were is left in the file."""
    draft = target.with_suffix(".draft")
    try:
        copy_database(source, draft)
        rewrite(draft, change=change)
        copy_database(draft, target)
    finally:
        draft.unlink(missing_ok=True)


def rewrite(path: Path, *, change: Callable[[Fact], Fact]) -> None:
    """Replace facts of a run.db that nobody uses, and fold its tables anew."""
    with closing(open_database(path, RUN_STEPS)) as db, translated(path), transaction(db):
        rows = db.execute("SELECT seq, schema, kind, fact FROM events").fetchall()
        for seq, schema, kind, text in rows:
            fact = decode_fact(kind, schema, text)
            changed = change(fact)
            if changed != fact:
                db.execute("UPDATE events SET fact=? WHERE seq=?", (encode(changed), seq))
    with SqliteStore(path, clock=SystemClock(), redact=str, blobs=None) as store:
        store.rebuild()


def resettled(settings: Callable[[RunSettings], RunSettings]) -> Callable[[Fact], Fact]:
    """A change that gives the run other settings, and leaves the rest."""

    def change(fact: Fact) -> Fact:
        return replace(fact, settings=settings(fact.settings)) if isinstance(fact, RunCreated) else fact

    return change


def without_places(places: dict[str, str]) -> Callable[[Fact], Fact]:
    """A change that puts words in the place of folders, where a text is for people only and enters no prompt."""

    def told(text: str) -> str:
        for place, words in places.items():
            text = text.replace(place, words)
        return text

    def change(fact: Fact) -> Fact:
        match fact:
            case Noted() | HumanNeeded():
                return replace(fact, text=told(fact.text))
            case RunMoved():
                return replace(fact, reason=told(fact.reason))
            case _:
                return fact

    return change
