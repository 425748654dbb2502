"""What a critic is asked, and what is made of its answer."""

import json
from dataclasses import replace
from typing import Any

import pytest
from agentctl.agents.advice import Advice
from agentctl.agents.critic import ModelCritic, choice_request, read_opinion, read_request
from agentctl.agents.digest import digest
from agentctl.agents.models.errors import Malformed
from agentctl.orchestrator.nouns.keys import AttemptKey
from agentctl.orchestrator.nouns.plan import LockedTest
from agentctl.orchestrator.nouns.reviews import Claim, Opinion, Reading, Shown
from agentctl.orchestrator.ports import Job

DIFF = "diff --git a/src/greet.py b/src/greet.py\n+def greet(): ...\n"
LOCKED = LockedTest(check="R1", requirements=("R1",), path="tests/a.py", text="", tests=("tests/a.py::one",))
SAID = {
    "claims": [
        {"requirement": " R1 ", "quote": "MUST return a greeting", "line": "+def greet(): ...", "why": "It\nis none."}
    ],
    "advice": ["Say\nwhom.", " "],
}


@pytest.fixture
def job(spec: Any, task: Any) -> Job:
    return Job(key=AttemptKey(task="T1"), task=task, spec=spec, rung="flash", base_tree="t")


def test_it_reads_the_goal_its_own_requirements_what_was_decided_what_passed_and_the_patch(job: Job) -> None:
    decided = replace(job, decisions=(("Which greeting?", "Hello"),), locked=(LOCKED,))
    request = read_request(decided, Shown(diff=DIFF, passed=("tests/b.py::two", "tests/a.py::one")))
    text = request.messages[1].text
    order = [
        "Build `greet",
        "- R1 (MUST): `greet` MUST return a greeting.",
        "Decided: Hello",
        "tests/a.py::one\nothers: 1",
        "+def greet",
    ]
    assert [text.index(part) for part in order] == sorted(text.index(part) for part in order)
    assert "R2" not in text
    assert (request.tier, request.tools) == ("flash", ())


def test_the_terms_of_its_requirements_are_told(job: Job) -> None:
    first, *others = job.spec.requirements
    wanted = (replace(first, terms=(("greeting", "`Hello` and a name."),)), *others)
    text = read_request(replace(job, spec=replace(job.spec, requirements=wanted)), Shown(diff=DIFF)).messages[1].text
    assert "# Terms in them\n\n- greeting: `Hello` and a name.\n" in text


def test_equal_jobs_are_asked_the_same_byte_for_byte(job: Job) -> None:
    one, other = (read_request(job, Shown(diff=DIFF, passed=passed)) for passed in (("a", "b"), ("b", "a")))
    assert digest(one) == digest(other)


def test_a_holdout_in_a_goal_is_not_shown(job: Job) -> None:
    goal = "Do it.\n\n```python R1 holdout\nassert hidden\n```\n"
    request = read_request(replace(job, task=replace(job.task, goal=goal)), Shown(diff=DIFF))
    assert "hidden" not in request.messages[1].text


def test_a_long_patch_is_cut(job: Job) -> None:
    request = read_request(job, Shown(diff="+line of a patch\n" * 20_000))
    assert len(request.messages[1].text) < 30_000


def test_an_opinion_is_read_out_of_prose_and_cut_to_what_is_looked_at() -> None:
    opinion = read_opinion(f"Here it is:\n```json\n{json.dumps(SAID)}\n```")
    claim = Claim(requirement="R1", quote="MUST return a greeting", line="+def greet(): ...", why="It is none.")
    assert opinion == Opinion(claims=(claim,), advice=("Say whom.",))
    many = read_opinion(json.dumps({"claims": [{"why": "x"}] * 9, "advice": ["y"] * 9}))
    assert (len(many.claims), len(many.advice)) == (3, 5)


@pytest.mark.parametrize("said", ["", "Looks good to me.", "[]", '{"claims": "none"}', '{"claims": [1]}', "{" * 5_000])
def test_an_answer_that_is_no_opinion_is_malformed_and_not_asked_for_again(said: str) -> None:
    with pytest.raises(Malformed, match="the critic's answer cannot be used"):
        read_opinion(said)


async def test_it_asks_once_under_a_key_of_its_own(job: Job, scripted: Any, reply: Any) -> None:
    model = scripted([reply(text=json.dumps(SAID))])
    opinion = await ModelCritic(model).read(job, Shown(diff=DIFF), before=(), turn=2)
    assert len(opinion.claims) == 1
    assert [str(key) for key, _ in model.asked] == ["T1/1/0/critic/2/0"]


@pytest.mark.parametrize(("number", "chosen"), [(3, "T1:2:3"), (1, "T1:2:1"), (2, None)])
async def test_it_chooses_between_patches_by_the_number_of_their_rollout(
    number: int, chosen: str | None, job: Job, scripted: Any, reply: Any
) -> None:
    diffs = {AttemptKey(task="T1", attempt=2, rollout=n): f"+patch of {n}\n" for n in (1, 3)}
    one = replace(job, key=AttemptKey(task="T1", attempt=2, rollout=1))
    model = scripted([reply(text=json.dumps({"choice": number, "why": "so"}))])
    found = await ModelCritic(model).choose(one, diffs)
    assert (str(found) if found else None) == chosen
    ((key, request),) = model.asked
    assert str(key) == "T1/2/0/critic.choice/0/0"
    assert digest(request) == digest(choice_request(one, dict(reversed(diffs.items()))))
    assert "patch 1\n+patch of 1" in request.messages[1].text


def test_of_a_patch_the_test_files_are_counted_unless_there_is_nothing_else(job: Job) -> None:
    head = "diff --git a/tests/test_a.py b/tests/test_a.py\n--- /dev/null\n+++ b/tests/test_a.py\n"
    tests = f"{head}+assert greet()\n+x = 1\n"
    text = read_request(job, Shown(diff=tests + DIFF)).messages[1].text
    assert "assert greet()" not in text
    assert "b/tests/test_a.py\n[a test file: 2 lines]\n" in text
    assert "+def greet" in text
    assert "+assert greet()" in read_request(job, Shown(diff=tests)).messages[1].text


def test_of_what_passed_the_locked_tests_and_its_own_are_named_and_cases_of_one_are_one_line(job: Job) -> None:
    own = "diff --git a/tests/test_own.py b/tests/test_own.py\n+def test_own(): ...\n"
    passed = ("tests/a.py::one[1]", "tests/a.py::one[2]", "tests/test_own.py::test_own", "tests/b.py::b[1]", "c.py::c")
    of_task = replace(job, locked=(LOCKED,))
    text = read_request(of_task, Shown(diff=DIFF + own, passed=passed)).messages[1].text
    assert "``` tests\ntests/a.py::one (2 cases)\ntests/test_own.py::test_own\nothers: 2\n```" in text
    assert "``` tests\nothers: 2\n```" in read_request(job, Shown(diff=DIFF, passed=passed[3:])).messages[1].text


def test_a_second_look_goes_on_where_the_first_one_ended_and_is_shown_only_what_is_new(job: Job) -> None:
    of_task = replace(job, locked=(LOCKED,))
    first = Shown(diff=DIFF, passed=("tests/a.py::one",))
    said = Opinion(claims=(Claim(requirement="R1", why="It is none.", quote="MUST return a greeting"),), advice=("x",))
    since = Shown(diff=DIFF.replace("...", "return 'Hello'"), passed=("tests/a.py::one", "tests/a.py::two"))
    again = read_request(of_task, since, before=[Reading(tree="1", shown=first, opinion=said)])
    assert again.messages[:2] == read_request(of_task, first).messages
    assert [each.role for each in again.messages] == ["system", "user", "assistant", "user"]
    assert read_opinion(again.messages[2].text) == said
    told = again.messages[3].text
    assert "+def greet(): return 'Hello'" in told
    assert "``` tests\ntests/a.py::two\n```" in told
    assert "MUST return a greeting" not in told
    whole = Reading(tree="2", shown=since, opinion=Opinion())
    third = read_request(of_task, replace(since, diff=""), before=[Reading(tree="1", shown=first, opinion=said), whole])
    assert third.messages[:4] == again.messages
    assert third.messages[5].text.endswith("# What has changed since\n\nNothing.\n")


async def test_it_has_our_guides_and_those_of_the_repository_that_are_for_it(
    git: Any, job: Job, scripted: Any, reply: Any
) -> None:
    guide = "---\nname: {0}\ndescription: For {0}\nroles: [{0}]\n---\nMind what a {0} minds.\n"
    files = {f"docs/{role}.md": guide.format(role) for role in ("critic", "worker")}
    model = scripted([reply(text="{}")])
    there = replace(job, base_tree=git.tree(files))
    await ModelCritic(model, advice=Advice(git, folders=("docs",))).read(there, Shown(diff=DIFF), before=(), turn=0)
    ((_, request),) = model.asked
    assert "# Reviewing" in request.messages[0].text
    assert "Mind what a critic minds." in request.messages[1].text
    assert "Mind what a worker minds." not in request.messages[1].text
