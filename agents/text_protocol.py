"""The plain format of tool calls, for models without tool calling, for people at the desk, and for programs. Pure.

    Some words, if any.

    @tool write
    path: src/app.py
    content: <<<<CODE
    def f():
        return "anything at all, `unescaped`"
    >>>>CODE

A call is a line ``@tool NAME`` and its arguments: ``name: value`` on one line, or a block, whose lines are taken as
they are, down to a line that is only ``>>>>`` and the block's name. The name is freely chosen, so a text can hold any
text, this one included. A block's value ends with a newline, unless it was opened with a minus: ``<<<<CODE-``. An
argument that is an array of strings is repeated, one item a line, or is written as JSON, as are numbers and objects.
A line ``@end`` ends a call; it may be left out before the next call and at the end of the answer.
"""

import hashlib
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import msgspec

from .digest import canonical
from .forgiving import forgiving, reads_text
from .models.port import Json, Message, Request, ToolCall, ToolSpec
from .schema import problems, types
from .tool_forms import call_form, described, item_of, properties_of, signature, telling, type_words

_TOOL = re.compile(r"@tool(?:[ \t]+(.*))?")
_ARGUMENT = re.compile(r"([A-Za-z_][\w-]*)[ \t]*:[ \t]*(.*)")
_OPENED = re.compile(r"<<<<[ \t]*(\w+)(-?)")
_CLOSED = re.compile(r">>>>[ \t]*(\w+)")
_FENCE = re.compile(r"[ \t]*(?:`{3,}|~{3,})[\w+.-]*")
_END = re.compile(r"@end")
_NAME = re.compile(r"[\w.-]+")
_BOOLEANS = {"true": True, "yes": True, "false": False, "no": False}
_NEWLINE = "\n"

_HOW_TO_CALL = """\
# How to answer

You act through the tools above: they are run for you, and their results come with the next prompt. Write what you have
to say in a few words, then one call or several, each like this:

EXAMPLE

Values are taken as they are: quote nothing, escape nothing, use no code fence. A value of more than one line goes in a
block: `NAME: <<<<WORD`, its lines, and a line that is only `>>>>WORD`. Choose for WORD a word of your own that does not
stand behind `>>>>` in the text. A block ends with a newline; `<<<<WORD-` leaves it out. A list is one `NAME: item` line
for each item, or JSON."""


def parse(text: str, tools: Sequence[ToolSpec]) -> tuple[str, tuple[ToolCall, ...]]:
    """The words and the calls of an answer; never raises.

    A call that cannot be run as it was written carries in ``error`` what to write instead. Prose before and after
    calls, code fences around them, CRLF, trailing spaces and a missing last newline are forgiven.
    """
    if not tools:
        return text.strip(), ()
    words, drafts = _Reader(text, tools).read()
    stamp = hashlib.sha256(text.encode(errors="replace")).hexdigest()[:8]
    calls = tuple(_call(f"{stamp}-{number}", draft, tools) for number, draft in enumerate(drafts, start=1))
    return words, calls


def write(text: str, calls: Sequence[ToolCall]) -> str:
    """An answer in the format that `parse` reads; any text may stand in any argument."""
    parts = [text.strip()] if text.strip() else []
    parts += ["\n".join([f"@tool {call.name}", *_arguments(call.arguments), "@end"]) for call in calls]
    return "\n\n".join(parts) + "\n"


def render(request: Request) -> str:
    """The whole conversation as one prompt in markdown, with the tools and how to answer.

    What stays the same from turn to turn comes first. Results of tools stand in blocks, so that no file can pass for a
    message of the conversation.
    """
    system = [message.text.strip() for message in request.messages if message.role == "system"]
    rest = [message for message in request.messages if message.role != "system"]
    return "\n\n".join([*system, *_instructions(request), *_conversation(rest), _reminder(request)]) + "\n"


class _Value(NamedTuple):
    """An argument as it was written."""

    name: str
    text: str
    block: bool


@dataclass(slots=True)
class _Draft:
    """A call as it was written."""

    name: str
    given: list[_Value] = field(default_factory=list)
    error: str = ""

    def wrong(self, message: str) -> None:
        """Keep the first thing that is wrong: what comes later mostly follows from it."""
        self.error = self.error or message


class _Reader:
    """One pass over the lines of an answer."""

    def __init__(self, text: str, tools: Sequence[ToolSpec]) -> None:
        self.lines = text.split("\n")
        self.at = 0
        self.parameters = {tool.name: properties_of(tool) for tool in tools}

    def read(self) -> tuple[str, list[_Draft]]:
        words: list[str] = []
        drafts: list[_Draft] = []
        while self.at < len(self.lines):
            line = self._next()
            if (match := _match(_TOOL, line)) is not None:
                fenced = _drop_fence(words)
                drafts.append(self._call(match[1] or "", fenced=fenced))
            else:
                words.append(line.removesuffix("\r"))
        return "\n".join(words).strip(), drafts

    def _next(self) -> str:
        self.at += 1
        return self.lines[self.at - 1]

    def _call(self, name: str, *, fenced: bool) -> _Draft:
        draft = _Draft(name=name)
        if not _NAME.fullmatch(name):
            draft.name = next(iter(_NAME.findall(name)), "?")
            draft.wrong(f"write `@tool NAME` alone on its line, each argument on a line of its own, not `@tool {name}`")
        apart = False
        while self.at < len(self.lines):
            line = self._next()
            if _match(_END, line) or (fenced and _match(_FENCE, line)):
                break
            if _match(_TOOL, line):
                self.at -= 1
                break
            if not line.strip():
                apart = True
            elif (match := self._argument(line, draft, apart=apart)) is not None:
                self._take(match[1], match[2], draft)
                apart = False
            elif not draft.given or draft.given[-1].block:
                self.at -= 1
                break
            else:
                self._stray(line, draft)
        return draft

    def _argument(self, line: str, draft: _Draft, *, apart: bool) -> re.Match[str] | None:
        """``name: value``, if it is meant for the tool and is not the beginning of other words."""
        match = _match(_ARGUMENT, line)
        known = match is not None and match[1] in self.parameters.get(draft.name, {})
        return match if known or not apart else None

    def _take(self, name: str, inline: str, draft: _Draft) -> None:
        if not inline and self.at < len(self.lines):
            if _match(_OPENED, self.lines[self.at]):
                inline = self._next()
            elif _match(_FENCE, self.lines[self.at]):
                draft.wrong(f"put `{name}` between `{name}: <<<<TEXT` and a line `>>>>TEXT`, not in a code fence")
        opened = _match(_OPENED, inline)
        text = inline if opened is None else self._block(name, opened, draft)
        draft.given.append(_Value(name, text, opened is not None))

    def _block(self, name: str, opened: re.Match[str], draft: _Draft) -> str:
        first = self.at
        converted = self.lines[self.at - 1].endswith("\r")
        body: list[str] = []
        while self.at < len(self.lines):
            line = self._next()
            if (closed := _match(_CLOSED, line)) is not None and closed[1] == opened[1]:
                break
            body.append(line.removesuffix("\r") if converted else line)
        else:
            draft.wrong(
                f"the block of `{name}`, opened on line {first}, is never closed: "
                f"end it with a line that is exactly `>>>>{opened[1]}`"
            )
        return "\n".join(body) + ("" if opened[2] or not body else "\n")

    def _stray(self, line: str, draft: _Draft) -> None:
        """Words behind a value of one line: part of it, most often, and cutting it there could lose half a file."""
        last = draft.given[-1].name
        draft.wrong(
            f"line {self.at}, `{line.strip()[:60]}`, is neither an argument nor in a block. If it is part of "
            f"`{last}`, put that value between `{last}: <<<<TEXT` and a line `>>>>TEXT`; if not, put `@end` before it"
        )


def _match(form: re.Pattern[str], line: str) -> re.Match[str] | None:
    """Whether a line is of that form. Stripped first: an optional end in the pattern makes long lines quadratic."""
    return form.fullmatch(line.rstrip(" \t\r"))


def _drop_fence(words: list[str]) -> bool:
    """Forget the line that opened a code fence around the call that follows; whether there was one."""
    fenced = False
    while words and (not words[-1].strip() or (not fenced and _match(_FENCE, words[-1]))):
        fenced = bool(words.pop().strip()) or fenced
    words.append("")
    return fenced


def _call(call_id: str, draft: _Draft, tools: Sequence[ToolSpec]) -> ToolCall:
    """The call as the tool's schema wants it."""
    tool = next((tool for tool in tools if tool.name == draft.name), None)
    if tool is None:
        names = ", ".join(f"`{tool.name}`" for tool in tools)
        error = draft.error or f"there is no tool `{draft.name}`; there are {names}"
        return ToolCall(id=call_id, name=draft.name, arguments={}, error=error)
    arguments: dict[str, Json] = {}
    wrong = [draft.error] if draft.error else []
    given: dict[str, list[_Value]] = {}
    for value in draft.given:
        given.setdefault(value.name, []).append(value)
    for name, values in given.items():
        try:
            arguments[name] = _argument(tool, name, values)
        except ValueError as refusal:
            if len(values) == 1 and reads_text(tool, name):
                arguments[name] = values[0].text.strip()
            else:
                wrong.append(str(refusal))
    wrong = wrong or list(problems(arguments, forgiving(tool).parameters, name="the call"))
    error = f"{'; '.join(wrong[:3])}. The form is:\n{call_form(tool)}" if wrong else ""
    return ToolCall(id=call_id, name=draft.name, arguments=arguments, error=error)


def _argument(tool: ToolSpec, name: str, values: Sequence[_Value]) -> Json:
    """One argument, of the type its schema asks for; raises ValueError with what to write instead."""
    schema = properties_of(tool).get(name)
    if schema is None:
        known = ", ".join(f"`{key}`" for key in properties_of(tool)) or "no arguments"
        raise ValueError(f"`{tool.name}` has no argument `{name}`; it takes {known}")
    kinds, first = types(schema, tool.parameters), values[0]
    if "array" in kinds and item_of(schema) is not None and not first.text.lstrip().startswith("["):
        return [_plain(name, value.text.strip(), frozenset({"object"})) for value in values]
    if "array" in kinds and not (len(values) == 1 and first.text.lstrip().startswith("[")):
        return [value.text.removesuffix("\n") if value.block else value.text for value in values]
    if len(values) > 1:
        raise ValueError(f"`{name}` is given {len(values)} times; give it once")
    if "null" in kinds and first.text == "null" and not first.block:
        return None
    return first.text if "string" in kinds or not kinds else _plain(name, first.text.strip(), kinds)


def _plain(name: str, text: str, kinds: frozenset[str]) -> Json:
    """A value that is not a text; raises ValueError."""
    if "boolean" in kinds and text.lower() in _BOOLEANS:
        return _BOOLEANS[text.lower()]
    try:
        value: Json = msgspec.json.decode(text)
    except msgspec.DecodeError as error:
        if not text.startswith(("[", "{")):
            raise ValueError(f"`{name}` must be {type_words(kinds)}, not `{text[:60]}`") from None
        raise ValueError(
            f"`{name}` must be {type_words(kinds)}, and this is not JSON: {_wrong_json(text, error)}"
        ) from None
    return value


def _wrong_json(text: str, error: msgspec.DecodeError) -> str:
    """Where JSON breaks off, and what to write where it is a character that has to be escaped."""
    try:
        json.loads(text)
    except json.JSONDecodeError as found:
        near = text[max(found.pos - 20, 0) : found.pos + 20]
        if found.msg.startswith("Invalid control character"):
            char = text[found.pos]
            written = json.dumps(char)[1:-1]
            said = {"\n": "a line break", "\t": "a tab"}.get(char, "a control character")
            return f"near `{' '.join(near.split())}` a text holds {said}; inside a JSON text write `{written}` for it"
        return f"{found.msg.lower()} near `{' '.join(near.split())}`"
    except RecursionError:
        pass
    return str(error)


def _arguments(arguments: Mapping[str, Json]) -> Iterator[str]:
    for name, value in arguments.items():
        shown = re.sub(r"[^\w-]", "_", name)
        yield f"{shown}: {_written(value) if isinstance(value, str) else canonical(value).decode()}".rstrip()


def _written(text: str) -> str:
    """A text on one line where that reads back the same, otherwise as a block with a name that does not occur in it."""
    plain = text == text.strip() and not {"\n", "\r"} & set(text)
    if plain and text != "null" and not text.startswith("<<<<"):
        return text
    taken = {line[4:].strip() for line in text.split("\n") if line.startswith(">>>>")}
    names = ("TEXT", *(f"TEXT{number}" for number in range(2, len(taken) + 3)))
    name = next(name for name in names if name not in taken)
    body = text.removesuffix("\n")
    return f"<<<<{name}{'' if text.endswith(_NEWLINE) else '-'}{_NEWLINE}{body}{_NEWLINE}>>>>{name}"


def _conversation(messages: Sequence[Message]) -> Iterator[str]:
    names: dict[str, str] = {}
    for message in messages:
        match message.role:
            case "assistant":
                names |= {call.id: call.name for call in message.calls}
                yield f"# You answered\n\n{write(message.text, message.calls).rstrip()}"
            case "tool":
                yield f"# Result of `{names.get(message.call, 'a call')}`\n\n{_quoted(message.text)}"
            case _:
                yield f"# You were asked\n\n{message.text.strip()}"


def _quoted(text: str) -> str:
    """A text in a block whatever it looks like, so that its end cannot be forged."""
    return _written(text if text.endswith("\n") else f"{text}\n")


def _instructions(request: Request) -> Iterator[str]:
    if request.tools:
        yield "# Tools\n\n" + "\n\n".join(map(described, request.tools))
        yield _HOW_TO_CALL.replace("EXAMPLE", "\n\n".join(call_form(tool) for tool in telling(request.tools)))
    if request.schema is not None:
        schema = msgspec.json.format(canonical(request.schema), indent=2).decode()
        yield f"# The answer's form\n\nOne JSON value that satisfies this JSON schema:\n\n```json\n{schema}\n```"


def _reminder(request: Request) -> str:
    """What is asked for, once more: a model that has lost the middle of a long prompt still knows how to answer."""
    form = "one JSON value of the form given above, and nothing else" if request.schema is not None else "plain words"
    if request.tools:
        form = "your next tool calls, in the form given above"
    parts = [f"# Now answer\n\nAnswer with {form}. At most {request.max_tokens} tokens are read."]
    if request.tools:
        parts.append("The tools: " + ", ".join(map(signature, request.tools)) + ". A call looks like this:")
        parts.append(call_form(telling(request.tools)[-1]))
    return "\n\n".join(parts)
