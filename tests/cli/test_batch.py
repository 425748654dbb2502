"""Several specs as one batch: their order, what they build on, their shares, and how a batch survives."""

import json
import os
import signal
import sys
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from agentctl.cli import batch as batching
from agentctl.cli import batch_command, batch_drivers, batch_file
from agentctl.orchestrator.nouns.events import RunMoved
from agentctl.orchestrator.nouns.hand_facts import (
    PauseAsked,
    PauseEnded,
    Submitted,
    TaskGivenBack,
    TaskTaken,
    WorkTreeMade,
)
from agentctl.orchestrator.store.folder import RunFolder

from .batches import ANSWERED, Bench, Later, Over, asks, breaks, fails, held_up, lands

Git = Callable[..., str]


@pytest.fixture
def bench(repo: Path, git_in: Git, agentctl: Callable[..., Any], monkeypatch: pytest.MonkeyPatch) -> Bench:
    import types

    made = Bench(root=repo, git=git_in, call=agentctl)
    module = types.ModuleType("agentctl.cli.wiring")
    module.Extras, module.prepare, module.open_driver = dict, made.prepare, made.open_driver
    monkeypatch.setitem(sys.modules, "agentctl.cli.wiring", module)
    monkeypatch.setattr(sys.modules["agentctl.cli"], "wiring", module, raising=False)
    monkeypatch.setattr(batching, "LOOK", 0.0)
    plain = batching.Supervisor

    def supervisor(**given: Any) -> Any:
        return plain(**given, launch=made.launch)

    monkeypatch.setattr(batch_command, "Supervisor", supervisor)
    return made


def test_a_batch_builds_all_and_ends_in_one_digest(bench: Bench) -> None:
    bench.spec("a.md", "src/a/**")
    bench.spec("b.md", "src/b/**")
    done = bench.call("batch", "a.md", "b.md", "--profile", "desk", "--yes")
    assert done.code == 0, done.err
    assert "2 of 2 specs done" in done.out
    assert [line for line in done.out.splitlines() if line.startswith("## ")] == [
        "## Review, in this order",
        "## Answer",
        "## Money and time",
        "## Failed, or not begun",
    ]
    (digest,) = (bench.root / ".agentctl/batches").glob("*.md")
    assert digest.read_text() == done.out
    told = json.loads(bench.call("batch", "--digest", "--json").out)
    assert [(each["spec"], each["state"], each["lines"]["code"]["added"]) for each in told["specs"]] == [
        ("a.md", "done", 1),
        ("b.md", "done", 1),
    ]


def test_workers_and_money_are_shared(bench: Bench) -> None:
    for name in ("a", "b", "c"):
        bench.spec(f"{name}.md", f"src/{name}/**", more="budget: {usd: 1.5}\n" if name == "c" else "")
    bench.call("batch", "a.md", "b.md", "c.md", "--profile", "desk", "--workers", "9", "--budget", "6")
    limits = {name: settings.limits for name, (settings, _) in bench.prepared.items()}
    assert {name: each.workers for name, each in limits.items()} == {"a.md": 3, "b.md": 3, "c.md": 3}
    assert limits["a.md"].usd == pytest.approx(2)
    assert limits["c.md"].usd == pytest.approx(1.5)


def test_a_spec_builds_on_the_branches_of_what_it_depends_on(bench: Bench) -> None:
    bench.spec("a.md", "src/a/**")
    bench.spec("b.md", "src/b/**")
    bench.spec("c.md", "src/c/**", more="depends: [a.md, b.md]\n")
    done = bench.call("batch", "c.md", "a.md", "b.md", "--profile", "desk", "--yes")
    assert bench.driven == ["a.md", "b.md", "c.md"]
    base = bench.prepared["c.md"][1]["base"]
    files = bench.git(bench.root, "ls-tree", "--name-only", base).splitlines()
    assert {"made-by-a.md.py", "made-by-b.md.py"} <= set(files)
    assert "base" not in bench.prepared["a.md"][1]
    assert "on top of a.md, b.md" in done.out


def test_what_overlaps_is_stacked_and_needs_no_merge(bench: Bench) -> None:
    bench.spec("a.md", "src/**")
    bench.spec("b.md", "src/**")
    bench.spec("c.md", "src/**")
    bench.call("batch", "a.md", "b.md", "c.md", "--profile", "desk", "--yes")
    run = next(run for run, name in bench.names.items() if name == "b.md")
    tip = bench.git(bench.root, "rev-parse", f"agentctl/{run}/all")
    assert bench.prepared["c.md"][1]["base"] == tip


def test_what_depends_on_a_failure_is_not_begun_and_the_rest_is(bench: Bench) -> None:
    bench.spec("a.md", "src/a/**")
    bench.spec("b.md", "src/b/**", more="depends: [a.md]\n")
    bench.spec("c.md", "src/a/x.py")
    bench.scripts["a.md"] = fails
    done = bench.call("batch", "a.md", "b.md", "c.md", "--profile", "desk", "--yes")
    assert done.code == 1
    assert bench.driven == ["a.md", "c.md"]
    assert "- b.md: it needs a.md, which is failed" in done.out
    assert "- a.md: T1 was left out: it was red" in done.out
    assert "base" not in bench.prepared["c.md"][1]


def test_a_question_holds_up_its_own_spec_and_what_comes_after_it(bench: Bench) -> None:
    bench.spec("a.md", "src/a/**")
    bench.spec("b.md", "src/a/x.py")
    bench.spec("c.md", "src/c/**")
    bench.scripts["a.md"] = asks
    done = bench.call("batch", "a.md", "b.md", "c.md", "--profile", "desk", "--no-wait", "--yes")
    assert done.code == 3
    assert bench.driven == ["a.md", "c.md"]
    run = next(run for run, name in bench.names.items() if name == "a.md")
    assert f"`agentctl answer --run {run} Q1 NUMBER|TEXT`" in done.out
    assert "unlocks 1 task" in done.out
    assert "- b.md: its turn has not come" in done.out
    bench.say(RunFolder(path=bench.root / ".agentctl/runs" / run), ANSWERED, author="person:Ada")
    again = bench.call("batch", "--resume", "--no-wait")
    assert again.code == 0, again.err
    assert bench.driven == ["a.md", "c.md", "a.md", "b.md"]


def test_an_answer_that_comes_while_others_work_sets_its_run_going(bench: Bench) -> None:
    bench.spec("a.md", "src/a/**")
    bench.spec("b.md", "src/b/**")
    bench.scripts["a.md"] = asks

    def answers(own: Bench, folder: RunFolder) -> None:
        run = next(run for run, name in own.names.items() if name == "a.md")
        own.say(RunFolder(path=own.root / ".agentctl/runs" / run), ANSWERED, author="person:Ada")
        lands(own, folder)

    bench.scripts["b.md"] = answers
    assert bench.call("batch", "a.md", "b.md", "--profile", "desk", "--no-wait").code == 0
    assert bench.driven == ["a.md", "b.md", "a.md"]


def test_an_interrupt_drains_every_run_and_a_resume_goes_on(bench: Bench) -> None:
    bench.spec("a.md", "src/a/**")
    bench.spec("b.md", "src/b/**")
    drivers: list[Over] = []

    def drained(own: Bench, folder: RunFolder) -> Over:
        if len(drivers) >= 2:
            lands(own, folder)
            return Over()
        drivers.append(Over(code=None, on_signal=lambda: own.say(folder, RunMoved(state="drained"))))
        if len(drivers) == 2:
            os.kill(os.getpid(), signal.SIGINT)
        return drivers[-1]

    bench.scripts = {"a.md": drained, "b.md": drained}
    done = bench.call("batch", "a.md", "b.md", "--profile", "desk")
    assert done.code == 130
    assert [each.heard for each in drivers] == [[signal.SIGINT], [signal.SIGINT]]
    assert "Stopping all runs" in done.err
    assert bench.call("batch", "--resume").code == 0


def test_a_batch_that_was_killed_makes_no_run_twice(bench: Bench) -> None:
    bench.spec("a.md", "src/a/**")
    bench.spec("b.md", "src/b/**")

    class Killed(BaseException):
        pass

    def killed(*_: object) -> None:
        raise Killed

    bench.scripts["b.md"] = killed
    with pytest.raises(Killed):
        bench.call("batch", "a.md", "b.md", "--profile", "desk")
    runs = set(bench.names)
    bench.scripts.clear()
    assert bench.call("batch", "--resume").code == 0
    assert set(bench.names) == runs
    assert bench.driven == ["a.md", "b.md", "b.md"]


def test_a_driver_that_outlived_its_batch_is_waited_for(bench: Bench) -> None:
    bench.spec("a.md", "src/a/**")
    bench.scripts["a.md"] = lambda *_: (_ for _ in ()).throw(SystemExit(9))
    bench.call("batch", "a.md", "--profile", "desk")
    (run,) = bench.names
    folder = RunFolder(path=bench.root / ".agentctl/runs" / run)
    looked: list[object] = []
    plain = batch_drivers.Stranger.ended

    with folder.lock():
        supervisor = batching.Supervisor(
            root=bench.root,
            batch=batch_file.find(bench.root, None),
            wiring=bench,  # type: ignore[arg-type]
            wait=False,
            launch=bench.launch,
        )
        supervisor._adopt()
        assert [plain(each) for each in supervisor.driven.values()] == [None]  # type: ignore[arg-type]
        supervisor._reap()
        looked += supervisor.driven
    assert looked == ["a.md"]
    lands(bench, folder)
    supervisor._reap()
    assert supervisor.driven == {}


def test_nothing_begins_once_its_time_is_up(bench: Bench) -> None:
    bench.spec("a.md", "src/a/**")
    batch = batch_file.Batch(
        id="x", made_at=0.0, options={}, entries=(batch_file.Entry(spec="a.md", path="a.md", title="a"),)
    )
    supervisor = batching.Supervisor(
        root=bench.root,
        batch=batch,
        wiring=bench,  # type: ignore[arg-type]
        wait=True,
        until=1.0,
        launch=bench.launch,
    )
    supervisor.work()
    assert bench.driven == []


def test_a_spec_with_errors_stops_the_batch_before_anything_is_made(bench: Bench) -> None:
    bench.spec("a.md", "src/a/**")
    bench.spec("b.md", "src/b/**", more="allow: {dep: [x]}\n")
    done = bench.call("batch", "a.md", "b.md", "--profile", "desk")
    assert done.code == 2
    assert "did you mean `deps`" in done.err
    assert not list((bench.root / ".agentctl").glob("*/*.json"))


def test_without_a_model_the_batch_says_so_and_can_go_on_later(bench: Bench) -> None:
    bench.spec("a.md", "src/a/**")
    done = bench.call("batch", "a.md")
    assert done.code == 4
    assert "No model was found" in done.err
    assert bench.names == {}
    assert bench.call("batch", "--digest").out.count("its turn has not come") == 1


def test_money_that_is_used_up_begins_nothing_more(bench: Bench) -> None:
    bench.spec("a.md", "src/a/**")
    done = bench.call("batch", "a.md", "--profile", "desk", "--budget", "0.001")
    assert done.code == 1
    assert "- a.md: nothing is left of the $0.0010 of the batch" in done.out


@pytest.mark.parametrize(
    ("argv", "said"),
    [
        ([], "Name the specs"),
        (["missing.md"], "does not exist"),
        (["--resume"], "has no batch yet"),
        (["--digest", "zz"], "has no batch yet"),
        (["README.md", "--replay", "x"], "A recording is of one run"),
    ],
)
def test_what_cannot_be_a_batch_is_told(argv: list[str], said: str, bench: Bench) -> None:
    done = bench.call("batch", *argv)
    assert done.code == 2
    assert said in done.err


# --- runs that wait for a person, break, or are finished by somebody else


HOLDS = [
    ((PauseAsked(),), (PauseEnded(),), "is paused by Ada: `agentctl unpause RUN`"),
    ((PauseAsked(task="T1"),), (PauseEnded(task="T1"),), "T1 is paused by Ada: `agentctl unpause --run RUN T1`"),
    (
        (TaskTaken(task="T1", attempt=1), WorkTreeMade(task="T1", folder="/f", base_tree="b", tree="t")),
        (Submitted(task="T1", attempt=2, base_tree="b", tree="t", patch="p", author="Ada <a@b>"),),
        "T1 is taken by Ada: `agentctl submit --run RUN T1`",
    ),
    ((TaskTaken(task="T1", attempt=1),), (TaskGivenBack(task="T1"),), "T1 is taken by Ada"),
]


@pytest.mark.parametrize(("holds", "lets_go", "said"), HOLDS)
def test_a_run_in_a_persons_hands_is_left_alone_until_they_let_go_of_it(
    bench: Bench, holds: tuple[Any, ...], lets_go: tuple[Any, ...], said: str
) -> None:
    bench.spec("a.md", "src/a/**")
    bench.scripts["a.md"], bench.holds = held_up, holds
    bench.call("batch", "a.md", "--profile", "desk", "--yes", "--no-wait")
    told = bench.call("batch", "--resume", "--no-wait")
    (run,) = bench.names
    assert (told.code, bench.driven, said.replace("RUN", run) in told.out) == (3, ["a.md"] * 2, True)
    supervisor = bench.supervisor()
    supervisor.work()
    assert bench.driven == ["a.md"] * 3
    bench.say(bench.folder("a.md"), *lets_go, author="person:Ada")
    supervisor.work()
    assert bench.driven == ["a.md"] * 4
    assert "1 of 1 spec done" in bench.call("batch", "--digest").out


def test_a_run_that_waits_and_is_finished_by_hand_keeps_no_batch_waiting(bench: Bench) -> None:
    bench.spec("a.md", "src/a/**")
    bench.spec("b.md", "src/b/**")

    def mends(own: Bench, folder: RunFolder) -> Later:
        return Later(then=lambda: (lands(own, own.folder("a.md")), lands(own, folder)))

    bench.scripts = {"a.md": asks, "b.md": mends}
    assert bench.call("batch", "a.md", "b.md", "--profile", "desk", "--yes").code == 0
    assert bench.driven == ["a.md", "b.md"]


def test_what_overlaps_a_run_that_broke_waits_until_that_is_mended_and_builds_on_it(bench: Bench) -> None:
    bench.spec("a.md", "src/**")
    bench.spec("b.md", "src/b.py")
    bench.scripts["a.md"] = breaks
    done = bench.call("batch", "a.md", "b.md", "--profile", "desk", "--yes")
    run = bench.folder("a.md").run
    assert (done.code, bench.driven) == (1, ["a.md"])
    assert f"- b.md: it comes after a.md, whose driver ended: mend that, or `agentctl cancel {run}`" in done.out
    assert bench.call("batch", "--resume").code == 0
    assert bench.driven == ["a.md", "a.md", "b.md"]
    assert bench.prepared["b.md"][1]["base"] == bench.git(bench.root, "rev-parse", f"agentctl/{run}/all")


def test_what_overlaps_a_run_that_failed_builds_on_what_that_landed(bench: Bench) -> None:
    bench.spec("a.md", "src/**")
    bench.spec("b.md", "src/b.py")

    def half(own: Bench, folder: RunFolder) -> None:
        breaks(own, folder)
        own.say(folder, RunMoved(state="failed", reason="red"))

    bench.scripts["a.md"] = half
    bench.call("batch", "a.md", "b.md", "--profile", "desk", "--yes")
    tip = bench.git(bench.root, "rev-parse", f"agentctl/{bench.folder('a.md').run}/all")
    assert bench.prepared["b.md"][1]["base"] == tip


def test_a_spec_that_begins_late_builds_on_what_overlaps_it_and_was_begun_before(bench: Bench) -> None:
    bench.spec("a.md", "src/**")
    bench.spec("b.md", "src/b.py")
    bench.refused.add("a.md")
    done = bench.call("batch", "a.md", "b.md", "--profile", "desk", "--yes")
    assert (done.code, bench.driven) == (1, ["b.md"])
    bench.refused.clear()
    assert bench.call("batch", "--resume").code == 0
    tip = bench.git(bench.root, "rev-parse", f"agentctl/{bench.folder('b.md').run}/all")
    assert (bench.driven, bench.prepared["a.md"][1]["base"]) == (["b.md", "a.md"], tip)


def test_a_run_that_broke_and_was_finished_by_hand_holds_nothing_up(bench: Bench) -> None:
    bench.spec("a.md", "src/a/**")
    bench.spec("b.md", "src/b/**", more="depends: [a.md]\n")
    bench.spec("c.md", "src/c/**")
    bench.scripts["a.md"] = breaks

    def mends(own: Bench, folder: RunFolder) -> Later:
        return Later(then=lambda: (lands(own, own.folder("a.md")), lands(own, folder)))

    bench.scripts["c.md"] = mends
    done = bench.call("batch", "a.md", "b.md", "c.md", "--profile", "desk", "--yes")
    assert (done.code, bench.driven) == (0, ["a.md", "c.md", "b.md"])
    assert "3 of 3 specs done" in done.out
    assert "its driver ended" not in done.out


def test_a_run_that_a_person_resumed_first_is_waited_for(bench: Bench) -> None:
    bench.spec("a.md", "src/a/**")
    bench.spec("b.md", "src/b/**")
    by_hand = ExitStack()

    def loses(_: Bench, folder: RunFolder) -> Over:
        by_hand.enter_context(folder.lock())
        return Over(code=2)

    def ends(own: Bench, folder: RunFolder) -> Later:
        return Later(then=lambda: (lands(own, own.folder("a.md")), by_hand.close(), lands(own, folder)))

    bench.scripts = {"a.md": loses, "b.md": ends}
    done = bench.call("batch", "a.md", "b.md", "--profile", "desk", "--yes")
    assert (done.code, bench.driven) == (0, ["a.md", "b.md"])
    assert "exit code 2" not in done.out + done.err


def test_money_is_shared_by_those_that_have_no_run_yet_whatever_broke(bench: Bench) -> None:
    for name in ("a", "b", "c", "d"):
        bench.spec(f"{name}.md", f"src/{name}/**")
    bench.scripts["a.md"] = breaks
    names = [f"{name}.md" for name in "abcd"]
    bench.call("batch", *names, "--profile", "desk", "--yes", "--workers", "1", "--budget", "20")
    caps = {name: settings.limits.usd for name, (settings, _) in bench.prepared.items()}
    assert caps == {"a.md": 5.0, "b.md": 5.0, "c.md": 7.5, "d.md": 15.0}


def test_who_answers_is_told_that_a_batch_goes_on_by_itself(bench: Bench) -> None:
    bench.spec("a.md", "src/a/**")
    bench.scripts["a.md"] = asks
    bench.call("batch", "a.md", "--profile", "desk", "--yes", "--no-wait")
    (run,) = bench.names
    batch = batch_file.find(bench.root, None)
    with batch_file.held(bench.root, batch.id):
        for argv in (("pause",), ("unpause",), ("answer", "--run", run, "Q1", "1")):
            said = bench.call(*argv).err
            assert f"batch {batch.id} is at work and goes on with this run by itself" in said
            assert "agentctl resume" not in said
        batch_file.save(bench.root, replace(batch, entries=(replace(batch.entries[0], left="it broke"),)))
        assert f"agentctl resume {run}" in bench.call("pause").err
    batch_file.save(bench.root, batch)
    assert f"agentctl resume {run}" in bench.call("unpause").err
