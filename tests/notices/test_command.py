"""The settings, `agentctl notify`, and what `doctor` says of the channels."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from agentctl.cli import main as door
from agentctl.cli.checkup import Check
from agentctl.cli.health import notify
from agentctl.cli.initial import render
from agentctl.cli.notices.wanted import Wanted
from agentctl.cli.settings import Flags, load
from agentctl.orchestrator.errors import SettingsError
from agentctl.orchestrator.nouns.notices import HumanNeeded, Quiet

from .conftest import SECRET, ARun, Receiver


@dataclass(frozen=True)
class Said:
    code: int
    out: str
    err: str


@pytest.fixture
def agentctl(capsys: pytest.CaptureFixture[str], repo: Path) -> Callable[..., Said]:
    def call(*argv: str) -> Said:
        capsys.readouterr()
        code = door.main([*argv, "--repo", str(repo)])
        captured = capsys.readouterr()
        return Said(code, captured.out, captured.err)

    return call


def write(repo: Path, text: str) -> None:
    (repo / "agentctl.toml").write_text(f"[notify]\n{text}\n")


def test_every_setting_can_be_written(repo: Path) -> None:
    write(
        repo,
        'webhook = ["https://a.example/x", "http://127.0.0.1:8080/"]\nsecret_env = "MINE"\nslack_env = "SLACK"\n'
        'desktop = true\nquiet = "22:00-7:00"\ndigest_minutes = 30\nanswers = true\nslack_signing_env = "SIGN"\n'
        'slack_users = ["U012ADA"]',
    )
    assert load(repo, Flags(), environ={}).notify == Wanted(
        webhooks=("https://a.example/x", "http://127.0.0.1:8080/"),
        secret_env="MINE",
        slack_env="SLACK",
        desktop=True,
        quiet=Quiet(begin=22 * 60, end=7 * 60),
        digest=1800.0,
        answers=True,
        slack_signing_env="SIGN",
        slack_users=("U012ADA",),
    )


def test_the_environment_can_say_it_too_and_the_secret_there_is_no_setting(repo: Path) -> None:
    environ = {
        "AGENTCTL_NOTIFY_WEBHOOK": "https://a.example/\nhttps://b.example/",
        "AGENTCTL_NOTIFY_QUIET": "12:00-13:00",
        "AGENTCTL_NOTIFY_SECRET": SECRET,
    }
    assert load(repo, Flags(), environ=environ).notify == Wanted(
        webhooks=("https://a.example/", "https://b.example/"), quiet=Quiet(begin=720, end=780)
    )
    assert load(repo, Flags(), environ={}).notify == Wanted()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('secret = "whsec_abc"', "name that by `secret_env`"),
        ('slack = "https://hooks.slack.com/services/T/B/x"', "name that by `slack_env`"),
        ('secret_env = "whsec_c2VjcmV0LXNlY3JldA=="', "name a variable here, such as MY_SECRET"),
        ('slack_signing_env = "8f742231b10e8888abcd99"', "name a variable here"),
        ('slack_env = "https://hooks.slack.com/services/T/B/x"', "name a variable here"),
        ('webhook = "https://hooks.slack.com/services/T/B/x"', "an address of Slack is a secret"),
        ('webhook = "http://a.example/"', "it must begin with https://"),
        ('webhook = "https://me:pw@a.example/"', "leave names and passwords out of it"),
        ('webhook = "https://a.example:99999/"', "it is no address"),
        ('webhook = "file:///etc/passwd"', "it must begin with https://"),
        ('webhook = "https://"', "it is no address"),
        ('quiet = "22-7"', "write it as 22:00-07:00"),
        ('quiet = "22:00-22:00"', "write it as 22:00-07:00"),
        ('quiet = "24:00-07:00"', "write it as 22:00-07:00"),
        ("digest_minutes = 0", "it must be 1 or more"),
        ('slack_users = ["@ada"]', "`notify.slack_users` cannot be"),
        ('slack_users = ["U012ADA"]', "`slack_users` needs `slack_signing_env`"),
        ('webhooks = "https://a.example/"', "did you mean `notify.webhook`?"),
    ],
)
def test_what_cannot_be_used_is_refused_and_no_secret_is_repeated(
    text: str, said: str, repo: Path, agentctl: Callable[..., Said]
) -> None:
    write(repo, text)
    with pytest.raises(SettingsError) as refused:
        load(repo, Flags(), environ={})
    assert said in str(refused.value)
    assert not any(word in str(refused.value) for word in ("whsec_", "services/T", "8f742231", "pw@"))
    assert (agentctl("notify", "--test").code, agentctl("notify").code) == (2, 2)


def test_the_file_that_init_writes_can_be_read_with_every_line_of_it_uncommented(repo: Path) -> None:
    text = render((), ())
    begin = text.index("[notify]")
    table = text[begin : text.index("\n\n", begin)].replace("\n# ", "\n")
    (repo / "agentctl.toml").write_text(table + "\n")
    assert load(repo, Flags(), environ={}).notify.buttons is False
    assert set(load(repo, Flags(), environ={}).notify.lines()) == {
        "webhook ntfy.example.org",
        "Slack",
        "quiet 22:00-07:00",
    }


def test_the_test_says_what_each_channel_answered(
    repo: Path, receiver: Receiver, agentctl: Callable[..., Said], monkeypatch: pytest.MonkeyPatch, closed_port: int
) -> None:
    write(repo, f'webhook = "{receiver.address}"\nslack_env = "SLACK"')
    monkeypatch.setenv("AGENTCTL_NOTIFY_SECRET", SECRET)
    monkeypatch.setenv("SLACK", receiver.address)
    done = agentctl("notify", "--test")
    assert done.code == 0
    assert [line.rpartition(" ")[2] for line in done.err.splitlines()] == ["204", "204"]
    assert receiver.came[0][0]["webhook-id"].startswith("msg_test_")
    monkeypatch.setenv("SLACK", f"http://127.0.0.1:{closed_port}/")
    done = agentctl("notify", "--test")
    assert (done.code, done.err.splitlines()[1]) == (1, "slack: it cannot be reached (ConnectError)")


@pytest.mark.parametrize(
    ("secret", "said"),
    [
        (None, "the variable AGENTCTL_NOTIFY_SECRET is not set: export it where agentctl is started."),
        ("hello", "AGENTCTL_NOTIFY_SECRET holds no secret of Standard Webhooks"),
        ("whsec_c2hvcnQ=", "AGENTCTL_NOTIFY_SECRET holds no secret of Standard Webhooks"),
    ],
)
def test_a_channel_without_its_secret_is_told_and_stops_nothing(
    secret: str | None, said: str, repo: Path, agentctl: Callable[..., Said], monkeypatch: pytest.MonkeyPatch
) -> None:
    write(repo, 'webhook = "https://a.example/"')
    if secret is not None:
        monkeypatch.setenv("AGENTCTL_NOTIFY_SECRET", secret)
    done = agentctl("notify", "--test")
    assert done.code == 1
    assert done.err.startswith(f"no webhook is told anything: {said}")
    (check,) = notify(repo, environ={"AGENTCTL_NOTIFY_SECRET": secret} if secret else {})
    assert (check.state, check.found) == ("note", "webhook a.example")
    assert said in check.todo[0]


def test_the_doctor_names_the_channels(repo: Path) -> None:
    assert list(notify(repo)) == []
    write(repo, 'webhook = "https://a.example:8443/private"\nquiet = "22:00-07:00"\nanswers = true')
    assert list(notify(repo, environ={"AGENTCTL_NOTIFY_SECRET": SECRET})) == [
        Check(
            name="notify",
            state="fine",
            found="webhook a.example:8443, quiet 22:00-07:00, `agentctl web` takes answers",
            todo=("try it with `agentctl notify --test`",),
        )
    ]


def test_nobody_to_tell_and_a_test_of_a_run_are_wrong_usage(agentctl: Callable[..., Said], run: ARun) -> None:
    nobody = "agentctl: Nobody is told anything: name a channel below [notify] in agentctl.toml (docs/notify.md).\n"
    assert agentctl("notify", "--test") == Said(2, "", nobody)
    assert agentctl("notify") == Said(2, "", nobody)
    assert agentctl("notify", run.folder.run, "--test").code == 2


def test_what_a_driver_left_is_delivered_by_the_command(
    repo: Path, receiver: Receiver, run: ARun, agentctl: Callable[..., Said], monkeypatch: pytest.MonkeyPatch
) -> None:
    write(repo, f'webhook = "{receiver.address}"')
    monkeypatch.setenv("AGENTCTL_NOTIFY_SECRET", SECRET)
    assert agentctl("notify").code == 0
    run.say(HumanNeeded(about="done", text="the run is done"), author="notifier")
    run.say(HumanNeeded(about="failed", text="x", due=time.time() + 3600), author="notifier")
    assert agentctl("notify").err.startswith("1 to tell when the quiet hours are over")
    assert agentctl("notify", "k7").code == 0
    assert [each["data"]["about"] for each in receiver.documents()] == ["done"]
    with run.folder.lock():
        assert agentctl("notify").err == "k7m2xq is driven, and its driver delivers\n"
    receiver.answers = [404]
    run.say(HumanNeeded(about="stopped", text="x"), author="notifier")
    assert agentctl("notify").code == 1


def test_events_and_progress_say_what_was_told(run: ARun, agentctl: Callable[..., Said]) -> None:
    run.ask()
    said = HumanNeeded(about="question", text="Q1 needs you", why_now="work waits for it", questions=("Q1",))
    run.say(said, author="notifier")
    assert agentctl("events").out.splitlines()[-1].endswith("you are told: Q1 needs you (work waits for it)")
    assert '"kind": "HumanNeeded"' in agentctl("events", "--json").out
