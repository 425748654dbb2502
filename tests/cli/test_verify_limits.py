"""A check has a time limit of its own, in `verify` and in `lint --run`; who waits at a terminal sees which one runs."""

import asyncio
import io
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import pytest
from agentctl.cli.verifying_limits import Limited
from agentctl.cli.verifying_progress import Progress
from agentctl.orchestrator.evidence.trial import Around
from agentctl.orchestrator.git.below import files_below
from agentctl.orchestrator.nouns.plan import LockedTest
from agentctl.orchestrator.nouns.verdicts import GateReport
from agentctl.orchestrator.sandbox.tree import descendants

WORK = ".agentctl/work"
"""Where checkouts are laid out."""
Call = Callable[..., Any]

SPEC = """\
# shop

- **R1** `stock(n)` in `src/shop.py` MUST be n.
- **R2** `name()` in `src/shop.py` MUST be the name of the shop.

```python R1
from pathlib import Path
Path("began").touch()
while True:
    assert Path("began").exists()
```

```python R2
from shop import name
assert name() == "shop"
```
"""
SHOP = 'def stock(n):\n    return n\n\n\ndef name():\n    return "shop"\n'
STOPPED = "stopped: it ran longer than 0.5 s"


@pytest.fixture
def shop(repo: Path, git_in: Callable[..., str]) -> Path:
    (repo / "src").mkdir()
    (repo / "src" / "shop.py").write_text(SHOP)
    (repo / "shop.md").write_text(SPEC)
    git_in(repo, "add", "-A")
    git_in(repo, "commit", "-q", "-m", "Begin the shop")
    return repo


@pytest.fixture
def _confined() -> None:
    from agentctl.orchestrator.errors import SandboxUnavailable
    from agentctl.orchestrator.sandbox.probe import probe

    try:
        asyncio.run(probe())
    except SandboxUnavailable as error:
        pytest.skip(f"no sandbox works here: {error}")


def only(spec: str, check: str) -> str:
    """The spec with one of its two checks."""
    head, *fences = spec.split("```python ")
    return head + "".join(f"```python {fence}" for fence in fences if fence.startswith(check))


@pytest.mark.usefixtures("_confined", "shop")
def test_an_endless_check_is_stopped_and_the_others_are_judged(agentctl: Call) -> None:
    done = agentctl("verify", "shop.md", "--seconds", "6", "--mutants", "1", "--json")
    one, two = json.loads(done.out)["items"]
    assert done.code == 6
    assert (one["status"], one["note"]) == ("FAILING", "R1.c1: stopped: it ran longer than 6 s")
    assert one["checks"][0]["result"] == "stopped"
    assert two["checks"][0]["result"] == "passed"
    assert "R1.c1: stopped: it ran longer than 6 s\n" in done.err
    assert "\x1b" not in done.err


@pytest.mark.usefixtures("_confined")
def test_the_code_of_an_input_file_may_run_as_long_as_a_check(agentctl: Call, shop: Path) -> None:
    fixture = "```python fixture data/endless.txt\nwhile True:\n    pass\n```\n\n"
    (shop / "shop.md").write_text(only(SPEC, "R2").replace("```python R2", f"{fixture}```python R2"))
    done = agentctl("verify", "shop.md", "--seconds", "1.5", "--mutants", "1", "--json")
    assert "the fixture data/endless.txt could not be made: it did not end within 1.5 s\n" in done.err
    assert [each["id"] for each in json.loads(done.out)["items"]] == ["R1", "R2"]


@pytest.mark.usefixtures("_confined")
def test_lint_names_a_check_that_does_not_end_and_finds_what_else_there_is(agentctl: Call, shop: Path) -> None:
    (shop / "shop.md").write_text(only(SPEC, "R1"))
    done = agentctl("lint", "--run", "--all", "shop.md", "--seconds", "0.5")
    (line,) = [line for line in done.out.splitlines() if "SPT218" in line]
    assert line.startswith(f"shop.md:7:1: SPT218 R1.c1 was {STOPPED}")
    assert line.endswith("(warning)")
    assert "SPT201" in done.out
    assert (done.code, done.err.splitlines()[-1]) == (0, "ready to run")
    assert "\x1b" not in done.err
    (shop / "shop.md").write_text(SPEC)
    done = agentctl("lint", "--run", "--all", "shop.md", "--seconds", "6")
    assert [line.split()[1:3] for line in done.out.splitlines() if "(warning)" in line] == [
        ["SPT218", "R1.c1"],
        ["SPT210", "R2.c1"],
    ]


@pytest.mark.usefixtures("_confined", "shop")
@pytest.mark.parametrize("command", [["verify"], ["lint", "--run"]])
def test_ctrl_c_ends_it_with_130_and_leaves_no_process(command: list[str], shop: Path, tmp_path: Path) -> None:
    (shop / "shop.md").write_text(only(SPEC, "R1"))  # alone, so that no session ends while its processes are listed
    seen = tmp_path / "tmp"
    seen.mkdir()
    with subprocess.Popen(
        [sys.executable, "-m", "agentctl", *command, "shop.md"],
        cwd=shop,
        env={**os.environ, "TMPDIR": str(seen)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as process:
        try:
            while not any(file.name == "began" for place in (shop / WORK, seen) for file in files_below(place)):
                assert process.poll() is None
                os.sched_yield()
            below = list(descendants(process.pid))
            process.send_signal(signal.SIGINT)
            out, err = process.communicate(timeout=60)
        finally:
            process.kill()
    assert below
    assert (process.returncode, out, err.splitlines()[-1]) == (130, "", "interrupted")
    assert [pid for pid in below if Path(f"/proc/{pid}").exists()] == []
    assert [*(shop / WORK).glob("*"), *seen.iterdir()] == []


@pytest.mark.parametrize("given", ["0", "-1", "nan", "inf", "soon"])
@pytest.mark.parametrize("command", ["verify", "lint"])
def test_a_limit_is_a_number_above_0(agentctl: Call, shop: Path, command: str, given: str) -> None:
    done = agentctl(command, str(shop / "shop.md"), "--seconds", given)
    assert (done.code, done.out) == (2, "")
    assert "--seconds" in done.err


class Gate:
    """A bench whose sessions last as long as they are told to, or as they may."""

    environment = "here"

    def __init__(self, lasts: float, problem: str = "the test run did not end within 9 s\nit printed this") -> None:
        self._report = GateReport(complete=False, results=(), problem=problem, seconds=lasts)
        self.limits: list[float | None] = []

    async def run_alone(
        self,
        tree: str,
        tests: Sequence[LockedTest],
        *,
        edits: Mapping[str, bytes] | None = None,
        seconds: float | None = None,
        around: Around = nullcontext,
    ) -> GateReport:
        del tree, tests, edits, around
        self.limits.append(seconds)
        return self._report


def test(check: str) -> LockedTest:
    return LockedTest(check=check, requirements=("R1",), path=f"{check}.py", text="", tests=("t",), secret=False)


test.__test__ = False  # type: ignore[attr-defined]


def limited(gate: Gate) -> Limited:
    return Limited(gate=gate, seconds=9, slow={"R2.c1"}, watcher=Progress(()))


def test_a_slow_check_has_ten_times_as_long_and_a_mutant_no_longer_than_its_patience() -> None:
    gate = Gate(1)
    bench = limited(gate)
    asyncio.run(bench.run_alone("tree", [test("R1.c1")]))
    asyncio.run(bench.run_alone("tree", [test("R2.c1")]))
    asyncio.run(bench.run_alone("tree", [test("R1.c1")], seconds=5))
    asyncio.run(bench.run_alone("tree", [test("R1.c1")], seconds=50))
    assert gate.limits == [9, 90, 5, 9]


def test_only_what_ran_into_its_limit_is_said_to_have_been_stopped_by_it() -> None:
    late, ended = limited(Gate(9)), limited(Gate(1, "something crashed"))
    report = asyncio.run(late.run_alone("tree", [test("R1.c1")]))
    assert report.problem == "stopped: it ran longer than 9 s\nit printed this"
    assert late.told("R1.c1: stopped") == "R1.c1: stopped: it ran longer than 9 s"
    assert late.told("R1.c1: passed") == "R1.c1: passed"
    report = asyncio.run(ended.run_alone("tree", [test("R1.c1")]))
    assert report.problem == "something crashed"
    assert ended.told("R1.c1: stopped") == "R1.c1: stopped"


class Screen(io.StringIO):
    """A terminal, or a pipe."""

    def __init__(self, *, terminal: bool) -> None:
        super().__init__()
        self._terminal = terminal

    def isatty(self) -> bool:
        return self._terminal

    def fileno(self) -> int:
        raise io.UnsupportedOperation


@pytest.fixture(autouse=True)
def _capable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm")


def test_a_terminal_shows_which_check_runs_and_how_far_it_is(tmp_path: Path) -> None:
    screen = Screen(terminal=True)
    progress = Progress(["R1.c1", "R2.c1"], stream=screen)
    with progress.doing("preparing the environment"):
        pass
    with progress.during("R1.c1", nullcontext)(tmp_path) as inner, progress.during("R2.c1", nullcontext)(tmp_path):
        assert inner == tmp_path
    wipe = "\r\x1b[K"
    assert screen.getvalue() == wipe.join(
        [
            "preparing the environment ...",
            "running R1.c1 (1 of 2) ...",
            "running R1.c1 (1 of 2), R2.c1 (2 of 2) ...",
            "running R1.c1 (1 of 2) ...",
            "",
        ]
    )


def test_a_line_that_stays_stands_above_the_one_that_goes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    screen = Screen(terminal=True)
    progress = Progress(["R1.c1"], stream=screen)
    with progress.during("R1.c1", nullcontext)(tmp_path):
        progress.say("R9.c1: passed")
    assert screen.getvalue().count("running R1.c1 (1 of 1) ...") == 2
    assert capsys.readouterr().err == "R9.c1: passed\n"


@pytest.mark.parametrize(("terminal", "kind"), [(False, "xterm"), (True, "dumb")])
def test_elsewhere_nothing_is_shown(
    *, terminal: bool, kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TERM", kind)
    screen = Screen(terminal=terminal)
    progress = Progress(["R1.c1"], stream=screen)
    with progress.doing("measuring P1"), progress.during("R1.c1", nullcontext)(tmp_path):
        progress.clear()
    assert screen.getvalue() == ""
