"""From what a provider library raised to the error a caller acts on. Pure, and imports no provider library.

Classes and status codes mislead: a used-up quota and a rate limit are both a 429, a cut connection is a 500, 529 has no
class, a filtered prompt and an invalid Gemini key are a plain 400. So the whole chain of causes is read, with the
bodies and headers that hang on it.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from urllib.parse import urlsplit

from .errors import (
    BadRequest,
    ContextOverflow,
    Disconnected,
    Filtered,
    KeyRefused,
    ModelError,
    Overloaded,
    QuotaExhausted,
    RateLimited,
    TimedOut,
    UnknownModel,
    Unreachable,
)

_NOBODY_LISTENS = {"ConnectionRefusedError"}
_NO_SUCH_NAME = {"gaierror", "ClientConnectorDNSError"}
_NEVER_SENT = {"ConnectError", "ConnectTimeout", "ClientConnectorError", "PoolTimeout"}
_NEVER_SENT |= {"ConnectionTimeoutError", "UnsupportedProtocol"}
_CUT = {"ReadError", "WriteError", "RemoteProtocolError", "ClientPayloadError", "ServerDisconnectedError"}
_CUT |= {"ClientOSError", "ConnectionResetError", "BrokenPipeError", "IncompleteRead"}
_TIMED_OUT = {"Timeout", "APITimeoutError", "TimeoutError", "ReadTimeout", "SocketTimeoutError", "ServerTimeoutError"}

_QUOTA = (
    "insufficient_quota",
    "insufficient credits",
    "insufficient balance",
    "credit balance is too low",
    "billing_hard_limit",
    "billing_not_active",
    "billing hard limit",
    "perday",
    "per day",
    "daily limit",
)
_OVERFLOW: tuple[str, ...] = (
    "context_length_exceeded",
    "maximum context length",
    "context window",
    "prompt is too long",
    "too many tokens",
)
_OVERFLOW += ("exceeds the maximum number of tokens", "input token count", "request_too_large")
_FILTERED = (
    "content_filter",
    "content_policy_violation",
    "content management policy",
    "safety system",
    "prohibited_content",
)
_KEY = ("api key not valid", "invalid_api_key", "api_key_invalid", "incorrect api key", "invalid x-api-key")
_UNKNOWN = ("model_not_found", "llm provider not provided", "is not a valid model", "model not found", "does not exist")

_REFUSED = re.compile(r"\[errno (?:111|61)\] connect call failed")
"""asyncio's words where a name has several addresses and each refused; 61 is macOS's number for that."""
_OLLAMA = "start Ollama with `ollama serve`, or correct OLLAMA_HOST or `api_base` in the settings"
_SERVER = "start the server there, or correct `api_base` in the settings"
_IN_BETWEEN = "is there a proxy or a firewall in between?"
_RETRY_DELAY = re.compile(r"retry_?delay\W{1,8}(\d+(?:\.\d+)?)s|try again in (\d+(?:\.\d+)?)\s?s", re.IGNORECASE)
_NOISE = re.compile(r"litellm\.[A-Za-z.]*(?:Error|Exception|Timeout):\s*|\b[A-Za-z]+(?:Error|Exception):?\s+(?:-\s+)?")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]+")
_LONGEST = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class _Evidence:
    """What a chain of exceptions says, as far as it can be trusted."""

    classes: frozenset[str]
    status: int | None
    said: str
    """Everything it says, in lower case, for marks to be found in."""
    message: str
    """What a person is shown: one line of the provider's own words."""
    retry_after: float | None


def classify(
    error: BaseException,
    *,
    model: str,
    address: str | None = None,
    key_env: str | None = None,
    now: float = 0.0,
) -> ModelError:
    """The ModelError for whatever was raised while ``model`` was asked.

    ``address`` is the URL that was asked, None for the provider's own; ``now`` is seconds since the epoch.
    """
    evidence = _gather(error, now=now)
    return (
        _unreachable(evidence, model, address)
        or _unreached(evidence, model)
        or _refused(evidence, model, key_env)
        or _failed(evidence, model)
    )


def _unreachable(seen: _Evidence, model: str, address: str | None) -> ModelError | None:
    where = _host(address) if address else "its provider"
    if seen.classes & _NOBODY_LISTENS or _REFUSED.search(seen.said):
        todo = _OLLAMA if model.startswith("ollama") else _SERVER if address else _IN_BETWEEN
        return Unreachable(f"{model}: nothing listens at {where} (connection refused); {todo}")
    if seen.classes & _NO_SUCH_NAME:
        todo = ", and is `api_base` in the settings right" if address else ""
        return Unreachable(f"{model}: the name of {where} cannot be looked up; is this machine on the network{todo}?")
    return None


def _host(address: str) -> str:
    """The part of a URL that says where, without what may be secret in it."""
    return _CONTROL.sub("", urlsplit(address).netloc.rpartition("@")[2]) or "the address in `api_base`"


def _unreached(seen: _Evidence, model: str) -> ModelError | None:
    if seen.classes & _NEVER_SENT:
        return Disconnected(f"{model}: no connection ({seen.message}); is the address right and the server up?")
    if seen.classes & _CUT:
        return Disconnected(f"{model}: the connection was cut ({seen.message}); asking again may help", usd=None)
    if seen.classes & _TIMED_OUT or seen.status in {408, 504}:
        return TimedOut(f"{model}: no reply in time ({seen.message}); asking again may help", usd=None)
    return None


def _refused(seen: _Evidence, model: str, key_env: str | None) -> ModelError | None:
    if "ContextWindowExceededError" in seen.classes or seen.status == 413 or _has(seen, _OVERFLOW, {400, 422}):  # noqa: PLR2004 - an HTTP status
        return ContextOverflow(f"{model}: the request is longer than its context window ({seen.message}); send less")
    if "ContentPolicyViolationError" in seen.classes or _has(seen, _FILTERED, {400, 403, 422}):
        return Filtered(f"{model}: stopped by the provider's content filter ({seen.message}); say it in other words")
    if seen.status == 402 or _has(seen, _QUOTA, {400, 403}) or _used_up(seen):  # noqa: PLR2004 - an HTTP status
        return QuotaExhausted(
            f"{model}: the account's quota is used up ({seen.message}); top it up or choose another profile"
        )
    if seen.status in {401, 403} or _has(seen, _KEY, {400}):
        where = f"set a valid key in {key_env}" if key_env else "configure a key for it"
        return KeyRefused(f"{model}: the key was refused ({seen.message}); {where}")
    if seen.status == 404 or "LiteLLMUnknownProvider" in seen.classes or _has(seen, _UNKNOWN, {400, 404}):  # noqa: PLR2004
        return UnknownModel(f"{model}: no such model ({seen.message}); correct its name in the settings")
    return None


def _failed(seen: _Evidence, model: str) -> ModelError:
    if seen.status == 429:  # noqa: PLR2004 - an HTTP status
        return RateLimited(f"{model}: rate limit reached ({seen.message}); wait", retry_after=seen.retry_after)
    if "JSONDecodeError" in seen.classes:
        return Overloaded(
            f"{model}: the reply was not JSON ({seen.message}); a gateway in between may be down", usd=None
        )
    if seen.status is not None and seen.status >= 500:  # noqa: PLR2004 - an HTTP status
        said = f"{model}: the provider failed with {seen.status} ({seen.message}); wait"
        return Overloaded(said, retry_after=seen.retry_after)
    return BadRequest(f"{model}: the request was not accepted ({seen.message}); check this deployment's settings")


def _used_up(seen: _Evidence) -> bool:
    """Whether a 429 is about money or the day, and not about this minute."""
    if seen.status != 429 or "perminute" in seen.said or "per minute" in seen.said:  # noqa: PLR2004 - an HTTP status
        return False
    plan_spent = "exceeded your current quota" in seen.said and seen.retry_after is None
    return plan_spent or any(mark in seen.said for mark in _QUOTA)


def _has(seen: _Evidence, marks: tuple[str, ...], statuses: set[int]) -> bool:
    return seen.status in statuses and any(mark in seen.said for mark in marks)


def _gather(error: BaseException, *, now: float) -> _Evidence:
    chain = tuple(_chain(error))
    bodies = [str(body) for part in chain if (body := getattr(part, "body", None))]
    codes = [str(code) for part in chain if (code := getattr(part, "code", None))]
    said = " ".join([*(str(part) for part in chain), *bodies, *codes])
    statuses = (status for part in chain if isinstance(status := getattr(part, "status_code", None), int))
    return _Evidence(
        classes=frozenset(kind.__name__ for part in chain for kind in type(part).__mro__),
        status=next(statuses, None),
        said=said.lower(),
        message=_line(str(getattr(error, "message", "")) or str(error) or type(error).__name__),
        retry_after=_retry_after(chain, said, now=now),
    )


def _chain(error: BaseException) -> Iterator[BaseException]:
    seen: set[int] = set()
    part: BaseException | None = error
    while part is not None and id(part) not in seen:
        seen.add(id(part))
        yield part
        part = part.__cause__ or part.__context__


def _line(text: str) -> str:
    text = _CONTROL.sub(" ", _NOISE.sub("", text)).strip(" -")
    return text if len(text) <= _LONGEST else text[:_LONGEST] + "…"


def _retry_after(chain: tuple[BaseException, ...], said: str, *, now: float) -> float | None:
    for part in chain:
        for holder in (getattr(part, "response", None), part):
            for name in ("headers", "litellm_response_headers"):
                headers = getattr(holder, name, None)
                if isinstance(headers, Mapping) and (seconds := _from_headers(headers, now=now)) is not None:
                    return seconds
    found = _RETRY_DELAY.search(said)
    return float(found[1] or found[2]) if found else None


def _from_headers(headers: Mapping[str, str], *, now: float) -> float | None:
    lowered = {str(name).lower(): str(value) for name, value in headers.items()}
    milliseconds, value = lowered.get("retry-after-ms", ""), lowered.get("retry-after", "")
    for text, unit in ((milliseconds, 1000.0), (value, 1.0)):
        if re.fullmatch(r"\d{1,9}(\.\d{1,9})?", text):
            return float(text) / unit
    if value:
        try:
            return max(0.0, parsedate_to_datetime(value).timestamp() - now)
        except (ValueError, OverflowError):
            return None
    return None
