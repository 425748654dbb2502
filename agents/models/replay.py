"""A recording as a Model: the reply of then to each call, after the time it took, and a word where prompts differ."""

import difflib
from collections.abc import Callable
from dataclasses import dataclass, replace

from ...orchestrator.nouns.keys import CallKey
from ...orchestrator.ports import Clock
from ...orchestrator.rules.normalise import normalise
from ..digest import digest, message_digest, tools_digest
from ..recording import RecordedCall, Recording
from .errors import ModelError
from .port import Message, Reply, Request

_SHOWN_LINES = 12


class NotRecorded(ModelError):
    """The recording has no answer for this call."""


class RecordedFailure(ModelError):
    """The call failed when the run was recorded, and so it fails again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Drift:
    """A call that was asked something else than when it was recorded; its recorded reply is used all the same."""

    key: CallKey
    what: str
    """The first thing that differs, as a short diff."""


class ReplayModel:
    """Answers from a recording.

    Args:
        recording: what was said then.
        clock: for the waiting.
        scale: how much of a reply's time is waited for: 1 for all of it, 0 for none.
        on_drift: told of each call whose request is not the recorded one.
    """

    def __init__(
        self,
        recording: Recording,
        *,
        clock: Clock,
        scale: float = 1.0,
        on_drift: Callable[[Drift], None] = lambda _: None,
    ) -> None:
        self._recording = recording
        self._clock = clock
        self._scale = scale
        self._on_drift = on_drift

    async def complete(self, key: CallKey, request: Request) -> Reply:
        """The recorded reply, which costs nothing now.

        Raises NotRecorded where the recording has none, and RecordedFailure where the call failed then.
        """
        call = self._recording.calls.get(str(key))
        if call is None:
            raise NotRecorded(
                f"the recording {self._recording.header.title!r} does not cover call {key}: the spec, the code or "
                "agentctl has changed since. Record the run anew, or go on with a live model: `--profile NAME`"
            )
        if call.digest != digest(request) and call.digest != digest(_of_then(self._recording, call, request)):
            self._on_drift(Drift(key=key, what=_difference(self._recording, call, request)))
        await self._clock.sleep(call.seconds * self._scale)
        if (reply := call.reply) is None:
            raise RecordedFailure(f"call {key} failed when it was recorded: {call.error}")
        return replace(reply, usd=None)


def _of_then(recording: Recording, call: RecordedCall, request: Request) -> Request:
    """The request with each message as it was recorded, where nothing but what changes from run to run is different.

    A recording may be older than a name that `normalise` gives, and then holds, say, the date of its day.
    """
    if len(call.messages) != len(request.messages):
        return request
    pairs = zip(call.messages, request.messages, strict=True)
    return replace(request, messages=tuple(_text_of_then(recording, then, now) for then, now in pairs))


def _text_of_then(recording: Recording, digest_then: str, now: Message) -> Message:
    if message_digest(now) == digest_then:
        return now
    then = recording.message(digest_then).text
    return replace(now, text=then) if normalise(then) == normalise(now.text) else now


def _difference(recording: Recording, call: RecordedCall, request: Request) -> str:
    """What a recorded request and the present one first differ in."""
    if call.tier != request.tier:
        return f"tier: {call.tier} then, {request.tier} now"
    if call.tools != tools_digest(request):
        return "the tools, or the form of the answer, are not those of the recording"
    now = [message_digest(message) for message in request.messages]
    for index, message in enumerate(request.messages):
        if index >= len(call.messages):
            break
        if now[index] != call.messages[index]:
            return f"message {index + 1}:\n{_diff(recording.message(call.messages[index]), message)}"
    if len(now) != len(call.messages):
        return f"{len(call.messages)} messages then, {len(now)} now"
    return "the limits of the request, or secrets in it, are not those of the recording"


def _diff(then: Message, now: Message) -> str:
    lines = difflib.unified_diff(_shown(then), _shown(now), "recorded", "now", n=1, lineterm="")
    return "\n".join(line[:200] for line, _ in zip(lines, range(_SHOWN_LINES), strict=False))


def _shown(message: Message) -> list[str]:
    calls = [f"call {call.name} {call.arguments} {call.error}".rstrip() for call in message.calls]
    pictures = [f"picture {picture.path} {picture.sha256[:12]} {picture.alt}".rstrip() for picture in message.pictures]
    return [f"{message.role} {message.call}".rstrip(), *message.text.splitlines(), *calls, *pictures]
