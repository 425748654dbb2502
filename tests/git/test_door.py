"""The door keeps out what a repository, a machine, or an environment would have git do."""

import asyncio
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from agentctl.orchestrator.errors import GitError
from agentctl.orchestrator.git.door import Door
from agentctl.orchestrator.git.opening import open_repository
from agentctl.orchestrator.git.repository import Repository
from agentctl.orchestrator.git.scrub import disarm, environment, unwanted
from agentctl.orchestrator.git.work_trees import add_work_tree
from agentctl.orchestrator.ports import TreeEntry

Shell = Callable[..., str]


def is_there(path: str) -> bool:
    return os.path.lexists(path)


async def test_inherited_git_variables_do_not_reach_git(
    repository: Repository, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    head = await repository.resolve("HEAD")
    elsewhere = str(tmp_path / "elsewhere")
    for name in ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_OBJECT_DIRECTORY", "GIT_COMMON_DIR", "GIT_TRACE"):
        monkeypatch.setenv(name, elsewhere)
    monkeypatch.setenv("GIT_CONFIG_PARAMETERS", "'core.hooksPath=/nowhere'")
    monkeypatch.setenv("GIT_NAMESPACE", "other")
    monkeypatch.setenv("GIT_EXTERNAL_DIFF", f"touch {elsewhere}; true")
    assert await open_repository(tmp_path / "repo").resolve("HEAD") == head
    blob = await repository.write(b"x")
    assert await repository.read(blob) == b"x"
    assert not is_there(elsewhere)


def test_only_what_could_matter_is_taken_away() -> None:
    inherited = ["PATH", "GIT_DIR", "GIT_SSL_CAINFO", "GIT_PYTHON_TRACE", "GIT_CONFIG_GLOBAL", "GIT_TRACE2"]
    assert unwanted(inherited, environment({})) == ["GIT_DIR", "GIT_TRACE2"]
    assert unwanted(inherited, environment({}, personal=True)) == ["GIT_DIR", "GIT_TRACE2"]


def test_nothing_of_the_persons_configuration_is_read_but_who_they_are(
    repository: Repository, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "mine").write_text("[user]\nname = Grace\n[core]\nhooksPath = /evil\n")
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(tmp_path / "mine"))
    seen = repository.door.run("config", "--list").output.decode().splitlines()
    assert "core.hookspath=/dev/null" in seen
    assert not [line for line in seen if "evil" in line or "Grace" in line]


def test_every_program_of_a_driver_is_disarmed() -> None:
    keys = ["merge.x.driver", "diff.y.textconv", "filter.z.clean", "merge.conflictstyle", "filter.lfs.z.smudge"]
    settings = disarm(keys)
    assert settings["merge.x.driver"] == "false"
    assert settings["filter.lfs.z.process"] == ""
    assert settings["diff.y.command"] == "false"
    assert not [key for key in settings if key.startswith("merge.conflict")]


def test_hooks_that_stand_in_the_configuration_are_off() -> None:
    assert disarm(["hook.x.command", "hook.x.event", "hook.y.enabled"]) == {
        "hook.x.enabled": "false",
        "hook.y.enabled": "false",
    }


@pytest.mark.usefixtures("repository")
def test_a_partial_clone_is_asked_for_nothing_that_it_lacks(git: Shell, tmp_path: Path) -> None:
    """Git would start the remote's helper of a promisor to read an object: here a program that leaves a trace."""
    trace = tmp_path / "trace"
    git("config", "extensions.partialClone", "origin")
    git("config", "remote.origin.promisor", "true")
    git("config", "remote.origin.url", f"ext::touch {trace}")
    git("config", "protocol.ext.allow", "always")
    door = open_repository(tmp_path / "repo").door
    answer = door.run("cat-file", "--batch-check", stdin=b"1" * 40 + b"\n")
    assert answer.output.endswith(b" missing\n")
    with pytest.raises(GitError):
        door.run("cat-file", "blob", "1" * 40)
    assert not is_there(str(trace))


async def test_a_checkout_that_the_configuration_names_is_not_looked_at(
    repository: Repository, git: Shell, tmp_path: Path
) -> None:
    (tmp_path / "victim").mkdir()
    head = await repository.resolve("HEAD")
    git("config", "core.worktree", str(tmp_path / "victim"))
    opened = open_repository(tmp_path / "repo")
    assert opened.location.root == tmp_path / "repo"
    assert await opened.resolve("HEAD") == head
    assert not any((tmp_path / "victim").iterdir())


@pytest.mark.usefixtures("repository")
async def test_neither_grafts_nor_replaced_objects_are_seen(
    git: Shell, commit: Callable[[dict[str, str | None]], str], tmp_path: Path
) -> None:
    first, second = commit({"a": "1"}), commit({"a": "2"})
    git("replace", second, first)
    (tmp_path / "repo/.git/info").mkdir(exist_ok=True)
    (tmp_path / "repo/.git/info/grafts").write_text(f"{second}\n")
    opened = open_repository(tmp_path / "repo")
    assert [each for each, _ in await opened.log(since=first, tip=second)] == [second]
    assert await opened.tree_of(second) != await opened.tree_of(first)


async def test_a_work_tree_is_made_and_those_of_the_person_that_are_away_are_kept(
    repository: Repository, git: Shell, tmp_path: Path
) -> None:
    head = await repository.resolve("HEAD") or ""
    git("worktree", "add", "-q", "--detach", str(tmp_path / "on-a-disk"))
    (tmp_path / "on-a-disk").rename(tmp_path / "unplugged")
    for _ in range(2):
        await add_work_tree(repository, tmp_path / "taken", commit=head)
        shutil.rmtree(tmp_path / "taken")
    assert str(tmp_path / "on-a-disk") in git("worktree", "list")


def test_gits_own_words_are_in_the_error(repository: Repository) -> None:
    with pytest.raises(GitError, match=r"git ls-tree failed in .*not a tree object|not a valid object|Not a valid"):
        repository.door.run("ls-tree", "1" * 40)


def test_a_missing_git_is_an_error_that_says_what_to_install(
    repository: Repository, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    repository.door.run("rev-parse", "HEAD")
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(GitError, match="install git"):
        repository.door.run("rev-parse", "HEAD")


async def test_input_of_any_size_goes_in_while_output_of_any_size_comes_out(repository: Repository) -> None:
    content = os.urandom(3_000_000)
    blob = await repository.write(content)
    asked = (blob + "\n") * 20
    answer = await repository.door.call("cat-file", "--batch", stdin=asked.encode())
    assert len(answer.output) > 60_000_000


async def test_the_event_loop_goes_on_while_git_runs(repository: Repository) -> None:
    tree = await repository.tree_of(await repository.resolve("HEAD") or "")
    blob = TreeEntry(mode="100644", id=await repository.write(b"x"))
    turns = 0

    async def count() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    counting = asyncio.create_task(count())
    await repository.amend_tree(tree, {"x": blob})
    counting.cancel()
    assert turns > 10


def test_importing_the_rooms_imports_no_gitpython_and_no_pathspec() -> None:
    modules = ("git.opening", "git.survey", "git.synthetic", "workspace.host", "rules.tree_policy")
    lines = "; ".join(f"import agentctl.orchestrator.{name}" for name in modules)
    check = f"{lines}; import sys; assert not {{'git', 'pathspec', 'pydantic'}} & set(sys.modules)"
    assert subprocess.run([sys.executable, "-c", check], check=False).returncode == 0


def test_a_door_is_told_apart_by_where_it_leads(tmp_path: Path) -> None:
    assert Door(git_dir=tmp_path) == Door(git_dir=tmp_path)
    assert Door(git_dir=tmp_path) != Door(git_dir=tmp_path, personal=True)
