"""JSON texts of the call journal, without secrets and each part once. The only module that writes ``bodies``.

A conversation is sent again whole at every turn. Stored as the list of its parts, a turn costs what it adds: each
element of a request's top-level arrays (its messages, its tools, its pictures) is a body of its own, by the sha-256 of
its text.
"""

import hashlib
import json
import sqlite3
from collections.abc import Callable
from typing import Any

import msgspec

from ..errors import RunStateError

_REMEMBERED = 4096
_BINARY = "pictures"
"""The member of a request that holds no words: bytes as base64, in which the form of a key turns up by chance."""


class _Field(msgspec.Struct, array_like=True):
    """One member of a request: the digests of its elements if it is an array, else its JSON."""

    name: str
    parts: tuple[str, ...] | None
    value: msgspec.Raw = msgspec.Raw(b"null")


class Bodies:
    """Content-addressed texts in the table ``bodies`` of ``db``; writing happens inside the caller's transaction."""

    def __init__(self, db: sqlite3.Connection, *, redact: Callable[[str], str]) -> None:
        self._db = db
        self._redact = redact
        self._seen: dict[bytes, str] = {}

    def put(self, request: str) -> str:
        """Store a request, a JSON object, and return the digest it can be read by. Raises ValueError for other text."""
        try:
            members = msgspec.json.decode(request.encode("utf-8", "replace"), type=dict[str, msgspec.Raw])
        except msgspec.MsgspecError as error:
            raise ValueError(f"a request must be a JSON object: {error}") from error
        return self._store(msgspec.json.encode([self._field(name, raw) for name, raw in members.items()]).decode())

    def text(self, digest: str) -> str:
        """The request stored under ``digest``, as compact JSON; raises RunStateError where a part is missing."""
        fields = msgspec.json.decode(self._load(digest), type=list[_Field])
        members = ",".join(f"{json.dumps(field.name, ensure_ascii=False)}:{self._value(field)}" for field in fields)
        return "{" + members + "}"

    def clean(self, text: str) -> str:
        """JSON text with secrets taken out of its strings, escapes notwithstanding; other text is cleaned as it is."""
        try:
            value = json.loads(text)
            cleaned = _map_strings(value, self._redact)
        except (ValueError, RecursionError):  # not JSON, or nested to break its readers
            return self.clean_text(text)
        return _storable(text if cleaned == value else json.dumps(cleaned, ensure_ascii=False, separators=(",", ":")))

    def clean_text(self, text: str) -> str:
        """Any text without secrets, and without what SQLite cannot store (lone surrogates)."""
        return _storable(self._redact(text))

    def _field(self, name: str, raw: msgspec.Raw) -> _Field:
        if not bytes(raw).startswith(b"["):
            return _Field(name, None, msgspec.Raw(self.clean(bytes(raw).decode()).encode()))
        elements = msgspec.json.decode(raw, type=list[msgspec.Raw])
        clean = _storable if name == _BINARY else self.clean
        return _Field(name, tuple(self._part(bytes(element), clean) for element in elements))

    def _part(self, raw: bytes, clean: Callable[[str], str]) -> str:
        """The digest of a part; the same one again is neither cleaned nor written again."""
        key = hashlib.sha256(raw).digest()
        digest = self._seen.get(key)
        if digest is None or not self._has(digest):  # a transaction may have been rolled back
            if len(self._seen) >= _REMEMBERED:
                self._seen.clear()
            digest = self._seen[key] = self._store(clean(raw.decode()))
        return digest

    def _has(self, digest: str) -> bool:
        return self._db.execute("SELECT 1 FROM bodies WHERE digest=?", (digest,)).fetchone() is not None

    def _value(self, field: _Field) -> str:
        if field.parts is None:
            return bytes(field.value).decode()
        return "[" + ",".join(map(self._load, field.parts)) + "]"

    def _store(self, text: str) -> str:
        digest = _digest(text)
        self._db.execute("INSERT OR IGNORE INTO bodies VALUES (?, ?)", (digest, text))
        return digest

    def _load(self, digest: str) -> str:
        row = self._db.execute("SELECT text FROM bodies WHERE digest=?", (digest,)).fetchone()
        if row is None:
            raise RunStateError(f"text {digest} is missing from the call journal: the run's folder is damaged")
        return str(row[0])


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _storable(text: str) -> str:
    return text.encode("utf-8", "replace").decode()


def _map_strings(value: Any, change: Callable[[str], str]) -> Any:
    if isinstance(value, str):
        return change(value)
    if isinstance(value, list):
        return [_map_strings(item, change) for item in value]
    if isinstance(value, dict):
        return {name: _map_strings(item, change) for name, item in value.items()}
    return value
