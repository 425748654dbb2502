"""The planner: one request to the Pro tier cuts a spec into tasks. Whether the plan is good is for others to judge."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from ..orchestrator.nouns.keys import PLANNING, AttemptKey, CallKey
from .decided import decided
from .fences import fence, plain, without_holdouts
from .models.errors import Malformed
from .models.port import Message, Request
from .plan_reply import SCHEMA, read_plan
from .prompting import load_prompt
from .retrieval import Ranker
from .survey import Surveyor, cut, test_layout

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..orchestrator.nouns.plan import Plan, SpecView
    from ..orchestrator.ports import Brief, Git
    from .models.port import Model

ROLE = "planner"
MAX_TOKENS = 16_000
_SPEC = 120_000
"""Characters of a spec that are shown to the planner; nobody wrote more by hand."""
_LISTING = 6_000
_SYMBOLS = 12_000
_FILE = 3_000


class ModelPlanner:
    """A Planner that asks a model.

    Args:
        model: what answers; a Caller, so that no plan is paid for twice.
        git: the repository the base is in.
    """

    def __init__(self, model: Model, *, git: Git) -> None:
        self._model = model
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
        key = CallKey(attempt=AttemptKey(task=PLANNING), role=ROLE, turn=brief.round)
        request = await self.request(brief)
        reply = await self._model.complete(key, request)
        try:
            return read_plan(reply.text)
        except Malformed as malformed:
            wrong = malformed
        again = CallKey(attempt=key.attempt, role=ROLE, turn=brief.round, step=1)
        reply = await self._model.complete(again, _repair(request, reply.text, wrong.problems))
        return read_plan(reply.text)

    async def request(self, brief: Brief) -> Request:
        """What the model is asked; a pure function of the brief and the objects in git."""
        parts = [
            _spec(brief.spec),
            await self._repository(brief),
            *decided(brief.decisions),
            *_previous(brief),
            "# Your answer\n\nCut this spec into tasks. Answer with the JSON object only.\n",
        ]
        messages = (
            Message(role="system", text=load_prompt(ROLE).text),
            Message(role="user", text="\n".join(part for part in parts if part)),
        )
        return Request(tier="pro", messages=messages, schema=SCHEMA, max_tokens=MAX_TOKENS)

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
        parts.append(f"These input files are there already: {', '.join(path for path, _ in spec.fixtures)}\n")
    return "\n".join(parts)


def _checked(spec: SpecView, requirement: str) -> str:
    checks = [each.check for each in spec.locked if requirement in each.requirements and not each.secret]
    return f" [decided by {', '.join(dict.fromkeys(checks))}]" if checks else ""


def _previous(brief: Brief) -> list[str]:
    if brief.previous is None and not brief.findings:
        return []
    parts = ["# Your last proposal was not accepted\n"]
    if brief.previous is not None:
        parts.append(
            fence(msgspec.json.format(msgspec.json.encode(brief.previous), indent=1).decode(), "your last plan")
        )
    found = "\n".join(f"- {plain(finding)}" for finding in brief.findings)
    parts.append(f"What is wrong with it:\n{found}\n\nKeep what was right. Change what these findings ask for.\n")
    return parts
