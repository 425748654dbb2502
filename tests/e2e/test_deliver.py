"""A run of two teams, delivered: real git, the real gate, the command as typed, and `git am` of its mails."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from agentctl.orchestrator.store.folder import RunFolder

from .conftest import AFTER_ONE_RUN, BODIES, Repo, Said
from .conftest import store as looked_at

pytestmark = AFTER_ONE_RUN
Agentctl = Callable[..., Said]


def whole(repo: Repo) -> tuple[str, str, str, str]:
    """All that is the person's own."""
    config = (repo.path / ".git" / "config").read_text()
    return (
        repo.git("rev-parse", "HEAD"),
        repo.git("status", "--porcelain"),
        repo.git("branch", "--show-current"),
        config,
    )


def test_a_run_is_delivered_as_branches_texts_and_mails_that_git_am_takes(
    done: tuple[Repo, RunFolder], agentctl: Agentctl, tmp_path: Path
) -> None:
    repo, folder = done
    before = whole(repo)
    said = agentctl(repo, "deliver", folder.run, "--mail", "--json", "--out", str(tmp_path / "out"))
    assert said.code == 0, said.err
    assert whole(repo) == before
    found = json.loads(said.out)
    parts, last = found["slices"]
    assert (parts["name"], parts["tasks"], parts["on"]) == ("parts", ["T1", "T2"], None)
    assert (last["name"], last["tasks"], last["on"]) == ("whole", ["T3"], "parts")
    assert repo.git("ls-tree", "-r", "--name-only", parts["branch"], "src").split() == ["src/loud.py", "src/twice.py"]
    everything = repo.git("rev-parse", f"agentctl/{folder.run}/all^{{tree}}")
    assert repo.git("rev-parse", f"{last['branch']}^{{tree}}") == everything
    there = tmp_path / "there"
    repo.git("worktree", "add", "-q", "--detach", str(there), found["base"])
    for each in found["slices"]:
        Repo(there).git("am", "-q", *each["mails"])
        assert Repo(there).git("rev-parse", "HEAD^{tree}") == each["tree"]
    assert Repo(there).git("show", "HEAD:src/shout.py") == BODIES["T3"][1].strip()
    text = Path(parts["text"]).read_text()
    assert text.startswith("The parts\n\nPart 1 of 2 of *shout*: The parts.")
    assert "`loud(text)` in `src/loud.py` MUST return the text in capitals." in text
    assert "git push origin" in said.err


def test_delivering_twice_changes_nothing_and_more_time_makes_fewer_slices(
    done: tuple[Repo, RunFolder], agentctl: Agentctl
) -> None:
    repo, folder = done
    first = agentctl(repo, "deliver", "--review-minutes", "0.5")
    assert first.code == 0, first.err
    refs = repo.git("for-each-ref", "refs/heads/agentctl")
    assert [line.split()[1].rpartition("/")[2] for line in first.out.splitlines()[3:6]] == ["parts", "parts-2", "whole"]
    assert agentctl(repo, "deliver", "--review-minutes", "0.5").out == first.out
    assert repo.git("for-each-ref", "refs/heads/agentctl") == refs
    assert agentctl(repo, "deliver").code == 0
    place = folder.path / "delivery"
    assert sorted(path.name for path in place.iterdir()) == ["delivery.json", "parts.md", "whole.md"]
    assert f"agentctl/{folder.run}/parts-2" not in repo.git("for-each-ref", "refs/heads/agentctl")


def test_a_dry_run_says_how_it_would_be_cut_and_leaves_everything_as_it_is(
    done: tuple[Repo, RunFolder], agentctl: Agentctl
) -> None:
    repo, folder = done
    refs = repo.git("for-each-ref")
    with looked_at(folder) as store:
        events = store.last_event()
    said = agentctl(repo, "deliver", "--dry-run")
    assert (said.code, "--dry-run" in said.err) == (0, True)
    assert said.out.splitlines()[0] == "2 slices of 3 tasks, in the order of review"
    assert [each["name"] for each in json.loads(agentctl(repo, "deliver", "--dry-run", "--json").out)["slices"]] == [
        "parts",
        "whole",
    ]
    assert repo.git("for-each-ref") == refs
    assert not (folder.path / "delivery").exists()
    with looked_at(folder) as store:
        assert store.last_event() == events


def test_a_folder_with_other_files_is_left_alone(
    done: tuple[Repo, RunFolder], agentctl: Agentctl, tmp_path: Path
) -> None:
    repo, _ = done
    out = tmp_path / "out"
    out.mkdir()
    (out / "parts.md").write_text("mine\n")
    said = agentctl(repo, "deliver", "--out", str(out))
    assert said.code == 2
    assert "holds other files: name a new or an empty folder" in said.err
    assert [(path.name, path.read_text()) for path in out.iterdir()] == [("parts.md", "mine\n")]
    assert repo.git("for-each-ref", "refs/heads/agentctl/*/parts") == ""


def test_a_delivery_that_was_killed_while_writing_is_written_again(
    done: tuple[Repo, RunFolder], agentctl: Agentctl
) -> None:
    repo, folder = done
    assert agentctl(repo, "deliver", "--mail").code == 0
    place = folder.path / "delivery"
    (place / "parts.md").unlink()
    (place / "whole" / "mine.txt").write_text("mine\n")
    assert agentctl(repo, "deliver").code == 0
    assert sorted(path.relative_to(place).as_posix() for path in place.rglob("*") if path.is_file()) == [
        "delivery.json",
        "parts.md",
        "whole.md",
        "whole/mine.txt",
    ]
    (place / "delivery.json").write_text('{"run": 7}')
    said = agentctl(repo, "deliver")
    assert (said.code, "is not what a delivery wrote" in said.err) == (2, True)


@pytest.mark.parametrize("minutes", ["-1", "soon", "nan", "1e9", "²"])
def test_a_number_of_minutes_that_is_none_is_refused(
    make_repo: Callable[[str], Repo], agentctl: Agentctl, minutes: str
) -> None:
    said = agentctl(make_repo("repo"), "deliver", f"--review-minutes={minutes}")
    assert said.code == 2
    assert "is no number of minutes" in said.err


def test_a_run_that_has_landed_nothing_says_what_to_do(make_repo: Callable[[str], Repo], agentctl: Agentctl) -> None:
    repo = make_repo("repo")
    folder = repo.prepare()
    for more in ((), ("--dry-run",)):
        said = agentctl(repo, "deliver", *more)
        assert said.code == 1
        assert f"Nothing of run {folder.run} has landed" in said.err
        assert f"agentctl resume {folder.run}" in said.err
    assert agentctl(repo, "deliver", "nosuch").code == 2
