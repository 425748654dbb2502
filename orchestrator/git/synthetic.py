"""A git directory for a workspace: one parentless commit of a tree, in an object store of its own.

Workers may run ``git status`` and ``git diff`` on it. It holds that one tree and nothing else of the user's repository,
and knows no way back to it; once a worker had it, no git of ours looks at it again.
"""

from dataclasses import replace
from pathlib import Path

from .commits import who_and_when
from .door import Door
from .repository import Repository

_BRANCH = "refs/heads/main"
_WHO = who_and_when(author=("agentctl", "base"), committer=("agentctl", "base"), at=0)
_CONFIG = """\
[core]
\trepositoryformatversion = {version}
\tbare = false
\tlogallrefupdates = false
[user]
\tname = worker
\temail = worker@localhost
"""
_LONG_HASH = "[extensions]\n\tobjectformat = sha256\n"


async def write_history(repository: Repository, tree: str, into: Path) -> None:
    """Make ``into``, which must not exist, the git directory of a checkout of ``tree``.

    Raises:
        GitError: git refused; what was made by then is left for the caller to remove.
    """
    door = Door(
        git_dir=into,
        settings={"core.fsync": "none"},  # what can be made again in 10 ms need not outlive a power cut
        variables={"GIT_ALTERNATE_OBJECT_DIRECTORIES": str(repository.location.common_dir / "objects")},
        pool=repository.door.pool,
    )
    await repository.door.aside(lambda: _build(door, tree))


def _build(door: Door, tree: str) -> None:
    lay_out(door.git_dir, long_hash=len(tree) > len("0" * 40))
    commit = replace(door, variables={**door.variables, **_WHO}).run("commit-tree", tree, stdin=b"base\n")
    (door.git_dir / _BRANCH).write_bytes(commit.output)
    pack = str(door.git_dir / "objects/pack/pack")
    door.run("pack-objects", "--quiet", "--revs", "--delta-base-offset", pack, stdin=commit.output)
    door.run("read-tree", tree)


def lay_out(git_dir: Path, *, long_hash: bool) -> None:
    """Make an empty git directory whose configuration is ours alone; ``long_hash`` is for SHA-256."""
    for folder in ("objects/pack", "objects/info", "refs/heads"):
        (git_dir / folder).mkdir(parents=True)
    config = _CONFIG.format(version=1 if long_hash else 0) + (_LONG_HASH if long_hash else "")
    (git_dir / "config").write_text(config, encoding="ascii")
    (git_dir / "HEAD").write_text(f"ref: {_BRANCH}\n", encoding="ascii")
