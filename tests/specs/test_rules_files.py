"""Rules about what the repository has at the paths that a spec names: pictures, and fixtures over code."""

import pytest
from agentctl.agents.pictures import locate
from agentctl.specs.lint import lint
from agentctl.specs.nouns import Finding
from agentctl.specs.parse import parse
from agentctl.specs.rules import Surroundings
from agentctl.specs.rules.execution_files import from_root

AROUND = Surroundings(paths=frozenset({"docs/a.png", "b c.png", "src/a.py"}), place="docs/spec.md")
HEAD = "# a\n\n- **R1** `f` in `src/b.py` MUST return 1.\n\n"


def findings(text: str, code: str, around: Surroundings = AROUND) -> list[Finding]:
    return [finding for finding in lint(parse(text), around) if finding.code == code]


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("../../a.png", "leads out of the repository"),
        ("../../../etc/a.png", "leads out of the repository"),
        ("%2E%2E/../a.png", "leads out of the repository"),
        ("/etc/passwd", "is no file of the repository (a path that begins with / begins at its root)"),
        ("b.png", "is no file of the repository: correct the path"),
        ("file:///etc/a.png", "is a path of one machine"),
        ("C:/pictures/a.png", "is a path of one machine"),
        ("a.png", ""),
        ("./a.png?raw=true#left", ""),
        ("/docs/a.png", ""),
        ("../b%20c.png", ""),
        ("https://example.org/a.png", ""),
        ("//example.org/a.png", ""),
        ("data:image/png;base64,AAAA", ""),
    ],
)
@pytest.mark.parametrize("form", ["![a]({})", '<img src="{}" alt="a">'])
def test_a_picture_is_inside_the_repository_and_there(form: str, path: str, said: str) -> None:
    form = form if "file:" not in path else '<img src="{}">'  # which markdown's own form does not take
    text = f"# a\n\n- **R1** It MUST look like {form.format(path)} here.\n"
    found = findings(text, "SPX411")
    assert [(f.target, f.line, f.severity) for f in found] == ([("R1", 3, "warning")] if said else [])
    assert all(said in f.message for f in found)


def test_nothing_is_said_of_pictures_where_nobody_looked() -> None:
    text = "# a\n\n- **R1** It MUST look like ![this](b.png).\n"
    assert findings(text, "SPX411", Surroundings()) == []
    assert findings(text, "SPX411", Surroundings(paths=frozenset())) == []
    assert findings(text, "SPX411", Surroundings(place="spec.md")) == []
    assert len(findings(text, "SPX411", Surroundings(paths=frozenset(), place="spec.md"))) == 1


@pytest.mark.parametrize("place", ["", "spec.md", "docs/spec.md", "docs/deep/spec.md"])
@pytest.mark.parametrize(
    "path", ["a.png", "/a.png", "../a.png", "../../../a.png", "x/../../a.png", "..", "b%20c.png?x"]
)
def test_lint_looks_for_a_picture_where_a_run_does(place: str, path: str) -> None:
    found, wrong = locate(path, place=place)
    assert from_root(path, place=place) == (None if wrong else found)


def test_a_fixture_over_the_interfaces_file_blocks() -> None:
    stub = "```python interface src/a.py\ndef f() -> int: ...\n```\n\n"
    (found,) = findings(HEAD + stub + "```python fixture src/a.py\ndef f(): return 1\n```\n", "SPX412")
    assert (found.severity, found.target, found.line) == ("error", "src/a.py", 9)
    assert "the interface on line 5" in found.message


def test_a_fixture_over_the_file_that_a_sentence_names_blocks() -> None:
    text = (
        "# a\n\n- **R1** `f(x)` in `src/a.py` MUST add 1.\n\n```python fixture src/a.py\ndef f(x): return x + 1\n```\n"
    )
    assert [f.severity for f in findings(text, "SPX412")] == ["error"]


@pytest.mark.parametrize(
    ("path", "differing", "count"),
    [
        ("src/a.py", {"src/a.py"}, 1),
        ("lib/a.js", {"lib/a.js"}, 1),
        ("src/a.py", set(), 0),
        ("data/a.csv", {"data/a.csv"}, 0),
        ("tests/data/a.py", {"tests/data/a.py"}, 0),
        ("examples/a.py", {"examples/a.py"}, 0),
        ("conftest.py", {"conftest.py"}, 0),
    ],
)
def test_a_fixture_that_changes_a_source_file_is_told(path: str, differing: set[str], count: int) -> None:
    text = HEAD + f"```text fixture {path}\nx = 1\n```\n"
    found = findings(text, "SPX412", Surroundings(differing=frozenset(differing)))
    assert [(f.severity, f.target) for f in found] == [("warning", path)] * count
