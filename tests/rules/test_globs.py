"""What globs can mean."""

import pytest
from agentctl.orchestrator.rules.globs import covers, may_overlap, owned, problem
from hypothesis import given, settings
from hypothesis import strategies as st


@pytest.mark.parametrize(
    "glob", ["src/a.py", "src/**", "src/", "**", "*.py", "src/**/test_*.py", ".github/x", "a b.py"]
)
def test_a_glob_within_the_repository_is_fine(glob: str) -> None:
    assert problem(glob) == ""


@pytest.mark.parametrize(
    ("glob", "why"),
    [
        ("", "empty"),
        ("  ", "empty"),
        ("x" * 301, "longer"),
        ("a\nb", "printable"),
        ("/etc/passwd", "relative"),
        ("~/x", "relative"),
        ("!src", "relative"),
        ("C:/x", "relative"),
        ("a\\b", "relative"),
        ("../x", "segment"),
        ("src/../../x", "segment"),
        ("./x", "segment"),
        ("a//b", "segment"),
        (".git/hooks/x", ".git"),
        ("sub/.GIT/config", ".git"),
        (".agentctl/**", ".agentctl"),
    ],
)
def test_a_glob_that_leads_elsewhere_says_why(glob: str, why: str) -> None:
    assert why in problem(glob)


@pytest.mark.parametrize(
    ("one", "other", "meet"),
    [
        ("a.py", "a.py", True),
        ("a.py", "b.py", False),
        ("", "a.py", True),
        ("src/**", "src/a.py", True),
        ("src", "src/deep/a.py", True),
        ("src/", "srcs/a.py", False),
        ("src/a/**", "src/b/**", False),
        ("**", "anything/at/all", True),
        ("src/*.py", "src/*.md", False),
        ("src/a*.py", "src/*b.py", True),
        ("src/*.py", "src/core/x.py", False),
        ("src/*", "src/core/x.py", True),
        ("**/test_*.py", "src/**", True),
        ("**/test_*.py", "src/core.py", False),
        ("src/**/x.py", "src/x.py", True),
        ("src/?.py", "src/ab.py", False),
        ("src/[ab].py", "src/c.py", True),
        ("README.md", "docs/README.md", False),
        ("a/**/b/**/c", "a/x/c.py", False),
        ("a/**/b/**/c", "a/x/c", True),
        ("v1.2/**", "**/x.py", True),
        ("v1.2", "v1.2/x.py", True),
        ("a/**/b/**/c", "a/x/b/c", True),
    ],
)
def test_globs_overlap_where_a_path_may_be_both(one: str, other: str, *, meet: bool) -> None:
    assert may_overlap(one, other) is meet
    assert may_overlap(other, one) is meet


@pytest.mark.parametrize(
    ("outer", "inner", "covered"),
    [
        ("src/**", "src/a/*.py", True),
        ("src/**", "src", True),
        ("src", "src/**", True),
        ("src/**", "**", False),
        ("**", "**", True),
        ("*.py", "a*.py", True),
        ("a*.py", "*.py", False),
        ("src/*", "src/a/b", True),
        ("src/?.py", "src/*.py", False),
        ("src/[ab].py", "src/a.py", True),
        ("src/[ab].py", "src/c.py", False),
        ("src/**/x.py", "src/x.py", True),
        ("src/**/x.py", "src/a/**/x.py", True),
        ("src/a.py", "src/b.py", False),
    ],
)
def test_a_glob_covers_another_where_nothing_is_left_out(outer: str, inner: str, *, covered: bool) -> None:
    assert covers(outer, inner) is covered


segments = st.sampled_from(["a", "b", "ab", "*", "a*", "*b", "?", "**", "a?"])
patterns = st.lists(segments, min_size=1, max_size=4).map("/".join)
paths = st.lists(st.sampled_from(["a", "b", "ab", "aab"]), min_size=1, max_size=5).map("/".join)


@settings(max_examples=500, deadline=None)
@given(patterns, patterns, paths)
def test_a_path_owned_by_both_is_an_overlap_and_covering_is_owning_all(one: str, other: str, path: str) -> None:
    if covers(one, path) and covers(other, path):
        assert may_overlap(one, other)
    if covers(one, other) and covers(other, path):
        assert covers(one, path)


@settings(max_examples=300, deadline=None)
@given(st.lists(patterns, max_size=3), st.sets(paths, max_size=12))
def test_the_owned_paths_are_those_that_a_glob_covers(globs: list[str], some: set[str]) -> None:
    every = sorted(some)
    assert owned(globs, every) == [path for path in every if any(covers(glob, path) for glob in globs)]


def test_a_folder_and_a_file_are_owned_by_their_plain_names() -> None:
    every = ["a.py", "lib/b.py", "lib/c/d.py", "lib2/e.py", "library.py"]
    assert owned(["lib"], every) == owned(["lib/"], every) == owned(["lib/**"], every) == every[1:3]
    assert owned(["a.py", "lib?/**", "gone.py"], every) == ["a.py", "lib2/e.py"]


def test_a_glob_made_to_be_slow_is_not() -> None:
    nasty = "/".join(["**"] * 60)
    assert may_overlap(nasty + "/x*", "/".join(["**", "*a*a*a*a*a*a*b"] * 6) + "/y") in {True, False}
    assert not may_overlap("*a" * 100 + "c", "*a" * 100 + "b")
