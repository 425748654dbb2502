"""A run's landings cut into branches: real git, a real store, and a gate that says what the test says."""

import subprocess
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from agentctl.orchestrator.delivering import planned
from agentctl.orchestrator.errors import AgentctlError, GitError
from agentctl.orchestrator.git.opening import open_repository
from agentctl.orchestrator.git.repository import Repository
from agentctl.orchestrator.nouns.events import (
    AttemptStarted,
    EvidenceFound,
    Landed,
    Patched,
    PlanApproved,
    Planned,
    QuestionAnswered,
    QuestionAsked,
    RunCreated,
    RunMoved,
)
from agentctl.orchestrator.nouns.keys import AttemptKey, integration_branch
from agentctl.orchestrator.nouns.plan import Estimate, LockedTest, Task
from agentctl.orchestrator.nouns.questions import Question
from agentctl.orchestrator.nouns.runs import CommitRules, Evidence, Landing
from agentctl.orchestrator.nouns.verdicts import Expectation
from agentctl.orchestrator.run_view import RunView

from .deliveries import RUN, SPEC, Make


@pytest.fixture
def git_at(git: Repository) -> Callable[..., None]:
    """Git as a person types it."""

    def call(*words: str) -> None:
        subprocess.run(["git", "-C", str(git.location.root), *words], check=True, capture_output=True)

    return call


async def branches(git: Repository) -> dict[str, str]:
    return {name.rpartition("/")[2]: commit for name, commit in (await git.refs("refs/heads/agentctl/")).items()}


async def paths(git: Repository, commit: str) -> list[str]:
    return sorted(await git.entries(await git.tree_of(commit)))


async def test_each_slice_is_a_judged_branch_with_a_commit_for_each_task(make: Make) -> None:
    run = await make("T1 core", "T2 shell T1", "T3 core", "T4 docs")
    for task in ("T1", "T2", "T3", "T4"):
        await run.lands(task, {f"src/{task}.py": "x\n"})
    core, shell, docs = await run.cut()
    assert [(each.slice.name, each.slice.tasks, each.slice.on) for each in (core, shell, docs)] == [
        ("core", ("T1", "T3"), ""),
        ("shell", ("T2",), "core"),
        ("docs", ("T4",), ""),
    ]
    assert await paths(run.git, shell.head) == ["src/T1.py", "src/T2.py", "src/T3.py"]
    assert await paths(run.git, docs.head) == ["src/T4.py"]
    assert await branches(run.git) == {"all": run.tip, "core": core.head, "shell": shell.head, "docs": docs.head}
    assert {each.tree for each in (core, shell, docs)} <= set(run.gate.judged)
    log = await run.git.log(since=run.base, tip=core.head)
    assert [message.splitlines()[0] for _, message in log] == ["Do T1", "Do T3"]
    assert log[0][0] == run.landed["T1"]
    assert log[1][1] == dict(await run.git.log(since=run.base, tip=run.tip))[run.landed["T3"]]


async def test_delivering_again_comes_to_the_same_and_another_cut_takes_old_branches_away(make: Make) -> None:
    run = await make("T1 core", "T2 core", "T3 shell")
    for task in ("T1", "T2", "T3"):
        await run.lands(task, {f"src/{task}.py": "x\n" * 100})
    first = await run.cut(20)
    assert [each.slice.name for each in first] == ["core", "core-2", "shell"]
    assert await run.cut(20) == first
    await run.cut()
    assert sorted(await branches(run.git)) == ["all", "core", "shell"]


async def test_commits_of_an_earlier_delivery_are_kept_whoever_commits_now(make: Make) -> None:
    run = await make("T1 core", "T2 shell", "T3 core")
    for task in ("T1", "T2", "T3"):
        await run.lands(task, {f"src/{task}.py": "x\n"})
    first = await run.cut()
    run.git = open_repository(run.git.location.root, rules=CommitRules(author="Else <else@example.org>", sign_off=True))
    assert [each.head for each in await run.cut()] == [each.head for each in first]


async def test_a_delivery_that_was_killed_half_way_is_finished_by_the_next(make: Make) -> None:
    run = await make("T1 core", "T2 shell")
    await run.lands("T1", {"src/T1.py": "x\n"})
    await run.lands("T2", {"src/T2.py": "x\n"})
    whole = await run.cut()
    core, shell = whole
    await run.git.move_ref(f"refs/heads/{shell.branch}", new=None, old=shell.head)
    assert await run.cut() == whole
    assert await branches(run.git) == {"all": run.tip, "core": core.head, "shell": shell.head}


async def test_what_lands_meanwhile_and_is_not_in_the_tables_yet_is_left_for_the_next_time(make: Make) -> None:
    run = await make("T1 core", "T2 shell")
    await run.lands("T1", {"src/T1.py": "x\n"})
    await run.commit({"src/T2.py": "x\n"}, f"Do T2\n\nSpec: shop@d\nTask: T2\nRun: {RUN}\n")
    (only,) = await run.cut()
    assert (only.slice.tasks, await paths(run.git, only.head)) == (("T1",), ["src/T1.py"])


async def test_a_base_that_is_not_here_is_named(make: Make) -> None:
    run = await make("T1 core")
    await run.lands("T1", {"src/T1.py": "x\n"})
    moved = replace(run.store.run(), base="f" * 40)
    run.store.append(
        RunCreated(run=RUN, spec_id="shop", spec_blob="", title=SPEC.title, base=moved.base, settings=moved.settings),
        author="driver",
    )
    with pytest.raises(GitError, match="ffffffffff, is not in this repository: fetch it"):
        await run.cut()


async def test_what_a_person_committed_on_a_branch_stays_and_nothing_moves(make: Make) -> None:
    run = await make("T1 core", "T2 shell")
    await run.lands("T1", {"src/T1.py": "x\n"})
    await run.lands("T2", {"src/T2.py": "x\n"})
    core, shell = await run.cut()
    mine = await run.git.commit(tree=shell.tree, parents=[core.head], message="mine", at=9.0)
    assert await run.git.move_ref(f"refs/heads/{core.branch}", new=mine, old=core.head)
    before = await branches(run.git)
    with pytest.raises(GitError, match="agentctl/k7m2xq/core holds what no delivery put there"):
        await run.cut()
    assert await branches(run.git) == before
    await run.git.move_ref(f"refs/heads/{core.branch}", new=core.head, old=mine)
    assert [each.head for each in await run.cut()] == [core.head, shell.head]


@pytest.mark.parametrize("way", ["switch", "worktree"])
async def test_a_branch_that_somebody_stands_on_is_not_moved_beneath_them(
    make: Make, git_at: Callable[..., None], tmp_path: Path, way: str
) -> None:
    run = await make("T1 core", "T2 core")
    for task in ("T1", "T2"):
        await run.lands(task, {f"src/{task}.py": "x\n" * 100})
    first, second = await run.cut(10)
    if way == "worktree":
        git_at("worktree", "add", "-q", str(tmp_path / "there"), second.branch)
    else:
        git_at("switch", "-q", second.branch)
    before = await branches(run.git)
    assert await run.cut(10) == (first, second)
    with pytest.raises(GitError, match="core-2 is checked out and would move beneath you"):
        await run.cut()
    assert await branches(run.git) == before


async def test_a_slice_that_is_red_alone_becomes_one_with_its_neighbour_and_says_why(make: Make) -> None:
    run = await make("T1 core", "T2 shell", "T3 docs")
    for task in ("T1", "T2", "T3"):
        await run.lands(task, {f"src/{task}.py": "x\n"})
    run.gate.red = lambda seen: "shell needs core" if "src/T2.py" in seen and "src/T1.py" not in seen else ""
    core, docs = await run.cut()
    assert (core.slice.tasks, docs.slice.tasks) == (("T1", "T2"), ("T3",))
    assert core.slice.notes == (
        "core and shell are one here, because shell cannot stand alone: the gate is red: shell needs core",
    )
    assert "shell needs core" in core.body


async def test_slices_that_clash_or_differ_from_the_run_end_as_the_whole_run(make: Make) -> None:
    run = await make("T1 core", "T2 shell")
    await run.lands("T1", {"src/a.py": "x\n"})
    await run.lands("T2", {"src/b.py": "x\n"})
    await run.commit({"src/a.py": "changed by hand\n"}, "By hand")
    (whole,) = await run.cut()
    assert whole.tree == await run.git.tree_of(run.tip)
    assert whole.slice.tasks == ("T1", "T2")
    assert "clashes in src/a.py" in whole.slice.notes[0]


async def test_a_run_that_is_red_here_moves_nothing_and_says_what_to_do(make: Make) -> None:
    run = await make("T1 core", "T2 shell")
    await run.lands("T1", {"src/T1.py": "x\n"})
    await run.lands("T2", {"src/T2.py": "x\n"})
    run.gate.red = lambda _: "src/T1.py broke:\nlong"
    with pytest.raises(AgentctlError, match=r"is not green as it stands here: the gate is red: src/T1\.py broke"):
        await run.cut()
    assert list(await branches(run.git)) == ["all"]


async def test_what_all_start_from_comes_first_and_the_lock_comes_last(make: Make) -> None:
    run = await make("T1 core", "T2 shell")
    stubs = await run.begins_at({"src/stub.py": "s\n"})
    await run.lands("T1", {"src/T1.py": "x\n"})
    await run.commit({"shop.lock": "one\n"}, "Trace\n\nRun: k7m2xq")
    await run.lands("T2", {"src/T2.py": "x\n"})
    await run.commit({"shop.lock": "two\n"}, "Trace\n\nRun: k7m2xq")
    start, core, shell = await run.cut()
    assert (start.slice.name, start.slice.tasks, start.head) == ("start", (), stubs)
    assert (core.slice.on, shell.slice.on) == ("start", "start")
    assert await paths(run.git, core.head) == ["src/T1.py", "src/stub.py"]
    assert await paths(run.git, shell.head) == ["shop.lock", "src/T2.py", "src/stub.py"]
    assert shell.commits[-1][1:] == ("", "Trace")
    assert "is stacked on `agentctl/k7m2xq/start`" in core.body
    assert "\ngit fetch origin agentctl/k7m2xq/core && git switch --detach FETCH_HEAD\n" in core.body


async def test_owners_template_and_titles_are_those_of_the_base(make: Make) -> None:
    files = {
        ".github/CODEOWNERS": "/src/a/ @ada\n/src/b/ @bob\n",
        ".github/PULL_REQUEST_TEMPLATE.md": "## Description\n\n## Checklist\n- [ ] I tested it\n",
        ".commitlintrc.json": '{"extends": ["@commitlint/config-conventional"]}',
    }
    run = await make("T1 core", "T2 core", files=files)
    await run.lands("T1", {"src/a/x.py": "x\n", ".github/CODEOWNERS": "* @evil\n"})
    await run.lands("T2", {"src/b/x.py": "x\n"})
    first, second = await run.cut()
    assert (first.slice.owners, second.slice.owners) == (("@ada",), ("@bob",))
    assert first.title == "feat(core): do T1"
    assert first.body.startswith("## Description\n\nPart 1 of 2 of *shop: sell things*: Do T1. People want things.\n")
    assert "- [ ] I tested it" in first.body


async def test_a_message_that_would_act_on_a_forge_does_not_and_who_commits_follows_the_rules(make: Make) -> None:
    run = await make("T1 core")
    await run.lands("T1", {"src/T1.py": "x\n"}, message="Do it\n\nFixes #7 for @bob\n\nTask: T1\n")
    (only,) = await run.cut()
    ((_, message),) = await run.git.log(since=run.base, tip=only.head)
    assert "Fixes issue #7 for @ bob" in message
    assert message.count("Signed-off-by:") == 1
    assert only.tree == await run.git.tree_of(run.tip)
    raw = (await run.git.door.call("cat-file", "commit", only.head)).output.decode()
    assert "author Bot <bot@example.org>" in raw


async def test_the_text_tells_evidence_and_decisions_and_never_a_holdout(make: Make) -> None:
    run = await make("T1 core", "T2 shell")
    await run.lands("T1", {"src/T1.py": "x\n"})
    await run.lands("T2", {"src/T2.py": "x\n"})
    found = (("R1", "R1.c1", "V2", "T1"), ("R2", "R2.h1", "V3", "T2"))
    evidence = tuple(
        Evidence(requirement=r, requirement_key="k", check=c, level=level, task=t, commit="c", tree="t")  # type: ignore[arg-type]  # as the rows have it
        for r, c, level, t in found
    )
    asked = Question(key="q", kind="decision", text="Loud?", asked_by="T2:1", requirements=("R2",))
    guessed = replace(asked, key="p", text="English?", asked_by="probe", requirements=("R1",))
    run.store.append(
        EvidenceFound(evidence=evidence),
        QuestionAsked(question=asked),
        QuestionAsked(question=guessed),
        author="gate",
    )
    run.store.append(QuestionAnswered(key="q", answer="no"), author="person:Ada")
    run.store.append(QuestionAnswered(key="p", answer="yes"), author="policy:assumption")
    core, shell = await run.cut()
    assert "| R1 | It MUST do 1. | V2 | `R1.c1` |" in core.body
    assert "- English? **yes** (taken for granted by the probe)" in core.body
    assert "| R2 | It MUST do 2. | V3 | a hidden check |" in shell.body
    assert "- Loud? **no** (Ada)" in shell.body
    for text in (core.body, shell.body):
        assert "R2.h1" not in text
        assert "test_R2h" not in text


async def test_a_check_that_decides_the_work_of_another_task_stands_on_it(make: Make) -> None:
    run = await make("T1 core", "T3 shell")
    await run.lands("T1", {"src/T1.py": "x\n"})
    await run.lands("T3", {"src/T3.py": "x\n"})
    spanning = LockedTest(check="R3.c1", requirements=("R1", "R3"), path="t.py", text="t", tests=("z",))
    view = RunView(run.store, replace(SPEC, locked=(spanning,)), Expectation())
    with_check = replace(
        run.plan, tasks=tuple(replace(t, checks=("R3.c1",) if t.id == "T3" else ()) for t in run.plan.tasks)
    )
    estimate = Estimate(calls=1, usd=0.1, minutes=1.0, critical_path=())
    run.store.append(Planned(plan=with_check, estimate=estimate), PlanApproved(), author="driver")
    found = await planned(run.delivery(view=view), review_minutes=0.0)
    assert [(each.name, each.on) for each in found] == [("core", ""), ("shell", "core")]


async def test_what_was_taken_back_stays_above_what_it_takes_back(make: Make) -> None:
    run = await make("T1 core", "T2 shell")
    await run.lands("T1", {"src/T1.py": "x\n"})
    await run.lands("T2", {"src/T2.py": "x\n"})
    back = Task(id="T9", team="shell", title="Take back T1", goal="g", reverts="T1")
    run.plan = replace(run.plan, tasks=(*run.plan.tasks, back))
    estimate = Estimate(calls=1, usd=0.1, minutes=1.0, critical_path=())
    run.store.append(Planned(plan=run.plan, estimate=estimate), PlanApproved(), author="driver")
    tree = await run.git.tree_of(run.tip)
    undone = await run.git.amend_tree(tree, {"src/T1.py": None})
    new = await run.git.commit(tree=undone, parents=[run.tip], message="Take back T1", at=200.0)
    await run.git.move_ref(integration_branch(RUN), new=new, old=run.tip)
    key = AttemptKey(task="T9")
    landing = Landing(order=3, key=key, commit=new, tree=undone, patch=new, at=200.0)
    run.store.append(
        AttemptStarted(key=key, rung="person", base_tree=tree),
        Patched(key=key, patch=new, tree=undone),
        Landed(landings=(landing,)),
        author="queue",
    )
    core, shell = await run.cut()
    assert (shell.slice.tasks, shell.slice.on) == (("T2", "T9"), "core")
    assert await paths(run.git, core.head) == ["src/T1.py"]
    assert await paths(run.git, shell.head) == ["src/T2.py"]


async def test_a_run_that_has_landed_nothing_or_lost_its_branch_says_what_to_do(make: Make) -> None:
    run = await make("T1 core")
    with pytest.raises(AgentctlError, match="agentctl resume k7m2xq"):
        await run.cut()
    await run.lands("T1", {"src/T1.py": "x\n"})
    await run.git.move_ref(integration_branch(RUN), new=run.base, old=run.tip)
    with pytest.raises(GitError, match="does not hold T1"):
        await run.cut()
    await run.git.move_ref(integration_branch(RUN), new=None, old=run.base)
    with pytest.raises(GitError, match="git update-ref"):
        await run.cut()


async def test_a_run_that_is_not_done_delivers_what_has_landed_and_says_so(make: Make) -> None:
    run = await make("T1 core", "T2 shell")
    await run.lands("T1", {"src/T1.py": "x\n"})
    run.store.append(RunMoved(state="building"), author="driver")
    (only,) = await run.cut()
    assert "The run is building; this is what has landed by now: T2 will follow." in only.body
