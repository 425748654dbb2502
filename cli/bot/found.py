"""What polling found, as messages of the book: a `Delivery` as JSON, and back."""

import hashlib
from typing import Any

import msgspec

from ...orchestrator.nouns import happenings
from ...orchestrator.nouns.forge import RepoName
from ...orchestrator.nouns.happenings import Delivery, Happening
from .book import Message

FOUND = "found"
_KINDS: dict[str, type[Any]] = {kind.__name__: kind for kind in Happening.__args__}


class _Written(msgspec.Struct, frozen=True, kw_only=True):
    id: str
    repo: RepoName
    kind: str
    what: msgspec.Raw


def message_of(delivery: Delivery, *, at: float) -> Message:
    """The message that keeps a delivery; of one delivery it is always the same."""
    what = delivery.happening
    kept = _Written(
        id=delivery.id, repo=delivery.repo, kind=type(what).__name__, what=msgspec.Raw(msgspec.json.encode(what))
    )
    body = msgspec.json.encode(kept)
    return Message(id=_id(delivery), kind=FOUND, body=body, at=at, lane=lane_of(delivery.repo))


def delivery_of(body: bytes) -> Delivery:
    """The delivery that a message keeps.

    Raises:
        ValueError: it keeps none that this agentctl knows.
    """
    kept = msgspec.json.decode(body, type=_Written)
    if kept.kind not in _KINDS:
        raise ValueError(f"there is no happening {kept.kind[:40]!r}: a newer agentctl may have found it")
    what = msgspec.json.decode(kept.what, type=_KINDS[kept.kind])
    return happenings.Delivery(id=kept.id, repo=kept.repo, happening=what)


def lane_of(repo: RepoName) -> str:
    """What a repository's messages have in common, whichever way they came."""
    return str(repo).lower()


def _id(delivery: Delivery) -> str:
    """Two repositories may count alike."""
    digest = hashlib.sha256(f"{delivery.repo.host}/{delivery.repo} {delivery.id}".encode()).hexdigest()
    return f"found-{digest[:32]}"
