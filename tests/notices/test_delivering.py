"""What is told, to whom, how often, and what happens where nobody listens: real servers, real files, real threads."""

import json
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from agentctl.cli.notices.channel import Channel, NotDelivered
from agentctl.cli.notices.courier import Courier
from agentctl.cli.notices.delivered import FILE, held
from agentctl.cli.notices.telling import Notices, telling
from agentctl.cli.notices.webhook import WebhookChannel
from agentctl.orchestrator.clock import SystemClock
from agentctl.orchestrator.errors import AgentctlError, BudgetReached
from agentctl.orchestrator.nouns.events import Noted, QuestionAnswered, RunMoved
from agentctl.orchestrator.nouns.notices import HumanNeeded, Quiet
from agentctl.orchestrator.nouns.questions import Question
from agentctl.orchestrator.rules.notices import Patience
from agentctl.orchestrator.rules.redact import redact
from agentctl.orchestrator.store.folder import RunFolder
from agentctl.orchestrator.store.sqlite import SqliteStore

from .conftest import QUESTION, SECRET, ARun, Receiver

NEEDED = HumanNeeded(about="question", text="Q1 needs you", why_now="work waits for it", questions=("Q1",))
ALL_DAY = Quiet(begin=0, end=24 * 60 - 1)


def webhook(address: str, *, seconds: float = 10.0) -> WebhookChannel:
    return WebhookChannel(address=address, secret=SECRET, seconds=seconds)


def deliver(run: ARun, channel: Channel, *, clock: Callable[[], float] = time.time) -> Courier:
    """One round of one channel, which knows the run from its first event on."""
    stopped = threading.Event()
    stopped.set()
    with held(run.folder.path) as delivered:
        assert delivered is not None
        delivered.begin(channel.name, after=1)
        courier = Courier(
            folder=run.folder,
            channel=channel,
            delivered=delivered,
            stopped=stopped,
            pauses=(0.0, 0.0),
            clock=clock,
        )
        courier.serve()
    return courier


def notes(run: ARun) -> list[str]:
    return [event.fact.text for event in run.store.events() if isinstance(event.fact, Noted)]


def needed(run: ARun) -> list[HumanNeeded]:
    return [event.fact for event in run.store.events() if isinstance(event.fact, HumanNeeded)]


def test_a_webhook_is_told_everything_that_an_answer_needs(run: ARun, receiver: Receiver) -> None:
    run.ask()
    run.say(NEEDED, author="notifier")
    deliver(run, webhook(receiver.address))
    (document,) = receiver.documents()
    assert receiver.came[0][0]["webhook-id"] == "msg_k7m2xq_3"
    assert (document["type"], document["version"]) == ("agentctl.human_needed", 1)
    data = document["data"]
    assert {name: data[name] for name in ("run", "title", "state", "about", "text", "why_now")} == {
        "run": "k7m2xq",
        "title": "greet: say hello",
        "state": "planning",
        "about": "question",
        "text": "Q1 needs you",
        "why_now": "work waits for it",
    }
    assert data["questions"] == [
        {
            "id": "Q1",
            "key": "zone",
            "kind": "decision",
            "text": "Which time zone?",
            "why": "The format needs one.",
            "options": [
                {"label": "1", "text": "utc", "consequence": "the same everywhere", "paths": []},
                {"label": "2", "text": "local time", "consequence": "", "paths": []},
            ],
            "recommended": "1",
            "requirements": ["R1"],
            "reasons": "",
            "silence": "waits",
            "default_at": None,
            "command": "agentctl answer --run k7m2xq Q1 NUMBER|TEXT",
        }
    ]


def test_nothing_is_delivered_twice_however_often_a_process_begins_anew(run: ARun, receiver: Receiver) -> None:
    run.ask()
    run.say(NEEDED, author="notifier")
    for _ in range(3):
        deliver(run, webhook(receiver.address))
    assert len(receiver.came) == 1
    run.say(HumanNeeded(about="done", text="the run is done"), author="notifier")
    deliver(run, webhook(receiver.address))
    assert [each["data"]["about"] for each in receiver.documents()] == ["question", "done"]


def test_what_a_crash_left_is_delivered_and_a_torn_line_is_no_line(run: ARun, receiver: Receiver) -> None:
    run.ask()
    with held(run.folder.path) as delivered:
        assert delivered is not None
        delivered.begin(webhook(receiver.address).name, after=1)
    with (run.folder.path / FILE).open("a") as file:
        file.write('{"channel": "web')
    run.say(NEEDED, author="notifier")
    deliver(run, webhook(receiver.address))
    deliver(run, webhook(receiver.address))
    assert len(receiver.came) == 1
    assert (run.folder.path / FILE).read_text().splitlines()[1] == '{"channel": "web'


def test_a_channel_that_is_new_is_not_told_of_the_past(run: ARun, receiver: Receiver) -> None:
    run.ask()
    run.say(NEEDED, author="notifier")
    with held(run.folder.path) as delivered:
        assert delivered is not None
        delivered.begin(webhook(receiver.address).name, after=run.store.last_event())
    deliver(run, webhook(receiver.address))
    assert receiver.came == []


def test_only_one_process_delivers(run: ARun) -> None:
    with held(run.folder.path) as one, held(run.folder.path) as other:
        assert one is not None
        assert other is None


@pytest.mark.parametrize(
    ("answers", "tries", "said"),
    [
        ([500, 500, 204], 3, "204"),
        ([500], 3, "given up: 500 <no>␛[31m"),
        ([429, 204], 2, "204"),
        ([404], 1, "given up: 404"),
        ([302], 1, "given up: 302: it sends elsewhere, which is not followed"),
    ],
)
def test_a_failing_server_is_tried_three_times_and_a_refusal_once(
    answers: list[int | str], tries: int, said: str, run: ARun, receiver: Receiver
) -> None:
    receiver.answers, receiver.headers = answers, {"location": receiver.address}
    run.ask()
    run.say(NEEDED, author="notifier")
    deliver(run, webhook(receiver.address))
    deliver(run, webhook(receiver.address))
    assert len(receiver.came) == tries
    assert len({headers["webhook-id"] for headers, _ in receiver.came}) == 1
    assert run.lines()[-1]["said"].startswith(said)
    given_up = [text for text in notes(run) if f" was not told of event 3: {said.removeprefix('given up: ')}" in text]
    assert (len(given_up), len(notes(run))) == ((0, 0) if said == "204" else (1, 1))
    assert "not-to-be-told" not in json.dumps([*run.lines(), *notes(run)])


def test_a_server_that_hangs_or_is_not_there_is_given_up_with_words(
    run: ARun, receiver: Receiver, closed_port: int
) -> None:
    receiver.answers = ["hang"]
    run.ask()
    run.say(NEEDED, author="notifier")
    deliver(run, webhook(receiver.address, seconds=0.2))
    deliver(run, webhook(f"http://127.0.0.1:{closed_port}/"))
    assert len(receiver.came) == 3
    slow, gone = notes(run)
    assert slow.endswith("was not told of event 3: no answer within 0.2 s")
    assert gone.endswith("was not told of event 3: it cannot be reached (ConnectError)")


def test_what_was_answered_meanwhile_is_passed_over(run: ARun, receiver: Receiver) -> None:
    run.ask()
    run.say(NEEDED, author="notifier")
    run.say(QuestionAnswered(key="zone", answer="utc"), author="person:Ada")
    deliver(run, webhook(receiver.address))
    assert receiver.came == []
    assert run.lines()[-1]["said"] == "passed over: it was answered"


def test_what_is_not_due_is_left_for_later(run: ARun, receiver: Receiver) -> None:
    run.say(HumanNeeded(about="done", text="the run is done", due=1000.0), author="notifier")
    assert deliver(run, webhook(receiver.address), clock=lambda: 999.0).early == (2,)
    assert receiver.came == []
    assert deliver(run, webhook(receiver.address), clock=lambda: 1000.0).early == ()
    assert len(receiver.came) == 1


def test_hostile_text_is_shown_redacted_and_bounded(
    new_run: Callable[..., ARun], receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = "sk-ant-" + "a1" * 20
    monkeypatch.setenv("MY_API_KEY", "only-here-4711")
    run = new_run(title="\x1b]0;owned\x07")
    run.ask(Question(key="x", kind="decision", text=f"{key} only-here-4711 \u202e\x1b[2J" + "x" * 500_000))
    run.say(NEEDED, author="notifier")
    deliver(run, webhook(receiver.address))
    ((_, body),) = receiver.came
    (document,) = receiver.documents()
    assert len(body) <= 64 * 1024
    text = document["data"]["questions"][0]["text"]
    assert text.startswith("[redacted:anthropic-key] [redacted:secret] <U+202E>␛[2J")
    assert document["data"]["title"] == "␛]0;owned␇"
    assert b"\x1b" not in body


def test_many_long_questions_stay_within_the_bound(run: ARun, receiver: Receiver) -> None:
    names = [f"Q{n}" for n in range(1, 31)]
    for name in names:
        run.ask(Question(key=f"k{name}", kind="decision", text="\u202e" * 5000, why="\u202e" * 5000))
    run.say(HumanNeeded(about="digest", text="many", questions=tuple(names)), author="notifier")
    deliver(run, webhook(receiver.address))
    (document,) = receiver.documents()
    assert len(receiver.came[0][1]) <= 64 * 1024
    assert [each["id"] for each in document["data"]["questions"]] == names[:20]


# beside a driver


class Kept:
    """A channel that keeps what it is told."""

    name = "kept"

    def __init__(self) -> None:
        self.told: list[Any] = []

    def tell(self, notice: Any) -> str:
        self.told.append(notice)
        return "kept"


class Broken:
    name = "broken"

    def tell(self, _: object) -> str:
        raise NotDelivered("no", again=False)


def waits(what: Callable[[], object]) -> None:
    deadline = time.monotonic() + 30
    while not what():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_a_question_is_told_while_the_run_goes_on_and_its_end_too(run: ARun) -> None:
    kept = Kept()
    with telling(run.folder, Notices(channels=(kept, Broken())), is_driven=lambda: True) as teller:
        run.ask()
        run.say(RunMoved(state="building"))
        waits(lambda: len(kept.told) == len(notes(run)) == 1)  # what is answered before that is passed over
        run.say(QuestionAnswered(key="zone", answer="utc"), author="person:Ada")
        run.say(RunMoved(state="done"))
        teller.ended(None)
    assert [(each.about, [item.id for item in each.items]) for each in kept.told] == [
        ("question", ["Q1"]),
        ("done", []),
    ]
    assert [each.why_now for each in needed(run)] == ["nobody else can say", ""]
    assert notes(run) == [f"broken was not told of event {seq}: no" for seq in _events_of(run)]


def _events_of(run: ARun) -> list[int]:
    return [event.seq for event in run.store.events() if isinstance(event.fact, HumanNeeded)]


def test_a_driver_that_begins_again_tells_nothing_twice(run: ARun) -> None:
    kept = Kept()
    run.ask()
    run.say(RunMoved(state="waiting"))
    for _ in range(3):
        with telling(run.folder, Notices(channels=(kept,)), is_driven=lambda: True) as teller:
            teller.ended(3)
    assert [each.about for each in kept.told] == ["waiting"]
    assert [item.id for item in kept.told[0].items] == ["Q1"]


@pytest.mark.parametrize(
    ("code", "state", "about"),
    [
        (None, "done", "done"),
        (None, "failed", "failed"),
        (None, "cancelled", None),
        (None, "drained", None),
        (3, "waiting", "waiting"),
        (4, "waiting", "waiting"),
        (5, "waiting", "budget"),
        (130, "building", None),
    ],
)
def test_how_a_drive_ended_is_told_unless_a_person_ended_it(
    code: int | None, state: Any, about: str | None, run: ARun
) -> None:
    with telling(run.folder, Notices(), is_driven=lambda: True) as teller:
        run.say(RunMoved(state=state))
        teller.ended(code)
    assert [each.about for each in needed(run)] == ([about] if about else [])


def test_an_error_that_stops_the_driver_is_told_with_its_words(run: ARun) -> None:
    with pytest.raises(AgentctlError), telling(run.folder, Notices(), is_driven=lambda: True):
        raise AgentctlError("the disk is full")
    with pytest.raises(BudgetReached), telling(run.folder, Notices(), is_driven=lambda: True):
        raise BudgetReached("no room", scope="run", missing_usd=1.0)
    assert [(each.about, each.why_now) for each in needed(run)] == [
        ("stopped", "the disk is full"),
        ("budget", "no room"),
    ]


def test_who_does_not_drive_a_run_or_replays_one_tells_nothing(new_run: Callable[..., ARun]) -> None:
    plain, replay = new_run("aaa"), new_run("bbb", replay="/x.jsonl")
    for run, is_driven in ((plain, False), (replay, True)):
        run.ask()
        run.say(RunMoved(state="done"))
        with telling(run.folder, Notices(channels=(Kept(),)), is_driven=lambda drives=is_driven: drives) as teller:
            teller.ended(None)
        assert needed(run) == []


def test_an_end_in_the_quiet_hours_is_left_to_somebody_who_waits(run: ARun) -> None:
    kept, later = Kept(), list[RunFolder]()
    quiet = Patience(quiet=ALL_DAY)
    notices = Notices(channels=(kept,), patience=quiet, later=later.append, clock=lambda: 12 * 3600.0)
    with telling(run.folder, notices, is_driven=lambda: True) as teller:
        run.say(RunMoved(state="done"))
        teller.ended(None)
    assert (kept.told, later) == ([], [run.folder])
    assert needed(run)[0].due > 12 * 3600


def test_a_channel_that_hangs_holds_up_neither_the_others_nor_the_end(run: ARun) -> None:
    kept, release = Kept(), threading.Event()

    class Hangs:
        name = "hangs"

        def tell(self, _: object) -> str:
            release.wait(30)
            return "at last"

    notices = Notices(channels=(Hangs(), kept), last=0.3)
    with telling(run.folder, notices, is_driven=lambda: True) as teller:
        run.say(RunMoved(state="done"))
        teller.ended(None)
    waits(lambda: [each.about for each in kept.told] == ["done"])
    release.set()
    waits(lambda: any(line.get("said") == "at last" for line in run.lines()))


def test_the_file_of_deliveries_that_is_a_link_is_not_followed(run: ARun, tmp_path: Path) -> None:
    (run.folder.path / FILE).symlink_to(tmp_path / "elsewhere")
    with pytest.raises(OSError, match=FILE), held(run.folder.path):
        pass
    assert not (tmp_path / "elsewhere").exists()


def test_a_question_of_another_kind_says_what_silence_means(run: ARun) -> None:
    kept = Kept()
    run.ask(Question(key="d", kind="decision", text="?", default="utc", wait=60.0))
    run.say(NEEDED, author="notifier")
    deliver(run, kept)
    (item,) = kept.told[0].items
    assert item.silence == "goes on with utc, which can be reverted"
    assert item.default_at == run.store.questions()[0].at + 60


def test_two_runs_share_nothing(new_run: Callable[..., ARun], receiver: Receiver) -> None:
    for name in ("aaa", "bbb"):
        run = new_run(name)
        run.ask(QUESTION)
        run.say(NEEDED, author="notifier")
        deliver(run, webhook(receiver.address))
    assert sorted(each["data"]["run"] for each in receiver.documents()) == ["aaa", "bbb"]


def test_no_secret_gets_into_the_log_with_a_notice(run: ARun) -> None:
    key = "sk-ant-" + "a1" * 20
    with SqliteStore(run.folder.run_db, clock=SystemClock(), redact=redact, blobs=None) as store:
        store.append(HumanNeeded(about="stopped", text=key, why_now=f"refused {key}"), author="notifier")
    (fact,) = needed(run)
    assert (fact.text, fact.why_now) == ("[redacted:anthropic-key]", "refused [redacted:anthropic-key]")
