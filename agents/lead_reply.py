"""What a lead has to answer, and how that is read: untrusted text in, a Draft out. Pure."""

import msgspec

from ..orchestrator.nouns.contract import Draft, DraftTest, Stub
from .fences import plain
from .models.errors import Malformed
from .models.port import Json

_TEXT: Json = {"type": "string"}
_TEXTS: Json = {"type": "array", "items": _TEXT}


def _rows(**properties: Json) -> Json:
    """The schema of a list of objects with exactly these fields."""
    row: Json = {
        "type": "object",
        "properties": properties,
        "required": [*properties],
        "additionalProperties": False,
    }
    return {"type": "array", "items": row}


SCHEMA: dict[str, Json] = {
    "type": "object",
    "properties": {
        "stubs": _rows(task=_TEXT, path=_TEXT, text=_TEXT),
        "tests": _rows(task=_TEXT, requirements=_TEXTS, path=_TEXT, text=_TEXT, preserve={"type": "boolean"}),
        "notes": _TEXTS,
    },
    "required": ["stubs", "tests", "notes"],
    "additionalProperties": False,
}


def read_draft(text: str) -> Draft:
    """The draft an answer holds; raises Malformed where it holds none. Whether it is any good is not decided here."""
    start, end = text.find("{"), text.rfind("}")
    body = text[start : end + 1] if 0 <= start < end else text
    try:
        wire = msgspec.json.decode(body.encode(), type=_Draft)
    except (msgspec.MsgspecError, UnicodeEncodeError) as error:
        raise Malformed(f"the lead's answer is no contract: {error}", problems=[str(error)], said=text) from None
    return Draft(
        stubs=tuple(Stub(path=_path(each.path), text=_code(each.text), task=each.task.strip()) for each in wire.stubs),
        tests=tuple(
            DraftTest(
                path=_path(each.path),
                text=_code(each.text),
                requirements=tuple(dict.fromkeys(name.strip() for name in each.requirements)),
                task=each.task.strip(),
                preserve=each.preserve,
            )
            for each in wire.tests
        ),
        notes=tuple(plain(note).strip() for note in wire.notes if note.strip()),
    )


class _Stub(msgspec.Struct):
    path: str
    text: str
    task: str = ""


class _Test(msgspec.Struct):
    path: str
    text: str
    requirements: list[str]
    task: str = ""
    preserve: bool = False


class _Draft(msgspec.Struct):
    stubs: list[_Stub] = []
    tests: list[_Test] = []
    notes: list[str] = []


def _path(path: str) -> str:
    return plain(path).strip().removeprefix("./")


def _code(text: str) -> str:
    return plain(text).encode("utf-8", "replace").decode()
