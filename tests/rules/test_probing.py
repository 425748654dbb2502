"""Predictions are compared by what they say, scored by how far they differ, and turned into few questions."""

from dataclasses import replace
from typing import Any

import msgspec
import pytest
from agentctl.orchestrator.nouns.plan import Requirement, SpecView
from agentctl.orchestrator.nouns.questions import Option, Question
from agentctl.orchestrator.rules.asking import policy_answer
from agentctl.orchestrator.rules.probe_answers import UNSPECIFIED, quoted, said
from agentctl.orchestrator.rules.probe_batch import Batch, as_decision, batch, proposal, statement
from agentctl.orchestrator.rules.probe_clusters import clusters, dependents
from agentctl.orchestrator.rules.probe_verdicts import Choice, Decision, faults, outcome
from agentctl.orchestrator.rules.probing import Assumption, Cluster, Probe, Probed, Raised, spread, worth_probing
from agentctl.orchestrator.spec_view import spec_view
from agentctl.specs.parse import parse
from hypothesis import given
from hypothesis import strategies as st

TEXT = (
    "# top\n\n`top(hits, n)` in `src/top.py`.\n\n## Requirements\n\n"
    "- **R1** `top` MUST return the `n` clients with the most hits.\n"
    "- **R2** If `n` is negative, `top` MUST raise `ValueError`.\n\n"
    "## Corner cases\n\n- **E1** No hits give `[]` (R1).\n"
)
PROBE = Probe(id="p1", situation="`top` is called with two clients of equal counts.", observe="the list", items=("R1",))


@pytest.fixture
def spec() -> SpecView:
    return spec_view(parse(TEXT))


@pytest.mark.parametrize(
    "alike",
    [
        ['{"a": 2}', "{'a': 2}", "returns {'a': 2}.", "`{'a': 2}`", "{'a': 2.0}", '```json\n{"a": 2}\n```'],
        ["[1, 2]", "(1, 2)", "It returns [1,2]", "-> [1, 2]"],
        ["None", "null", "returns `None`"],
        ["True", "true"],
        ["'abc'", '"abc"', "abc", "`abc`"],
        [
            "raises ValueError",
            "ValueError",
            "ValueError('n is negative')",
            "a ValueError is raised",
            "throws a ValueError",
        ],
        ["raises json.JSONDecodeError", "JSONDecodeError: line 1", "raise JSONDecodeError"],
        ["exit 2", "exit status 2; stdout: empty", "exits with code 2 and prints nothing", "exit 2; stderr: something"],
        ['exit 0; stdout: "a 1\\nb 2"', "exit 0; stdout: a 1\\nb 2; stderr: empty", "stdout: a 1\nb 2"],
        ['exit 0; stdout: "a 1\nb 2\n"', "prints a 1\nb 2 and exits 0", "exit 0, stdout: 'a 1\\nb 2'"],
        ["'a\nb'", '"a\\nb"'],
        ["prints nothing, exit 0", "exit 0", "[exit 0]", "exit status 0, no output"],
        ["unspecified", "Unclear", "the spec does not say", "not specified", "? unspecified", "", "cannot tell", "?"],
        ["the line is skipped", "The line is skipped.", "line is skipped"],
    ],
)
def test_the_same_prediction_in_another_notation_is_the_same(alike: list[str]) -> None:
    assert len({said(each).value for each in alike}) == 1


@pytest.mark.parametrize(
    "different",
    [
        ["[]", "None", "raises ValueError", '""', "0", "False", "exit 0", UNSPECIFIED],
        ["[1, 2]", "[2, 1]", "{1, 2}", "[[1, 2]]"],
        ["'5'", "5"],
        ["'Ab'", "'ab'"],
        [
            "exit 0; stdout: empty; stderr: something",
            "exit 0; stdout: empty",
            "exit 1; stdout: empty",
            "exit 0; stdout: a",
        ],
        ["raises ValueError", "raises KeyError"],
        ["the line is skipped", "the line is kept"],
    ],
)
def test_another_prediction_is_another(different: list[str]) -> None:
    assert len({said(each).value for each in different}) == len(different)


def test_a_guess_is_compared_without_its_mark_and_counts_as_a_doubt() -> None:
    assert said("? []") == replace(said("[]"), doubt=True)
    assert said("? []").text == "[]"


@given(st.text(max_size=500))
def test_any_text_is_a_prediction_of_bounded_length(text: str) -> None:
    found = said(text)
    assert found.value
    assert len(found.text) <= 300
    assert not any(each in found.text for each in "\x00\x1b\n")


@pytest.mark.parametrize("hostile", ["(" * 5000, "[" * 5000, "9" * 5000, '"\\d"', "{" * 300, "-" * 300, "1e999", "NaN"])
def test_hostile_literals_are_words(hostile: str) -> None:
    assert said(hostile).value


def test_a_quote_is_found_but_for_white_space_markup_and_case() -> None:
    text = "- **R1** `top` MUST return the `n`\n  clients with the *most* hits."
    assert quoted("top must return the n clients with the most hits", text)
    assert quoted('"`top` MUST return the `n` clients"', text)
    assert not quoted("top must return the n clients in any order", text)
    assert quoted("R1: `top` MUST return the `n` clients", text)
    assert quoted("`top` MUST return ... with the most hits.", text)
    assert not quoted("with the most hits ... `top` MUST return", text)
    assert not quoted("`top` MUST return ... hits", text)
    assert not quoted("...", text)
    assert not quoted("must", text)
    assert not quoted("", text)


def test_agreement_asks_nothing() -> None:
    found = spread(PROBE, ["[]", "[ ]", "returns []", "list()", "[]"])
    assert (found.dissent, found.doubts, found.ambiguous) == (1, 0, False)


@pytest.mark.parametrize(
    ("answers", "ambiguous"),
    [
        (["1", "1", "1", "1", "2"], False),
        (["1", "1", "1", "2", "2"], True),
        (["1", "1", "1", "2", "3"], True),
        (["1", "1", "1", "1", "? 1"], False),
        (["1", "1", "1", "? 1", "? 1"], True),
        (["1", "1", "1", "1", "unspecified"], False),
        (["1", "1", "1", "unspecified", "?"], True),
        (["unspecified"] * 5, True),
        (["1", "1", "2"], False),
        (["1", "2", "3"], True),
    ],
)
def test_two_of_five_who_differ_or_doubt_are_enough(answers: list[str], *, ambiguous: bool) -> None:
    assert spread(PROBE, answers).ambiguous is ambiguous


def test_entropy_counts_groups_and_the_silent_are_one_of_them() -> None:
    found = spread(PROBE, ["1", "1", "2", "unspecified"])
    assert found.entropy == pytest.approx(1.5)
    assert [(group.id, group.text, group.readers) for group in found.groups] == [("p1.a", "1", 2), ("p1.b", "2", 1)]
    assert spread(PROBE, ["1", "1"]).entropy == 0


@given(st.lists(st.sampled_from(["1", "? 1", "2", "unspecified", "x y", "raises KeyError"]), min_size=3, max_size=9))
def test_divergence_is_a_share_and_high_only_where_readers_differ(answers: list[str]) -> None:
    found = spread(PROBE, answers)
    assert 0 <= found.divergence <= 1 + 1e-9
    assert found.readers == len(answers)
    assert found.ambiguous or found.divergence < 0.6


def test_a_small_spec_is_one_cluster(spec: SpecView) -> None:
    [one] = clusters(spec)
    assert one.items == ("R1", "R2", "E1")


def many(number: int, *, topics: int) -> SpecView:
    items = tuple(
        Requirement(id=f"R{n}", text=f"`f{n % topics}` MUST do thing{n} with `--opt{n % topics}`.", key=f"k{n}")
        for n in range(number)
    )
    text = "# a\n\n" + "".join(f"- **{each.id}** {each.text}\n" for each in items)
    return SpecView(id="a", digest="d", title="a", text=text, requirements=items)


def test_items_that_share_names_are_probed_together() -> None:
    found = clusters(many(45, topics=3))
    assert [set(each.items) for each in found] == [{f"R{n}" for n in range(topic, 45, 3)} for topic in range(3)]


@given(st.integers(1, 120), st.integers(1, 40))
def test_every_item_is_in_one_cluster_and_there_are_few(number: int, topics: int) -> None:
    found = clusters(many(number, topics=topics))
    assert sorted(item for each in found for item in each.items) == sorted(f"R{n}" for n in range(number))
    assert len(found) <= 6


def test_bars_of_performance_are_not_predicted(spec: SpecView) -> None:
    bar = Requirement(id="P1", text="It MUST take <= 1 s.", key="k")
    [one] = clusters(replace(spec, requirements=(*spec.requirements, bar)))
    assert "P1" not in one.items


def test_the_digest_of_a_cluster_survives_wrapping_and_follows_words_terms_and_decisions() -> None:
    def digest(text: str, **more: Any) -> str:
        [one] = clusters(spec_view(parse(text)), **more)
        return one.digest

    same = [TEXT.replace("clients with the", "clients\n  with the"), TEXT.replace("\n\n## Corner", "\n\n\n## Corner")]
    other = [
        TEXT.replace("the most hits", "most hits"),
        TEXT.replace("`src/top.py`.", "`src/top.py`, for ops."),
        f"{TEXT}\n## Terms\n\n- **hit**: a line.\n",
        f"{TEXT}\n## Non-goals\n\n- **N1** No ties.\n",
    ]
    assert {digest(each) for each in same} == {digest(TEXT)}
    assert len({digest(TEXT), *map(digest, other), digest(TEXT, decisions=[("q", "a")])}) == 6


def test_an_edit_in_one_cluster_leaves_the_digests_of_the_others() -> None:
    before = clusters(many(45, topics=3))
    changed = many(45, topics=3)
    first = replace(changed.requirements[0], key="other")
    after = clusters(replace(changed, requirements=(first, *changed.requirements[1:])))
    assert [old.digest == new.digest for old, new in zip(before, after, strict=True)] == [False, True, True]


def test_what_refers_to_a_requirement_depends_on_it(spec: SpecView) -> None:
    assert dependents(spec, ["R1"]) == 2
    assert dependents(spec, ["E1", "R2"]) == 2
    assert dependents(spec, ["R9"]) == 0


@pytest.mark.parametrize(
    ("text", "worth"),
    [
        ("Add a --json flag to `ratelog`.", False),
        ("# a\n\n- **R1** It MUST print `1`.\n", False),
        ("# a\n\n- **R1** It MUST print `1`.\n- **R2** It MUST end.\n", True),
        ("word " * 200, True),
        ("", False),
    ],
)
def test_a_line_or_two_are_not_probed(text: str, *, worth: bool) -> None:
    assert worth_probing(spec_view(parse(text))) is worth


OPEN = spread(PROBE, ["[('a', 2)]", "[('a', 2)]", "? [('b', 2)]", "[('b', 2)]", "unspecified"])
ASK = Decision(
    probes=("p1",),
    verdict="ask",
    question="Which client comes first when two have the same count?",
    why="The list is cut.",
    choices=(
        Choice(groups=("p1.a",), text="Clients of equal counts are in ascending order.", consequence="stable"),
        Choice(groups=("p1.b",), text="Clients of equal counts are in order of appearance."),
    ),
    items=("R1",),
)
ASSUME = replace(ASK, verdict="assume", choices=ASK.choices[:1])
ANSWERED = Decision(probes=("p1",), verdict="answered", quote="the n clients with the most hits")


def test_a_decision_that_holds_is_followed(spec: SpecView) -> None:
    for decision in (ASK, ASSUME, ANSWERED):
        assert faults([decision], [OPEN], TEXT) == ()
    asked = outcome([ASK], [OPEN], spec=spec, text=TEXT)
    [raised] = asked.raised
    assert raised.question == Question(
        key=raised.question.key,
        kind="decision",
        text=ASK.question,
        why="The list is cut.",
        options=(
            Option(text="Clients of equal counts are in ascending order.", consequence="stable"),
            Option(text="Clients of equal counts are in order of appearance."),
        ),
        recommended=0,
        asked_by="prober",
        requirements=("R1",),
        evidence=(
            "`top` is called with two clients of equal counts. 2 of 5 readers: [('a', 2)]; "
            "2 of 5 readers: [('b', 2)]; 1 of 5: the spec does not say."
        ),
    )
    assumed = outcome([ASSUME], [OPEN], spec=spec, text=TEXT)
    assert [each.text for each in assumed.assumptions] == ["Clients of equal counts are in ascending order."]
    assert (assumed.raised, assumed.settled) == ((), ())
    answered = outcome([ANSWERED], [OPEN], spec=spec, text=TEXT)
    assert [(each.how, each.quote) for each in answered.settled] == [("answered", "the n clients with the most hits")]


@pytest.mark.parametrize(
    ("decision", "fault"),
    [
        (replace(ANSWERED, quote="in ascending order of names"), "`quote` does not stand in the spec"),
        (replace(ANSWERED, quote=""), "`quote` does not stand in the spec"),
        (replace(ASK, verdict="same"), "`same` does not settle p1"),
        (replace(ASSUME, choices=()), "an assumption has one option"),
        (replace(ASSUME, choices=(Choice(groups=("p1.z",), text="x"),)), "must name p1.a or p1.b"),
        (replace(ASK, question=""), "`question` is empty"),
        (replace(ASK, choices=ASK.choices[:1]), "a question has 2 to 4 options"),
        (replace(ASK, choices=ASK.choices * 3), "a question has 2 to 4 options"),
        (
            replace(ASK, choices=(Choice(groups=(), text="a"), Choice(groups=(), text="b"))),
            "no option is what a reader",
        ),
        (replace(ASK, recommended=2), "`recommended` must be the number of an option, from 0 to 1"),
        (replace(ASK, recommended=-1), "`recommended` must be the number"),
        (replace(ASK, probes=("p7",)), "must name open situations, not p7"),
        (replace(ASK, probes=()), "must name open situations, not none"),
    ],
)
def test_a_decision_against_the_rules_is_named_and_becomes_a_question(
    spec: SpecView, decision: Decision, fault: str
) -> None:
    assert any(fault in each for each in faults([decision], [OPEN], TEXT))
    result = outcome([decision], [OPEN], spec=spec, text=TEXT)
    assert (result.settled, result.assumptions) == ((), ())
    [raised] = result.raised
    assert raised.question.text.startswith("What is right here: `top` is called with two clients")
    assert [option.text for option in raised.question.options] == [
        "`top` is called with two clients of equal counts. [('a', 2)]",
        "`top` is called with two clients of equal counts. [('b', 2)]",
    ]


def test_answers_that_differ_in_words_only_are_settled_unless_readers_doubt(spec: SpecView) -> None:
    words = spread(PROBE, ["skips it", "the line is skipped", "skips it", "ignores it", "? skips it"])
    same = Decision(probes=("p1",), verdict="same")
    assert faults([same], [words], TEXT) == ()
    assert [each.how for each in outcome([same], [words], spec=spec, text=TEXT).settled] == ["same"]
    doubted = spread(PROBE, ["skips it", "the line is skipped", "? skips it", "ignores it", "? skips it"])
    assert faults([same], [doubted], TEXT) != ()


def test_a_situation_is_decided_once_and_none_is_forgotten(spec: SpecView) -> None:
    other = spread(replace(PROBE, id="p2"), ["1", "1", "2", "2", "3"])
    assert faults([ANSWERED, ASK], [OPEN, other], TEXT) == ("p1 is decided more than once", "p2 is not decided")
    result = outcome([ANSWERED, ASK], [OPEN, other], spec=spec, text=TEXT)
    assert [each.probe.id for each in result.settled] == ["p1"]
    assert [option.text[-1] for option in result.raised[0].question.options] == ["1", "2", "3"]


def test_only_what_nobody_would_notice_goes_on_without_an_answer(spec: SpecView) -> None:
    for weight, reply in ((1, "Clients of equal counts are in ascending order."), (2, None), (3, None)):
        [raised] = outcome([replace(ASK, weight=weight)], [OPEN], spec=spec, text=TEXT).raised
        assert policy_answer(raised.question, "ask-blocking") == reply
        assert policy_answer(raised.question, "ask-always") is None
        assert policy_answer(raised.question, "never") == "Clients of equal counts are in ascending order."


def raised(number: int, *, divergence: float = 0.5, weight: Any = 2, items: tuple[str, ...] = ("R2",)) -> Raised:
    words = " ".join(f"word{number}x{n}" for n in range(5))
    question = Question(
        key=f"probe:{number}",
        kind="decision",
        text=f"Question {number} {words}?",
        options=(Option(text=f"Answer {number} is one."), Option(text=f"Answer {number} is two.")),
        recommended=1,
        requirements=items,
    )
    return Raised(question=question, divergence=divergence, weight=weight)


def found(*questions: Raised, **more: Any) -> Probed:
    return Probed(cluster=Cluster(items=("R1",), digest="d"), raised=questions, **more)


def test_questions_are_ranked_by_divergence_dependents_and_weight(spec: SpecView) -> None:
    low, spread_, heavy, central = raised(1), raised(2, divergence=0.9), raised(3, weight=3), raised(4, items=("R1",))
    got = batch([found(low, spread_), found(heavy, central)], spec=spec)
    assert [each.key for each in got.questions] == ["probe:4", "probe:2", "probe:3", "probe:1"]


def test_a_batch_is_capped_and_what_is_beyond_is_assumed(spec: SpecView) -> None:
    flood = [raised(n, divergence=1 / n) for n in range(1, 201)]
    got = batch([found(*flood)], spec=spec)
    assert [each.key for each in got.questions] == [f"probe:{n}" for n in range(1, 6)]
    assert got.assumptions[0].text == "Answer 6 is two."
    assert len(got.assumptions) == 195
    assert len(batch([found(*flood[:9])], spec=spec, most=2).questions) == 2
    assert batch([found(*flood[:9])], spec=spec, most=0).questions == ()


def test_the_same_question_of_two_clusters_is_asked_once(spec: SpecView) -> None:
    one = raised(1)
    again = replace(one, question=replace(one.question, key="probe:x", text=one.question.text + " Really?"))
    elsewhere = replace(one, question=replace(one.question, key="probe:y", requirements=("R1",)))
    got = batch([found(one), found(again, elsewhere)], spec=spec)
    assert sorted(each.key for each in got.questions) == ["probe:1", "probe:y"]


def test_a_batch_can_be_stored_and_assumptions_told(spec: SpecView) -> None:
    got = batch([found(*(raised(n) for n in range(7)))], spec=spec)
    assert msgspec.json.decode(msgspec.json.encode(got), type=Batch) == got
    assert as_decision(got.assumptions[0]) == ("What the spec leaves open about R2", got.assumptions[0].text)


def test_an_answer_is_a_sentence_for_the_spec() -> None:
    question = replace(raised(1).question, asked_by="prober")
    assert statement(question, "2").text == "Answer 1 is two."
    assert statement(question, "Answer 1 is one.").text == "Answer 1 is one."
    assert statement(question, "in any order").text == f"{question.text} in any order"
    assert statement(question, "3").text == f"{question.text} 3"


def test_answers_and_assumptions_become_a_new_text() -> None:
    question = replace(raised(1).question, asked_by="prober")
    foreign = replace(question, asked_by="spec Q1")
    new = proposal(
        TEXT,
        answered=[(question, "1"), (foreign, "1")],
        assumed=[Assumption(text="Names are short.", requirements=("R1",))],
    )
    items = parse(new).items
    assert {key: items[key].text for key in items if key not in parse(TEXT).items} == {
        "E2": "Answer 1 is one (R2).",
        "A1": "Names are short (R1).",
    }
