"""Recordings: the answers of a run in one file, from which the run can be played again without a model.

A recording is JSON lines, compressed if its name ends in ``.gz``. The first line says what was recorded; then come the
messages of the requests and the pictures in them, each once, so that what has changed since can be shown; the calls
with their replies; the choices that timing made; the answers of people; and a last line that counts them, so that half
a file is never played.
"""

import gzip
import hashlib
import os
import tempfile
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from .. import __version__
from ..orchestrator.errors import RunStateError, UsageError
from ..orchestrator.nouns.events import Chosen, RunCreated
from ..orchestrator.nouns.questions import Asked
from ..orchestrator.ports import Store
from ..orchestrator.rules.assumptions import RECORDING, answered_by
from ..orchestrator.store.journal import Call, Journal
from .digest import canonical, load_message, load_reply, load_request, message_digest, pictures_of, tools_digest
from .models.port import Message, Reply, Request

FORMAT = 1
NOTE = "The answers in this file were given by models and people when the run was recorded; nothing here is computed."
_MOST_BYTES = 256_000_000
_NOTHING = msgspec.Raw(b"null")


class Header(msgspec.Struct, frozen=True, kw_only=True, tag="recording", tag_field="line"):
    """What was recorded, and by what."""

    format: int
    agentctl: str
    spec_sha256: str
    """Of the text of the spec."""
    title: str
    profile: str
    made_at: float
    """When the run began, in seconds since the epoch."""
    note: str = NOTE


class Answer(msgspec.Struct, frozen=True, kw_only=True, tag="answer", tag_field="line"):
    """What a person said to a question."""

    key: str
    answer: str
    author: str
    seconds: float
    """How long the question waited."""


class RecordedCall(msgspec.Struct, frozen=True, kw_only=True, tag="call", tag_field="line"):
    """A call: what it was asked, by digests, and what came of it, a reply or an error."""

    key: str
    digest: str
    messages: tuple[str, ...]
    """Digests of the request's messages, in order."""
    tools: str
    """Digest of the tools and the schema."""
    tier: str
    model: str
    seconds: float
    answered: msgspec.Raw = msgspec.field(default=_NOTHING, name="reply")
    error: str = ""

    @property
    def reply(self) -> Reply | None:
        """What was answered, with its usage and its cost then; None where the call failed."""
        return None if self.answered == _NOTHING else load_reply(bytes(self.answered).decode())


class _Message(msgspec.Struct, frozen=True, tag="message", tag_field="line"):
    id: str
    message: msgspec.Raw


class _Picture(msgspec.Struct, frozen=True, tag="picture", tag_field="line"):
    id: str
    """The sha-256 of the data."""
    data: bytes


class _Choice(msgspec.Struct, frozen=True, tag="choice", tag_field="line"):
    key: str
    value: str


class _End(msgspec.Struct, frozen=True, tag="end", tag_field="line", omit_defaults=True):
    messages: int
    calls: int
    choices: int
    answers: int
    pictures: int = 0


_Line = Header | _Message | _Picture | RecordedCall | _Choice | Answer | _End


@dataclass(frozen=True, slots=True, kw_only=True)
class Recording:
    """A recording as it was read."""

    header: Header
    calls: Mapping[str, RecordedCall]
    """By ``str(CallKey)``."""
    choices: Mapping[str, str]
    answers: Mapping[str, Answer]
    """By the question's key."""
    messages: Mapping[str, msgspec.Raw]
    """JSON of the messages by their digests; `message` reads one."""
    pictures: Mapping[str, bytes] = field(default_factory=dict)
    """What the messages show, by digest."""

    def message(self, message_id: str) -> Message:
        """A message of a recorded request; raises KeyError where there is none of that digest.

        Raises ValueError where a picture in it is missing.
        """
        return load_message(bytes(self.messages[message_id]).decode(), self.pictures)


def write(path: Path, *, journal: Journal, store: Store) -> None:
    """Record a run that has ended or was stopped; the file appears whole or not at all.

    Calls without an outcome, those in flight and those lost in a crash, are left out. Raises RunStateError for a run
    that never began.
    """
    lines = b"".join(canonical(line) + b"\n" for line in _lines(journal, store))
    if path.suffix == ".gz":
        lines = gzip.compress(lines, mtime=0)
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(lines)
            file.flush()
            os.fsync(file.fileno())
        Path(name).chmod(0o644)
        Path(name).replace(path)
    finally:
        Path(name).unlink(missing_ok=True)


def read(path: Path) -> Recording:
    """A recording from its file; raises UsageError if it is none, is cut off, or is of a newer agentctl."""
    try:
        lines = [msgspec.json.decode(line, type=_Line) for line in _content(path).splitlines()]
    except (OSError, EOFError, zlib.error, ValueError) as error:
        raise UsageError(f"{path} cannot be read as a recording: {error}; `run --record FILE` makes one") from error
    return _assembled(path, lines)


def _lines(journal: Journal, store: Store) -> Iterator[_Line]:
    yield _header(store)
    calls = [call for call in journal.calls() if call.state in {"done", "failed"}]
    seen: set[str] = set()
    shown: set[str] = set()
    recorded: list[RecordedCall] = []
    for call in calls:
        request = load_request(journal.blob(call.request_blob))
        ids = tuple(map(message_digest, request.messages))
        new = {name: data for name, data in pictures_of(request.messages).items() if name not in shown}
        shown.update(new)
        yield from map(_Picture, new.keys(), new.values())
        for message_id, message in zip(ids, request.messages, strict=True):
            if message_id not in seen:
                seen.add(message_id)
                yield _Message(message_id, msgspec.Raw(canonical(message)))
        recorded.append(_recorded(call, request, ids))
    yield from recorded
    choices = _choices(store)
    yield from choices
    answers = _answers(store)
    yield from answers
    yield _End(messages=len(seen), calls=len(recorded), choices=len(choices), answers=len(answers), pictures=len(shown))


def _header(store: Store) -> Header:
    for event in store.events(limit=1):
        if isinstance(event.fact, RunCreated):
            fact = event.fact
            return Header(
                format=FORMAT,
                agentctl=__version__,
                spec_sha256=hashlib.sha256(store.blob(fact.spec_blob).encode()).hexdigest(),
                title=fact.title,
                profile=fact.settings.profile,
                made_at=event.at,
            )
    raise RunStateError("there is no run to record: its first event is missing")


def _recorded(call: Call, request: Request, messages: tuple[str, ...]) -> RecordedCall:
    return RecordedCall(
        key=str(call.key),
        digest=call.digest,
        messages=messages,
        tools=tools_digest(request),
        tier=call.tier,
        model=call.model,
        seconds=call.seconds,
        answered=_NOTHING if call.reply is None else msgspec.Raw(call.reply.encode()),
        error=call.error,
    )


def _choices(store: Store) -> list[_Choice]:
    keys = dict.fromkeys(event.fact.key for event in store.events() if isinstance(event.fact, Chosen))
    return [_Choice(key, value) for key in keys if (value := store.choice(key)) is not None]


def _answers(store: Store) -> list[Answer]:
    return [
        Answer(
            key=asked.question.key,
            answer=asked.answer,
            author=_author(store, asked),
            seconds=max((asked.answered_at or asked.at) - asked.at, 0.0),
        )
        for asked in store.questions()
        if asked.answer is not None
    ]


def _author(store: Store, asked: Asked) -> str:
    """Who answered; where a replay is recorded, whoever did when that was recorded first."""
    by = asked.answered_by or ""
    return store.choice(answered_by(asked.question.key)) or by if by == RECORDING else by


def _content(path: Path) -> bytes:
    with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as file:
        text = file.read(_MOST_BYTES + 1)
    if len(text) > _MOST_BYTES:
        raise UsageError(f"{path} is larger than any recording: {_MOST_BYTES // 1_000_000} MB are read at most")
    return text


def _assembled(path: Path, lines: list[_Line]) -> Recording:
    match lines:
        case [Header() as header, *rest, _End() as end]:
            pass
        case [Header(), *_]:
            raise UsageError(
                f"{path} is cut off: its last line is missing; get the whole file, or record the run again"
            )
        case _:
            raise UsageError(f"{path} is no recording: its first line does not say so; `run --record FILE` makes one")
    if header.format > FORMAT:
        raise UsageError(
            f"{path} was recorded by agentctl {header.agentctl}, which is newer; update agentctl to play it"
        )
    messages = {line.id: line.message for line in rest if isinstance(line, _Message)}
    calls = {line.key: line for line in rest if isinstance(line, RecordedCall)}
    choices = {line.key: line.value for line in rest if isinstance(line, _Choice)}
    answers = {line.key: line for line in rest if isinstance(line, Answer)}
    pictures = {line.id: line.data for line in rest if isinstance(line, _Picture)}
    counted = _End(
        messages=len(messages), calls=len(calls), choices=len(choices), answers=len(answers), pictures=len(pictures)
    )
    if counted != end:
        raise UsageError(f"{path} is damaged: its lines are not those its last line counts; record the run again")
    return Recording(header=header, calls=calls, choices=choices, answers=answers, messages=messages, pictures=pictures)
