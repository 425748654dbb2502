import pytest
from agentctl.orchestrator.rules.guarded import guarded, read_by

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
        (".github/ISSUE_TEMPLATE.md", False),
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
    assert guarded([path], base=BASE, owns=("**",), said="") == ((path,) if is_guarded else ())


def test_a_plan_that_gives_a_task_the_very_path_lifts_it() -> None:
    assert guarded(["package.json"], base=BASE, owns=("package.json",), said="") == ()
    assert guarded(["package.json"], base=BASE, owns=("*.json",), said="") == ("package.json",)


@pytest.mark.parametrize(
    ("said", "lifted"),
    [
        ("`package.json` MUST declare `left-pad`.", True),
        ("The field `main` of package.json.", True),
        ("my-package.json", False),
        ("package.json5", False),
        ("", False),
    ],
)
def test_a_requirement_that_names_the_file_lifts_it(said: str, lifted: bool) -> None:  # noqa: FBT001 - a table
    assert guarded(["package.json"], base=BASE, owns=("**",), said=said) == (() if lifted else ("package.json",))


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
    assert guarded([path], base=there, owns=("**",), said="", read=read) == ((path,) if is_guarded else ())
    assert guarded([path], base=set(), owns=("**",), said="", read=read) == ()
