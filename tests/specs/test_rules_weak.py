"""SPT219 and SPT220: checks that could say no, and not of what the requirement says."""

import pytest
from agentctl.specs.lint import lint
from agentctl.specs.nouns import Finding
from agentctl.specs.parse import parse

R1 = "# a\n\n- **R1** `a` MUST print `1`.\n"
F = "# a\n\n`f(x)` in `f.py` says whether x is odd.\n\n- **R1** `f` MUST return a boolean.\n\n"
ROWS = "| x | => |\n|---|---|\n| `1` | `True` |\n| `0` | `False` |\n"


def findings(text: str, code: str) -> list[Finding]:
    return [finding for finding in lint(parse(text)) if finding.code == code]


def console(*lines: str) -> str:
    return f"{R1}\n```console R1\n{chr(10).join(lines)}\n```\n"


@pytest.mark.parametrize(
    "lines",
    [
        ("$ python c.py x", "..."),
        ("$ python c.py x", "...", "..."),
        ("$ python c.py x", "...", "[stderr] ..."),
        ("$ python c.py x", "...", "$ python c.py y", "..."),
        ("$ mkdir out", "$ python c.py out", "..."),
        ("$ python c.py x", "[exit 0]", " ...  "),
    ],
)
def test_a_transcript_that_compares_no_output_is_told(lines: tuple[str, ...]) -> None:
    (found,) = findings(console(*lines), "SPT219")
    line = 6 + [text.startswith("$ python") for text in lines].index(True)
    assert (found.severity, found.line, found.target) == ("warning", line, "R1.c1")


@pytest.mark.parametrize(
    "lines",
    [
        ("$ python c.py x", "1"),
        ("$ python c.py x", "...", "1"),
        ("$ python c.py x", "1 ... 2"),
        ("$ python c.py x", "...", "[exit 2]"),
        ("$ python c.py x", "...", "[stderr] c: warning"),
        ("$ python c.py x",),
        ("$ python c.py x", "...", "$ cat x", "1"),
        ("$ go test ./...", "..."),
        ("$ npm run lint", "..."),
        ("$ python -m pytest -q tests", "..."),
        ("$ python c.py x | grep 1", "..."),
    ],
)
def test_a_transcript_that_compares_anything_or_is_decided_by_its_status_is_not(lines: tuple[str, ...]) -> None:
    assert findings(console(*lines), "SPT219") == []


@pytest.mark.parametrize("word", ["boolean", "Booleans", "bool", "`True` or `False`"])
def test_a_table_of_booleans_takes_1_for_true_and_says_so(word: str) -> None:
    (found,) = findings(F.replace("boolean", word) + ROWS, "SPT220")
    assert (found.severity, found.line, found.target) == ("info", 7, "R1.t1")


@pytest.mark.parametrize(
    "text",
    [
        F.replace("a boolean", "something") + ROWS,
        F + ROWS.replace("True", "1").replace("False", "0"),
        F + ROWS + "\n```python R1\nfrom f import f\nassert f(1) is True\n```\n",
        F + ROWS + "\n```python R1\nfrom f import f\nassert isinstance(f(1), bool)\n```\n",
    ],
)
def test_a_table_that_is_not_about_booleans_or_has_a_check_beside_it_is_left_alone(text: str) -> None:
    assert findings(text, "SPT220") == []
