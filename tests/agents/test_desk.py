"""The desk: whoever answers, each prompt gets one usable answer, and no answer that was given is lost."""

import asyncio
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from agentctl.agents.desk.inbox import (
    CLAIM_SECONDS,
    AnswerRefused,
    Inbox,
    Prompt,
    Wanted,
    next_prompt,
    prompt_id,
    reply,
)
from agentctl.agents.digest import dump_request
from agentctl.agents.models.desk import DeskModel
from agentctl.agents.models.errors import Malformed
from agentctl.agents.models.port import Message, Request, ToolSpec
from agentctl.orchestrator.nouns.keys import AttemptKey, CallKey

READ = ToolSpec(
    name="read",
    description="Reads a file.",
    parameters={"type": "object", "properties": {"path": {"type": "string"}}, "required": ["path"]},
)
REQUEST = Request(tier="flash", messages=(Message(role="user", text="Fix a.py."),), tools=(READ,))
SCHEMA = {"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"]}
PLAN = Request(tier="pro", messages=(Message(role="user", text="Plan."),), schema=SCHEMA)


def key(turn: int = 0, *, task: str = "T1", role: str = "worker") -> CallKey:
    return CallKey(attempt=AttemptKey(task=task), role=role, turn=turn)


class Ticking:
    """A clock on which waiting lets someone act."""

    def __init__(self, *acts: Callable[[], None]) -> None:
        self.acts = list(acts)
        self.time = 1_000.0

    def now(self) -> float:
        return self.time

    def monotonic(self) -> float:
        return self.time

    async def sleep(self, seconds: float) -> None:
        self.time += seconds
        if self.acts:
            self.acts.pop(0)()
        await asyncio.sleep(0)


def desk(folder: Path, *acts: Callable[[], None], **options: object) -> DeskModel:
    return DeskModel(folder, run="8f2c", clock=Ticking(*acts), **options)


def dropped(folder: Path, text: str, call: CallKey | None = None) -> Callable[[], None]:
    """A program that writes its reply as a file, without asking whether it is right."""
    return lambda: (folder / f"{prompt_id('8f2c', call or key())}.reply.md").write_text(text)


def files(folder: Path) -> list[str]:
    return sorted(file.name for file in folder.glob("[!.]*"))


def prompt(call: CallKey) -> Prompt:
    return Prompt(
        id=prompt_id("8f2c", call),
        run="8f2c",
        key=call,
        team="",
        at=float(call.turn),
        tier="flash",
        request_json=dump_request(REQUEST),
    )


async def test_an_answer_becomes_a_reply(tmp_path: Path) -> None:
    def person() -> None:
        prompt = next_prompt(tmp_path, claimant="ann", wait=0)
        assert prompt is not None
        assert prompt.headline.endswith(": run 8f2c, worker of team Core, task T1:1, turn 0, tier flash")
        assert prompt.text.startswith(f"<!-- {prompt.headline} -->\n\n# Tools")
        reply(tmp_path, prompt.id, "I look.\n\n@tool read\npath: a.py\n")

    answered = await desk(tmp_path, person, team_of=lambda _: "Core").complete(key(), REQUEST)
    assert (answered.text, [(c.name, c.arguments) for c in answered.calls]) == ("I look.", [("read", {"path": "a.py"})])
    assert (answered.model, answered.usd, answered.usage.estimated) == ("desk", None, True)
    assert answered.seconds == pytest.approx(0.1)


async def test_a_structured_answer_is_found_in_its_prose(tmp_path: Path) -> None:
    text = 'Here {it} is:\n```json\n{"n": 3}\n```\nDone.'
    assert (await desk(tmp_path, dropped(tmp_path, text)).complete(key(), PLAN)).text == '{"n": 3}'


async def test_an_unusable_answer_comes_back_to_the_desk_once(tmp_path: Path) -> None:
    seen: list[str] = []

    def again() -> None:
        (prompt,) = Inbox(tmp_path).waiting()
        seen.append(prompt.text)
        reply(tmp_path, prompt.id, "@tool read\npath: b.py")

    answered = await desk(tmp_path, dropped(tmp_path, "@tool raed\npath: a"), again).complete(key(), REQUEST)
    assert [c.arguments for c in answered.calls] == [{"path": "b.py"}]
    assert "# Your answer could not be used\n\n- call 1: there is no tool `raed`; there are `read`" in seen[0]


async def test_a_second_unusable_answer_goes_to_the_caller(tmp_path: Path) -> None:
    wrong = dropped(tmp_path, "@tool raed")
    answered = await desk(tmp_path, wrong, wrong).complete(key(), REQUEST)
    assert [(c.name, bool(c.error)) for c in answered.calls] == [("raed", True)]
    wrong = dropped(tmp_path, '{"n": "x"}', key(1))
    with pytest.raises(Malformed, match="`n` must be of type integer"):
        await desk(tmp_path, wrong, wrong).complete(key(1), PLAN)


async def test_an_answer_given_before_a_crash_is_used_after_it(tmp_path: Path) -> None:
    first = desk(tmp_path, dropped(tmp_path, "@tool read\npath: a.py"))
    before = await first.complete(key(), REQUEST)
    # The process dies before the reply is in the journal; the next one asks the same.
    after = await desk(tmp_path).complete(key(), REQUEST)
    assert after.calls == before.calls
    assert Inbox(tmp_path).waiting() == ()


async def test_an_answer_to_another_request_is_not_used(tmp_path: Path) -> None:
    await desk(tmp_path, dropped(tmp_path, "@tool read\npath: a.py")).complete(key(), REQUEST)
    other = Request(tier="flash", messages=(Message(role="user", text="Fix b.py."),), tools=(READ,))
    answered = await desk(tmp_path, dropped(tmp_path, "@tool read\npath: b.py")).complete(key(), other)
    assert [c.arguments for c in answered.calls] == [{"path": "b.py"}]


async def test_answers_that_were_handed_over_go_with_the_next_call(tmp_path: Path) -> None:
    model = desk(tmp_path, dropped(tmp_path, "one"), dropped(tmp_path, "two", key(1)))
    await model.complete(key(), REQUEST)
    assert files(tmp_path) == [f"{prompt_id('8f2c', key())}{ending}" for ending in (".json", ".reply.md")]
    await model.complete(key(1), REQUEST)
    assert files(tmp_path) == [f"{prompt_id('8f2c', key(1))}{ending}" for ending in (".json", ".reply.md")]


async def test_a_cancelled_call_leaves_nothing_on_the_desk(tmp_path: Path) -> None:
    calls: list[asyncio.Task] = []

    def stop() -> None:
        calls[0].cancel()

    model = desk(tmp_path, stop)
    calls.append(asyncio.create_task(model.complete(key(), REQUEST)))
    with pytest.raises(asyncio.CancelledError):
        await calls[0]
    assert files(tmp_path) == []


async def test_an_answer_that_crosses_a_cancellation_is_kept_for_the_resume(tmp_path: Path) -> None:
    calls: list[asyncio.Task] = []

    def both() -> None:
        reply(tmp_path, prompt_id("8f2c", key()), "typed for an hour\n\n@tool read\npath: a.py")
        calls[0].cancel()

    calls.append(asyncio.create_task(desk(tmp_path, both).complete(key(), REQUEST)))
    with pytest.raises(asyncio.CancelledError):
        await calls[0]
    assert (await desk(tmp_path).complete(key(), REQUEST)).text == "typed for an hour"


@pytest.fixture
def waiting(tmp_path: Path) -> Path:
    """A desk with four prompts that nobody is at."""
    for turn, role in enumerate(["worker", "worker", "worker", "planner"]):
        Inbox(tmp_path).put(prompt(key(turn, task=f"T{turn}", role=role)))
    return tmp_path


def test_two_claimants_at_once_never_get_the_same_prompt(waiting: Path) -> None:
    taken: list[tuple[str, str]] = []
    barrier = threading.Barrier(2)

    def claim(name: str) -> None:
        barrier.wait()
        while (prompt := next_prompt(waiting, claimant=name, wait=0)) is not None:
            taken.append((prompt.id, name))

    threads = [threading.Thread(target=claim, args=(name,)) for name in ("ann", "bob")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(taken) == len({prompt for prompt, _ in taken}) == 4


def test_a_claimant_may_choose_by_role_and_task(waiting: Path) -> None:
    planner = next_prompt(waiting, claimant="ann", wait=0, wanted=Wanted(role="planner"))
    second = next_prompt(waiting, claimant="ann", wait=0, wanted=Wanted(task="T1"))
    assert (planner and planner.key.role, second and second.key.attempt.task) == ("planner", "T1")
    assert next_prompt(waiting, claimant="bob", wait=0, wanted=Wanted(role="planner")) is None
    assert next_prompt(waiting, claimant="bob", wait=0, wanted=Wanted(team="Core")) is None


def test_a_claimant_may_choose_by_tier_and_has_the_choices_of_its_role(waiting: Path) -> None:
    Inbox(waiting).put(replace(prompt(key(0, task="T9", role="critic.choice")), tier="pro"))
    assert next_prompt(waiting, claimant="ann", wait=0, wanted=Wanted(role="critic", tier="flash")) is None
    chosen = next_prompt(waiting, claimant="ann", wait=0, wanted=Wanted(role="critic", tier="pro"))
    assert chosen is not None
    assert chosen.key.role == "critic.choice"


def test_a_stale_claim_is_anybodys(waiting: Path) -> None:
    later = [0.0]
    inbox = Inbox(waiting, now=lambda: later[0])
    prompt = inbox.waiting()[0]
    assert inbox.claim(prompt.id, "ann")
    assert not inbox.claim(prompt.id, "bob")
    later[0] = CLAIM_SECONDS
    assert inbox.claim(prompt.id, "bob")


def test_a_reply_is_judged_at_once_and_the_first_good_one_counts(waiting: Path) -> None:
    prompt = Inbox(waiting).waiting()[0]
    with pytest.raises(AnswerRefused, match="call 1: the call lacks `path`"):
        reply(waiting, prompt.id, "@tool read\n")
    with pytest.raises(AnswerRefused, match="the answer is empty"):
        reply(waiting, prompt.id, " \n")
    reply(waiting, prompt.id, "@tool read\npath: a.py")
    with pytest.raises(AnswerRefused, match="waits for an answer"):
        reply(waiting, prompt.id, "@tool read\npath: b.py")


@pytest.mark.parametrize("name", ["../x", "", "nope", "a/b", ".lock", "x\x00"])
def test_an_id_that_is_not_on_the_desk_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(AnswerRefused, match="desk next"):
        reply(tmp_path, name, "text")


def test_an_empty_desk_has_no_next_prompt(tmp_path: Path) -> None:
    assert next_prompt(tmp_path / "missing", claimant="ann", wait=0) is None


def test_what_a_run_left_behind_is_cleared_by_its_name(waiting: Path) -> None:
    Inbox(waiting).clear("other")
    assert len(Inbox(waiting).waiting()) == 4
    Inbox(waiting).clear("8f2c")
    assert files(waiting) == []


def test_prompts_are_for_their_owner_alone(waiting: Path) -> None:
    folder = waiting / "inner"
    Inbox(folder).put(Inbox(waiting).waiting()[0])
    assert oct(folder.stat().st_mode & 0o777) == "0o700"
    assert {oct(file.stat().st_mode & 0o777) for file in folder.iterdir()} == {"0o600"}


def test_an_id_is_a_safe_file_name_whatever_the_task_is_called() -> None:
    hostile = prompt_id("r", key(task="../../etc/passwd\n<b>"))
    assert hostile.startswith("etc.passwd.b.worker.0-")
    assert prompt_id("r", key(task="a b")) != prompt_id("r", key(task="a.b"))


def test_words_without_a_call_are_refused_where_tools_are_offered(waiting: Path) -> None:
    (first, *_) = Inbox(waiting).waiting()
    with pytest.raises(AnswerRefused, match=r"it calls no tool.*`@tool read`"):
        reply(waiting, first.id, "I have looked at everything, and it is fine.")
    assert Inbox(waiting).find(first.id) is not None
