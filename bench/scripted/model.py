"""ScriptedModel: the Model port in process, by the same scripts as the server. Latency passes on the Clock."""

import asyncio
import json
from collections import Counter
from typing import Any

from ...agents.models.errors import (
    BadRequest,
    ContextOverflow,
    Disconnected,
    EmptyReply,
    Filtered,
    KeyRefused,
    ModelError,
    Overloaded,
    QuotaExhausted,
    RateLimited,
    TimedOut,
    UnknownModel,
)
from ...agents.models.port import Reply, Request, ToolCall, Usage
from ...agents.models.replies import RawCall, RawReply, judge
from ...agents.models.tiers import Price
from ...agents.pictures import data_url
from ...orchestrator.nouns.keys import CallKey
from ...orchestrator.ports import Clock
from .script import Answer, Asked, Fault, Script
from .wire import write

_REFUSALS: dict[Fault, type[ModelError]] = {
    "quota": QuotaExhausted,
    "key": KeyRefused,
    "unknown_model": UnknownModel,
    "bad_request": BadRequest,
    "filter": Filtered,
    "overflow": ContextOverflow,
}


class ScriptedModel:
    """Answers by script; every fault raises what the litellm adapter would raise for it.

    Args:
        script: what is answered; a callable, or Rules.
        clock: on which latencies pass.
        model: the name the replies carry.
        price: what tokens cost; None where nothing does.
    """

    def __init__(self, script: Script, *, clock: Clock, model: str = "scripted", price: Price | None = None) -> None:
        self._script = script
        self._clock = clock
        self._model = model
        self._price = price
        self.calls = 0
        self.in_flight = 0
        self.most_in_flight = 0
        self.by_call: Counter[CallKey] = Counter()

    async def complete(self, key: CallKey, request: Request) -> Reply:
        """The scripted reply, after the scripted latency; raises ModelError subclasses."""
        self.calls += 1
        self.by_call[key] += 1
        self.in_flight += 1
        self.most_in_flight = max(self.most_in_flight, self.in_flight)
        started = self._clock.monotonic()
        try:
            asked = self._asked(key, request)
            answer = self._script(asked)
            if answer.latency > 0:
                await self._clock.sleep(answer.latency)
            if answer.fault == "hang":
                await asyncio.Event().wait()
            return self._reply(request, asked, answer, seconds=self._clock.monotonic() - started)
        finally:
            self.in_flight -= 1

    def _asked(self, key: CallKey, request: Request) -> Asked:
        return Asked(
            model=self._model,
            text="\n".join(message.text for message in request.messages),
            last=request.messages[-1].text if request.messages else "",
            turn=sum(message.role == "assistant" for message in request.messages),
            tools=tuple(tool.name for tool in request.tools),
            pictures=tuple(data_url(each) for message in request.messages for each in message.pictures),
            call=str(key),
            sent=self.calls,
        )

    def _reply(self, request: Request, asked: Asked, answer: Answer, *, seconds: float) -> Reply:
        self._strike(answer)
        prompt, completion = answer.tokens(asked)
        usage = Usage(prompt=prompt, completion=completion, cached=answer.cached, estimated=answer.fault == "no_usage")
        usd = None if self._price is None else self._price.usd(usage)
        try:
            text, calls = self._judged(request, asked, answer)
        except ModelError as error:
            error.usd, error.usage = usd or 0.0, usage
            raise
        return Reply(text=text, calls=calls, usage=usage, model=self._model, usd=usd, seconds=seconds)

    def _judged(self, request: Request, asked: Asked, answer: Answer) -> tuple[str, tuple[ToolCall, ...]]:
        body = json.loads(write(answer, asked).body)
        if not body["choices"]:
            raise EmptyReply(f"{self._model}: scripted fault {answer.fault}")
        if body["choices"][0]["finish_reason"] == "content_filter":
            raise Filtered(f"{self._model}: scripted fault {answer.fault}")
        return judge(request, _raw(body["choices"][0]), model=self._model)

    def _strike(self, answer: Answer) -> None:
        said = f"{self._model}: scripted fault {answer.fault}"
        match answer.fault:
            case "rate":
                raise RateLimited(said, retry_after=answer.retry_after)
            case "error" | "overloaded":
                raise Overloaded(said, retry_after=answer.retry_after)
            case "not_json":
                raise Overloaded(said, usd=None)
            case "disconnect" | "cut":
                raise Disconnected(said, usd=None)
            case "drip":
                raise TimedOut(said, usd=None)
            case fault if fault in _REFUSALS:
                raise _REFUSALS[fault](said)
            case _:
                return


def _raw(choice: dict[str, Any]) -> RawReply:
    message = choice["message"]
    calls = tuple(
        RawCall(id=call["id"], name=call["function"]["name"], arguments=call["function"]["arguments"])
        for call in message.get("tool_calls", ())
    )
    return RawReply(text=message["content"], calls=calls, cut=choice["finish_reason"] == "length")
