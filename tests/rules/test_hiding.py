"""Files that no model is shown: which they are, and what of them is kept out of what a test prints."""

import pytest
from agentctl.orchestrator.rules.hiding import WITHHELD, is_hidden, trespasses, withheld, without
from hypothesis import given
from hypothesis import strategies as st


@pytest.mark.parametrize(
    ("path", "glob", "hidden"),
    [
        ("vault/a/b.txt", "vault", True),
        ("vault/a/b.txt", "vault/**", True),
        ("VAULT/key", "vault", True),
        ("a/b/.env", "**/.env", True),
        (".env", "**/.env", True),
        ("a/x.pem", "**/*.pem", True),
        ("we[i]rd.pem", "*.pem", True),
        ("a*b.pem", "a?b.pem", True),
        ("src/vault.py", "vault", False),
        ("a/b.txt", "*.txt", False),
    ],
)
def test_what_a_glob_may_mean_is_hidden(path: str, glob: str, hidden: bool) -> None:  # noqa: FBT001 - a column
    assert is_hidden(path, (glob,)) == hidden


def test_what_is_in_the_way_of_a_hidden_file_is_refused_as_well() -> None:
    changed = ["src/a.py", "vault", "vault/new", "vault/key/x"]
    assert trespasses(changed, ["vault/key"], ["vault/k*"]) == ("vault", "vault/key/x")


def test_lines_values_and_keys_are_withheld_and_what_others_say_is_not() -> None:
    known = withheld(
        {"a.env": 'PASSWORD = "swordfish"\nimport os, sys, json\n# key k9x2m4p7q1\nplain words of a secret plan\n'},
        ["import os, sys, json\n"],
    )
    text = "assert 'swordfish' == x\nplain words of a secret plan!\nimport os, sys, json\nk9x2m4p7q1, fish"
    assert without(text, known) == (f"assert '{WITHHELD}' == x\n{WITHHELD}!\nimport os, sys, json\n{WITHHELD}, fish")
    assert not withheld({}, ["x"])


@given(st.lists(st.text("abc1=\n ", max_size=40)), st.text("abc1=\n ", max_size=60))
def test_withholding_twice_is_withholding_once(files: list[str], text: str) -> None:
    known = withheld({str(number): each for number, each in enumerate(files)}, [])
    once = without(text, known)
    assert without(once, known) == once
