"""What of a patch a critic is shown."""

import pytest
from agentctl.agents.patches import paths_of, sources

SOURCE = "diff --git a/src/greet.py b/src/greet.py\n+def greet(): ...\n"


def _added(path: str, *, quoted: str = "") -> str:
    names = f'"a/{quoted}" "b/{quoted}"' if quoted else f"a/{path} b/{path}"
    return f"diff --git {names}\n--- /dev/null\n+++ b/{path}\n+assert greet()\n+x = 1\n"


def test_test_files_are_counted_unless_there_is_nothing_else() -> None:
    tests = _added("tests/test_a.py")
    shown = sources(tests + SOURCE)
    assert "assert greet()" not in shown
    assert "b/tests/test_a.py\n[a test file: 2 lines]\n" in shown
    assert "+def greet" in shown
    assert sources(tests) == tests


@pytest.mark.parametrize(
    ("path", "quoted"),
    [
        ("tests/test_größe.py", r"tests/test_gr\303\266\303\237e.py"),
        ('tests/test_"a".py', r"tests/test_\"a\".py"),
        ("tests/test_a\tb.py", r"tests/test_a\tb.py"),
        ("tests/test_a\\b.py", r"tests/test_a\\b.py"),
        ("tests/test_a b.py", ""),
        ("tests/test_x b/test_y.py", ""),
    ],
)
def test_names_that_git_puts_in_quotes_are_read(path: str, quoted: str) -> None:
    diff = SOURCE + _added(path, quoted=quoted)
    assert paths_of(diff) == ("src/greet.py", path)
    assert "assert greet()" not in sources(diff)


@pytest.mark.parametrize("old", ["src/checks.py", r'"src/gr\303\266.py"'])
def test_a_source_that_becomes_a_test_is_shown(old: str) -> None:
    moved = f"diff --git a/x b/tests/test_x.py\nrename from {old}\nrename to tests/test_x.py\n-def check(): ...\n"
    assert "-def check" in sources(SOURCE + moved)
    within = moved.replace(old, "tests/test_old.py")
    assert "-def check" not in sources(SOURCE + within)
