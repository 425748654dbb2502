"""What is done with pull requests in a stack, whatever people do to them in whatever order."""

import copy
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC

import pytest
from agentctl.orchestrator.nouns.policy import Policy
from agentctl.orchestrator.nouns.stack import MakeReady, Rebuild
from agentctl.orchestrator.rules.stack_text import digest
from agentctl.orchestrator.rules.stacking_pulls import ready_at

from .stacks import Killed, World, cut, tellings, three

METHODS = ("merge", "squash", "rebase")


def opened(world: World) -> dict[str, str]:
    """The open pull requests, each with the branch it goes to."""
    return {p.head.removeprefix("agentctl/r/"): p.base for p in world.pulls.values() if p.state == "open"}


def test_a_stack_is_opened_from_the_lowest_on_each_on_the_one_below_and_ready() -> None:
    world = three()
    assert opened(world) == {"a": "main", "b": "agentctl/r/a", "c": "agentctl/r/b"}
    assert not any(pull.draft for pull in world.pulls.values())
    assert [world.shown(pull) for pull in world.pulls.values()] == [{"a"}, {"b"}, {"c"}]
    assert "2. #2 `b`, on `a` ← **this one**\n3. #3 `c`, on `b`" in world.pulls[2].body


def test_one_slice_has_no_list_of_slices() -> None:
    world = World(cuts=(cut("a"),))
    world.settle()
    assert world.pulls[1].body == "What a does."


def test_after_a_merge_commit_what_stood_on_it_only_goes_elsewhere() -> None:
    world = three()
    world.merge(1, "merge")
    assert not [action for action in world.plan() if isinstance(action, Rebuild)]
    world.settle()
    assert opened(world) == {"b": "main", "c": "agentctl/r/b"}
    assert world.branches["agentctl/r/b"] == "b1"


@pytest.mark.parametrize("method", ["squash", "rebase"])
def test_after_a_squash_or_a_rebase_what_stood_on_it_is_made_anew_from_the_lowest_on(method: str) -> None:
    world = three()
    world.merge(1, method)
    world.settle()
    assert opened(world) == {"b": "main", "c": "agentctl/r/b"}
    assert world.branches["agentctl/r/b"] == f"b1@{method}1"
    assert world.branches["agentctl/r/c"] == f"c1@b1@{method}1"
    assert [world.shown(world.pulls[number]) for number in (2, 3)] == [{"b"}, {"c"}]


def doings(world: World) -> Iterator[tuple[int, str]]:
    """What a person may do now: merge what is open, by any method, or close it."""
    for number, pull in world.pulls.items():
        if pull.state == "open":
            yield from ((number, how) for how in (*METHODS, "close"))


def lives(world: World, *, left: int, trail: tuple[tuple[int, str], ...] = ()) -> Iterator[tuple[str, World]]:
    """Every life of a stack in so many doings; we look after each of them, or after several."""
    for number, how in list(doings(world)) if left else []:
        after = copy.deepcopy(world)
        if how == "close":
            after.close(number)
        else:
            after.merge(number, how)
        seen = copy.deepcopy(after)
        seen.settle()
        name = " ".join(f"{n}:{h}" for n, h in (*trail, (number, how)))
        yield name, seen
        yield from lives(seen, left=left - 1, trail=(*trail, (number, how)))
        yield from lives(after, left=left - 1, trail=(*trail, (number, f"{how}(unseen)")))


def wrong(world: World) -> str:
    """What must never be; empty where all is well."""
    closed = {p.head for p in world.pulls.values() if p.state == "closed" and world.kept[p.head[-1]].state != "ended"}
    for pull in world.pulls.values():
        if pull.state != "open":
            continue
        if pull.head in closed:
            return f"#{pull.number} was opened again after a person had closed it"
        base = world.pull_of(pull.base[-1])
        if base is not None and base.state == "merged":
            return f"#{pull.number} goes to {pull.base}, which was merged"
        own, name = {pull.head[-1]}, pull.head[-1]
        if not over_closed(world, name, closed) and not own <= world.shown(pull) <= own | inside(world, pull.head):
            return f"#{pull.number} shows {world.shown(pull)}"
    heads = [world.contents[world.branches[p.head]] for p in world.pulls.values() if p.state == "open"]
    there = world.contents[world.branches["main"]].union(*heads)
    lost = {
        n for n in "abc" if n not in there and f"agentctl/r/{n}" not in closed and not over_closed(world, n, closed)
    }
    return f"lost: {lost}" if lost else ""


def inside(world: World, branch: str) -> set[str]:
    """What was merged into a branch, or into a branch that was."""
    heads = {p.head for p in world.pulls.values() if p.state == "merged" and p.base == branch}
    return {head[-1] for head in heads}.union(*(inside(world, head) for head in heads))


def over_closed(world: World, name: str, closed: set[str]) -> bool:
    """Whether it stands on what a person closed."""
    below = {each.slice.name: each.slice.on for each in world.cuts}
    while name := below[name]:
        if f"agentctl/r/{name}" in closed:
            return True
    return False


@pytest.mark.parametrize("below_c", ["b", "a"])
def test_of_every_life_of_three_slices_nothing_is_lost_opened_twice_or_shown_twice(below_c: str) -> None:
    world = World(cuts=(cut("a"), cut("b", "a", base="a1"), cut("c", below_c, base=f"{below_c}1")))
    world.settle()
    seen = {name: wrong(after) for name, after in lives(world, left=3)}
    assert {name: what for name, what in seen.items() if what} == {}
    assert len(seen) > 1000


def test_what_is_merged_into_a_branch_after_that_was_merged_is_brought_again() -> None:
    world = three()
    world.merge(1, "squash")
    world.merge(2, "squash")  # its base is still the branch of the first
    world.settle()
    assert "b" not in world.contents[world.branches["main"]]
    assert opened(world) == {"b": "main", "c": "agentctl/r/b"}
    assert world.shown(world.pulls[4]) == {"b"}


def test_what_a_person_closed_is_never_opened_again_and_what_stands_on_it_is_told() -> None:
    world = three()
    world.close(1)
    told = dict(tellings(world.settle()))
    assert told["a"] == "#1 was closed by hand and is not opened again"
    assert told["b"] == "#2 stands on #1, which was closed by hand"
    assert [number for number, _ in world.said] == [2, 3]
    world.settle()
    assert [number for number, _ in world.said] == [2, 3]
    assert opened(world) == {"b": "agentctl/r/a", "c": "agentctl/r/b"}


def test_what_stands_on_a_closed_one_is_not_opened_at_all() -> None:
    world = three(policy=Policy(max_open_prs=1))
    world.close(1)
    told = dict(tellings(world.settle()))
    assert opened(world) == {}
    assert told["b"] == "is not opened: it stands on #1, which was closed by hand"


def test_only_so_many_are_open_at_once_and_the_rest_are_told_as_next() -> None:
    world = three(policy=Policy(max_open_prs=3), others=1)
    assert list(opened(world)) == ["a", "b"]
    assert "agentctl/r/c" not in world.branches
    assert "3. next: `c`, on `b` (waits: no more than 3 are open at once)" in world.pulls[1].body
    world.merge(1, "squash")
    world.settle()
    assert list(opened(world)) == ["b", "c"]


def test_a_draft_stays_one_until_its_hour_and_who_makes_it_a_draft_again_is_heard() -> None:
    world = three(policy=Policy(draft_until="09:00"))
    assert all(pull.draft for pull in world.pulls.values())
    assert dict(tellings(world.settle()))["a"] == "#1 stays a draft until 09:00"
    world.now = ready_at(0.0, "09:00", zone=None) + 1
    world.settle()
    assert not any(pull.draft for pull in world.pulls.values())
    world.pulls[1] = replace(world.pulls[1], draft=True)
    assert not [action for action in world.plan() if isinstance(action, MakeReady)]


@pytest.mark.parametrize(
    ("at", "hour", "expected"),
    [(0.0, "09:00", 32400.0), (32400.0, "09:00", 32400.0), (40000.0, "09:00", 118800.0), (5.0, "", 5.0)],
)
def test_an_hour_is_the_next_one_there_is(at: float, hour: str, expected: float) -> None:
    assert ready_at(at, hour, zone=UTC) == expected


def test_owners_are_asked_once_and_neither_an_address_nor_ourselves() -> None:
    owners = ("@ada", "@acme/core", "grace@example.org", "@agentctl[bot]")
    world = World(cuts=(cut("a", owners=owners),))
    world.settle()
    assert world.asked == {1: ("ada", "acme/core")}
    world.asked.clear()
    world.settle()
    assert world.asked == {}


def test_a_branch_that_somebody_pushed_to_is_not_moved_and_is_told() -> None:
    world = three()
    theirs = world.add("theirs", ("b1",), world.contents["b1"])
    world.branches["agentctl/r/b"] = theirs
    world.merge(1, "squash")
    told = dict(tellings(world.settle()))
    assert world.branches["agentctl/r/b"] == theirs
    assert opened(world)["b"] == "main"
    assert told["b"] == (
        "somebody pushed to agentctl/r/b (theirs): it stays as they left it and has to be put on its new base by hand"
    )


def test_a_text_that_a_person_edited_keeps_their_words_but_for_our_own_part() -> None:
    world = three()
    body = world.pulls[1].body.replace("What a does.", "Ada wrote this.")
    world.pulls[1] = replace(world.pulls[1], title="Ada's title", body=body)
    world.merge(3, "squash")
    world.settle()
    assert world.pulls[1].title == "Ada's title"
    assert world.pulls[1].body.startswith("Ada wrote this.")
    assert "#3 `c`, on `b` (merged)" in world.pulls[1].body


def test_a_base_that_a_person_chose_stays() -> None:
    world = three()
    world.branches["release"] = "m0"
    world.pulls[2] = replace(world.pulls[2], base="release")
    world.merge(1, "merge")
    told = dict(tellings(world.settle()))
    assert world.pulls[2].base == "release"
    assert told["b"] == "#2 goes to release, by somebody's choice: that stays"


def test_what_clashes_with_its_new_base_stays_where_it_was_and_is_told_by_file() -> None:
    world = three()
    world.clashes["b"] = ""
    world.merge(1, "squash")
    told = dict(tellings(world.settle()))
    assert world.branches["agentctl/r/b"] == "b1"
    assert told["b"] == "clashes with what is on main now, in a.py: it stays where it was"


def test_a_slice_that_the_run_has_no_more_is_closed_with_a_reason_and_who_opens_it_again_is_heard() -> None:
    world = three()
    world.cuts = world.cuts[:2]
    world.settle()
    assert world.pulls[3].state == "closed"
    world.pulls[3] = replace(world.pulls[3], state="open")
    assert dict(tellings(world.settle()))["c"].startswith("#3 was opened again by hand, and stays")
    assert world.pulls[3].state == "open"


def test_what_main_holds_already_is_closed_as_done() -> None:
    world = three()
    world.branches["main"] = world.add("by-hand", ("m0",), frozenset("b"))
    world.merge(1, "squash")
    world.settle()
    assert world.pulls[2].state == "closed"
    assert world.kept["b"].state == "ended"
    assert opened(world) == {"c": "main"}
    assert world.shown(world.pulls[3]) == {"c"}


def test_more_work_on_a_slice_that_was_merged_becomes_another_pull_request() -> None:
    world = three()
    for number in (1, 2, 3):
        world.merge(number, "squash")
        world.settle()
    world.cuts = (replace(world.cuts[0], head="a2"), *world.cuts[1:])
    world.add("a2", ("a1",), frozenset({"a", "more"}))
    actions = world.plan()
    assert [type(action) for action in actions] == [Rebuild]
    assert actions[0] == Rebuild(name="a", onto="squash1")
    made = replace(
        world.rebuilt["b"],
        name="a",
        of="a2",
        base="squash1",
        head=world.add("a2'", ("squash1",), frozenset({"a", "more"})),
        rests=True,
    )
    world.rebuilt["a"] = made
    world.settle()
    assert opened(world) == {"a": "main"}


@pytest.mark.parametrize("ends", ["\r\n", "\n", " \n"])
def test_a_text_is_the_same_whatever_its_lines_end_with(ends: str) -> None:
    assert digest("t", ends.join(["one", "two"])) == digest("t", "one\ntwo\n")


def test_killed_after_any_step_and_begun_again_it_ends_the_same() -> None:
    whole = three()
    whole.merge(1, "squash")
    whole.settle()
    for stop in range(1, whole.steps):
        world = World(cuts=whole.cuts, dies_after=stop)
        settle_again(world)
        world.merge(1, "squash")
        settle_again(world)
        assert (world.pulls, world.branches) == (whole.pulls, whole.branches)
    assert whole.steps > 15


def settle_again(world: World) -> None:
    """Be killed where it says so, and begin again."""
    try:
        world.settle()
    except Killed:
        world.settle()


def test_more_work_on_a_slice_keeps_what_somebody_merged_into_its_branch() -> None:
    world = three()
    world.merge(3, "merge")
    world.settle()
    assert world.branches["agentctl/r/b"] == "merge3"
    world.cuts = (world.cuts[0], replace(world.cuts[1], head="b2"), world.cuts[2])
    world.add("b2", ("a1",), frozenset({"a", "b"}))
    world.settle()
    assert world.contents[world.branches["agentctl/r/b"]] == {"a", "b", "c"}
    assert opened(world) == {"a": "main", "b": "agentctl/r/a"}


def test_from_a_clone_that_knows_nothing_what_is_there_is_taken_up_with_the_words_it_has() -> None:
    world = three()
    body = world.pulls[1].body.replace("What a does.", "Ada wrote this.")
    world.pulls[1] = replace(world.pulls[1], body=body)
    world.kept.clear()
    world.merge(3, "squash")
    world.settle()
    assert world.pulls[1].body.startswith("Ada wrote this.")
    assert "#3 `c`, on `b` (merged)" in world.pulls[1].body
    assert {name: kept.state for name, kept in world.kept.items()} == {"a": "open", "b": "open", "c": "merged"}
    assert len(world.pulls) == 3
