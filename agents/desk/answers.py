"""Reads an answer to a request as the text protocol has it. Pure."""

from dataclasses import dataclass

from ..models.port import Request, ToolCall
from ..schema import find_json
from ..text_protocol import parse


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What an answer says, and what is wrong with it in words for whoever wrote it."""

    text: str
    calls: tuple[ToolCall, ...] = ()
    problems: tuple[str, ...] = ()


def read_answer(request: Request, text: str) -> Answer:
    """The words, tool calls or JSON of an answer; never raises."""
    if not text.strip():
        return Answer(text="", problems=("the answer is empty",))
    words, calls = parse(text, request.tools)
    if request.schema is not None and not calls:
        found, problems = find_json(text, request.schema)
        return Answer(text=found, problems=problems)
    problems = tuple(f"call {number}: {call.error}" for number, call in enumerate(calls, start=1) if call.error)
    return Answer(text=words, calls=calls, problems=problems)


def missing_call(request: Request, answer: Answer) -> tuple[str, ...]:
    """What to say of words alone where only tool calls move the work; empty where words will do, or calls are there."""
    if answer.calls or not request.tools or request.schema is not None:
        return ()
    names = ", ".join(f"`@tool {tool.name}`" for tool in request.tools)
    return (f"it calls no tool, so nothing would be done: add a call that begins with a line {names}",)
