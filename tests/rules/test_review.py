"""What of a critic's word counts."""

import pytest
from agentctl.orchestrator.nouns.plan import Requirement
from agentctl.orchestrator.nouns.reviews import Claim
from agentctl.orchestrator.rules.review import EXAMPLE, breaking_line, changed_lines, example, quoted

WANTED = (
    Requirement(id="R1", text="`loud(text)` MUST return the text in *capitals*.", key="1"),
    Requirement(id="R2", text="An empty text is refused with ValueError.", key="2"),
)
DIFF = """\
diff --git a/src/loud.py b/src/loud.py
--- a/src/loud.py
+++ b/src/loud.py
@@ -1,2 +1,2 @@
 def loud(text):
-    return text
+    return text.lower()
"""


def claim(**what: str) -> Claim:
    return Claim(**{"requirement": "R1", "why": "", **what})


@pytest.mark.parametrize(
    ("quote", "found"),
    [
        ("MUST return the text in capitals", "R1"),
        ("must  return the\ntext in capitals.", "R1"),
        ("An empty text is refused", "R2"),
        ("must return the text in small letters", None),
        ("in capitals", None),
        ("", None),
    ],
)
def test_a_quote_counts_where_a_requirement_has_those_words(quote: str, found: str | None) -> None:
    requirement = quoted(claim(quote=quote), WANTED)
    assert (requirement.id if requirement else None) == found


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("+    return text.lower()", "+    return text.lower()"),
        ("return text.lower()", "+    return text.lower()"),
        ("-    return text", "-    return text"),
        ("def loud(text):", ""),
        ("+++ b/src/loud.py", ""),
        ("return", ""),
        ("+", ""),
        ("", ""),
    ],
)
def test_a_line_counts_where_the_diff_changes_it(line: str, found: str) -> None:
    assert breaking_line(claim(line=line), DIFF) == found


def test_a_diff_is_as_large_as_the_lines_it_adds_and_removes() -> None:
    assert changed_lines(DIFF) == 2


def test_an_example_becomes_a_test_that_the_gate_can_run() -> None:
    text = 'from loud import loud\n\n\ndef test_it():\n    assert loud("a") == "A"'
    test = example(claim(test=text), WANTED)
    assert test is not None
    assert (test.path, test.tests, test.requirements) == (EXAMPLE, (f"{EXAMPLE}::test_it",), ("R1",))
    assert test.text == text + "\n"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "def test_it(:",
        "from loud import loud\nassert loud('a')",
        "from loud import loud\ndef test_it():\n    loud('a')",
        "def test_it():\n    assert False",
        "from loud import loud\ndef check():\n    assert loud('a')",
        "from loud import loud\ndef test_it():\n    assert loud('a')\n" + "#" * 5_000,
    ],
)
def test_what_is_no_test_of_the_patch_is_no_example(text: str) -> None:
    assert example(claim(test=text), WANTED) is None


def test_an_example_of_a_requirement_that_is_not_the_tasks_does_not_count() -> None:
    text = "from loud import loud\ndef test_it():\n    assert loud('a')"
    assert example(claim(requirement="R9", test=text), WANTED) is None
