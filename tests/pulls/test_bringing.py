"""A run's pull requests on a forge over real git: what people do to them, and what a kill at any moment leaves."""

import itertools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

import pytest
from agentctl.orchestrator import faults
from agentctl.orchestrator.errors import ForgeRefused
from agentctl.orchestrator.nouns.delivery import Cut
from agentctl.orchestrator.nouns.policy import Policy
from agentctl.orchestrator.pulls.bringing import Brought

from .conftest import Yard, new_yard


def told(brought: Brought) -> dict[str, str]:
    return {each.name: each.words for each in brought.told}


async def test_slices_become_branches_and_pull_requests_that_show_their_own_files(yard: Yard) -> None:
    cuts = await yard.three()
    brought = await yard.pulling().bring(cuts)
    assert yard.open() == {"a": "main", "b": "agentctl/r/a", "c": "agentctl/r/b"}
    assert [yard.shown(number) for number in (1, 2, 3)] == [
        ["a.txt", "all.txt"],
        ["all.txt", "b.txt"],
        ["all.txt", "c.txt"],
    ]
    assert [yard.on_forge(cut.branch) for cut in cuts] == [cut.head for cut in cuts]
    assert [(each.number, each.state, each.ready) for each in yard.store.pulls()] == [
        (1, "open", True),
        (2, "open", True),
        (3, "open", True),
    ]
    assert told(brought) == {}
    assert yard.judged == []


async def test_doing_it_again_writes_nothing(yard: Yard) -> None:
    cuts = await yard.three()
    await yard.pulling().bring(cuts)
    writes, events = len(yard.forge.writes), yard.store.last_event()
    brought = await yard.pulling().bring(cuts)
    assert (brought.done, len(yard.forge.writes), yard.store.last_event()) == ((), writes, events)


async def test_nothing_of_the_persons_repository_changes(yard: Yard) -> None:
    cuts = await yard.three()
    before = [
        yard.shell(*words.split()) for words in ("status --porcelain", "config --list --local", "branch -a", "tag")
    ]
    await yard.pulling().bring(cuts)
    await yard.merge(1, "squash")
    await yard.pulling().bring(cuts)
    after = [
        yard.shell(*words.split()) for words in ("status --porcelain", "config --list --local", "branch -a", "tag")
    ]
    assert after == before
    assert not (yard.root / ".git/FETCH_HEAD").exists()
    refs = yard.shell("for-each-ref", "--format=%(refname)", "refs/agentctl").splitlines()
    assert refs == ["refs/agentctl/forge/heads/main", "refs/agentctl/r/pulls/b", "refs/agentctl/r/pulls/c"]


@pytest.mark.parametrize("methods", list(itertools.product(("merge", "squash", "rebase"), repeat=2)))
async def test_merged_from_the_lowest_on_by_any_methods_each_shows_its_own_files_until_the_end(
    yard: Yard, methods: tuple[str, ...]
) -> None:
    cuts = await yard.three()
    await yard.pulling().bring(cuts)
    for number, method in enumerate((*methods, methods[0]), start=1):
        await yard.merge(number, method)
        await yard.pulling().bring(cuts)
        assert [yard.shown(left) for left in range(number + 1, 4)] == [
            sorted([f"{name}.txt", "all.txt"]) for name in "abc"[number:]
        ]
    assert yard.open() == {}
    assert yard.shell("rev-parse", "main^{tree}", cwd=yard.remote) == cuts[-1].tree
    assert [each.state for each in yard.store.pulls()] == ["merged"] * 3
    assert len(yard.forge.requests) == 3


async def test_what_is_made_anew_is_judged_keeps_its_author_and_its_trailers(yard: Yard) -> None:
    cuts = await yard.three()
    await yard.pulling().bring(cuts)
    await yard.push_to_main({"other.txt": "other\n"})
    await yard.merge(1, "squash")
    await yard.pulling().bring(cuts)
    assert len(yard.judged) == 2
    assert yard.judged[0] == yard.shell("rev-parse", "agentctl/r/b^{tree}", cwd=yard.remote)
    said = yard.shell("log", "-1", "--format=%an <%ae>|%at|%B", "agentctl/r/b", cwd=yard.remote)
    assert said == "Worker <w@example.org>|1700000000|Do b\n\nTask: Tb"


async def test_what_is_red_on_its_new_base_is_not_pushed_and_is_told(yard: Yard) -> None:
    cuts = await yard.three()
    await yard.pulling().bring(cuts)
    await yard.push_to_main({"bad": "bad\n"})
    await yard.merge(1, "squash")
    brought = await yard.pulling().bring(cuts)
    assert yard.on_forge("agentctl/r/b") == cuts[1].head
    assert told(brought)["b"] == "is red on its new base and was not pushed: test_bad failed"


async def test_a_clash_with_a_new_base_names_the_files_becomes_a_question_and_drops_nothing(yard: Yard) -> None:
    cuts = await yard.three()
    await yard.pulling().bring(cuts)
    await yard.push_to_main({"all.txt": "1\n2\n3\n4\nTHEIRS\n6\n7\n8\n9\n"})
    await yard.merge(1, "squash")
    brought = await yard.pulling().bring(cuts)
    assert told(brought)["b"] == "clashes with what is on main now, in `all.txt`: it stays where it was"
    (asked,) = yard.store.questions()
    assert "both changed `all.txt`" in asked.question.text
    assert yard.on_forge("agentctl/r/b") == cuts[1].head
    await yard.pulling().bring(cuts)
    assert len(yard.store.questions()) == 1
    (said,) = yard.forge.said[2]
    assert "both changed `all.txt`. The branch stays where it was." in said.body


async def test_rebase_puts_all_of_it_on_the_branch_as_it_is_now(yard: Yard) -> None:
    cuts = await yard.three()
    await yard.pulling().bring(cuts)
    tip = await yard.push_to_main({"other.txt": "other\n"})
    await yard.pulling().rebase(cuts)
    assert yard.shell("merge-base", "main", "agentctl/r/c", cwd=yard.remote) == tip
    assert [yard.shown(number) for number in (1, 2, 3)] == [
        ["a.txt", "all.txt"],
        ["all.txt", "b.txt"],
        ["all.txt", "c.txt"],
    ]
    assert len(yard.judged) == 3
    await yard.pulling().bring(cuts)
    assert yard.shell("merge-base", "main", "agentctl/r/a", cwd=yard.remote) == tip


async def test_rebase_onto_what_clashes_leaves_the_branch_and_asks(yard: Yard) -> None:
    cuts = await yard.three()
    await yard.pulling().bring(cuts)
    await yard.push_to_main({"a.txt": "THEIRS\n"})
    brought = await yard.pulling().rebase(cuts)
    assert "both changed `a.txt`" in yard.store.questions()[0].question.text
    assert "a.txt" in told(brought)["a"]
    assert yard.on_forge("agentctl/r/a") == cuts[0].head


async def test_what_stands_on_commits_that_were_taken_out_of_the_base_leaves_them_out_too(yard: Yard) -> None:
    kept = yard.shell("rev-parse", "main")
    taken = await yard.push_to_main({"secret.txt": "hunter2\n"})
    a = await yard.cut("a", None, {"a.txt": "a\n"}, base=taken)
    b = await yard.cut("b", a, {"b.txt": "b\n"})
    await yard.pulling().bring((a, b))
    new = await yard.commit(kept, {"other.txt": "other\n"}, "instead")
    yard.shell("push", "-q", "-f", "origin", f"{new}:refs/heads/main")
    for _ in range(2):
        brought = await yard.pulling().bring((a, b))
        assert told(brought) == {}
        assert [yard.shown(number) for number in (1, 2)] == [["a.txt"], ["b.txt"]]
        assert yard.shell("ls-tree", "--name-only", "agentctl/r/b", cwd=yard.remote).split() == [
            "a.txt",
            "all.txt",
            "b.txt",
            "other.txt",
        ]
    assert len(yard.judged) == 2


async def test_commits_that_somebody_pushed_to_a_branch_stay(yard: Yard) -> None:
    cuts = await yard.three()
    await yard.pulling().bring(cuts)
    theirs = await yard.commit(cuts[1].head, {"theirs.txt": "x\n"}, "theirs")
    yard.shell("push", "-q", "origin", f"{theirs}:refs/heads/agentctl/r/b")
    more = await yard.commit(cuts[1].head, {"more.txt": "x\n"}, "more")
    changed = (cuts[0], replace(cuts[1], head=more), cuts[2])
    brought = await yard.pulling().bring(changed)
    assert yard.on_forge("agentctl/r/b") == theirs
    assert told(brought)["b"].startswith("somebody pushed to agentctl/r/b")


async def test_a_push_that_comes_between_our_look_and_our_push_is_not_overwritten(yard: Yard) -> None:
    cuts = await yard.three()
    await yard.pulling().bring(cuts)
    theirs = await yard.commit(cuts[0].head, {"theirs.txt": "x\n"}, "theirs")
    more = await yard.commit(cuts[0].head, {"more.txt": "x\n"}, "more")

    def strike(name: str) -> None:
        if name == "pull.kept":
            yard.shell("push", "-q", "origin", f"{theirs}:refs/heads/agentctl/r/a")

    faults.arm(strike)
    try:
        brought = await yard.pulling().bring((replace(cuts[0], head=more),))
    finally:
        faults.arm(None)
    assert yard.on_forge("agentctl/r/a") == theirs
    assert "somebody pushed" in told(brought)["a"]


async def test_what_somebody_closed_stays_closed(yard: Yard) -> None:
    cuts = await yard.three()
    await yard.pulling().bring(cuts)
    await yard.forge.close(2)
    brought = await yard.pulling().bring(cuts)
    assert yard.open() == {"a": "main", "c": "agentctl/r/b"}
    assert told(brought)["b"] == "#2 was closed by hand and is not opened again"
    assert "was closed" in yard.forge.said[3][0].body
    assert len(yard.forge.requests) == 3


async def test_a_run_that_began_on_what_the_forge_does_not_have_opens_nothing(yard: Yard) -> None:
    local = await yard.commit(yard.shell("rev-parse", "main"), {"mine.txt": "x\n"}, "not pushed")
    cut = await yard.cut("a", None, {"a.txt": "a\n"}, base=local)
    with pytest.raises(ForgeRefused, match="which main of acme/shed does not hold: push that first"):
        await yard.pulling().bring([cut])
    assert yard.forge.writes == []


async def test_a_branch_to_go_to_that_is_not_there_is_named(yard: Yard) -> None:
    pulling = yard.pulling()
    pulling.target = "trunk"
    with pytest.raises(ForgeRefused, match="has no branch trunk: name the one to go to with --base"):
        await pulling.bring(await yard.three())


class Killed(BaseException):
    """The process ends here."""


async def life(yard: Yard, cuts: tuple[Cut, ...]) -> None:
    """Open, squash the lowest, go on, lose the higher from the run: each step may be the last of a process."""
    await survive(yard, cuts)
    pull = await yard.forge.pull(1)
    assert pull is not None
    if pull.state == "open":
        yard.forge.before, yard.forge.after = lambda _: None, lambda _: None
        armed = faults._armed
        faults.arm(None)
        await yard.merge(1, "squash")
        yard.forge.after = armed or (lambda _: None)
        faults.arm(armed)
    await survive(yard, cuts)
    await survive(yard, cuts[:1])


async def survive(yard: Yard, cuts: tuple[Cut, ...]) -> None:
    for _ in range(3):
        try:
            await yard.pulling().bring(cuts)
        except Killed:
            continue
        return


def state(yard: Yard) -> object:
    """How it all stands, without the ids of commits: those of the forge hold the time."""
    pulls = [(p.number, p.head, p.base, p.state, p.draft, p.title, p.body) for p in yard.forge.requests.values()]
    said = {number: [each.body for each in all_] for number, all_ in yard.forge.said.items()}
    refs = yard.shell("for-each-ref", "--format=%(refname) %(tree)", cwd=yard.remote)
    kept = [(k.name, k.number, k.state, k.ready, k.said) for k in yard.store.pulls()]
    return pulls, said, refs, kept


@pytest.fixture
def arm() -> Callable[[Yard, int], list[str]]:
    """Kill the process at the step of that number, counted from 1; gives the steps as they come."""

    def armed(yard: Yard, number: int) -> list[str]:
        steps: list[str] = []

        def strike(name: str) -> None:
            if name.startswith("events."):  # the store's own steps, which have tests of their own
                return
            steps.append(name)
            if len(steps) == number:
                raise Killed(name)

        yard.forge.after = strike
        faults.arm(strike)
        return steps

    return armed


@pytest.fixture(autouse=True)
def _disarmed() -> Iterator[None]:
    yield
    faults.arm(None)


async def test_killed_after_any_step_it_ends_the_same_with_nothing_opened_twice(
    yard: Yard,
    arm: Callable[[Yard, int], list[str]],
    deaths: Callable[..., Sequence[int]],
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    steps = arm(yard, 0)
    await life(yard, (await yard.three())[:2])
    wanted = state(yard)
    assert len(steps) > 20
    for number in (each + 1 for each in deaths(len(steps))):
        other = new_yard(tmp_path_factory.mktemp("yard"))
        arm(other, number)
        await life(other, (await other.three())[:2])
        assert state(other) == wanted, f"killed after {steps[number - 1]} (step {number})"


async def test_a_limit_of_open_ones_keeps_the_rest_here(yard: Yard) -> None:
    yard.policy = Policy(max_open_prs=2)
    cuts = await yard.three()
    brought = await yard.pulling().bring(cuts)
    assert list(yard.open()) == ["a", "b"]
    assert told(brought)["c"] == "waits: no more than 2 are open at once"
    assert await yard.forge.branch("agentctl/r/c") is None


async def test_a_file_whose_name_is_markdown_mentions_nobody_where_it_is_named(yard: Yard) -> None:
    name = "`@everyone fixes #1\n<!-- x -->.txt"
    cut = await yard.cut("a", None, {name: "a\n"})
    await yard.pulling().bring([cut])
    await yard.push_to_main({name: "THEIRS\n"})
    await yard.pulling().rebase([cut])
    assert "both changed `?@everyone fixes #1??!-- x --?.txt`." in yard.store.questions()[0].question.text
