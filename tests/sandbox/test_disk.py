"""Who filled the disk: the command, others, or everybody before it."""

import errno
import os
from collections.abc import Callable
from pathlib import Path

import pytest
from agentctl.orchestrator.errors import DiskFull
from agentctl.orchestrator.sandbox.disk import DiskWatch, Room, room, shortage
from agentctl.orchestrator.sandbox.port import CommandLimits, Sandbox

from ..sandboxes import sandbox_or_skip

MB = 1 << 20
LIMITS = CommandLimits(disk_bytes=80 * MB, free_bytes=512 * MB)
"""What a command wrote is held against it from a tenth of a hundred MB on."""
PLENTY = 1_000_000


class Disk:
    """A file system whose figures are as a test says; the files under its folder are real."""

    def __init__(self, folder: Path, *, free: int, files: int = PLENTY) -> None:
        self.folder = folder
        self.left = Room(free * MB, files)

    def measure(self, _: Path) -> Room:
        return self.left

    def lose(self, megabytes: int, *, files: int = 0) -> None:
        self.left = Room(self.left.bytes - megabytes * MB, self.left.files - files)

    def write(self, megabytes: int) -> None:
        """What a command does: a file, and that much less room."""
        descriptor = os.open(self.folder / f"{self.left.bytes}", os.O_WRONLY | os.O_CREAT)
        os.posix_fallocate(descriptor, 0, megabytes * MB)
        os.close(descriptor)
        self.lose(megabytes, files=1)

    def watch(self, limits: CommandLimits = LIMITS) -> DiskWatch:
        return DiskWatch([self.folder], limits, measure=self.measure)


@pytest.fixture
def disk(tmp_path: Path) -> Callable[..., Disk]:
    def make(free: int = 600, *, files: int = PLENTY) -> Disk:
        made = Disk(tmp_path, free=free, files=files)
        try:
            made.write(1)
        except OSError as error:
            if error.errno != errno.EOPNOTSUPP:
                raise
            pytest.skip("the file system under the temporary folder cannot allocate")
        made.left = Room(free * MB, files)
        return made

    return make


def test_on_a_disk_that_is_full_already_nothing_starts(disk: Callable[..., Disk]) -> None:
    with pytest.raises(DiskFull) as full:
        disk(511).watch()
    assert str(disk().folder) in str(full.value)
    assert "511 MB free" in str(full.value)
    assert "less than 512 MB" in str(full.value)
    assert "make room there, then `agentctl resume`" in str(full.value)


def test_a_disk_without_room_for_files_is_as_full(disk: Callable[..., Disk]) -> None:
    with pytest.raises(DiskFull, match=r"room for 999 more files \(inodes\).*less than 1000"):
        disk(files=999).watch()


def test_where_nothing_has_to_stay_free_a_full_disk_is_no_reason(disk: Callable[..., Disk]) -> None:
    disk(0, files=0).watch(CommandLimits(free_bytes=0))


async def test_a_command_that_filled_the_disk_is_to_blame(disk: Callable[..., Disk]) -> None:
    mine = disk()
    watch = mine.watch()
    assert not await watch.full()
    mine.write(70)
    mine.lose(60)
    assert await watch.full()
    await watch.blame()


@pytest.mark.parametrize(("wrote", "others"), [(0, 90), (9, 82), (20, 70), (5, 84)])
async def test_a_disk_that_others_filled_is_not_held_against_the_command(
    disk: Callable[..., Disk], wrote: int, others: int
) -> None:
    mine = disk()
    watch = mine.watch()
    if wrote:
        mine.write(wrote)
    mine.lose(others)
    assert await watch.full()
    with pytest.raises(DiskFull, match="make room"):
        await watch.blame()


async def test_a_few_files_on_a_disk_that_was_nearly_full_are_nobodys_fault(disk: Callable[..., Disk]) -> None:
    mine = disk(513)
    watch = mine.watch()
    mine.write(2)
    assert await watch.full()
    with pytest.raises(DiskFull, match="511 MB free"):
        await watch.blame()


async def test_what_was_held_in_files_without_a_name_counts_as_the_commands(disk: Callable[..., Disk]) -> None:
    mine = disk()
    watch = mine.watch()
    mine.lose(90)
    assert await watch.full()
    mine.lose(-85)  # comes back when the kernel closes what the dead command had open
    await watch.blame()


async def test_a_command_past_its_own_limit_is_to_blame_whatever_others_did(disk: Callable[..., Disk]) -> None:
    mine = disk(1000)
    watch = mine.watch()
    mine.write(81)
    mine.lose(400)
    assert await watch.full()
    await watch.blame()


async def test_a_command_within_its_limit_goes_on_while_others_write(disk: Callable[..., Disk]) -> None:
    mine = disk(2000)
    watch = mine.watch()
    mine.write(20)
    mine.lose(1000)
    assert not await watch.full()


async def test_files_that_others_made_are_not_held_against_the_command(disk: Callable[..., Disk]) -> None:
    mine = disk()
    watch = mine.watch()
    mine.write(70)
    mine.lose(0, files=PLENTY - 500)
    assert await watch.full()
    with pytest.raises(DiskFull, match="inodes"):
        await watch.blame()


def test_the_figures_are_those_of_the_file_system(tmp_path: Path) -> None:
    left = room(tmp_path)
    assert left.bytes > 0
    assert shortage(left, CommandLimits(free_bytes=0)) == ""
    assert "MB free" in shortage(left, CommandLimits(free_bytes=1 << 60))


@pytest.fixture(params=["bwrap", "landlock", "docker", "podman", "none"])
async def sandbox(request: pytest.FixtureRequest) -> Sandbox:
    return await sandbox_or_skip(request.param)


async def test_a_sandbox_starts_no_command_on_a_full_disk(sandbox: Sandbox, tmp_path: Path) -> None:
    limits = CommandLimits(seconds=30, free_bytes=1 << 60)
    with pytest.raises(DiskFull, match="make room"):
        await sandbox.run(
            ["/bin/sh", "-c", "touch ran"], root=tmp_path, writable=True, limits=limits, env={"PATH": "/usr/bin:/bin"}
        )
    assert list(tmp_path.iterdir()) == []
