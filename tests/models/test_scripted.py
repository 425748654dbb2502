"""The scripted doubles agree with each other, and the server stands as a process of its own."""

import asyncio
import json
import sys
import urllib.request
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, get_args

import pytest
from agentctl.agents.models import errors
from agentctl.agents.models.litellm_model import LitellmModel
from agentctl.agents.models.port import Request
from agentctl.agents.models.tiers import Price
from agentctl.bench.scripted import Answer, Asked, Fault, Rules, ScriptCall, ScriptedModel, ScriptedServer
from agentctl.orchestrator.clock import SystemClock
from agentctl.orchestrator.nouns.keys import CallKey

READ_A = ScriptCall(name="read", arguments={"path": "a.py"})


async def outcome(model: Any, key: CallKey, request: Request) -> Any:
    try:
        reply = await model.complete(key, request)
    except errors.ModelError as error:
        return type(error), None if error.usd is None else pytest.approx(error.usd)
    return reply.text, reply.calls, reply.usage.estimated


@pytest.mark.parametrize("fault", [None, *(fault for fault in get_args(Fault) if fault != "hang")])
async def test_the_double_in_process_does_what_the_server_does(
    over_http: Callable[..., Awaitable[tuple[LitellmModel, ScriptedServer]]],
    ask: Callable[..., Request],
    key: CallKey,
    fault: Any,
) -> None:
    def script(_: Asked) -> Answer:
        calls = (
            (READ_A,) if fault in {"bad_arguments", "wrong_arguments", "unknown_tool", "duplicate_ids", None} else ()
        )
        return Answer(text="well", calls=calls, fault=fault, prompt=100, completion=10)

    real, _ = await over_http(script, idle_seconds=5, total_seconds=0.5 if fault == "drip" else 20)
    double = ScriptedModel(script, clock=SystemClock(), price=Price(prompt=1.0, completion=10.0))
    expected = await outcome(real, key, ask())
    assert await outcome(double, key, ask()) == expected


async def test_the_doubles_latency_passes_on_the_clock(clock: Any, ask: Callable[..., Request], key: CallKey) -> None:
    model = ScriptedModel(lambda _: Answer(text="done", latency=90), clock=clock)
    [reply] = await clock.run(model.complete(key, ask()))
    assert (reply.seconds, clock.time, reply.usd) == (90, 1090, None)


def asked(text: str = "task T1", **changes: Any) -> Asked:
    return Asked(**{"model": "m", "text": text, "last": text, "turn": 0} | changes)


def test_the_first_rule_that_matches_and_is_not_used_up_answers() -> None:
    rules = Rules(
        {
            "rules": [
                {"when": {"contains": "T1", "turn": 0}, "times": 1, "fault": "rate"},
                {"when": {"call": "T1/1/0/worker/1/0"}, "calls": [{"name": "submit"}]},
                {"when": {"contains": ["T1", "task"]}, "text": "again"},
            ],
            "otherwise": {"text": "else"},
        }
    )
    assert rules(asked()).fault == "rate"
    assert rules(asked()).text == "again"
    assert rules(asked(call="T1/1/0/worker/1/0")).calls == (ScriptCall(name="submit"),)
    assert rules(asked("nothing")).text == "else"
    assert rules.used == [1, 1, 1]


@pytest.mark.parametrize(
    "data",
    [{"rule": []}, {"rules": [{"wen": {}}]}, {"rules": [{"when": {"role": "x"}}]}, {"otherwise": {"fault": "oops"}}],
)
def test_a_misspelt_script_is_refused(data: Any) -> None:
    with pytest.raises(ValueError, match="no "):
        Rules(data)


async def test_the_server_runs_as_a_process_and_ends_with_its_parents_pipe(tmp_path: Path) -> None:
    script = tmp_path / "script.json"
    script.write_text(json.dumps({"otherwise": {"text": "hello"}}))
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "agentctl.bench.scripted", "--script", str(script)),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    url = (await process.stdout.readline()).decode().strip()

    def post() -> Any:
        body = json.dumps({"model": "m", "messages": [{"role": "user", "content": "hi"}]}).encode()
        with urllib.request.urlopen(urllib.request.Request(f"{url}/chat/completions", body)) as response:
            return json.load(response)

    def counts() -> Any:
        with urllib.request.urlopen(url.removesuffix("/v1") + "/counts") as response:
            return json.load(response)

    reply = await asyncio.to_thread(post)
    assert reply["choices"][0]["message"]["content"] == "hello"
    assert (await asyncio.to_thread(counts))["calls"] == 1
    process.stdin.close()
    assert await process.wait() == 0
