"""A plan as a TOML file a person can edit, and back. Pure: text in, text or a plan out.

Escaped are not only the characters TOML must escape but every invisible one, so that what the editor shows is what is
there. Reading what was written gives the same plan.
"""

import difflib
import re
import tomllib
from collections.abc import Mapping, Sequence
from typing import Any

from ..orchestrator.errors import UsageError
from ..orchestrator.nouns.plan import Plan, Task, Team
from ..orchestrator.rules.ladder import problem
from .tomltext import escaped, quoted

_HEAD = """\
# The plan, for you to edit. Save and close to send it back; empty the file to leave the plan as it was.
# A task belongs to a team, owns paths (globs; a trailing /** owns a folder) and may need other tasks by id.
# A team or a task may have a ladder of its own, such as ladder = ["flash", "flash*3", "pro", "ask"].
# Paths of tasks that may run at the same time must not overlap, and every MUST needs a task; both are checked.
"""
_PLAN_KEYS = ("summary", "notes", "team", "task")
_TEAM_KEYS = ("id", "purpose", "ladder")
_TASK_KEYS = ("id", "team", "title", "goal", "requirements", "owns", "needs", "checks", "minutes", "ladder")
_MUST = {"team": ("id",), "task": ("id", "team", "title", "goal")}


def render(plan: Plan) -> str:
    """The plan as TOML with a comment that says how to edit it."""
    lines = [_HEAD, f"summary = {_string(plan.summary)}"]
    if plan.notes:
        lines.append(f"notes = {_array(plan.notes)}")
    for team in plan.teams:
        lines += ["", "[[team]]", f"id = {_string(team.id)}", f"purpose = {_string(team.purpose)}"]
        lines += _ladder_line(team.ladder)
    for task in plan.tasks:
        lines += ["", *_task_lines(task)]
    return "\n".join(lines) + "\n"


def _task_lines(task: Task) -> list[str]:
    lines = ["[[task]]", *(f"{name} = {_string(getattr(task, name))}" for name in ("id", "team", "title", "goal"))]
    lines += [f"{name} = {_array(getattr(task, name))}" for name in ("requirements", "owns", "needs")]
    if task.checks:
        lines.append(f"checks = {_array(task.checks)}  # set by agentctl from the spec")
    return [*lines, f"minutes = {float(task.minutes)!r}", *_ladder_line(task.ladder)]


def _ladder_line(ladder: Sequence[str]) -> list[str]:
    return [f"ladder = {_array(ladder)}"] if ladder else []


def _array(items: Sequence[str]) -> str:
    return "[" + ", ".join(quoted(item) for item in items) + "]"


def _string(text: str) -> str:
    if "\n" not in text:
        return quoted(text)
    body = "\n".join(escaped(line) for line in text.split("\n"))
    return f'"""\n{body}"""'


def parse(text: str) -> Plan | None:
    """The plan in an edited file; None where nothing but comments is left.

    Raises:
        UsageError: it is not TOML, or not a plan; says in which task and what was probably meant.
    """
    if not re.sub(r"(?m)^\s*#.*$", "", text).strip():
        return None
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise UsageError(f"The plan is not valid TOML: {error}.") from error
    _only(data, _PLAN_KEYS, "the plan")
    teams = tuple(_team(table, n) for n, table in enumerate(_tables(data, "team"), start=1))
    tasks = tuple(_task(table, n) for n, table in enumerate(_tables(data, "task"), start=1))
    plan = Plan(
        summary=_text(data, "summary", "the plan"), teams=teams, tasks=tasks, notes=_texts(data, "notes", "the plan")
    )
    _consistent(plan)
    return plan


def _tables(data: Mapping[str, Any], name: str) -> list[Mapping[str, Any]]:
    tables = data.get(name, [])
    if not isinstance(tables, list) or not all(isinstance(table, dict) for table in tables):
        raise UsageError(f"Write each {name} under its own [[{name}]] line.")
    return tables


def _team(table: Mapping[str, Any], number: int) -> Team:
    where = f"team {table.get('id', number)}"
    _only(table, _TEAM_KEYS, where)
    _all(table, _MUST["team"], where)
    return Team(id=_text(table, "id", where), purpose=_text(table, "purpose", where), ladder=_ladder(table, where))


def _task(table: Mapping[str, Any], number: int) -> Task:
    where = f"task {table.get('id', number)}"
    _only(table, _TASK_KEYS, where)
    _all(table, _MUST["task"], where)
    minutes = table.get("minutes", 1.0)
    if isinstance(minutes, bool) or not isinstance(minutes, int | float) or not 0 <= minutes < float("inf"):
        raise UsageError(f"In {where}, `minutes` must be a number that is not negative, not {minutes!r}.")
    return Task(
        id=_text(table, "id", where),
        team=_text(table, "team", where),
        title=_text(table, "title", where),
        goal=_text(table, "goal", where),
        requirements=_texts(table, "requirements", where),
        owns=_texts(table, "owns", where),
        needs=_texts(table, "needs", where),
        checks=_texts(table, "checks", where),
        minutes=float(minutes),
        ladder=_ladder(table, where),
    )


def _ladder(table: Mapping[str, Any], where: str) -> tuple[str, ...]:
    found = _texts(table, "ladder", where)
    if found and (wrong := problem(found)):
        raise UsageError(f"In {where}, `ladder` cannot be used: {wrong}.")
    return found


def _only(table: Mapping[str, Any], keys: Sequence[str], where: str) -> None:
    for key in table:
        if key not in keys:
            near = difflib.get_close_matches(key, keys, n=1)
            hint = f"did you mean `{near[0]}`?" if near else f"known are {', '.join(keys)}."
            raise UsageError(f"In {where}, `{key}` is not a key; {hint}")


def _all(table: Mapping[str, Any], keys: Sequence[str], where: str) -> None:
    for key in keys:
        if not table.get(key):
            raise UsageError(f"In {where}, `{key}` is missing.")


def _text(table: Mapping[str, Any], key: str, where: str) -> str:
    value = table.get(key, "")
    if not isinstance(value, str):
        raise UsageError(f"In {where}, `{key}` must be a text in quotes, not {value!r}.")
    return value


def _texts(table: Mapping[str, Any], key: str, where: str) -> tuple[str, ...]:
    value = table.get(key, [])
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise UsageError(f'In {where}, `{key}` must be a list of texts, such as ["a", "b"], not {value!r}.')
    return tuple(value)


def _consistent(plan: Plan) -> None:
    if not plan.tasks:
        raise UsageError("The plan has no [[task]]; to refuse it, answer `refuse: REASON` instead.")
    for kind, ids in (("team", [t.id for t in plan.teams]), ("task", [t.id for t in plan.tasks])):
        for twice in sorted({name for name in ids if ids.count(name) > 1}):
            raise UsageError(f"There are two {kind}s named {twice}; give each its own id.")
    tasks, teams = {task.id for task in plan.tasks}, {team.id for team in plan.teams}
    for task in plan.tasks:
        if task.team not in teams:
            raise UsageError(f"Task {task.id} is in team {task.team}, which has no [[team]].{_near(task.team, teams)}")
        for need in task.needs:
            if need not in tasks:
                raise UsageError(f"Task {task.id} needs {need}, which is no task.{_near(need, tasks)}")


def _near(name: str, names: set[str]) -> str:
    near = difflib.get_close_matches(name, sorted(names), n=1)
    return f" Did you mean {near[0]}?" if near else ""
