"""What the call journal promises: nothing is paid twice, and the ledger adds up."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from agentctl.orchestrator import faults
from agentctl.orchestrator.clock import SystemClock
from agentctl.orchestrator.errors import DiskFull, RunStateError
from agentctl.orchestrator.nouns.keys import AttemptKey, CallKey
from agentctl.orchestrator.ports import Clock
from agentctl.orchestrator.rules.redact import redact
from agentctl.orchestrator.store.journal import Call, Journal, Totals
from hypothesis import given, settings
from hypothesis import strategies as st

T1 = AttemptKey(task="T1")
SECRET = "sk-ant-" + "api03-abcdefghijklmnop1234"


def key(turn: int = 0, task: str = "T1") -> CallKey:
    return CallKey(attempt=AttemptKey(task=task), role="worker", turn=turn)


def request(*texts: str) -> str:
    messages = [{"role": "user", "text": text} for text in texts]
    return json.dumps({"tier": "flash", "messages": messages, "tools": [{"name": "read"}], "max_tokens": 8000})


def start(journal: Journal, call: CallKey, *texts: str, usd: float = 0.5) -> None:
    journal.start(call, digest="d", request=request(*texts), tier="flash", model="m", reserved_usd=usd)


def done(journal: Journal, call: CallKey, *, usd: float | None = 0.25, reply: str = '{"text": "hi"}') -> None:
    journal.done(
        call, reply=reply, model="m2", usd=usd, prompt=100, completion=10, cached=50, estimated=True, seconds=2.0
    )


def test_a_call_is_kept_with_all_that_is_known_of_it(journal: Journal) -> None:
    assert journal.call(key()) is None
    start(journal, key(), "hello")
    done(journal, key())
    call = journal.call(key())
    assert call is not None
    assert call == Call(
        key=key(),
        digest="d",
        state="done",
        tier="flash",
        model="m2",
        sends=1,
        reserved_usd=0.5,
        sunk_usd=0.0,
        usd=0.25,
        prompt=100,
        completion=10,
        cached=50,
        estimated=True,
        seconds=2.0,
        started_at=1000.0,
        done_at=1000.0,
        request_blob=call.request_blob,
        error="",
        reply='{"text": "hi"}',
    )
    assert journal.calls() == (call,)
    assert json.loads(journal.blob(call.request_blob)) == json.loads(request("hello"))


def test_a_call_that_is_done_is_never_sent_again(journal: Journal) -> None:
    start(journal, key())
    done(journal, key())
    with pytest.raises(ValueError, match="T1/1/0/worker/0/0 is done"):
        start(journal, key())
    with pytest.raises(ValueError, match="not open"):
        done(journal, key())


def test_a_call_cannot_end_before_it_started(journal: Journal) -> None:
    with pytest.raises(ValueError, match="never started"):
        journal.failed(key(), error="no", usd=0.0)


def test_the_ledger_follows_a_call(journal: Journal) -> None:
    assert journal.totals() == Totals()
    start(journal, key())
    assert journal.totals() == Totals(calls=1, in_flight=1, reserved_usd=0.5)
    journal.failed(key(), error="429", usd=0.1)
    assert journal.totals() == Totals(calls=1, usd=0.1)
    start(journal, key(), usd=0.6)
    assert journal.totals() == Totals(calls=1, in_flight=1, usd=0.1, reserved_usd=0.6)
    done(journal, key(), usd=0.2)
    totals = journal.totals()
    assert totals.usd == pytest.approx(0.3)
    assert (totals.prompt, totals.completion, totals.cached, totals.seconds) == (100, 10, 50, 2.0)
    call = journal.call(key())
    assert call is not None
    assert (call.sends, call.sunk_usd, call.error) == (2, 0.1, "")


def test_a_call_without_a_price_costs_nothing(journal: Journal) -> None:
    start(journal, key(), usd=0.0)
    done(journal, key(), usd=None)
    assert journal.totals().usd == 0.0


def test_the_ledger_of_a_task_is_its_own(journal: Journal) -> None:
    for call in (key(task="T1"), key(task="T2"), key(1, task="T2")):
        start(journal, call)
        done(journal, call)
    assert (journal.totals(task="T2").calls, journal.totals(task="T2").usd) == (2, 0.5)
    assert journal.totals(task="T9") == Totals()


KILLED = """
import os, signal, sys
from pathlib import Path
from agentctl.orchestrator import faults
from agentctl.orchestrator.clock import SystemClock
from agentctl.orchestrator.nouns.keys import AttemptKey, CallKey
from agentctl.orchestrator.store.journal import Journal

def strike(name):
    if name == sys.argv[2]:
        os.kill(os.getpid(), signal.SIGKILL)

journal = Journal(Path(sys.argv[1]), clock=SystemClock(), redact=str)
key = CallKey(attempt=AttemptKey(task="T1"), role="worker", turn=0)
faults.arm(strike)
journal.start(key, digest="d", request='{"messages": []}', tier="flash", model="m", reserved_usd=0.5)
journal.done(key, reply="{}", model="m", usd=0.25, prompt=1, completion=1, cached=0, estimated=False, seconds=1.0)
"""


@pytest.mark.parametrize(
    ("point", "state", "usd"),
    [
        ("call.starting", None, 0.0),
        ("call.started", "lost", 0.5),
        ("call.answered", "lost", 0.5),
        ("call.done", "done", 0.25),
    ],
)
def test_a_killed_process_leaves_a_call_that_counts(
    tmp_path: Path, clock: Clock, point: str, state: str | None, usd: float
) -> None:
    path = tmp_path / "calls.db"
    ended = subprocess.run([sys.executable, "-c", KILLED, str(path), point], check=False, timeout=60)
    assert ended.returncode == -9
    with Journal(path, clock=clock, redact=str) as journal:
        before = journal.totals()
        assert before.usd + before.reserved_usd == usd
        assert journal.settle_interrupted() == ((key(),) if state == "lost" else ())
        assert journal.settle_interrupted() == ()
        call = journal.call(key())
        assert (call and call.state, journal.totals().usd, journal.totals().in_flight) == (state, usd, 0)
        if state == "lost":
            start(journal, key())
            done(journal, key())
            again = journal.call(key())
            assert again is not None
            assert (again.sends, journal.totals().usd) == (2, 0.75)


def test_settling_leaves_the_calls_of_this_process_alone(journal: Journal) -> None:
    start(journal, key())
    assert journal.settle_interrupted() == ()
    assert journal.totals().in_flight == 1


steps = st.lists(
    st.tuples(st.sampled_from(["start", "done", "failed"]), st.integers(0, 3), st.integers(0, 8)), max_size=40
)


@settings(max_examples=150, deadline=None)
@given(steps)
def test_the_ledger_sums_to_what_was_spent_and_reserved(said: list[tuple[str, int, int]]) -> None:
    """Eighths of a dollar add up exactly."""
    spent: float = 0.0
    open_calls: dict[int, float] = {}
    finished: set[int] = set()

    with Journal(None, clock=SystemClock(), redact=str) as journal:
        for what, number, eighths in said:
            usd = eighths / 8
            if what == "start" and number not in finished:
                start(journal, key(number), usd=usd)
                spent += open_calls.get(number, 0.0)
                open_calls[number] = usd
            elif what == "done" and number in open_calls:
                done(journal, key(number), usd=usd)
                finished.add(number)
                spent += usd
                del open_calls[number]
            elif what == "failed" and number in open_calls:
                journal.failed(key(number), error="x", usd=usd)
                spent += usd
                del open_calls[number]
        totals = journal.totals()
        assert (totals.usd, totals.reserved_usd) == (spent, sum(open_calls.values()))
        assert totals.in_flight == len(open_calls)


def test_a_conversation_is_stored_once_however_often_it_is_sent(journal: Journal) -> None:
    texts: list[str] = []
    for turn in range(10):
        texts.append(f"{turn}" * 1000)
        start(journal, key(turn), *texts)
    bodies = journal._rows("SELECT length(text) FROM bodies")
    assert sum(length for (length,) in bodies) < 2 * sum(map(len, texts))
    for turn, call in enumerate(journal.calls()):
        assert json.loads(journal.blob(call.request_blob)) == json.loads(request(*texts[: turn + 1]))


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=20,
)


@settings(max_examples=150, deadline=None)
@given(st.dictionaries(st.text(st.characters(codec="utf-8"), max_size=5), json_values, max_size=5), st.booleans())
def test_any_request_comes_back_equal(asked: dict[str, object], ascii_only: bool) -> None:  # noqa: FBT001 - drawn
    text = json.dumps(asked, ensure_ascii=ascii_only)
    if not ascii_only:
        text = text.encode("utf-8", "replace").decode()
    with Journal(None, clock=SystemClock(), redact=str) as journal:
        journal.start(key(), digest="d", request=text, tier="flash", model="m", reserved_usd=0.0)
        assert json.loads(journal.blob(journal.calls()[0].request_blob)) == json.loads(text)


@pytest.mark.parametrize("text", ["", "[]", "null", "{", "hello"])
def test_a_request_is_a_json_object(journal: Journal, text: str) -> None:
    with pytest.raises(ValueError, match="JSON object"):
        journal.start(key(), digest="d", request=text, tier="flash", model="m", reserved_usd=0.0)
    assert journal.calls() == ()


def test_secrets_reach_neither_requests_nor_replies_nor_results_nor_errors(tmp_path: Path, clock: Clock) -> None:
    with Journal(tmp_path / "calls.db", clock=clock, redact=redact) as journal:
        pem = "-----BEGIN PRIVATE KEY-----\n" + "QUJDREVGR0hJSktMTU5PUFFSU1RVVldY\n" * 3 + "-----END PRIVATE KEY-----"
        start(journal, key(), f"key {SECRET}", pem)
        journal.failed(key(), error=f"refused: {SECRET}", usd=0.0)
        start(journal, key(), f"key {SECRET}", pem)
        done(journal, key(), reply=json.dumps({"text": f"a\n{SECRET}\n{pem}"}))
        journal.set_result(T1, 0, "c1", f"env: {SECRET}")
        call = journal.calls()[0]
        assert json.loads(call.reply or "") == {"text": "a\n[redacted:anthropic-key]\n[redacted:private-key]"}
        assert journal.results(T1, 0) == {"c1": "env: [redacted:anthropic-key]"}
        messages = json.loads(journal.blob(call.request_blob))["messages"]
        assert [message["text"] for message in messages] == ["key [redacted:anthropic-key]", "[redacted:private-key]"]
    stored = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert SECRET.encode() not in stored
    assert b"QUJDREVGR0hJSktMTU5PUFFS" not in stored


@pytest.mark.parametrize("reply", ["no json", "[" * 100_000, '"\ud800"', '{"a": "\\ud800"}', '{"a": 1e999}', ""])
def test_a_reply_of_any_shape_is_kept(journal: Journal, reply: str) -> None:
    start(journal, key())
    done(journal, key(), reply=reply)
    assert journal.calls()[0].reply == reply.replace("\ud800", "?")


def test_results_belong_to_a_turn_and_the_last_word_counts(journal: Journal) -> None:
    journal.set_result(T1, 1, "b", "first")
    journal.set_result(T1, 1, "a", "second")
    journal.set_result(T1, 2, "b", "other turn")
    journal.set_result(AttemptKey(task="T1", attempt=2), 1, "b", "other attempt")
    journal.set_result(T1, 1, "b", "changed")
    assert list(journal.results(T1, 1).items()) == [("b", "changed"), ("a", "second")]
    assert journal.results(T1, 9) == {}


def test_a_struck_start_is_not_half_there(journal: Journal) -> None:
    def strike(name: str) -> None:
        raise InterruptedError(name)

    faults.arm(strike)
    with pytest.raises(InterruptedError, match=r"call\.starting"):
        start(journal, key(), "x")
    faults.arm(None)
    assert journal.calls() == ()
    start(journal, key(), "x")


def test_a_rolled_back_message_is_stored_the_next_time(journal: Journal) -> None:
    pages = journal._db.execute("PRAGMA page_count").fetchone()[0]
    journal._db.execute(f"PRAGMA max_page_count={pages}")
    with pytest.raises(DiskFull):
        start(journal, key(), "small", "x" * 100_000)
    journal._db.execute("PRAGMA max_page_count=1000000")
    assert journal.calls() == ()
    start(journal, key(), "small", "x" * 100_000)
    assert json.loads(journal.blob(journal.calls()[0].request_blob)) == json.loads(request("small", "x" * 100_000))


def test_another_process_reads_and_cannot_write(journal: Journal, tmp_path: Path, clock: Clock) -> None:
    start(journal, key(), "x")
    with Journal(tmp_path / "calls.db", clock=clock, redact=str, readonly=True) as viewer:
        assert viewer.totals() == journal.totals()
        done(journal, key())
        assert viewer.calls() == journal.calls()
        with pytest.raises(RunStateError, match="reading only"):
            viewer.set_result(T1, 0, "c", "x")
