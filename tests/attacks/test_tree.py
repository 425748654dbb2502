"""Attacks by trees, paths, links and configuration on the host that reads a worker's files and runs git.

The numbers are those of the table of attacks. Each test makes the attack for real, and looks for what it would do.
"""

import os
import socket
import subprocess
from collections.abc import AsyncIterator, Callable
from functools import partial
from pathlib import Path

import pytest
from agentctl.orchestrator.errors import GitError, PolicyViolation
from agentctl.orchestrator.git.opening import create_repository, open_repository
from agentctl.orchestrator.git.repository import Repository
from agentctl.orchestrator.git.survey import survey
from agentctl.orchestrator.git.synthetic import write_history
from agentctl.orchestrator.nouns.keys import AttemptKey
from agentctl.orchestrator.ports import Completed, Merge, TreeEntry
from agentctl.orchestrator.rules.tree_policy import TreeLimits, violations
from agentctl.orchestrator.workspace import beneath
from agentctl.orchestrator.workspace.attempt import HostWorkspace
from agentctl.orchestrator.workspace.host import HostWorkspaces

Person = Callable[..., str]
SECRET = "PRIVKEY"


class NoCommands:
    """These attacks are laid out by the test itself, so nothing is to be run."""

    async def run(self, command: str, *, root: Path, seconds: float) -> Completed:
        raise AssertionError(command, root, seconds)


@pytest.fixture(autouse=True)
def _nobody(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("GIT_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path_factory.mktemp("home")))
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")


@pytest.fixture(params=["openat2", "step by step", "without O_PATH"])
def _both_resolvers(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every attack on paths is tried on the kernel's resolver and on the one for kernels without it."""
    if request.param == "openat2":
        if not beneath.kernel_resolves():
            pytest.skip("this kernel, or a filter, has no openat2")
        return
    monkeypatch.setattr(beneath, "kernel_resolves", lambda: False)
    if request.param == "without O_PATH":
        monkeypatch.setattr(beneath, "ON_THE_WAY", beneath.ON_THE_WAY & ~os.O_PATH)


@pytest.fixture
def person(tmp_path: Path) -> Person:
    """The person's own git, with all the configuration of the repository in force."""

    def run(*arguments: str, stdin: bytes | None = None) -> str:
        who = ["-c", "user.name=Ada", "-c", "user.email=ada@example.org"]
        command = ["git", "-C", str(tmp_path / "repo"), *who, *arguments]
        return subprocess.run(command, input=stdin, check=True, capture_output=True).stdout.decode().strip()

    return run


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    return create_repository(tmp_path / "repo", at=1)


@pytest.fixture
async def workspaces(repository: Repository, tmp_path: Path) -> AsyncIterator[HostWorkspaces]:
    made = HostWorkspaces(repository, tmp_path / "work", NoCommands(), history=partial(write_history, repository))
    yield made
    await made.drain()


@pytest.fixture
async def workspace(workspaces: HostWorkspaces, repository: Repository) -> AsyncIterator[HostWorkspace]:
    blob = TreeEntry(mode="100644", id=await repository.write(b"1\n"))
    opened = await workspaces.open(AttemptKey(task="T1"), await repository.amend_tree(None, {"a": blob, "d/x": blob}))
    yield opened
    await opened.close()


@pytest.fixture
def secret(tmp_path: Path) -> Path:
    path = tmp_path / "id_rsa"
    path.write_text(SECRET)
    return path


def text_of(path: Path) -> str:
    return path.read_text()


def plant_repository(folder: Path, *, name: str, trap: str) -> None:
    """A repository with a program for fsmonitor, its git directory under another name."""
    for command in (["init", "-q"], ["config", "core.fsmonitor", trap]):
        subprocess.run(["git", "-C", str(folder), *command], check=True)
    (folder / ".git").rename(folder / name)


def plant_files(folder: Path, names: list[bytes]) -> None:
    for name in names:
        Path(os.fsdecode(os.fsencode(folder) + b"/" + name)).write_text("x")


HOSTILE_PATHS = ["../../id_rsa", "d/../../../id_rsa", "/etc/passwd", "", ".", "..", "d/", "d//x", "d/./x", "a\0b"]
GIT_PATHS = [".git/config", ".GIT/hooks/x", "d/.git/config", "git~1/x", ".g\u200bit\u200c", ".git"]


@pytest.mark.usefixtures("_both_resolvers")
@pytest.mark.parametrize("path", [*HOSTILE_PATHS, *GIT_PATHS[:4], GIT_PATHS[5]])
async def test_1_no_path_leads_out_of_the_workspace(workspace: HostWorkspace, secret: Path, path: str) -> None:
    for attempt in (workspace.read, workspace.delete, lambda p: workspace.write(p, b"owned")):
        with pytest.raises(PolicyViolation):
            attempt(path)
    assert text_of(secret) == SECRET


@pytest.mark.usefixtures("_both_resolvers")
async def test_2_links_are_never_followed_out_to_a_secret(workspace: HostWorkspace, secret: Path) -> None:
    (workspace.root / "leaf").symlink_to(secret)
    (workspace.root / "up").symlink_to(secret.parent)
    (workspace.root / "magic").symlink_to("/proc/self/root")
    for path in ("leaf", "up/id_rsa", "magic/etc/passwd"):
        with pytest.raises(PolicyViolation):
            workspace.read(path)
    for path in ("up/id_rsa", "up/new", "magic/tmp/x"):
        with pytest.raises(PolicyViolation):
            workspace.write(path, b"owned")
        with pytest.raises(PolicyViolation):
            workspace.delete(path)
    assert text_of(secret) == SECRET
    assert not (secret.parent / "new").exists()


@pytest.mark.usefixtures("_both_resolvers")
async def test_2_writing_over_a_link_replaces_the_link(workspace: HostWorkspace, secret: Path) -> None:
    (workspace.root / "leaf").symlink_to(secret)
    workspace.write("leaf", b"mine")
    assert text_of(secret) == SECRET
    assert not (workspace.root / "leaf").is_symlink()
    assert workspace.read("leaf") == b"mine"


@pytest.mark.usefixtures("_both_resolvers")
async def test_2_a_snapshot_with_a_link_is_refused_and_reads_nothing(
    workspace: HostWorkspace, secret: Path, repository: Repository
) -> None:
    (workspace.root / "key").symlink_to(secret)
    (workspace.root / "sub").symlink_to(secret.parent)
    with pytest.raises(PolicyViolation, match="`key` is a symbolic link") as refused:
        await workspace.snapshot()
    assert set(refused.value.paths) == {"key", "sub"}
    assert workspace.paths() == ["a", "d/x"]
    found = repository.door.run("cat-file", "--batch-all-objects", "--batch", accept=(0,)).output
    assert SECRET.encode() not in found


async def test_2_a_folder_swapped_for_a_link_while_we_look_is_not_entered(
    workspace: HostWorkspace, secret: Path
) -> None:
    (workspace.root / "d/x").unlink()
    (workspace.root / "d").rmdir()
    (workspace.root / "d").symlink_to(secret.parent)
    with pytest.raises(PolicyViolation):
        workspace.read("d/id_rsa")
    with pytest.raises(PolicyViolation):
        await workspace.snapshot()


async def test_2_restoring_and_closing_follow_no_link(
    workspace: HostWorkspace, secret: Path, workspaces: HostWorkspaces
) -> None:
    tree = workspace._base.tree
    (workspace.root / "d/x").unlink()
    (workspace.root / "d").rmdir()
    (workspace.root / "d").symlink_to(secret.parent)
    (workspace.root / "e").symlink_to(secret)
    await workspace.restore(tree)
    assert await workspace.snapshot() == tree
    (workspace.root / "out").symlink_to(secret.parent)
    await workspace.close()
    await workspaces.drain()
    assert text_of(secret) == SECRET


async def test_2_a_link_in_the_base_that_leads_out_is_never_made(
    workspaces: HostWorkspaces, repository: Repository, secret: Path
) -> None:
    targets = [str(secret), "../../../../id_rsa", "d/../../../../../id_rsa", "loop/x", ".git/config"]
    entries = {
        f"l{n}": TreeEntry(mode="120000", id=await repository.write(target.encode()))
        for n, target in enumerate(targets)
    }
    entries["loop"] = TreeEntry(mode="120000", id=await repository.write(b"."))
    tree = await repository.amend_tree(None, entries)
    opened = await workspaces.open(AttemptKey(task="T2"), tree)
    assert [path.name for path in opened.root.iterdir()] == ["loop"]
    assert await opened.snapshot() == tree
    await opened.close()


@pytest.mark.usefixtures("_both_resolvers")
async def test_4_a_hard_link_to_a_secret_is_refused_and_never_written_through(
    workspace: HostWorkspace, secret: Path
) -> None:
    os.link(secret, workspace.root / "second")
    with pytest.raises(PolicyViolation, match="`second` is a hard link"):
        await workspace.snapshot()
    workspace.write("second", b"mine")
    assert text_of(secret) == SECRET
    await workspace.snapshot()


@pytest.mark.usefixtures("_both_resolvers")
async def test_pipes_sockets_and_devices_neither_block_nor_pass(workspace: HostWorkspace) -> None:
    os.mkfifo(workspace.root / "pipe")
    with socket.socket(socket.AF_UNIX) as server:
        where = Path.cwd()
        os.chdir(workspace.root)
        server.bind("sock")
        os.chdir(where)
    with pytest.raises(PolicyViolation, match="not a regular file"):
        workspace.read("pipe")
    with pytest.raises((PolicyViolation, OSError)):
        workspace.read("sock")
    with pytest.raises(PolicyViolation, match=r"`pipe` is not a regular file.*`sock` is not a regular file"):
        await workspace.snapshot()


@pytest.mark.parametrize("name", [".git", ".GIT", "git~1", ".g\u200cit"])
async def test_14_a_repository_inside_the_workspace_is_refused_and_its_fsmonitor_never_runs(
    workspace: HostWorkspace, tmp_path: Path, name: str
) -> None:
    inner = workspace.root / "vendor"
    inner.mkdir()
    plant_repository(inner, name=name, trap=f"touch {tmp_path}/owned; false")
    with pytest.raises(PolicyViolation, match="a repository inside the workspace"):
        await workspace.snapshot()
    assert not (tmp_path / "owned").exists()


async def test_14_a_git_file_below_the_root_is_refused(workspace: HostWorkspace) -> None:
    (workspace.root / "d/.git").write_text("gitdir: /tmp/evil\n")
    with pytest.raises(PolicyViolation, match="a repository inside the workspace"):
        await workspace.snapshot()


async def test_12_what_becomes_of_the_workspaces_own_git_does_not_matter(
    workspace: HostWorkspace, secret: Path
) -> None:
    (workspace.root / ".git").symlink_to(secret.parent)
    before = await workspace.snapshot()
    (workspace.root / ".git").unlink()
    (workspace.root / ".git").write_text("gitdir: /tmp/evil\n")
    assert await workspace.snapshot() == before == workspace._base.tree


async def test_13_14_hooks_fsmonitor_and_programs_of_the_users_repository_never_run(
    person: Person, tmp_path: Path, repository: Repository
) -> None:
    git_dir, trap = tmp_path / "repo/.git", f"touch {tmp_path}/owned; exit 1"
    (git_dir / "hooks").mkdir(exist_ok=True)
    for hook in ("reference-transaction", "pre-commit", "post-index-change", "fsmonitor-watchman", "post-checkout"):
        (git_dir / "hooks" / hook).write_text(f"#!/bin/sh\n{trap}\n")
        (git_dir / "hooks" / hook).chmod(0o755)
    (tmp_path / "repo/f").write_text("1\n")
    settings = {
        "core.fsmonitor": trap,
        "core.hooksPath": str(git_dir / "hooks"),
        "core.pager": trap,
        "core.editor": trap,
        "core.sshCommand": trap,
        "core.gitProxy": trap,
        "core.worktree": str(tmp_path / "repo"),
        "diff.external": trap,
        "gpg.program": trap,
        "commit.gpgsign": "true",
        "log.showSignature": "true",
        "alias.rev-parse": f"!{trap}",
        "alias.ls-tree": f"!{trap}",
        "pager.diff-tree": trap,
        "credential.helper": f"!{trap}",
        "trailer.x.command": trap,
    }
    for key, value in settings.items():
        person("-c", "core.fsmonitor=false", "-c", "core.hooksPath=/dev/null", "config", key, value)
    hostile = open_repository(tmp_path / "repo")
    await _everything(hostile)
    await survey(hostile)
    assert not (tmp_path / "owned").exists()
    assert repository.location == hostile.location


@pytest.mark.parametrize("where", ["tree", "checkout", "info"])
async def test_15_attributes_start_no_driver(
    person: Person, tmp_path: Path, repository: Repository, where: str
) -> None:
    trap = f"touch {tmp_path}/owned; cat; exit 0"
    attributes = "* merge=evil diff=evil filter=evil\n"
    base = await _tree(repository, {"f": "1\n2\n3\n", ".gitattributes": attributes if where == "tree" else ""})
    (tmp_path / "repo/f").write_text("1\n2\n3\n")
    person("add", "f")
    person("commit", "-q", "-m", "f")
    (tmp_path / "repo/f").write_text("1\n2\n4\n")
    if where == "checkout":
        (tmp_path / "repo/.gitattributes").write_text(attributes)
    if where == "info":
        (tmp_path / "repo/.git/info").mkdir(exist_ok=True)
        (tmp_path / "repo/.git/info/attributes").write_text(attributes)
    keys = ("merge.evil.driver", "diff.evil.command", "diff.evil.textconv", "filter.evil.clean", "filter.evil.smudge")
    for key in (*keys, "filter.evil.process"):
        person("config", key, trap)
    person("config", "filter.evil.required", "true")
    hostile = open_repository(tmp_path / "repo")
    ours = await _tree(hostile, {"f": "0\n2\n3\n", ".gitattributes": attributes if where == "tree" else ""})
    theirs = await _tree(hostile, {"f": "1\n2\n4\n", ".gitattributes": attributes if where == "tree" else ""})
    merged = await hostile.merge(base=base, ours=ours, theirs=theirs)
    assert merged.tree is not None or merged == Merge(tree=None, conflicts=("f",))
    assert where == "info" or merged.tree is not None
    assert "+0" in await hostile.diff(base, ours)
    assert (await survey(hostile)).dirty == ("f",)
    await _everything(hostile)
    assert not (tmp_path / "owned").exists()


async def test_15_attributes_of_a_tree_change_no_byte_of_a_workspace(
    workspaces: HostWorkspaces, repository: Repository
) -> None:
    files = {".gitattributes": "* text eol=crlf ident filter=lfs\n", "f": "$Id$\n1\n"}
    opened = await workspaces.open(AttemptKey(task="T3"), await _tree(repository, files))
    assert opened.read("f") == b"$Id$\n1\n"
    opened.write("g", b"1\r\n$Id$\n")
    kept = await repository.entries(await opened.snapshot())
    assert await repository.read(kept["g"].id) == b"1\r\n$Id$\n"
    await opened.close()


async def test_16_no_protocol_fetches_what_a_partial_clone_lacks(person: Person, tmp_path: Path) -> None:
    trap = f"ext::sh -c touch% {tmp_path}/owned"
    for key, value in {
        "remote.evil.url": trap,
        "remote.evil.promisor": "true",
        "remote.evil.partialclonefilter": "blob:none",
        "extensions.partialClone": "evil",
        "core.repositoryFormatVersion": "1",
        "protocol.ext.allow": "always",
        "protocol.allow": "always",
    }.items():
        person("config", key, value)
    lacking = open_repository(tmp_path / "repo")
    with pytest.raises(GitError):
        await lacking.read("1" * 40)
    with pytest.raises(GitError):
        await lacking.diff("1" * 40, "2" * 40)
    assert (await survey(lacking)).partial
    assert not (tmp_path / "owned").exists()


@pytest.fixture(autouse=True)
def _repository_first(repository: Repository) -> Repository:
    return repository


@pytest.mark.parametrize("path", [".gitmodules", ".GITMODULES", ".gitmodules "])
async def test_16_submodule_addresses_cannot_be_written(workspace: HostWorkspace, path: str) -> None:
    (workspace.root / path).write_text('[submodule "x"]\n\tpath = x\n\turl = ext::sh -c touch% /tmp/owned\n')
    with pytest.raises(PolicyViolation, match="defines submodules"):
        await workspace.snapshot()


@pytest.mark.parametrize("mode", ["120000", "160000", "040000", "100664"])
def test_17_only_regular_files_pass_into_a_merge(mode: str) -> None:
    assert violations({}, {"x": TreeEntry(mode=mode, id="1" * 40)})


async def test_17_a_submodule_can_be_neither_moved_nor_removed_nor_filled(
    workspaces: HostWorkspaces, repository: Repository
) -> None:
    module = TreeEntry(mode="160000", id="1" * 40)
    tree = await repository.amend_tree(
        None, {"sub": module, "a": TreeEntry(mode="100644", id=await repository.write(b""))}
    )
    opened = await workspaces.open(AttemptKey(task="T4"), tree)
    assert await opened.snapshot() == tree
    opened.write("sub/x", b"filled")
    with pytest.raises(PolicyViolation, match="inside the submodule `sub`"):
        await opened.snapshot()
    opened.delete("sub/x")
    (opened.root / "sub").rmdir()
    opened.write("sub", b"file now")
    with pytest.raises(PolicyViolation, match="`sub` is a submodule"):
        await opened.snapshot()
    await opened.close()


async def test_a_tree_too_deep_for_any_path_is_refused_and_deleted(
    workspace: HostWorkspace, workspaces: HostWorkspaces
) -> None:
    here = os.open(workspace.root, os.O_RDONLY)
    for _ in range(3000):
        os.mkdir("deep", dir_fd=here)
        below = os.open("deep", os.O_RDONLY, dir_fd=here)
        os.close(here)
        here = below
    os.close(here)
    with pytest.raises(PolicyViolation, match="cannot be looked into"):
        await workspace.snapshot()
    await workspace.restore(workspace._base.tree)
    assert await workspace.snapshot() == workspace._base.tree
    await workspaces._trash.drain()
    assert not list((workspace.root.parents[2] / "trash").iterdir())


@pytest.mark.parametrize("size", [2_000_001, 1 << 40])
async def test_a_file_beyond_the_limit_is_refused_without_filling_memory(workspace: HostWorkspace, size: int) -> None:
    with (workspace.root / "big").open("wb") as file:
        file.truncate(size)
    with pytest.raises(PolicyViolation, match=f"`big` has {size} bytes"):
        await workspace.snapshot()
    if size > 64_000_000:
        with pytest.raises(PolicyViolation, match="more than"):
            workspace.read("big")


async def test_many_files_that_are_small_alone_are_refused_together(repository: Repository, tmp_path: Path) -> None:
    limits = TreeLimits(file_bytes=1000, total_bytes=2500, files=50)
    made = HostWorkspaces(repository, tmp_path / "narrow", NoCommands(), limits=limits)
    opened = await made.open(AttemptKey(task="T5"), await repository.amend_tree(None, {}))
    for number in range(3):
        opened.write(f"f{number}", b"x" * 900)
    with pytest.raises(PolicyViolation, match="2700 bytes in all"):
        await opened.snapshot()
    for number in range(60):
        opened.write(f"f{number}", b"")
    with pytest.raises(PolicyViolation, match="touches 60 files"):
        await opened.snapshot()
    await opened.close()
    await made.drain()


async def test_names_that_hurt_other_machines_or_terminals_are_refused(workspace: HostWorkspace) -> None:
    names = [b"A", b"bad\xff", b"esc\x1b[2J", b"new\nline", b"D", b"back\\slash"]
    plant_files(workspace.root, names)
    with pytest.raises(PolicyViolation) as refused:
        await workspace.snapshot()
    assert set(refused.value.paths) == {os.fsdecode(name) for name in names}
    assert "\x1b" not in str(refused.value)


async def _tree(repository: Repository, files: dict[str, str]) -> str:
    entries = {
        path: TreeEntry(mode="100644", id=await repository.write(text.encode())) for path, text in files.items() if text
    }
    return await repository.amend_tree(None, entries)


async def _everything(repository: Repository) -> None:
    """Every operation of the port, so that a trap anywhere would spring."""
    head = await repository.resolve("HEAD")
    assert head is not None
    one = await _tree(repository, {"f": "1\n2\n3\n"})
    two = await _tree(repository, {"f": "2\n2\n3\n", "g": "g"})
    three = await _tree(repository, {"f": "1\n2\n3\n", "h": "h"})
    await repository.merge(base=one, ours=two, theirs=three)
    await repository.changed(one, two)
    await repository.diff(one, two)
    made = await repository.commit(tree=two, parents=[head], message="x\n\nTask: T1", at=1)
    ref = "refs/heads/agentctl/r/all"
    assert await repository.move_ref(ref, new=made, old=None)
    assert await repository.refs(ref) == {ref: made}
    assert await repository.log(since=head, tip=made) == [(made, "x\n\nTask: T1\n")]
    assert await repository.move_ref(ref, new=None, old=made)
