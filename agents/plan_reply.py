"""What a planner has to answer, and how that is read: untrusted text in, a Plan out. Pure."""

import re
from collections.abc import Collection, Sequence

import msgspec

from ..orchestrator.nouns.earlier import Revision
from ..orchestrator.nouns.keys import PLANNING
from ..orchestrator.nouns.plan import Plan, Task, Team
from .fences import plain
from .models.errors import Malformed
from .models.port import Json

_ID = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,31}")

_TEXT: Json = {"type": "string"}
_TEXTS: Json = {"type": "array", "items": _TEXT}


def _object_of(**properties: Json) -> dict[str, Json]:
    """The schema of an object with exactly these fields."""
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


_TEAM = _object_of(id=_TEXT, purpose=_TEXT)
_TASK: dict[str, Json] = {
    "id": _TEXT,
    "team": _TEXT,
    "title": _TEXT,
    "goal": _TEXT,
    "requirements": _TEXTS,
    "owns": _TEXTS,
    "needs": _TEXTS,
    "minutes": {"type": "number"},
}

SCHEMA = _object_of(
    summary=_TEXT,
    teams={"type": "array", "minItems": 1, "items": _TEAM},
    tasks={"type": "array", "minItems": 1, "items": _object_of(**_TASK)},
    notes=_TEXTS,
)
REVISION = _object_of(
    summary=_TEXT,
    keep=_TEXTS,
    drop=_TEXTS,
    teams={"type": "array", "items": _TEAM},
    new={"type": "array", "items": _object_of(**_TASK, removes=_TEXTS)},
    notes=_TEXTS,
)
"""What is answered to an edit of a spec that was built."""


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


def read_revision(text: str, *, teams: Collection[str]) -> Revision:
    """The verbs an answer holds, where ``teams`` are there already; raises Malformed like `read_plan`.

    Whether they touch more than the edit does is not decided here.
    """
    try:
        wire = msgspec.json.decode(_object(text), type=_Revision)
    except (msgspec.MsgspecError, UnicodeEncodeError) as error:
        raise _malformed(text, [str(error)]) from None
    problems = _id_problems("team", [team.id for team in wire.teams])
    problems += _task_problems(wire.new, {*teams, *(team.id for team in wire.teams)})
    if problems:
        raise _malformed(text, problems)
    return Revision(
        summary=plain(wire.summary).strip(),
        keep=tuple(dict.fromkeys(wire.keep)),
        drop=tuple(dict.fromkeys(wire.drop)),
        teams=tuple(Team(id=team.id, purpose=plain(team.purpose).strip()) for team in wire.teams),
        new=tuple(map(_task, wire.new)),
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
    removes: list[str] = []


class _Plan(msgspec.Struct):
    summary: str
    teams: list[_Team]
    tasks: list[_Task]
    notes: list[str] = []


class _Revision(msgspec.Struct):
    summary: str
    keep: list[str]
    drop: list[str] = []
    teams: list[_Team] = []
    new: list[_Task] = []
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
        removes=tuple(dict.fromkeys(wire.removes)),
    )


def _problems(wire: _Plan) -> list[str]:
    """What keeps a plan from being used at all: names that cannot be names, and parts that are not there."""
    problems = _id_problems("team", [team.id for team in wire.teams])
    if not wire.tasks:
        problems.append("`tasks` is empty: every spec needs at least one task")
    return problems + _task_problems(wire.tasks, {team.id for team in wire.teams})


def _task_problems(tasks: Sequence[_Task], teams: Collection[str]) -> list[str]:
    problems = _id_problems("task", [task.id for task in tasks])
    for task in tasks:
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
