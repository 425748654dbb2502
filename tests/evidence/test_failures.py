"""What a failed check says in one line, and at which line of the spec; from real sessions in the real gate."""

from collections.abc import Callable
from typing import Any

import pytest
from agentctl.orchestrator.evidence.failures import LONGEST, reason
from agentctl.orchestrator.evidence.statuses import Circumstances, verdict
from agentctl.specs.parse import parse

Call = Callable[..., Any]

HEAD = "# shop\n\n- **R1** `price(n)` in `src/price.py` MUST be 10 each.\n\n"
FILES = {"src/price.py": "def price(n):\n    return n * 10\n", "src/__init__.py": ""}


async def failed(prove: Call, check: str) -> tuple[str, str]:
    """The note of the one requirement, and the line of the spec that it points to, as text of that line."""
    text = HEAD + check
    (proof,) = (await prove(text, FILES)).values()
    found = verdict(parse(text, name="shop.md").items["R1"], [proof], Circumstances(stale={}, waived={}))
    assert found.status in {"FAILING", "UNIMPLEMENTED"}
    return found.note.partition(": ")[2], text.split("\n")[found.failed_line - 1] if found.failed_line else ""


@pytest.mark.parametrize(
    ("body", "note", "line"),
    [
        ("from price import price\n\nassert price(1) == 9", "assert 10 == 9", "assert price(1) == 9"),
        ("from price import price\nassert [\n  price(1),\n] == [\n  9\n]", "assert [10] == [9]", "assert ["),
        (
            "def test_a():\n    from price import price\n    assert price(1) == 9, 'nine'\n",
            "nine",
            "    assert price(1) == 9, 'nine'",
        ),
        ("from price import cost\n", "ImportError: cannot import name 'cost'", "from price import cost"),
        ("from price import price\nprice()\n", "TypeError: price() missing", "price()"),
        (
            "import os\nfrom cost import price\ndef test_a():\n    assert price(1) == 9\n",
            "ModuleNotFoundError: No module named 'cost'",
            "from cost import price",
        ),
        ("x = 1\nasync def test_a():\n    pass\n", "async def functions are not", "async def test_a():"),
    ],
)
async def test_a_statement_points_to_its_own_line(prove: Call, body: str, note: str, line: str) -> None:
    said, where = await failed(prove, f"```python R1\n{body}\n```\n")
    assert said.startswith(note)
    assert where == line


@pytest.mark.parametrize(
    ("steps", "note", "line"),
    [
        ("$ true\n$ echo two\nthree", 'stdout: expected "three", got "two"', "$ echo two"),
        ("$ echo two\n...\nthree", 'stdout: expected "three", got no such line', "$ echo two"),
        ("$ echo two", 'stdout: expected no more, got "two"', "$ echo two"),
        ("$ true\nthree", 'stdout: expected "three", got nothing', "$ true"),
        ("$ echo a\na\nb", 'stdout: expected "b", got nothing more', "$ echo a"),
        ("$ echo b >&2\n[stderr] a...", 'stderr: expected "a...", got "b"', "$ echo b >&2"),
        ("$ echo no >&2; exit 3", "exit 3, expected 0: no", "$ echo no >&2; exit 3"),
        ("$ exit 3\n[exit 2]", "exit 3, expected 2", "$ exit 3"),
        (
            f"$ echo {'x' * 60}AB\n{'x' * 60}CB",
            f'stdout: expected "...{"x" * 38}CB", got "...{"x" * 38}AB"',
            f"$ echo {'x' * 60}AB",
        ),
    ],
)
async def test_a_transcript_says_what_was_expected_and_what_came(prove: Call, steps: str, note: str, line: str) -> None:
    assert await failed(prove, f"```console R1\n{steps}\n```\n") == (note, line)


TABLE = """\
### Examples for R1: `price(n)`

| n | => |
|---|---|
| `1` | `10` |
{row}

```python interface src/price.py
def price(n: int) -> int: ...
```
"""


@pytest.mark.parametrize(
    ("row", "note"),
    [
        ("| `2` | `21` |", "assert 20 == 21 (1/2 pass)"),
        ("| `2` | raises ValueError |", "nothing was raised (1/2 pass)"),
        ("| `None` | `1` |", "TypeError: unsupported operand type(s) for *: 'NoneType' and 'int' (1/2 pass)"),
    ],
)
async def test_a_row_points_to_itself(prove: Call, row: str, note: str) -> None:
    assert await failed(prove, TABLE.format(row=row)) == (note, row)


def test_what_nobody_marked_is_said_by_its_first_line() -> None:
    assert reason("the test run did not end within 5 s\nmore") == "the test run did not end within 5 s"
    assert reason("") == ""
    assert len(reason("x" * 999)) == LONGEST
