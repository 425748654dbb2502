"""The Model port: one request, one reply. Adapters: litellm, desk, replay, and the scripted doubles."""

from dataclasses import dataclass, field
from hashlib import sha256
from typing import Literal, Protocol

from ...orchestrator.nouns.keys import CallKey
from ...orchestrator.nouns.plan import Tier

Mime = Literal["image/png", "image/jpeg", "image/gif", "image/webp"]
Json = None | bool | int | float | str | list["Json"] | dict[str, "Json"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolCall:
    """A tool a model wants run. ``arguments`` satisfy its schema as agents.forgiving has it, else ``error`` is why."""

    id: str
    name: str
    arguments: dict[str, Json]
    error: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """A picture beside the text of a message, for models that can see."""

    path: str
    """From the root of the repository: the name under which whoever cannot see it is told of it."""
    alt: str
    mime: Mime
    data: bytes = field(repr=False)
    sha256: str = field(init=False)
    """Of ``data``, in hex."""

    def __post_init__(self) -> None:
        """Know the bytes by their digest, so that they are hashed once and not at every turn."""
        object.__setattr__(self, "sha256", sha256(self.data).hexdigest())


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One message of a conversation; ``calls`` only from the assistant, ``call`` only on a tool's result."""

    role: Literal["system", "user", "assistant", "tool"]
    text: str
    calls: tuple[ToolCall, ...] = ()
    call: str = ""
    """The id of the tool call this is the result of."""
    pictures: tuple[Picture, ...] = ()
    """Only from the user. A model that cannot see is told of them instead: see agents.pictures."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolSpec:
    """A tool as a model is told of it; ``parameters`` is a JSON schema of type object."""

    name: str
    description: str
    parameters: dict[str, Json]


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What is asked of a tier. Equal requests have equal digests, whatever model answers them."""

    tier: Tier
    messages: tuple[Message, ...]
    tools: tuple[ToolSpec, ...] = ()
    schema: dict[str, Json] | None = None
    """A JSON schema the reply's text must satisfy: structured output."""
    max_tokens: int = 8_000
    temperature: float = 0.2


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """Tokens as the provider counted them; ``estimated`` where it did not and we had to."""

    prompt: int
    completion: int
    cached: int = 0
    estimated: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What a model answered, after validation; ``usd`` is None where no price applies (desk, local)."""

    text: str
    calls: tuple[ToolCall, ...]
    usage: Usage
    model: str
    usd: float | None
    seconds: float


class Model(Protocol):
    """Something that answers. Raises subclasses of agents.models.errors.ModelError."""

    async def complete(self, key: CallKey, request: Request) -> Reply:
        """The reply to a request; ``key`` says whose call it is."""
        ...
