"""What is wrong is told in one line each, mended where it is ours and nobody is at work, and else left alone."""

import os
from pathlib import Path

from agentctl.cli.mending import mended
from agentctl.orchestrator.git.repository import Repository
from agentctl.orchestrator.leftovers.ailments import Ailment, ailments
from agentctl.orchestrator.nouns.events import Landed
from agentctl.orchestrator.nouns.keys import AttemptKey, integration_branch
from agentctl.orchestrator.nouns.runs import Landing
from agentctl.orchestrator.store.sqlite import SqliteStore

from .conftest import NOW, ClockAt, NewRun, put

BRANCH = integration_branch("aaaaaa")
ATTEMPT = "refs/agentctl/aaaaaa/T1/1"
GONE = "1" * 40


async def wrong(repository: Repository, root: Path) -> tuple[Ailment, ...]:
    return await ailments(repository, root, now=NOW)


async def put_right(repository: Repository, root: Path) -> list[str]:
    return [await each.mend() for each in await wrong(repository, root) if each.mend is not None]


def landed(repository: Repository, run_db: Path) -> str:
    """A landing in the tables, whose commit git has."""
    head = repository.door.run("rev-parse", "HEAD").output.decode().strip()
    tree = repository.door.run("rev-parse", "HEAD^{tree}").output.decode().strip()
    landing = Landing(order=1, key=AttemptKey(task="T1"), commit=head, tree=tree, patch=head, at=NOW)
    with SqliteStore(run_db, clock=ClockAt(NOW), redact=str, blobs=None) as store:
        store.append(Landed(landings=(landing,)), author="driver")
    return head


async def test_nothing_is_wrong_with_a_run_that_was_left_alone(
    repository: Repository, root: Path, new_run: NewRun
) -> None:
    new_run()
    new_run("bbbbbb", state="building")
    assert await wrong(repository, root) == ()


async def test_a_lock_of_ours_is_told_with_its_holder_and_removed_and_one_of_a_person_is_only_told(
    repository: Repository, root: Path, new_run: NewRun
) -> None:
    folder = new_run("aaaaaa", state="building")
    with folder.lock():
        pass
    git_dir = root / ".git"
    ours = put(git_dir / f"{ATTEMPT}.lock", age=3600, text="")
    theirs = [put(git_dir / name, age=3600, text="") for name in ("index.lock", "refs/heads/mine.lock")]
    put(git_dir / "HEAD.lock", age=5, text="")
    stranger = put(git_dir / "refs/agentctl/zzzzzz/T1/1.lock", age=3600, text="")
    found = await wrong(repository, root)
    told = {each.what.split(":")[0]: each for each in found}
    assert len(found) == 4
    ((what, lock),) = [(what, each) for what, each in told.items() if each.mend]
    assert what == f"a lock on a ref of run aaaaaa, left behind ({folder.last_driver().split(':')[0]}"
    assert f"process {os.getpid()}, since" in lock.what
    assert "60 minutes old" in lock.what
    assert [each.todo for each in found if "your own git" in each.what] == [
        f"it is not agentctl's: if no git and no editor of yours is at work, `rm {path}`" for path in theirs
    ]
    with folder.lock():
        assert await put_right(repository, root) == []
        assert await lock.mend() == "its run is being driven again, and mends it itself"  # type: ignore[misc]
    assert await put_right(repository, root) == ["removed"]
    assert [path.exists() for path in (ours, *theirs, stranger)] == [False, True, True, True]


async def test_a_branch_whose_commit_is_gone_leads_to_its_last_landing_again(
    repository: Repository, root: Path, new_run: NewRun
) -> None:
    commit = landed(repository, new_run().run_db)
    (root / ".git" / BRANCH).write_text(f"{GONE}\n")
    (found,) = await wrong(repository, root)
    assert found.what == f"{BRANCH} points at {GONE[:12]}, which is not there"
    assert await put_right(repository, root) == [f"it leads to {commit[:12]} again, as the tables of the run say"]
    assert await repository.refs(BRANCH) == {BRANCH: commit}


async def test_a_ref_that_a_loss_of_power_cut_short_leads_where_it_did_before(
    repository: Repository, root: Path, new_run: NewRun
) -> None:
    commit = landed(repository, new_run().run_db)
    (root / ".git" / BRANCH).write_bytes(b"")
    (root / ".git" / ATTEMPT).write_bytes(b"\0" * 41)
    assert [each.what for each in await wrong(repository, root)] == [
        f"{ATTEMPT} was cut short",
        f"{BRANCH} was cut short",
    ]
    assert await put_right(repository, root) == [
        "removed: nothing of what it kept is left",
        f"it leads to {commit[:12]} again, as the tables of the run say",
    ]
    assert await wrong(repository, root) == ()
    repository.door.run("rev-list", "--all")


async def test_a_packed_value_holds_again_where_the_loose_one_was_cut_short(
    repository: Repository, root: Path, new_run: NewRun
) -> None:
    new_run()
    head = repository.door.run("rev-parse", "HEAD").output.decode().strip()
    (root / ".git/packed-refs").write_text(f"# pack-refs with: peeled fully-peeled sorted \n{head} {ATTEMPT}\n")
    (root / ".git" / ATTEMPT).write_bytes(b"")
    assert await put_right(repository, root) == [f"it leads to {head[:12]} again, as git had packed it"]
    assert await repository.refs(ATTEMPT) == {ATTEMPT: head}


async def test_refs_of_a_live_run_and_of_one_that_is_elsewhere_are_only_told(
    repository: Repository, root: Path, new_run: NewRun
) -> None:
    folder = new_run(state="building")
    for ref in (ATTEMPT, "refs/agentctl/zzzzzz/T1/1"):
        put(root / ".git" / ref, text=f"{GONE}\n")
    with folder.lock():
        live, elsewhere = await wrong(repository, root)
    assert (live.mend, elsewhere.mend) == (None, None)
    assert "then `agentctl doctor --repair`" in live.todo
    assert elsewhere.todo.endswith("or `git update-ref -d refs/agentctl/zzzzzz/T1/1`")
    assert await put_right(repository, root) == ["removed: nothing of what it kept is left"]


async def test_the_torn_tail_of_what_was_told_is_cut_off(repository: Repository, root: Path, new_run: NewRun) -> None:
    notices = new_run().path / "notices.jsonl"
    notices.write_text('{"channel": "slack", "event": 3, "said": "ok", "at": 1}\n{"channel": "sl')
    (found,) = await wrong(repository, root)
    assert found.what.endswith("who was told last of run aaaaaa may be told once more")
    assert await put_right(repository, root) == ["the 15 bytes after its last whole line were cut off"]
    assert notices.read_text().endswith("}\n")
    assert await wrong(repository, root) == ()


async def test_what_the_doctor_says_without_repair_and_with_it(root: Path, new_run: NewRun) -> None:
    new_run(state="building")
    put(root / ".agentctl/trash/1.0/x")
    put(root / ".git/index.lock", age=10_000_000_000 - NOW, text="")
    told = await mended(root, repair=False)
    assert [(each.state, each.todo) for each in told if "deletion" in each.found] == [
        ("note", ("mend it with `agentctl doctor --repair`",))
    ]
    repaired = await mended(root, repair=True)
    assert [each.found for each in repaired if each.state == "fine"] == [
        "trash, not deleted yet: was thrown away, and its deletion was cut short: removed"
    ]
    (root / ".git/index.lock").unlink(missing_ok=True)
    (fine,) = await mended(root, repair=True)
    assert (fine.state, fine.found) == ("fine", "no stale lock, no broken ref, nothing half-made")
