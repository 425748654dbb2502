"""The port Git on a real repository."""

import asyncio
import random
from collections.abc import Callable
from pathlib import Path

import pytest
from agentctl.orchestrator.errors import GitError
from agentctl.orchestrator.git.repository import Repository
from agentctl.orchestrator.nouns.runs import CommitRules
from agentctl.orchestrator.ports import Git, Merge, TreeEntry

Shell = Callable[..., str]
Commit = Callable[[dict[str, str]], str]

BRANCH = "refs/heads/agentctl/r1/all"


async def tree_from(repository: Repository, files: dict[str, str]) -> str:
    entries = {p: TreeEntry(mode="100644", id=await repository.write(t.encode())) for p, t in files.items()}
    return await repository.amend_tree(None, entries)


async def texts(repository: Repository, tree: str) -> dict[str, str]:
    entries = await repository.entries(tree)
    found = await repository.read_many([entry.id for entry in entries.values()])
    return {path: found[entry.id].decode() for path, entry in entries.items()}


def test_it_satisfies_the_port(repository: Repository) -> None:
    port: Git = repository
    assert port is repository


async def test_revisions_resolve_to_commits_and_unknown_ones_to_none(
    repository: Repository, commit: Commit, git: Shell
) -> None:
    head = commit({"a": "1"})
    git("tag", "-a", "v1", "-m", "v1")
    assert await repository.resolve("HEAD") == head
    assert await repository.resolve("v1") == head
    assert await repository.resolve("main") == head
    assert await repository.resolve(head[:10]) == head
    assert await repository.resolve("HEAD~1") == git("rev-parse", "HEAD~1")
    assert await repository.resolve("nope") is None
    assert await repository.resolve("0" * 39 + "1") is None


@pytest.mark.parametrize("text", ["--help", "-x", "HEAD:a", "a..b", "HEAD\n", "", "@{-1} --all", "$(id)"])
async def test_what_is_no_revision_never_reaches_git(repository: Repository, text: str) -> None:
    assert await repository.resolve(text) is None


async def test_entries_hold_every_file_with_its_mode(
    repository: Repository, commit: Commit, tmp_path: Path, git: Shell
) -> None:
    repo = tmp_path / "repo"
    (repo / "link").symlink_to("a")
    (repo / "run.sh").write_text("#!/bin/sh\n")
    (repo / "run.sh").chmod(0o755)
    head = commit({"a": "1", "deep/er/b": "2", "tab\tand\nline": "3", "ü": "4"})
    entries = await repository.entries(await repository.tree_of(head))
    assert {path: entry.mode for path, entry in entries.items()} == {
        "a": "100644",
        "deep/er/b": "100644",
        "link": "120000",
        "run.sh": "100755",
        "tab\tand\nline": "100644",
        "ü": "100644",
    }
    assert entries["a"].id == git("rev-parse", "HEAD:a")


async def test_what_is_written_is_read_back_byte_for_byte(repository: Repository) -> None:
    contents = [b"", b"\n", b"a\r\nb\0c", bytes(range(256)) * 300, b"x" * 400_000]
    ids = [await repository.write(content) for content in contents]
    assert await repository.read_many([*ids, ids[0]]) == dict(zip(ids, contents, strict=True))
    assert await repository.read(ids[2]) == contents[2]


async def test_reading_what_is_not_a_blob_is_an_error(repository: Repository, commit: Commit) -> None:
    head = commit({"a": "1"})
    with pytest.raises(GitError, match="is not a blob"):
        await repository.read(head)
    with pytest.raises(GitError, match="missing"):
        await repository.read("1" * 40)


@pytest.mark.parametrize("seed", range(8))
async def test_amending_makes_the_tree_that_gits_own_index_makes(repository: Repository, git: Shell, seed: int) -> None:
    chance = random.Random(seed)
    names = [f"{a}/{b}/{c}" for a in "xyz" for b in ("p", "p.q", "p0") for c in ("f", "g")]
    tops = ["a", "a.b", "a0", "b-c"]
    blob = await repository.write(b"content")
    mode = ["100644", "100755"]
    tree = None
    present: dict[str, str] = {}
    for _ in range(4):
        changes = {}
        for name in chance.sample(names + tops, 8):
            gone = name in present and chance.random() < 0.5
            changes[name] = None if gone else TreeEntry(mode=chance.choice(mode), id=blob)
        tree = await repository.amend_tree(tree, changes)
        present |= {name: entry.mode for name, entry in changes.items() if entry}
        for name in [name for name, entry in changes.items() if entry is None]:
            present.pop(name, None)
        git("read-tree", "--empty")
        lines = "".join(f"{m} {blob}\t{name}\n" for name, m in present.items())
        git("update-index", "--index-info", stdin=lines.encode())
        assert tree == git("write-tree")
        assert {name: entry.mode for name, entry in (await repository.entries(tree)).items()} == present
    git("fsck", "--strict")


async def test_a_file_can_become_a_folder_and_a_folder_a_file(repository: Repository) -> None:
    tree = await tree_from(repository, {"a": "1", "d/x": "2", "d/y": "3"})
    blob = TreeEntry(mode="100644", id=await repository.write(b"new"))
    swapped = await repository.amend_tree(tree, {"a": None, "a/b": blob, "d/x": None, "d/y": None, "d": blob})
    assert await texts(repository, swapped) == {"a/b": "new", "d": "new"}


@pytest.mark.parametrize("path", ["a/b", "d"])
async def test_a_path_cannot_be_a_file_and_a_folder_at_once(repository: Repository, path: str) -> None:
    tree = await tree_from(repository, {"a": "1", "d/x": "2"})
    with pytest.raises(GitError, match="file and a folder at once"):
        await repository.amend_tree(tree, {path: TreeEntry(mode="100644", id=await repository.write(b"new"))})


@pytest.mark.parametrize("path", ["../x", "/etc/passwd", "a//b", "a/./b", ".git/config", "d/.GIT/x", "", "a\0b"])
async def test_paths_no_tree_can_hold_are_refused(repository: Repository, path: str) -> None:
    with pytest.raises(GitError, match="not a path"):
        await repository.amend_tree(None, {path: TreeEntry(mode="100644", id=await repository.write(b"new"))})


async def test_removing_everything_leaves_the_empty_tree(repository: Repository) -> None:
    tree = await tree_from(repository, {"a/b/c": "1"})
    assert await repository.amend_tree(tree, {"a/b/c": None}) == await repository.amend_tree(None, {})


async def test_changed_names_what_differs(repository: Repository) -> None:
    old = await tree_from(repository, {"same": "1", "edit": "1", "gone": "1"})
    new = await tree_from(repository, {"same": "1", "edit": "2", "new/file": "1"})
    entries = await repository.entries(new)
    assert await repository.changed(old, new) == {
        "edit": entries["edit"],
        "new/file": entries["new/file"],
        "gone": None,
    }
    assert await repository.changed(old, old) == {}


async def test_a_diff_is_plain_text_of_the_paths_asked_for(repository: Repository) -> None:
    old = await tree_from(repository, {"a": "1\n", "*": "1\n", "b/c": "1\n"})
    new = await tree_from(repository, {"a": "2\n", "*": "2\n", "b/c": "2\n"})
    whole = await repository.diff(old, new)
    assert whole.count("diff --git") == 3
    assert "-1\n+2\n" in whole
    assert (await repository.diff(old, new, ["*"])).count("diff --git") == 1
    assert "b/c" in await repository.diff(old, new, ["b"])
    assert await repository.diff(old, old) == ""


async def test_merging_applies_what_theirs_changed(repository: Repository) -> None:
    base = await tree_from(repository, {"f": "1\n2\n3\n4\n5\n", "x": "x"})
    ours = await tree_from(repository, {"f": "0\n2\n3\n4\n5\n", "x": "x"})
    theirs = await tree_from(repository, {"f": "1\n2\n3\n4\n6\n", "y": "y"})
    merged = await repository.merge(base=base, ours=ours, theirs=theirs)
    assert merged.conflicts == ()
    assert await texts(repository, merged.tree) == {"f": "0\n2\n3\n4\n6\n", "y": "y"}
    assert await repository.merge(base=base, ours=ours, theirs=theirs) == merged


async def test_a_merge_that_clashes_names_the_paths(repository: Repository) -> None:
    base = await tree_from(repository, {"f": "1\n", "g": "1\n", "h": "1\n"})
    ours = await tree_from(repository, {"f": "2\n", "g": "2\n", "h": "1\n"})
    theirs = await tree_from(repository, {"f": "3\n", "h": "2\n"})
    assert await repository.merge(base=base, ours=ours, theirs=theirs) == Merge(tree=None, conflicts=("f", "g"))


async def test_merges_with_one_side_unchanged_need_no_merging(repository: Repository) -> None:
    one = await tree_from(repository, {"f": "1\n"})
    two = await tree_from(repository, {"f": "2\n"})
    assert await repository.merge(base=one, ours=one, theirs=two) == Merge(tree=two)
    assert await repository.merge(base=one, ours=two, theirs=one) == Merge(tree=two)
    assert await repository.merge(base=one, ours=two, theirs=two) == Merge(tree=two)


async def test_of_fifty_racers_for_a_ref_one_wins(repository: Repository) -> None:
    base = await repository.resolve("HEAD")
    tree = await repository.tree_of(base)
    rivals = [await repository.commit(tree=tree, parents=[base], message=f"{n}", at=1) for n in range(50)]
    assert await repository.move_ref(BRANCH, new=base, old=None)
    won = await asyncio.gather(*(repository.move_ref(BRANCH, new=rival, old=base) for rival in rivals))
    assert won.count(True) == 1
    assert await repository.refs(BRANCH) == {BRANCH: rivals[won.index(True)]}


async def test_a_ref_is_created_moved_and_deleted_by_compare_and_swap(repository: Repository) -> None:
    base = await repository.resolve("HEAD")
    other = await repository.commit(tree=await repository.tree_of(base), parents=[base], message="x", at=1)
    assert not await repository.move_ref(BRANCH, new=other, old=base)
    assert await repository.move_ref(BRANCH, new=base, old=None)
    assert not await repository.move_ref(BRANCH, new=other, old=None)
    assert not await repository.move_ref(BRANCH, new=None, old=other)
    assert await repository.move_ref(BRANCH, new=None, old=base)
    assert await repository.move_ref(BRANCH, new=None, old=None)
    assert not await repository.move_ref(BRANCH, new=None, old=base)
    assert await repository.refs("refs/heads/agentctl/") == {}


async def test_a_ref_that_cannot_be_moved_is_an_error_with_gits_words(repository: Repository, tmp_path: Path) -> None:
    base = await repository.resolve("HEAD")
    assert await repository.move_ref(BRANCH, new=base, old=None)
    (tmp_path / "repo/.git/refs/heads/agentctl/r1/all.lock").touch()
    other = await repository.commit(tree=await repository.tree_of(base), parents=[base], message="x", at=1)
    with pytest.raises(GitError, match=r"all\.lock.*File exists"):
        await repository.move_ref(BRANCH, new=other, old=base)


@pytest.mark.parametrize(
    "ref", ["refs/heads/main", "HEAD", "refs/agentctl/../heads/main", "refs/agentctl/a.lock", "-d"]
)
async def test_only_refs_of_ours_are_moved(repository: Repository, ref: str) -> None:
    base = await repository.resolve("HEAD")
    with pytest.raises(GitError, match="nothing else is ever moved"):
        await repository.move_ref(ref, new=base, old=None)


async def test_refs_lists_what_stands_under_a_prefix(repository: Repository) -> None:
    base = await repository.resolve("HEAD")
    for name in ("refs/agentctl/r1/T1/1", "refs/agentctl/r1/T2/1", "refs/agentctl/r10/T1/1"):
        assert await repository.move_ref(name, new=base, old=None)
    assert await repository.refs("refs/agentctl/r1/") == {
        "refs/agentctl/r1/T1/1": base,
        "refs/agentctl/r1/T2/1": base,
    }


async def test_the_log_is_oldest_first_with_whole_messages(repository: Repository) -> None:
    start = await repository.resolve("HEAD")
    tree = await repository.tree_of(start)
    one = await repository.commit(tree=tree, parents=[start], message="one\n\nbody\n\nTask: T1", at=1)
    two = await repository.commit(tree=tree, parents=[one], message="zwei ü", at=2)
    assert await repository.log(since=start, tip=two) == [(one, "one\n\nbody\n\nTask: T1\n"), (two, "zwei ü\n")]
    assert await repository.log(since=two, tip=two) == []


async def test_commits_follow_the_rules(
    repository: Repository, git: Shell, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "mine").write_text("[user]\nname = Grace\nemail = grace@example.org\n")
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(tmp_path / "mine"))
    repository.rules = CommitRules(author="Bot <bot@example.org>", sign_off=True)
    start = await repository.resolve("HEAD")
    tree = await repository.tree_of(start)
    made = await repository.commit(
        tree=tree, parents=[start], message="subject\n\nTask: T1\nRun: r", at=1_700_000_000.9
    )
    assert git("log", "-1", "--format=%an <%ae>|%cn <%ce>|%at|%P%n%B", made) == (
        f"Bot <bot@example.org>|Grace <grace@example.org>|1700000000|{start}\n"
        "subject\n\nTask: T1\nRun: r\nSigned-off-by: Grace <grace@example.org>"
    )


async def test_without_an_identity_commits_go_under_our_own_name(repository: Repository, git: Shell) -> None:
    start = await repository.resolve("HEAD")
    made = await repository.commit(tree=await repository.tree_of(start), parents=[start], message="x", at=1)
    assert git("log", "-1", "--format=%an <%ae>", made) == "agentctl <agentctl@localhost>"
    assert not (await repository.person()).configured


async def test_commits_are_signed_with_the_persons_program_and_key(
    repository: Repository, git: Shell, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    program = tmp_path / "signer"
    program.write_text(
        '#!/bin/sh\ncat >/dev/null\necho "$@" > ' + str(tmp_path / "asked") + '\necho "[GNUPG:] SIG_CREATED " >&2\n'
        'printf -- "-----BEGIN PGP SIGNATURE-----\\nx\\n-----END PGP SIGNATURE-----\\n"\n'
    )
    program.chmod(0o755)
    (tmp_path / "mine").write_text(
        f"[user]\nname=Grace\nemail=grace@example.org\nsigningkey=K1\n[gpg]\nprogram={program}\n[commit]\ngpgsign=true\n"
    )
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(tmp_path / "mine"))
    repository.rules = CommitRules(sign=True)
    start = await repository.resolve("HEAD")
    made = await repository.commit(tree=await repository.tree_of(start), parents=[start], message="x", at=1)
    assert "BEGIN PGP SIGNATURE" in git("cat-file", "commit", made)
    assert "K1" in (tmp_path / "asked").read_text()
    assert (await repository.person()).signs


async def test_the_checkout_the_index_and_the_branch_stay_as_they_were(
    repository: Repository, commit: Commit, git: Shell, tmp_path: Path
) -> None:
    commit({"a": "1"})
    (tmp_path / "repo/a").write_text("edited")
    index = (tmp_path / "repo/.git/index").read_bytes()
    before = git("rev-parse", "HEAD")
    tree = await repository.amend_tree(await repository.tree_of(before), {"a": None})
    made = await repository.commit(tree=tree, parents=[before], message="x", at=1)
    assert await repository.move_ref(BRANCH, new=made, old=None)
    assert (tmp_path / "repo/a").read_text() == "edited"
    assert (tmp_path / "repo/.git/index").read_bytes() == index
    assert git("symbolic-ref", "HEAD") == "refs/heads/main"
    assert git("rev-parse", "HEAD") == before


@pytest.mark.parametrize("text", ["HEAD", "-p", "a" * 39, "A" * 40, "a" * 40 + "\n", "a" * 64 + "b"])
async def test_ids_are_validated_before_git_sees_them(repository: Repository, text: str) -> None:
    with pytest.raises(GitError, match="not a full object id"):
        await repository.tree_of(text)
    with pytest.raises(GitError, match="not a full object id"):
        await repository.read(text)
    with pytest.raises(GitError, match="not a full object id"):
        await repository.diff(text, text)
