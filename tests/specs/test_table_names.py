"""Examples tables whose columns and functions are called as the author likes: like builtins, like each other."""

from collections.abc import Callable

import pytest
from agentctl.specs.compile import compile_checks
from agentctl.specs.parse import parse

CODE = "def total(list): return sum(list)\ndef square(square): return square * square\n"
CODE += "def abs(x): return x if x > 0 else -x\ndef low(min, max): return min if min < max else max\n"


@pytest.mark.parametrize(
    ("call", "header", "row"),
    [
        ("total(list)", "list", "`[1, 2]` | `3`"),
        ("abs(x)", "x", "`-2` | `2`"),
        ("low(min, max)", "min | max", "`1` | `2` | `1`"),
        ("square(square)", "square", "`3` | `9`"),
        ("[square(n) for n in square]", "square", "`[1, 2]` | `[1, 4]`"),
        ("sorted(square(n) for n in list)", "list", "`[2, 1]` | `[1, 4]`"),
    ],
)
def test_any_name_that_is_declared_is_that_of_the_spec(
    judged: Callable[..., dict[str, str]], call: str, header: str, row: str
) -> None:
    width = header.count("|") + 2
    stub = "\n".join(f"{line.partition(':')[0]}: ..." for line in CODE.splitlines())
    text = f"# a\n\n- **R1** It MUST work.\n\n```python interface src/m.py\n{stub}\n```\n\n"
    text += f"### Examples for R1: `{call}`\n\n| {header} | => |\n{'|---' * width}|\n| {row} |\n"
    assert parse(text).diagnostics == ()
    (test,) = compile_checks(parse(text))[0].tests
    assert judged(text, {"src/m.py": CODE})[test] == "passed"
    assert judged(text, {"src/m.py": CODE.replace("return ", "return 99, ")})[test] == "failed"


@pytest.mark.parametrize(
    ("call", "header", "said"),
    [
        ("total(other)", "list", "no argument of `total(other)` is called `list`"),
        ("len(list)", "list", "must use the columns and one name that an interface declares"),
        ("total(ValueError)", "ValueError", "`ValueError` cannot head a column"),
    ],
)
def test_what_cannot_be_judged_says_what_to_do(call: str, header: str, said: str) -> None:
    text = "# a\n\n`total(list)` in `m.py`.\n\n- **R1** It MUST work.\n\n"
    found = parse(f"{text}### Examples for R1: `{call}`\n\n| {header} | => |\n|---|---|\n| `[1]` | `1` |\n").diagnostics
    assert [(hit.code, said in hit.message) for hit in found] == [("SPF010", True)]
