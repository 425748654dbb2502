"""The same program written otherwise."""

import ast

import pytest
from agentctl.orchestrator.evidence.respelled import respelled


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("def a(x):\n    return x + 1\n", "def  a ( x ) :\n    return  x  +  (1)\n"),
        ("match x:\n    case -1:\n        y = 2\n", "match  x :\n    case  - 1 :\n        y  =  2\n"),
        ("x = 'a  b' \\\n    'c'  # d\n", "x  =  'a  b' \\\n    'c'   # d\n"),
        ("#!/bin/x\ny = f'{x+1} {z}'\n", "#!/bin/x\ny  =  f'{x+1} {z}'\n"),
        ('def a():\n    """One.\n\n    Two.\n    """\n\n    return (\n        x)\n', None),
    ],
)
def test_every_token_stays_on_its_line_and_the_tree_as_it_is(text: str, expected: str | None) -> None:
    found = respelled("m.py", text.encode())
    assert found is not None
    assert expected is None or found.decode() == expected
    assert ast.dump(ast.parse(found)) == ast.dump(ast.parse(text))
    assert [line.split() != [] for line in found.decode().split("\n")] == [
        line.split() != [] for line in text.split("\n")
    ]


@pytest.mark.parametrize(("path", "text"), [("m.js", "x + 1"), ("m.py", "def a(:"), ("m.py", ""), ("m.py", "x\n")])
def test_what_cannot_be_written_otherwise_is_left(path: str, text: str) -> None:
    assert respelled(path, text.encode()) is None
