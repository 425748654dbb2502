from collections.abc import Callable

from agentctl.specs.compile import CompiledCheck, compile_checks
from agentctl.specs.parse import parse

R1 = "# a\n\n- **R1** It MUST work.\n"
Judged = Callable[..., dict[str, str]]
SLUG = "import re\n\ndef slugify(text):\n    return '-'.join(re.findall('[a-z0-9]+', text.lower()))\n"


def compiled(text: str) -> list[CompiledCheck]:
    return list(compile_checks(parse(text, name="spec.md")))


def test_every_check_has_its_own_file_and_says_which_tests_are_in_it(ratelog: str) -> None:
    found = compile_checks(parse(ratelog, name="ratelog.md"))
    folder = "tests/spec_ratelog/test_ratelog"
    assert [(c.check, c.requirements, c.tests, c.secret) for c in found] == [
        (
            "R3.t1",
            ("R3", "R7"),
            (
                f"{folder}_R3_t1.py::test_R3_t1[row1]",
                f"{folder}_R3_t1.py::test_R3_t1[row2]",
                f"{folder}_R3_t1.py::test_R3_t1[row3]",
                f"{folder}_R3_t1.py::test_R3_t1_raises_ValueError[row4]",
            ),
            False,
        ),
        ("R1.c1", ("R1", "R4"), (f"{folder}_R1_c1.py::test_R1_c1",), False),
        ("R5.c1", ("R5",), (f"{folder}_R5_c1.py::test_R5_c1",), False),
        ("R2.c1", ("R2",), (f"{folder}_R2_c1.py::test_R2_c1",), True),
        ("R3.c1", ("R3",), (f"{folder}_R3_c1.py::test_bursts_is_the_brute_force_maximum",), False),
    ]
    assert len({c.path for c in found}) == len(found)


def test_the_ids_are_those_that_pytest_gives(judged: Judged, slugify: str) -> None:
    right = judged(slugify, {"src/slug.py": SLUG})
    (check,) = compiled(slugify)
    assert {name: right.get(name) for name in check.tests} == dict.fromkeys(check.tests, "passed")


def test_a_missing_module_fails_its_tests_and_no_others(judged: Judged, slugify: str) -> None:
    other = slugify + "\n```python R2\nassert 1 + 1 == 2\n```\n"
    outcomes = judged(other, {})
    tests = [name for check in compiled(other) for name in check.tests]
    assert [outcomes[name] for name in tests] == ["failed", "failed", "passed"]


def test_a_wrong_implementation_is_told_the_line_of_the_spec(judged: Judged, slugify: str) -> None:
    outcomes = judged(slugify, {"src/slug.py": "def slugify(text):\n    return text.lower()\n"})
    assert outcomes["tests/spec_slugify/test_slugify_R1_t1.py::test_R1_t1[row1]"] == "failed"
    assert "spec.md:8 (R1, R2)" in compiled(slugify)[0].text


def test_bare_asserts_may_hold_strings_of_several_lines_and_stars(judged: Judged) -> None:
    body = 'from __future__ import annotations\nfrom mod import *\ndoc = """a\n  b\n"""\nassert same(doc)\n'
    text = f"{R1}\n```python R1\n{body}```\n"
    module = "def same(text):\n    return text == 'a\\n  b\\n'\n"
    assert judged(text, {"mod.py": module})["tests/spec_a/test_a_R1_c1.py::test_R1_c1"] == "passed"


def test_functions_and_classes_of_tests_stand_as_they_are(judged: Judged) -> None:
    first = "import mod\n\nVALUE = 1\n\ndef test_one():\n    assert mod.one == VALUE\n"
    body = f"{first}\nclass TestTwo:\n    def test_two(self):\n        assert mod.one == 2\n"
    text = f"{R1}\n```python R1\n{body}```\n"
    outcomes = judged(text, {"mod.py": "one = 1\n"})
    assert [outcomes[name] for name in compiled(text)[0].tests] == ["passed", "failed"]


def test_a_parametrised_check_is_refused_because_its_ids_are_not_known() -> None:
    text = R1 + "\n```python R1\nimport pytest\n@pytest.mark.parametrize('x', [1])\ndef test_x(x):\n    assert x\n```\n"
    assert compiled(text) == []


def test_an_exception_of_the_project_may_be_expected(judged: Judged) -> None:
    stub = "```python interface src/m.py\nclass Odd(Exception): ...\ndef half(n: int) -> int: ...\n```\n"
    table = "| n | => |\n|---|---|\n| `4` | `2` |\n| `3` | raises Odd |\n| `'x'` | raises TypeError |\n"
    text = f"{R1}\n{stub}\n{table}"
    module = "class Odd(Exception): ...\n\ndef half(n):\n    if n % 2:\n        raise Odd\n    return n // 2\n"
    outcomes = judged(text, {"src/m.py": module})
    assert [outcomes[name] for name in compiled(text)[0].tests] == ["passed"] * 3


TRANSCRIPT = (
    R1
    + """
```console R1
$ python tool.py one two
one
two
$ echo piped | python -m tool -
...
[stderr] tool: ... odd
[exit 3]
$ cat <<END
> kept
> END
kept
```
"""
)
TOOL = """\
import sys

if "-" in sys.argv:
    print("a", "", "b", sep="\\n")
    print("tool: very odd", file=sys.stderr)
    sys.exit(3)
print("\\n".join(sys.argv[1:]))
"""


def test_a_transcript_runs_in_the_root_and_compares_everything_said(judged: Judged) -> None:
    outcomes = judged(TRANSCRIPT, {"tool.py": TOOL})
    assert outcomes["tests/spec_a/test_a_R1_c1.py::test_R1_c1"] == "passed", outcomes["output"]


def test_a_transcript_that_differs_shows_both_sides(judged: Judged) -> None:
    outcomes = judged(TRANSCRIPT, {"tool.py": TOOL.replace("very odd", "even")})
    assert outcomes["tests/spec_a/test_a_R1_c1.py::test_R1_c1"] == "failed"
    assert "the spec says of stderr" in outcomes["output"]
    assert "tool: even" in outcomes["output"]


def test_a_declared_script_need_not_be_installed(judged: Judged) -> None:
    project = '[project]\nname = "a"\n\n[project.scripts]\nbark = "dog.cli:main"\n\n[tool.x]\ny = 1\n'
    files = {
        "pyproject.toml": project,
        "src/dog/cli.py": "import sys\ndef main():\n    print(sys.argv)\n    return 1\n",
    }
    outcomes = judged(R1 + "\n```console R1\n$ bark 'a b'\n['bark', 'a b']\n[exit 1]\n```\n", files)
    assert outcomes["tests/spec_a/test_a_R1_c1.py::test_R1_c1"] == "passed", outcomes["output"]


def test_two_specs_of_one_repository_never_share_a_file() -> None:
    one, two = (compiled(f"---\nid: {name}\n---\n{R1}\n```python R1\nassert f()\n```\n") for name in ("a", "b"))
    assert {c.path for c in one}.isdisjoint(c.path for c in two)
    assert one[0].path.rsplit("/", 1)[1] != two[0].path.rsplit("/", 1)[1]


def test_the_name_of_a_file_is_never_code() -> None:
    spec = parse(R1 + "\n```python R1\nassert f()\n```\n", name='x"""; import os; """\n.md')
    (check,) = compile_checks(spec)
    assert check.text.splitlines()[0].count('"""') == 2
    compile(check.text, "check", "exec")
