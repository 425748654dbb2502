"""What the suite ``workspaces`` counts as a change of the user's repository."""

from pathlib import Path

import pytest
from agentctl.bench.parts import target
from agentctl.bench.workspaces import differing, files_of_git


@pytest.mark.parametrize(
    ("path", "counts"),
    [
        ("index.lock", ["index.lock"]),
        ("hooks/post-commit", ["hooks/post-commit"]),
        ("worktrees/w/HEAD", ["worktrees/w/HEAD"]),
        ("config", ["config"]),
        ("refs/heads/other", ["refs/heads/other"]),
        ("refs/agentctl/aaaaaa/T1/1", []),
        ("refs/heads/agentctl/aaaaaa/all", []),
        ("objects/12/34", []),
    ],
)
def test_locks_hooks_configuration_and_work_trees_count(tmp_path: Path, path: str, counts: list[str]) -> None:
    root = target.create(tmp_path / "repo")
    before = dict(files_of_git(root))
    place = root / ".git" / path
    place.parent.mkdir(parents=True, exist_ok=True)
    with place.open("a") as file:
        file.write("more\n")
    assert differing(before, dict(files_of_git(root))) == [f".git/{each}" for each in counts]


def test_the_line_that_has_git_overlook_our_folder_does_not_count(tmp_path: Path) -> None:
    root = target.create(tmp_path / "repo")
    before = dict(files_of_git(root))
    with (root / ".git/info/exclude").open("a") as file:
        file.write(".agentctl/\n")
    assert differing(before, dict(files_of_git(root))) == []
