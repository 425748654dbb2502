"""Where a bot lives, and that nobody else does."""

from pathlib import Path

import pytest
from agentctl.cli.bot.book import Book, Message
from agentctl.cli.bot.home import Home, home_of
from agentctl.orchestrator.errors import RepositoryError, RunStateError, UsageError
from agentctl.orchestrator.nouns.forge import RepoName


@pytest.mark.parametrize(
    ("owner", "name"),
    [
        ("..", "shed"),
        ("acme", ".."),
        ("acme", "."),
        ("acme", ".git"),
        ("acme", ""),
        ("", "shed"),
        ("acme", "a/b"),
        ("acme/..", "shed"),
        ("/etc", "passwd"),
        ("acme", "shed\x00"),
        ("acme", "shed\n"),
        ("-acme", "shed"),
        ("acme", "shed;rm"),
        ("ac me", "shed"),
        ("acme", "s" * 101),
        ("acmé", "shed"),
    ],
)
def test_a_name_that_could_lead_anywhere_has_no_place(tmp_path: Path, owner: str, name: str) -> None:
    for home in (Home(path=tmp_path), Home(path=tmp_path, only=tmp_path)):
        with pytest.raises(UsageError, match="OWNER/NAME"):
            home.clone(RepoName(owner=owner, name=name))


def test_each_repository_has_its_place_however_it_is_spelled(tmp_path: Path) -> None:
    home = Home(path=tmp_path)
    assert home.clone(RepoName(owner="Acme", name=".GitHub")) == tmp_path / "repos" / "acme" / ".github"
    assert home.clone(RepoName(owner="acme", name=".github")) == tmp_path / "repos" / "acme" / ".github"


def test_a_place_that_is_a_link_is_refused(tmp_path: Path) -> None:
    (tmp_path / "repos").mkdir()
    (tmp_path / "repos" / "acme").symlink_to("/etc")
    with pytest.raises(UsageError, match="symbolic link"):
        Home(path=tmp_path).clone(RepoName(owner="acme", name="shed"))


def test_one_bot_lives_in_a_home_at_a_time(tmp_path: Path) -> None:
    home = Home(path=tmp_path / "home")
    with home.held():
        assert home.bot().startswith("process ")
        with pytest.raises(RunStateError, match="bot at work"), home.held():
            raise AssertionError("two bots")
    assert home.bot() == ""
    with home.held():
        pass


def test_what_was_sent_is_read_by_nobody_else(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    home = Home(path=tmp_path)
    with home.held(), Book(home.book) as book:
        book.take([Message(id="m", kind="push", body=b"private", at=0.0)])
        home.tell("a line")
        modes = {each.name: each.stat().st_mode & 0o777 for each in tmp_path.iterdir()}
    assert modes == dict.fromkeys(["bot.db", "bot.db-wal", "bot.db-shm", "bot.log", "lock"], 0o600)


def test_without_a_home_it_is_in_the_repository_and_git_overlooks_it(tmp_path: Path) -> None:
    import subprocess

    subprocess.run(["git", "init", "-q", str(tmp_path / "repo")], check=True)
    home = home_of(str(tmp_path / "repo"), None)
    assert home == Home(path=tmp_path / "repo" / ".agentctl" / "bot", only=tmp_path / "repo")
    assert home.clone(RepoName(owner="acme", name="shed")) == tmp_path / "repo"
    with home.held():
        listed = subprocess.run(
            ["git", "-C", str(tmp_path / "repo"), "status", "--porcelain"], check=True, capture_output=True
        )
    assert listed.stdout == b""


def test_a_repository_whose_own_folder_is_a_link_is_refused(tmp_path: Path) -> None:
    import subprocess

    subprocess.run(["git", "init", "-q", str(tmp_path / "repo")], check=True)
    (tmp_path / "repo" / ".agentctl").symlink_to("/tmp")
    with pytest.raises(RunStateError, match="symbolic link"):
        home_of(str(tmp_path / "repo"), None)


@pytest.mark.parametrize("name", ["a file/home", "/proc/home"])
def test_a_home_that_cannot_be_made_is_said_with_what_to_do(tmp_path: Path, name: str) -> None:
    (tmp_path / "a file").touch()
    with pytest.raises(UsageError, match="name another with --home"), Home(path=tmp_path / name).held():
        raise AssertionError("a home in a file")


def test_where_no_repository_is_a_home_has_to_be_named(tmp_path: Path) -> None:
    with pytest.raises(RepositoryError):
        home_of(str(tmp_path), None)
    assert home_of(str(tmp_path), str(tmp_path / "home")) == Home(path=tmp_path / "home")
    (tmp_path / "file").touch()
    with pytest.raises(UsageError, match="is a file"):
        home_of(None, str(tmp_path / "file"))


def test_the_log_holds_what_was_said_clean_and_does_not_grow_for_ever(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    home = Home(path=tmp_path)
    home.tell("a line\nwith an \x1b[31mescape")
    assert home.log.read_text().endswith("a line with an ␛[31mescape\n")
    home.log.write_bytes(b"x" * (5 << 20))
    home.tell("the next line")
    assert home.log.read_text().endswith("the next line\n")
    assert home.log.with_name("bot.log.1").stat().st_size == 5 << 20
    assert "the next line" in capsys.readouterr().err
