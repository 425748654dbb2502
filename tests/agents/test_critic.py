"""What a critic is asked, and what is made of its answer."""

import json
from dataclasses import replace
from typing import Any

import pytest
from agentctl.agents.advice import Advice
from agentctl.agents.critic import ModelCritic, choice_request, opinion_of, read_request
from agentctl.agents.digest import digest
from agentctl.agents.models.errors import Malformed
from agentctl.agents.models.port import Message, Request
from agentctl.agents.tools.review import SPEC
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


OPENING = Request(
    tier="flash",
    messages=(Message(role="system", text="All rules."), Message(role="user", text="The pack.")),
    tools=(SPEC,),
    temperature=0.7,
)


async def _opening(job: Job) -> Request:
    return replace(OPENING, messages=(*OPENING.messages[:1], Message(role="user", text=f"The pack of {job.key}.")))


def test_it_goes_on_from_what_the_worker_was_told_with_what_passed_and_then_the_patch(job: Job) -> None:
    of_task = replace(job, locked=(LOCKED,))
    request = read_request(OPENING, of_task, Shown(diff=DIFF, passed=("tests/b.py::two", "tests/a.py::one")))
    assert request.messages[:2] == OPENING.messages
    assert (request.tier, request.tools, request.schema, request.temperature) == ("flash", (SPEC,), None, 0.0)
    text = request.messages[2].text
    order = ["You are the critic of this task now", "tests/a.py::one\nothers: 1", "+def greet"]
    assert [text.index(part) for part in order] == sorted(text.index(part) for part in order)


def test_equal_jobs_are_asked_the_same_byte_for_byte(job: Job) -> None:
    one, other = (read_request(OPENING, job, Shown(diff=DIFF, passed=passed)) for passed in (("a", "b"), ("b", "a")))
    assert digest(one) == digest(other)


def test_a_long_patch_is_cut(job: Job) -> None:
    request = read_request(OPENING, job, Shown(diff="+line of a patch\n" * 20_000))
    assert len(request.messages[2].text) < 30_000


def test_an_opinion_is_the_calls_of_review_and_other_calls_are_not_looked_at(reply: Any) -> None:
    claim = SAID["claims"][0]
    said = reply(("review", claim), ("submit", {"summary": "x"}), ("review", {"advice": SAID["advice"]}))
    assert opinion_of(said) == opinion_of(reply(text=json.dumps(SAID)))
    assert opinion_of(reply(("review", {}))) == Opinion()
    both = opinion_of(reply(("review", {**claim, "advice": ["One thing more."]})))
    assert (len(both.claims), both.advice) == (1, ("One thing more.",))


def test_a_call_with_wrong_arguments_is_no_opinion(reply: Any) -> None:
    said = reply(("review", {}), ("review", {"advice": ["x"]}))
    broken = tuple(replace(call, error="`why` is no text") for call in said.calls)
    with pytest.raises(Malformed, match="the critic's answer cannot be used: `why` is no text"):
        opinion_of(replace(said, calls=broken))
    assert opinion_of(replace(said, calls=(broken[0], said.calls[1]))).advice == (
        "x",
        "one remark could not be read: `why` is no text",
    )


def test_the_name_of_a_requirement_is_one_line_of_what_can_be_shown(reply: Any) -> None:
    (claim,) = opinion_of(reply(("review", {"requirement": "R1\n\n## Landed\x1b[31m", "why": "x"}))).claims
    assert claim.requirement == "R1 ## Landed�[31m"


def test_an_opinion_is_read_out_of_prose_and_cut_to_what_is_looked_at(reply: Any) -> None:
    opinion = opinion_of(reply(text=f"Here it is:\n```json\n{json.dumps(SAID)}\n```"))
    claim = Claim(requirement="R1", quote="MUST return a greeting", line="+def greet(): ...", why="It is none.")
    assert opinion == Opinion(claims=(claim,), advice=("Say whom.",))
    many = opinion_of(reply(*[("review", {"why": "x", "advice": ["y", "z"]})] * 9))
    assert (len(many.claims), len(many.advice)) == (3, 5)


def test_one_thing_in_words_is_read_as_the_call_that_it_would_have_been(reply: Any) -> None:
    claim = SAID["claims"][0]
    assert opinion_of(reply(text=f"I read it.\n{json.dumps(claim)}")) == opinion_of(reply(("review", claim)))
    assert opinion_of(reply(("review", {"test": "\n", "why": " "}))) == Opinion()


_CALL_IN_WORDS = json.dumps({"name": "review", "arguments": {"why": "x"}})
NO_OPINIONS = ["", "Looks good to me.", "I read it. {}", "[]", '{"claims": "none"}', '{"claims": [1]}', "{" * 5_000]


@pytest.mark.parametrize("said", [*NO_OPINIONS, _CALL_IN_WORDS])
def test_an_answer_that_is_no_opinion_is_malformed_and_not_asked_for_again(said: str, reply: Any) -> None:
    with pytest.raises(Malformed, match="the critic's answer cannot be used"):
        opinion_of(reply(text=said))


async def test_it_asks_once_under_a_key_of_its_own(job: Job, scripted: Any, reply: Any) -> None:
    model = scripted([reply(("review", SAID["claims"][0]))])
    opinion = await ModelCritic(model, opening=_opening).read(job, Shown(diff=DIFF), before=(), turn=2)
    assert len(opinion.claims) == 1
    ((key, request),) = model.asked
    assert str(key) == "T1/1/0/critic/2/0"
    assert request.messages[1].text == "The pack of T1:1."


@pytest.mark.parametrize(("number", "chosen"), [(3, "T1:2:3"), (1, "T1:2:1"), (2, None)])
async def test_it_chooses_between_patches_by_the_number_of_their_rollout(
    number: int, chosen: str | None, job: Job, scripted: Any, reply: Any
) -> None:
    diffs = {AttemptKey(task="T1", attempt=2, rollout=n): f"+patch of {n}\n" for n in (1, 3)}
    one = replace(job, key=AttemptKey(task="T1", attempt=2, rollout=1))
    model = scripted([reply(text=json.dumps({"choice": number, "why": "so"}))])
    found = await ModelCritic(model, opening=_opening).choose(one, diffs)
    assert (str(found) if found else None) == chosen
    ((key, request),) = model.asked
    assert str(key) == "T1/2/0/critic.choice/0/0"
    assert digest(request) == digest(choice_request(one, dict(reversed(diffs.items()))))
    assert "patch 1\n+patch of 1" in request.messages[1].text


def test_a_choice_is_told_the_goal_the_requirements_their_terms_and_what_was_decided_and_no_holdout(job: Job) -> None:
    first, *others = job.spec.requirements
    wanted = (replace(first, terms=(("greeting", "`Hello` and a name."),)), *others)
    goal = f"{job.task.goal}\n\n```python R1 holdout\nassert hidden\n```\n"
    told = replace(
        job,
        task=replace(job.task, goal=goal),
        spec=replace(job.spec, requirements=wanted),
        decisions=(("Which greeting?", "Hello"),),
        steering=((3, "Keep it short."),),
    )
    text = choice_request(told, {job.key: "+patch\n"}).messages[1].text
    order = [
        "Build `greet",
        "- R1 (MUST): `greet` MUST return a greeting.",
        "# Terms in them\n\n- greeting: `Hello` and a name.\n",
        "Decided: Hello",
        "Keep it short.",
        "+patch",
    ]
    assert [text.index(part) for part in order] == sorted(text.index(part) for part in order)
    assert "R2" not in text
    assert "hidden" not in text


def test_of_what_passed_the_locked_tests_and_its_own_are_named_and_cases_of_one_are_one_line(job: Job) -> None:
    own = "diff --git a/tests/test_own.py b/tests/test_own.py\n+def test_own(): ...\n"
    passed = ("tests/a.py::one[1]", "tests/a.py::one[2]", "tests/test_own.py::test_own", "tests/b.py::b[1]", "c.py::c")
    of_task = replace(job, locked=(LOCKED,))
    text = read_request(OPENING, of_task, Shown(diff=DIFF + own, passed=passed)).messages[2].text
    assert "``` tests\ntests/a.py::one (2 cases)\ntests/test_own.py::test_own\nothers: 2\n```" in text
    others = read_request(OPENING, job, Shown(diff=DIFF, passed=passed[3:]))
    assert "``` tests\nothers: 2\n```" in others.messages[2].text


def test_a_second_look_goes_on_where_the_first_one_ended_and_is_shown_only_what_is_new(job: Job, reply: Any) -> None:
    of_task = replace(job, locked=(LOCKED,))
    first = Shown(diff=DIFF, passed=("tests/a.py::one",))
    said = Opinion(claims=(Claim(requirement="R1", why="It is none.", quote="MUST return a greeting"),), advice=("x",))
    since = Shown(diff=DIFF.replace("...", "return 'Hello'"), passed=("tests/a.py::one", "tests/a.py::two"))
    before = Reading(turn=0, tree="1", shown=first, opinion=said)
    again = read_request(OPENING, of_task, since, before=[before], turn=1)
    assert again.messages[:3] == read_request(OPENING, of_task, first).messages
    assert [each.role for each in again.messages[3:]] == ["assistant", "tool", "tool", "user"]
    calls = again.messages[3].calls
    assert [each.call for each in again.messages[4:6]] == [call.id for call in calls]
    assert opinion_of(reply(*[(call.name, call.arguments) for call in calls])) == said
    told = again.messages[-1].text
    assert "+def greet(): return 'Hello'" in told
    assert "``` tests\ntests/a.py::two\n```" in told
    assert "MUST return a greeting" not in told
    nothing = Reading(turn=1, tree="2", shown=since, opinion=Opinion())
    third = read_request(OPENING, of_task, replace(since, diff=""), before=[before, nothing], turn=2)
    assert third.messages[: len(again.messages)] == again.messages
    assert third.messages[-1].text.endswith("# What has changed since\n\nNothing.\n")
    ids = [call.id for message in third.messages for call in message.calls]
    assert len(ids) == len(set(ids)) == 3


def test_what_a_person_says_stands_before_the_look_that_came_after_it_and_changes_no_earlier_one(job: Job) -> None:
    first = Shown(diff=DIFF)
    before = Reading(turn=1, tree="1", shown=first, opinion=Opinion())
    silent = read_request(OPENING, job, first, before=[before], turn=4)
    steered = replace(job, steering=((0, "At the start."), (1, "Early."), (3, "Later."), (5, "Not yet heard.")))
    request = read_request(OPENING, steered, first, before=[before], turn=4)
    added = [each.text for each in request.messages if each not in silent.messages]
    assert [text.splitlines()[-1] for text in added] == ["- Early.", "- Later."]
    assert request.messages[:4] == read_request(OPENING, steered, first, turn=1).messages
    assert request.messages[-1] == silent.messages[-1]


async def test_it_has_the_guides_of_the_repository_that_are_for_it_and_not_for_workers(
    git: Any, job: Job, scripted: Any, reply: Any
) -> None:
    guide = "---\nname: {0}\ndescription: For {0}\nroles: [{1}]\n---\nMind what a {0} minds.\n"
    roles = {"critic": "critic", "worker": "worker", "both": "critic, worker"}
    files = {f"docs/{name}.md": guide.format(name, listed) for name, listed in roles.items()}
    model = scripted([reply(("review", {}))])
    there = replace(job, base_tree=git.tree(files))
    critic = ModelCritic(model, opening=_opening, advice=Advice(git, folders=("docs",)))
    await critic.read(there, Shown(diff=DIFF), before=(), turn=0)
    ((_, request),) = model.asked
    assert "Mind what a critic minds." in request.messages[2].text
    assert "Mind what a worker minds." not in request.messages[2].text
    assert "Mind what a both minds." not in request.messages[2].text
