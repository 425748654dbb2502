"""Answers over HTTP: whose they are, to which question, once; by aiohttp's own runner on loopback."""

import asyncio
import gzip
import json
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import httpx
import pytest
from agentctl.cli.notices.receiving import needs, routes
from agentctl.cli.notices.wanted import Wanted
from agentctl.cli.notices.webhook import signed
from agentctl.orchestrator.errors import SettingsError
from agentctl.orchestrator.nouns.events import QuestionAnswered, RunMoved
from agentctl.orchestrator.nouns.questions import Option, Question
from aiohttp import web
from slack_sdk.signature import SignatureVerifier

from .conftest import SECRET, ARun

SIGNING = "8f742231b10e8888abcd99yyyzzz85a5"
WANTED = Wanted(
    webhooks=("https://example.org/",), answers=True, slack_signing_env="SIGNING", slack_users=("U012ADA", "U012BOB")
)
ENVIRON = {"AGENTCTL_NOTIFY_SECRET": SECRET, "SIGNING": SIGNING}
AGAIN = "`agentctl answer --anew Q1 ...` says otherwise."
ANSWER = {"run": "k7m2xq", "question": "Q1", "key": "zone", "answer": "1", "by": "ada"}


@dataclass
class Door:
    """The routes, served, and what was sent to Slack's addresses."""

    client: httpx.AsyncClient
    replies: list[tuple[str, dict[str, Any]]] = field(default_factory=list)

    async def answer(self, *, message: str = "msg_1", at: float | None = None, **changed: object) -> httpx.Response:
        body = json.dumps({**ANSWER, **changed}).encode()
        return await self.client.post("/answer", content=body, headers=signed(SECRET, message, body, at=at))

    async def press(self, *, user: str = "U012ADA", at: float | None = None, **changed: object) -> httpx.Response:
        value = {**{name: ANSWER[name] for name in ("run", "question", "key", "answer")}, "alone": True, **changed}
        payload = {
            "type": "block_actions",
            "user": {"id": user, "name": "x"},
            "actions": [{"action_id": "agentctl.answer.Q1.1", "value": json.dumps(value), "type": "button"}],
            "response_url": "https://hooks.slack.com/actions/T0/1/x",
            "team": {"id": "T0"},
        }
        return await self.form(urlencode({"payload": json.dumps(payload)}), at=at)

    async def form(self, body: str, *, at: float | None = None, signing: str = SIGNING) -> httpx.Response:
        stamp = str(int(time.time() if at is None else at))
        signature = SignatureVerifier(signing).generate_signature(timestamp=stamp, body=body)
        headers = {"x-slack-request-timestamp": stamp, "x-slack-signature": str(signature)}
        return await self.client.post("/slack", content=body, headers=headers)


@pytest.fixture
async def door(repo: Path) -> AsyncIterator[Door]:
    async with opened(repo) as it:
        yield it


@asynccontextmanager
async def opened(repo: Path, wanted: Wanted = WANTED) -> AsyncIterator[Door]:
    replies: list[tuple[str, dict[str, Any]]] = []

    def reply(address: str, body: bytes, _: Mapping[str, str]) -> None:
        replies.append((address, json.loads(body)))

    app = web.Application()
    app.add_routes(routes(repo, wanted, environ=ENVIRON, reply=reply))
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    port = runner.addresses[0][1]
    try:
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", trust_env=False) as client:
            yield Door(client, replies)
    finally:
        await runner.cleanup()


def error(response: httpx.Response) -> tuple[int, str]:
    assert set(response.json()) == {"error"}
    return response.status_code, response.json()["error"]


DENIED = (401, "the signature is missing, wrong, too old or too early")
UNKNOWN = (404, "there is no such question in such a run here: send run, question and key as the notice had them")


async def test_a_signed_answer_is_stored_as_the_command_line_would(door: Door, run: ARun) -> None:
    run.ask()
    response = await door.answer()
    assert (response.status_code, response.json()) == (
        200,
        {
            "taken": "Q1 of run k7m2xq: utc",
            "next": "nothing drives this run: go on with `agentctl resume k7m2xq`",
        },
    )
    (asked,) = run.store.questions()
    assert (asked.answer, asked.answered_by) == ("utc", "person:webhook:ada")


async def test_a_run_that_is_driven_goes_on_by_itself(door: Door, run: ARun) -> None:
    run.ask()
    with run.folder.lock():
        assert (await door.answer()).json()["next"] == ""


async def test_own_words_are_stored_as_they_were_written(door: Door, run: ARun) -> None:
    run.ask()
    await door.answer(answer="neither:\nthe zone of the file", by="\x1b[2JEve\n:x" + "y" * 100)
    (asked,) = run.store.questions()
    assert asked.answer == "neither:\nthe zone of the file"
    assert asked.answered_by is not None
    assert asked.answered_by.startswith("person:webhook:␛[2JEve :x")
    assert len(asked.answered_by) <= len("person:webhook:") + 60


@pytest.mark.parametrize("seconds", [-301, -3600, 302, 3600])
async def test_what_is_late_or_early_is_denied(seconds: int, door: Door, run: ARun) -> None:
    run.ask()
    assert error(await door.answer(at=time.time() + seconds)) == DENIED
    assert error(await door.press(at=time.time() + seconds)) == DENIED
    assert run.store.questions()[0].answer is None


@pytest.mark.parametrize("seconds", [-290, 290])
async def test_clocks_may_differ_by_minutes(seconds: int, door: Door, run: ARun) -> None:
    run.ask()
    assert (await door.answer(at=time.time() + seconds)).status_code == 200


@pytest.mark.parametrize(
    "changed",
    [
        {"webhook-signature": ""},
        {"webhook-signature": "v1,AAAA"},
        {"webhook-signature": "v1"},
        {"webhook-signature": "v1,\xff\xfe"},
        {"webhook-signature": "v2," + "A" * 44},
        {"webhook-id": "msg_2"},
        {"webhook-timestamp": "nan"},
        {"webhook-timestamp": "1e400"},
        {"webhook-timestamp": "tomorrow"},
    ],
)
async def test_what_is_signed_otherwise_is_denied(changed: dict[str, str], door: Door, run: ARun) -> None:
    run.ask()
    body = json.dumps(ANSWER).encode()
    headers = {name: value.encode("latin-1") for name, value in (signed(SECRET, "msg_1", body) | changed).items()}
    response = await door.client.post("/answer", content=body, headers=list(headers.items()))
    assert error(response) == DENIED
    assert run.store.questions()[0].answer is None


async def test_a_body_that_was_changed_or_is_not_signed_is_denied(door: Door, run: ARun) -> None:
    run.ask()
    body = json.dumps(ANSWER).encode()
    headers = signed(SECRET, "msg_1", body)
    assert error(await door.client.post("/answer", content=body.replace(b"1", b"2"), headers=headers)) == DENIED
    assert error(await door.client.post("/answer", content=b"\xff" + body, headers=headers)) == DENIED
    assert error(await door.client.post("/answer", content=body)) == DENIED
    assert error(await door.client.post("/slack", content=b"payload=%7B%7D")) == DENIED
    stamp = {"x-slack-request-timestamp": str(int(time.time())).encode()}
    for content, signature in ((b"payload=x", "v0=\xe9".encode("latin-1")), (b"\xff", b"v0=a")):
        sent = await door.client.post("/slack", content=content, headers={**stamp, "x-slack-signature": signature})
        assert error(sent) == DENIED


async def test_a_message_is_taken_once_however_it_ended(door: Door, repo: Path, run: ARun) -> None:
    run.ask()
    assert error(await door.answer(answer="9"))[0] == 400
    twice = (409, "this message was taken before: a new answer needs a new message")
    assert error(await door.answer(answer="9")) == twice
    async with opened(repo) as another:  # a server that began anew remembers
        assert error(await another.answer()) == twice
        assert (await another.answer(message="msg_2")).status_code == 200
        assert error(await another.answer(message="msg_2")) == twice


async def test_a_second_header_of_a_name_does_not_make_a_new_message(door: Door, run: ARun) -> None:
    run.ask()
    assert error(await door.answer(answer="9"))[0] == 400
    body = json.dumps({**ANSWER, "answer": "9"}).encode()
    headers = signed(SECRET, "msg_1", body)
    for twice in (
        [("webhook-id", "msg_x"), ("Webhook-Id", "msg_1")],
        [("Webhook-Id", "msg_1"), ("webhook-id", "msg_x")],
    ):
        rest = [(name, value) for name, value in headers.items() if name != "webhook-id"]
        response = await door.client.post("/answer", content=body, headers=[*twice, *rest])
        assert error(response)[0] in (401, 409)


async def test_a_packed_body_is_no_way_around_the_bound(door: Door, run: ARun) -> None:
    run.ask()
    for size in (100_000, 30_000_000):
        packed = gzip.compress(b" " * size)
        response = await door.client.post("/answer", content=packed, headers={"content-encoding": "gzip"})
        assert error(response) == (413, "the body is larger than 65536 bytes")


async def test_one_of_many_at_once_is_taken(door: Door, run: ARun) -> None:
    run.ask()
    done = await asyncio.gather(*(door.answer() for _ in range(8)))
    assert sorted(each.status_code for each in done) == [200, *[409] * 7]


async def test_who_comes_later_is_told_who_answered_what(door: Door, run: ARun) -> None:
    run.ask()
    run.say(QuestionAnswered(key="zone", answer="local time"), author="person:Bob")
    said = f"Q1 was already answered by Bob: local time. The first answer stands. {AGAIN}"
    assert error(await door.answer()) == (409, said)


@pytest.mark.parametrize(
    "changed", [{"run": "other"}, {"run": "../x"}, {"question": "Q2"}, {"question": "q1"}, {"key": "zone "}]
)
async def test_an_answer_reaches_only_the_question_it_names(changed: dict[str, str], door: Door, run: ARun) -> None:
    run.ask()
    run.ask(Question(key="second", kind="decision", text="?"))
    assert error(await door.answer(**changed)) == UNKNOWN
    assert [asked.answer for asked in run.store.questions()] == [None, None]


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"answer": ""}, "answer: String should have at least 1 character"),
        ({"answer": 1}, "answer: Input should be a valid string"),
        ({"answer": "x" * 20_001}, "answer: String should have at most 20000 characters"),
        ({"more": "x"}, "more: Extra inputs are not permitted"),
        ({"by": None}, "by: Input should be a valid string"),
        ({"answer": "7"}, "There is no option 7: choose 1 to 2, or answer in your own words."),
    ],
)
async def test_what_cannot_be_read_is_told_without_repeating_it(
    changed: dict[str, object], said: str, door: Door, run: ARun
) -> None:
    run.ask()
    status, words = error(await door.answer(**changed))
    assert status == 400
    assert words.endswith(said)


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b'"x"', b"[" * 5000])
async def test_what_is_no_answer_at_all_is_refused(body: bytes, door: Door, run: ARun) -> None:
    run.ask()
    response = await door.client.post("/answer", content=body, headers=signed(SECRET, "m", body))
    assert error(response)[0] == 400


async def test_a_long_body_and_one_of_unknown_length_are_refused(door: Door, run: ARun) -> None:
    run.ask()

    async def pieces() -> AsyncIterator[bytes]:
        yield b"{}"

    assert error(await door.client.post("/answer", content=b"x" * 65_537))[0] == 413
    assert error(await door.client.post("/answer", content=pieces()))[0] == 411
    assert error(await door.client.post("/slack", content=b"x" * 65_537))[0] == 413


async def test_a_run_that_is_over_takes_no_answer(door: Door, run: ARun) -> None:
    run.ask()
    run.say(RunMoved(state="cancelled"))
    said = "Run k7m2xq is cancelled: nothing in it waits for an answer any more."
    assert error(await door.answer()) == (400, said)


async def test_plans_and_files_count_as_on_the_command_line(door: Door, run: ARun) -> None:
    plan = (Option(text="approve"), Option(text="refuse: <your reason>"), Option(text="stop"))
    run.ask(Question(key="plan:1", kind="plan", text="Build?", options=plan, recommended=0))
    wide = (Option(text="Change it", paths=("src/a.py",)), Option(text="Leave it"))
    run.ask(Question(key="wide", kind="decision", text="May I?", options=wide, asked_by="T1:1"))
    assert error(await door.answer(question="Q1", key="plan:1", answer="2"))[0] == 400
    taken = await door.answer(question="Q1", key="plan:1", answer="1", message="a")
    assert taken.json()["taken"] == "Q1 of run k7m2xq: approve"
    assert error(await door.answer(question="Q2", key="wide", answer="yes", message="b"))[0] == 400
    taken = await door.answer(question="Q2", key="wide", answer="1", message="c")
    assert taken.json()["taken"] == "Q2 of run k7m2xq: Change it; T1 may change src/a.py too"


async def test_a_button_of_slack_answers_and_says_what_was_taken(door: Door, run: ARun) -> None:
    run.ask()
    response = await door.press()
    text = "Q1 of run k7m2xq: utc (by U012ADA). nothing drives this run: go on with `agentctl resume k7m2xq`"
    shown = {"response_type": "ephemeral", "replace_original": True, "text": text}
    assert (response.status_code, response.json()) == (200, shown)
    for _ in range(100):
        if door.replies:
            break
        await asyncio.sleep(0.01)
    assert door.replies == [("https://hooks.slack.com/actions/T0/1/x", shown)]
    assert run.store.questions()[0].answered_by == "person:slack:U012ADA"
    again = (await door.press(user="U012BOB", alone=False)).json()
    assert again == {
        "response_type": "ephemeral",
        "replace_original": False,
        "text": f"Q1 was already answered by slack:U012ADA: utc. The first answer stands. {AGAIN}",
    }


async def test_the_same_request_of_slack_is_taken_once(door: Door, run: ARun) -> None:
    run.ask()
    now = time.time()
    await door.press(at=now)
    assert (await door.press(at=now)).json()["text"].startswith("this message was taken before")


async def test_only_those_who_are_named_may_answer_in_slack(door: Door, run: ARun) -> None:
    run.ask()
    status, words = error(await door.press(user="U999EVE"))
    assert (status, "slack_users" in words) == (403, True)
    assert run.store.questions()[0].answer is None
    assert error(await door.form("payload={}", signing="another")) == DENIED


@pytest.mark.parametrize("body", ["", "payload=", "payload=%7B%7D", "payload=[]", "x=1"])
async def test_what_slack_does_not_send_is_refused(body: str, door: Door, run: ARun) -> None:
    run.ask()
    assert error(await door.form(body))[0] == 400


async def test_a_reply_goes_to_slack_and_nowhere_else(door: Door, run: ARun) -> None:
    run.ask()
    value = json.dumps({**{name: ANSWER[name] for name in ("run", "question", "key", "answer")}, "alone": True})
    for address in ("https://evil.example/", "http://hooks.slack.com/x", "https://hooks.slack.com@evil.example/"):
        payload = {
            "type": "block_actions",
            "user": {"id": "U012ADA"},
            "actions": [{"value": value}],
            "response_url": address,
        }
        assert (await door.form(urlencode({"payload": json.dumps(payload)}))).status_code == 200
    await asyncio.sleep(0)
    assert door.replies == []


async def test_hostile_words_are_no_markup_in_slack(door: Door, run: ARun) -> None:
    run.ask(Question(key="zone", kind="decision", text="?", options=(Option(text="<!channel> & <@U1>\x1b"),)))
    assert "Q1 of run k7m2xq: &lt;!channel&gt; &amp; &lt;@U1&gt;␛" in (await door.press()).json()["text"]


async def test_too_many_messages_are_put_off(door: Door, run: ARun) -> None:
    run.ask()
    until = time.time() + 500
    (run.folder.path / "answers.seen").write_text("".join(f"{n} {until}\n" for n in range(1000)))
    assert error(await door.answer())[0] == 429
    (run.folder.path / "answers.seen").write_text("".join(f"{n} {until - 600}\n" for n in range(1000)) + "torn")
    assert (await door.answer()).status_code == 200
    assert len((run.folder.path / "answers.seen").read_text().splitlines()) == 1


def test_nothing_is_offered_unless_it_is_wanted_and_can_be_known(repo: Path) -> None:
    def paths(wanted: Wanted, environ: Mapping[str, str] = ENVIRON) -> list[str]:
        return [each.path for each in routes(repo, wanted, environ=environ)]

    assert paths(Wanted(webhooks=("https://a.example/",))) == []
    assert paths(WANTED) == ["/answer", "/slack"]
    assert paths(Wanted(answers=True)) == ["/answer"]
    only_slack = Wanted(answers=True, slack_signing_env="SIGNING", slack_users=("U1",))
    assert paths(only_slack, {"SIGNING": SIGNING}) == ["/slack"]
    with pytest.raises(SettingsError, match="AGENTCTL_NOTIFY_SECRET is not set"):
        paths(WANTED, {"SIGNING": SIGNING})
    with pytest.raises(SettingsError, match="SIGNING is not set"):
        paths(WANTED, {"AGENTCTL_NOTIFY_SECRET": SECRET})
    assert "holds no secret of Standard Webhooks" in needs(WANTED, {**ENVIRON, "AGENTCTL_NOTIFY_SECRET": "hello"})
    assert needs(WANTED, ENVIRON) == ""
