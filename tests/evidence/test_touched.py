import asyncio
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest
from agentctl.orchestrator.errors import SandboxUnavailable
from agentctl.orchestrator.evidence import touched as module
from agentctl.orchestrator.evidence.touched import WHOLE, Watch, digest, touched
from agentctl.orchestrator.ports import TreeEntry
from agentctl.orchestrator.sandbox.port import CommandLimits, Mount, Sandbox
from agentctl.orchestrator.sandbox.probe import probe

FILES = {
    "src/pkg/__init__.py": "",
    "src/pkg/a.py": "from pkg import b\n",
    "src/pkg/b.py": "",
    "src/pkg/c.py": "",
    "data/x.txt": "x\n",
    "data/y.txt": "y\n",
    "data/z.txt": "z\n",
    "check.py": "import sys; sys.path.insert(0, 'src'); import pkg.a; open('data/link').read()\n",
    "run.sh": "#!/bin/sh\ncat data/y.txt\n",
}


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    root = tmp_path / "checkout"
    for name, text in FILES.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    (root / "run.sh").chmod(0o755)
    (root / "data/link").symlink_to("z.txt")
    return root


async def confined(kind: str) -> Sandbox:
    try:
        return await probe(kind)
    except SandboxUnavailable as error:
        pytest.skip(str(error))


@pytest.mark.parametrize("kind", ["bwrap", "landlock"])
@pytest.mark.parametrize(
    ("argv", "opened"),
    [
        (["python3", "check.py"], {"check.py", "src/pkg/__init__.py", "src/pkg/a.py", "src/pkg/b.py", "data/z.txt"}),
        (["./run.sh"], {"run.sh", "data/y.txt"}),
        (["/bin/sh", "-c", "cd data && cat *.txt"], {"data/x.txt", "data/y.txt", "data/z.txt"}),
        (["/bin/sh", "-c", "test -e data/x.txt; ls -R >/dev/null"], set()),
    ],
)
async def test_what_a_confined_command_opens_is_heard(
    checkout: Path, kind: str, argv: list[str], opened: set[str]
) -> None:
    sandbox = await confined(kind)
    with Watch(checkout) as watch:
        done = await sandbox.run(
            argv,
            root=checkout,
            writable=True,
            limits=CommandLimits(free_bytes=0),
            env={"PATH": "/usr/local/bin:/usr/bin:/bin", "PYTHONDONTWRITEBYTECODE": "1"},
        )
    assert done.exit == 0, done.output
    assert watch.opened() == opened


async def test_a_file_that_is_mounted_over_itself_is_heard(checkout: Path) -> None:
    sandbox = await confined("bwrap")
    with Watch(checkout) as watch:
        await sandbox.run(
            ["cat", "data/x.txt"],
            root=checkout,
            writable=True,
            limits=CommandLimits(free_bytes=0),
            env={"PATH": "/usr/bin:/bin"},
            mounts=[Mount(source=checkout / "data/x.txt", target="/workspace/data/x.txt")],
        )
    assert watch.opened() == {"data/x.txt"}


async def test_before_and_after_nothing_is_heard(checkout: Path) -> None:
    (checkout / "data/x.txt").read_text()
    with Watch(checkout) as watch:
        (checkout / "data/y.txt").read_text()
    (checkout / "data/z.txt").read_text()
    assert watch.opened() == {"data/y.txt"}


async def test_an_overflow_of_the_queue_means_the_whole_tree(checkout: Path) -> None:
    most = int(Path("/proc/sys/fs/inotify/max_queued_events").read_text())
    if most > 1_000_000:
        pytest.skip("the queue of inotify is too long here to fill it")
    with Watch(checkout) as watch:
        for _ in range(most // 2 + 1):  # two names in turn, since equal events in a row are one; the loop never drains
            (checkout / "data/x.txt").open().close()
            (checkout / "data/y.txt").open().close()
    assert watch.opened() is None
    assert touched(watch.opened(), {"a.py": entry("1")}) == WHOLE


class Refusing:
    def inotify_init1(self, _: int) -> int:
        return -1


@pytest.mark.parametrize("libc", [Refusing, object], ids=["refused", "another kernel"])
async def test_without_inotify_it_is_the_whole_tree(
    checkout: Path, monkeypatch: pytest.MonkeyPatch, libc: type
) -> None:
    monkeypatch.setattr(module, "_inotify", libc)
    with Watch(checkout) as watch:
        (checkout / "data/x.txt").read_text()
    assert watch.opened() is None


async def test_too_many_folders_to_watch_mean_the_whole_tree(checkout: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = module._inotify()

    class Full:
        inotify_init1 = real.inotify_init1

        def inotify_add_watch(self, *_: object) -> int:
            return -1

    monkeypatch.setattr(module, "_inotify", Full)
    with Watch(checkout) as watch:
        (checkout / "data/x.txt").read_text()
    assert watch.opened() is None


async def test_a_burst_of_a_long_command_is_drained_while_it_runs(checkout: Path) -> None:
    code = "import sys\nfor _ in range(20000):\n for name in ('data/x.txt', 'data/y.txt'):\n  open(name).close()\n"
    with Watch(checkout) as watch:
        process = await asyncio.create_subprocess_exec(sys.executable, "-c", code, cwd=checkout)
        await process.wait()
    assert watch.opened() == {"data/x.txt", "data/y.txt"}


def entry(blob: str, mode: str = "100644") -> TreeEntry:
    return TreeEntry(mode=mode, id=blob)


TREE = {"src/a.py": entry("1"), "src/b.py": entry("2"), "tests/test_x.py": entry("3"), "link": entry("4", "120000")}


def test_only_paths_of_the_tree_count_and_bytecode_is_its_source() -> None:
    opened = {"src/__pycache__/a.cpython-311.pyc", "src/__pycache__/b.cpython-311.opt-1.pyc", "new.txt"}
    assert touched(opened, TREE) == ("link", "src/a.py", "src/b.py")
    assert touched({"src/a.py", "tests/test_x.py"}, TREE, laid=["tests/test_x.py"]) == ("link", "src/a.py")
    assert touched(None, TREE) == WHOLE


T = "tests/spec_s/test_s.py"


@pytest.mark.parametrize(
    ("change", "same"),
    [
        ({"docs/readme.md": entry("9")}, True),
        ({"src/b.py": entry("9")}, True),
        ({"src/other/conftest.py": entry("9")}, True),
        ({T: entry("9")}, True),
        ({"src/a.py": entry("9")}, False),
        ({"src/a.py": entry("1", "100755")}, False),
        ({"src/a.py": None}, False),
        ({"src/a/__init__.py": entry("9")}, False),
        ({"a.py": entry("9")}, False),
        ({"conftest.py": entry("9")}, False),
        ({"tests/spec_s/conftest.py": entry("9")}, False),
        ({"pyproject.toml": entry("9")}, False),
        ({"requirements-dev.txt": entry("9")}, False),
    ],
)
def test_the_digest_changes_with_what_was_touched_and_with_what_would_be(
    change: Mapping[str, TreeEntry | None], *, same: bool
) -> None:
    after = {path: each for path, each in {**TREE, **change}.items() if each is not None}
    assert (digest(("src/a.py",), TREE, test=T) == digest(("src/a.py",), after, test=T)) is same


def test_the_digest_of_the_whole_tree_leaves_out_the_lock_of_a_spec_and_the_check_itself() -> None:
    tree = {**TREE, "s.md": entry("7")}
    before = digest(WHOLE, tree, test=T)
    assert digest(WHOLE, {**tree, "s.lock": entry("8"), T: entry("9")}, test=T) == before
    assert digest(WHOLE, {**tree, "uv.lock": entry("8")}, test=T) != before
    assert digest(WHOLE, {**tree, "src/b.py": entry("8")}, test=T) != before


def test_names_that_are_not_utf8_survive(tmp_path: Path) -> None:
    done = subprocess.run(["touch", b"\xff.txt"], cwd=tmp_path, check=False, capture_output=True)
    if done.returncode:
        pytest.skip("the file system takes only UTF-8")

    async def look() -> frozenset[str] | None:
        with Watch(tmp_path) as watch:
            (tmp_path / "\udcff.txt").read_text()
        return watch.opened()

    assert asyncio.run(look()) == {"\udcff.txt"}
    assert digest(("\udcff.txt",), {"\udcff.txt": entry("1")}, test=T)
