"""What the bot does about commands: real git, a forge in memory, real runs whose drivers are scripts of the test."""

from dataclasses import replace

import pytest
from agentctl.cli.bot.commanding import Allowed, Decision
from agentctl.cli.bot.place import Place
from agentctl.orchestrator.nouns.events import (
    AttemptStarted,
    BudgetRaised,
    Planned,
    QuestionAnswered,
    QuestionAsked,
    RunMoved,
)
from agentctl.orchestrator.nouns.forge import Account
from agentctl.orchestrator.nouns.hand_facts import CancelAsked, RetryAsked
from agentctl.orchestrator.nouns.happenings import Delivery, Labelled
from agentctl.orchestrator.nouns.keys import AttemptKey
from agentctl.orchestrator.nouns.policy import Policy
from agentctl.orchestrator.nouns.questions import Option, Question
from agentctl.orchestrator.rules.asked_by_issue import spec_of_issue
from agentctl.orchestrator.rules.said import Said
from agentctl.orchestrator.run_view import SETTINGS_AT, SPEC_PATH

from .acts import ESTIMATE, PLAN, QUESTION, SPEC, TOML, World, allow

STARTED = AttemptStarted(key=AttemptKey(task="T1"), rung="flash", base_tree="t" * 40)
PLAN_QUESTION = Question(key="plan:1", kind="plan", text="Build it?", options=(Option(text="approve"),))


async def test_an_issues_run_starts_from_the_default_branch_and_is_bound_to_it(world: World) -> None:
    base = world.push("main", {"agentctl.toml": TOML})
    issue = world.forge.issue_by("eve", "Two modules", SPEC)
    assert await world.say("ada", issue.number, "/agentctl run --budget 3") == f"run: run {world.run.run}"
    (thread,) = world.book.threads()
    assert (thread.number, thread.by, thread.sha, thread.base, thread.spec) == (issue.number, "ada", base, "main", "")
    assert world.run.run.startswith(f"i{issue.number}-")
    with world.store() as store:
        run = store.run()
        assert (run.base, run.settings.approve, run.settings.limits.usd) == (base, True, 3.0)
        assert (store.choice(SPEC_PATH), store.choice(SETTINGS_AT)) == (f"specs/issue-{issue.number}.md", base)
        assert store.events()[0].author == "person:ada"
    assert world.launches == [run.id]
    assert world.forge.writes == [f"react {world.forge.said[issue.number][0].id}"]


async def test_a_spec_that_a_pull_request_brings_is_built_on_its_head_by_the_settings_of_main(world: World) -> None:
    base = world.push("main", {"agentctl.toml": TOML})
    head = world.push("wish", {"specs/two.md": SPEC, "agentctl.toml": "profile = 'desk'", "docs/notes.md": "# Notes\n"})
    pull = await world.pull_by("ada", "wish")
    await world.say("ada", pull.number, "/agentctl plan")
    (thread,) = world.book.threads()
    assert (thread.pull, thread.sha, thread.base, thread.spec) == (True, head, "wish", "specs/two.md")
    with world.store() as store:
        run = store.run()
        assert (run.base, run.settings.profile, run.settings.approve) == (head, "openai", False)
        assert (store.choice(SPEC_PATH), store.choice(SETTINGS_AT)) == ("specs/two.md", base)


async def test_the_branch_that_a_pull_request_goes_to_has_no_say_in_the_settings(world: World) -> None:
    base = world.push("main", {"agentctl.toml": TOML})
    loose = '[workspace]\nsetup = "env > keys"\n[policy]\nmerge = "squash"\n'
    world.push("anybodys", {"agentctl.toml": TOML + loose})
    world.push("wish", {"specs/two.md": SPEC}, base="anybodys")
    pull = await world.pull_by("bob", "wish")
    world.forge.requests[pull.number] = replace(world.forge.requests[pull.number], base="anybodys")
    await world.say("bob", pull.number, "/agentctl plan")
    with world.store() as store:
        assert (store.run().settings.setup, store.choice(SETTINGS_AT)) == (None, base)


@pytest.mark.parametrize("follows", [False, True])
async def test_of_a_fork_only_the_text_of_the_spec_is_taken_and_only_where_the_policy_follows(
    world: World, *, follows: bool
) -> None:
    world.policy = Policy(follow_forks=follows)
    base = world.push("main", {"agentctl.toml": TOML})
    head = world.push("wish", {"specs/two.md": SPEC, "src/evil.py": "import os\n"})
    pull = await world.pull_by("eve", "wish", fork=True)
    told = await world.say("ada", pull.number, "/agentctl run")
    if not follows:
        assert "comes from a fork" in told
        assert world.book.threads() == ()
        return
    (thread,) = world.book.threads()
    with world.store() as store:
        assert store.run().base == base
    assert (thread.sha, thread.base) == (head, "main")
    assert head not in world.git(world.root, "cat-file", "--batch-all-objects", "--batch-check")


SEVERAL = {"specs/two.md": SPEC, "specs/more.md": SPEC.replace("Five", "More")}


@pytest.mark.parametrize(
    ("files", "command", "told"),
    [
        (SEVERAL, "run", "say which"),
        ({"README.md": "hello\n"}, "run", "no markdown file that holds requirements"),
        (SEVERAL, "run specs/none.md", "specs/none.md is not in #1"),
        ({"specs/two.md": SPEC + SPEC.splitlines()[2]}, "run", "the spec has errors"),
        ({"specs/two.md": "---\nwrong: [\n---\n" + SPEC}, "run", "the spec has errors"),
    ],
)
async def test_what_is_in_the_way_of_a_run_is_said_once_and_nothing_is_begun(
    world: World, files: dict[str, str], command: str, told: str
) -> None:
    world.push("main", {"agentctl.toml": TOML})
    world.push("wish", files)
    pull = await world.pull_by("ada", "wish")
    delivery = world.comment("ada", pull.number, f"/agentctl {command}")
    assert await world.acting.act(delivery) == await world.acting.act(delivery)
    (said,) = world.replies(pull.number)
    assert told in said
    assert world.book.threads() == ()
    assert world.launches == []


async def test_a_named_spec_is_taken_where_several_could_be_meant(world: World) -> None:
    world.push("main", {"agentctl.toml": TOML})
    world.push("wish", SEVERAL)
    pull = await world.pull_by("ada", "wish")
    await world.say("ada", pull.number, "/agentctl run specs/more.md")
    assert world.book.threads()[0].spec == "specs/more.md"


async def test_a_head_that_moved_after_the_command_was_allowed_is_not_built(world: World) -> None:
    world.push("main", {"agentctl.toml": TOML})
    world.push("wish", {"specs/two.md": SPEC})
    pull = await world.pull_by("ada", "wish")

    async def allowed_before(place: Place, delivery: Delivery) -> Decision:
        ruling = await allow(place, delivery)
        world.push("wish", {"specs/two.md": SPEC.replace("return 1", "return 9")})
        return ruling

    world.acting.others = replace(world.acting.others, allow=allowed_before)
    assert "say it again" in await world.say("ada", pull.number, "/agentctl run")
    assert world.book.threads() == ()


@pytest.mark.parametrize("change", [{"body": SPEC.replace("return 1", "send all keys")}, {"title": "Another"}])
async def test_a_text_that_changed_after_the_command_is_not_built(world: World, change: dict[str, str]) -> None:
    world.push("main", {"agentctl.toml": TOML})
    issue = world.forge.issue_by("eve", "Two modules", SPEC)
    delivery = world.comment("ada", issue.number, "/agentctl run")
    world.forge.issues[issue.number] = replace(issue, **change)  # type: ignore[arg-type] - words of an issue
    await world.acting.act(delivery)
    (said,) = world.replies(issue.number)
    assert "was changed after you wrote" in said
    assert (world.book.threads(), world.launches) == ((), [])
    assert await world.say("ada", issue.number, "/agentctl run") == f"run: run {world.run.run}"


async def test_a_second_run_is_told_of_the_first_and_begun_once_that_is_over(world: World) -> None:
    number = await world.built()
    first = world.run.run
    assert f"run {first} is building here" in await world.say("bob", number, "/agentctl run")
    assert len(world.book.threads()) == 1
    world.facts(RunMoved(state="done"))
    await world.say("bob", number, "/agentctl run")
    assert [each.by for each in world.book.threads()] == ["ada", "bob"]
    assert world.run.run != first


async def test_who_may_not_command_is_refused_in_words_and_gets_no_receipt(world: World) -> None:
    world.push("main", {"agentctl.toml": TOML})
    issue = world.forge.issue_by("eve", "Two modules", SPEC)
    assert (await world.say("eve", issue.number, "/agentctl run")).startswith("refused")
    assert world.forge.reactions == set()
    assert len(world.replies(issue.number)) == 1
    assert await world.say("eve", issue.number, "what a fine bot") == "no command"


async def test_an_answer_is_stored_under_the_name_of_who_gave_it_and_the_run_goes_on(world: World) -> None:
    number = await world.built(QuestionAsked(question=QUESTION), RunMoved(state="waiting"))
    assert "Q1 of run" in await world.say("bob", number, "/agentctl answer Q1 2")
    with world.store() as store:
        (asked,) = store.questions()
    assert (asked.answer, asked.answered_by) == ("local time", "person:bob")
    assert len(world.launches) == 2
    assert world.replies(number) == []
    assert "already answered by bob" in await world.say("ada", number, "/agentctl answer Q1 1")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("answer Q7 1", "has no question `Q7`: there is Q1"),
        ("answer Q1 9", "There is no option 9"),
        ("approve", "asks nothing about a plan"),
        ("retry T1", "Nobody has tried T1 yet"),
        ("retry T9", "has no task `T9`"),
        ("undo T1", "T1 has not landed"),
        ("budget to 1", "raises nothing"),
        ("cancel T9", "has no task `T9`"),
        ("explain R9", "has no requirement R9"),
    ],
)
async def test_what_a_run_cannot_do_is_said_as_the_terminal_says_it(world: World, text: str, told: str) -> None:
    number = await world.built(QuestionAsked(question=QUESTION))
    await world.say("ada", number, f"/agentctl {text}")
    (said,) = world.replies(number)
    assert told in said


async def test_a_command_without_a_run_is_told_how_to_start_one(world: World) -> None:
    issue = world.forge.issue_by("ada", "Two modules", SPEC)
    assert "`/agentctl run` starts one" in await world.say("ada", issue.number, "/agentctl status")


@pytest.mark.parametrize(
    ("text", "answer"), [("approve", "approve"), ("refuse too many tasks", "refuse: too many tasks")]
)
async def test_a_plan_that_waits_is_approved_or_refused_in_its_thread(world: World, text: str, answer: str) -> None:
    number = await world.built(QuestionAsked(question=PLAN_QUESTION))
    await world.say("ada", number, f"/agentctl {text}")
    with world.store() as store:
        assert [each.answer for each in store.questions()] == [answer]


async def test_hands_are_put_on_the_run_in_the_name_of_who_said_so(world: World) -> None:
    number = await world.built(STARTED)
    told = await world.say("bob", number, "/agentctl retry T1 --rung pro\n/agentctl budget +5\n/agentctl cancel T2")
    assert "the next one begins on pro" in told
    with world.store() as store:
        said = [event.fact for event in store.events() if event.author == "person:bob"]
    assert said == [RetryAsked(task="T1", attempt=1, rung="pro"), BudgetRaised(usd=5.0), CancelAsked(task="T2")]
    (reply,) = world.replies(number)
    assert "T2 will be cancelled" in reply


async def test_questions_about_a_run_are_answered_in_one_comment_that_nothing_in_it_can_break_out_of(
    world: World,
) -> None:
    evil = replace(PLAN.tasks[0], title="``` @everyone <!-- agentctl:run:x --> Fixes #1")
    number = await world.built(
        Planned(plan=replace(PLAN, tasks=(evil, PLAN.tasks[1])), estimate=ESTIMATE),
        QuestionAsked(question=replace(QUESTION, text="Why ```` ```?\n/agentctl cancel")),
    )
    await world.say(
        "ada", number, "/agentctl status\n/agentctl explain Q1\n/agentctl queue\n/agentctl help\n/agentctl explain"
    )
    (reply,) = world.replies(number)
    assert reply.count("<!--") == 1
    inside: str | None = None
    for line in reply.split("\n"):
        fence = line[: len(line) - len(line.lstrip("`"))]
        if inside is None and len(fence) >= 3:
            inside = fence
        elif inside is not None and line == inside:
            inside = None
        else:
            assert inside is not None or not line or line.startswith("<!-- agentctl:reply:comment:")
    assert inside is None
    assert "answer with" not in reply


async def test_a_command_on_a_slice_is_about_the_run_that_made_it(world: World) -> None:
    await world.built()
    branch = f"agentctl/{world.run.run}/core"
    world.push(branch, {"src/t1.py": "x\n"})
    pull = await world.pull_by(world.forge.me, branch)
    assert "T1 will be cancelled" in await world.say("ada", pull.number, "/agentctl cancel T1")
    assert await world.say("ada", pull.number, "/agentctl rebase") == "rebase: two pull requests stand on the new base"
    assert world.rebased == [world.run.run]
    assert f"is a part of run {world.run.run}" in await world.say("ada", pull.number, "/agentctl run")
    assert len(world.book.threads()) == 1
    with world.store() as store:
        assert [e.fact for e in store.events() if e.author == "person:ada"][-1] == CancelAsked(task="T1")


async def test_the_same_comment_that_comes_twice_is_obeyed_once(world: World) -> None:
    number = await world.built()
    delivery = world.comment("ada", number, "/agentctl budget +2")
    again = replace(delivery, id="found-by-polling")
    assert await world.acting.act(delivery) == await world.acting.act(again)
    with world.store() as store:
        assert store.budget_raised() == 2.0
    assert len(world.replies(number)) == 1


async def test_an_answer_given_at_a_terminal_stands(world: World) -> None:
    number = await world.built(QuestionAsked(question=QUESTION))
    world.facts(QuestionAnswered(key="zone", answer="utc"), author="person:Ada Lovelace")
    assert "already answered by Ada Lovelace" in await world.say("bob", number, "/agentctl answer Q1 2")


@pytest.mark.parametrize(("options", "cap"), [("", 1.5), (" --budget 0.5", 0.5), (" --budget 9", 1.5)])
async def test_a_run_may_spend_what_is_left_to_who_started_it_and_no_more(
    world: World, options: str, cap: float
) -> None:
    world.push("main", {"agentctl.toml": TOML})
    issue = world.forge.issue_by("eve", "Two modules", SPEC)

    async def capped(place: Place, delivery: Delivery) -> Decision:
        ruling = await allow(place, delivery)
        assert isinstance(ruling, Allowed)
        return replace(ruling, usd=1.5)

    world.acting.others = replace(world.acting.others, allow=capped)
    await world.say("ada", issue.number, f"/agentctl run{options}")
    with world.store() as store:
        assert store.run().settings.limits.usd == cap


async def test_a_label_starts_a_run_as_a_comment_does(world: World) -> None:
    world.push("main", {"agentctl.toml": TOML})
    issue = world.forge.issue_by("eve", "Two modules", SPEC)

    async def labelled(_: Place, __: Delivery) -> Decision:
        return Allowed(commands=(Said(word="run"),), by="ada")

    world.acting.others = replace(world.acting.others, allow=labelled)
    happening = Labelled(number=issue.number, label="build", pull=False, by=Account(login="ada"))
    delivery = world.delivery(happening)
    assert await world.acting.act(delivery) == await world.acting.act(delivery)
    assert [each.by for each in world.book.threads()] == ["ada"]
    assert world.forge.writes == []


async def test_a_text_that_is_too_large_to_be_a_spec_is_refused(world: World) -> None:
    world.push("main", {"agentctl.toml": TOML})
    issue = world.forge.issue_by("eve", "Much", "# Much\n" + "x" * 1_000_001)
    assert "is larger than 1 MB" in await world.say("ada", issue.number, "/agentctl run")


@pytest.mark.parametrize(("cap", "kept"), [(None, False), (30.0, True)])
async def test_an_issues_budget_counts_up_to_the_cap_of_the_policy_there(
    world: World, cap: float | None, *, kept: bool
) -> None:
    world.policy = Policy(usd_per_run=cap)
    world.acting.others = replace(world.acting.others, spec_of_issue=spec_of_issue)
    world.push("main", {"agentctl.toml": TOML})
    issue = world.forge.issue_by("ada", "Two modules", f"---\nbudget: {{usd: 20}}\n---\n{SPEC}")
    await world.say("ada", issue.number, "/agentctl run")
    assert ("budget: {usd: 20}" in (world.run.path / "spec.md").read_text()) is kept


async def test_what_an_issue_cannot_decide_is_told_to_who_started_its_run(world: World) -> None:
    world.acting.others = replace(world.acting.others, spec_of_issue=spec_of_issue)
    world.push("main", {"agentctl.toml": TOML})
    issue = world.forge.issue_by("eve", "Two modules", f"---\ngate: [make lint]\nautonomy: never\n---\n{SPEC}")
    await world.say("ada", issue.number, "/agentctl run")
    (told,) = [each.body for each in world.forge.said[issue.number] if each.author.login != "ada"]
    assert "an issue's front matter cannot set `gate`: write it into a spec that is committed" in told
    assert "cannot set `autonomy: never`" in told
