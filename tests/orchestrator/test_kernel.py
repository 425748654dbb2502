"""What stands in for the calls that only Linux has; they are hidden here, for there is no other kernel at hand."""

import asyncio
import ctypes
import os
import sys
from functools import partial
from pathlib import Path

import pytest
from agentctl.orchestrator import kernel
from agentctl.orchestrator.evidence.measure import measure
from agentctl.orchestrator.ports import Completed
from agentctl.orchestrator.workspace import beneath
from agentctl.specs.performance import Bar

from ..another_kernel import hide_linux


@pytest.fixture(params=["as it is", "without Linux's calls"])
def _either(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    if request.param != "as it is":
        hide_linux(monkeypatch)


@pytest.mark.usefixtures("_either")
def test_an_unnamed_file_has_no_path_and_is_not_inherited() -> None:
    file = kernel.unnamed_file("stdin")
    try:
        assert (os.fstat(file).st_nlink, os.fstat(file).st_size, os.get_inheritable(file)) == (0, 0, False)
        os.write(file, b"content")
        assert os.pread(file, 100, 0) == b"content"
        os.lseek(file, 0, os.SEEK_SET)
        assert os.read(file, 100) == b"content"
    finally:
        os.close(file)


@pytest.mark.usefixtures("_either")
def test_an_unnamed_file_is_read_from_its_beginning() -> None:
    content = bytes(range(256)) * 10_000
    with os.fdopen(kernel.unnamed_file("stdin", content), "rb") as file:
        assert file.read() == content


@pytest.mark.usefixtures("_either")
def test_no_file_is_written_before_the_clock_of_files(tmp_path: Path) -> None:
    for number in range(200):
        before = kernel.file_clock()
        file = tmp_path / str(number)
        file.write_text("")
        assert before <= file.stat().st_ctime_ns


@pytest.mark.usefixtures("_either")
def test_there_is_a_core_to_run_on() -> None:
    assert 1 <= kernel.cores() <= (os.cpu_count() or 1)


def test_nothing_is_asked_of_a_kernel_that_does_not_know_it(monkeypatch: pytest.MonkeyPatch) -> None:
    set_slack, slack = 29, partial(ctypes.CDLL(None).prctl, 30, 0, 0, 0, 0)  # PR_SET_TIMERSLACK, PR_GET_TIMERSLACK
    usual = slack()
    try:
        kernel.prctl(set_slack, usual + 1)
        assert slack() == usual + 1
        monkeypatch.setattr(kernel, "LINUX", False)
        kernel.prctl(set_slack, usual + 2)
        assert slack() == usual + 1
    finally:
        monkeypatch.undo()
        kernel.prctl(set_slack, usual)


def test_no_call_is_made_by_a_number_that_means_another_one_there(monkeypatch: pytest.MonkeyPatch) -> None:
    def called(*_: object) -> int:
        raise AssertionError

    monkeypatch.setattr(beneath, "_openat2", called)
    hide_linux(monkeypatch)
    assert not beneath.kernel_resolves.__wrapped__()


class Here:
    """Where a bar is measured: this process's own interpreter, on no tree at all."""

    async def run_program(self, tree: str, program: str, *, times: int = 1) -> tuple[Completed, ...]:
        del tree
        return tuple([await _ran(program) for _ in range(times)])


async def _ran(program: str) -> Completed:
    ran = await asyncio.create_subprocess_exec(sys.executable, "-c", program, stdout=asyncio.subprocess.PIPE)
    said, _ = await ran.communicate()
    return Completed(exit=ran.returncode, output=said.decode(), seconds=0, cpu_seconds=0)


async def test_peak_memory_is_read_in_the_unit_of_the_kernel(monkeypatch: pytest.MonkeyPatch) -> None:
    bar = Bar(
        id="P1",
        metric="peak memory",
        op="<=",
        bound=1,
        unit="GB",
        stat="max",
        runs=1,
        machine="",
        command="true",
        line=1,
    )
    linux = await measure(bar, tree="", entries={}, track=Here(), size=None)
    monkeypatch.setattr(kernel, "MACOS", True)
    macos = await measure(bar, tree="", entries={}, track=Here(), size=None)
    assert linux.value is not None
    assert macos.value is not None
    assert 512 < linux.value / macos.value < 2048
