import pytest
from agentctl.orchestrator.rules.guarded import explained, guarded, read_by
from agentctl.orchestrator.rules.permission import Said

BASE = frozenset({"package.json", "web/package.json", "go.mod", "Cargo.lock", "src/a.ts"})


@pytest.mark.parametrize(
    ("path", "is_guarded"),
    [
        ("package.json", True),
        ("web/package.json", True),
        ("api/package.json", False),
        ("go.mod", True),
        ("go.sum", False),
        ("Cargo.lock", True),
        ("vitest.config.ts", True),
        ("web/jest.config.js", True),
        ("web/vitest.workspace.mts", True),
        (".npmrc", True),
        (".cargo/config.toml", True),
        ("crates/a/.cargo/config", True),
        ("crates/a/build.rs", False),
        ("src/a.ts", False),
        ("src/config.ts", False),
        ("pyproject.toml", True),
        ("tests/conftest.py", True),
        ("pytest.ini", True),
        ("tox.ini", True),
        ("setup.cfg", True),
        ("agentctl.toml", True),
        ("setup.py", False),
        ("src/kind.pth", True),
        ("src/kind-1.dist-info/entry_points.txt", True),
        ("src/usercustomize.py", True),
        (".github/workflows/ci.yml", True),
        (".github/ISSUE_TEMPLATE.md", True),
        (".gitlab-ci.yml", True),
        ("docs/.gitattributes", True),
        (".gitignore", False),
        ("src/unittest/__init__.py", True),
        ("json.py", True),
        ("src/pkg/json.py", False),
        ("test/__init__.py", False),
        ("src/kind.py", False),
        ("cargo/config.toml", False),
    ],
)
def test_what_decides_how_tests_run_is_guarded(path: str, is_guarded: bool) -> None:  # noqa: FBT001 - a table
    assert guarded([path], base=BASE, owns=("**",), said=Said()) == ((path,) if is_guarded else ())


def test_a_plan_that_gives_a_task_the_very_path_lifts_it() -> None:
    assert guarded(["package.json"], base=BASE, owns=("package.json",), said=Said()) == ()
    assert guarded(["package.json"], base=BASE, owns=("*.json",), said=Said()) == ("package.json",)


@pytest.mark.parametrize(
    ("said", "lifted"),
    [
        (Said(required=("`package.json` MUST declare `left-pad`.",)), True),
        (Said(required=("The field `main` of package.json.",)), False),
        (Said(answers=("Yes, change package.json",)), True),
        (Said(steering=("no, do not touch package.json",)), False),
        (Said(required=("my-package.json MUST declare `left-pad`",)), False),
        (Said(), False),
    ],
)
def test_words_that_let_the_file_change_lift_it(said: Said, lifted: bool) -> None:  # noqa: FBT001 - a table
    assert guarded(["package.json"], base=BASE, owns=("**",), said=said) == (() if lifted else ("package.json",))


def test_what_was_named_in_vain_is_told_with_the_way_to_allow_it() -> None:
    wrong = ("`conftest.py` is protected", "`pyproject.toml` is protected")
    told = explained(wrong, ["conftest.py", "pyproject.toml"], Said(steering=("Leave conftest.py alone.",)))
    assert told[0].startswith("`conftest.py` is protected; it was named, but not as a file that may change.")
    assert "allow: {paths: [conftest.py]}" in told[0]
    assert told[1] == wrong[1]


@pytest.mark.parametrize(
    ("command", "path", "is_guarded"),
    [
        ("sh ci/lint.sh", "ci/lint.sh", True),
        ("./ci/lint.sh && true", "ci/lint.sh", True),
        ("make check", "Makefile", True),
        ("ruff check src", "src/a.ts", False),
        ("sh ci/lint.sh", "ci/other.sh", False),
    ],
)
def test_what_a_command_of_the_gate_names_is_guarded(command: str, path: str, is_guarded: bool) -> None:  # noqa: FBT001 - a table
    read = read_by([command])
    there = {"ci/lint.sh", "ci/other.sh", "Makefile", "src/a.ts"}
    assert guarded([path], base=there, owns=("**",), said=Said(), read=read) == ((path,) if is_guarded else ())
    assert guarded([path], base=set(), owns=("**",), said=Said(), read=read) == ()
