"""From what a command-line tool says when it fails to the error a caller acts on. Pure.

Such tools have no status codes worth the name, so their words are read: the end of what they say about a failure, but
for what they echo of their prompt; never a reply.
The words are those of the tools' own messages and of their issue trackers (anthropics/claude-code, openai/codex,
google-gemini/gemini-cli), November 2026.
"""

import re

from .command_tools import Tool
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
    UnknownModel,
)

_LOGIN = (
    *("/login", "not logged in", "please log ?in", "log in again", "logged out", "login required", "sign in again"),
    *("codex login", "invalid api key", "authentication[ _](?:failed|error|required|cancelled)", "unauthenticated"),
    *("unauthorized", r"\b401\b", "oauth token", "token (?:has )?(?:expired|been invalidated)", "set an auth method"),
    *("manual authorization", "fatalauthenticationerror", "ineligible"),
)
_ASKS = (
    *("opening authentication page", "(?:open|visit) (?:the following|this) (?:url|link)", "to sign in, use"),
    *(r"paste (?:the |your )?(?:auth\w* )?code", r"enter (?:the |your )?(?:auth\w* code|api key|password)"),
    *("log ?in at:? https?:", "press enter to (?:log|sign)"),
)
_QUOTA = (
    *("usage limit", r"hit your (?:\w+ )?limit", "(?<!rate )(?<!rate-)limit reached", r"reached your [\w ]*limit"),
    *("credit balance", "insufficient[_ ](?:credits|quota)", "quota exceeded", "exceeded your current quota"),
    *("exhausted your (?:daily|capacity)", "out of (?:extra )?(?:usage|credits)", "terminalquotaerror"),
    r"(?:daily|weekly|monthly) (?:\w+ )?(?:limit|quota)",
)
_RATE = ("rate.?limit", "too many requests", r"\b429\b", "resource.?(?:has been )?exhausted")
_OVERFLOW = (
    *("prompt is too long", "context.?(?:length|window)", "maximum context", "input is too long", "too many tokens"),
    "input exceeds",
)
_MODEL = (
    *("model[ _]not[ _]found", "unknown model", "invalid model", "no such model", "selected model"),
    "model .{0,80}(?:does not exist|is not supported)",
)
_FILTERED = ("usage policy", "content.?(?:filter|policy)", "safety (?:filter|system)", "prohibited_content")
_OVERLOADED = (
    *("overloaded", r"\b5(?:00|02|03|04|29)\b", "service unavailable", "at capacity", "internal server error"),
)
_NETWORK = (
    *("enotfound", "econnrefused", "econnreset", "etimedout", "eai_again", "getaddrinfo", "fetch failed"),
    *("network error", "connection error", "stream disconnected"),
)
_OPTION = ("(?:unknown|unrecognized|unexpected|invalid) (?:option|argument|flag|feature)",)

_LONGEST = 300
_END = 2_000
"""Characters at the end of what a tool said in which the reason of a failure is looked for."""
_LAST_WORDS = 400
"""The same for a tool that has not ended and may wait for a login: that is the last thing it says."""
_QUOTING = " \t>|"
"""What may stand around a line that is an echo."""
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]+")


def asks_for_login(said: str, *, prompt: str) -> bool:
    """Whether the tool waits for a person to log in, which nobody will do here; ``said`` is what stands on stderr.

    Words that the prompt has too may be its echo. A tool that means them is found out by its time limit.
    """
    last, sent = _end(said, prompt)[-_LAST_WORDS:], prompt.casefold()
    return any(found.group().casefold() not in sent for found in re.finditer("|".join(_ASKS), last, re.IGNORECASE))


def failed(model: str, said: str, *, prompt: str, tool: Tool | None, how: str) -> ModelError:
    """The error for a tool that failed; ``how`` it ended, such as ``exit code 1``, ``said`` is what it said of it."""
    message, said = _line(said) or "it says nothing", _end(said, prompt)
    known = _refused(model, said, message, tool)
    if known is not None:
        return known
    if _has(said, _RATE):
        return RateLimited(f"{model}: too many requests at the moment ({message}); wait")
    if _has(said, _OVERLOADED):
        return Overloaded(f"{model}: its provider failed ({message}); wait")
    if _has(said, _NETWORK):
        return Disconnected(f"{model}: it does not reach its provider ({message}); is this machine on the network?")
    return Disconnected(f"{model} failed with {how} ({message}); run it by hand to see why", usd=None)


def not_logged_in(model: str, said: str, *, tool: Tool | None) -> KeyRefused:
    """The tool has no login that works."""
    todo = f"log in with `{tool.login}`" if tool else "log into it, or let it have its key by `env` in its settings"
    return KeyRefused(f"{model} is not logged in ({_line(said)}); {todo}, then go on")


def _refused(model: str, said: str, message: str, tool: Tool | None) -> ModelError | None:
    if _has(said, _OPTION):
        todo = f"update it (`{tool.install}`), or give your own `command`" if tool else "correct `command`"
        return BadRequest(f"{model} does not take an option it was given ({message}); {todo} in [models]")
    if _has(said, _QUOTA):
        todo = "wait until your plan's limit is reset, or go on with another profile"
        return QuotaExhausted(f"{model}: your plan's limit is reached ({message}); {todo}")
    if _has(said, _OVERFLOW):
        return ContextOverflow(f"{model}: the prompt is longer than it takes ({message}); send less")
    if _has(said, _MODEL):
        return UnknownModel(f"{model}: there is no such model for you ({message}); name another in [models]")
    if _has(said, _FILTERED):
        return Filtered(f"{model}: stopped by its provider's content filter ({message}); say it in other words")
    if _has(said, _LOGIN) or _has(said, _ASKS):
        return not_logged_in(model, said, tool=tool)
    return None


def _end(said: str, prompt: str) -> str:
    """The last of what a tool said, without the lines that are its prompt's."""
    lines = said[-2 * _END :].splitlines()
    return "\n".join(line for line in lines if line.strip(_QUOTING) not in prompt)[-_END:]


def _has(said: str, words: tuple[str, ...]) -> bool:
    return re.search("|".join(words), said, re.IGNORECASE) is not None


def _line(text: str) -> str:
    """One line for a person: the end of what was said, where the reason stands."""
    text = _CONTROL.sub(" ", text).strip()
    return text if len(text) <= _LONGEST else f"…{text[-_LONGEST:]}"
