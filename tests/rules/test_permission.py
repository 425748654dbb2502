"""Which words let a task change a guarded file, and which only name it or forbid it."""

import pytest
from agentctl.orchestrator.nouns.plan import Requirement
from agentctl.orchestrator.rules.permission import Said, Word, asked_for, lets_change, word_on


@pytest.mark.parametrize(
    "text",
    [
        "You may change conftest.py",
        "you may edit `tests/conftest.py`.",
        "Let me configure conftest.py",
        "yes, conftest.py",
        "Go ahead with conftest.py.",
        "OK: add the fixture to conftest.py",
        "Add a marker for slow tests to the conftest.py",
        "Change src/a.py and conftest.py.",
        "Leave src/a.py as it is. Change conftest.py.",
        "Remove the plug-in from conftest.py",
        "`conftest.py` MUST declare a fixture `seven`.",
        "conftest.py may be changed",
        "conftest.py is fine",
        "Write a fixture into ./tests/conftest.py",
        "Please update conftest.py; touch nothing else.",
    ],
)
def test_a_sentence_that_says_of_the_file_that_it_changes_lets_it(text: str) -> None:
    assert word_on("tests/conftest.py", text) == "yes"


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("no, do not touch conftest.py", "no"),
        ("Leave conftest.py alone, please", "no"),
        ("R9 conftest.py must stay as it is", "no"),
        ("Never change conftest.py.", "no"),
        ("Don't add it to conftest.py", "no"),
        ("Don\u2019t edit conftest.py", "no"),
        ("Change anything but conftest.py", "no"),
        ("You may change everything except conftest.py", "no"),
        ("Keep the fixtures in conftest.py", "no"),
        ("Undo your change to conftest.py", "no"),
        ("No. Changing conftest.py is what we avoid.", "no"),
        ("Do it without a change of conftest.py", "no"),
        ("conftest.py must remain untouched", "no"),
        ("Edit the tests rather than conftest.py", "no"),
        ("conftest.py should be left alone", "no"),
        ("Please refrain from changing conftest.py", "no"),
        ("dont change conftest.py", "no"),
        ("It would be wrong to edit conftest.py", "no"),
        ("The fixtures of conftest.py are what tests use", "unclear"),
        ("Add a test that reads what is in conftest.py", "unclear"),
        ("May I change conftest.py?", "unclear"),
        ("conftest.py", "unclear"),
        ("Change conftest.pyc and myconftest.py and conftest.py.bak", ""),
        ("Change other/conftest.py", ""),
        ("yes", ""),
    ],
)
def test_what_forbids_the_file_or_only_names_it_lets_nothing(text: str, word: Word) -> None:
    assert word_on("tests/conftest.py", text) == word


@pytest.mark.parametrize(
    ("said", "lets"),
    [
        (Said(answers=("Leave conftest.py alone", "You may change conftest.py after all")), True),
        (Said(answers=("You may change conftest.py", "On second thoughts, leave conftest.py alone")), False),
        (Said(answers=("You may change conftest.py", "the fixtures of conftest.py")), True),
        (Said(answers=("You may change conftest.py",), steering=("do not touch conftest.py",)), False),
        (Said(required=("conftest.py MUST declare `x`",), steering=("do not touch conftest.py",)), False),
        (Said(required=("When conftest.py is not there, the command fails",), answers=("change conftest.py",)), True),
    ],
)
def test_the_last_word_counts_and_one_against_it_is_enough(said: Said, lets: bool) -> None:  # noqa: FBT001 - a table
    assert lets_change("conftest.py", said) is lets


def test_what_is_to_stay_as_it_is_asks_for_nothing() -> None:
    wanted = Requirement(id="R1", text="pyproject.toml MUST declare httpx", key="a")
    kept = Requirement(id="R2", text="setup.cfg MUST declare flake8", key="b", preserve=True)
    assert asked_for([wanted, kept], ["R1", "R2", "R3"]) == (wanted.text,)
    assert asked_for([wanted, kept], ["R2"]) == ()
