"""The tool `advise`: one bounded question to the lead about how to do something; its answer is the tool's result."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ...orchestrator.errors import AgentctlError, DiskFull
from ...orchestrator.nouns.keys import CallKey
from ..fences import fence, plain, without_holdouts
from ..models.port import Message, Request, ToolSpec
from ..prompting import load_prompt
from ..survey import cut
from ..wanted import requirements_of
from .site import Outcome, failure

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ...orchestrator.ports import Job
    from ..history import Turn
    from ..models.port import Model, ToolCall
    from .table import Reach

NAME = "advise"
ROLE = "advisor"
MOST_CHARACTERS = 1_200
"""Of an answer: about 300 tokens."""
MAX_TOKENS = 1_500
"""An answer is a fifth of that; the rest is room to think."""
_QUESTION = 1_500
_FAILURE = 4_000
_CONTRACT = 8_000
_FIRST_TIER = "flash"
SPEC = ToolSpec(
    name=NAME,
    description=(
        "One bounded question to your lead, a stronger engineer, about how to do it: where you are stuck, or which "
        "of two ways holds. It sees your task, the contract, your last failure and this question, nothing else. It "
        "decides nothing about what is wanted: for that use ask."
    ),
    parameters={
        "type": "object",
        "properties": {
            "question": {
                "type": "string",
                "description": "one question with the lines of code or output it is about; understandable by itself",
            },
        },
        "required": ["question"],
        "additionalProperties": False,
    },
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Advisor:
    """Answers workers' questions about how; ``model`` is a Caller, ``most`` how many an attempt may ask."""

    model: Model
    most: int = 1

    @property
    def version(self) -> str:
        """Changes with what workers are told of it; empty where they are offered nothing."""
        return f"advise{self.most}" if self.most else ""

    def offered(self, job: Job) -> bool:
        """Whether a worker has it: none on a small spec, and none that is as strong as its lead."""
        return self.most > 0 and not job.spec.small and job.rung.partition("*")[0] == _FIRST_TIER

    async def advice(self, job: Job, call: ToolCall, *, turn: int, step: int, turns: Sequence[Turn]) -> Outcome:
        """What the lead says to the ``step``-th such call of this turn; ``turns`` are those before it.

        What is wrong is an outcome, in words that do not depend on what it was, so that a replay says the same.
        """
        question = call.arguments.get("question")
        if not isinstance(question, str) or not question.strip():
            return failure("`question` is empty")
        if step + asked_before(turns) >= self.most:
            return failure(
                "your lead has said what it can: go on by yourself, or use ask for what only a person decides"
            )
        key = CallKey(attempt=job.key, role=ROLE, turn=turn, step=step)
        try:
            reply = await self.model.complete(key, request(job, question, last_failure(turns)))
        except DiskFull:
            raise
        except AgentctlError:
            return failure("your lead cannot be reached now: go on by yourself")
        text = plain(reply.text).strip()
        if not text:
            return failure("your lead had nothing to say: go on by yourself")
        return Outcome(text=f"Your lead says:\n{cut(text, MOST_CHARACTERS)}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Reaching:
    """The tools outside the workspace for one turn: those of servers, and the lead where a worker has one."""

    outside: Reach
    advisor: Advisor
    job: Job
    turn: int
    turns: Sequence[Turn]
    calls: Sequence[ToolCall]
    """All of the turn, in their order."""

    def names(self) -> tuple[str, ...]:
        """What can be called."""
        return (*self.outside.names(), NAME)

    async def call(self, call: ToolCall) -> Outcome:
        """Carry a call out; what goes wrong is an outcome too."""
        if call.name != NAME:
            return await self.outside.call(call)
        step = [each.id for each in self.calls if each.name == NAME].index(call.id)
        return await self.advisor.advice(self.job, call, turn=self.turn, step=step, turns=self.turns)


def request(job: Job, question: str, failed: str) -> Request:
    """What the lead is asked: the task, the contract, the last failure, the question last. Pure."""
    task = job.task
    wanted = [f"- {each.id}: {plain(each.text)}" for each in requirements_of(job)]
    room = max(600, _CONTRACT // max(len(job.contract), 1))
    stubs = [fence(cut(each.text, room), f"stub {each.path}") for each in job.contract]
    parts = [
        f"# The task: {task.id} {plain(task.title)}\n\n{fence(without_holdouts(task.goal).strip(), 'goal')}",
        *(["# Its requirements\n\n" + "\n".join(wanted) + "\n"] if wanted else []),
        *(["# The contract of the team\n", *stubs] if stubs else []),
        *([f"# What failed last\n\n{fence(cut(failed, _FAILURE), 'output')}"] if failed else []),
        f"# The question\n\n{fence(cut(question, _QUESTION), 'question')}",
    ]
    messages = (
        Message(role="system", text=load_prompt("advice").text),
        Message(role="user", text="\n".join(parts)),
    )
    return Request(tier="pro", messages=messages, max_tokens=MAX_TOKENS, temperature=0.0)


def asked_before(turns: Sequence[Turn]) -> int:
    """How often this attempt has asked in the turns before."""
    return sum(1 for turn in turns for call in turn.calls if call.name == NAME)


def last_failure(turns: Sequence[Turn]) -> str:
    """What the latest test or submission that went wrong said; empty where none did."""
    for turn in reversed(turns):
        for call in reversed(turn.calls):
            told = turn.results.get(call.id, "")
            if call.name in {"test", "submit"} and told and "passed" not in told.partition("\n")[0]:
                return told
    return ""
