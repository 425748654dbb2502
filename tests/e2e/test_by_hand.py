"""A task taken over by hand: real git, a real gate, the commands as they are typed, and a scripted model."""

import asyncio
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
from agentctl.agents.caller import free
from agentctl.bench.scripted import Answer, Asked, ScriptCall, ScriptedModel
from agentctl.cli import wiring
from agentctl.cli.answering import Answering, Surroundings
from agentctl.cli.recorded import answers_of
from agentctl.orchestrator.clock import SystemClock
from agentctl.orchestrator.errors import AgentctlError, WaitingForPerson
from agentctl.orchestrator.nouns.events import QuestionAnswered
from agentctl.orchestrator.nouns.runs import RunSettings
from agentctl.orchestrator.rules.asking import TAKEN_OVER
from agentctl.orchestrator.store.folder import RunFolder
from agentctl.orchestrator.store.sqlite import SqliteStore

from .conftest import BODIES, Kept, Repo, Said, script, store

pytestmark = pytest.mark.xdist_group("a run that is stuck")
RED = "def twice(text):\n    return text * 2\n"
GREEN = BODIES["T2"][1]


def never_right(asked: Asked) -> Answer:
    """As the script, but T2 is red however often it is tried."""
    if not asked.call.startswith("T2/"):
        return script(asked)
    wrote = ScriptCall(name="write", arguments={"path": "src/twice.py", "content": f"{RED}# {asked.turn}\n"})
    return Answer(calls=(wrote, ScriptCall(name="submit", arguments={"summary": "done"})))


def hangs(asked: Asked) -> Answer:
    """As the script, but T2's first call takes an hour."""
    return Answer(latency=3600.0) if asked.call.startswith("T2/") else script(asked)


def drive(folder: RunFolder, says: Callable[[Asked], Answer], *, wait: bool = False) -> str:
    def choose(_: RunSettings, around: Surroundings) -> Answering:
        return Answering(model=ScriptedModel(says, clock=around.clock), price=free, usd_per_call=None)

    driver = wiring.RunDriver(folder=folder, extras=wiring.Extras(), answers=choose)
    with suppress(WaitingForPerson):
        return asyncio.run(driver.drive(wait=wait)).state
    return "waits"


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Kept:
    def build(repo: Repo) -> RunFolder:
        folder = repo.prepare()
        assert drive(folder, never_right) == "waits"
        return folder

    return Kept.of(tmp_path_factory.mktemp("by-hand"), build)


@pytest.fixture
def stuck(kept: Kept) -> tuple[Repo, RunFolder]:
    """A run that nothing drives, whose T2 failed on every rung."""
    return kept.again()


def untouched(repo: Repo) -> tuple[str, str, bytes]:
    status = repo.git("status", "--porcelain")
    return repo.git("rev-parse", "HEAD"), status, (repo.path / ".git/index").read_bytes()


def test_a_task_that_is_nearly_right_is_finished_by_hand_and_lands_under_the_persons_name(
    stuck: tuple[Repo, RunFolder], agentctl: Callable[..., Said]
) -> None:
    repo, folder = stuck
    before = untouched(repo)
    taken = agentctl(repo, "take", "T2")
    place = Path(taken.out.strip())
    assert taken.code == 0
    assert "abab" in taken.err
    assert place.parent == repo.path / ".agentctl" / "taken"
    assert (place / "src/twice.py").read_text().startswith(RED)
    mine = Repo(place)
    assert mine.git("status", "--porcelain") == ""
    assert mine.git("diff", "--name-only", "HEAD~1").split() == ["src/twice.py", "tests/spec_shout/test_shout_R2_c1.py"]
    (place / "src/twice.py").write_text(GREEN)
    handed = agentctl(repo, "submit", "T2")
    assert (handed.code, "agentctl resume" in handed.err) == (0, True)
    assert drive(folder, script) == "done"
    branch = f"agentctl/{folder.run}/all"
    assert repo.git("show", f"{branch}:src/twice.py") == GREEN.strip()
    log = repo.git("log", "--format=%an <%ae>|%s|%(trailers:key=Task,valueonly,separator=)", branch).split("\n")
    assert "Ada <ada@example.org>|Write twice|T2" in log
    assert untouched(repo) == before
    with store(folder) as tables:
        mine_in_tables = tables.attempts("T2")[-1]
        assert (mine_in_tables.rung, mine_in_tables.state) == ("person", "landed")
        assert {each.requirement for each in tables.evidence()} == {"R1", "R2", "R3"}
        authors = {type(e.fact).__name__: e.author for e in tables.events() if e.author.startswith("person:")}
        assert authors["AttemptStarted"] == authors["Patched"] == authors["Submitted"] == "person:Ada"


def test_a_change_outside_of_what_the_task_owns_is_told_and_goes_in_by_the_persons_word_alone(
    stuck: tuple[Repo, RunFolder], agentctl: Callable[..., Said]
) -> None:
    repo, folder = stuck
    place = Path(agentctl(repo, "take", "T2").out.strip())
    (place / "src/twice.py").write_text(GREEN)
    (place / "docs").mkdir()
    (place / "docs/twice.md").write_text("Twice.\n")
    refused = agentctl(repo, "submit", "T2")
    assert refused.code == 1
    assert "`docs/twice.md` is outside what this task owns" in refused.err
    assert "--allow docs/twice.md" in refused.err
    assert agentctl(repo, "submit", "T2", "--allow", "docs/twice.md").code == 0
    assert drive(folder, script) == "done"
    assert repo.git("show", f"agentctl/{folder.run}/all:docs/twice.md") == "Twice."
    shown = agentctl(repo, "events", folder.run).out
    assert "Ada lets T2 change docs/twice.md" in shown


def test_a_locked_test_is_nobodys_to_change(stuck: tuple[Repo, RunFolder], agentctl: Callable[..., Said]) -> None:
    repo, _ = stuck
    place = Path(agentctl(repo, "take", "T2").out.strip())
    locked = "tests/spec_shout/test_shout_R2_c1.py"
    (place / locked).write_text("def test_nothing(): pass\n")
    refused = agentctl(repo, "submit", "T2", "--allow", locked)
    assert refused.code == 1
    assert "is a locked test" in refused.err


def test_what_is_red_is_told_and_stays_with_its_person_until_it_is_given_back(
    stuck: tuple[Repo, RunFolder], agentctl: Callable[..., Said]
) -> None:
    repo, folder = stuck
    place = Path(agentctl(repo, "take", "T2").out.strip())
    (place / "src/twice.py").write_text('def twice(text):\n    return f"{text}-{text}"\n')
    assert agentctl(repo, "submit", "T2").code == 0
    assert drive(folder, script) == "waits"
    with store(folder) as tables:
        assert [asked.answer for asked in tables.questions() if asked.question.key == "stuck:T2:2"] == [TAKEN_OVER]
    assert "ab-ab" in agentctl(repo, "take", "T2").err
    assert "taken   T2" in agentctl(repo, "status").out
    given = agentctl(repo, "give-back", "T2")
    assert (given.code, str(place) in given.err) == (0, True)
    assert drive(folder, script) == "done"
    with store(folder) as tables:
        assert tables.attempts("T2")[-1].decisions == ()


def test_a_folder_that_was_deleted_is_made_again_and_nothing_is_lost(
    stuck: tuple[Repo, RunFolder], agentctl: Callable[..., Said], tmp_path: Path
) -> None:
    import shutil

    repo, folder = stuck
    elsewhere = tmp_path / "elsewhere"
    place = Path(agentctl(repo, "take", "T2", str(elsewhere)).out.strip())
    assert place == elsewhere
    shutil.rmtree(place)
    gone = agentctl(repo, "submit", "T2")
    assert (gone.code, "agentctl take" in gone.err) == (2, True)
    again = Path(agentctl(repo, "take", "T2").out.strip())
    assert (again / "src/twice.py").read_text().startswith(RED)
    (again / "src/twice.py").write_text(GREEN)
    assert agentctl(repo, "submit", "T2").code == 0
    assert drive(folder, script) == "done"


@contextmanager
def driving(folder: RunFolder, says: Callable[[Asked], Answer]) -> Iterator[list[str]]:
    """A driver in a thread of this process; its run's last state is in the list when the block has ended."""
    ended: list[str] = []
    thread = threading.Thread(target=lambda: ended.append(drive(folder, says, wait=True)))
    thread.start()
    try:
        yield ended
    finally:
        thread.join(120)


def test_a_task_is_taken_from_a_live_driver_and_what_is_handed_in_is_judged_while_one_waits(
    make_repo: Callable[[str], Repo], agentctl: Callable[..., Said]
) -> None:
    repo = make_repo("repo")
    folder = repo.prepare()
    with driving(folder, hangs) as ended:
        while not begun(folder, "T2"):
            threading.Event().wait(0.05)
        assert agentctl(repo, "retry", "T2").code == 0
        taken = agentctl(repo, "take", "T2")
        assert taken.code == 0, taken.err
        place = Path(taken.out.strip())
        (place / "src").mkdir(exist_ok=True)
        (place / "src/twice.py").write_text(RED)
        red = agentctl(repo, "submit", "T2")
        assert (red.code, "abab" in red.err) == (1, True)
        (place / "src/twice.py").write_text(GREEN)
        green = agentctl(repo, "submit", "T2")
        assert (green.code, "T2 landed as" in green.err) == (0, True)
    assert ended == ["done"]


def test_what_a_person_did_is_in_the_recording_and_is_replayed_without_them(
    make_repo: Callable[[str], Repo], agentctl: Callable[..., Said], tmp_path: Path
) -> None:
    recording = tmp_path / "shout.jsonl"
    first, second = make_repo("first"), make_repo("second")
    folder = first.prepare(record=recording)
    assert agentctl(first, "steer", "T1", "be brief").code == 2  # there is no plan yet
    assert drive(folder, never_right) == "waits"
    place = Path(agentctl(first, "take", "T2").out.strip())
    (place / "src/twice.py").write_text(GREEN)
    assert agentctl(first, "submit", "T2").code == 0
    assert agentctl(first, "steer", "T3", "be brief").code == 0
    assert drive(folder, script) == "done"
    replayed = second.prepare(replay=recording)
    with pytest.raises(WaitingForPerson):
        second.drive(replayed, scripted=False)
    with store(replayed) as tables:
        (asked,) = tables.questions(only_open=True)
    assert asked.question.key == "stuck:T2:2"
    assert answers_of(recording)[asked.question.key] == TAKEN_OVER
    with SqliteStore(replayed.run_db, clock=SystemClock(), redact=str, blobs=replayed.blobs) as tables:
        tables.append(QuestionAnswered(key=asked.question.key, answer="as recorded"), author="policy:recording")
    assert second.drive(replayed, scripted=False).state == "done"
    runs = ((first, folder), (second, replayed))
    trees = [repo.git("rev-parse", f"agentctl/{each.run}/all^{{tree}}") for repo, each in runs]
    assert trees[0] == trees[1]
    with store(replayed) as tables:
        assert tables.choice("steer:T3:1:1") == "0 be brief"
        assert not [event for event in tables.events() if "drift" in str(event.fact)]


def test_a_run_that_was_not_recorded_is_packed_with_what_a_person_handed_in_and_is_replayed(
    stuck: tuple[Repo, RunFolder], make_repo: Callable[[str], Repo], agentctl: Callable[..., Said], tmp_path: Path
) -> None:
    first, folder = stuck
    place = Path(agentctl(first, "take", "T2").out.strip())
    (place / "src/twice.py").write_text(GREEN)
    assert agentctl(first, "submit", "T2").code == 0
    assert drive(folder, script) == "done"
    recording = tmp_path / "run.jsonl"
    assert agentctl(first, "pack", folder.run, str(recording)).code == 0
    second = make_repo("second")
    replayed = second.prepare(replay=recording)
    with pytest.raises(WaitingForPerson):
        second.drive(replayed, scripted=False)
    with SqliteStore(replayed.run_db, clock=SystemClock(), redact=str, blobs=replayed.blobs) as tables:
        tables.append(QuestionAnswered(key="stuck:T2:2", answer="as recorded"), author="policy:recording")
    assert second.drive(replayed, scripted=False).state == "done"
    branches = [(repo, f"agentctl/{run.run}/all^{{tree}}") for repo, run in ((first, folder), (second, replayed))]
    trees = {repo.git("rev-parse", branch) for repo, branch in branches}
    assert len(trees) == 1


def test_what_cannot_be_taken_is_refused_and_nothing_is_made(
    stuck: tuple[Repo, RunFolder], agentctl: Callable[..., Said], tmp_path: Path
) -> None:
    repo, folder = stuck
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "file").write_text("mine\n")
    waits = agentctl(repo, "take", "T3")
    assert (waits.code, "builds on T2" in waits.err) == (2, True)
    inside = agentctl(repo, "take", "T2", str(repo.path / "here"))
    assert (inside.code, "inside your checkout" in inside.err) == (2, True)
    full = agentctl(repo, "take", "T2", str(tmp_path / "full"))
    assert (full.code, "is not empty" in full.err) == (2, True)
    assert (agentctl(repo, "take", "T1").code, agentctl(repo, "submit", "T2").code) == (2, 2)
    assert not (repo.path / "here").exists()
    assert (tmp_path / "full" / "file").read_text() == "mine\n"
    with store(folder) as tables:
        assert tables.hands().taken == ()


def test_an_earlier_attempt_can_be_the_one_to_go_on_from(
    stuck: tuple[Repo, RunFolder], agentctl: Callable[..., Said]
) -> None:
    repo, _ = stuck
    first = agentctl(repo, "take", "T2:1")
    assert "with attempt T2:1" in first.err
    assert agentctl(repo, "take", "--off", "T2").code == 0
    assert agentctl(repo, "give-back", "T2").code == 2
    second = agentctl(repo, "take", "T2")
    assert "with attempt T2:2" in second.err
    assert second.out != first.out


def test_a_checkout_is_never_taken_for_the_work_tree(
    stuck: tuple[Repo, RunFolder], agentctl: Callable[..., Said]
) -> None:
    repo, _ = stuck
    agentctl(repo, "take", "T2")
    refused = agentctl(repo, "submit", "T2", str(repo.path))
    assert (refused.code, "is your checkout" in refused.err) == (2, True)


def test_another_try_that_cut_a_call_off_is_replayed_where_it_was(
    make_repo: Callable[[str], Repo], agentctl: Callable[..., Said], tmp_path: Path
) -> None:
    recording = tmp_path / "shout.jsonl"
    first, second = make_repo("first"), make_repo("second")
    folder = first.prepare(record=recording)

    def once(asked: Asked) -> Answer:
        return Answer(latency=3600.0) if asked.call.startswith("T2/1/") else script(asked)

    with driving(folder, once) as ended:
        while not begun(folder, "T2"):
            threading.Event().wait(0.05)
        assert agentctl(first, "steer", "T2", "be brief").code == 0
        assert agentctl(first, "retry", "T2", "--rung", "pro").code == 0
    assert ended == ["done"]
    replayed = second.prepare(replay=recording)
    assert second.drive(replayed, scripted=False).state == "done"
    for each in (folder, replayed):
        with store(each) as tables:
            attempts = [(a.rung, a.state, a.reason) for a in tables.attempts("T2")]
            assert attempts == [("flash", "failed", "Ada asked for another try."), ("pro", "landed", "")]
            assert tables.choice("steer:T2:2:1") == "0 be brief"
            assert not [event for event in tables.events() if "drift" in str(event.fact)]


def begun(folder: RunFolder, task: str) -> bool:
    """Whether somebody has begun a task."""
    with suppress(AgentctlError), store(folder) as tables:
        return bool(tables.attempts(task))
    return False
