"""`amend` and `revert` as they are typed: what they store, what they say, what they refuse."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from agentctl.cli import batch_file
from agentctl.orchestrator.nouns.events import Chosen, Landed, PlanApproved, Planned, RunMoved
from agentctl.orchestrator.nouns.hand_facts import Amended, RevertAsked, Reverted
from agentctl.orchestrator.nouns.runs import RunSettings

SENTENCE = "`greet` MUST return at most 80 characters (R1)."


def _branch(run: Any, repo: Any, git: Callable[..., str]) -> None:
    git(repo, "branch", f"agentctl/{run.folder.run}/all")


@pytest.fixture
def git() -> Callable[..., str]:
    import subprocess

    def call(repo: Any, *argv: str) -> str:
        return subprocess.run(["git", "-C", str(repo), *argv], check=True, capture_output=True, text=True).stdout

    return call


def test_a_sentence_is_kept_under_the_persons_name_opens_what_was_over_and_is_printed_as_a_patch(
    agentctl: Callable[..., Any], new_run: Callable[..., Any], repo: Any, git: Callable[..., str]
) -> None:
    run = new_run()
    run.building()
    run.say(RunMoved(state="done"))
    _branch(run, repo, git)
    done = agentctl("amend", "k7m2", SENTENCE, "--later", "--json")
    assert done.code == 0, done.err
    document = json.loads(done.out)
    assert (document["run"], document["text"]) == ("k7m2xq", SENTENCE)
    assert f"+- **{document['requirement']}** {SENTENCE}" in document["proposal"]
    events = {type(event.fact): event for event in run.store.events()}
    assert events[Amended].author == "person:Ada"
    assert events[Amended].fact == Amended(number=1, requirement=document["requirement"], text=SENTENCE)
    assert run.store.run().state == "building"
    assert run.store.run().reason == f"opened again: {document['requirement']} was added"
    assert "agentctl resume k7m2xq" in done.err
    again = json.loads(agentctl("amend", "k7m2", SENTENCE.replace("80", "90"), "--later", "--json").out)
    assert again["requirement"] != document["requirement"]
    assert [each.number for each in run.store.hands().amendments] == [1, 2]
    assert [e.fact.key for e in run.store.events() if isinstance(e.fact, Chosen)] == ["opened:1"]


def test_a_run_that_a_batch_goes_on_with_is_left_to_the_batch(
    agentctl: Callable[..., Any],
    new_run: Callable[..., Any],
    repo: Any,
    git: Callable[..., str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    run = new_run()
    run.building()
    _branch(run, repo, git)
    monkeypatch.setattr(batch_file, "goes_on_with", lambda _, run: "b7" if run == "k7m2xq" else None)
    done = agentctl("amend", "k7m2", SENTENCE)
    assert (done.code, "batch b7 is at work and goes on with this run by itself" in done.err) == (0, True)
    assert run.store.run().state == "building"


@pytest.mark.parametrize("command", [("amend", "{run}", SENTENCE), ("revert", "T1", "--run", "{run}")])
def test_a_run_that_was_cancelled_has_no_plan_or_is_a_replay_is_refused(
    command: tuple[str, ...], agentctl: Callable[..., Any], new_run: Callable[..., Any], tmp_path: Any
) -> None:
    cancelled, planning = new_run("aaaaaa"), new_run("bbbbbb")
    replay = new_run("cccccc", settings=RunSettings(profile="replay", repo=str(tmp_path), replay="x.jsonl"))
    cancelled.building()
    cancelled.say(RunMoved(state="cancelled"))
    planning.planned()
    replay.building()
    said = {}
    for run in (cancelled, planning, replay):
        before = len(run.store.events())
        refused = agentctl(*(word.format(run=run.folder.run) for word in command))
        assert (refused.code, len(run.store.events())) == (2, before)
        said[run.folder.run] = refused.err
    assert "was cancelled" in said["aaaaaa"]
    assert "is not approved yet" in said["bbbbbb"]
    assert "replays a recording" in said["cccccc"]


def test_what_has_not_landed_cannot_be_taken_back(agentctl: Callable[..., Any], new_run: Callable[..., Any]) -> None:
    run = new_run()
    run.building()
    refused = agentctl("revert", "t1")
    assert (refused.code, "T1 has not landed (working)" in refused.err) == (2, True)
    assert agentctl("revert", "T9").code == 2


def test_of_two_sentences_or_wishes_of_one_number_the_first_stands(new_run: Callable[..., Any]) -> None:
    run = new_run()
    run.building()
    for facts in (
        (Amended(number=1, requirement="R2", text="a"), Amended(number=1, requirement="R2", text="b")),
        (RevertAsked(number=1, task="T1"), RevertAsked(number=1, task="T2")),
    ):
        assert [len(run.store.append(fact, author="person:Ada")) for fact in facts] == [1, 0]
    hands = run.store.hands()
    assert ([each.text for each in hands.amendments], [each.task for each in hands.reverts]) == (["a"], ["T1"])
    run.store.rebuild()
    assert run.store.hands() == hands


def test_a_landing_that_was_taken_back_is_no_landing_and_nothing_speaks_for_its_requirement(
    agentctl: Callable[..., Any], new_run: Callable[..., Any], repo: Any, git: Callable[..., str]
) -> None:
    run = new_run()
    run.building()
    run.done(git(repo, "rev-parse", "HEAD").strip(), git(repo, "rev-parse", "HEAD^{tree}").strip())
    landed = [event.fact for event in run.store.events() if isinstance(event.fact, Landed)]
    assert len(landed) == 1
    plan = run.store.plan()
    run.say(
        Planned(plan=plan, estimate=next(e.fact for e in run.store.events() if isinstance(e.fact, Planned)).estimate)
    )
    run.say(PlanApproved(), Reverted(task="T1", by="T2", reason="Taken back by Ada: too slow"))
    assert (run.store.landings(), run.store.evidence()) == ((), ())
    before = run.store.tasks()
    assert [(s.state, s.activity) for s in before if s.task.id == "T1"] == [("dropped", "Taken back by Ada: too slow")]
    assert "T1 was taken back by T2" in agentctl("events").out
    run.store.rebuild()
    assert (run.store.landings(), run.store.evidence(), run.store.tasks()) == ((), (), before)
