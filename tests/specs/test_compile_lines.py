"""A failing check points at the spec's own line; properties are steady, and none without hypothesis."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from agentctl.specs import generating
from agentctl.specs.compile import compile_checks
from agentctl.specs.generating import program
from agentctl.specs.parse import parse
from agentctl.specs.python_code import CodeError, numbered

R1 = "# a\n\n- **R1** It MUST work.\n"
Judged = Callable[..., dict[str, str]]


def line_of(text: str, words: str) -> int:
    return next(number for number, line in enumerate(text.split("\n"), 1) if words in line)


def test_a_failing_statement_shows_its_line_of_the_spec(judged: Judged) -> None:
    body = 'import mod\nvalues = [\n    mod.one,\n    mod.two,\n]\ntext = """\na\n"""\nassert values == [1, 3]\n'
    text = f"{R1}\n```python R1\n{body}```\n"
    output = judged(text, {"mod.py": "one, two = 1, 2\n"})["output"]
    assert f"assert values == [1, 3]  # spec.md:{line_of(text, 'assert values')}" in output


def test_a_line_inside_a_function_or_a_class_shows_it_too(judged: Judged) -> None:
    body = "class TestOne:\n    def test_it(self):\n        import mod\n        assert mod.one == 2\n"
    text = f"{R1}\n```python R1\n{body}```\n"
    assert f"# spec.md:{line_of(text, 'mod.one')}" in judged(text, {"mod.py": "one = 1\n"})["output"]


def test_a_failing_command_shows_its_line_and_a_failing_row_its_own(judged: Judged) -> None:
    table = "`f(x)` in `f.py`\n\n| x | => |\n|---|---|\n| `1` | `1` |\n| `2` | `3` |\n| `4` | raises ValueError |\n"
    text = f"{R1}\n```console R1\n$ true\n$ echo two\nthree\n```\n\n{table}"
    output = judged(text, {"f.py": "def f(x):\n    return x\n"})["output"]
    assert f"spec.md:{line_of(text, 'echo two')}: $ echo two" in output
    assert f"AssertionError: spec.md:{line_of(text, '| `2`')}" in output
    assert f"spec.md:{line_of(text, '| `4`')}: nothing was raised" in output


@pytest.mark.parametrize(
    "source",
    [
        "x = '''\na\n'''\n",
        "x = 1 + \\\n    2\n",
        "if True:\n\n    # b\n    x = 1\n",
        "",
        "(",
        "\tx = (1,\n2)\n",
        "\f\n",
    ],
)
def test_comments_never_change_what_code_does(source: str) -> None:
    after = numbered(source, file="spec.md", first=9)
    assert after.count("\n") == source.count("\n")
    before: dict[str, object] = {}
    now: dict[str, object] = {}
    try:
        exec(source, before)
    except SyntaxError:
        with pytest.raises(SyntaxError):
            exec(after, now)
        return
    exec(after, now)
    assert before.get("x") == now.get("x")


PROPERTY = """
```python R1 property
from hypothesis import given, settings, strategies as st

@given(st.integers())
def test_plain(n):
    assert n == n

@settings(max_examples=3, database=None)
@given(st.integers())
def test_own(n):
    assert n == n
```
"""


def test_a_property_decides_the_same_way_each_time(judged: Judged, tmp_path: Path) -> None:
    outcomes = judged(R1 + PROPERTY, {})
    (check,) = compile_checks(parse(R1 + PROPERTY, name="spec.md"))
    assert [outcomes[name] for name in check.tests] == ["passed", "passed"], outcomes["output"]
    assert "test_plain = hypothesis.settings(derandomize=True" in check.text
    assert "test_own = " not in check.text
    assert not (tmp_path / ".hypothesis").exists()


def test_without_hypothesis_a_property_says_what_to_install(judged: Judged) -> None:
    missing = "raise ModuleNotFoundError(\"No module named 'hypothesis'\", name='hypothesis')\n"
    outcomes = judged(R1 + PROPERTY, {"src/hypothesis.py": missing})
    assert "passed" not in outcomes.values()
    assert (
        "spec.md:6 (R1) is a property: add hypothesis to what the tests of this project install" in outcomes["output"]
    )


def made(text: str, *, file: str = "spec.md") -> subprocess.CompletedProcess[str]:
    (fixture,) = parse(text, name=file).fixtures
    argv = [sys.executable, "-I", "-c", program(fixture, file=file)]
    return subprocess.run(argv, capture_output=True, text=True, check=False)


def test_a_fixture_made_by_code_is_what_the_code_prints() -> None:
    body = "def rows():\n    yield from range(3)\n\nif __name__ == '__main__':\n    print(*rows(), sep='\\n')\n"
    done = made(f"{R1}\n```python fixture data/rows.txt\n{body}```\n")
    assert generating.made(done.stdout) == b"0\n1\n2\n"


def test_a_generator_that_fails_points_at_the_spec() -> None:
    text = f"{R1}\n```python fixture data/rows.txt\nx = 1\nprint(x / 0)\n```\n"
    assert f'File "spec.md", line {line_of(text, "x / 0")}' in made(text).stderr


def test_a_generator_that_is_not_python_is_refused() -> None:
    with pytest.raises(CodeError) as caught:
        made(f"{R1}\n```python fixture data/rows.txt\nx = 1\nprint(\n```\n")
    assert caught.value.line == 2
