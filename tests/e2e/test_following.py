"""A base branch that moves during a run: real git, a real gate, the commands as typed, a scripted model."""

import json
from collections.abc import Callable
from pathlib import Path

from agentctl.orchestrator.run_view import ground_of
from agentctl.orchestrator.store.folder import RunFolder

from .conftest import Repo, Said, store

OLD_TEST = "def test_it():\n    assert True\n"


def push(repo: Repo, files: dict[str, str | None], message: str = "Theirs") -> str:
    """A commit of the person's own on main."""
    for path, text in files.items():
        if text is None:
            repo.git("rm", "-q", path)
            continue
        (repo.path / path).parent.mkdir(parents=True, exist_ok=True)
        (repo.path / path).write_text(text)
        repo.git("add", path)
    repo.git("commit", "-q", "-m", message)
    return repo.git("rev-parse", "HEAD")


def test_a_run_follows_main_is_delivered_on_it_and_is_played_again_where_main_never_moved(
    make_repo: Callable[[str], Repo], agentctl: Callable[..., Said], tmp_path: Path
) -> None:
    repo, second, recording = make_repo("first"), make_repo("second"), tmp_path / "recording.jsonl"
    for each in (repo, second):
        push(each, {"tests/test_old.py": OLD_TEST})
    folder = repo.prepare(record=recording)
    assert repo.drive(folder).state == "done"
    branch = f"agentctl/{folder.run}/all"
    refused(repo, folder, agentctl)
    theirs = push(
        repo,
        {
            "tests/test_old.py": None,
            "tests/test_new.py": OLD_TEST,
            "README.md": "more\n",
            "requirements.txt": "nowhere==1\n",
        },
    )
    mine = repo.git("status", "--porcelain")
    asked = agentctl(repo, "follow", "--later", "--json")
    assert (asked.code, json.loads(asked.out)["state"]) == (0, "asked")
    assert "On main requirements.txt is not as the run began with: its tests go on with the packages that " in asked.err
    assert agentctl(repo, "follow", "--later").code == 2
    assert repo.drive(folder).state == "done"
    with store(folder) as tables:
        (landing,) = [each for each in tables.landings() if each.key.task == "T4"]
        verdict = tables.verdict_of_tree(landing.tree)
        assert ground_of(tables) == theirs
    assert verdict is not None
    assert "tests/test_new.py::test_it" in verdict.tests
    assert repo.git("rev-parse", f"{landing.commit}^2") == repo.git("merge-base", branch, "main") == theirs
    assert (repo.git("rev-parse", "HEAD"), repo.git("status", "--porcelain")) == (theirs, mine)
    diff = agentctl(repo, "diff").out
    assert ("src/loud.py" in diff, "README.md" in diff, "test_new" in diff) == (True, False, False)
    report = agentctl(repo, "report", folder.run).out
    assert f"main at {theirs[:10]}, by the word of Ada: landed as T4" in report
    assert "; tested with the packages of before, not those of requirements.txt" in report
    again = agentctl(repo, "follow")
    assert (again.code, "already" in again.err) == (0, True)

    delivered = agentctl(repo, "deliver", folder.run, "--json")
    assert delivered.code == 0, delivered.err
    document = json.loads(delivered.out)
    parts, last = document["slices"]
    assert document["base"] == repo.git("merge-base", "main", parts["branch"]) == theirs
    tree = repo.git("rev-parse", f"{branch}^{{tree}}")
    assert repo.git("rev-parse", f"{last['branch']}^{{tree}}") == tree
    assert repo.git("log", "--format=%s", f"main..{parts['branch']}").splitlines() == ["Write twice", "Write loud"]

    replayed = second.prepare(replay=recording)
    assert second.drive(replayed, scripted=False).state == "done"
    assert second.git("rev-parse", f"agentctl/{replayed.run}/all^{{tree}}") == tree


def refused(repo: Repo, folder: RunFolder, agentctl: Callable[..., Said]) -> None:
    """What cannot be followed is said with paths, tasks and commits, and nothing is kept."""
    base = repo.git("rev-parse", "HEAD")
    theirs = push(repo, {"src/twice.py": "def twice(text):\n    return text\n"}, "Twice by hand")
    clash = agentctl(repo, "follow")
    assert clash.code == 1
    assert f"T2 and {theirs[:10]} Twice by hand of main changed the same lines of src/twice.py." in clash.err
    repo.git("reset", "-q", "--hard", f"{base}~1")
    push(repo, {"other.txt": "x\n"})
    rewritten = agentctl(repo, "follow")
    assert (rewritten.code, "main was rewritten" in rewritten.err, "--force" in rewritten.err) == (1, True, True)
    unknown = agentctl(repo, "follow", "--onto", "nowhere")
    assert (unknown.code, "There is no commit nowhere here" in unknown.err) == (2, True)
    repo.git("reset", "-q", "--hard", base)
    with store(folder) as tables:
        assert (tables.run().state, tables.hands().follows) == ("done", ())
