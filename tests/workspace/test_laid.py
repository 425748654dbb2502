"""Files of ours in workspaces: there for commands, and never part of anybody's work."""

from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from agentctl.orchestrator.git.repository import Repository
from agentctl.orchestrator.nouns.keys import AttemptKey
from agentctl.orchestrator.workspace.base import Bases
from agentctl.orchestrator.workspace.host import HostWorkspaces

from .conftest import PlainRunner

MakeTree = Callable[..., Awaitable[str]]
IGNORES = {".gitignore": ".env\nbuild/\n"}


@pytest.mark.parametrize(
    ("files", "path", "may"),
    [
        ({"a": ""}, ".env", False),
        ({".gitignore": "*.log\n"}, ".env", False),
        (IGNORES, ".env", True),
        (IGNORES, "conf/.env", True),
        (IGNORES, "build/local", True),
        ({**IGNORES, ".env": "tracked all the same"}, ".env", False),
        ({**IGNORES, ".env/inner": ""}, ".env", False),
        ({**IGNORES, "build": "a file"}, "build/local", False),
        ({**IGNORES, "conf/.gitignore": "!.env\n"}, "conf/.env", False),
    ],
)
async def test_only_what_git_ignores_and_nothing_else_is_named_by_may_be_laid(
    repository: Repository, make_tree: MakeTree, files: dict[str, str], path: str, may: object
) -> None:
    assert (await Bases(repository).load(await make_tree(files))).may_be_laid(path) is may


async def test_a_laid_file_is_in_the_workspace_and_in_no_snapshot(
    repository: Repository, make_tree: MakeTree, tmp_path: Path
) -> None:
    laid = {".env": b"STAGE=test\n", "other": b""}
    opens = HostWorkspaces(repository, tmp_path / "work", PlainRunner(), laid=laid)
    tree = await make_tree(IGNORES)
    workspace = await opens.open(AttemptKey(task="T1"), tree)
    assert (await workspace.run("cat .env; ls", seconds=10)).output == "STAGE=test\n"
    assert workspace.paths() == [".gitignore"]
    workspace.write(".env", b"STAGE=mine\n")
    assert await workspace.snapshot() == tree
    await workspace.restore(tree)
    assert workspace.read(".env") == b"STAGE=test\n"
    await workspace.close()
    await opens.drain()
