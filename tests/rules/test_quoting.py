import pytest
from agentctl.orchestrator.nouns.plan import Requirement, SpecView
from agentctl.orchestrator.nouns.questions import Option, Question
from agentctl.orchestrator.ports import LeadWord
from agentctl.orchestrator.rules.quoting import alike, source_of, weigh

SPEC = SpecView(
    id="s",
    digest="0",
    title="t",
    text="Entries are kept in UTC, *always*.\n\n- **R1** The list is sorted by name.\n"
    "- **Q1** Shall they expire at night?",
    requirements=(Requirement(id="R1", text="The list is sorted by name.", key="k"),),
    questions=(Question(key="q", kind="decision", text="Shall they expire at night?"),),
)
DECISIONS = (("Which colour has the banner of the page?", "Green, like the logo of the firm"),)
ASKED = Question(
    key="a",
    kind="decision",
    text="Which zone?",
    why="Nothing says so.",
    options=(Option(text="UTC"), Option(text="Local time")),
    recommended=0,
    default="UTC",
)


@pytest.mark.parametrize(
    ("quote", "source"),
    [
        ("The list is sorted by name", "R1"),
        ("the  LIST is sorted\nby name.", "R1"),
        ("Entries are kept in UTC, always", "the spec"),
        ("Green, like the logo of the firm", "a decision"),
        ("Which colour has the banner of the page?", ""),
        ("Shall they expire at night?", ""),
        ("is sorted by", ""),
        ("is in it by", ""),
        ("Entries are kept in local time", ""),
        ("", ""),
    ],
)
def test_a_quote_counts_where_it_stands_word_for_word_and_says_something(quote: str, source: str) -> None:
    assert source_of(quote, SPEC, DECISIONS) == source


@pytest.mark.parametrize(
    ("answer", "taken"),
    [("1", "UTC"), ("local TIME.", "Local time"), ("UTC, in seconds", "UTC, in seconds"), ("9", "9")],
)
def test_an_answer_is_an_option_or_its_own_words(answer: str, taken: str) -> None:
    found = weigh(ASKED, LeadWord(answer=answer, quote="Entries are kept in UTC"), spec=SPEC, decisions=())
    assert (found.answer, found.question.evidence) == (taken, 'the spec: "Entries are kept in UTC"')


def test_without_a_quote_the_lead_decides_nothing_and_a_default_stays_among_the_options() -> None:
    options = (Option(text="UTC+1"), Option(text="UTC-1"))
    word = LeadWord(
        answer="UTC", question="Which zone do users see?", options=options, recommended=1, why="R1 is silent."
    )
    found = weigh(ASKED, word, spec=SPEC, decisions=())
    assert found.answer is None
    assert (found.question.key, found.question.text) == ("a", "Which zone do users see?")
    assert (found.question.options, found.question.recommended) == (ASKED.options, 1)
    assert found.question.why == "Nothing says so. Its lead: R1 is silent."


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("Which time zone shall entries be stored in?", "In which time zone should entries be stored?", True),
        ("Which time zone shall entries be stored in?", "Which time zone shall entries be shown in?", False),
        ("Shall deleted entries stay in the list?", "Shall deleted entries not stay in the list?", False),
        ("May a list hold 10 named entries?", "May a list hold 20 named entries?", False),
        ("Is `a` stored before the write ends?", "Is `b` stored before the write ends?", False),
        ("Which zone?", "Which zone ?", False),
    ],
)
def test_questions_in_nearly_the_same_words_are_one(one: str, other: str, same: bool) -> None:  # noqa: FBT001 - a table
    first, second = (Question(key=text, kind="decision", text=text, requirements=("R1",)) for text in (one, other))
    assert (alike(first, [second]) is not None) == same


def test_questions_about_other_requirements_or_with_other_options_are_two() -> None:
    text = "Which time zone shall entries be stored in?"
    first = Question(key="1", kind="decision", text=text, requirements=("R1",))
    other = Question(key="2", kind="decision", text=text, requirements=("R2",))
    options = Question(key="3", kind="decision", text=text, requirements=("R1",), options=(Option(text="UTC"),))
    assert alike(first, [other, options]) is None
