"""A lock as text: JSON with an entry a line, laid out so that git merges it. Pure.

Entries stand in groups, one for each item, term and so on, and a group ends with its own name: between what two items
have there is always a line that neither owns, so what two branches changed for different items merges without a
conflict. A removed item leaves its tombstone in its place for the same reason.
"""

import json
from collections.abc import Iterator
from dataclasses import MISSING, Field, fields

from .fences import digest
from .lock_nouns import Lock, LockedAnswer, LockedContract, LockedEvidence, LockedItem, LockedTask, LockedTeam, natural

VERSION = 1
HEAD = "agentctl lock"
"""The first key of every lock; its value is the version."""
KINDS = ("gate", "fixture", "term", "name", "team", "item", "gone", "answer", "check", "contract", "evidence", "task")
"""What an entry can be, under ``is``, in the order in which entries stand."""

Row = dict[str, object]
_Noun = LockedAnswer | LockedContract | LockedEvidence | LockedItem | LockedTask | LockedTeam


def write_lock(lock: Lock) -> str:
    """The lock as text, the same for equal locks; ASCII, so that what an editor shows is what is there."""
    groups: dict[str, list[str]] = {}
    for group, row in sorted((*_said(lock), *_done(lock)), key=lambda each: _place(*each)):
        groups.setdefault(group, []).append(json.dumps(row))
    lines = ["{", f"{json.dumps(HEAD)}: {VERSION},", f'"spec": {json.dumps(lock.spec_id)},']
    for group, rows in groups.items():
        name = json.dumps(group)
        lines += [f"{name}: [", *(f"{row}," for row in rows), f"{name}],"]
    return "\n".join([*lines, '"end": true', "}", ""])


def _place(group: str, row: Row) -> tuple[object, ...]:
    """Where an entry stands: what is about the whole spec first, then item by item."""
    kind, _, rest = group.partition(" ")
    whole = KINDS.index(kind) if kind in KINDS else len(KINDS)
    return whole, natural(rest or kind), KINDS.index(str(row["is"])), natural(str(row.get("id", ""))), json.dumps(row)


def _said(lock: Lock) -> Iterator[tuple[str, Row]]:
    """Entries for what the spec said, each with the group it stands in."""
    if lock.gate:
        yield "gate", {"is": "gate", "id": "gate", "key": lock.gate}
    for id_, item in lock.items.items():
        yield id_, _row("item", item, id=id_)
    for kind, keys in (("gone", lock.tombstones), ("check", lock.checks)):
        for id_, key in keys.items():
            yield id_.partition(".")[0], {"is": kind, "id": id_, "key": key}
    for kind, keys in (("term", lock.terms), ("name", lock.names), ("fixture", lock.fixtures)):
        for id_, key in keys.items():
            yield f"{kind} {id_}", {"is": kind, "id": id_, "key": key}


def _done(lock: Lock) -> Iterator[tuple[str, Row]]:
    """Entries for what was asked, built and shown, each with the group it stands in."""
    for answer in lock.answers:
        alone = f"answer {digest(answer.question)[:12]}"
        yield min(answer.requirements, key=natural, default=alone), _row("answer", answer)
    for team in lock.teams:
        yield f"team {team.id}", _row("team", team)
    for task in lock.tasks:
        yield min(task.requirements, key=natural, default=f"task {task.id}"), _row("task", task)
    for test in lock.contract:
        yield min(test.requirements, key=natural, default=f"contract {test.check}"), _row("contract", test)
    for evidence in lock.evidence:
        about = min(evidence.requirements, key=natural, default=f"evidence {evidence.check}")
        group = evidence.check.partition(".")[0] if evidence.check in lock.checks else about
        yield group, _row("evidence", evidence)


def _row(kind: str, noun: _Noun, **more: str) -> Row:
    """A noun's fields, without those that have their default."""
    values = ((each.name, getattr(noun, each.name), _default(each)) for each in fields(noun))
    return {"is": kind, **more, **{name: value for name, value, default in values if value != default}}


def _default(each: Field[object]) -> object:
    return each.default if each.default_factory is MISSING else each.default_factory()
