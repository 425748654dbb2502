"""The desktop, by a program that a test puts in the place of notify-send; and who is looking already."""

import json
import sys
from pathlib import Path

import pytest
from agentctl.cli.notices.channel import NotDelivered, NotNow
from agentctl.cli.notices.desktop import found
from agentctl.cli.notices.notice import Notice, trial_notice
from agentctl.cli.notices.watched import Watching, is_watched


@pytest.fixture
def bin_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))
    return folder


def program(folder: Path, name: str, *, code: int = 0) -> Path:
    """Writes its arguments to a file and ends with ``code``."""
    kept = folder / "arguments.json"
    path = folder / name
    path.write_text(
        f"#!{sys.executable}\nimport json, sys\njson.dump(sys.argv[1:], open({str(kept)!r}, 'w'))\nsys.exit({code})\n"
    )
    path.chmod(0o755)
    return kept


def hostile() -> Notice:
    return Notice(
        id="m",
        at=0.0,
        run="k7",
        title="",
        state="",
        about="done",
        text="<b>$(touch x)</b> \"'; --hint",
        why_now="",
        standing="",
    )


def test_words_are_arguments_and_no_markup_and_never_a_command(bin_folder: Path, tmp_path: Path) -> None:
    kept = program(bin_folder, "notify-send")
    channel = found(lambda _: False)
    assert channel is not None
    assert channel.tell(hostile()) == "shown"
    words = "&lt;b&gt;$(touch x)&lt;/b&gt; \"'; --hint"
    assert json.loads(kept.read_text()) == ["--app-name=agentctl", "--", "agentctl k7", words]
    assert not (tmp_path / "x").exists()


def test_without_notify_send_it_is_osascript_whose_program_holds_no_words(bin_folder: Path) -> None:
    kept = program(bin_folder, "osascript")
    channel = found(lambda _: False)
    assert channel is not None
    channel.tell(hostile())
    *script, title, words = json.loads(kept.read_text())
    assert script[::2] == ["-e"] * 3
    assert (title, words) == ("agentctl k7", "<b>$(touch x)</b> \"'; --hint")


def test_where_neither_is_there_is_no_desktop(bin_folder: Path) -> None:
    assert (found(lambda _: False), bin_folder.exists()) == (None, True)


def test_a_desktop_that_refuses_is_not_tried_again(bin_folder: Path) -> None:
    program(bin_folder, "notify-send", code=1)
    channel = found(lambda _: False)
    assert channel is not None
    with pytest.raises(NotDelivered, match="ended with 1: is there a desktop") as refused:
        channel.tell(trial_notice(at=0.0))
    assert refused.value.again is False


def test_nothing_pops_up_while_a_dashboard_has_the_focus(bin_folder: Path, tmp_path: Path) -> None:
    kept = program(bin_folder, "notify-send")
    channel = found(lambda run: is_watched(tmp_path / run))
    assert channel is not None
    folder = tmp_path / "k7"
    folder.mkdir()
    one, other = Watching(folder), Watching(folder)
    one.focus(True)
    other.focus(True)
    one.focus(False)
    assert is_watched(folder)
    with pytest.raises(NotNow):
        channel.tell(hostile())
    other.focus(False)
    assert not is_watched(folder)
    channel.tell(hostile())
    assert kept.exists()


def test_a_folder_that_cannot_be_written_is_nobody_watching(tmp_path: Path) -> None:
    Watching(tmp_path / "gone").focus(True)
    assert not is_watched(tmp_path / "gone")
    (tmp_path / "watched").symlink_to(tmp_path / "elsewhere")
    Watching(tmp_path).focus(True)
    assert not (tmp_path / "elsewhere").exists()
