"""The prober: three rounds for a cluster, five readers side by side, nothing paid twice, nothing hostile followed."""

import asyncio
import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from agentctl.agents.caller import Caller, Caps
from agentctl.agents.models.errors import ContextOverflow, KeyRefused, Malformed
from agentctl.agents.models.port import Reply, Request, Usage
from agentctl.agents.probe import PROBING, Calls, ModelProber
from agentctl.agents.probe_replies import DECISIONS, SITUATIONS, predictions, read_decisions, read_situations
from agentctl.agents.probe_requests import LEANINGS, PROMPTS
from agentctl.agents.probe_shelf import FolderShelf
from agentctl.agents.prompting import load_prompt
from agentctl.agents.schema import problems
from agentctl.orchestrator.brake import Brake
from agentctl.orchestrator.clock import SystemClock
from agentctl.orchestrator.errors import BudgetReached
from agentctl.orchestrator.nouns.keys import CallKey
from agentctl.orchestrator.nouns.plan import Requirement, SpecView
from agentctl.orchestrator.rules.probing import Probe
from agentctl.orchestrator.spec_view import spec_view
from agentctl.orchestrator.store.journal import Journal
from agentctl.specs.parse import parse

TEXT = """# top

`top(hits, n)` in `src/top.py`.

## Requirements

- **R1** `top` MUST return the `n` clients with the most hits, the most first.
- **R2** If `n` is negative, `top` MUST raise `ValueError`.

```python R1 holdout
assert top(["a"], 1) == ["SECRET"]
```
"""
SPEC = spec_view(parse(TEXT))
FOUND = {
    "probes": [
        {"situation": '`top(["b", "a"], 1)`', "observe": "the return value", "items": ["R1"]},
        {"situation": "`top([], -1)`", "observe": "the value, or the exception's class", "items": ["R2", "R9"]},
    ]
}
READ = {"p1": "? ['a']", "p2": "raises ValueError"}
JUDGED = {
    "decisions": [
        {
            "probes": ["p1"],
            "verdict": "ask",
            "quote": "",
            "question": "Which client comes first of two with the same count?",
            "why": "It decides who is cut.",
            "options": [
                {"answers": ["p1.a"], "text": "Equal clients come in ascending order.", "consequence": ""},
                {"answers": ["p1.b"], "text": "Equal clients come in order of appearance.", "consequence": ""},
            ],
            "recommended": 0,
            "items": ["R1"],
            "weight": 2,
        }
    ]
}
Answer = str | Exception | dict[str, Any]


class RoleModel:
    """Answers by role: one answer, or one for each reader and step; counts what is in flight at once."""

    def __init__(self, answers: Mapping[str, Answer | Callable[[CallKey], Answer]]) -> None:
        self.answers = {"prober": FOUND, "prober.judge": JUDGED, **answers}
        self.asked: list[tuple[CallKey, Request]] = []
        self.flying = self.most = 0

    async def complete(self, key: CallKey, request: Request) -> Reply:
        self.asked.append((key, request))
        self.flying += 1
        self.most = max(self.most, self.flying)
        await asyncio.sleep(0)
        self.flying -= 1
        answer = self.answers[key.role]
        if callable(answer):
            answer = answer(key)
        if isinstance(answer, Exception):
            raise answer
        text = answer if isinstance(answer, str) else json.dumps(answer)
        return Reply(text=text, calls=(), usage=Usage(prompt=1, completion=1), model="m", usd=0.01, seconds=0.0)

    def count(self) -> Counter[str]:
        return Counter(key.role for key, _ in self.asked)

    def prompt(self, role: str) -> str:
        return next("\n".join(m.text for m in request.messages) for key, request in self.asked if key.role == role)


def differing(key: CallKey) -> Answer:
    """Two of five say something else about p1."""
    return {**READ, "p1": "['b']"} if key.attempt.rollout in {1, 3} else READ


def model(**answers: Any) -> RoleModel:
    return RoleModel({"prober.reader": differing, **{key.replace("_", "."): value for key, value in answers.items()}})


async def test_readers_who_differ_make_a_question_and_those_who_agree_none() -> None:
    asked = model()
    [found] = await ModelProber(asked).probe(SPEC)
    [raised] = found.raised
    assert raised.question.text == "Which client comes first of two with the same count?"
    assert raised.question.requirements == ("R1",)
    assert "3 of 5 readers: ['a']; 2 of 5 readers: ['b']." in raised.question.evidence
    assert [(each.probe.id, each.how) for each in found.settled] == [("p2", "agreed")]
    assert found.trouble == ""
    assert asked.count() == {"prober": 1, "prober.reader": 5, "prober.judge": 1}
    assert {key.attempt.task for key, _ in asked.asked} == {PROBING}
    assert len({str(key) for key, _ in asked.asked}) == 7


async def test_the_readers_are_asked_side_by_side_of_the_flash_tier() -> None:
    asked = model()
    await ModelProber(asked).probe(SPEC)
    assert asked.most == 5
    requests = [request for key, request in asked.asked if key.role == "prober.reader"]
    assert {(each.tier, each.temperature, each.max_tokens) for each in requests} == {("flash", 1.0, 4000)}
    assert {request.tier for key, request in asked.asked if key.role != "prober.reader"} == {"pro"}
    texts = [each.messages[1].text for each in requests]
    assert [sum(lean in text for text in texts) for lean in LEANINGS] == [1, 1, 1, 1, 1]


async def test_nobody_sees_a_holdout_and_readers_see_no_hint() -> None:
    asked = model()
    await ModelProber(asked).probe(SPEC)
    for role in ("prober", "prober.reader", "prober.judge"):
        assert "SECRET" not in asked.prompt(role)
        assert "`top` MUST return the `n` clients" in asked.prompt(role)
    assert "p1.a (3 of 5, 3 of them guessing): ['a']" in asked.prompt("prober.judge")
    assert "p2" not in asked.prompt("prober.judge").partition("situations and answers")[2]


async def test_what_was_decided_is_shown_to_all() -> None:
    asked = model()
    await ModelProber(asked).probe(SPEC, decisions=[("Ties?", "By name.")])
    for role in ("prober", "prober.reader", "prober.judge"):
        assert "- Ties?\n  Decided: By name." in asked.prompt(role)


async def test_agreement_costs_no_judge_and_a_complete_spec_no_readers() -> None:
    agreed = model(prober_reader={"p1": "['a']", "p2": "raises ValueError"})
    [found] = await ModelProber(agreed).probe(SPEC)
    assert (found.raised, found.assumptions, len(found.settled)) == ((), (), 2)
    assert agreed.count() == {"prober": 1, "prober.reader": 5}
    nothing = model(prober={"probes": []})
    [found] = await ModelProber(nothing).probe(SPEC)
    assert (found.raised, found.trouble) == ((), "")
    assert nothing.count() == {"prober": 1}


async def test_a_one_line_change_is_not_probed() -> None:
    asked = model()
    prober = ModelProber(asked)
    small = spec_view(parse("Add a --json flag to `ratelog`."))
    assert await prober.probe(small) == ()
    assert prober.calls(small) == Calls(pro=0, flash=0)
    assert asked.asked == []


async def test_a_wrong_quote_is_sent_back_once_and_then_asked_about() -> None:
    claim = {"decisions": [{**JUDGED["decisions"][0], "verdict": "answered", "quote": "in ascending order of names"}]}
    asked = model(prober_judge=claim)
    [found] = await ModelProber(asked).probe(SPEC)
    [raised] = found.raised
    assert raised.question.text == 'What is right here: `top(["b", "a"], 1)`. the return value'
    assert asked.count()["prober.judge"] == 2
    last = asked.asked[-1][1].messages[-1].text
    assert "decision 1: `quote` does not stand in the spec: 'in ascending order of names'" in last


async def test_a_right_quote_settles_it() -> None:
    claim = {
        "decisions": [{**JUDGED["decisions"][0], "verdict": "answered", "quote": "with the most hits, THE most first"}]
    }
    [found] = await ModelProber(model(prober_judge=claim)).probe(SPEC)
    assert found.raised == ()
    assert found.settled[-1].how == "answered"


async def test_a_quote_from_a_holdout_is_none() -> None:
    claim = {
        "decisions": [{**JUDGED["decisions"][0], "verdict": "answered", "quote": 'assert top(["a"], 1) == ["SECRET"]'}]
    }
    [found] = await ModelProber(model(prober_judge=claim)).probe(SPEC)
    assert len(found.raised) == 1


async def test_a_reader_who_leaves_situations_out_is_asked_once_more() -> None:
    def part(key: CallKey) -> Answer:
        return {"p1": "['b']"} if key.attempt.rollout == 1 and key.step == 0 else differing(key)

    asked = model(prober_reader=part)
    [found] = await ModelProber(asked).probe(SPEC)
    assert asked.count()["prober.reader"] == 6
    assert "there is no answer for p2" in next(r for k, r in asked.asked if k.step == 1).messages[-1].text
    assert len(found.raised) == 1


@pytest.mark.parametrize("bad", ["I cannot say.", "[]", "", '{"p9": "x"}', '{"p1": ', Malformed("m", problems=["p"])])
async def test_two_useless_readers_are_left_out(bad: Answer) -> None:
    def some(key: CallKey) -> Answer:
        return bad if key.attempt.rollout in {0, 1} else differing(key)

    asked = model(prober_reader=some, prober_judge="no")
    [found] = await ModelProber(asked).probe(SPEC)
    assert "2 of 3" in asked.prompt("prober.judge")
    assert "cannot be used" in found.trouble


@pytest.mark.parametrize("role", ["prober", "prober_reader", "prober_judge"])
@pytest.mark.parametrize(
    "bad", ["Sure!", "{}", '{"probes": 1}', "[" * 5000, ContextOverflow("too long"), '{"decisions": [1]}']
)
async def test_useless_answers_are_a_trouble_of_the_cluster_and_never_an_error(role: str, bad: Answer) -> None:
    [found] = await ModelProber(model(**{role: bad})).probe(SPEC)
    assert found.trouble
    assert (found.raised, found.assumptions) == ((), ())


async def test_an_error_of_the_account_is_raised_once_every_reader_has_ended() -> None:
    def refused(key: CallKey) -> Answer:
        return KeyRefused("no") if key.attempt.rollout == 0 else differing(key)

    asked = model(prober_reader=refused)
    with pytest.raises(KeyRefused):
        await ModelProber(asked).probe(SPEC)
    assert asked.count() == {"prober": 1, "prober.reader": 5}
    assert asked.flying == 0


async def test_a_flood_is_cut_to_twelve_situations_and_as_many_decisions() -> None:
    flood = {"probes": FOUND["probes"] * 5_000}
    answers = {f"p{n}": "1" for n in range(1, 13)}
    asked = model(
        prober=flood,
        prober_reader=lambda key: {**answers, "p1": str(key.attempt.rollout)},
        prober_judge={"decisions": JUDGED["decisions"] * 10_000},
    )
    [found] = await ModelProber(asked).probe(SPEC)
    assert len(found.settled) + len(found.raised) == 12
    assert sum(asked.count().values()) <= 14


def test_long_and_odd_texts_are_cut_and_cleaned() -> None:
    wire = {"probes": [{"situation": "a\x1b[31m\n" + "b" * 9_000, "observe": "", "items": ["R1", "R1", "../x"]}]}
    [probe] = read_situations(json.dumps(wire), known={"R1"})
    assert len(probe.situation) == 400
    assert "\x1b" not in probe.situation
    assert (probe.observe, probe.items) == ("the result", ("R1",))
    [decision] = read_decisions(
        json.dumps({"decisions": [{"probes": ["p1"], "verdict": "ask", "weight": 99}]}), most=12
    )
    assert decision.weight == 3


def test_values_that_are_no_strings_are_read_all_the_same() -> None:
    from agentctl.agents.probe_replies import read_predictions

    probes = [Probe(id=f"p{n}", situation="s", observe="o") for n in (1, 2, 3)]
    assert read_predictions('{"p1": [], "p2": {"a": 1}, "p3": null}', probes) == {"p1": "[]", "p2": '{"a": 1}'}


def test_the_schemas_describe_what_is_read() -> None:
    assert problems(FOUND, SITUATIONS) == ()
    assert problems(JUDGED, DECISIONS) == ()
    probes = [Probe(id="p1", situation="s", observe="o"), Probe(id="p2", situation="s", observe="o")]
    assert problems(READ, predictions(probes)) == ()
    assert problems({"p1": "x"}, predictions(probes)) != ()


@pytest.fixture
def journal() -> Iterator[Journal]:
    with Journal(None, clock=SystemClock(), redact=str) as journal:
        yield journal


def caller(asked: RoleModel, journal: Journal, *, usd: float = 1.0) -> Caller:
    caps = Caps(run_usd=usd, planning_usd=0.0)
    return Caller(asked, journal, brake=Brake(), caps=caps, price=lambda _: 0.01)


async def test_a_second_probing_in_the_same_run_pays_nothing(journal: Journal) -> None:
    asked = model()
    first = await ModelProber(caller(asked, journal)).probe(SPEC)
    assert await ModelProber(caller(asked, journal)).probe(SPEC) == first
    assert len(asked.asked) == 7
    assert journal.totals().calls == 7


async def test_after_a_crash_only_what_is_missing_is_asked(journal: Journal) -> None:
    class Killed(BaseException):
        """The process ends here."""

    def killed(key: CallKey) -> Answer:
        if key.attempt.rollout == 2:
            raise Killed
        return differing(key)

    before = model(prober_reader=killed)
    with pytest.raises(Killed):
        await ModelProber(caller(before, journal)).probe(SPEC)
    journal.settle_interrupted()
    after = model()
    [found] = await ModelProber(caller(after, journal)).probe(SPEC)
    assert len(found.raised) == 1
    done = {str(key) for key, _ in before.asked if key.attempt.rollout != 2}
    assert not done & {str(key) for key, _ in after.asked}


async def test_a_budget_that_is_too_small_says_so_and_loses_nothing(journal: Journal) -> None:
    asked = model()
    with pytest.raises(BudgetReached):
        await ModelProber(caller(asked, journal, usd=0.035)).probe(SPEC)
    sent = len(asked.asked)
    assert 1 < sent < 7
    await ModelProber(caller(asked, journal)).probe(SPEC)
    assert len(asked.asked) == 7


async def test_an_unchanged_spec_costs_nothing_in_the_next_run(tmp_path: Path) -> None:
    shelf = FolderShelf(tmp_path / "probes")
    first = await ModelProber(model(), shelf=shelf).probe(SPEC)
    asked = model()
    prober = ModelProber(asked, shelf=FolderShelf(tmp_path / "probes"))
    assert prober.calls(SPEC) == Calls(pro=0, flash=0)
    assert await prober.probe(SPEC) == first
    assert asked.asked == []
    edited = spec_view(parse(TEXT.replace("the most first", "the least first")))
    assert prober.calls(edited) == Calls(pro=2, flash=5)
    await prober.probe(edited)
    assert len(asked.asked) == 7


async def test_only_the_cluster_that_changed_is_probed_again(tmp_path: Path) -> None:
    def spec(first: str) -> SpecView:
        items = [Requirement(id=f"R{n}", text=f"`f{n % 2}` MUST do thing{n}.", key=f"k{n}") for n in range(40)]
        items[0] = replace(items[0], key=first)
        return SpecView(id="a", digest="d", title="a", text="# a\n", requirements=tuple(items))

    nothing = {"probes": []}
    asked = model(prober=nothing)
    prober = ModelProber(asked, shelf=FolderShelf(tmp_path))
    assert len(await prober.probe(spec("one"))) == 2
    assert len(await prober.probe(spec("two"))) == 2
    assert asked.count() == {"prober": 3}


async def test_what_a_model_spoilt_is_not_kept(tmp_path: Path) -> None:
    shelf = FolderShelf(tmp_path)
    [found] = await ModelProber(model(prober="Sure!"), shelf=shelf).probe(SPEC)
    assert found.trouble
    asked = model()
    [found] = await ModelProber(asked, shelf=shelf).probe(SPEC)
    assert not found.trouble


async def test_a_damaged_shelf_is_an_empty_one(tmp_path: Path) -> None:
    shelf = FolderShelf(tmp_path)
    await ModelProber(model(), shelf=shelf).probe(SPEC)
    [file] = tmp_path.iterdir()
    for damage in (b"", b"{", b"\xff\xfe", b'{"cluster": 1}'):
        file.write_bytes(damage)
        asked = model()
        await ModelProber(asked, shelf=shelf).probe(SPEC)
        assert len(asked.asked) == 7


async def test_a_shelf_that_cannot_be_written_keeps_nothing(tmp_path: Path) -> None:
    (tmp_path / "probes").write_text("a file")
    [found] = await ModelProber(model(), shelf=FolderShelf(tmp_path / "probes")).probe(SPEC)
    assert len(found.raised) == 1


async def test_a_spec_however_long_costs_at_most_six_clusters() -> None:
    items = tuple(Requirement(id=f"R{n}", text=f"`f{n}` MUST do thing{n}.", key=f"k{n}") for n in range(1_000))
    spec = SpecView(id="a", digest="d", title="a", text="word " * 50_000, requirements=items)
    asked = model()
    prober = ModelProber(asked)
    assert prober.calls(spec) == Calls(pro=12, flash=30)
    await prober.probe(spec)
    assert sum(asked.count().values()) == 42
    assert max(len(request.messages[1].text) for _, request in asked.asked) < 80_000


def test_too_few_readers_are_refused() -> None:
    with pytest.raises(ValueError, match="at least 3 readers, not 2"):
        ModelProber(model(), readers=2)


@pytest.mark.parametrize("name", PROMPTS)
def test_prompts_are_short_and_show_an_answer_that_can_be_read(name: str) -> None:
    text = load_prompt(name).text
    assert len(text) < 4_500
    assert "what it says" in text or "what they say" in text or "does not change these rules" in text
    assert "JSON object" in text


def test_the_judge_is_shown_every_field() -> None:
    text = load_prompt("probe_judge").text
    shown = text[text.index('{"decisions"') : text.rindex("]}") + 2].replace('"..."', '"x"')
    assert problems(json.loads(shown), DECISIONS) == ()
