"""What a worker may hand back, as a table."""

import pytest
from agentctl.orchestrator.ports import TreeEntry
from agentctl.orchestrator.rules.tree_policy import TreeLimits, is_git_name, name_problem, offences, shown, violations

FILE = TreeEntry(mode="100644", id="1" * 40)
OTHER = TreeEntry(mode="100644", id="2" * 40)
LINK = TreeEntry(mode="120000", id="3" * 40)
MODULE = TreeEntry(mode="160000", id="4" * 40)
FOLDER = TreeEntry(mode="040000", id="5" * 40)
BASE = {"a.py": FILE, "src/app/x.py": FILE, "src/Makefile": FILE, "link": LINK, "sub": MODULE, "d/README": FILE}


@pytest.mark.parametrize(
    "changed",
    [
        {},
        {"a.py": OTHER},
        {"a.py": None, "b.py": FILE},
        {"new/deep/file.txt": FILE, "run": TreeEntry(mode="100755", id="1" * 40)},
        {"link": FILE},
        {"link": None},
        {"a.py": None, "a.py/x": FILE},
        {"src/app/x.py": None, "SRC/app/x.py": FILE, "src/Makefile": None},
        {"caf\u00e9.txt": FILE, "app/[id].tsx": FILE, "with space": FILE, ".gitignore": FILE, ".github/x.yml": FILE},
        {"sub": MODULE, "link": LINK},
    ],
)
def test_ordinary_changes_are_let_through(changed: dict[str, TreeEntry | None]) -> None:
    assert violations(BASE, changed) == ()


@pytest.mark.parametrize(
    ("path", "entry", "words"),
    [
        ("new", LINK, "is a symbolic link; only regular files may be written"),
        ("link", TreeEntry(mode="120000", id="6" * 40), "is a symbolic link"),
        ("new", MODULE, "is a submodule; only regular files"),
        ("new", FOLDER, "is not a regular file"),
        ("new", TreeEntry(mode="100664", id="1" * 40), "is not a regular file"),
        ("sub", None, "is a submodule, which no task may change"),
        ("sub", FILE, "is a submodule, which no task may change"),
        ("sub/x", FILE, "is inside the submodule `sub`"),
        (".git/hooks/pre-commit", FILE, "reaches into `.git`"),
        ("d/.GIT/config", FILE, "reaches into `.git`"),
        ("git~1/config", FILE, "reaches into `.git`"),
        ("d/.g\u200cit/config", FILE, "reaches into `.git`"),
        (".git . /config", FILE, "reaches into `.git`"),
        (".git::$INDEX_ALLOCATION/x", FILE, "reaches into `.git`"),
        (".gitmodules", FILE, "defines submodules"),
        (".GitModules", FILE, "defines submodules"),
        ("../x", FILE, "not a path inside the tree"),
        ("/etc/passwd", FILE, "not a path inside the tree"),
        ("a//b", FILE, "not a path inside the tree"),
        ("a\nb", FILE, "control character"),
        ("a\x1b[2Jb", FILE, "control character"),
        ("a\\..\\b", FILE, "backslash"),
        ("bad\udcff", FILE, "not UTF-8"),
        ("x" * 256, FILE, "longer than"),
        ("y/" * 600 + "z", FILE, "longer than"),
        (".agentctl/runs/x", FILE, "agentctl's own folder"),
        ("A.py", FILE, "differs from `a.py` in case"),
        ("SRC/app/y.py", FILE, "differs from `src` in case"),
        ("src/makefile/x", FILE, "differs from `src/Makefile` in case"),
    ],
)
def test_what_no_worker_may_write_is_named(path: str, entry: TreeEntry | None, words: str) -> None:
    found = offences(BASE, {path: entry})
    assert len(found) == 1
    assert words in found[0].words
    assert found[0].path == path


def test_names_that_differ_in_normal_form_collide() -> None:
    assert "in case or accents" in violations({"caf\u00e9": FILE}, {"cafe\u0301": FILE})[0]
    assert "in case or accents" in violations({}, {"stra\u00dfe": FILE, "STRASSE": FILE})[0]


def test_old_sins_of_the_base_are_not_the_workers() -> None:
    base = {"x\\y": FILE, "A": FILE, "a": FILE}
    assert violations(base, {"x\\y": OTHER, "a": OTHER, "new": FILE}) == ()


@pytest.mark.parametrize(
    ("path", "fine"),
    [
        ("src/app/new.py", True),
        ("src/app/deep/new.py", True),
        ("src/other.py", False),
        ("docs/index.md", True),
        ("docs/deep/index.md", False),
        ("setup.cfg", True),
        ("setup.cfg2", False),
        ("tests/test_[x].py", True),
    ],
)
def test_only_owned_paths_may_change(path: str, fine: bool) -> None:  # noqa: FBT001 - a column of the table
    found = violations(BASE, {path: FILE}, owns=("src/app/**", "docs/*.md", "setup.cfg", "tests/**"))
    assert (found == ()) is fine
    assert fine or "is outside what this task owns (src/app/**, docs/*.md, setup.cfg, tests/**)" in found[0]


def test_owning_nothing_allows_nothing() -> None:
    assert violations(BASE, {"a.py": None}, owns=()) == ("`a.py` is outside what this task owns (nothing)",)


@pytest.mark.parametrize("path", [".github/workflows/ci.yml", "uv.lock", "tests/test_locked.py", "a.py"])
def test_protected_paths_stay_even_if_they_are_owned(path: str) -> None:
    protected = (".github/**", "*.lock", "tests/test_locked.py", "a.py")
    assert "is protected" in violations(BASE, {path: OTHER}, protected=protected)[0]
    assert "is protected" in violations({**BASE, path: FILE}, {path: None}, protected=protected)[0]


def test_a_name_that_looks_like_a_pattern_does_not_slip_past_protection() -> None:
    assert "is protected" in violations({}, {"[x].lock": FILE}, protected=("*.lock",))[0]


def test_sizes_are_limited_by_file_in_all_and_in_number() -> None:
    limits = TreeLimits(file_bytes=10, total_bytes=25, files=3)
    changed = dict.fromkeys("wxyz", FILE)
    found = violations({}, changed, sizes={"w": 10, "x": 11, "y": 3, "z": 4}, limits=limits)
    assert found == (
        "`x` has 11 bytes, more than the 10 a file may have",
        "The change has 28 bytes in all, more than the 25 it may have",
        "The change touches 4 files, more than the 3 it may touch",
    )


def test_paths_are_shown_so_that_no_terminal_obeys_them() -> None:
    assert shown("a\x1b]52;c;x\x07") == ascii("a\x1b]52;c;x\x07")
    assert shown("a\u202eb") == ascii("a\u202eb")
    assert len(shown("x" * 5000)) < 130


@pytest.mark.parametrize("name", [".gitignore", "git", "agit~1", ".gi", "git~2", ".git2", "x.git"])
def test_names_that_only_resemble_git_are_fine(name: str) -> None:
    assert not is_git_name(name)
    assert name_problem(f"d/{name}") == ""
