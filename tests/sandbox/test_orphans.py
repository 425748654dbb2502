"""What a killed driver's sandboxes leave behind is ended by the next driver."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from agentctl.orchestrator.sandbox import tree

from ..another_kernel import hide_linux

WAITS = "import sys; sys.stdin.read()"
MARKS = "from agentctl.orchestrator.sandbox import tree; print(tree.mark(), flush=True); input()"


@pytest.fixture(params=["Linux", "another kernel"], autouse=True)
def _any_kernel(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    if request.param != "Linux":
        hide_linux(monkeypatch)


@pytest.fixture
def owner() -> subprocess.Popen[str]:
    """A process that has named itself."""
    return subprocess.Popen([sys.executable, "-c", MARKS], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def launched(mark: str) -> subprocess.Popen[str]:
    return subprocess.Popen([mark, "-c", WAITS], executable=sys.executable, stdin=subprocess.PIPE, text=True)


def test_what_a_dead_process_launched_is_killed_and_what_a_live_one_did_is_not(owner: subprocess.Popen[str]) -> None:
    assert owner.stdout is not None
    mark = owner.stdout.readline().strip()
    with launched(mark) as theirs, launched(tree.mark()) as ours:
        tree.end_orphans()
        assert (theirs.poll(), ours.poll()) == (None, None)
        owner.communicate("end")
        tree.end_orphans()
        assert theirs.wait() == -9
        tree.end_orphans()
        assert ours.poll() is None
        ours.communicate()
        assert ours.returncode == 0


def test_a_later_process_of_the_same_id_is_not_taken_for_the_owner() -> None:
    pid, began, numbering = tree.mark().rsplit("-", 3)[1:]
    with launched(f"agentctl-sandbox-{pid}-{int(began) - 1}-{numbering}") as theirs:
        tree.end_orphans()
        assert theirs.wait() == -9


def test_a_kernel_that_tells_of_no_numbering_has_one(monkeypatch: pytest.MonkeyPatch) -> None:
    stat = Path.stat

    def untold(path: Path, **how: bool) -> os.stat_result:
        if path.name == "pid":
            raise FileNotFoundError(path)
        return stat(path, **how)

    monkeypatch.setattr(Path, "stat", untold)
    assert tree.mark().endswith("-0")
    assert not tree.orphaned(tree.identity())


def test_what_a_process_of_another_container_launched_is_left_alone() -> None:
    pid, began, numbering = tree.mark().rsplit("-", 3)[1:]
    with launched(f"agentctl-sandbox-{pid}-{int(began) - 1}-{int(numbering) + 1}") as theirs:
        tree.end_orphans()
        assert theirs.poll() is None
        theirs.communicate()
        assert theirs.returncode == 0
