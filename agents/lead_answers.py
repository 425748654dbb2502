"""A lead hears its workers' questions: one bounded request to the Pro tier. What of its word counts, code decides."""

from collections.abc import Sequence
from dataclasses import dataclass

import msgspec

from ..orchestrator.nouns.contract import Stub
from ..orchestrator.nouns.keys import CallKey
from ..orchestrator.nouns.questions import Option, Question
from ..orchestrator.ports import Inquiry, LeadWord
from .decided import decided
from .fences import fence, plain, without_holdouts
from .models.errors import Malformed
from .models.port import Json, Message, Model, Request
from .prompting import load_prompt
from .survey import cut

ROLE = "lead"
PROMPT = "lead_answer"
MAX_TOKENS = 3_000
"""An answer is a tenth of that; the rest is room to think."""
_SPEC = 60_000
_CONTRACT = 12_000
_TEXT = 2_000
_STRING: Json = {"type": "string"}
_OPTION: Json = {
    "type": "object",
    "properties": {"text": _STRING, "consequence": _STRING},
    "required": ["text", "consequence"],
    "additionalProperties": False,
}
SCHEMA: dict[str, Json] = {
    "type": "object",
    "properties": {
        "quote": _STRING,
        "answer": _STRING,
        "question": _STRING,
        "options": {"type": "array", "items": _OPTION},
        "recommended": {"type": "integer"},
        "why": _STRING,
    },
    "required": ["quote", "answer", "question", "options", "recommended", "why"],
    "additionalProperties": False,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelConsulted:
    """A Consulted that asks a model; ``model`` is a Caller, so that no question is paid for twice."""

    model: Model

    async def consider(self, inquiry: Inquiry) -> LeadWord:
        """What the lead says. Raises Malformed, and what the model raises: the question goes on to a person then."""
        key = CallKey(attempt=inquiry.key, role=ROLE, turn=inquiry.turn)
        reply = await self.model.complete(key, request(inquiry))
        return read_word(reply.text)


def request(inquiry: Inquiry) -> Request:
    """What the lead is asked: what may settle it first, the question last. Pure."""
    spec = inquiry.spec
    parts = [
        f"# The spec: {plain(spec.title)}\n\n{cut(plain(without_holdouts(spec.text)).strip(), _SPEC)}\n",
        *decided(inquiry.decisions),
        *_contract(inquiry.contract),
        _task(inquiry),
        _asked(inquiry.question),
        "# Your answer\n\nAnswer with the JSON object only.\n",
    ]
    messages = (
        Message(role="system", text=load_prompt(PROMPT).text),
        Message(role="user", text="\n".join(parts)),
    )
    return Request(tier="pro", messages=messages, schema=SCHEMA, max_tokens=MAX_TOKENS, temperature=0.0)


def _contract(contract: Sequence[Stub]) -> list[str]:
    if not contract:
        return []
    room = max(600, _CONTRACT // len(contract))
    return ["# The contract of the team\n", *(fence(cut(each.text, room), f"stub {each.path}") for each in contract)]


def _task(inquiry: Inquiry) -> str:
    task = inquiry.task
    wanted = ", ".join(task.requirements) or "none"
    goal = fence(without_holdouts(task.goal).strip(), f"goal of {task.id}")
    return f"# Its task: {task.id} {plain(task.title)}\n\nTeam {task.team}; requirements {wanted}.\n\n{goal}"


def _asked(question: Question) -> str:
    """The worker's words in a fence: they are what is asked, and settle nothing."""
    lines = [question.text, *([f"Why it asks: {question.why}"] if question.why else [])]
    for number, option in enumerate(question.options, start=1):
        mark = " (it recommends this)" if question.recommended == number - 1 else ""
        lines.append(f"{number}. {option.text}{mark}{f': {option.consequence}' if option.consequence else ''}")
    if question.default is not None:
        lines.append(f"If nobody answers it goes on with: {question.default}")
    said = fence("\n".join(lines), "question")
    return f"# What the worker asks\n\n{said}"


class _Choice(msgspec.Struct):
    text: str
    consequence: str = ""


class _Word(msgspec.Struct):
    quote: str = ""
    answer: str = ""
    question: str = ""
    options: list[_Choice] = []
    recommended: int = 0
    why: str = ""


def read_word(text: str) -> LeadWord:
    """What a lead's answer says; raises Malformed where it cannot be read."""
    start, end = text.find("{"), text.rfind("}")
    try:
        wire = msgspec.json.decode(text[start : end + 1].encode(), type=_Word)
    except (msgspec.MsgspecError, UnicodeEncodeError, RecursionError) as error:
        raise Malformed(f"the lead's answer cannot be used: {error}", problems=(str(error),), said=text) from None
    options = tuple(
        Option(text=_line(each.text), consequence=_line(each.consequence)) for each in wire.options if each.text.strip()
    )
    most = len(options) if options else wire.recommended
    return LeadWord(
        answer=_line(wire.answer),
        quote=_line(wire.quote),
        question=_line(wire.question),
        options=options,
        recommended=wire.recommended - 1 if 1 <= wire.recommended <= most else None,
        why=_line(wire.why),
    )


def _line(text: str) -> str:
    return " ".join(plain(text).split())[:_TEXT]
