"""The critic: one Flash call that reads a green patch, and one that chooses between several. It judges nothing itself.

What of its answer counts is decided by code (orchestrator.rules.review). An answer that cannot be read is Malformed and
is not asked for again: nothing waits for a critic.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

import msgspec

from ..guides.choose import general
from ..guides.load import shipped
from ..orchestrator.nouns.keys import AttemptKey, CallKey
from ..orchestrator.ports import Claim, Opinion
from ..orchestrator.rules.review import MOST_CLAIMS, MOST_NOTES
from .decided import decided
from .fences import fence, plain, without_holdouts
from .models.errors import Malformed
from .models.port import Message, Request
from .prompting import load_prompt
from .steered import steered
from .survey import cut

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ..orchestrator.ports import Job
    from .models.port import Json, Model

T = TypeVar("T")
ROLE = "critic"
CHOICE = "critic.choice"
_DIFF = 24_000
"""Characters of a patch that are shown; the patches of a choice share it."""
_TESTS = 60
_TOKENS = 3_000
_SENTENCE = 400
_TEXT: Json = {"type": "string"}


def _object(**properties: Json) -> dict[str, Json]:
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


OPINION = _object(
    claims={"type": "array", "items": _object(requirement=_TEXT, quote=_TEXT, line=_TEXT, test=_TEXT, why=_TEXT)},
    advice={"type": "array", "items": _TEXT},
)
PREFERENCE = _object(choice={"type": "integer"}, why=_TEXT)


class ModelCritic:
    """A Critic that asks a model; ``model`` is a Caller, so that no review is paid for twice."""

    def __init__(self, model: Model) -> None:
        self._model = model

    async def read(self, job: Job, *, diff: str, passed: Sequence[str], turn: int) -> Opinion:
        """What speaks against a patch. Raises Malformed, and what the model raises."""
        key = CallKey(attempt=job.key, role=ROLE, turn=turn)
        reply = await self._model.complete(key, read_request(job, diff=diff, passed=passed))
        return read_opinion(reply.text)

    async def choose(self, job: Job, diffs: Mapping[AttemptKey, str]) -> AttemptKey | None:
        """The rollout it would merge. Raises Malformed, and what the model raises."""
        of_task = AttemptKey(task=job.key.task, attempt=job.key.attempt)
        reply = await self._model.complete(CallKey(attempt=of_task, role=CHOICE, turn=0), choice_request(job, diffs))
        number = _decoded(reply.text, _Preference).choice
        return next((key for key in diffs if key.rollout == number), None)


def read_request(job: Job, *, diff: str, passed: Sequence[str]) -> Request:
    """Asks for an opinion: what was wanted first, then what was seen, the patch last. Pure."""
    green = "\n".join(sorted(passed)[:_TESTS])
    more = f"\nand {len(passed) - _TESTS} more" if len(passed) > _TESTS else ""
    seen = f"# What passed on it\n\n{fence(green + more, 'tests')}" if passed else ""
    patch = f"# The patch\n\n{fence(cut(diff, _DIFF), 'diff')}"
    guides = general(shipped(), role=ROLE, paths=job.task.owns)
    advice = [guide.text for guide in guides]
    return _request("critic", [*_wanted(job), seen, patch], advice=advice, schema=OPINION)


def choice_request(job: Job, diffs: Mapping[AttemptKey, str]) -> Request:
    """Asks which of several patches is to be merged. Pure."""
    room = _DIFF // max(len(diffs), 1)
    patches = [fence(cut(diff, room), f"patch {key.rollout}") for key, diff in sorted(diffs.items())]
    return _request("critic_choice", [*_wanted(job), "# The patches\n", *patches], schema=PREFERENCE)


def _request(prompt: str, parts: Sequence[str], *, schema: dict[str, Json], advice: Sequence[str] = ()) -> Request:
    text = "\n".join(part for part in parts if part)
    system = "\n".join([load_prompt(prompt).text, *advice])
    messages = (Message(role="system", text=system), Message(role="user", text=text))
    return Request(tier="flash", messages=messages, schema=schema, max_tokens=_TOKENS, temperature=0.0)


def _wanted(job: Job) -> list[str]:
    task = job.task
    wanted = [each for each in job.spec.requirements if each.id in task.requirements]
    listed = "\n".join(f"- {each.id} ({each.strength}): {plain(each.text)}" for each in wanted)
    goal = plain(without_holdouts(task.goal)).strip()
    return [
        f"# The task: {task.title}\n\n{goal}\n",
        f"# Its requirements\n\n{listed}\n",
        *decided(job.decisions),
        *_said(job),
    ]


def _said(job: Job) -> list[str]:
    """Every sentence of a person, whichever turn heard it."""
    return steered([(0, text) for _, text in job.steering])


def read_opinion(text: str) -> Opinion:
    """The opinion in an answer, cut to what is looked at; raises Malformed."""
    wire = _decoded(text, _Opinion)
    claims = tuple(
        Claim(
            requirement=each.requirement.strip(),
            quote=plain(each.quote).strip(),
            line=plain(each.line),
            test=plain(each.test),
            why=_line(each.why),
        )
        for each in wire.claims[:MOST_CLAIMS]
    )
    return Opinion(claims=claims, advice=tuple(_line(each) for each in wire.advice if each.strip())[:MOST_NOTES])


class _Claim(msgspec.Struct):
    requirement: str = ""
    quote: str = ""
    line: str = ""
    test: str = ""
    why: str = ""


class _Opinion(msgspec.Struct):
    claims: list[_Claim] = []
    advice: list[str] = []


class _Preference(msgspec.Struct):
    choice: int


def _decoded(text: str, kind: type[T]) -> T:
    start, end = text.find("{"), text.rfind("}")
    try:
        return msgspec.json.decode(text[start : end + 1].encode(), type=kind)
    except (msgspec.MsgspecError, UnicodeEncodeError, RecursionError) as error:
        raise Malformed(f"the critic's answer cannot be used: {error}", problems=(str(error),), said=text) from None


def _line(text: str) -> str:
    return " ".join(plain(text).split())[:_SENTENCE]
