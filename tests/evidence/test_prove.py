import ast
import shutil
from collections.abc import Callable
from typing import Any

import pytest
from agentctl.orchestrator.evidence.prove import Ground, changed_lines, prove_all
from agentctl.orchestrator.evidence.subjects import subjects
from agentctl.orchestrator.gate.gate import PytestGate
from agentctl.orchestrator.git.repository import Repository
from agentctl.orchestrator.nouns.plan import LockedTest
from agentctl.orchestrator.nouns.verdicts import GateReport, TestResult
from agentctl.specs.parse import parse

Call = Callable[..., Any]

PRICE = "def price(n: int) -> int:\n    if n >= 10:\n        return n * 9\n    return n * 10\n"
STUB = "def price(n: int) -> int:\n    raise NotImplementedError\n"
WRONG = "def price(n: int) -> int:\n    return n\n"
SPEC = """\
# shop

- **R1** `price(n)` in `src/price.py` MUST be 10 each, and 9 each from 10 on.

```python R1
from price import price
assert price(9) == 90
assert price(10) == 90
```
"""
CHECK = "R1.c1"


async def test_a_check_that_tells_right_from_wrong_says_by_which_mutant(prove: Call) -> None:
    proof = (await prove(SPEC, {"src/price.py": PRICE}, {"src/price.py": WRONG}))[CHECK]
    assert (proof.result, proof.base, proof.level) == ("passed", "failed", "V2")
    assert proof.killed == "src/price.py:2 `>` for `>=`"
    assert proof.touched == ("src/price.py",)


@pytest.mark.parametrize(
    ("base", "result"),
    [({}, "missing"), ({"src/price.py": STUB}, "missing"), ({"src/price.py": "def price(:"}, "error")],
)
async def test_a_base_without_the_function_is_red_and_not_by_an_assertion(
    prove: Call, base: dict[str, str], result: str
) -> None:
    proof = (await prove(SPEC, {"src/price.py": PRICE}, base))[CHECK]
    assert (proof.base, proof.level) == (result, "V2")


@pytest.mark.parametrize(
    "body",
    [
        "assert True",
        "assert price(9) is not None or True",
        "price(10)",
        "try:\n    assert price(10) == 90\nexcept AssertionError:\n    pass",
    ],
)
async def test_a_check_that_cannot_fail_kills_nothing(prove: Call, body: str) -> None:
    spec = SPEC.replace("assert price(9) == 90\nassert price(10) == 90", body)
    proof = (await prove(spec, {"src/price.py": PRICE}))[CHECK]
    assert (proof.result, proof.killed, proof.level) == ("passed", "", "V1")
    assert proof.enough
    assert proof.tried > 3


async def test_a_crash_of_a_mutant_is_no_kill(prove: Call) -> None:
    """Everything that can be made wrong here makes the check raise, and nothing makes it assert."""
    spec = SPEC.replace("assert price(9) == 90\nassert price(10) == 90", "assert len(price('ab')) == 2")
    files = {"src/price.py": "def price(n):\n    return n\n"}
    proof = (await prove(spec, files))[CHECK]
    assert (proof.result, proof.killed, proof.tried) == ("passed", "", 1)


async def test_an_assertion_of_the_code_under_test_is_no_kill(prove: Call) -> None:
    inner = "def price(n):\n    total = n * 10\n    assert total == n + n * 9\n    return None\n"
    spec = SPEC.replace("assert price(9) == 90\nassert price(10) == 90", "price(10)")
    proof = (await prove(spec, {"src/price.py": inner}))[CHECK]
    assert (proof.result, proof.killed) == ("passed", "")
    assert proof.tried


async def test_a_mutant_that_never_ends_is_no_kill(prove: Call) -> None:
    loop = "def price(n):\n    while n > 90:\n        n -= 1\n    return n\n"
    spec = SPEC.replace("assert price(9) == 90\nassert price(10) == 90", "price(100)")
    proof = (await prove(spec, {"src/price.py": loop}, most=2))[CHECK]
    assert (proof.result, proof.killed, proof.tried) == ("passed", "", 2)


TRANSCRIPT = """\
# shop

- **R1** The command `price N` MUST print the price.

```console R1
$ python -m shop 10
90
$ python -m shop none
[stderr] none is no number
[exit 2]
```
"""
MAIN = """\
import sys
from shop.price import price

if not sys.argv[1].isdigit():
    print(f"{sys.argv[1]} is no number", file=sys.stderr)
    sys.exit(2)
print(price(int(sys.argv[1])))
"""


async def test_a_transcript_is_proven_through_the_processes_it_starts(prove: Call) -> None:
    files = {"shop/__init__.py": "", "shop/__main__.py": MAIN, "shop/price.py": PRICE}
    proof = (await prove(TRANSCRIPT, files, {"README": ""}))[CHECK]
    assert (proof.result, proof.base, proof.level) == ("passed", "missing", "V2")
    assert proof.touched == ("shop/__init__.py", "shop/__main__.py", "shop/price.py")


async def test_the_first_kill_is_the_same_however_many_are_tried_at_once(prove: Call) -> None:
    files = {"src/price.py": "RATE = 10\n\n\ndef unused(n):\n    return n > 3\n\n\n" + PRICE}
    one = (await prove(SPEC, files))[CHECK]
    two = (await prove(SPEC, files, side_by_side=2))[CHECK]
    assert (one.killed, one.tried) == (two.killed, two.tried)


async def test_what_could_not_be_tried_is_said_not_to_be_enough(prove: Call) -> None:
    shell = SPEC.replace("from price import price\nassert price(9) == 90\nassert price(10) == 90", "open('data.txt')")
    assert not (await prove(shell, {"data.txt": "x"}))[CHECK].enough
    late = (await prove(SPEC, {"src/price.py": PRICE}, late=lambda: True))[CHECK]
    assert (late.result, late.enough, late.level) == ("passed", False, "V1")


async def test_a_failing_check_says_what_it_wanted(prove: Call) -> None:
    proof = (await prove(SPEC, {"src/price.py": WRONG}))[CHECK]
    assert (proof.result, proof.level, proof.base) == ("failed", "V0", "unknown")
    assert "assert 9 == 90" in proof.detail


async def test_the_same_files_have_the_same_result_on_the_base(prove: Call) -> None:
    files = {"src/price.py": PRICE}
    assert (await prove(SPEC, {**files, "other.txt": "1"}, {**files, "other.txt": "2"}))[CHECK].base == "passed"


def test_changed_lines_are_read_off_a_diff() -> None:
    diff = (
        "diff --git a/x.py b/x.py\n--- a/x.py\n+++ b/x.py\n@@ -1,3 +1,4 @@\n a\n-b\n+B\n+C\n d\n"
        "@@ -9 +10 @@ def f\n-x\n+y\ndiff --git a/gone.py b/gone.py\n--- a/gone.py\n+++ /dev/null\n@@ -1 +0,0 @@\n-x\n"
    )
    assert changed_lines(diff) == {"x.py": frozenset({2, 3, 10})}


class Fickle:
    """A bench on which the first mutant is caught once and then no more, and the second always.

    ``after`` are the results on the program itself, once a mutant was caught; the last of them stands for all others.
    """

    environment = "none"

    def __init__(self, *after: str) -> None:
        self.tries: dict[bytes, int] = {}
        self.after = list(after)
        self.spelled: list[bool] = []

    async def run_alone(self, _: str, tests: list[LockedTest], **how: Any) -> GateReport:
        (content,) = (how.get("edits") or {"": b""}).values()
        if self.tries and (not content or ast.dump(ast.parse(content)) == ast.dump(ast.parse(PRICE))):
            self.spelled.append(content in (b"", PRICE.encode()))
            outcome = self.after.pop(0) if self.after else "passed"
            raised = "" if outcome == "passed" else "assertion"
            return GateReport(
                complete=True, results=(TestResult(id=tests[0].tests[0], outcome=outcome, raised=raised, detail="why"),)
            )
        self.tries[content] = self.tries.get(content, 0) + 1
        first = len(self.tries) == 2
        wrong = content and (self.tries[content] == 1 or not first)
        outcome = "failed" if wrong else "passed"
        results = [TestResult(id=name, outcome=outcome, raised="assertion" if wrong else "") for name in tests[0].tests]
        return GateReport(complete=True, results=tuple(results))


async def test_a_check_that_fails_now_and_then_does_not_seem_to_catch_a_mutant(git: Repository, tree: Call) -> None:
    ground = Ground(candidate=await tree({"src/price.py": PRICE}), base=None)
    (proof,) = await prove_all(subjects(parse(SPEC, name="shop.md")), ground=ground, bench=Fickle(), git=git)
    assert (proof.tried, proof.killed) == (2, "src/price.py:3 `(n * 9) + 1` for `n * 9`")


@pytest.mark.parametrize(
    ("after", "result", "killed", "unsteady", "reads", "spelled"),
    [
        (["passed"], "passed", True, False, "", [False]),
        (["failed", "passed", "failed"], "passed", False, False, "src/price.py", [False, True, False]),
        (["failed", "failed"], "failed", False, True, "", [False, True]),
        (["failed", "passed", "passed"], "failed", False, True, "", [False, True, False]),
    ],
)
async def test_after_a_kill_the_program_is_run_once_more_written_otherwise(  # noqa: PLR0913 - a table's columns
    git: Repository,
    tree: Call,
    after: list[str],
    result: str,
    *,
    killed: bool,
    unsteady: bool,
    reads: str,
    spelled: list[bool],
) -> None:
    bench = Fickle(*after)
    ground = Ground(candidate=await tree({"src/price.py": PRICE}), base=None)
    (proof,) = await prove_all(subjects(parse(SPEC, name="shop.md")), ground=ground, bench=bench, git=git)
    assert (proof.result, bool(proof.killed), proof.unsteady, proof.reads) == (result, killed, unsteady, reads)
    assert bench.spelled == spelled


async def test_a_check_that_reads_the_text_catches_nothing(prove: Call) -> None:
    spec = SPEC.replace(
        "assert price(9) == 90\nassert price(10) == 90", "assert 'n * 9' in open('src/price.py').read()"
    )
    proof = (await prove(spec, {"src/price.py": PRICE}))[CHECK]
    assert (proof.result, proof.killed, proof.reads) == ("passed", "", "src/price.py")


@pytest.mark.skipif(shutil.which("node") is None, reason="node is not installed: apt install nodejs")
@pytest.mark.parametrize(
    ("check", "killed", "reads"),
    [
        ('import { price } from "./src/price.js";\nassert.equal(price(10), 90);', True, ""),
        (
            'import fs from "node:fs";\nassert.match(fs.readFileSync("src/price.js", "utf8"), /n \\* 9/);',
            False,
            "src/price.js",
        ),
    ],
)
async def test_a_script_that_reads_the_text_catches_nothing_either(
    prove: Call, check: str, *, killed: bool, reads: str
) -> None:
    spec = f"# shop\n\n- **R1** `price(n)` in `src/price.js` MUST be 9 each from 10 on.\n\n```js R1\n{check}\n```\n"
    code = "export function price(n) {\n  if (n >= 10) {\n    return n * 9;\n  }\n  return n * 10;\n}\n"
    proof = (await prove(spec, {"src/price.js": code, "package.json": '{"type": "module"}'}))[CHECK]
    assert (proof.result, bool(proof.killed), proof.reads) == ("passed", killed, reads), proof.detail


@pytest.mark.parametrize("settings", ["addopts = '-p nope'", "addopts = '--collect-only'"])
async def test_a_base_on_which_nothing_came_of_the_check_is_not_red(prove: Call, settings: str) -> None:
    files = {"src/price.py": PRICE}
    base = {**files, "pyproject.toml": f"[tool.pytest.ini_options]\n{settings}\n"}
    proof = (await prove(SPEC, {**files, "pyproject.toml": ""}, base))[CHECK]
    assert (proof.base, bool(proof.base_detail), bool(proof.killed)) == ("stopped", True, True)
    assert not proof.new(invariant=False)


MARKED = """\
[tool.pytest.ini_options]
addopts = ["-p", "agentctl.orchestrator.evidence.pytest_req", "--strict-markers", "--strict-config"]
req_specs = ["not_here_yet.md"]
"""
THEIRS = "import pytest\n\n\n@pytest.mark.req('R9')\ndef test_theirs():\n    pass\n"


async def test_the_settings_of_our_plug_in_hold_where_agentctl_is_not_installed(
    gate: PytestGate, tree: Call, prove: Call
) -> None:
    files = {"src/price.py": PRICE, "pyproject.toml": MARKED, "tests/test_theirs.py": THEIRS}
    proof = (await prove(SPEC, files, {"pyproject.toml": MARKED}))[CHECK]
    assert (proof.result, proof.base, proof.level) == ("passed", "missing", "V2"), proof.detail
    assert [each.outcome for each in (await gate.report(await tree(files))).results] == ["passed"]


async def test_our_stand_in_is_in_nobody_s_way(prove: Call) -> None:
    """A package of that name in the target is the target's, and a process that a check starts finds none of ours."""
    own = {"agentctl/__init__.py": "", "agentctl/core.py": "def price(n):\n    return n * 10\n"}
    spec = SPEC.replace("from price", "from agentctl.core").replace("price(10) == 90", "price(10) == 100")
    assert (await prove(spec, own))[CHECK].result == "passed"
    started = "import subprocess, sys\nassert subprocess.run([sys.executable, '-c', 'import agentctl']).returncode == 1"
    spec = SPEC.replace("from price import price\nassert price(9) == 90\nassert price(10) == 90", started)
    assert (await prove(spec, {"src/price.py": PRICE}))[CHECK].result == "passed"


TAX = PRICE + "\n\ndef tax(n: int) -> int:\n    return n * 2\n"


@pytest.mark.parametrize(
    ("check", "elsewhere"),
    [
        ("assert price(9) == 90", ""),
        ("assert tax(3) == 6", "`price`, only src/price.py:8 in `tax`"),
    ],
)
async def test_a_kill_counts_only_in_what_the_requirement_names(prove: Call, check: str, elsewhere: str) -> None:
    spec = SPEC.replace("import price", "import price, tax").replace(
        "assert price(9) == 90\nassert price(10) == 90", check
    )
    proof = (await prove(spec, {"src/price.py": TAX}))[CHECK]
    assert (bool(proof.killed), proof.elsewhere) == (not elsewhere, elsewhere)


# A check that several requirements share

SHARED = """\
# shop

- **R1** `price(n)` in `src/price.py` MUST be 10 each.
- **R2** {second}

```python R1 R2
from price import price, tax
assert price(3) == 30
{more}
```
"""
BOTH = """\
def price(n):
    if n < 0:
        raise ValueError("below")
    if n == 7:
        return n * 9
    return rounded(n * 10)


def tax(n):
    return rounded(n * 2)


def rounded(n):
    return n + 0
"""
RAISES = "import pytest\nwith pytest.raises(ValueError):\n    price(-1)"


@pytest.mark.parametrize(
    ("second", "more"),
    [
        ("`tax(n)` in `src/price.py` MUST be 2 each.", "assert tax(4) == 8"),
        ("`price(n)` MUST raise `ValueError` below 0.", RAISES),
        ("Seven MUST be 9 each.", "assert price(7) == 63"),
        ("Less than nothing MUST raise `ValueError`.", RAISES),
    ],
)
async def test_each_requirement_of_a_shared_check_needs_a_kill_of_its_own(prove: Call, second: str, more: str) -> None:
    files = {"src/price.py": BOTH}
    alone = (await prove(SHARED.format(second=second, more=""), files))[CHECK]
    assert [alone.level_of(item) for item in ("R1", "R2")] == ["V2", "V1"], alone.kills
    assert (alone.level, alone.killed, alone.enough) == ("V2", alone.kills["R1"], True)
    both = (await prove(SHARED.format(second=second, more=more), files))[CHECK]
    assert [both.level_of(item) for item in ("R1", "R2")] == ["V2", "V2"], both.kills
    assert both.kills["R1"] != both.kills["R2"]


async def test_a_shared_check_that_tests_the_second_alone_does_not_show_the_first(prove: Call) -> None:
    text = SHARED.format(second="`tax(n)` MUST be 2 each.", more="assert tax(4) == 8").replace("assert price(3)", "#")
    assert list((await prove(text, {"src/price.py": BOTH}))[CHECK].kills) == ["R2"]


async def test_a_shared_check_costs_one_more_search_for_each_further_requirement(prove: Call) -> None:
    text = SHARED.format(second="`tax(n)` MUST be 2 each.", more="")
    proof = (await prove(text, {"src/price.py": BOTH}, most=3))[CHECK]
    assert proof.tried <= 6


async def test_of_a_shared_check_that_cannot_fail_nothing_is_shown(prove: Call) -> None:
    text = SHARED.format(second="`tax(n)` MUST be 2 each.", more="").replace("== 30", "or True")
    proof = (await prove(text, {"src/price.py": BOTH}))[CHECK]
    assert (proof.killed, proof.kills, proof.enough) == ("", {}, True)
