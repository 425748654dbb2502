"""What may be taken away is, and nothing else; killed anywhere and begun again it ends the same."""

import asyncio
import fcntl
import os
import shutil
from collections import Counter
from collections.abc import Iterator
from contextlib import nullcontext
from pathlib import Path

import pytest
from agentctl.orchestrator import faults
from agentctl.orchestrator.errors import RunStateError
from agentctl.orchestrator.git.opening import empty_repository
from agentctl.orchestrator.git.repository import Repository
from agentctl.orchestrator.leftovers.look import Leftover, Wanted, look
from agentctl.orchestrator.leftovers.take_away import Done, take_away
from agentctl.orchestrator.rules.keep_days import DAY
from agentctl.orchestrator.store.folder import STAGED, alone, create

from .conftest import NOW, NewRun, everything, put

WANTED = Wanted(now=NOW, days=30.0)
ALL = Wanted(now=NOW, days=30.0, runs=True)


class Killed(BaseException):
    """As if the process were gone."""


def kinds(found: tuple[Leftover, ...]) -> list[tuple[str, str]]:
    return [(each.kind, each.name) for each in found]


async def swept(repository: Repository, root: Path, wanted: Wanted = WANTED) -> tuple[Done, ...]:
    return await take_away(repository, root, await look(repository, root, wanted))


def refs(repository: Repository) -> set[str]:
    return set(repository.door.run("for-each-ref", "--format=%(refname)").output.decode().split())


async def test_an_ended_run_loses_its_attempts_after_so_many_days_and_keeps_its_branch_and_folder(
    repository: Repository, root: Path, new_run: NewRun
) -> None:
    new_run("aaaaaa")
    new_run("bbbbbb", state="failed")
    new_run("cccccc", at=NOW - 29 * DAY)
    new_run("dddddd", state="building")
    new_run("eeeeee", state="drained")
    before = refs(repository)
    done = await swept(repository, root)
    assert [(each.leftover.kind, each.leftover.name, each.gone) for each in done] == [
        ("attempts", "run aaaaaa", True),
        ("attempts", "run bbbbbb", True),
    ]
    assert before - refs(repository) == {"refs/agentctl/aaaaaa/T1/1", "refs/agentctl/bbbbbb/T1/1"}
    assert sorted(path.name for path in (root / ".agentctl/runs").iterdir()) == [c * 6 for c in "abcde"]


async def test_a_run_that_is_driven_keeps_everything(repository: Repository, root: Path, new_run: NewRun) -> None:
    folder = new_run()
    put(root / ".agentctl/work" / "aaaaaa/workspaces/open/0-T1/tree/x")
    with folder.lock():
        assert await look(repository, root, ALL) == ()
    found = await look(repository, root, ALL)
    assert kinds(found) == [
        ("workspaces", "run aaaaaa"),
        ("attempts", "run aaaaaa"),
        ("folder", "run aaaaaa"),
    ]
    before = everything(root)
    with folder.lock():
        done = await take_away(repository, root, found)
        assert {**everything(root), ".agentctl/runs/aaaaaa/lock": b""} == {**before, ".agentctl/runs/aaaaaa/lock": b""}
    assert [each.gone for each in done] == [False, False, False]


async def test_a_run_that_went_on_after_it_was_looked_at_keeps_its_attempts(
    repository: Repository, root: Path, new_run: NewRun
) -> None:
    folder = new_run()
    found = await look(repository, root, WANTED)
    shutil.rmtree(folder.path)
    repository.door.run("update-ref", "-d", "refs/heads/agentctl/aaaaaa/all")
    new_run("aaaaaa", state="building")
    assert [each.gone for each in await take_away(repository, root, found)] == [False]
    assert "refs/agentctl/aaaaaa/T1/1" in refs(repository)


async def test_folders_of_runs_go_only_where_asked_and_never_under_a_task_in_a_persons_hands(
    repository: Repository, root: Path, new_run: NewRun
) -> None:
    new_run("aaaaaa")
    new_run("bbbbbb")
    put(root / ".agentctl/taken/bbbbbb-T1/mine.py")
    await swept(repository, root, ALL)
    assert [path.name for path in (root / ".agentctl/runs").iterdir()] == ["bbbbbb"]
    assert (root / ".agentctl/taken/bbbbbb-T1/mine.py").exists()


async def test_what_killed_processes_left_goes_whatever_its_age(
    repository: Repository, root: Path, new_run: NewRun
) -> None:
    new_run("aaaaaa", state="building", at=NOW)
    home = root / ".agentctl"
    put(home / "work/aaaaaa/workspaces/open/0-T1/tree/x")
    put(home / f"work/aaaaaa/deliver-{os.getpid()}/x")
    put(home / "work/verify-4194999/gate/x")
    put(home / "work/gone/gate/x", age=2 * DAY)
    os.utime(home / "work/gone", (NOW - 2 * DAY, NOW - 2 * DAY))
    put(home / "trash/1.0/x")
    put(home / "environments/k1.lock", text="")
    put(home / "environments/k1/bin/python")
    put(home / "environments/k1.tree/setup.py")
    put(home / f"runs/{STAGED}x/run.db")
    put(home / "probes/.new-1", age=2 * DAY)
    put(home / "probes/.new-2")
    put(Path(root.parent, "tmp/agentctl-git-1/git/HEAD"), age=2 * DAY)
    os.utime(root.parent / "tmp/agentctl-git-1", (NOW - 2 * DAY, NOW - 2 * DAY))
    put(root.parent / "tmp/agentctl-demo-1/spec.md", age=2 * DAY)
    done = await swept(repository, root)
    assert Counter((each.leftover.kind, each.gone) for each in done) == Counter(
        {("workspaces", True): 3, ("half-made", True): 2, ("temporary", True): 2, ("trash", True): 1}
    )
    left = {str(path.relative_to(home)) for path in home.rglob("*") if "runs" not in path.parts and path.is_file()}
    assert left == {f"work/aaaaaa/deliver-{os.getpid()}/x", "environments/k1.lock", "probes/.new-2"}
    assert [path.name for path in (root.parent / "tmp").iterdir()] == ["agentctl-demo-1"]


async def test_a_run_that_never_began_goes_after_a_day_and_a_damaged_one_stays(
    repository: Repository, root: Path
) -> None:
    for name in ("aaaaaa", "bbbbbb", "cccccc"):
        folder = create(root, name)
        put(folder.path / "spec.md")
        os.utime(folder.path / "lock", (NOW - 2 * DAY, NOW - 2 * DAY))
    os.utime(root / ".agentctl/runs/bbbbbb/lock", (NOW - 60, NOW - 60))
    (root / ".agentctl/runs/cccccc/run.db").write_bytes(b"no database, but perhaps one that can be mended" * 20)
    await swept(repository, root)
    assert sorted(path.name for path in (root / ".agentctl/runs").iterdir()) == ["bbbbbb", "cccccc"]


async def test_what_an_unpack_fills_at_this_moment_stays(repository: Repository, root: Path) -> None:
    staged = root / f".agentctl/runs/{STAGED}x"
    put(staged / "run.db")
    with alone(staged) as nobody:
        assert nobody
        (done,) = await swept(repository, root)
    assert (done.gone, staged.is_dir()) == (False, True)
    await swept(repository, root)
    assert not staged.exists()


@pytest.mark.parametrize(
    ("days", "by", "left"),
    [(40, "nobody", []), (20, "nobody", ["k1"]), (40, "a driver", ["k1"]), (40, "who builds it", ["k1"])],
)
async def test_an_environment_goes_when_nobody_asked_for_it_for_so_long_and_no_run_is_driven(
    repository: Repository, root: Path, new_run: NewRun, days: float, by: str, left: list[str]
) -> None:
    folder = new_run(state="building", at=NOW)
    home = root / ".agentctl/environments"
    put(home / "k1/ready")
    lock = put(home / "k1.lock", age=days * DAY, text="")
    with folder.lock() if by == "a driver" else nullcontext(), lock.open() as file:
        if by == "who builds it":
            fcntl.flock(file, fcntl.LOCK_EX)
        await swept(repository, root)
    assert [path.name for path in home.iterdir() if path.is_dir()] == left


async def test_half_written_packs_go_from_a_clone_of_our_own_and_never_from_a_persons(
    repository: Repository, root: Path, tmp_path: Path
) -> None:
    own = empty_repository(tmp_path / "own")
    for each in (repository, own):
        objects = each.location.common_dir / "objects"
        put(objects / "pack/tmp_pack_abcdef", age=2 * 3600)
        put(objects / "12/tmp_obj_abcdef", age=2 * 3600)
        put(objects / "pack/tmp_pack_live", age=60)
    assert await swept(repository, root) == ()
    (done,) = await swept(own, tmp_path / "own")
    assert (done.leftover.name, done.gone) == ("unfinished packs", True)
    left = [path.name for path in (tmp_path / "own/.git/objects").rglob("tmp_*")]
    assert left == ["tmp_pack_live"]


async def test_a_folder_of_ours_that_leads_elsewhere_is_refused(repository: Repository, root: Path) -> None:
    precious = put(root.parent / "precious/file")
    (root / ".agentctl").mkdir()
    for name in ("trash", "work", "environments", "runs"):
        link = root / ".agentctl" / name
        link.symlink_to(precious.parent)
        with pytest.raises(RunStateError, match=f"{name} is no folder"):
            await swept(repository, root)
        link.unlink()
    assert precious.exists()


async def test_a_ref_that_somebody_moved_meanwhile_keeps_all_attempts_of_its_run(
    repository: Repository, root: Path, new_run: NewRun
) -> None:
    new_run()
    repository.door.run("update-ref", "refs/agentctl/aaaaaa/T2/1", "refs/heads/main")
    found = await look(repository, root, WANTED)
    (root / ".git/refs/agentctl/aaaaaa/T2/1.lock").touch()
    (done,) = await take_away(repository, root, found)
    assert (done.gone, "refs/agentctl/aaaaaa/T1/1" in refs(repository)) == (False, True)
    assert "T2/1.lock" in done.why


async def test_killed_anywhere_and_begun_again_it_ends_the_same(
    repository: Repository, root: Path, new_run: NewRun, tmp_path: Path
) -> None:
    new_run("aaaaaa")
    new_run("bbbbbb", state="building")
    put(root / ".agentctl/work" / "aaaaaa/workspaces/x")
    put(root / ".agentctl/work" / "aaaaaa/gate/x")
    put(root / ".agentctl/work" / "verify-4194999/x")
    put(root / ".agentctl/trash/1.0/x")
    shutil.copytree(root, tmp_path / "before", symlinks=True)
    reached: list[str] = []
    faults.arm(reached.append)
    await swept(repository, root, ALL)
    wanted = everything(root)
    assert set(reached) == {"gc.begun", "gc.refs", "gc.renamed", "gc.deleted"}
    for last in range(len(reached)):
        shutil.rmtree(root)
        shutil.copytree(tmp_path / "before", root, symlinks=True)
        points = iter(range(len(reached)))

        def strike(_: str, points: Iterator[int] = points, last: int = last) -> None:
            if next(points) == last:
                raise Killed

        faults.arm(strike)
        with pytest.raises(Killed):
            await swept(repository, root, ALL)
        faults.arm(None)
        await swept(repository, root, ALL)
        assert everything(root) == wanted, reached[: last + 1]


async def test_the_deletion_that_was_cut_short_is_gone_on_with(repository: Repository, root: Path) -> None:
    put(root / ".agentctl/trash/7.0/deep/x")
    (root / ".agentctl/trash/7.0/deep").chmod(0)
    (done,) = await swept(repository, root)
    assert (done.leftover.kind, (root / ".agentctl/trash").exists()) == ("trash", False)


async def test_looking_changes_nothing(repository: Repository, root: Path, new_run: NewRun) -> None:
    new_run()
    put(root / ".agentctl/work" / "aaaaaa/workspaces/x")
    put(root / ".agentctl/trash/1.0/x")
    before = everything(root)
    assert len(await look(repository, root, ALL)) == 4
    after = {path: text for path, text in everything(root).items() if not path.endswith(("-shm", "-wal"))}
    assert after == {path: text for path, text in before.items() if not path.endswith(("-shm", "-wal"))}


async def test_two_at_once_do_not_hinder_one_another(repository: Repository, root: Path, new_run: NewRun) -> None:
    new_run()
    for number in range(20):
        put(root / ".agentctl/work" / f"verify-41949{number:02}/x")
    await asyncio.gather(swept(repository, root, ALL), swept(repository, root, ALL))
    assert not list((root / ".agentctl/work").iterdir())
    assert not (root / ".agentctl/trash").exists()
