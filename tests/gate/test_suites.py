"""Which runners a tree has."""

import json
from collections.abc import Mapping

import pytest
from agentctl.orchestrator.gate.package_json import Manifest, manifest
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
        ({"package.json": package("c8 node --test", jest="*")}, [("node", "")]),
        ({"package.json": package("tsc -p . && tsx --test", jest="*")}, [("node", "")]),
        ({"package.json": package("node run.js --test-only; eslint --test", jest="*")}, [("jest", "")]),
        ({"package.json": package("mocha")}, []),
        ({"package.json": b"[]"}, []),
        ({"package.json": b"{"}, []),
        ({"package.json": package(), "a.test.js": NODE_TEST}, [("node", "")]),
        ({"a.test.mjs": NODE_TEST}, [("node", "")]),
        ({"a.test.mjs": b"no such import"}, []),
        ({"a.mjs": NODE_TEST}, []),
        ({"web/package.json": package("vitest"), "a.test.mjs": NODE_TEST}, [("node", ""), ("vitest", "web")]),
        ({"package.json": package("jest"), "a.test.mjs": NODE_TEST}, [("jest", "")]),
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
        "package.json": package("node --import ./set.mjs -r dotenv --experimental-vm-modules --test src test"),
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
    assert confined(suite, ["tests/test_a.py", "api/x/b_test.go"]) is None


THERE = {
    "src/add.js": b"",
    "src/add.spec.js": b"",
    "src/deep/low.spec.ts": b"",
    "src/deep/low.test.js": b"",
    "tests/add.js": b"",
    "tests/unit/a.mjs": b"",
    "tests/unit/b.mjs": b"",
    "tests/unit/read.me": b"",
    "tests/node_modules/x/a.mjs": b"",
}


@pytest.mark.parametrize(
    ("script", "expected"),
    [
        ("node --test 'src/**/*.spec.js'", ["src/add.spec.js"]),
        ("node --test tests/", ["tests/add.js", "tests/unit/a.mjs", "tests/unit/b.mjs"]),
        ("node --test ./src", ["src/deep/low.test.js"]),
        ("node --test tests/unit/*.mjs", ["tests/unit/a.mjs", "tests/unit/b.mjs"]),
        (
            'node --test "src/**/*.{spec,test}.{js,ts}"',
            ["src/add.spec.js", "src/deep/low.spec.ts", "src/deep/low.test.js"],
        ),
        ("node --test '**/*.?(deep.)spec.@(js|ts)'", ["src/add.spec.js", "src/deep/low.spec.ts"]),
        ("node --test-reporter spec --test src/add.spec.js tests/unit/a.mjs", ["src/add.spec.js", "tests/unit/a.mjs"]),
        ("node --test --test-name-pattern src/add.js src/add.spec.js", ["src/add.spec.js"]),
        ("npm run lint && node --test src/add.spec.js | tee out", ["src/add.spec.js"]),
        ("node --test src/add.spec.js && node --test tests/unit/a.mjs", ["src/add.spec.js", "tests/unit/a.mjs"]),
        ("node --test", ["src/deep/low.test.js"]),
    ],
)
def test_nodes_runner_gets_the_files_that_the_test_script_names(script: str, expected: list[str]) -> None:
    (suite,) = suites({**THERE, "package.json": package(script)})
    assert (suite.runner, suite.problem, list(suite.tests)) == ("node", "", expected)


def test_a_script_that_names_nothing_that_is_there_is_a_problem_where_tests_are() -> None:
    script = {"package.json": package("tsc && node --test dist/")}
    (suite,) = suites({**script, **THERE})
    assert suite.tests == ()
    assert suite.problem == (
        "the test script of package.json (`tsc && node --test dist/`) runs none of the files that are here, so none of "
        "its tests would be run: name the runners by [[test]] in agentctl.toml, and where none of them fits put a "
        "command that runs the tests under `gate` there"
    )
    assert suites({**script, "src/add.ts": b"", CHECK: NODE_TEST})[0].problem == ""
    (named,) = suites({**script, **THERE}, named=[NamedSuite(runner="node")])
    assert (named.tests, named.problem) == (("src/deep/low.test.js",), "")


def test_a_glob_of_many_alternatives_is_no_work_without_end() -> None:
    script = f"node --test '{'{a,b}' * 40}' '{'**/' * 40}*{'a*' * 40}b'"
    assert manifest(package(script)).node_paths() is not None
    (suite,) = suites({"package.json": package(script), f"{'a/' * 40}{'a' * 80}.test.js": b""})
    assert suite.tests == ()


@pytest.mark.parametrize("text", [b"", b"{", b"[]", b'{"scripts": 1, "dependencies": []}', b"\xff"])
def test_a_manifest_that_cannot_be_read_says_nothing(text: bytes) -> None:
    assert manifest(text) == Manifest()


CHECK = "tests/spec_x/x_R1_c1.test.mjs"


@pytest.mark.parametrize(
    ("manifest", "expected"),
    [
        (package("vitest"), [("vitest", (), (CHECK,))]),
        (package("node --test"), [("node", ("test/help.js", "test/old.test.js", CHECK), ())]),
        (package("node --test 'test/*.test.js'"), [("node", ("test/old.test.js", CHECK), ())]),
        (package("jest"), [("jest", (), ()), ("node", (CHECK,), ())]),
        *[(package(other), [("node", (CHECK,), ())]) for other in ("mocha", "ava", "bun test", "deno test", "")],
    ],
)
def test_a_check_of_a_spec_has_a_runner_in_every_repository(
    manifest: bytes, expected: list[tuple[str, tuple[str, ...], tuple[str, ...]]]
) -> None:
    files = {"package.json": manifest, "test/old.test.js": b"describe('old', () => {})", "test/help.js": b""}
    laid = {**files, CHECK: NODE_TEST}
    extended = with_locked(suites(files), [CHECK, "tests/test_a.py"], laid)
    assert [(suite.runner, suite.tests, suite.locked) for suite in extended] == expected
    landed = with_locked(suites(laid), [CHECK, "tests/test_a.py"], laid)
    assert [(suite.runner, suite.tests, suite.locked) for suite in landed] == expected


def test_a_check_in_typescript_is_loaded_as_the_repository_loads_its_own() -> None:
    files = {"package.json": package("node --test", tsx="*")}
    check = "tests/spec_x/x_R1_c1.test.mts"
    (suite,) = with_locked(suites(files), [check], {**files, check: NODE_TEST})
    assert (suite.tests, suite.flags) == ((check,), ("--import=tsx",))
