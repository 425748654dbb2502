import pytest
from agentctl.orchestrator.nouns.questions import Option
from agentctl.orchestrator.rules.options import approved, is_approval, named

OPTIONS = (
    Option(text="Keep the old name."),
    Option(text="Keep both names, and warn"),
    Option(text="Rename it"),
)


@pytest.mark.parametrize(
    ("text", "index"),
    [
        ("Keep the old name.", 0),
        ("  keep the  OLD name ", 0),
        ("Keep both", 1),
        ("rename", 2),
        ("2", 1),
        ("option 2", 1),
        ("Option #2", None),
        ("#3", 2),
        ("number 3.", 2),
        ("Keep", None),
        ("Ren", None),
        ("4", None),
        ("0", None),
        ("not option 2", None),
        ("2 or 3", None),
        ("something else", None),
        ("", None),
    ],
)
def test_an_option_is_named_by_its_words_its_number_or_what_only_it_begins_with(text: str, index: int | None) -> None:
    assert named(text, OPTIONS) == index


def test_words_that_are_a_number_come_before_the_number() -> None:
    assert named("2", (Option(text="2"), Option(text="3"))) == 0
    assert named("same", (Option(text="same"), Option(text="Same."))) is None


@pytest.mark.parametrize(
    ("text", "index"),
    [
        ("yes, option 2 please", 1),
        ("OK: 3", 2),
        ("approved: Rename it!", 2),
        ("go with 1", 0),
        ("Use option 2.", 1),
        ("yes", None),
        ("yes, but not option 2", None),
        ("option 2, if the tests stay as they are", None),
        ("no", None),
    ],
)
def test_words_of_approval_may_stand_around_it(text: str, index: int | None) -> None:
    assert approved(text, OPTIONS) == index


@pytest.mark.parametrize(
    ("text", "is_one"),
    [
        ("yes, but later", True),
        ("2, and mind the docs", True),
        ("use option 3 or so", True),
        ("no, do it without", False),
        ("use the helper that is there", False),
        ("okra", False),
    ],
)
def test_what_begins_like_an_approval_is_told_from_own_words(text: str, is_one: bool) -> None:  # noqa: FBT001 - a table
    assert is_approval(text) == is_one
