"""Which runners a tree has."""

import json
from collections.abc import Mapping

import pytest
from agentctl.orchestrator.gate.suites import Suite, confined, suites, with_locked
from agentctl.orchestrator.nouns.runs import NamedSuite

NODE_TEST = b'import test from "node:test";\n'


def package(script: str = "", **needed: str) -> bytes:
    return json.dumps({"scripts": {"test": script}, "devDependencies": needed}).encode()


def found(files: Mapping[str, bytes]) -> list[tuple[str, str]]:
    return [(suite.runner, suite.folder) for suite in suites(files)]


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({"README.md": b"", "a.py": b""}, []),
        ({"package.json": package("vitest run")}, [("vitest", "")]),
        ({"package.json": package("tsc", vitest="*")}, [("vitest", "")]),
        ({"package.json": package("jest --ci", vitest="*")}, [("jest", "")]),
        ({"package.json": package("", jest="*")}, [("jest", "")]),
        ({"package.json": package("node --import tsx --test", jest="*")}, [("node", "")]),
        ({"package.json": package("mocha")}, []),
        ({"package.json": b"[]"}, []),
        ({"package.json": b"{"}, []),
        ({"package.json": package(), "a.test.js": NODE_TEST}, [("node", "")]),
        ({"a.test.mjs": NODE_TEST}, [("node", "")]),
        ({"a.test.mjs": b"no such import"}, []),
        ({"a.mjs": NODE_TEST}, []),
        ({"package.json": package("vitest"), "web/package.json": package("vitest")}, [("vitest", "")]),
        (
            {"package.json": package("vitest"), "web/package.json": package("jest")},
            [("vitest", ""), ("jest", "web")],
        ),
        ({"a/package.json": package("vitest"), "b/package.json": package("jest")}, [("vitest", "a"), ("jest", "b")]),
        ({"node_modules/x/package.json": package("jest")}, []),
        ({"go.mod": b"module m", "a.go": b"package m"}, [("go", "")]),
        ({"go.mod": b"module m"}, []),
        (
            {"go.mod": b"module m", "a.go": b"", "sub/go.mod": b"module m/sub", "sub/a.go": b""},
            [("go", ""), ("go", "sub")],
        ),
        ({"Cargo.toml": b"[workspace]", "crates/a/Cargo.toml": b"[package]"}, [("cargo", "")]),
        ({"a/Cargo.toml": b"[package]", "b/Cargo.toml": b"[package]"}, [("cargo", "a"), ("cargo", "b")]),
    ],
)
def test_runners_are_found_by_looking(files: Mapping[str, bytes], expected: list[tuple[str, str]]) -> None:
    assert found(files) == expected


def test_named_runners_take_the_place_of_what_is_found() -> None:
    files = {"package.json": package("vitest"), "web/package.json": package("jest")}
    assert [
        (suite.runner, suite.folder) for suite in suites(files, named=[NamedSuite(runner="jest", folder="web/")])
    ] == [("jest", "web")]
    assert suites(files, named=[NamedSuite(runner="pytest")]) == ()


def test_nodes_runner_gets_its_files_and_the_flags_of_the_test_script() -> None:
    files = {
        "package.json": package("node --import ./set.mjs -r dotenv --experimental-vm-modules --test src"),
        "src/a.test.js": NODE_TEST,
        "src/a.js": b"",
        "src/a.test.d.ts": b"",
        "test/helper.mjs": b"",
        "node_modules/x/x.test.js": NODE_TEST,
        "web/package.json": package("vitest"),
        "web/b.test.js": b"",
    }
    (node, vitest) = suites(files)
    assert (node.tests, node.flags) == (
        ("src/a.test.js", "test/helper.mjs"),
        ("--import", "./set.mjs", "-r", "dotenv", "--experimental-vm-modules"),
    )
    assert vitest == Suite(runner="vitest", folder="web")


def test_typescript_is_loaded_by_tsx_where_it_is_asked_for() -> None:
    files = {"package.json": package("node --test", tsx="*"), "a.test.ts": NODE_TEST}
    assert suites(files)[0].flags == ("--import=tsx",)
    given = {**files, "package.json": package("node --import tsx --test", tsx="*")}
    assert suites(given)[0].flags == ("--import", "tsx")


def test_each_test_of_go_is_found_in_its_file() -> None:
    files = {
        "api/go.mod": b"module example.org/api\n",
        "api/x/a_test.go": b"package x\n\nfunc TestOne(t *testing.T) {}\n\nfunc helper() {}\n",
        "api/x/b_test.go": b"package x\n\nfunc TestTwo(t *testing.T) {}\n",
    }
    (suite,) = suites(files)
    assert suite.module == "example.org/api"
    assert suite.files == {"api/x::TestOne": "api/x/a_test.go", "api/x::TestTwo": "api/x/b_test.go"}
    alone = confined(suite, ["api/x/b_test.go"], files)
    assert alone is not None
    assert (alone.only, alone.names) == (("x",), ("TestTwo",))
    assert confined(suite, ["tests/test_a.py"], files) is None


CHECK = "tests/spec_x/x_R1_c1.test.mjs"


@pytest.mark.parametrize(
    ("manifest", "expected"),
    [
        (package("vitest"), [("vitest", (), (CHECK,))]),
        (package("node --test"), [("node", (CHECK,), ())]),
        (package("jest"), [("jest", (), ()), ("node", (CHECK,), ())]),
        (package("mocha"), [("node", (CHECK,), ())]),
    ],
)
def test_a_check_of_a_spec_has_a_runner_in_every_repository(
    manifest: bytes, expected: list[tuple[str, tuple[str, ...], tuple[str, ...]]]
) -> None:
    files = {"package.json": manifest}
    laid = {**files, CHECK: NODE_TEST}
    extended = with_locked(suites(files), [CHECK, "tests/test_a.py"], laid)
    assert [(suite.runner, suite.tests, suite.locked) for suite in extended] == expected
