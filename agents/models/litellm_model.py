"""Models over HTTP through litellm: one request, one reply, no retries. The only module that imports litellm.

litellm costs 5 s of CPU and 200 MB to import, so it is imported at the first call or by `warm`, in a thread.
"""

import asyncio
import copy
import gc
import logging
import os
import threading
from collections.abc import Mapping
from typing import Any, Protocol, cast

import msgspec

from ...orchestrator.nouns.keys import CallKey
from ...orchestrator.ports import Clock
from .. import pictures, text_protocol
from .classify import classify
from .errors import ContextOverflow, EmptyReply, Filtered, KeyRefused, ModelError, TimedOut
from .port import Message, Picture, Reply, Request, ToolCall, Usage
from .replies import RawCall, RawReply, instructions, judge
from .tiers import Deployment, estimate_prompt, estimate_tokens

_CALL_HEADER = "x-agentctl-call"
_SHORTEST_KEY = 8
"""Characters; a shorter one is a placeholder for a local server, and would be found inside other words."""

_lock = threading.Lock()
_loaded: "_Litellm | None" = None


class _Litellm(Protocol):
    """What is used of litellm, and no more."""

    suppress_debug_info: bool
    telemetry: bool
    drop_params: bool
    model_cost: dict[str, dict[str, Any]]

    async def acompletion(self, **arguments: Any) -> Any: ...
    async def close_litellm_async_clients(self) -> None: ...
    def supports_vision(self, model: str) -> bool: ...


def warm() -> threading.Thread:
    """Import litellm in the background, so that the first call need not wait for it; returns the thread."""
    thread = threading.Thread(target=_load, name="warm-litellm", daemon=True)
    thread.start()
    return thread


async def close() -> None:
    """Close the HTTP clients that litellm keeps; to be awaited once, before the event loop ends."""
    if _loaded is not None:
        await _loaded.close_litellm_async_clients()
        await _stop_logging()


class LitellmModel:
    """One deployment behind the Model port. Cancelling a call closes its connection.

    Args:
        deployment: which model, where, and within which limits.
        clock: measures how long a call took.
        environ: where the key is looked up, at each call.
    """

    def __init__(self, deployment: Deployment, *, clock: Clock, environ: Mapping[str, str] = os.environ) -> None:
        self._deployment = deployment
        self._clock = clock
        self._environ = environ

    async def complete(self, key: CallKey, request: Request) -> Reply:
        """Send the request once, and judge what comes back.

        Raises subclasses of ModelError, with ``usd`` None where the provider may have charged for nothing we saw.
        """
        secret = self._secret()
        litellm = _loaded if _loaded is not None else await asyncio.to_thread(_load)
        if self._local:
            litellm.model_cost.setdefault(self._deployment.model, _listed(self._deployment))
        request = self._visible(litellm, request)
        self._refuse_what_cannot_fit(request)
        started = self._clock.monotonic()
        response = await self._send(litellm, self._arguments(key, request, secret), secret)
        return self._reply(request, response, seconds=self._clock.monotonic() - started)

    def _secret(self) -> str | None:
        name = self._deployment.key_env
        if name is None:
            return None
        secret = self._environ.get(name, "").strip()
        if not secret:
            raise KeyRefused(f"{self._deployment.model} needs a key: set {name}, or choose another profile")
        return secret

    def _visible(self, litellm: _Litellm, request: Request) -> Request:
        """The request with the pictures that the model can see; of the others it is told that they are there."""
        model = self._deployment.model
        if request.tools and self._deployment.tools == "text":
            return pictures.in_words(request, pictures.to_attach)
        sees = any(message.pictures for message in request.messages) and litellm.supports_vision(model)
        return pictures.in_words(request, pictures.not_shown, which=lambda each: not sees or _unknown_kind(model, each))

    def _refuse_what_cannot_fit(self, request: Request) -> None:
        """Ollama cuts the start off a prompt that is too long, and says nothing."""
        if self._local and (tokens := estimate_prompt(request)) > self._deployment.context:
            raise ContextOverflow(
                f"{self._deployment.model}: about {tokens} tokens do not fit its context of {self._deployment.context} "
                "tokens; send less, or raise `context` in the settings"
            )

    @property
    def _local(self) -> bool:
        return self._deployment.model.startswith(("ollama/", "ollama_chat/"))

    async def _send(self, litellm: _Litellm, arguments: dict[str, Any], secret: str | None) -> Any:
        model, limit = self._deployment.model, self._deployment.total_seconds
        deadline = asyncio.timeout(limit)
        try:
            async with deadline:
                return await litellm.acompletion(**arguments)
        except TimeoutError as error:
            if deadline.expired():
                raise TimedOut(
                    f"{model}: no complete reply within {limit:g} s; asking again may help", usd=None
                ) from error
            raise self._classified(error, secret) from None
        except Exception as error:  # noqa: BLE001 - litellm raises its own, openai's, httpx's, aiohttp's and bare exceptions
            raise self._classified(error, secret) from None

    def _classified(self, error: Exception, secret: str | None) -> ModelError:
        deployment = self._deployment
        found = classify(
            error,
            model=deployment.model,
            address=deployment.api_base,
            key_env=deployment.key_env,
            now=self._clock.now(),
        )
        if secret is not None and len(secret) >= _SHORTEST_KEY:
            found.args = (str(found).replace(secret, "[key]"),)
        return found

    def _arguments(self, key: CallKey, request: Request, secret: str | None) -> dict[str, Any]:
        deployment = self._deployment
        arguments: dict[str, Any] = {
            "model": deployment.model,
            "messages": self._messages(request),
            "api_key": secret or "none",
            "max_tokens": min(request.max_tokens, deployment.max_output),
            "timeout": deployment.idle_seconds,
            "stream": False,
            "num_retries": 0,
            "max_retries": 0,
            "no-log": True,
        }
        if deployment.temperature:
            arguments["temperature"] = request.temperature
        if deployment.api_base is not None:
            # A gateway of the user's own can tell by it which task a call belongs to; providers are not told.
            arguments |= {"api_base": deployment.api_base, "extra_headers": {_CALL_HEADER: str(key)}}
        if self._local:
            arguments["num_ctx"] = deployment.context
        if request.tools and deployment.tools == "native":
            arguments["tools"] = [_tool(tool.name, tool.description, tool.parameters) for tool in request.tools]
        if request.schema is not None and deployment.schemas:
            wanted = {"name": "reply", "schema": copy.deepcopy(request.schema)}
            arguments["response_format"] = {"type": "json_schema", "json_schema": wanted}
        return arguments

    def _messages(self, request: Request) -> list[dict[str, Any]]:
        if request.tools and self._deployment.tools == "text":
            messages = [{"role": "user", "content": text_protocol.render(request)}]
        else:
            messages = [_message(message) for message in request.messages]
        if request.schema is not None and not self._deployment.schemas:
            messages.append({"role": "user", "content": instructions(request.schema)})
        return messages

    def _reply(self, request: Request, response: Any, *, seconds: float) -> Reply:
        deployment = self._deployment
        raw = _raw(response)
        usage = _usage(response, request, raw)
        usd = deployment.cost(usage)
        try:
            text, calls = self._judged(request, response, raw)
        except ModelError as error:
            error.usd, error.usage = usd or 0.0, usage
            raise
        return Reply(text=text, calls=calls, usage=usage, model=deployment.model, usd=usd, seconds=seconds)

    def _judged(self, request: Request, response: Any, raw: RawReply | None) -> tuple[str, tuple[ToolCall, ...]]:
        model = self._deployment.model
        if raw is None:
            raise EmptyReply(f"{model} sent no choices; asking again usually helps")
        if response.choices[0].finish_reason == "content_filter":
            raise Filtered(f"{model}: its reply was stopped by the provider's content filter; say it in other words")
        return judge(request, raw, model=model, in_text=self._deployment.tools == "text")


def _load() -> _Litellm:
    """Import and quieten litellm once; safe from any thread."""
    global _loaded  # noqa: PLW0603 - a module is imported once in a process
    with _lock:
        if _loaded is None:
            os.environ.setdefault("LITELLM_LOCAL_MODEL_COST_MAP", "True")  # else prices are fetched at import
            os.environ.setdefault("LITELLM_LOG", "CRITICAL")
            gc.disable()  # it would look through a growing heap again and again: a third of the import's CPU time
            try:
                import litellm  # noqa: PLC0415 - 3 s of CPU
            finally:
                gc.freeze()  # modules stay; no later look, the one at exit included, passes over them
                gc.enable()

            litellm.suppress_debug_info = True
            litellm.telemetry = False
            litellm.drop_params = True
            for name in ("LiteLLM", "LiteLLM Router", "LiteLLM Proxy", "httpx"):
                logging.getLogger(name).setLevel(logging.CRITICAL)
            _loaded = cast("_Litellm", litellm)
        return _loaded


def _listed(deployment: Deployment) -> dict[str, Any]:
    """A local model as litellm lists models: for one it does not know it asks Ollama, and blocks the event loop."""
    return {
        "litellm_provider": deployment.model.partition("/")[0],
        "mode": "chat",
        "input_cost_per_token": 0.0,
        "output_cost_per_token": 0.0,
        "max_input_tokens": deployment.context,
        "max_output_tokens": deployment.max_output,
        "supports_function_calling": deployment.tools == "native",
        "supports_response_schema": deployment.schemas,
    }


async def _stop_logging() -> None:
    """End litellm's task that hands calls to logging services; it outlives the loop otherwise."""
    from litellm.litellm_core_utils.logging_worker import GLOBAL_LOGGING_WORKER  # noqa: PLC0415 - as in _load

    await GLOBAL_LOGGING_WORKER.stop()


def _unknown_kind(model: str, picture: Picture) -> bool:
    """Gemini refuses a request with a GIF in it; its API lists PNG, JPEG, WebP, HEIC and HEIF."""
    return "gemini" in model and picture.mime == "image/gif"


def _message(message: Message) -> dict[str, Any]:
    if message.role == "tool":
        return {"role": "tool", "tool_call_id": message.call, "content": message.text}
    if message.pictures:
        shown = [part for picture in message.pictures for part in _parts(picture)]
        return {"role": message.role, "content": [{"type": "text", "text": message.text}, *shown]}
    if not message.calls:
        return {"role": message.role, "content": message.text}
    calls = [
        {
            "id": call.id,
            "type": "function",
            "function": {"name": call.name, "arguments": msgspec.json.encode(call.arguments).decode()},
        }
        for call in message.calls
    ]
    return {"role": message.role, "content": message.text or None, "tool_calls": calls}


def _parts(picture: Picture) -> list[dict[str, Any]]:
    """A picture under its name."""
    return [
        {"type": "text", "text": f"The picture {pictures.name(picture)}:"},
        {"type": "image_url", "image_url": {"url": pictures.data_url(picture)}},
    ]


def _tool(name: str, description: str, parameters: Mapping[str, Any]) -> dict[str, Any]:
    copied = copy.deepcopy(parameters)  # litellm edits schemas in place to suit a provider, and would edit the Request
    return {"type": "function", "function": {"name": name, "description": description, "parameters": copied}}


def _raw(response: Any) -> RawReply | None:
    """The first choice; None where there is none."""
    if not response.choices:
        return None
    message = response.choices[0].message
    calls = tuple(
        RawCall(id=call.id or f"call_{index}", name=call.function.name or "", arguments=call.function.arguments or "")
        for index, call in enumerate(message.tool_calls or ())
    )
    return RawReply(text=message.content or "", calls=calls, cut=response.choices[0].finish_reason == "length")


def _usage(response: Any, request: Request, raw: RawReply | None) -> Usage:
    """Tokens as reported, or estimated where the provider reports none."""
    reported = getattr(response, "usage", None)
    prompt, completion = (getattr(reported, name, 0) or 0 for name in ("prompt_tokens", "completion_tokens"))
    if prompt <= 0:
        said = "" if raw is None else raw.text + "".join(call.name + call.arguments for call in raw.calls)
        return Usage(prompt=estimate_prompt(request), completion=estimate_tokens(said), estimated=True)
    details = getattr(reported, "prompt_tokens_details", None)
    return Usage(prompt=prompt, completion=completion, cached=getattr(details, "cached_tokens", 0) or 0)
