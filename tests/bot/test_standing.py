"""What is known of a run when somebody commands it, and the clone in which it lives."""

import os
from dataclasses import replace

import pytest
from agentctl.cli.bot import standing
from agentctl.cli.bot.clones import Clone
from agentctl.cli.bot.hands import Hand
from agentctl.orchestrator.errors import ForgeRefused, HeadMoved, UsageError
from agentctl.orchestrator.nouns.events import Planned, QuestionAsked, RunMoved
from agentctl.orchestrator.nouns.questions import Option, Question
from agentctl.orchestrator.rules.asking import plan_question
from agentctl.orchestrator.rules.said import Said

from .acts import ESTIMATE, PLAN, TOML, World, plain_fetch

WIDENING = Question(
    key="widen:T1",
    kind="decision",
    text="May T1 change the workflow?",
    options=(Option(text="yes", paths=(".github/workflows/ci.yml",)), Option(text="no")),
    asked_by="T1:1",
)


async def test_a_run_claims_its_cap_while_it_may_spend_it_and_is_at_work_until_it_waits(world: World) -> None:
    await world.built()
    assert (standing.usd(world.run), standing.is_at_work(world.run)) == (5.0, True)
    world.facts(RunMoved(state="waiting"))
    assert (standing.usd(world.run), standing.is_at_work(world.run)) == (5.0, False)
    world.facts(RunMoved(state="done"))
    assert (standing.usd(world.run), standing.is_at_work(world.run)) == (0.0, False)


async def test_the_files_that_an_answer_lets_a_task_change_are_known_before_it_is_given(world: World) -> None:
    await world.built(QuestionAsked(question=WIDENING))
    said = [Said(word="answer", args=("Q1", each)) for each in ("1", "2", "9")]
    said += [Said(word="answer", args=("Q7", "1")), Said(word="approve")]
    assert [standing.frees(world.run, each) for each in said] == [(".github/workflows/ci.yml",), (), (), (), ()]


async def test_an_approval_lets_tasks_change_what_the_latest_plan_gives_them(world: World) -> None:
    asked = plan_question(PLAN, ESTIMATE, number=1)
    await world.built(QuestionAsked(question=asked))
    both = [Said(word="approve"), Said(word="answer", args=("Q1", "approve"))]
    assert [standing.frees(world.run, each) for each in both] == [(), ()]
    given = replace(PLAN.tasks[0], owns=("src/t1.py", ".github/workflows/ci.yml"))
    world.facts(Planned(plan=replace(PLAN, tasks=(given, PLAN.tasks[1])), estimate=ESTIMATE))
    assert [standing.frees(world.run, each) for each in both] == [(".github/workflows/ci.yml",)] * 2
    others = [Said(word="answer", args=("Q1", each)) for each in ("refuse: too much", "3")]
    assert [standing.frees(world.run, each) for each in others] == [(), ()]


@pytest.mark.parametrize(
    ("words", "files"),
    [
        ("You may change .github/workflows/ci.yml.", (".github/workflows/ci.yml",)),
        ("Please edit ci.yml for that", (".github/workflows/ci.yml",)),
        ("agentctl.toml may be changed", ("agentctl.toml",)),
        ("Do not change .github/workflows/ci.yml.", ()),
        ("You may change src/t1.py.", ()),
        ("local time", ()),
    ],
)
async def test_files_of_the_forge_that_an_answers_own_words_let_change_are_known_too(
    world: World, words: str, files: tuple[str, ...]
) -> None:
    await world.built(QuestionAsked(question=WIDENING))
    assert standing.frees(world.run, Said(word="answer", args=("Q1", words))) == files


async def test_by_how_much_a_command_raises_the_cap_is_known_before_it_is_obeyed(world: World) -> None:
    budget = Question(key="budget:1", kind="budget", text="More?", options=(Option(text="stop"),), asked_by="driver")
    await world.built(QuestionAsked(question=WIDENING), QuestionAsked(question=budget))
    texts = (("budget", "+2.50"), ("budget", "to 9"), ("answer", "Q2", "3"), ("answer", "Q2", "to 6"))
    none = (("answer", "Q1", "1"), ("answer", "Q2", "stop"), ("answer", "Q9", "3"), ("budget", "to 1"), ("approve",))
    said = [Said(word=word, args=tuple(args)) for word, *args in (*texts, *none)]
    assert [standing.raises(world.run, each) for each in said] == [2.5, 4.0, 3.0, 1.0, *[0.0] * len(none)]


async def test_a_cancelled_run_takes_no_sentence_and_a_sentence_is_taken_once(world: World) -> None:
    await world.built(RunMoved(state="done"))
    hand = Hand(book=world.book, folder=world.run, key="repair:1", by="ada", now=1.0)
    sentence = "The code MUST make the check `ci` pass."
    assert [hand.amend(sentence), hand.amend(sentence)] == ["R3", "R3"]
    world.facts(RunMoved(state="cancelled"))
    with pytest.raises(UsageError, match="was cancelled"):
        Hand(book=world.book, folder=world.run, key="repair:2", by="ada", now=1.0).amend(sentence)


async def test_a_persons_clone_keeps_its_branches_index_and_files_and_gets_refs_of_ours_alone(world: World) -> None:
    world.push("main", {"agentctl.toml": TOML, "a.txt": "1\n"})
    head = world.push("wish", {"a.txt": "2\n"})
    world.git(world.work, "checkout", "-q", "main")
    (world.work / "a.txt").write_text("mine\n")
    (world.work / "b.txt").write_text("mine too\n")
    world.git(world.work, "add", "b.txt")
    clone = Clone(root=world.work, fetch=plain_fetch)

    def theirs() -> tuple[str, ...]:
        refs = world.git(world.work, "for-each-ref", "--format=%(refname) %(objectname)", "refs/heads", "refs/remotes")
        config = (world.work / ".git" / "config").read_text()
        return refs, config, world.git(world.work, "status", "--porcelain"), world.git(world.work, "rev-parse", "HEAD")

    before = theirs()
    pull = await world.pull_by("ada", "wish")
    assert await clone.head(world.forge, pull) == head
    assert await clone.branch(world.forge, "main") == before[3]
    assert theirs() == before
    assert not (world.work / ".git" / "FETCH_HEAD").exists()
    ours = world.git(world.work, "for-each-ref", "--format=%(refname)", "refs/agentctl").splitlines()
    assert ours == ["refs/agentctl/forge/heads/main", f"refs/agentctl/forge/pull/{pull.number}/head"]


async def test_a_half_made_clone_is_made_whole_and_never_taken_for_the_repository_around_it(world: World) -> None:
    base = world.push("main", {"agentctl.toml": TOML})
    inside = world.work / ".agentctl" / "bot" / "repos" / "acme" / "shed"
    (inside / ".git").mkdir(parents=True)
    clone = Clone(root=inside, fetch=plain_fetch)
    assert await clone.branch(world.forge, "main") == base
    assert clone.repository().location.root == inside.resolve()
    assert os.listdir(inside) == [".git"]  # noqa: PTH208 - the names alone


async def test_a_head_that_moved_and_a_fork_are_not_taken_for_the_head_that_was_seen(world: World) -> None:
    world.push("main", {"agentctl.toml": TOML})
    world.push("wish", {"a.txt": "1\n"})
    pull = await world.pull_by("ada", "wish")
    clone = world.place.clone
    world.push("wish", {"a.txt": "2\n"})
    with pytest.raises(HeadMoved, match="say it again"):
        await clone.head(world.forge, pull)
    with pytest.raises(ForgeRefused, match="comes from a fork"):
        await clone.head(world.forge, await world.pull_by("eve", "wish", fork=True))
