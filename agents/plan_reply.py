"""What a planner has to answer, and how that is read: untrusted text in, a Plan out. Pure."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import msgspec

from ..orchestrator.nouns.keys import PLANNING
from ..orchestrator.nouns.plan import Plan, Task, Team
from .fences import plain
from .models.errors import Malformed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .models.port import Json

_ID = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,31}")

_TEXTS: Json = {"type": "array", "items": {"type": "string"}}

SCHEMA: dict[str, Json] = {
    "type": "object",
    "properties": {
        "summary": {"type": "string"},
        "teams": {
            "type": "array",
            "minItems": 1,
            "items": {
                "type": "object",
                "properties": {"id": {"type": "string"}, "purpose": {"type": "string"}},
                "required": ["id", "purpose"],
                "additionalProperties": False,
            },
        },
        "tasks": {
            "type": "array",
            "minItems": 1,
            "items": {
                "type": "object",
                "properties": {
                    "id": {"type": "string"},
                    "team": {"type": "string"},
                    "title": {"type": "string"},
                    "goal": {"type": "string"},
                    "requirements": _TEXTS,
                    "owns": _TEXTS,
                    "needs": _TEXTS,
                    "minutes": {"type": "number"},
                },
                "required": ["id", "team", "title", "goal", "requirements", "owns", "needs", "minutes"],
                "additionalProperties": False,
            },
        },
        "notes": _TEXTS,
    },
    "required": ["summary", "teams", "tasks", "notes"],
    "additionalProperties": False,
}


def read_plan(text: str) -> Plan:
    """The plan an answer holds; raises Malformed with each thing that makes it unusable.

    Whether it covers the spec and its tasks fit together is not decided here.
    """
    try:
        wire = msgspec.json.decode(_object(text), type=_Plan)
    except (msgspec.MsgspecError, UnicodeEncodeError) as error:
        raise _malformed(text, [str(error)]) from None
    problems = _problems(wire)
    if problems:
        raise _malformed(text, problems)
    return Plan(
        summary=plain(wire.summary).strip(),
        teams=tuple(Team(id=team.id, purpose=plain(team.purpose).strip()) for team in wire.teams),
        tasks=tuple(map(_task, wire.tasks)),
        notes=tuple(plain(note).strip() for note in wire.notes if note.strip()),
    )


class _Team(msgspec.Struct):
    id: str
    purpose: str


class _Task(msgspec.Struct):
    id: str
    team: str
    title: str
    goal: str
    owns: list[str]
    requirements: list[str] = []
    needs: list[str] = []
    minutes: float = 1.0


class _Plan(msgspec.Struct):
    summary: str
    teams: list[_Team]
    tasks: list[_Task]
    notes: list[str] = []


def _task(wire: _Task) -> Task:
    return Task(
        id=wire.id,
        team=wire.team,
        title=" ".join(plain(wire.title).split()),
        goal=plain(wire.goal).strip(),
        requirements=tuple(dict.fromkeys(wire.requirements)),
        owns=tuple(dict.fromkeys(glob.strip().removeprefix("./") for glob in wire.owns)),
        needs=tuple(dict.fromkeys(wire.needs)),
        minutes=wire.minutes,
    )


def _problems(wire: _Plan) -> list[str]:
    """What keeps a plan from being used at all: names that cannot be names, and parts that are not there."""
    problems = [*_id_problems("team", [team.id for team in wire.teams])]
    problems += _id_problems("task", [task.id for task in wire.tasks])
    if not wire.tasks:
        problems.append("`tasks` is empty: every spec needs at least one task")
    teams = {team.id for team in wire.teams}
    for task in wire.tasks:
        if task.team not in teams:
            problems.append(f"task {task.id} belongs to team {task.team!r}, which is not among `teams`")
        if not task.goal.strip() or not task.title.strip():
            problems.append(f"task {task.id} needs a title and a goal")
        if not any(glob.strip() for glob in task.owns):
            problems.append(f"task {task.id} owns no path: list the files it writes in `owns`")
        if not 0 < task.minutes < 10_000:  # noqa: PLR2004 - a week; also refuses NaN
            problems.append(f"task {task.id}: `minutes` must be more than 0, not {task.minutes}")
    return problems


def _id_problems(kind: str, ids: Sequence[str]) -> list[str]:
    bad = [
        f"{kind} id {name!r} must be a letter, then letters, digits, - or _, at most 32"
        for name in ids
        if not _ID.fullmatch(name)
    ]
    if kind == "task" and PLANNING in ids:
        bad.append(f"task id {PLANNING!r} is taken: use T1, T2, ...")
    twice = sorted({name for name in ids if ids.count(name) > 1})
    return bad + [f"{kind} id {name!r} is used more than once" for name in twice]


def _malformed(text: str, problems: Sequence[str]) -> Malformed:
    return Malformed(
        f"the planner's answer is no plan: {'; '.join(problems)}; run again, or use another model for the pro tier",
        problems=problems,
        said=text,
    )


def _object(text: str) -> bytes:
    """The JSON object in an answer, without the fence or the words some models put around it."""
    start, end = text.find("{"), text.rfind("}")
    return text[start : end + 1].encode() if 0 <= start < end else text.encode()
