"""What a thread shows of its run: one comment, its questions, checks, pull requests, and how it ends."""

from collections.abc import Callable, Sequence
from dataclasses import replace

import pytest
from agentctl.orchestrator.nouns.events import QuestionAnswered, TaskMoved
from agentctl.orchestrator.nouns.policy import Policy
from agentctl.orchestrator.nouns.questions import Question

from .conftest import PLAN, QUESTION, RUN, Killed, Scene


async def test_a_run_has_one_comment_however_often_it_is_looked_at(scene: Scene) -> None:
    await scene.look()
    scene.plan()
    for _ in range(3):
        await scene.look()
    assert len(scene.comments()) == 1
    assert "**is being built**" in scene.sticky()
    assert "| `T1` | Say hello | waits |  |" in scene.sticky()


async def test_what_stands_so_already_costs_no_write(scene: Scene) -> None:
    scene.plan()
    await scene.look()
    before = list(scene.forge.writes)
    await scene.look()
    await scene.look(after=3600)
    assert scene.forge.writes == before


async def test_a_comment_that_somebody_took_away_or_changed_comes_back(scene: Scene) -> None:
    await scene.look()
    scene.forge.said[scene.thread.number].clear()
    await scene.look(after=30)
    assert scene.comments() == []
    await scene.look(after=600)
    assert "is being planned" in scene.sticky()


async def test_small_changes_wait_a_moment_and_a_change_of_state_does_not(scene: Scene) -> None:
    scene.plan()
    await scene.look()
    scene.say(TaskMoved(task="T1", state="working"))
    await scene.look(after=5)
    assert "| `T1` | Say hello | waits |" in scene.sticky()
    await scene.look(after=16)
    assert "| `T1` | Say hello | works |" in scene.sticky()
    scene.finish("failed")
    await scene.look(after=1)
    assert "**has failed**" in scene.sticky()


async def test_a_clock_that_was_ahead_keeps_nothing_back(scene: Scene) -> None:
    scene.plan()
    scene.clock.at += 1e8
    await scene.look()
    scene.say(TaskMoved(task="T1", state="working"))
    await scene.look(after=-1e8)
    assert "| works |" in scene.sticky()


async def test_a_question_is_a_comment_that_is_edited_when_it_is_answered(scene: Scene) -> None:
    scene.plan()
    scene.ask()
    await scene.look()
    await scene.look()
    sticky, question = scene.comments() if "run:" in scene.comments()[0] else scene.comments()[::-1]
    assert question.startswith("### `Q1` needs @ada\n\n> Which time zone?\n\nWhy: The format needs one.")
    assert "- `1` utc **(recommended)**: the same everywhere" in question
    assert "- `2` local time; lets its task change `src/clock.py` too" in question
    assert "It holds up 2 tasks, 2 min of the longest path. It is about `R1`. Without an answer it waits." in question
    assert '`/agentctl answer Q1 1`, or `/agentctl answer Q1 "your own words"`' in question
    assert "- `Q1` Which time zone?" in sticky
    scene.say(QuestionAnswered(key="zone", answer="utc"), author="person:grace")
    await scene.look()
    assert len(scene.comments()) == 2
    (question,) = [body for body in scene.comments() if "### `Q1`" in body]
    assert question.startswith("### `Q1` is answered\n\n> Which time zone?\n\n**utc**, said `grace`.")
    assert "Waits for an answer" not in scene.sticky()


async def test_who_asked_for_the_run_is_called_once_while_questions_are_open(scene: Scene) -> None:
    scene.plan()
    scene.ask()
    scene.ask(replace(QUESTION, key="other", text="Which tongue?"))
    await scene.look()
    await scene.look()
    text = "\n".join(scene.comments())
    assert text.count("@") == 1
    assert len(scene.comments()) == 3


async def test_a_name_that_is_no_login_is_not_called(scene: Scene) -> None:
    scene.thread = replace(scene.thread, by="acme/everybody")
    scene.book.bind(scene.thread)
    scene.plan()
    scene.ask()
    await scene.look()
    assert "@" not in "\n".join(scene.comments())


async def test_what_a_rule_answered_at_once_is_no_comment_and_is_said_in_the_one(scene: Scene) -> None:
    scene.plan()
    scene.ask(replace(QUESTION, default="utc"))
    scene.say(QuestionAnswered(key="zone", answer="utc"), author="policy:autonomy")
    await scene.look()
    assert len(scene.comments()) == 1
    assert "Decided without a person: 1" in scene.sticky()
    assert "- `Q1` Which time zone?: **utc**" in scene.sticky()


async def test_a_plan_is_shown_with_what_it_costs_and_how_to_approve_it(scene: Scene) -> None:
    from agentctl.orchestrator.nouns.events import Planned
    from agentctl.orchestrator.rules.asking import plan_question

    from .conftest import ESTIMATE

    scene.say(Planned(plan=PLAN, estimate=ESTIMATE))
    scene.ask(plan_question(PLAN, ESTIMATE, number=1))
    await scene.look()
    (question,) = [body for body in scene.comments() if "### `Q1`" in body]
    assert "<summary>The plan</summary>" in question
    assert "about 4 calls, about $0.20, 3 min; critical path T1 > T2" in question
    assert 'Answer with `/agentctl approve`, or `/agentctl refuse "what is missing"`.' in question


async def test_questions_that_may_wait_are_kept_for_later(another: Callable[..., Scene]) -> None:
    scene = another(interrupts=1)
    scene.plan()
    scene.say(TaskMoved(task="T2", state="working"))
    for name in ("one", "two", "three"):
        scene.ask(replace(QUESTION, key=name, text=f"Question {name}?"))
    await scene.look()
    assert len([body for body in scene.comments() if "agentctl:question" in body]) == 1
    assert ", 2 questions kept for later." in scene.sticky()


async def test_an_open_question_of_a_run_that_is_over_is_withdrawn(scene: Scene) -> None:
    scene.plan()
    scene.ask()
    await scene.look()
    scene.finish("cancelled")
    await scene.look()
    (question,) = [body for body in scene.comments() if "agentctl:question" in body]
    assert question.startswith("### `Q1` is not asked any more")
    assert scene.book.threads() == ()


async def test_a_recording_is_called_one(another: Callable[..., Scene]) -> None:
    scene = another(replay="x.jsonl")
    await scene.look()
    assert "no model is asked" in scene.sticky()


async def build(scene: Scene) -> tuple[str, str]:
    scene.plan()
    await scene.look()
    heads = scene.land("T1"), scene.land("T2", on="core-2", below="core")
    scene.prove("R1", "T1")
    scene.finish()
    await scene.look()
    return heads


async def test_a_done_run_becomes_pull_requests_with_checks_on_their_heads(scene: Scene) -> None:
    first, second = await build(scene)
    low, high = sorted(scene.forge.requests.values(), key=lambda pull: pull.number)
    assert (low.base, high.base) == ("main", f"agentctl/{RUN}/core")
    assert f"- #{low.number} `core` open: ready for you" in scene.sticky()
    assert f"| `T2` | Name them | landed | #{high.number} |" in scene.sticky()
    gate = scene.check("agentctl/gate", first)
    assert (gate.state, gate.title) == ("success", "2 tests passed on this exact tree")
    assert "| `R1` | `greet` MUST say hello. | V2:" in gate.summary
    assert "R2" not in gate.summary
    assert scene.check("agentctl/queue", second).title == "2 of 2 tasks landed"
    await scene.look()
    assert scene.brings == 1


async def test_a_red_verdict_names_the_lines(scene: Scene) -> None:
    scene.plan()
    sha = scene.land("T1", passed=False)
    scene.finish()
    await scene.look()
    gate = scene.check("agentctl/gate", sha)
    assert gate.state == "failure"
    assert [(each.path, each.line) for each in gate.annotations] == [("T1.py", 3)]


async def test_a_head_that_somebody_pushed_is_not_called_judged(scene: Scene) -> None:
    first, _ = await build(scene)
    scene.git("checkout", "-q", f"agentctl/{RUN}/core")
    scene.git("commit", "-q", "--allow-empty", "-m", "mine")
    theirs = scene.git("rev-parse", "HEAD")
    scene.git("push", "-q", str(scene.remote), f"HEAD:refs/heads/agentctl/{RUN}/core")
    scene.git("checkout", "-q", "main")
    scene.git("branch", "-q", "-f", f"agentctl/{RUN}/core", first)
    await scene.look()
    assert scene.check("agentctl/gate", theirs).state == "neutral"
    assert "somebody pushed to it" in scene.sticky()


async def test_what_cannot_be_brought_is_said_and_tried_again_later(scene: Scene) -> None:
    scene.refuse = "the branch is protected"
    await build(scene)
    assert "⚠ The result could not be brought here: the branch is protected" in scene.sticky()
    scene.refuse = ""
    await scene.look()
    assert scene.brings == 1
    await scene.look(after=600)
    await scene.look()
    assert "protected" not in scene.sticky()
    assert len(scene.forge.requests) == 2


async def test_nothing_is_merged_without_a_policy_that_says_so(scene: Scene) -> None:
    await build(scene)
    for _ in range(3):
        await scene.look()
    assert {pull.state for pull in scene.forge.requests.values()} == {"open"}


async def test_a_policy_merges_from_the_bottom_and_the_thread_ends(scene: Scene) -> None:
    scene.policy = Policy(merge="merge")
    await build(scene)
    low, high = sorted(scene.forge.requests)
    assert (scene.forge.requests[low].state, scene.forge.requests[high].state) == ("merged", "open")
    await scene.look()
    await scene.look()
    assert {pull.state for pull in scene.forge.requests.values()} == {"merged"}
    assert f"**The end**: done, merged #&#8203;{low} #&#8203;{high}, " in scene.sticky()
    assert "How to command" not in scene.sticky()
    assert scene.book.threads() == ()


async def test_why_it_is_not_merged_is_said(scene: Scene) -> None:
    scene.policy, scene.unmergeable = Policy(merge="squash"), "1 approval of this head is missing"
    await build(scene)
    assert "open: 1 approval of this head is missing" in scene.sticky()
    assert f"waits for what it stands on, agentctl/{RUN}/core" in scene.sticky().replace("\\", "")


async def test_what_somebody_sent_to_another_branch_is_not_merged_there(scene: Scene) -> None:
    scene.policy, scene.unmergeable = Policy(merge="squash"), "1 approval of this head is missing"
    await build(scene)
    scene.git("push", "-q", str(scene.remote), "main:release")
    low = min(scene.forge.requests)
    scene.forge.requests[low] = replace(scene.forge.requests[low], base="release")
    scene.unmergeable = ""
    await scene.look()
    assert scene.forge.requests[low].state == "open"
    assert "goes to release, as somebody chose: a person merges" in scene.sticky()


async def test_only_a_judged_head_is_merged(scene: Scene) -> None:
    scene.policy = Policy(merge="merge")
    scene.plan()
    scene.land("T1", passed=False)
    scene.finish()
    await scene.look()
    await scene.look()
    assert [pull.state for pull in scene.forge.requests.values()] == ["open"]


async def test_the_end_is_told_once_all_pull_requests_are(scene: Scene) -> None:
    await build(scene)
    for number in scene.forge.requests:
        await scene.forge.close(number)
    await scene.look()
    assert "closed" in scene.sticky()
    assert scene.book.threads() == ()


async def test_a_failed_run_stays_open_for_a_day(scene: Scene) -> None:
    scene.plan()
    scene.finish("failed")
    await scene.look()
    assert len(scene.book.threads()) == 1
    await scene.look(after=90_000)
    assert scene.book.threads() == ()


async def life(scene: Scene, *, kill: int = -1, late: bool = False) -> int:
    """A whole life; the write of that number is the bot's last, before or after it; returns how many there were."""
    writes = 0

    def counted(_: str) -> None:
        nonlocal writes
        writes += 1
        if writes - 1 == kill:
            raise Killed

    async def looked(times: int = 2) -> None:
        for _ in range(times):
            try:
                await scene.look()
            except Killed:
                await scene.look()

    setattr(scene.forge, "after" if late else "before", counted)
    scene.policy = Policy(merge="merge")
    scene.plan()
    scene.ask()
    await looked()
    scene.say(QuestionAnswered(key="zone", answer="utc"), author="person:ada")
    heads = [scene.land("T1"), scene.land("T2", on="core-2", below="core")]
    scene.finish()
    scene.ci(heads[0], "failure", log="boom")
    await looked()
    scene.say(TaskMoved(task="T11", state="working"))
    scene.land("T11", on="core")
    scene.git("checkout", "-q", f"agentctl/{RUN}/core-2")
    scene.git("rebase", "-q", f"agentctl/{RUN}/core")
    scene.git("checkout", "-q", "main")
    scene.git("push", "-q", "-f", str(scene.remote), f"agentctl/{RUN}/core-2")
    judge(scene, f"agentctl/{RUN}/core-2")
    scene.finish()
    await looked(4)
    return writes


def judge(scene: Scene, branch: str) -> None:
    from agentctl.orchestrator.nouns.events import Judged
    from agentctl.orchestrator.nouns.verdicts import Verdict

    verdict = Verdict(tree=scene.git("rev-parse", f"{branch}^{{tree}}"), gate="g", passed=True, tests=("t::a",))
    scene.say(Judged(verdict=verdict, report=scene.store.put_blob("{}")), author="gate")


def shown(scene: Scene) -> object:
    """What a reader of the forge sees, without ids and times."""
    comments = sorted(body.partition(" from its beginning")[0].rpartition(", ")[0] for body in scene.comments())
    checks = sorted((each.name, each.state, each.title) for each in scene.forge.checked)
    pulls = sorted((each.head, each.base, each.state) for each in scene.forge.requests.values())
    added = [each.requirement for each in scene.store.hands().amendments]
    return comments, checks, pulls, added, [thread.over for thread in scene.book.threads(also_over=True)]


@pytest.mark.parametrize("late", [False, True])
async def test_killed_at_any_write_and_called_again_it_ends_the_same(
    scene: Scene, another: Callable[..., Scene], deaths: Callable[..., Sequence[int]], *, late: bool
) -> None:
    writes = await life(scene, late=late)
    wanted = shown(scene)
    assert {pull.state for pull in scene.forge.requests.values()} == {"merged"}
    assert writes > 12
    for kill in deaths(writes, first=2 * late):
        other = another()
        await life(other, kill=kill, late=late)
        assert shown(other) == wanted, f"killed at write {kill}"


async def test_long_runs_stay_below_what_a_comment_may_hold(scene: Scene) -> None:
    tasks = tuple(replace(PLAN.tasks[0], id=f"T{n}", title="<@ada>" * 40) for n in range(3000))
    scene.plan(replace(PLAN, tasks=tasks))
    scene.ask(Question(key="long", kind="decision", text="_" * 100_000))
    await scene.look()
    assert max(map(len, scene.comments())) < 60_000


async def test_the_pull_request_in_which_a_run_was_asked_for_shows_where_it_stands(scene: Scene) -> None:
    scene.git("checkout", "-q", "-b", "spec")
    scene.git("commit", "-q", "--allow-empty", "-m", "a spec")
    scene.git("push", "-q", str(scene.remote), "spec")
    scene.git("checkout", "-q", "main")
    pull = await scene.forge.open_pull(head="spec", base="main", title="spec", body="", draft=False)
    scene.thread = replace(scene.thread, number=pull.number, pull=True)
    scene.book.bind(scene.thread)
    scene.plan()
    scene.ask()
    await scene.look()
    check = scene.check("agentctl/queue", pull.head_sha)
    assert (check.state, check.title) == ("running", "0 of 2 tasks landed, 0 in the merge queue; Q1 to be answered")


async def test_what_was_kept_for_later_is_asked_once_the_run_says_so(another: Callable[..., Scene]) -> None:
    from agentctl.orchestrator.nouns.notices import HumanNeeded

    scene = another(interrupts=1)
    scene.plan()
    scene.say(TaskMoved(task="T2", state="working"))
    for name in ("one", "two"):
        scene.ask(replace(QUESTION, key=name, text=f"Question {name}?"))
    await scene.look()
    scene.say(HumanNeeded(about="digest", text="2 questions wait", questions=("Q1", "Q2")), author="notifier")
    await scene.look()
    assert len([body for body in scene.comments() if "agentctl:question" in body]) == 2
