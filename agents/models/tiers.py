"""Tiers and their deployments: which models answer, where, at what price, within which limits. Data only."""

from dataclasses import dataclass
from typing import Literal

from ...orchestrator.nouns.plan import Tier
from ..digest import canonical
from .command_tools import Output
from .port import Request, Usage

CHARACTERS_PER_TOKEN = 3.3
"""Python has 4.0, TypeScript 4.2, Go 3.4, Markdown 3.5 characters a token (measured): 3.3 errs on the dear side."""

PICTURE_TOKENS = 6_500
"""Of one picture, at most, by the providers' pages on vision: new Claude models take up to 4,784, Gemini models up to
2,240, OpenAI's up to 3,779 (1,536 patches times 2.46), Llama at Together up to 6,404 (four tiles of 1,601). Only
gpt-4o-mini counts more, 5,667 a tile at a price to match."""

PAID_SENDS = 2
"""How often one request may be sent where each time may be charged: once, and one repair or one try after a cut."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Price:
    """USD per million tokens; ``cached`` is for prompt tokens the provider had in its cache.

    Where ``long`` is given, it is the price of the whole request once the prompt has more than ``long_over`` tokens.
    """

    prompt: float
    completion: float
    cached: float | None = None
    long_over: int = 0
    long: "Price | None" = None

    def usd(self, usage: Usage) -> float:
        """What these tokens cost."""
        if self.long is not None and usage.prompt > self.long_over:
            return self.long.usd(usage)
        cached = min(usage.cached, usage.prompt)
        fresh = usage.prompt - cached
        cached_price = self.prompt if self.cached is None else self.cached
        return (fresh * self.prompt + cached * cached_price + usage.completion * self.completion) / 1e6


@dataclass(frozen=True, slots=True, kw_only=True)
class Deployment:
    """One model at one place. ``price`` None means that no price applies (a local model), never that it is unknown."""

    model: str
    """The name litellm knows it by, provider first: ``gemini/gemini-3.8-flash``."""
    api_base: str | None = None
    """The address to ask instead of the provider's own, such as a gateway or a local server."""
    key_env: str | None = None
    """The environment variable that holds the key; the key itself is kept nowhere."""
    price: Price | None
    context: int = 128_000
    """Tokens that prompt and reply may have together."""
    max_output: int = 8_192
    """Tokens a reply may have at most; a request that asks for more is sent with this."""
    tools: Literal["native", "text"] = "native"
    """Whether the model takes tools by the provider's own protocol, or has them explained in its prompt."""
    schemas: bool = True
    """Whether the provider itself holds a reply to a JSON schema."""
    temperature: bool = True
    """Whether the model accepts a temperature; reasoning models refuse one."""
    concurrency: int = 64
    """Calls in flight at once, over all workers."""
    requests_per_minute: float | None = None
    idle_seconds: float = 180.0
    """How long the line may be silent. Replies are not streamed, so this includes the time the model thinks."""
    total_seconds: float = 300.0
    """How long one call may take from the first byte sent to the last received."""
    command: tuple[str, ...] = ()
    """A program that is run for each request, in the place of a provider; ``model`` is only its name then."""
    output: Output = "text"
    """What that program prints: the reply, or one of the known tools' own JSON around it."""
    env: tuple[str, ...] = ()
    """Variables that program may have beside the usual ones; a name may end in ``*``."""

    def __post_init__(self) -> None:
        """Refuse limits under which nothing could ever be asked."""
        if self.concurrency < 1 or self.idle_seconds <= 0 or self.total_seconds <= 0 or self.max_output < 1:
            raise ValueError(f"{self.model}: concurrency, max_output and the deadlines must be positive")
        if self.requests_per_minute is not None and self.requests_per_minute <= 0:
            raise ValueError(f"{self.model}: requests_per_minute must be positive")

    def cost(self, usage: Usage) -> float | None:
        """USD for these tokens, or None where no price applies."""
        return None if self.price is None else self.price.usd(usage)

    def reservation(self, request: Request) -> float:
        """USD one sending of the request may cost: its prompt as estimated, its reply at the enforced max_tokens."""
        most = Usage(prompt=estimate_prompt(request), completion=min(request.max_tokens, self.max_output))
        return self.cost(most) or 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Tiers:
    """Each tier's deployments, in the order in which they are asked: the first, then one to fall back on."""

    flash: tuple[Deployment, ...]
    pro: tuple[Deployment, ...]
    ultra: tuple[Deployment, ...] = ()
    """Empty where a profile has nothing above Pro; Pro answers then."""

    def __post_init__(self) -> None:
        """Refuse a tier nobody would answer."""
        if not self.flash or not self.pro:
            raise ValueError("the tiers flash and pro need at least one deployment each")

    def of(self, tier: Tier) -> tuple[Deployment, ...]:
        """The deployments that answer for a tier; never empty."""
        if tier == "flash":
            return self.flash
        return self.ultra or self.pro if tier == "ultra" else self.pro

    def reservation(self, request: Request) -> float:
        """USD a request may cost in all, repair and fallback included; what to reserve before it is asked."""
        return PAID_SENDS * max(deployment.reservation(request) for deployment in self.of(request.tier)[:2])


def estimate_tokens(text: str) -> int:
    """Tokens of a text, rounded up; counted in UTF-8 bytes, so that scripts of a token a character come out right."""
    return int(len(text.encode(errors="replace")) / CHARACTERS_PER_TOKEN) + 1


def estimate_prompt(request: Request) -> int:
    """Tokens of a whole request, on the dear side: messages with their calls and pictures, tools and schema."""
    pictures = sum(len(message.pictures) for message in request.messages)
    written = len(canonical([request.messages, request.tools, request.schema]))
    return int(written / CHARACTERS_PER_TOKEN) + 1 + pictures * PICTURE_TOKENS
