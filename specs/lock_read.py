"""A lock from its text. Untrusted: it was merged by git, edited by hand, or written by another version. Pure."""

import json
from dataclasses import replace
from typing import Any, TypeVar

import msgspec

from .lock_nouns import Lock, LockedAnswer, LockedContract, LockedEvidence, LockedItem, LockedTask, LockedTeam, natural
from .lock_write import HEAD, KINDS, VERSION, Row

_AGAIN = "take the file from another commit, or remove it and run `agentctl verify` on the spec"
_MARKS = ("<<<<<<< ", ">>>>>>> ", "||||||| ")

Said = TypeVar("Said", LockedAnswer, LockedContract, LockedEvidence, LockedItem, LockedTask, LockedTeam)


class LockError(Exception):
    """A lock cannot be read; says in which line and what to do. Whoever reads the file adds its name."""

    def __init__(self, message: str, *, line: int = 1) -> None:
        super().__init__(f"line {line}: {message}")
        self.line = line


def read_lock(text: str) -> Lock:
    """What `write_lock` wrote, also after git merged it.

    Raises:
        LockError: it is damaged, in conflict, not a lock, or of a newer agentctl.
    """
    text = text.removeprefix("\ufeff")
    for number, line in enumerate(text.split("\n"), 1):
        if line.startswith(_MARKS):
            message = "git left a conflict: keep one side where both changed an entry, and both sides otherwise"
            raise LockError(f"{message}; the next `agentctl verify` sets the rest right.", line=number)
    return _lock(_document(text), text.split("\n"))


def _document(text: str) -> list[tuple[str, object]]:
    """The outermost object as pairs, because a merge may have left two groups of one name."""
    try:
        document = json.loads(text, object_pairs_hook=lambda pairs: pairs if _is_head(pairs) else dict(pairs))
    except json.JSONDecodeError as error:
        raise LockError(f"this is not JSON ({error.msg}): {_AGAIN}.", line=error.lineno) from error
    except (ValueError, RecursionError) as error:
        raise LockError(f"this is not JSON ({error}): {_AGAIN}.") from error
    if not isinstance(document, list) or not _is_head(document):
        raise LockError(f"this is not the lock of a spec, which begins with `{HEAD}`: move the file out of the way.")
    version = document[0][1]
    if not isinstance(version, int) or version < 1:
        raise LockError(f"the version is {str(version)[:20]}, not a number above 0: {_AGAIN}.", line=2)
    if version > VERSION:
        message = f"a newer agentctl wrote this lock (version {version}; this one knows {VERSION}): install that one"
        raise LockError(f"{message}.", line=2)
    return document


def _is_head(pairs: list[Any]) -> bool:
    return bool(pairs) and isinstance(pairs[0], tuple) and pairs[0][0] == HEAD


def _lock(document: list[tuple[str, object]], lines: list[str]) -> Lock:
    reading = _Reading(lines)
    spec_id = next((value for name, value in document if name == "spec"), None)
    if not isinstance(spec_id, str):
        raise LockError(f"the id of the spec is missing: {_AGAIN}.", line=3)
    for _, group in document[1:]:
        for row in group if isinstance(group, list) else ():
            reading.take(row)
    tasks, evidence = _told_apart(reading.nouns(LockedTask, "task"), reading.nouns(LockedEvidence, "evidence"))
    return Lock(
        spec_id=spec_id,
        items={id_: reading.noun(LockedItem, row) for id_, row in reading.named("item").items()},
        tombstones=reading.keys("gone"),
        checks=reading.keys("check"),
        terms=reading.keys("term"),
        names=reading.keys("name"),
        fixtures=reading.keys("fixture"),
        gate=reading.keys("gate").get("gate", ""),
        answers=reading.nouns(LockedAnswer, "answer"),
        teams=reading.nouns(LockedTeam, "team"),
        tasks=tasks,
        evidence=evidence,
        contract=reading.nouns(LockedContract, "contract"),
    )


class _Reading:
    """The entries of one lock by kind; knows the lines, to say in which something is wrong."""

    def __init__(self, lines: list[str]) -> None:
        self._lines = lines
        self._rows: dict[str, list[Row]] = {kind: [] for kind in KINDS}

    def take(self, row: object) -> None:
        """Sort an entry in; what ends a group is passed over."""
        if isinstance(row, str):
            return
        kind = row.get("is") if isinstance(row, dict) else None
        if not isinstance(row, dict) or not isinstance(kind, str) or kind not in self._rows:
            raise self._wrong(row, "this is no entry of a lock")
        self._rows[kind].append(row)

    def named(self, kind: str) -> dict[str, Row]:
        """Entries by id; two with one id and different content are an error."""
        found: dict[str, Row] = {}
        for row in self._rows[kind]:
            id_ = row.get("id")
            if not isinstance(id_, str):
                raise self._wrong(row, "the entry has no id")
            if found.setdefault(id_, row) != row:
                raise self._wrong(row, f"{id_} stands here twice, and differs: two branches changed or used it")
        return found

    def keys(self, kind: str) -> dict[str, str]:
        """Entries that are a hash, by id."""
        return {id_: self._key(row) for id_, row in self.named(kind).items()}

    def nouns(self, noun: type[Said], kind: str) -> tuple[Said, ...]:
        """Entries of a kind."""
        return tuple(self.noun(noun, row) for row in self._rows[kind])

    def noun(self, noun: type[Said], row: Row) -> Said:
        """One entry as what it is; fields that a later version added are passed over."""
        try:
            return msgspec.convert(row, noun)
        except msgspec.ValidationError as error:
            raise self._wrong(row, f"the {row['is']} is damaged ({error})") from error

    def _key(self, row: Row) -> str:
        key = row.get("key")
        if not isinstance(key, str):
            raise self._wrong(row, f"the {row['is']} has no key")
        return key

    def _wrong(self, row: object, what: str) -> LockError:
        written = json.dumps(row)
        line = next((number for number, line in enumerate(self._lines, 1) if line.startswith(written)), 1)
        return LockError(f"{what}: {_AGAIN}.", line=line)


def _told_apart(
    tasks: tuple[LockedTask, ...], evidence: tuple[LockedEvidence, ...]
) -> tuple[tuple[LockedTask, ...], tuple[LockedEvidence, ...]]:
    """Two branches may both have made a T8: the later by run and commit gets a free id, as do those who name it."""
    number = max((int(task.id[1:]) for task in tasks if task.id[1:].isdecimal()), default=0)
    kept: dict[str, LockedTask] = {}
    called: dict[tuple[str, str], str] = {}
    for task in sorted({*tasks}, key=lambda task: (natural(task.id), task.run, task.commit, repr(task))):
        id_ = task.id
        if id_ in kept:
            number += 1
            id_ = f"T{number}"
            called[task.id, task.commit] = id_
            if task.run != kept[task.id].run:
                called[task.id, f"run {task.run}"] = id_
        kept[id_] = replace(task, id=id_)
    renamed = (
        replace(task, needs=tuple(called.get((need, f"run {task.run}"), need) for need in task.needs))
        for task in kept.values()
    )
    return tuple(renamed), tuple(replace(row, task=called.get((row.task, row.commit), row.task)) for row in evidence)
