"""Globs as rules files write them."""

import pytest
from agentctl.guides.globs import example, matches


@pytest.mark.parametrize(
    ("glob", "path", "expected"),
    [
        ("*.py", "a.py", True),
        ("*.py", "src/deep/a.py", True),
        ("*.py", "a.pyi", False),
        ("**/*.ts", "a.ts", True),
        ("**/*.ts", "web/app/a.ts", True),
        ("src/**/*.ts", "src/a.ts", True),
        ("src/**/*.ts", "lib/src/a.ts", False),
        ("src/**", "src/a/b", True),
        ("src/", "src/a/b", True),
        ("docs/", "old/docs/a", True),
        ("src/*.py", "src/a/b.py", False),
        ("/setup.py", "setup.py", True),
        ("/setup.py", "src/setup.py", False),
        ("./src/*.py", "src/a.py", True),
        ("**/*.{ts,tsx}", "web/a.tsx", True),
        ("**/*.{ts,tsx}", "web/a.js", False),
        ("src/{api,db}/**", "src/db/x.py", True),
        ("a?.py", "ab.py", True),
        ("*", "deep/anything", True),
        ("**", "deep/anything", True),
        ("a.py", "aXpy", False),
        ("", "a", False),
        ("/", "a", False),
        ("x" * 300, "x" * 300, False),
    ],
)
def test_a_glob_matches_as_its_writer_means_it(glob: str, path: str, *, expected: bool) -> None:
    assert matches(glob, path) is expected


def test_a_hostile_glob_ends() -> None:
    assert not matches("*a" * 12 + "b", "a" * 2_000)
    assert not matches("{a,b}" * 30, "c")


def test_a_glob_for_files_to_come_has_an_example() -> None:
    assert [example(glob) for glob in ("src/**", "src/*.ts", "web/", "a.py")] == ["src/_", "src/_.ts", "web/_", "a.py"]
