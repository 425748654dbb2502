"""Real processes, killed. A sample: the suite `crash` does all of it."""

import shutil
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import pytest
from agentctl.bench.parts import full_disks, target
from agentctl.bench.parts.aftermath import Aftermath
from agentctl.bench.parts.lives import Case, Life, Scene, live

pytestmark = pytest.mark.skipif(not shutil.which("bwrap"), reason="bubblewrap is not installed")
OF_ONE_RUN = pytest.mark.xdist_group("what a run leaves")


@pytest.fixture
def lived() -> Callable[[Case], Life]:
    """Lives a case in a process of its own, which may fork and adopt as it likes."""

    def run(case: Case) -> Life:
        with ProcessPoolExecutor(max_workers=1, mp_context=get_context("spawn")) as pool:
            return pool.submit(live, case).result()

    return run


@pytest.mark.parametrize(
    "case",
    [
        Case(name="calm"),
        Case(name="in the middle", fault=120),
        Case(name="between tables", fault=45),
        Case(name="alone", seconds=0.7, whole_tree=False),
        Case(name="with all it started", seconds=0.9),
    ],
    ids=lambda case: case.name,
)
def test_a_run_survives_the_death_of_its_driver(lived: Callable[[Case], Life], case: Case) -> None:
    life = lived(case)
    assert life.told == []
    assert life.killed is (case.name != "calm")
    assert life.points <= (case.fault or life.points)


@pytest.mark.skipif(bool(full_disks.why_not()), reason=full_disks.why_not())
def test_a_run_survives_a_disk_that_gets_full() -> None:
    case = Case(name="full disk", seconds=1.0, full=True)
    with ProcessPoolExecutor(max_workers=1, mp_context=get_context("spawn")) as pool:
        life = pool.submit(full_disks.live_on_full_disk, case, 50_000).result()
    assert life.told == []
    assert life.killed


@pytest.fixture(scope="module")
def after(tmp_path_factory: pytest.TempPathFactory) -> Aftermath:
    """A run that is done and sound."""
    with ProcessPoolExecutor(max_workers=1, mp_context=get_context("spawn")) as pool:
        return pool.submit(finished, tmp_path_factory.mktemp("run")).result()


def finished(place: Path) -> Aftermath:
    scene = Scene.begin(place)
    scene.life(Case(name="calm"))
    return scene.aftermath()


@OF_ONE_RUN
def test_a_sound_run_has_no_violations(after: Aftermath) -> None:
    assert after.violations() == []


@OF_ONE_RUN
def test_the_check_sees_a_branch_that_pointed_at_what_no_gate_passed(after: Aftermath, tmp_path: Path) -> None:
    doctored = copy(after, tmp_path)
    branch = target.git(doctored.root, "for-each-ref", "--format=%(refname)", "refs/heads/agentctl")
    tree = target.git(doctored.root, "hash-object", "-t", "tree", "-w", "--stdin")
    commit = target.git(doctored.root, "commit-tree", tree, "-p", branch, "-m", "sneaked in")
    good = target.git(doctored.root, "rev-parse", branch)
    target.git(doctored.root, "update-ref", branch, commit)
    target.git(doctored.root, "update-ref", branch, good)
    assert doctored.violations() == [f"1: the branch pointed at {commit[:8]} without a passing verdict"]


@OF_ONE_RUN
def test_the_check_sees_a_call_that_was_made_once_too_often(after: Aftermath, tmp_path: Path) -> None:
    twice = copy(after, tmp_path, asked=[*after.asked, after.asked[0]])
    assert [each[:2] for each in twice.violations()] == ["3:"]


@OF_ONE_RUN
def test_the_check_sees_a_landing_that_is_gone(after: Aftermath, tmp_path: Path) -> None:
    doctored = copy(after, tmp_path)
    branch = target.git(doctored.root, "for-each-ref", "--format=%(refname)", "refs/heads/agentctl")
    target.git(doctored.root, "update-ref", branch, f"{branch}~2")
    assert any(each.startswith("2: ") and "landed 0 times" in each for each in doctored.violations())


@OF_ONE_RUN
def test_the_check_sees_a_touched_checkout_a_workspace_and_a_lock(after: Aftermath, tmp_path: Path) -> None:
    doctored = copy(after, tmp_path)
    (doctored.root / "README.md").write_text("changed\n")
    left = doctored.root / ".agentctl/work" / doctored.folder.run / "workspaces/open/0-T1"
    left.mkdir(parents=True)
    (doctored.root / ".git/refs/heads/main.lock").touch()
    assert [each.split(":")[0] for each in doctored.violations()] == [
        "left behind",
        "the user's checkout, index or branch was touched",
        "git locks were left",
    ]


def copy(after: Aftermath, into: Path, *, asked: list[str] | None = None) -> Aftermath:
    root = into / "repo"
    shutil.copytree(after.root, root)
    folder = type(after.folder)(path=root / after.folder.path.relative_to(after.root))
    return Aftermath(
        root=root, folder=folder, before=after.before, asked=after.asked if asked is None else asked, cap=after.cap
    )
