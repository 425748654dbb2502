"""Faults planted in the packages of a tree, and what becomes of them."""

from collections.abc import Awaitable, Callable, Mapping

import pytest
from agentctl.orchestrator.evidence.packages import Package, packages
from agentctl.orchestrator.evidence.planted import Difference, caught, differences, faults, prove_gate
from agentctl.orchestrator.git.repository import Repository
from agentctl.orchestrator.nouns.verdicts import CommandResult, GateReport, TestResult

T = "tests/test_a.py"
CODE = "def price(n):\n    return n * 10\n"


def report(*results: tuple[str, str], commands: Mapping[str, int] | None = None, detail: str = "") -> GateReport:
    return GateReport(
        complete=True,
        results=tuple(TestResult(id=name, outcome=outcome, detail=detail) for name, outcome in results),  # type: ignore[arg-type]
        commands=tuple(CommandResult(command=each, exit=code, output="") for each, code in (commands or {}).items()),
        seconds=1.0,
    )


BROKEN = GateReport(complete=False, results=(), problem="the test run did not end within 9 s\nmore")


def test_each_language_has_its_own_idea_of_a_package() -> None:
    paths = [
        "setup.py",
        "app.py",
        "src/shop/core.py",
        "src/shop/till/cash.py",
        "tests/test_core.py",
        "docs/notes.md",
        "go/go.mod",
        "go/loud/loud.go",
        "go/loud/loud_test.go",
        "web/package.json",
        "web/src/deep/add.ts",
        "web/src/sum.js",
        "tools/rust/Cargo.toml",
        "tools/rust/src/lib.rs",
        "vendor/x/y.go",
        ".github/check.py",
        "loose/add.js",
    ]
    assert packages(paths) == (
        Package(folder=".", files=("app.py", "loose/add.js")),
        Package(folder="go/loud", files=("go/loud/loud.go",)),
        Package(folder="src/shop", files=("src/shop/core.py",)),
        Package(folder="src/shop/till", files=("src/shop/till/cash.py",)),
        Package(folder="tools/rust", files=("tools/rust/src/lib.rs",)),
        Package(folder="web", files=("web/src/deep/add.ts", "web/src/sum.js")),
    )
    assert [each.folder for each in packages(paths, wanted=("src/shop", "go"))] == [
        "go/loud",
        "src/shop",
        "src/shop/till",
    ]
    assert packages(paths, wanted=(".",)) == packages(paths)


def test_faults_are_spread_over_the_files_and_wrong_results_come_first() -> None:
    one = b"LIMIT = 3\n\n\ndef f(n):\n    if n > 2:\n        n += 1\n    return n\n\n\ndef g(n):\n    return n\n"
    planted = [(each.path, each.edit.scope, each.edit.kind) for each in faults({"a.py": one, "b.py": CODE.encode()})]
    assert planted[:3] == [("a.py", "f", "return"), ("b.py", "price", "return"), ("a.py", "g", "return")]
    assert planted[-1][:2] == ("a.py", "")


@pytest.mark.parametrize(
    ("seen", "ending", "by"),
    [
        (report((f"{T}::one", "passed"), (f"{T}::two", "passed"), commands={"lint": 0}), "missed", ""),
        (report((f"{T}::one", "failed"), (f"{T}::two", "passed"), commands={"lint": 0}), "caught", f"{T}::one"),
        (report((f"{T}::one", "passed"), (f"{T}::two", "passed"), commands={"lint": 2}), "caught", "`lint`"),
        (report((f"{T}::one", "passed"), commands={"lint": 0}), "caught", f"{T}::two, which was not run"),
        # what is red already, or now and then, catches nothing
        (
            report((f"{T}::one", "passed"), (f"{T}::two", "passed"), (f"{T}::shaky", "failed"), commands={"bad": 1}),
            "missed",
            "",
        ),
        # what was never built or imported says nothing of a test
        (report((T, "error")), "spoiled", f"{T} could not be run"),
        (report(("x_test.go::T", "failed"), detail="x.go:3:2: n declared"), "spoiled", "x_test.go::T could not be run"),
        (BROKEN, "spoiled", "the test run did not end within 9 s"),
    ],
)
def test_what_a_fault_comes_to(seen: GateReport, ending: str, by: str) -> None:
    steady = ((f"{T}::one", "passed"), (f"{T}::two", "passed"))
    runs = (
        report(*steady, (f"{T}::shaky", "passed"), commands={"lint": 0, "bad": 1}),
        report(*steady, (f"{T}::shaky", "failed"), commands={"lint": 0, "bad": 1}),
    )
    assert caught(seen, runs=runs) == (ending, by)


def test_two_runs_are_compared_by_the_ids_of_tests() -> None:
    one = report((f"{T}::a", "passed"), (f"{T}::b", "passed"), (f"{T}::c", "skipped"), commands={"lint": 0})
    two = report((f"{T}::c", "skipped"), (f"{T}::a", "failed"), commands={"lint": 1})
    assert differences(one, one) == ()
    assert differences(one, two) == (
        Difference(name="`lint`", first="ended with 0", second="ended with 1"),
        Difference(name=f"{T}::a", first="passed", second="failed"),
        Difference(name=f"{T}::b", first="passed", second="not run"),
    )
    assert Difference(name="the test run", first="not run", second="the test run did not end within 9 s") in (
        differences(one, BROKEN)
    )


class Scripted:
    """A gate with one test, which sees the faults in the files it is told of, and forgets nothing."""

    def __init__(self, *, sees: str, spoiled: int = 0, runs: tuple[GateReport, ...] = ()) -> None:
        self._sees = sees
        self._spoiled = spoiled
        self._runs = list(runs)
        self.planted: list[tuple[str, bytes]] = []
        self.patience: set[float | None] = set()

    async def observe(
        self, tree: str, *, edits: Mapping[str, bytes] | None = None, seconds: float | None = None
    ) -> GateReport:
        """One answer."""
        del tree
        if not edits:
            return self._runs.pop(0) if self._runs else report((f"{T}::one", "passed"))
        ((path, content),) = edits.items()
        self.planted.append((path, content))
        self.patience.add(seconds)
        if len(self.planted) <= self._spoiled:
            return report((T, "error"))
        return report((f"{T}::one", "failed" if path.startswith(self._sees) else "passed"))


Tree = Callable[[Mapping[str, str]], Awaitable[str]]
FILES = {"shop/core.py": f"{CODE}{CODE.replace('price', 'cost')}", "plot/draw.py": CODE, "plot/empty.py": "", T: ""}


async def test_a_gate_is_proven_where_each_package_has_a_fault_that_is_caught(git: Repository, tree: Tree) -> None:
    made = await tree(FILES)
    whole = Scripted(sees="")
    assert (await prove_gate(made, gate=whole, git=git)).ok
    assert [path for path, _ in whole.planted] == ["plot/draw.py", "shop/core.py"]
    assert whole.patience == {10.0}
    half = Scripted(sees="shop/")
    found = await prove_gate(made, gate=half, git=git, most=2)
    assert not found.ok
    assert {each.package: each.caught is not None for each in found.packages} == {"plot": False, "shop": True}
    assert [path for path, _ in half.planted].count("plot/draw.py") == 2


async def test_a_fault_that_says_nothing_does_not_count(git: Repository, tree: Tree) -> None:
    gate = Scripted(sees="", spoiled=2)
    found = await prove_gate(await tree(FILES), gate=gate, git=git, wanted=("shop",), most=1)
    (package,) = found.packages
    assert [each.ending for each in package.faults] == ["spoiled", "spoiled", "caught"]
    assert len({content for _, content in gate.planted}) == 3


async def test_no_fault_is_planted_where_a_run_did_not_end(git: Repository, tree: Tree) -> None:
    gate = Scripted(sees="", runs=(report((f"{T}::one", "passed")), BROKEN))
    found = await prove_gate(await tree(FILES), gate=gate, git=git)
    assert (found.ok, gate.planted) == (False, [])
    assert [each.name for each in found.differs] == [f"{T}::one", "the test run"]


async def test_a_tree_without_code_proves_nothing(git: Repository, tree: Tree) -> None:
    assert not (await prove_gate(await tree({T: "", "README.md": ""}), gate=Scripted(sees=""), git=git)).ok
