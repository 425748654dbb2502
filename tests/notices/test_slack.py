"""What Slack is sent: plain text only, buttons that bind, within Slack's own bounds."""

import json
from typing import Any

import pytest
from agentctl.cli.notices.notice import Choice, Item, Notice
from agentctl.cli.notices.slack import SlackChannel, message_of

from .conftest import Receiver

CHOICES = (
    Choice(label="1", text="utc", consequence="the same everywhere", paths=(), whole=True),
    Choice(label="2", text="local", consequence="", paths=("src/a.py",), whole=True),
    Choice(label="3", text="refuse: <your reason>", consequence="", paths=(), whole=False),
)


def item(name: str = "Q1", *, key: str = "zone", text: str = "Which time zone?") -> Item:
    return Item(
        id=name,
        key=key,
        kind="decision",
        text=text,
        why="The format needs one.",
        choices=CHOICES,
        recommended="1",
        requirements=("R1",),
        reasons="blocks 3 tasks; asked just now",
        silence="waits",
        default_at=None,
        command=f"agentctl answer --run k7 {name} NUMBER|TEXT",
    )


def notice(*items: Item, text: str = "Q1 needs you") -> Notice:
    return Notice(
        id="m",
        at=0.0,
        run="k7",
        title="greet",
        state="building",
        about="question",
        text=text,
        why_now="work waits for it",
        standing="1/4 landed",
        items=items,
    )


def buttons(message: dict[str, Any]) -> list[dict[str, Any]]:
    return [each for block in message["blocks"] if block["type"] == "actions" for each in block["elements"]]


def texts(node: object) -> list[dict[str, Any]]:
    """Every text object in a message."""
    if isinstance(node, dict):
        own = [node] if node.get("type") in ("plain_text", "mrkdwn") else []
        return own + [found for value in node.values() for found in texts(value)]
    return [found for each in node for found in texts(each)] if isinstance(node, list) else []


def test_a_question_is_a_message_with_all_that_decides_it() -> None:
    message: Any = message_of(notice(item()), buttons=True)
    assert message["text"] == "agentctl k7: Q1 needs you: Which time zone?"
    header, about, question, _ = message["blocks"]
    assert header["text"]["text"] == "agentctl k7: Q1 needs you"
    assert about["text"]["text"] == "greet (work waits for it)\n1/4 landed"
    assert question["text"]["text"].splitlines() == [
        "Q1: Which time zone?",
        "why: The format needs one.",
        "blocks 3 tasks; asked just now",
        "  1  utc (recommended): the same everywhere",
        "  2  local; lets its task change src/a.py too",
        "  3  refuse: <your reason>",
        "if nobody answers: waits",
        "agentctl answer --run k7 Q1 NUMBER|TEXT",
    ]


def test_a_button_binds_run_question_and_option_and_is_there_for_whole_answers_only() -> None:
    one, two = buttons(message_of(notice(item()), buttons=True))
    assert (one["action_id"], one["text"]["text"]) == ("agentctl.answer.Q1.1", "1 utc")
    assert json.loads(two["value"]) == {"run": "k7", "question": "Q1", "key": "zone", "answer": "2", "alone": True}
    assert buttons(message_of(notice(item()), buttons=False)) == []
    several = buttons(message_of(notice(item(), item("Q2")), buttons=True))
    assert {json.loads(each["value"])["alone"] for each in several} == {False}
    assert buttons(message_of(notice(item(key="x" * 2000)), buttons=True)) == []


def test_no_text_of_others_is_markup() -> None:
    hostile = "<!channel> & <https://evil.example|here> *bold*"
    message: Any = message_of(notice(item(text=hostile), text=hostile), buttons=True)
    assert message["text"].startswith("agentctl k7: &lt;!channel&gt; &amp; &lt;https://evil.example|here&gt; *bold*")
    assert {each["type"] for each in texts(message)} == {"plain_text"}


@pytest.mark.parametrize("count", [1, 20, 60])
def test_a_message_stays_within_the_bounds_of_slack(count: int) -> None:
    message: Any = message_of(
        notice(*(item(f"Q{n}", text="x" * 9000) for n in range(count)), text="y" * 999), buttons=True
    )
    assert len(message["blocks"]) <= 50
    assert all(len(each["text"]) <= 3000 for each in texts(message))
    assert len(message["blocks"][0]["text"]["text"]) <= 150
    assert all(len(each["text"]["text"]) <= 75 for each in buttons(message))
    last = message["blocks"][-1].get("text", {}).get("text", "")
    assert last.endswith("more: agentctl inbox k7") is (count > 23)


def test_slack_is_sent_json_without_the_address_in_its_name(receiver: Receiver) -> None:
    receiver.answers = [200]
    channel = SlackChannel(address=receiver.address)
    assert (channel.tell(notice(item())), channel.name, "token" in repr(channel)) == ("200", "slack", False)
    ((headers, body),) = receiver.came
    assert headers["content-type"] == "application/json"
    assert set(json.loads(body)) == {"text", "blocks"}
