"""Real litellm against a real server: each way of failing becomes the error its caller acts on."""

import asyncio
import json
import logging
import socket
import threading
from collections.abc import Awaitable, Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from agentctl.agents.models import errors, litellm_model
from agentctl.agents.models.litellm_model import LitellmModel
from agentctl.agents.models.port import Message, Request, ToolCall, Usage
from agentctl.agents.models.profiles import tiers
from agentctl.agents.models.tiers import Deployment
from agentctl.bench.scripted import Answer, ScriptCall, ScriptedServer
from agentctl.orchestrator.clock import SystemClock
from agentctl.orchestrator.nouns.keys import CallKey

READ_A = ScriptCall(name="read", arguments={"path": "a.py"}, id="call_a")
PLAN = {"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"]}


async def test_a_reply_comes_with_its_calls_its_usage_and_its_price(
    over_http: Callable[..., Awaitable[tuple[LitellmModel, ScriptedServer]]], ask: Callable[..., Request], key: CallKey
) -> None:
    answer = Answer(text="so", calls=(READ_A,), prompt=1_000_000, completion=100_000, cached=400_000)
    model, server = await over_http(lambda _: answer)
    reply = await model.complete(key, ask())
    assert reply.text == "so"
    assert reply.calls == (ToolCall(id="call_a", name="read", arguments={"path": "a.py"}),)
    assert reply.usage == Usage(prompt=1_000_000, completion=100_000, cached=400_000)
    assert reply.usd == pytest.approx(2.0)
    assert reply.model == "openai/test"
    assert server.counts.by_call == {str(key): 1}


async def test_a_conversation_with_tool_results_arrives_in_the_providers_words(
    over_http: Callable[..., Awaitable[tuple[LitellmModel, ScriptedServer]]], ask: Callable[..., Request], key: CallKey
) -> None:
    seen = []
    model, _ = await over_http(lambda asked: seen.append(asked) or Answer(text="done"))
    messages = (
        Message(role="system", text="You write code."),
        Message(role="user", text="Go."),
        Message(role="assistant", text="", calls=(ToolCall(id="c1", name="read", arguments={"path": "a"}),)),
        Message(role="tool", text="A = 1", call="c1"),
    )
    await model.complete(key, ask(messages=messages))
    assert (seen[0].turn, seen[0].last, seen[0].tools) == (1, "A = 1", ("read",))


FAULTS = [
    ("rate", errors.RateLimited),
    ("quota", errors.QuotaExhausted),
    ("error", errors.Overloaded),
    ("overloaded", errors.Overloaded),
    ("key", errors.KeyRefused),
    ("unknown_model", errors.UnknownModel),
    ("bad_request", errors.BadRequest),
    ("filter", errors.Filtered),
    ("filtered_reply", errors.Filtered),
    ("overflow", errors.ContextOverflow),
    ("disconnect", errors.Disconnected),
    ("cut", errors.Disconnected),
    ("not_json", errors.Overloaded),
    ("empty", errors.EmptyReply),
    ("no_choices", errors.EmptyReply),
    ("repeat", errors.Repeating),
    ("bad_arguments", errors.Malformed),
    ("wrong_arguments", errors.Malformed),
    ("unknown_tool", errors.Malformed),
    ("duplicate_ids", errors.Malformed),
]


@pytest.mark.parametrize(("fault", "expected"), FAULTS)
async def test_each_fault_has_its_own_error(
    over_http: Callable[..., Awaitable[tuple[LitellmModel, ScriptedServer]]],
    ask: Callable[..., Request],
    key: CallKey,
    fault: Any,
    expected: type[errors.ModelError],
) -> None:
    calls = (READ_A,) if issubclass(expected, errors.Malformed) else ()
    model, server = await over_http(lambda _: Answer(text="hm", calls=calls, fault=fault, prompt=10, completion=2))
    with pytest.raises(errors.ModelError) as caught:
        await model.complete(key, ask())
    assert type(caught.value) is expected
    assert "openai/test" in str(caught.value)
    assert server.counts.calls == 1, "the adapter itself never asks again"
    paid = issubclass(expected, errors.BadReply) or fault == "filtered_reply"
    unknown = fault in {"disconnect", "cut", "not_json"}
    assert caught.value.usd == (None if unknown else pytest.approx(30e-6) if paid else 0.0)


@pytest.mark.parametrize("fault", ["rate", "overloaded", "error"])
async def test_retry_after_is_passed_on_however_long_it_is(
    over_http: Callable[..., Awaitable[tuple[LitellmModel, ScriptedServer]]],
    ask: Callable[..., Request],
    key: CallKey,
    fault: Any,
) -> None:
    model, _ = await over_http(lambda _: Answer(fault=fault, retry_after=600))
    with pytest.raises(errors.Unavailable) as caught:
        await model.complete(key, ask())
    assert caught.value.retry_after == 600


async def test_a_silent_line_meets_the_idle_deadline(
    over_http: Callable[..., Awaitable[tuple[LitellmModel, ScriptedServer]]], ask: Callable[..., Request], key: CallKey
) -> None:
    model, _ = await over_http(lambda _: Answer(fault="hang"), idle_seconds=0.2)
    with pytest.raises(errors.TimedOut) as caught:
        await model.complete(key, ask())
    assert caught.value.usd is None


async def test_a_drip_of_bytes_meets_the_total_deadline(
    over_http: Callable[..., Awaitable[tuple[LitellmModel, ScriptedServer]]], ask: Callable[..., Request], key: CallKey
) -> None:
    model, server = await over_http(lambda _: Answer(text="slow", fault="drip"), idle_seconds=5, total_seconds=0.4)
    with pytest.raises(errors.TimedOut):
        await model.complete(key, ask())
    await asyncio.wait_for(server.until(dropped=1), 10)


async def test_cancelling_a_call_closes_its_connection(
    over_http: Callable[..., Awaitable[tuple[LitellmModel, ScriptedServer]]], ask: Callable[..., Request], key: CallKey
) -> None:
    model, server = await over_http(lambda _: Answer(fault="hang"))
    call = asyncio.create_task(model.complete(key, ask()))
    await asyncio.wait_for(server.until(in_flight=1), 60)
    call.cancel()
    with pytest.raises(asyncio.CancelledError):
        await call
    await asyncio.wait_for(server.until(dropped=1), 10)


async def test_nobody_listening_costs_nothing_and_says_so(
    deployment: Callable[..., Deployment], ask: Callable[..., Request], key: CallKey
) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
        model = LitellmModel(deployment(api_base=f"http://127.0.0.1:{port}/v1"), clock=SystemClock(), environ={})
        with pytest.raises(errors.Unreachable, match=f"nothing listens at 127.0.0.1:{port}") as caught:
            await model.complete(key, ask())
    assert caught.value.usd == 0.0


async def test_a_missing_key_is_named_before_anything_is_sent(
    over_http: Callable[..., Awaitable[tuple[LitellmModel, ScriptedServer]]], ask: Callable[..., Request], key: CallKey
) -> None:
    model, server = await over_http(lambda _: Answer(), key_env="NO_SUCH_KEY")
    with pytest.raises(errors.KeyRefused, match="NO_SUCH_KEY") as caught:
        await model.complete(key, ask())
    assert (caught.value.exit_code, server.counts.calls) == (4, 0)


async def test_an_unknown_provider_is_an_unknown_model(
    deployment: Callable[..., Deployment], ask: Callable[..., Request], key: CallKey
) -> None:
    model = LitellmModel(deployment("nobody/knows"), clock=SystemClock(), environ={})
    with pytest.raises(errors.UnknownModel) as caught:
        await model.complete(key, ask())
    assert caught.value.exit_code == 2


async def test_usage_is_estimated_where_the_provider_sends_none(
    over_http: Callable[..., Awaitable[tuple[LitellmModel, ScriptedServer]]], ask: Callable[..., Request], key: CallKey
) -> None:
    model, _ = await over_http(lambda _: Answer(text="x" * 330, fault="no_usage"))
    reply = await model.complete(key, ask("y" * 3300, tools=()))
    assert reply.usage.estimated
    assert reply.usage.completion == 101
    assert 1000 <= reply.usage.prompt < 1100


async def test_structured_output_is_checked_against_its_schema(
    over_http: Callable[..., Awaitable[tuple[LitellmModel, ScriptedServer]]], ask: Callable[..., Request], key: CallKey
) -> None:
    model, _ = await over_http(lambda asked: Answer(text='{"n": 1}' if "one" in asked.text else '{"n": "x"}'))
    assert (await model.complete(key, ask("one", tools=(), schema=PLAN))).text == '{"n": 1}'
    with pytest.raises(errors.Malformed) as caught:
        await model.complete(key, ask("two", tools=(), schema=PLAN))
    assert len(caught.value.problems) == 1


async def test_a_model_without_schemas_is_told_the_schema(
    over_http: Callable[..., Awaitable[tuple[LitellmModel, ScriptedServer]]], ask: Callable[..., Request], key: CallKey
) -> None:
    seen = []
    model, _ = await over_http(lambda a: seen.append(a) or Answer(text='```json\n{"n": 1}\n```'), schemas=False)
    assert (await model.complete(key, ask("go", tools=(), schema=PLAN))).text == '{"n": 1}'
    assert '"required": ["n"]' in seen[0].last


async def test_a_model_without_tools_uses_the_text_protocol(
    over_http: Callable[..., Awaitable[tuple[LitellmModel, ScriptedServer]]], ask: Callable[..., Request], key: CallKey
) -> None:
    model, _ = await over_http(lambda _: Answer(text="Well.\n\n@tool read\npath: a.py\n@end\n"), tools="text")
    reply = await model.complete(key, ask())
    assert [(call.name, call.arguments, call.error) for call in reply.calls] == [("read", {"path": "a.py"}, "")]


async def test_good_calls_survive_bad_ones_beside_them(
    over_http: Callable[..., Awaitable[tuple[LitellmModel, ScriptedServer]]], ask: Callable[..., Request], key: CallKey
) -> None:
    calls = (READ_A, ScriptCall(name="fly", arguments={}, id="call_b"))
    model, _ = await over_http(lambda _: Answer(calls=calls))
    good, bad = (await model.complete(key, ask())).calls
    assert (good.error, good.arguments) == ("", {"path": "a.py"})
    assert "fly" in bad.error


async def test_fifty_calls_share_few_connections_and_leave_no_task(
    over_http: Callable[..., Awaitable[tuple[LitellmModel, ScriptedServer]]], ask: Callable[..., Request], key: CallKey
) -> None:
    model, server = await over_http(lambda _: Answer(text="done", latency=0.05))
    before = asyncio.all_tasks()
    for _ in range(3):
        await asyncio.gather(*(model.complete(key, ask(f"{n}")) for n in range(50)))
    assert server.counts.most_in_flight == 50
    assert server.counts.connections <= 55
    assert not {task.get_name() for task in asyncio.all_tasks() - before if "complete" in repr(task)}


async def test_a_failing_call_writes_nothing_to_the_log_or_the_terminal(
    over_http: Callable[..., Awaitable[tuple[LitellmModel, ScriptedServer]]],
    ask: Callable[..., Request],
    key: CallKey,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> None:
    model, _ = await over_http(lambda _: Answer(fault="error"))
    with caplog.at_level(logging.DEBUG, logger="agentctl"), pytest.raises(errors.Overloaded):
        await model.complete(key, ask())
    assert [r for r in caplog.records if r.levelno >= logging.WARNING] == []
    assert capfd.readouterr() == ("", "")


async def test_the_key_never_reaches_a_message(
    over_http: Callable[..., Awaitable[tuple[LitellmModel, ScriptedServer]]], ask: Callable[..., Request], key: CallKey
) -> None:
    model, _ = await over_http(lambda _: Answer(fault="key"), key_env="SOME_KEY")
    with pytest.raises(errors.KeyRefused) as caught:
        await model.complete(key, ask())
    assert "sk-secret" not in str(caught.value)


@pytest.mark.parametrize("name", ["gemini/gemini-3.8-flash", "anthropic/claude-haiku-4-5", "openai/test"])
async def test_asking_leaves_the_request_as_it_was(
    over_http: Callable[..., Awaitable[tuple[LitellmModel, ScriptedServer]]],
    ask: Callable[..., Request],
    key: CallKey,
    name: str,
) -> None:
    """Some providers' adapters in litellm take keywords out of the schemas they are given."""
    model, _ = await over_http(lambda _: Answer(fault="error"), name=name)
    schema: dict[str, Any] = {"type": "object", "additionalProperties": False, "properties": {"n": {"type": "integer"}}}
    request = ask(schema=schema)
    before = repr(request)
    with pytest.raises(errors.ModelError):
        await model.complete(key, request)
    assert repr(request) == before


@pytest.fixture
def ollama() -> Iterator[ThreadingHTTPServer]:
    """A server that speaks Ollama's own protocol, in a thread; ``seen`` holds the paths and bodies it was sent."""

    class Answers(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["content-length"])))
            self.server.seen.append((self.path, body))
            call = {"function": {"name": "read", "arguments": {"path": "a.py"}}}
            message = {"role": "assistant", "content": "", "tool_calls": [call]}
            reply = {"model": "m", "message": message, "done": True, "prompt_eval_count": 10, "eval_count": 3}
            data = json.dumps(reply).encode()
            self.send_response(200)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answers)
    server.seen = []
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


async def test_ollama_is_asked_once_with_its_whole_context(
    ollama: Any, ask: Callable[..., Request], key: CallKey
) -> None:
    port = ollama.server_address[1]
    local = tiers("ollama", environ={"OLLAMA_HOST": f"127.0.0.1:{port}"}).flash[0]
    model = LitellmModel(local, clock=SystemClock(), environ={})
    reply = await model.complete(key, ask())
    await litellm_model.close()
    assert [(call.name, call.arguments) for call in reply.calls] == [("read", {"path": "a.py"})]
    assert (reply.usage.prompt, reply.usage.completion, reply.usd) == (10, 3, None)
    assert [(path, body["options"]["num_ctx"]) for path, body in ollama.seen] == [("/api/chat", 32_768)]


async def test_a_prompt_longer_than_a_local_context_is_not_sent(
    ollama: Any, ask: Callable[..., Request], key: CallKey
) -> None:
    port = ollama.server_address[1]
    local = tiers("ollama", environ={"OLLAMA_HOST": f"127.0.0.1:{port}"}).flash[0]
    with pytest.raises(errors.ContextOverflow, match="32768"):
        await LitellmModel(local, clock=SystemClock(), environ={}).complete(key, ask("x" * 200_000))
    assert ollama.seen == []
