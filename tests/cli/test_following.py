"""`follow` as it is typed: what it stores, what it says, what it refuses; and what a run keeps of its branch."""

import json
from collections.abc import Callable
from typing import Any

from agentctl.orchestrator.nouns.events import Chosen, RunMoved
from agentctl.orchestrator.nouns.hand_facts import FollowAsked
from agentctl.orchestrator.run_view import BASE_BRANCH


def test_a_run_that_does_not_know_its_branch_says_so_and_takes_one_by_name(
    agentctl: Callable[..., Any], new_run: Callable[..., Any]
) -> None:
    run = new_run()
    run.building()
    refused = agentctl("follow", "k7m2")
    assert (refused.code, "`agentctl follow k7m2xq --onto main`" in refused.err) == (2, True)
    unknown = agentctl("follow", "k7m2", "--onto", "nowhere")
    assert (unknown.code, "There is no commit nowhere here" in unknown.err) == (2, True)
    run.say(Chosen(key=BASE_BRANCH, value="gone"))
    gone = agentctl("follow", "k7m2")
    assert (gone.code, "There is no commit gone here" in gone.err) == (2, True)
    assert run.store.hands().follows == ()


def test_what_a_run_stands_on_already_is_no_work(agentctl: Callable[..., Any], new_run: Callable[..., Any]) -> None:
    run = new_run()
    run.building()
    said = agentctl("follow", "k7m2", "--onto", run.store.run().base, "--json")
    assert (said.code, json.loads(said.out)["state"]) == (0, "up to date")


def test_a_run_that_was_cancelled_follows_nothing(agentctl: Callable[..., Any], new_run: Callable[..., Any]) -> None:
    run = new_run()
    run.building()
    run.say(RunMoved(state="cancelled"))
    refused = agentctl("follow", "k7m2", "--onto", "HEAD")
    assert (refused.code, "was cancelled" in refused.err) == (2, True)


def test_of_two_wishes_of_one_number_the_first_stands_and_is_told(
    agentctl: Callable[..., Any], new_run: Callable[..., Any]
) -> None:
    run = new_run()
    run.building()
    facts = (FollowAsked(number=1, commit="a" * 40, branch="main"), FollowAsked(number=1, commit="b" * 40, branch="x"))
    assert [len(run.store.append(fact, author="person:Ada")) for fact in facts] == [1, 0]
    hands = run.store.hands()
    assert [(each.commit, each.branch, each.by) for each in hands.follows] == [("a" * 40, "main", "person:Ada")]
    run.store.rebuild()
    assert run.store.hands() == hands
    assert "main is to be followed to aaaaaaaaaa by the word of Ada" in agentctl("events").out
