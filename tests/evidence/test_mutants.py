import ast
from pathlib import Path

import pytest
from agentctl.orchestrator.evidence import mutations
from agentctl.orchestrator.evidence.mutants import Mutant, mutants, names_in
from agentctl.orchestrator.evidence.mutations import Edit, edits
from agentctl.orchestrator.evidence.reading import scopes
from hypothesis import given
from hypothesis import strategies as st

ROOT = Path(mutations.__file__).parents[2]


def told(body: str) -> set[str]:
    """Every edit of the body of a function, as ``now`` for ``was``."""
    source = "def f(a, b, c=1):\n" + "".join(f"    {line}\n" for line in body.split("\n"))
    return {f"{edit.now} for {edit.was}" for edit in edits(source.encode())}


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("return a < b", {"<= for <", ">= for <"}),
        ("return a >= b", {"> for >=", "< for >="}),
        ("return a == b != c", {"!= for ==", "== for !="}),
        ("return a  not   in b", {"in for not   in"}),
        ("return a is not b", {"is for is not"}),
        ("x = a and b and c", {"or for and"}),
        ("x = not a", {"(a) for not a"}),
        ("x = 10", {"11 for 10", "(9) for 10"}),
        ("x = 0.5", {"1.5 for 0.5", "(-0.5) for 0.5"}),
        ("x = True", {"False for True"}),
        ("return a", {"None for a"}),
        ("return f'{a + 1}'", {"\"\" for f'{a + 1}'"}),
        ("return ''", {"\"mutant\" for ''"}),
        ("return [a, b]", {"[] for [a, b]"}),
        ("return len(a)", {"(len(a)) + 1 for len(a)"}),
        ("return a.upper()", {'"" for a.upper()'}),
        ("return None", set()),
        ("return", set()),
        ("if a:\n    x = b", {"not (a) for a"}),
        ("x = b if a else c", {"not (a) for a"}),
        ("a.append(b)", {"pass for a.append(b)"}),
        ("a += b", {"pass for a += b"}),
        ("a[b] = c", {"pass for a[b] = c"}),
        ("x = 'y'\nraise ValueError(a)", {"pass for raise ValueError(a)"}),
        ("yield a", {"yield from () for yield a"}),
        ("x = sorted(a)", {", reverse=True) for )", "(a.sort() or a) for sorted(a)"}),
        ("x = sorted(a, key=b,)", {", reverse=True) for ,)", "(a.sort(key=b) or a) for sorted(a, key=b,)"}),
        ("x = sorted(d)", {", reverse=True) for )"}),
        (
            "x = list(a), a.copy(), deepcopy(a), copy.deepcopy(a)",
            {"a for list(a)", "a for a.copy()", "a for copy.deepcopy(a)"},
        ),
        ("x = a[:]", {"a for a[:]"}),
        ("x = a + [b]", {"- for +", "a.__iadd__([b]) for a + [b]"}),
        ("x = list(d), d.copy(), d[:]", set()),
        ("a.sort()", {"reverse=True) for )", "pass for a.sort()"}),
        ("x = sorted(a, reverse=b)", {"not (b) for b", "(a.sort(reverse=b) or a) for sorted(a, reverse=b)"}),
        ("x = sorted(d, reverse=True)", {"False for True"}),
        ("x = max(a)", {"min for max"}),
        ("x = a - b", {"+ for -"}),
        ("x = 'a' + b", set()),
        ("x = (a) <= (\n    b)", {"< for <=", "> for <="}),
        ("x = (a  # < here\n     < b)", set()),
    ],
)
def test_what_can_be_made_wrong(body: str, expected: set[str]) -> None:
    assert told(body) == expected


@pytest.mark.parametrize(
    "source",
    [
        "import os\nfrom a import b as c\n",
        "def f(a: int = 1, *, b: bool = True) -> 'list[int]':\n    '''Doc 1 < 2.'''\n    raise NotImplementedError\n",
        "def f(): ...\n",
        "class A(B, metaclass=C):\n    '''Doc.'''\n    x: int = 3\n    def f(self): pass\n",
        "@decorate(1)\ndef f():\n    raise ValueError(1)\n",
        "__version__ = 1\n__all__ = [1]\n",
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import x\n",
        "if __name__ == '__main__':\n    x = y\n",
        "def f(a):\n    assert a > 1\n    x = f'{a > 1}'\n",
        "not python (\n",
        "x = 'caf\xe9 < 1'\n",
    ],
)
def test_what_is_left_alone(source: str) -> None:
    assert edits(source.encode()) == ()


def shape(source: bytes) -> list[str]:
    """Every signature, import and docstring."""
    found = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            returns = ast.unparse(node.returns) if node.returns else ""
            found.append(f"{node.name}({ast.unparse(node.args)}) -> {returns} {ast.get_docstring(node)}")
            found += [ast.unparse(each) for each in node.decorator_list]
        elif isinstance(node, ast.ClassDef):
            found.append(f"{node.name} {[ast.unparse(each) for each in node.bases]} {ast.get_docstring(node)}")
        elif isinstance(node, ast.Import | ast.ImportFrom):
            found.append(ast.unparse(node))
    return sorted(found)


@pytest.mark.parametrize("name", ["specs/parse.py", "orchestrator/gate/gate.py", "orchestrator/rules/globs.py"])
def test_of_real_code_no_signature_import_or_docstring_changes_and_the_rest_stays_byte_for_byte(name: str) -> None:
    source = (ROOT / name).read_bytes()
    before = shape(source)
    found = mutants({name: source}, most=10_000)
    assert len(found) > 30
    for mutant, content in found:
        edit = mutant.edit
        assert content == source[: edit.start] + edit.now.encode() + source[edit.end :]
        assert ast.dump(ast.parse(content)) != ast.dump(ast.parse(source)), str(mutant)
        assert shape(content) == before
    assert mutants({name: source}, most=10_000) == found


@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("bom", [b"", b"\xef\xbb\xbf"])
def test_positions_hold_for_any_line_ends_and_beyond_ascii(newline: str, bom: bytes) -> None:
    lines = ["# \u00e9\u20ac", "def f(\u00e9):", "    x = '\u20ac'; return \u00e9 < 3", ""]
    source = bom + newline.join(lines).encode()
    (edit,) = [edit for edit in edits(source) if edit.now == "<="]
    assert (edit.line, source[edit.start : edit.end]) == (3, b"<")


SHOP = b"""\
RATE = 3


def total(items):
    return sum(price(item) for item in items)


def price(item):
    return rate(item) * 2


def rate(item):
    return item if item > 1 else 1


def unrelated(x):
    return x < 4


class Till:
    def close(self, x):
        return x == 1
"""


def order(**how: object) -> list[str]:
    return list(dict.fromkeys(mutant.edit.scope for mutant, _ in mutants({"src/shop.py": SHOP}, most=99, **how)))


def test_what_is_named_comes_first_then_what_it_calls_then_the_rest() -> None:
    assert order(named={"total"}) == ["total", "price", "rate", "unrelated", "Till.close", ""]
    assert order(named={"Till"})[0] == "Till.close"
    assert order(named={"shop"})[-1] == ""


def test_changed_lines_come_before_what_did_not_change() -> None:
    assert order(changed={"src/shop.py": {17}})[0] == "unrelated"
    assert order(named={"rate"}, changed={"src/shop.py": {17}})[:2] == ["rate", "unrelated"]


def test_the_first_few_differ_in_kind() -> None:
    source = b"def f(a, b):\n    if a < 1 and a < 2 and a < 3:\n        return [a]\n    b.sort()\n    return b\n"
    kinds = [mutant.edit.kind for mutant, _ in mutants({"x.py": source}, named={"f"}, most=4)]
    assert kinds == ["comparison", "order", "return", "dropped"]


def test_what_may_never_end_comes_last() -> None:
    source = b"def f(a):\n    while a > 1:\n        a -= 1\n    return a\n"
    assert [m.edit.kind for m, _ in mutants({"x.py": source}, most=99)][-1] == "loop"


def test_names_come_from_code_spans_the_check_and_the_command_behind_it() -> None:
    manifest = '[project]\nname = "x"\n[project.scripts]\nratelog = "ratelog.cli:main"\nother = "x.y:z"\n[tool.x]\n'
    found = names_in(requirements=["`bursts(hits)` MUST count"], check="$ ratelog two.log", manifest=manifest)
    assert {"bursts", "hits", "main", "cli", "ratelog"} <= found
    assert found.isdisjoint({"MUST", "count", "z"})


def test_a_mutant_says_where_it_is_and_what_it_changed() -> None:
    edit = Edit(kind="comparison", scope="f", line=12, start=0, end=2, was="<=", now="<")
    assert str(Mutant(path="src/x.py", edit=edit)) == "src/x.py:12 `<` for `<=`"


@given(st.text(alphabet="abx <>=!()+-*/%:\n\t'\"#\\,.[]{}0123nortdif", max_size=80))
def test_no_text_is_too_odd(text: str) -> None:
    source = text.encode()
    edits(source)
    scopes(source)
    mutants({"x.py": source}, most=3)
