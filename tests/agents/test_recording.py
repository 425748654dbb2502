"""A recording holds a run's answers whole or not at all, and plays them again."""

import gzip
import hashlib
from dataclasses import replace
from pathlib import Path

import pytest
from agentctl.agents import recording
from agentctl.agents.digest import digest, dump_reply, dump_request
from agentctl.agents.models.port import Message, Reply, Request, Usage
from agentctl.agents.models.replay import Drift, NotRecorded, RecordedFailure, ReplayModel
from agentctl.agents.recording import Answer, Recording
from agentctl.orchestrator.errors import RunStateError, UsageError
from agentctl.orchestrator.nouns.events import Chosen, QuestionAnswered, QuestionAsked, RunCreated
from agentctl.orchestrator.nouns.keys import AttemptKey, CallKey
from agentctl.orchestrator.nouns.questions import Question
from agentctl.orchestrator.nouns.runs import RunSettings
from agentctl.orchestrator.store.journal import Journal
from agentctl.orchestrator.store.sqlite import SqliteStore

SYSTEM = Message(role="system", text="You write code.")
TASK = "[22/Nov/2026 01:02:03] GET\nWrite a.py.\nUse tabs."
FIRST = Request(tier="flash", messages=(SYSTEM, Message(role="user", text=TASK)))
SECOND = replace(FIRST, messages=(*FIRST.messages, Message(role="assistant", text="Done.\u2028")))
REPLY = Reply(text="Done.\u2028\n", calls=(), usage=Usage(prompt=3, completion=1), model="m", usd=0.02, seconds=2.0)


class Clock:
    def __init__(self) -> None:
        self.time = 100.0

    def now(self) -> float:
        return self.time

    def monotonic(self) -> float:
        return self.time

    async def sleep(self, seconds: float) -> None:
        self.time += seconds


def key(turn: int) -> CallKey:
    return CallKey(attempt=AttemptKey(task="T1"), role="worker", turn=turn)


@pytest.fixture
def run() -> tuple[Journal, SqliteStore]:
    """A run in memory: two calls done, one failed, one lost, a choice, and a question answered after 5 s."""
    clock = Clock()
    store = SqliteStore(None, clock=clock, redact=str, blobs=None)
    created = RunCreated(
        run="8f2c",
        spec_id="s",
        spec_blob=store.put_blob("# Spec\n"),
        title="A spec",
        base="0" * 40,
        settings=RunSettings(profile="desk", repo="."),
    )
    store.append(created, Chosen(key="order", value="T1 T2"), author="driver")
    store.append(QuestionAsked(question=Question(key="q", kind="decision", text="Tabs?")), author="worker")
    clock.time += 5
    store.append(QuestionAnswered(key="q", answer="yes"), author="person:ann")
    journal = Journal(None, clock=clock, redact=str)
    for turn, request in enumerate([FIRST, SECOND, SECOND, SECOND]):
        journal.start(
            key(turn), digest=digest(request), request=dump_request(request), tier="flash", model="", reserved_usd=0.0
        )
    for turn in (0, 1):
        journal.done(
            key(turn),
            reply=dump_reply(REPLY),
            model="m",
            usd=0.02,
            prompt=3,
            completion=1,
            cached=0,
            estimated=False,
            seconds=2.0,
        )
    journal.failed(key(2), error="too long", usd=0.0)
    return journal, store


@pytest.fixture(params=["run.jsonl", "run.jsonl.gz"])
def file(request: pytest.FixtureRequest, run: tuple[Journal, SqliteStore], tmp_path: Path) -> Path:
    path = tmp_path / "recordings" / request.param
    recording.write(path, journal=run[0], store=run[1])
    return path


@pytest.fixture
def recorded(file: Path) -> Recording:
    return recording.read(file)


def test_a_run_comes_back_from_its_recording(recorded: Recording) -> None:
    assert (recorded.header.title, recorded.header.profile, recorded.header.made_at) == ("A spec", "desk", 100.0)
    assert recorded.header.spec_sha256 == hashlib.sha256(b"# Spec\n").hexdigest()
    assert "when the run was recorded" in recorded.header.note
    assert {name: (call.reply, call.error) for name, call in recorded.calls.items()} == {
        str(key(0)): (REPLY, ""),
        str(key(1)): (REPLY, ""),
        str(key(2)): (None, "too long"),
    }
    assert recorded.choices == {"order": "T1 T2"}
    assert recorded.answers == {"q": Answer(key="q", answer="yes", author="person:ann", seconds=5.0)}
    assert [recorded.message(m) for m in recorded.calls[str(key(1))].messages] == list(SECOND.messages)
    assert len(recorded.messages) == 3


def test_the_same_run_makes_the_same_file(file: Path, run: tuple[Journal, SqliteStore]) -> None:
    before = file.read_bytes()
    recording.write(file, journal=run[0], store=run[1])
    assert file.read_bytes() == before
    assert [f.name for f in file.parent.iterdir()] == [file.name]


def test_a_file_cut_off_anywhere_is_refused(file: Path) -> None:
    whole = file.read_bytes()
    for size in range(0, len(whole) - 1, max(len(whole) // 60, 1)):
        file.write_bytes(whole[:size])
        with pytest.raises(UsageError, match=r"cut off|cannot be read|no recording"):
            recording.read(file)


def test_a_file_with_a_line_missing_or_of_a_newer_format_is_refused(file: Path) -> None:
    packed = file.suffix == ".gz"
    lines = (gzip.decompress(file.read_bytes()) if packed else file.read_bytes()).splitlines(keepends=True)

    def put(*kept: bytes) -> None:
        file.write_bytes(gzip.compress(b"".join(kept)) if packed else b"".join(kept))

    put(*lines[:3], *lines[4:])
    with pytest.raises(UsageError, match="is damaged"):
        recording.read(file)
    put(lines[0].replace(b'"format":1', b'"format":99'), *lines[1:])
    with pytest.raises(UsageError, match="newer; update agentctl"):
        recording.read(file)


def test_what_is_no_recording_is_refused(tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(b"\xff\x00 no")
    (tmp_path / "y.gz").write_bytes(b"no gzip")
    (tmp_path / "z").write_bytes(b"")
    for name in ("x", "y.gz", "z", "missing", "."):
        with pytest.raises(UsageError, match="record"):
            recording.read(tmp_path / name)


def test_a_run_that_never_began_cannot_be_recorded(tmp_path: Path, run: tuple[Journal, SqliteStore]) -> None:
    empty = SqliteStore(None, clock=Clock(), redact=str, blobs=None)
    with pytest.raises(RunStateError, match="no run to record"):
        recording.write(tmp_path / "run.jsonl", journal=run[0], store=empty)
    assert list(tmp_path.iterdir()) == []


async def test_a_replay_gives_the_reply_after_its_time_and_for_nothing(recorded: Recording) -> None:
    clock, drifts = Clock(), []
    model = ReplayModel(recorded, clock=clock, scale=0.5, on_drift=drifts.append)
    assert await model.complete(key(0), FIRST) == replace(REPLY, usd=None)
    assert (clock.time, drifts) == (101.0, [])


@pytest.mark.parametrize(
    ("request_now", "what"),
    [
        (
            replace(FIRST, messages=(SYSTEM, Message(role="user", text=TASK.replace("tabs", "spaces")))),
            "message 2:\n--- recorded\n+++ now\n@@ -3,2 +3,2 @@\n Write a.py.\n-Use tabs.\n+Use spaces.",
        ),
        (SECOND, "2 messages then, 3 now"),
        (replace(FIRST, schema={}), "the tools, or the form of the answer, are not those of the recording"),
        (replace(FIRST, tier="pro"), "tier: flash then, pro now"),
        (replace(FIRST, max_tokens=1), "the limits of the request, or secrets in it, are not those of the recording"),
    ],
)
async def test_a_drifted_prompt_is_shown_and_answered_all_the_same(
    recorded: Recording, request_now: Request, what: str
) -> None:
    drifts: list[Drift] = []
    model = ReplayModel(recorded, clock=Clock(), on_drift=drifts.append)
    assert (await model.complete(key(0), request_now)).text == REPLY.text
    assert drifts == [Drift(key=key(0), what=what)]


@pytest.mark.parametrize("then", ["23/Nov/2026 05:06:07", "<time>"])
async def test_a_log_of_another_day_is_no_drift(recorded: Recording, then: str) -> None:
    drifts: list[Drift] = []
    model = ReplayModel(recorded, clock=Clock(), on_drift=drifts.append)
    text = TASK.replace("22/Nov/2026 01:02:03", then)
    await model.complete(key(0), replace(FIRST, messages=(SYSTEM, Message(role="user", text=text))))
    assert drifts == []
    await model.complete(key(0), replace(FIRST, messages=(SYSTEM, Message(role="system", text=text))))
    assert [drift.what[:9] for drift in drifts] == ["message 2"]


async def test_a_call_that_is_not_in_the_recording_says_how_to_go_on(recorded: Recording) -> None:
    with pytest.raises(NotRecorded, match=r"'A spec' does not cover call T1/1/0/worker/3/0.*--profile"):
        await ReplayModel(recorded, clock=Clock()).complete(key(3), FIRST)


async def test_a_call_that_failed_then_fails_again(recorded: Recording) -> None:
    with pytest.raises(RecordedFailure, match="too long"):
        await ReplayModel(recorded, clock=Clock()).complete(key(2), SECOND)
