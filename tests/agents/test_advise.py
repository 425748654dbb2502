"""The tool `advise`: offered to those whom it helps, asked so often and no more, paid once."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from agentctl.agents.models.errors import Overloaded
from agentctl.agents.tools.advise import NAME, Advisor
from agentctl.agents.worker import ToolWorker
from agentctl.orchestrator.nouns.contract import Stub

Made = Any
HOW = (NAME, {"question": "How do I join two texts?"})
SUBMIT = ("submit", {"summary": "done"})


@pytest.fixture
def advised(converse: Made, reply: Made) -> Callable[..., Made]:
    """A conversation whose worker has a lead that says what is given, once in an attempt."""

    def make(*replies: Made, says: Made = "Use an f-string.", **changes: Made) -> Made:
        it = converse(*replies, **changes)
        lead = replace(reply(), text=says) if isinstance(says, str) else says
        asked = it.worker._model
        complete = it.model.complete

        async def answer(key: Made, request: Made) -> Made:
            if key.role != "advisor":
                return await complete(key, request)
            it.advice.append((key, request))
            if isinstance(lead, Exception):
                raise lead
            return lead

        it.advice = []
        it.model.complete = answer
        it.worker = ToolWorker(asked, it.journal, git=it.git, advisor=Advisor(model=asked))
        return it

    return make


async def test_advice_is_the_result_of_the_call_and_is_paid_for_once(advised: Made, reply: Made) -> None:
    stub = Stub(path="src/a.py", text="def a() -> str: ...", task="T1")
    it = advised(reply(("test", {})), reply(HOW), reply(SUBMIT), contract=(stub,))
    it.tests = [(False, "assert 'ab' == 'a b'")]
    await it.turn(0)
    assert (await it.turn(1)).kind == "continue"
    await it.turn(1)
    assert it.results(1)["c1"] == "Your lead says:\nUse an f-string."
    ((key, request),) = it.advice
    assert (str(key), request.tier) == ("T1/1/0/advisor/1/0", "pro")
    for shown in ("How do I join two texts?", "assert 'ab' == 'a b'", "def a() -> str: ..."):
        assert shown in request.messages[1].text
    assert len(it.journal.calls()) == 3


async def test_a_second_question_in_one_attempt_is_not_asked(advised: Made, reply: Made) -> None:
    it = advised(reply(HOW, HOW), reply(HOW))
    await it.turn(0)
    await it.turn(1)
    for result in (it.results(0)["c2"], it.results(1)["c1"]):
        assert result.startswith("error: your lead has said what it can")
    assert len(it.advice) == 1


@pytest.mark.parametrize(
    ("says", "result"),
    [
        (Overloaded("overloaded", usd=0.0), "error: your lead cannot be reached now: go on by yourself"),
        ("  ", "error: your lead had nothing to say: go on by yourself"),
    ],
)
async def test_a_lead_that_says_nothing_holds_nothing_up(says: Made, result: str, advised: Made, reply: Made) -> None:
    it = advised(reply(HOW), says=says)
    assert (await it.turn(0)).kind == "continue"
    assert it.results(0)["c1"] == result


async def test_a_long_answer_is_cut(advised: Made, reply: Made) -> None:
    it = advised(reply(HOW), says="word " * 2_000)
    await it.turn(0)
    assert len(it.results(0)["c1"]) < 1_400


@pytest.mark.parametrize(
    ("changes", "offered"),
    [
        ({}, True),
        ({"rung": "flash*3"}, True),
        ({"rung": "pro"}, False),
        ({"spec": {"small": True}}, False),
    ],
)
async def test_it_is_offered_to_the_flash_tier_on_specs_that_are_planned(
    changes: dict[str, Made],
    offered: bool,  # noqa: FBT001 - a table
    advised: Made,
    reply: Made,
) -> None:
    it = advised(reply(HOW), **changes)
    request = await it.worker.request(it.job, ())
    assert (NAME in [tool.name for tool in request.tools]) == offered
    await it.turn(0)
    assert it.results(0)["c1"].startswith("Your lead says") == offered


async def test_a_worker_without_an_advisor_is_told_of_none(converse: Made, reply: Made) -> None:
    it = converse(reply(HOW))
    await it.turn(0)
    assert it.results(0)["c1"].startswith("error: there is no tool 'advise'")
    assert "advise" not in it.worker.prompt_version
