"""The OpenAI wire format: reads request bodies, writes answers and faults as status, headers and body."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import msgspec

from .script import Answer, Asked, Fault

_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder().decode


@dataclass(frozen=True, slots=True, kw_only=True)
class Wire:
    """An answer as bytes go out."""

    status: int
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)


_ERRORS: dict[Fault, tuple[int, str, str, str]] = {
    "rate": (429, "rate_limit_exceeded", "requests", "Rate limit reached for requests"),
    "quota": (429, "insufficient_quota", "insufficient_quota", "You exceeded your current quota, check your plan"),
    "error": (500, "server_error", "server_error", "The server had an error while processing your request"),
    "overloaded": (529, "overloaded_error", "overloaded_error", "Overloaded"),
    "key": (401, "invalid_api_key", "invalid_request_error", "Incorrect API key provided"),
    "unknown_model": (404, "model_not_found", "invalid_request_error", "The model does not exist"),
    "bad_request": (400, "invalid_value", "invalid_request_error", "Invalid value for a parameter"),
    "filter": (400, "content_filter", "invalid_request_error", "The response was filtered by content management"),
    "overflow": (
        400,
        "context_length_exceeded",
        "invalid_request_error",
        "This model's maximum context length is 8192 tokens. However, your messages resulted in 9000 tokens",
    ),
}


def read(body: bytes, headers: Mapping[str, str], *, sent: int) -> Asked:
    """A request body as a script sees it; raises ValueError on anything but a chat completion request."""
    data = _decode(body)
    if not isinstance(data, dict) or not isinstance(data.get("messages"), list):
        raise ValueError("the body is no chat completion request")  # noqa: TRY004 - malformed data, not a wrong argument
    texts = [_text(message) for message in data["messages"]]
    return Asked(
        model=str(data.get("model", "")),
        text="\n".join(texts),
        last=texts[-1] if texts else "",
        turn=sum(message.get("role") == "assistant" for message in data["messages"]),
        tools=tuple(tool["function"]["name"] for tool in data.get("tools") or ()),
        pictures=tuple(url for message in data["messages"] for url in _pictures(message)),
        call=headers.get("x-agentctl-call") or str(data.get("user") or ""),
        sent=sent,
    )


def write(answer: Answer, asked: Asked) -> Wire:
    """An answer, or a fault that is a well-formed response, as bytes."""
    fault = answer.fault
    if fault in _ERRORS:
        return _error(answer, _ERRORS[fault])
    if fault == "not_json":
        return Wire(status=200, body=b"<html>Bad gateway</html>")
    body = {
        "id": f"chatcmpl-{asked.sent}",
        "object": "chat.completion",
        "created": 1_760_000_000,
        "model": asked.model,
        "choices": [] if fault == "no_choices" else [_choice(answer, asked)],
    }
    if fault != "no_usage":
        prompt, completion = answer.tokens(asked)
        body["usage"] = {
            "prompt_tokens": prompt,
            "completion_tokens": completion,
            "total_tokens": prompt + completion,
            "prompt_tokens_details": {"cached_tokens": answer.cached},
        }
    return Wire(status=200, body=_encode(body))


def _error(answer: Answer, error: tuple[int, str, str, str]) -> Wire:
    status, code, kind, message = error
    headers = {} if answer.retry_after is None else {"retry-after": f"{answer.retry_after:g}"}
    return Wire(
        status=status, body=_encode({"error": {"message": message, "type": kind, "code": code}}), headers=headers
    )


def _choice(answer: Answer, asked: Asked) -> dict[str, Any]:
    fault = answer.fault
    text = {"empty": "", "repeat": "and again " * 800}.get(fault or "", answer.text)
    message: dict[str, Any] = {"role": "assistant", "content": text}
    calls = [] if fault == "empty" else _calls(answer, asked)
    if calls:
        message["tool_calls"] = calls
    reason = "tool_calls" if calls else "stop"
    reason = {"filtered_reply": "content_filter", "repeat": "length", "length": "length"}.get(fault or "", reason)
    return {"index": 0, "message": message, "finish_reason": reason}


def _calls(answer: Answer, asked: Asked) -> list[dict[str, Any]]:
    calls = []
    for index, call in enumerate(answer.calls):
        name, arguments = call.name, _encode(call.arguments).decode()
        call_id = call.id or f"call_{asked.sent}_{index}"
        match answer.fault:
            case "bad_arguments":
                arguments = arguments[:-1]
            case "wrong_arguments":
                arguments = '{"nobody": "asked for this"}'
            case "unknown_tool":
                name = "launch_rocket"
            case "duplicate_ids":
                call_id = "call_1"
            case _:
                pass
        calls.append({"id": call_id, "type": "function", "function": {"name": name, "arguments": arguments}})
    return calls * 2 if answer.fault == "duplicate_ids" and len(calls) == 1 else calls


def _pictures(message: Mapping[str, Any]) -> list[str]:
    content = message.get("content")
    parts = content if isinstance(content, list) else []
    return [str(part["image_url"]["url"]) for part in parts if part.get("type") == "image_url"]


def _text(message: Mapping[str, Any]) -> str:
    content = message.get("content")
    if isinstance(content, list):
        return "".join(part.get("text", "") for part in content)
    return str(content or "")
