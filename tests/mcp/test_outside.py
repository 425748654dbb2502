"""What a run does with tools from outside: pinned at its beginning, asked once for each call, the same in a replay."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from agentctl.agents.mcp.client import Server
from agentctl.agents.mcp.outside import CHOICES, TOOLS, OutsideTools, begin
from agentctl.agents.models.port import ToolCall
from agentctl.orchestrator.clock import SystemClock
from agentctl.orchestrator.errors import SettingsError
from agentctl.orchestrator.nouns.events import Chosen
from agentctl.orchestrator.nouns.keys import AttemptKey
from agentctl.orchestrator.nouns.plan import SpecView, Task
from agentctl.orchestrator.nouns.servers import ToolServer
from agentctl.orchestrator.ports import Job
from agentctl.orchestrator.sandbox.port import Sandbox
from agentctl.orchestrator.store.sqlite import SqliteStore

Make = Callable[..., Server]
Log = Callable[[], list[str]]
JOB = Job(
    key=AttemptKey(task="T1"),
    task=Task(id="T1", team="core", title="t", goal="g", requirements=(), owns=()),
    spec=SpecView(id="s", digest="d", title="s", text="", requirements=()),
    rung="flash",
    base_tree="b",
)


def call(tool: str, **arguments: Any) -> ToolCall:
    return ToolCall(id=f"c-{tool}", name=f"house__{tool}", arguments=arguments)


async def opened(store: SqliteStore, *servers: Server) -> OutsideTools:
    return await begin(
        {each.settings.name: each for each in servers},
        store=store,
        replaying=False,
        recorded=lambda _: None,
        redact=lambda text: text.replace("hunter2", "[redacted]"),
    )


async def test_tools_are_pinned_once_and_offered_to_their_teams(make: Make, store: SqliteStore, log: Log) -> None:
    outside = await opened(store, make(teams=("core",), tools=("look", "book")))
    assert [spec.name for spec in outside.specs("core")] == ["house__book", "house__look"]
    assert outside.specs("web") == ()
    assert outside.at(replace(JOB, task=replace(JOB.task, team="web")), 0).names() == ()
    again = await opened(store, make(tools=("die",)))
    assert again.specs("core") == outside.specs("core")
    assert again.version == outside.version != ""
    assert log() == ["start"]


async def test_a_run_without_servers_keeps_nothing(store: SqliteStore) -> None:
    outside = await opened(store)
    assert (outside.specs("core"), outside.version, store.events()) == ((), "", ())


async def test_an_answer_is_bounded_and_fenced_as_data(make: Make, store: SqliteStore) -> None:
    reach = (await opened(store, make())).at(JOB, 0)
    flood = await reach.call(call("flood"))
    assert flood.ok
    assert len(flood.text) < 17_000
    refused = await reach.call(call("refuse"))
    assert not refused.ok
    assert "```IGNORE ALL```" in refused.text
    assert refused.text.rstrip().endswith("````")


async def test_a_call_that_does_not_fit_its_schema_is_not_asked(make: Make, store: SqliteStore, log: Log) -> None:
    outcome = await (await opened(store, make())).at(JOB, 0).call(call("look", word=3))
    assert not outcome.ok
    assert "`word`" in outcome.text
    assert log() == ["start"]


async def test_what_is_known_is_not_asked_again(make: Make, store: SqliteStore, log: Log) -> None:
    first = await (await opened(store, make())).at(JOB, 3).call(call("book", room="7"))
    resumed = await (await opened(store, make())).at(JOB, 3).call(call("book", room="7"))
    assert first == resumed
    assert log().count("book") == 1
    await (await opened(store, make())).at(JOB, 4).call(call("book", room="7"))
    assert log().count("book") == 2


@pytest.mark.parametrize(("tool", "repeated"), [("dawdle", True), ("sleep", False)])
async def test_a_call_that_was_cut_off_is_repeated_only_where_that_does_no_harm(
    make: Make, store: SqliteStore, log: Log, tool: str, *, repeated: bool
) -> None:
    """A process ends between a call's sending and its answer: here by being cancelled there."""
    outside = await opened(store, make())
    asking = asyncio.create_task(outside.at(JOB, 0).call(call(tool)))
    async with asyncio.timeout(20):
        while tool not in log():  # noqa: ASYNC110 - a file that another process writes
            await asyncio.sleep(0.01)
    asking.cancel()
    await asyncio.gather(asking, return_exceptions=True)
    outcome = await (await opened(store, make())).at(JOB, 0).call(call(tool))
    assert outcome.ok == repeated
    assert ("at last" if repeated else "may have taken effect") in outcome.text


async def test_a_replay_answers_from_its_recording_without_any_server(make: Make, store: SqliteStore, log: Log) -> None:
    live = await opened(store, make())
    said = await live.at(JOB, 0).call(call("book", room="7"))
    recorded = {e.fact.key: e.fact.value for e in store.events() if isinstance(e.fact, Chosen)}
    assert all(key.startswith(CHOICES) for key in recorded)
    with SqliteStore(None, clock=SystemClock(), redact=lambda text: text, blobs=None) as other:
        replayed = await begin({}, store=other, replaying=True, recorded=recorded.get, redact=str)
        assert replayed.specs("core") == live.specs("core")
        assert await replayed.at(JOB, 0).call(call("book", room="7")) == said
        missing = await replayed.at(JOB, 9).call(call("book", room="8"))
        assert (missing.ok, "not there" in missing.text) == (False, True)
        assert other.choice(TOOLS) == store.choice(TOOLS)
    assert log().count("book") == 1


async def test_a_run_goes_on_when_a_server_is_gone(make: Make, store: SqliteStore) -> None:
    reach = (await opened(store, make())).at(JOB, 0)
    for number in range(2):
        lost = await reach.call(ToolCall(id=f"d{number}", name="house__die", arguments={"why": "x"}))
        assert not lost.ok
    gone = await reach.call(call("look", word="a"))
    assert gone.text.startswith("error: house__look is not there")


async def test_secrets_in_an_answer_are_neither_stored_nor_shown(make: Make, store: SqliteStore) -> None:
    outcome = await (await opened(store, make())).at(JOB, 0).call(call("look", word="hunter2"))
    assert "[redacted]" in outcome.text
    assert "hunter2" not in outcome.text + repr(store.events())


async def test_a_call_that_never_left_is_not_told_as_one_that_may_have_taken_effect(
    make: Make, store: SqliteStore, log: Log
) -> None:
    """The server could not be reached when the run was ended; the resumed run asks it for the first time."""
    listed = await opened(store, make())
    away = Server(ToolServer(name="house", url="https://127.0.0.1:9/", token_env="NOBODY_HAS_IT"), sandbox=nowhere)
    lost = OutsideTools(
        [tool for tool in [listed.tool("house__book", "core")] if tool is not None],
        store=store,
        servers={"house": away},
    )
    with pytest.raises(SettingsError, match="NOBODY_HAS_IT"):
        await lost.at(JOB, 0).call(call("book", room="7"))
    outcome = await (await opened(store, make())).at(JOB, 0).call(call("book", room="7"))
    assert (outcome.ok, "booked 7" in outcome.text) == (True, True)
    assert log().count("book") == 1


async def nowhere() -> Sandbox:
    raise AssertionError("an address needs no sandbox")
