"""Pictures over real HTTP: to models that litellm knows to see as content parts, to others as a line of text."""

from collections.abc import Awaitable, Callable
from dataclasses import replace

import pytest
from agentctl.agents.models.litellm_model import LitellmModel
from agentctl.agents.models.port import Message, Picture, Request
from agentctl.agents.pictures import data_url
from agentctl.bench.scripted import Answer, Asked, ScriptedServer
from agentctl.orchestrator.nouns.keys import CallKey

Start = Callable[..., Awaitable[tuple[LitellmModel, ScriptedServer]]]
PAGE = Picture(path="docs/page.png", alt="the page", mime="image/png", data=b"\x89PNG\r\n\x1a\n" + b"x" * 1000)
MOVE = replace(PAGE, path="docs/move.gif", alt="", mime="image/gif", data=b"GIF89a" + b"x" * 10)
MESSAGES = (Message(role="system", text="You write code."), Message(role="user", text="Go.", pictures=(PAGE, MOVE)))


@pytest.fixture
def seen(over_http: Start, ask: Callable[..., Request], key: CallKey) -> Callable[..., Awaitable[Asked]]:
    """What the server was asked of a model of that name."""

    async def send(model: str, **changes: object) -> Asked:
        asked: list[Asked] = []
        answer = Answer(text="@tool read\npath: a.py\n@end\n" if changes.get("tools") == "text" else "ok")
        adapter, _ = await over_http(lambda each: asked.append(each) or answer, model=model, **changes)
        await adapter.complete(key, ask(messages=MESSAGES))
        return asked[0]

    return send


async def test_a_model_that_sees_gets_the_pictures_under_their_names(seen: Callable[..., Awaitable[Asked]]) -> None:
    asked = await seen("openai/gpt-4o")
    assert asked.pictures == (data_url(PAGE), data_url(MOVE))
    assert asked.last == "Go.The picture `docs/page.png` (the page):The picture `docs/move.gif`:"


@pytest.mark.parametrize("model", ["openai/gpt-3.5-turbo", "openai/test"])
async def test_a_model_that_does_not_see_or_is_unknown_is_told(
    seen: Callable[..., Awaitable[Asked]], model: str
) -> None:
    asked = await seen(model)
    assert asked.pictures == ()
    assert asked.last == (
        "Go.\n\nThe picture `docs/page.png` (the page) is not shown.\nThe picture `docs/move.gif` is not shown.\n"
    )


async def test_a_gif_is_not_sent_to_gemini(seen: Callable[..., Awaitable[Asked]]) -> None:
    asked = await seen("openrouter/google/gemini-2.5-flash")
    assert asked.pictures == (data_url(PAGE),)
    assert "The picture `docs/move.gif` is not shown." in asked.last


async def test_a_model_of_the_text_protocol_is_told_where_the_pictures_are(
    seen: Callable[..., Awaitable[Asked]],
) -> None:
    asked = await seen("openai/gpt-4o", tools="text")
    assert asked.pictures == ()
    assert "The picture `docs/page.png` (the page) belongs here; it is in the repository, to be attached." in asked.last


async def test_usage_that_had_to_be_estimated_counts_only_what_was_sent(
    over_http: Start, ask: Callable[..., Request], key: CallKey
) -> None:
    request = ask(messages=MESSAGES)
    blind, _ = await over_http(lambda _: Answer(text="ok", fault="no_usage"))
    seeing, _ = await over_http(lambda _: Answer(text="ok", fault="no_usage"), model="openai/gpt-4o")
    assert (await blind.complete(key, request)).usage.prompt < 1_000
    assert (await seeing.complete(key, request)).usage.prompt > 13_000
