"""The planner: one request to the Pro tier cuts a spec into tasks. Whether the plan is good is for others to judge."""

from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import TypeVar

import msgspec

from ..orchestrator.nouns.earlier import Revision
from ..orchestrator.nouns.keys import PLANNING, AttemptKey, CallKey
from ..orchestrator.nouns.plan import Plan, SpecView, Task
from ..orchestrator.ports import Brief, Git
from .decided import decided
from .fences import fence, plain, without_holdouts
from .models.errors import Malformed
from .models.port import Message, Model, Request
from .pictures import EMPTY, Album
from .plan_reply import REVISION, SCHEMA, read_plan, read_revision
from .prompting import load_prompt
from .retrieval import Ranker
from .survey import Surveyor, cut, test_layout

T = TypeVar("T")
ROLE = "planner"
MAX_TOKENS = 16_000
_SPEC = 120_000
"""Characters of a spec that are shown to the planner; nobody wrote more by hand."""
_LISTING = 6_000
_SYMBOLS = 12_000
_FILE = 3_000
_ASK = "Cut this spec into tasks."
_ASK_AGAIN = "Say what is kept, what is new, and what goes."


class ModelPlanner:
    """A Planner that asks a model.

    Args:
        model: what answers; a Caller, so that no plan is paid for twice.
        git: the repository the base is in.
        album: the spec's pictures; the planner is shown all of them.
    """

    def __init__(self, model: Model, *, git: Git, album: Album = EMPTY) -> None:
        self._model = model
        self._album = album
        self._git = git
        self._surveyor = Surveyor(git, Ranker(git))

    @property
    def prompt_version(self) -> str:
        """Changes when the planner's prompt does."""
        return load_prompt(ROLE).digest

    async def plan(self, brief: Brief) -> Plan:
        """A plan whose ids and fields can be used; asked for once more if they cannot.

        Raises Malformed after the second answer that is no plan, and what the model raises.
        """
        return await self._answer(brief, await self.request(brief), read_plan)

    async def revise(self, brief: Brief) -> Revision:
        """What becomes of an earlier plan; asked for once more like a plan."""
        if brief.earlier is None:
            raise ValueError("there is no earlier plan to revise")
        teams = [team.id for team in brief.earlier.plan.teams]
        return await self._answer(brief, await self.request(brief), partial(read_revision, teams=teams))

    async def _answer(self, brief: Brief, request: Request, read: Callable[[str], T]) -> T:
        key = CallKey(attempt=AttemptKey(task=PLANNING), role=ROLE, turn=brief.round)
        reply = await self._model.complete(key, request)
        try:
            return read(reply.text)
        except Malformed as malformed:
            wrong = malformed
        again = CallKey(attempt=key.attempt, role=ROLE, turn=brief.round, step=1)
        reply = await self._model.complete(again, _repair(request, reply.text, wrong.problems))
        return read(reply.text)

    async def request(self, brief: Brief) -> Request:
        """What the model is asked; a pure function of the brief, the album and the objects in git."""
        parts = [
            _spec(brief.spec),
            await self._repository(brief),
            *decided(brief.decisions),
            *_edit(brief),
            *_previous(brief),
            f"# Your answer\n\n{_ASK if brief.earlier is None else _ASK_AGAIN} Answer with the JSON object only.\n",
        ]
        messages = (
            Message(role="system", text=load_prompt(ROLE).text),
            Message(role="user", text="\n".join(part for part in parts if part), pictures=self._album.all()),
        )
        schema = SCHEMA if brief.earlier is None else REVISION
        return Request(tier="pro", messages=messages, schema=schema, max_tokens=MAX_TOKENS)

    async def _repository(self, brief: Brief) -> str:
        tree = brief.base_tree
        parts = [
            "# The repository as it is\n",
            test_layout(await self._git.entries(tree)) + "\n",
            await self._surveyor.files(tree, limit=_LISTING),
            await self._surveyor.manifests(tree, limit=_FILE),
            await self._surveyor.rules(tree, limit=_FILE),
            await self._surveyor.symbols(tree, brief.spec, limit=_SYMBOLS),
        ]
        return "\n".join(part for part in parts if part)


def _repair(request: Request, said: str, problems: Sequence[str]) -> Request:
    wrong = "\n".join(f"- {problem}" for problem in problems)
    again = (
        Message(role="assistant", text=said),
        Message(role="user", text=f"This cannot be used:\n{wrong}\n\nAnswer with the whole JSON object, corrected."),
    )
    return Request(
        tier=request.tier, messages=(*request.messages, *again), schema=request.schema, max_tokens=request.max_tokens
    )


def _spec(spec: SpecView) -> str:
    """The spec without its holdouts, and its items with the checks that decide them."""
    text = cut(plain(without_holdouts(spec.text)).strip(), _SPEC)
    parts = [f"# The spec: {plain(spec.title)}\n\n{text}\n"]
    if spec.requirements:
        rows = [
            f"- {each.id} ({each.strength}){_checked(spec, each.id)}: {plain(each.text)}" for each in spec.requirements
        ]
        parts.append("## Its requirements\n\n" + "\n".join(rows) + "\n")
    if spec.owns:
        parts.append(f"Tasks may own only paths within: {', '.join(spec.owns)}\n")
    if spec.forbid:
        parts.append(f"No task may own: {', '.join(spec.forbid)}\n")
    if spec.fixtures:
        parts.append(f"These input files are there already: {', '.join(spec.fixtures)}\n")
    return "\n".join(parts)


def _checked(spec: SpecView, requirement: str) -> str:
    checks = [each.check for each in spec.locked if requirement in each.requirements and not each.secret]
    return f" [decided by {', '.join(dict.fromkeys(checks))}]" if checks else ""


def _edit(brief: Brief) -> list[str]:
    """What an earlier run left, and what was edited since."""
    earlier = brief.earlier
    if earlier is None:
        return []
    tasks = _json([_shown(task) for task in earlier.plan.tasks])
    undone = [task.id for task in earlier.plan.tasks if task.id not in earlier.landed]
    return [
        load_prompt("revision").text,
        f"## What was edited\n\n{plain(earlier.story)}\n",
        f"Dirty requirements: {_ids(earlier.edit.dirty)}.\nGone: {_ids(earlier.edit.removed)}.\n",
        f"Interfaces that changed: {_ids(earlier.edit.interfaces)}.\n",
        f"## The tasks there are\n\n{fence(tasks, 'the tasks of the plan that was built')}\n",
        f"Not done yet: {_ids(undone)}.\n",
    ]


def _shown(task: Task) -> dict[str, object]:
    """A task as a planner writes it."""
    fields = ("id", "team", "title", "goal", "requirements", "owns", "needs")
    return {field: getattr(task, field) for field in fields}


def _answered(plan: Plan, *, revised: bool) -> dict[str, object]:
    """A plan as it was answered: whole, or as what becomes of an earlier one."""
    teams = [{"id": team.id, "purpose": team.purpose} for team in plan.teams]
    tasks = [_shown(task) | {"minutes": task.minutes} for task in plan.tasks]
    if not revised:
        return {"summary": plan.summary, "teams": teams, "tasks": tasks, "notes": plan.notes}
    new = [shown | {"removes": task.removes} for shown, task in zip(tasks, plan.tasks, strict=True)]
    kept = [task.id for task in plan.kept]
    return {"summary": plan.summary, "keep": kept, "drop": plan.dropped, "new": new, "notes": plan.notes}


def _json(value: object) -> str:
    return msgspec.json.format(msgspec.json.encode(value), indent=1).decode()


def _ids(ids: Iterable[str]) -> str:
    return ", ".join(sorted(ids)) or "none"


def _previous(brief: Brief) -> list[str]:
    if brief.previous is None and not brief.findings:
        return []
    parts = ["# Your last proposal was not accepted\n"]
    if brief.previous is not None:
        parts.append(fence(_json(_answered(brief.previous, revised=brief.earlier is not None)), "your last answer"))
    found = "\n".join(f"- {plain(finding)}" for finding in brief.findings)
    parts.append(f"What is wrong with it:\n{found}\n\nKeep what was right. Change what these findings ask for.\n")
    return parts
