"""Which file an import means, and which packages there are."""

import pytest
from agentctl.orchestrator.rules.script_paths import found_by_node, is_built_in, meant, package_of, packages

THERE = {"src/a.ts", "src/b/index.js", "src/c.d.ts", "x.mts", "data.json"}


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("../src/a.ts", "src/a.ts"),
        ("../src/a", "src/a.ts"),
        ("../src/a.js", "src/a.ts"),
        ("../src/b", "src/b/index.js"),
        ("../x.mjs", "x.mts"),
        ("../data", "data.json"),
        ("/workspace/../src/a.ts", "src/a.ts"),
        ("../src/d", None),
        ("../../src/a", None),
    ],
)
def test_a_relative_import_means_what_bundlers_find(source: str, expected: str | None) -> None:
    assert meant(source, by="tests/a.test.ts", there=THERE) == expected


def test_node_alone_finds_the_very_name_and_require_adds_endings() -> None:
    names = ["../src/a.ts", "../src/a", "../src/b", "../data"]
    found = [
        [found_by_node(each, by="tests/a.test.js", there=THERE, required=required) for each in names]
        for required in (False, True)
    ]
    assert found == [[True, False, False, False], [True, False, True, True]]


def test_packages_are_named_by_their_scope_and_what_comes_with_node_is_none() -> None:
    assert [package_of(each) for each in ("a", "a/b", "@s/a/b", "@/a", "#in/x")] == ["a", "a", "@s/a", "@", "#in"]
    assert [is_built_in(each) for each in ("fs", "node:test", "path/posix", "left-pad")] == [True, True, True, False]
    manifest = (
        '{"name": "own", "dependencies": {"a": "1"}, "devDependencies": {"@s/b": "1"}, "imports": {"#in/*": "x"}}'
    )
    assert packages(manifest) == {"own", "a", "@s/b", "#in"}
    assert [packages(each) for each in ("[]", "{", '{"dependencies": [1]}')] == [frozenset()] * 3
