"""A sentence added to a run, and work taken back: real git, a real gate, the commands as typed, a scripted model."""

import asyncio
import json
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest
from agentctl.agents.caller import free
from agentctl.bench.scripted import Answer, Asked, ScriptCall, ScriptedModel
from agentctl.cli import wiring
from agentctl.cli.answering import Answering, Surroundings
from agentctl.orchestrator.errors import AgentctlError
from agentctl.orchestrator.nouns.runs import RunSettings
from agentctl.orchestrator.store.folder import RunFolder
from agentctl.specs.lock import read_lock

from .conftest import BODIES, SPEC, Kept, Repo, Said, script, store

pytestmark = pytest.mark.xdist_group("a run to amend")
SENTENCE = "`quiet(text)` in `src/quiet.py` MUST return the text in small letters (R1)."
BODIES_HERE = {**BODIES, "T4": ("src/quiet.py", "def quiet(text):\n    return text.lower()\n")}
BODIES_HERE["T5"] = ("src/digits.py", "DIGITS = True\n")


def says(asked: Asked) -> Answer:
    """As the script; what was added is one file more."""
    task = asked.call.split("/")[0]
    if task not in BODIES_HERE or task in BODIES:
        return script(asked)
    path, body = BODIES_HERE[task]
    wrote = ScriptCall(name="write", arguments={"path": path, "content": body})
    return Answer(calls=(wrote, ScriptCall(name="submit", arguments={"summary": "done"})))


def drive(folder: RunFolder, *, says: Callable[[Asked], Answer] = says) -> str:
    def choose(_: RunSettings, around: Surroundings) -> Answering:
        return Answering(model=ScriptedModel(says, clock=around.clock), price=free, usd_per_call=None)

    driver = wiring.RunDriver(folder=folder, extras=wiring.Extras(scale=0.0), answers=choose)
    return asyncio.run(driver.drive(wait=False)).state


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Kept:
    def build(repo: Repo) -> RunFolder:
        (repo.path / "shout.md").write_text(SPEC)
        repo.git("add", "shout.md")
        repo.git("commit", "-q", "-m", "Spec")
        settings = RunSettings(profile="desk", repo=str(repo.path), approve=True)
        folder = wiring.prepare(repo.path, SPEC, str(repo.path / "shout.md"), settings, wiring.Extras())
        assert drive(folder) == "done"
        return folder

    return Kept.of(tmp_path_factory.mktemp("amending"), build)


@pytest.fixture
def built(kept: Kept) -> tuple[Repo, RunFolder]:
    """A finished run of a spec that is a file of the repository."""
    return kept.again()


def lock_of(repo: Repo, folder: RunFolder) -> dict[str, str]:
    """The commit of each task that the lock on the branch remembers."""
    lock = read_lock(repo.git("show", f"agentctl/{folder.run}/all:shout.lock") + "\n")
    return {task.id: task.commit for task in lock.tasks}


def test_a_finished_run_takes_one_requirement_more_and_ends_with_evidence_for_it_and_a_lock(
    built: tuple[Repo, RunFolder], agentctl: Callable[..., Said]
) -> None:
    repo, folder = built
    mine = repo.git("rev-parse", "HEAD"), repo.git("status", "--porcelain"), (repo.path / "shout.md").read_text()
    amended = agentctl(repo, "amend", folder.run, SENTENCE, "--later")
    assert amended.code == 0, amended.err
    assert f"+- **R4** {SENTENCE}" in amended.out
    assert "agentctl resume" in amended.err
    assert drive(folder) == "done"
    branch = f"agentctl/{folder.run}/all"
    assert repo.git("show", f"{branch}:src/quiet.py") == BODIES_HERE["T4"][1].strip()
    assert set(lock_of(repo, folder)) == {"T1", "T2", "T3", "T4"}
    assert all(lock_of(repo, folder).values())
    trailers = repo.git("log", "-1", "--format=%(trailers:key=Requirement,valueonly,separator=)", f"{branch}~1")
    assert trailers == "R4"
    report = json.loads(agentctl(repo, "report", folder.run, "--json").out)
    assert [(r["id"], bool(r["level"])) for r in report["requirements"]] == [(f"R{n}", True) for n in (1, 2, 3, 4)]
    assert agentctl(repo, "show", "proposal").out == amended.out
    assert "R4 added to the spec by Ada" in agentctl(repo, "events").out
    assert (repo.git("rev-parse", "HEAD"), repo.git("status", "--porcelain")) == mine[:2]
    assert (repo.path / "shout.md").read_text() == mine[2]
    patch = repo.path.parent / "spec.patch"
    patch.write_text(amended.out)
    repo.git("apply", str(patch))
    assert SENTENCE in (repo.path / "shout.md").read_text()


def test_the_worker_of_what_was_added_reads_it_in_its_spec_and_nobody_else_does(
    built: tuple[Repo, RunFolder], agentctl: Callable[..., Said]
) -> None:
    repo, folder = built
    agentctl(repo, "amend", folder.run, SENTENCE, "--later")
    seen: dict[str, bool] = {}

    def looking(asked: Asked) -> Answer:
        seen[asked.call.split("/")[0]] = True
        return says(asked)

    assert drive(folder, says=looking) == "done"
    assert list(seen) == ["T4"]
    prompts = {task: agentctl(repo, "logs", f"{task}:1").out for task in ("T1", "T4")}
    assert {task: "small letters" in text for task, text in prompts.items()} == {"T1": False, "T4": True}


def test_what_lint_calls_an_error_and_what_no_spec_can_take_in_is_refused_and_opens_nothing(
    built: tuple[Repo, RunFolder], agentctl: Callable[..., Said]
) -> None:
    repo, folder = built
    refused = agentctl(repo, "amend", folder.run, "`loud` MUST return TBD.")
    empty = agentctl(repo, "amend", folder.run, "  ")
    with store(folder) as tables:
        assert (tables.run().state, tables.hands().amendments) == ("done", ())
    assert (refused.code, empty.code) == (6, 2)
    assert "SPA113" in refused.err


def test_a_recording_of_an_amended_run_is_replayed_without_its_person(
    make_repo: Callable[[str], Repo], agentctl: Callable[..., Said], tmp_path: Path
) -> None:
    recording = tmp_path / "shout.jsonl"
    first, second = make_repo("first"), make_repo("second")
    folder = first.prepare(record=recording)
    assert drive(folder) == "done"
    assert agentctl(first, "amend", folder.run, SENTENCE, "--later").code == 0
    assert drive(folder) == "done"
    assert agentctl(first, "revert", "T4", "--why", "not wanted", "--later").code == 0
    assert drive(folder) == "failed"
    replayed = second.prepare(replay=recording)
    assert second.drive(replayed, scripted=False).state == "failed"
    runs = ((first, folder), (second, replayed))
    trees = [repo.git("rev-parse", f"agentctl/{each.run}/all^{{tree}}") for repo, each in runs]
    assert trees[0] == trees[1]
    with store(replayed) as tables:
        assert not [event for event in tables.events() if "drift" in str(event.fact)]
        assert {landing.key.task for landing in tables.landings()} == {"T1", "T2", "T3", "T5"}


def test_work_is_taken_back_through_gate_and_queue_and_is_told_as_missing_with_who_and_why(
    built: tuple[Repo, RunFolder], agentctl: Callable[..., Said]
) -> None:
    repo, folder = built
    before = repo.git("rev-parse", "HEAD"), repo.git("status", "--porcelain")
    wish = agentctl(repo, "revert", "t3", "--why", "nobody shouts", "--later")
    assert wish.code == 0, wish.err
    assert agentctl(repo, "revert", "T3", "--later").code == 2
    assert drive(folder) == "failed"
    branch = f"agentctl/{folder.run}/all"
    files = repo.git("ls-tree", "-r", "--name-only", branch).split()
    assert [path for path in files if "shout" in path.lower() and path.startswith(("src", "tests"))] == [
        "tests/spec_shout/test_shout_R1_c1.py",
        "tests/spec_shout/test_shout_R2_c1.py",
    ]
    subject, body = repo.git("log", "-1", "--format=%s|%b", f"{branch}~1").split("|", 1)
    assert subject == "Take back T3: Write shout"
    assert "Taken back by Ada: nobody shouts" in body
    status = agentctl(repo, "status")
    assert "taken back: T3" in status.out
    assert "Taken back by Ada: nobody shouts" in status.out
    report = agentctl(repo, "report").out
    assert "nothing speaks for it" in report
    assert "not landed: T3 Write shout (dropped): Taken back by Ada: nobody shouts" in report
    assert lock_of(repo, folder)["T3"] == ""
    assert agentctl(repo, "revert", "T3").code == 2
    assert agentctl(repo, "resume", folder.run, "--no-wait").code == 6
    assert (repo.git("rev-parse", "HEAD"), repo.git("status", "--porcelain")) == before


def test_what_other_work_builds_on_is_named_and_nothing_is_kept(
    built: tuple[Repo, RunFolder], agentctl: Callable[..., Said]
) -> None:
    repo, folder = built
    refused = agentctl(repo, "revert", "T1")
    assert refused.code == 1
    assert "T1 cannot be taken back: T3 builds on what T1 landed. Nothing was changed." in refused.err
    with store(folder) as tables:
        assert (tables.run().state, tables.hands().reverts) == ("done", ())


def test_tests_that_are_red_without_the_work_are_named_and_the_run_ends_as_it_had(
    built: tuple[Repo, RunFolder], agentctl: Callable[..., Said]
) -> None:
    repo, folder = built

    def leaning(asked: Asked) -> Answer:
        if not asked.call.startswith("T4/"):
            return says(asked)
        files = {
            "src/quiet.py": "from shout import shout\n\n\ndef quiet(text):\n    return shout(text).lower()\n",
            "tests/test_quiet.py": 'from quiet import quiet\n\n\ndef test_quiet():\n    assert quiet("A") == "a a"\n',
        }
        wrote = [ScriptCall(name="write", arguments={"path": p, "content": body}) for p, body in files.items()]
        return Answer(calls=(*wrote, ScriptCall(name="submit", arguments={"summary": "done"})))

    agentctl(repo, "amend", folder.run, SENTENCE, "--later")
    assert drive(folder, says=leaning) == "done"
    tip = repo.git("rev-parse", f"agentctl/{folder.run}/all")
    assert agentctl(repo, "revert", "T3", "--later").code == 0
    assert drive(folder) == "done"
    assert repo.git("rev-parse", f"agentctl/{folder.run}/all") == tip
    with store(folder) as tables:
        (undoing,) = [status for status in tables.tasks() if status.task.reverts]
        assert undoing.state == "dropped"
        assert "tests/test_quiet.py" in undoing.activity
        assert {each.requirement for each in tables.evidence()} == {"R1", "R2", "R3", "R4"}


def test_a_branch_that_is_gone_is_said_and_nothing_is_begun_anew(
    built: tuple[Repo, RunFolder], agentctl: Callable[..., Said]
) -> None:
    repo, folder = built
    repo.git("branch", "-D", f"agentctl/{folder.run}/all")
    for command in (("amend", folder.run, SENTENCE), ("revert", "T3")):
        refused = agentctl(repo, *command)
        assert (refused.code, "is gone" in refused.err) == (2, True)


def test_where_nothing_drives_the_run_taking_back_goes_on_here_and_says_what_came_of_it(
    built: tuple[Repo, RunFolder], agentctl: Callable[..., Said]
) -> None:
    repo, folder = built
    taken = agentctl(repo, "revert", "T3", "--why", "nobody shouts", "--json", "--progress", "quiet")
    assert taken.code == 0, taken.err
    document = json.loads(taken.out)
    tip = repo.git("rev-parse", f"agentctl/{folder.run}/all~1")
    assert document == {
        "run": folder.run,
        "task": "T3",
        "state": "reverted",
        "by": "T4",
        "commit": tip,
        "requirements": ["R3"],
        "reasons": "",
    }
    assert "T3 was taken back by T4" in taken.err
    gone = agentctl(repo, "revert", "T4")
    assert (gone.code, "T4 took T3 back itself" in gone.err) == (1, True)


def test_a_sentence_beside_a_live_driver_is_left_to_it_and_a_second_one_waits_for_its_turn(
    make_repo: Callable[[str], Repo], agentctl: Callable[..., Said]
) -> None:
    repo = make_repo("repo")
    folder = repo.prepare()
    ended: list[str] = []

    def once(asked: Asked) -> Answer:
        return Answer(latency=3600.0) if asked.call.startswith("T2/1/") else says(asked)

    thread = threading.Thread(target=lambda: ended.append(drive(folder, says=once)))
    thread.start()
    try:
        while not begun(folder, "T2"):
            threading.Event().wait(0.05)
        first = agentctl(repo, "amend", folder.run, SENTENCE, "--json")
        second = agentctl(repo, "amend", folder.run, "`quiet` MUST keep digits as they are (R4).")
        assert (first.code, second.code) == (0, 0), second.err
        assert json.loads(first.out)["requirement"] == "R4"
        assert agentctl(repo, "retry", "T2").code == 0
    finally:
        thread.join(240)
    assert ended == ["done"]
    with store(folder) as tables:
        assert [status.task.requirements for status in tables.tasks()] == [("R1",), ("R2",), ("R3",), ("R4",), ("R5",)]
        assert [(status.task.needs, status.state) for status in tables.tasks()][4] == (
            ("T1", "T2", "T3", "T4"),
            "landed",
        )


def begun(folder: RunFolder, task: str) -> bool:
    """Whether somebody has begun a task."""
    with suppress(AgentctlError), store(folder) as tables:
        return bool(tables.attempts(task))
    return False


def test_what_was_added_and_taken_into_the_spec_is_no_work_for_the_next_run(
    built: tuple[Repo, RunFolder], agentctl: Callable[..., Said]
) -> None:
    repo, folder = built
    amended = agentctl(repo, "amend", folder.run, SENTENCE, "--later")
    assert "R4 was added: its turn comes" in agentctl(repo, "status").out
    assert drive(folder) == "done"
    assert "- R4 was added by Ada" in agentctl(repo, "report").out
    repo.git("merge", "-q", f"agentctl/{folder.run}/all")
    patch = repo.path.parent / "spec.patch"
    patch.write_text(amended.out)
    repo.git("apply", "--index", str(patch))
    repo.git("commit", "-q", "-m", "Take in what was added")
    settings = RunSettings(profile="desk", repo=str(repo.path), approve=True)
    spec = repo.path / "shout.md"
    again = wiring.prepare(repo.path, spec.read_text(), str(spec), settings, wiring.Extras())
    asked: list[str] = []

    def nobody(asked_: Asked) -> Answer:
        asked.append(asked_.call)
        return says(asked_)

    assert drive(again, says=nobody) == "done"
    assert asked == []
    with store(again) as tables:
        assert tables.landings() == ()
