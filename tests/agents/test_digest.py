"""Equal requests have equal digests, and both nouns come back from JSON as they were."""

from dataclasses import replace

import pytest
from agentctl.agents.digest import digest, dump_reply, dump_request, load_reply, load_request, message_digest
from agentctl.agents.models.port import Message, Reply, Request, ToolCall, ToolSpec, Usage
from hypothesis import given
from hypothesis import strategies as st

json = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text(st.characters(exclude_categories=["Cs"])), inner, max_size=3)
    ),
    max_leaves=8,
)
objects = st.dictionaries(st.sampled_from(["a", "b", "c"]), json)
calls = st.builds(
    ToolCall, id=st.just("1"), name=st.just("write"), arguments=objects, error=st.sampled_from(["", "no"])
)
messages = st.builds(
    Message,
    role=st.sampled_from(["system", "user", "assistant", "tool"]),
    text=st.text(st.characters(exclude_categories=["Cs"])),
    calls=st.lists(calls, max_size=2).map(tuple),
)
requests = st.builds(
    Request,
    tier=st.sampled_from(["flash", "pro", "ultra"]),
    messages=st.lists(messages, max_size=3).map(tuple),
    tools=st.lists(
        st.builds(ToolSpec, name=st.just("t"), description=st.just("d"), parameters=objects), max_size=2
    ).map(tuple),
    schema=st.none() | objects,
)
REQUEST = Request(tier="flash", messages=(Message(role="user", text="hi"),))


@given(requests)
def test_a_request_comes_back_from_json_with_its_digest(request: Request) -> None:
    assert load_request(dump_request(request)) == request
    assert digest(load_request(dump_request(request))) == digest(request)


@given(messages)
def test_a_reply_comes_back_from_json(message: Message) -> None:
    usage = Usage(prompt=1, completion=2, cached=3, estimated=True)
    reply = Reply(text=message.text, calls=message.calls, usage=usage, model="m", usd=None, seconds=1.5)
    assert load_reply(dump_reply(reply)) == reply


@pytest.mark.parametrize(
    "change",
    [
        {"tier": "pro"},
        {"messages": (Message(role="user", text="hi!"),)},
        {"tools": (ToolSpec(name="t", description="", parameters={}),)},
        {"schema": {}},
        {"max_tokens": 1},
        {"temperature": 0.3},
    ],
)
def test_whatever_is_asked_is_in_the_digest(change: dict) -> None:
    assert digest(replace(REQUEST, **change)) != digest(REQUEST)


def test_the_order_of_keys_and_the_type_of_a_round_temperature_do_not_matter() -> None:
    one = replace(REQUEST, schema={"a": 1, "b": 2}, temperature=0)
    other = replace(REQUEST, schema={"b": 2, "a": 1}, temperature=0.0)
    assert digest(one) == digest(other)


def test_a_text_that_no_file_can_hold_still_has_a_digest() -> None:
    assert len(message_digest(Message(role="assistant", text="broken \ud800"))) == 64


@pytest.mark.parametrize("text", ["", "{", "[]", '{"tier": "flash"}', '{"text": 1}'])
def test_other_text_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        load_request(text)
    with pytest.raises(ValueError, match=r"\w"):
        load_reply(text)
