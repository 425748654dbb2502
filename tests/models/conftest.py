"""Requests, a clock that jumps to the next sleeper, and real litellm calls against a scripted server."""

import asyncio
import heapq
import itertools
import random
from collections.abc import AsyncIterator, Callable, Coroutine
from pathlib import Path
from typing import Any

import pytest
from agentctl.agents.models import litellm_model
from agentctl.agents.models.litellm_model import LitellmModel
from agentctl.agents.models.port import Message, Request, ToolSpec
from agentctl.agents.models.tiers import Deployment, Price
from agentctl.bench.scripted import Script, ScriptedServer, serve
from agentctl.orchestrator.clock import SystemClock
from agentctl.orchestrator.nouns.keys import AttemptKey, CallKey

from .commands import Make, maker

READ = ToolSpec(
    name="read",
    description="Read a file.",
    parameters={
        "type": "object",
        "properties": {"path": {"type": "string"}},
        "required": ["path"],
        "additionalProperties": False,
    },
)


class JumpingClock:
    """Virtual time: when nothing else can run, it is the time of the next sleeper."""

    def __init__(self) -> None:
        self.time = 1000.0
        self._sleepers: list[tuple[float, int, asyncio.Future[None]]] = []
        self._number = itertools.count()

    def now(self) -> float:
        return self.time

    def monotonic(self) -> float:
        return self.time

    async def sleep(self, seconds: float) -> None:
        woken = asyncio.get_running_loop().create_future()
        heapq.heappush(self._sleepers, (self.time + max(0.0, seconds), next(self._number), woken))
        await woken

    async def run(self, *work: Coroutine[Any, Any, Any]) -> list[Any]:
        """The outcomes of all, exceptions included, with time jumping whenever nothing is left to do."""
        together = asyncio.gather(*work, return_exceptions=True)
        while not together.done():
            for _ in range(20):
                await asyncio.sleep(0)
            self.jump()
        return await together

    def jump(self) -> None:
        """Wake the next sleeper, if there is one."""
        while self._sleepers:
            at, _, woken = heapq.heappop(self._sleepers)
            if not woken.done():
                self.time = max(self.time, at)
                woken.set_result(None)
                return


@pytest.fixture
def clock() -> JumpingClock:
    return JumpingClock()


@pytest.fixture
def chance() -> random.Random:
    return random.Random(7)


@pytest.fixture
def key() -> CallKey:
    return CallKey(attempt=AttemptKey(task="T1"), role="worker", turn=0)


@pytest.fixture
def ask() -> Callable[..., Request]:
    def make(text: str = "Read a.py, please.", **changes: Any) -> Request:
        return Request(**{"tier": "flash", "messages": (Message(role="user", text=text),), "tools": (READ,)} | changes)

    return make


@pytest.fixture
def deployment() -> Callable[..., Deployment]:
    def make(name: str = "openai/test", **changes: Any) -> Deployment:
        return Deployment(**{"model": name, "price": Price(prompt=1.0, completion=10.0)} | changes)

    return make


@pytest.fixture
async def over_http(
    deployment: Callable[..., Deployment],
) -> AsyncIterator[Callable[..., Coroutine[Any, Any, tuple[LitellmModel, ScriptedServer]]]]:
    """Start a server with a script; returns the litellm adapter that asks it, and the server."""
    servers = []

    async def start(script: Script, **changes: Any) -> tuple[LitellmModel, ScriptedServer]:
        context = serve(script)
        server = await context.__aenter__()
        servers.append(context)
        settings = {"api_base": server.url, "idle_seconds": 20.0, "total_seconds": 30.0} | changes
        return LitellmModel(deployment(**settings), clock=SystemClock(), environ={"SOME_KEY": "sk-secret"}), server

    yield start
    await litellm_model.close()
    for context in servers:
        await context.__aexit__(None, None, None)


@pytest.fixture
def make(tmp_path: Path) -> Make:
    return maker(tmp_path)
